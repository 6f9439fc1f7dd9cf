//! What a book of other people has to do, and one adapter each.
//!
//! An adapter is as thin as the book lets it be: tables by order number are dense and allocated
//! before the clock runs, and hold what the book itself does not answer.

mod nanobook;
mod rust_ob;

use matchgate_workloads::report::Report;
use matchgate_workloads::{Operation, Side};

pub(crate) use nanobook::Nanobook;
pub(crate) use rust_ob::RustOb;

/// A book.
pub(crate) trait Peer {
    /// Whether it can fill an order as a whole or not at all.
    const HAS_FOK: bool;
    /// Whether it can make an order smaller that keeps its place.
    const HAS_REDUCE: bool;

    /// Does what is asked and tells `answer` all answers, in canonical order.
    fn apply(&mut self, sequence: u32, operation: &Operation, answer: &mut impl FnMut(Report));

    /// Forgets orders that are gone, where the book keeps them.
    fn clear_history(&mut self) {}

    /// Returns how many orders rest.
    fn live_order_count(&self) -> usize;

    /// Returns on how many prices orders rest.
    fn level_count(&self) -> usize;
}

/// Side and limit of an order, for the answers that name them; the book does not tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    price: i64,
    side: Side,
    /// The book's own number of the order, where it gives one; 0 is none.
    number: u32,
}

impl Limit {
    const NONE: Self = Self {
        price: 0,
        side: Side::Buy,
        number: 0,
    };
}
