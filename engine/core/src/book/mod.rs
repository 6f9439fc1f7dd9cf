//! The book: orders of one instrument in price-time priority, and how they meet.
//!
//! A [`OrderBook`] is four [`Ladder`]s of price levels (displayed orders and waiting stop orders,
//! each of two sides) and two queues of mid-pegs, all chained through the orders of one
//! [`OrderSlab`]. It must not know sessions, commands, events or phases: what reaches it was
//! checked, and what it did it returns.

mod ladder;
mod level_table;
mod matching;
mod mid_pegs;
mod order_book;
mod order_slab;
mod price_level;
mod reach;
mod resume;
mod stop_orders;
mod tick_bitmap;
mod tick_set;

pub use ladder::Ladder;
pub use matching::{Aggressor, Fill, Meeting, Resting};
pub use mid_pegs::{MidPegs, Reference};
pub use order_book::OrderBook;
pub(crate) use order_slab::Terms;
pub use order_slab::{Order, OrderSlab, Place};
pub use price_level::PriceLevel;
pub use reach::Reach;

/// No slot.
pub const NONE: u32 = u32::MAX;
