//! The book: orders of one instrument in price-time priority, and how they match.
//!
//! It must not know sessions, gateways' rings or phases: what reaches it was checked.

mod book_side;
mod matching;
mod order_book;
mod order_slab;
mod price_level;

pub(crate) use matching::trade_next;
pub(crate) use order_book::OrderBook;
pub(crate) use order_slab::{Order, OrderDetails, OrderSlab};

/// No slot, no level.
pub(crate) const NONE: u32 = u32::MAX;
