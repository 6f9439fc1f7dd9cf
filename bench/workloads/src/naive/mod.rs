//! The book that is right because there is nothing to it: sorted maps and linear search.
//!
//! A side is a map from (price, arrival) to what rests there, so the first entry is the best of
//! the earliest. It is the reference for every other book and the feedback of the generators that
//! need to know what still rests; it is not made to be fast. It trusts its caller in one thing:
//! the number of a new order is new.

mod market;

pub use market::Naive;

use crate::meb::Message;
use crate::report::{Report, ReportKind};

/// What [`answer`] found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All answers, in canonical order.
    pub reports: Vec<Report>,
    /// How many of them are trades.
    pub fills: usize,
    /// The most orders that rested after a message.
    pub live_orders_max: usize,
}

/// Returns what a right book answers to `messages`.
#[must_use]
pub fn answer(messages: &[Message]) -> Outcome {
    let mut book = Naive::new();
    let mut outcome = Outcome::default();
    for (sequence, message) in (0..).zip(messages) {
        book.apply(sequence, &message.into(), &mut outcome.reports);
        outcome.live_orders_max = outcome.live_orders_max.max(book.live_order_count());
    }
    let is_trade = |report: &&Report| report.kind == ReportKind::Trade;
    outcome.fills = outcome.reports.iter().filter(is_trade).count();
    outcome
}
