//! Orders of the opening book that were gone before the live rows began.
//!
//! The opening book is fetched beside the live rows, so an order may end between the two. No live
//! row names it, and the recorder takes it for live to the end. What gives it away is an order
//! that must have met it and did not: it traded at a worse price, or stayed open at this one.
//! It must not know an engine: only what was recorded counts.

use std::collections::{HashMap, HashSet};

use matchgate_core::domain::{Price, Side};

use super::events::{EventKind, Events};
use super::trades::Trades;
use crate::recording::RecordingError;

/// How far into the other side orders of one side came.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    /// Worst price at which one traded.
    traded: Option<Price>,
    /// Furthest limit of one that stayed open.
    open: Option<Price>,
}

/// Returns the ids of the opening orders that cannot have been there.
///
/// # Errors
///
/// Returns an error that names file and line where one cannot be read.
pub(crate) fn stale_orders(
    mut events: Events,
    trades: &Trades,
) -> Result<HashSet<u64>, RecordingError> {
    let mut silent: HashMap<u64, (Side, Price)> = HashMap::new();
    let mut reaches = [Reach::default(); 2];
    while let Some(event) = events.next_event()? {
        let order = &event.order;
        match event.kind {
            EventKind::Opening => {
                silent.insert(order.id, (order.side, order.price));
            }
            EventKind::Limit | EventKind::Market => {
                silent.remove(&order.id);
                let taken = trades.taken_by(order.id);
                if event.kind == EventKind::Limit && taken < order.quantity {
                    let reach = &mut reaches[index(order.side)];
                    reach.open = further(order.side, reach.open, order.price);
                }
            }
            EventKind::PostOnly | EventKind::Changed | EventKind::Deleted => {
                silent.remove(&order.id);
            }
            EventKind::Closing => {}
        }
    }
    for trade in trades.all.iter() {
        let reach = &mut reaches[index(trade.taker_side)];
        reach.traded = further(trade.taker_side, reach.traded, trade.price);
    }
    silent.retain(|_, (side, price)| reaches[index(side.opposite())].passes(*side, *price));
    Ok(silent.into_keys().collect())
}

impl Reach {
    /// Returns whether an order that rested at `price` must have been met.
    fn passes(&self, resting: Side, price: Price) -> bool {
        let (traded, open) = (self.traded, self.open);
        match resting {
            Side::Sell => {
                traded.is_some_and(|traded| traded > price)
                    || open.is_some_and(|open| open >= price)
            }
            Side::Buy => {
                traded.is_some_and(|traded| traded < price)
                    || open.is_some_and(|open| open <= price)
            }
        }
    }
}

/// Returns the price that is further into the book on the other side of `side`.
fn further(side: Side, one: Option<Price>, other: Price) -> Option<Price> {
    Some(one.map_or(other, |one| match side {
        Side::Buy => one.max(other),
        Side::Sell => one.min(other),
    }))
}

fn index(side: Side) -> usize {
    usize::from(side == Side::Sell)
}
