//! How much rests: orders, and prices that have some. A figure says little without it.

use std::fmt::{self, Display, Formatter};

use matchgate_core::Shard;
use matchgate_core::domain::Side;

use super::run::ShardRun;
use crate::book::BookEnd;

/// What rests in a book, or in all books of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Orders.
    pub live_orders: u64,
    /// Prices with orders, over both sides.
    pub levels: u64,
}

impl Depth {
    /// Returns that of all books of a shard.
    #[must_use]
    pub fn of(shard: &Shard) -> Self {
        let books = shard
            .instruments()
            .filter_map(|(instrument, _)| shard.book(instrument.id));
        let levels = books.flat_map(|book| {
            [Side::Buy, Side::Sell].map(|side| u64::from(book.side(side).level_count()))
        });
        Self {
            live_orders: u64::from(shard.live_order_count()),
            levels: levels.sum(),
        }
    }
}

impl From<&BookEnd> for Depth {
    fn from(end: &BookEnd) -> Self {
        Self {
            live_orders: u64::from(end.live_orders),
            levels: u64::from(end.levels),
        }
    }
}

impl Display for Depth {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            live_orders,
            levels,
        } = self;
        write!(
            formatter,
            "{live_orders} orders on {levels} levels at the end"
        )
    }
}

impl ShardRun {
    /// Returns what rests in it.
    #[must_use]
    pub fn depth(&self) -> Depth {
        Depth::of(self.shard())
    }
}
