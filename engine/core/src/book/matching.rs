//! Matching: an incoming order meets the other side, best price first, then first come.
//!
//! Every trade is at the resting order's price. It must not know what becomes of a rest that
//! finds nothing more: that is the shard's decision.

use super::order_book::OrderBook;
use super::order_slab::OrderSlab;
use crate::domain::event::EventBody;

/// Makes the next trade of the incoming order in `slot`, which is live and in no queue. Returns
/// `None` where nothing is left of it or no resting order is at a price that it takes.
#[inline]
pub(crate) fn trade_next(
    book: &mut OrderBook,
    slab: &mut OrderSlab,
    slot: u32,
) -> Option<EventBody> {
    let aggressor = *slab.order(slot);
    let takes = book.would_take(aggressor.side, aggressor.order_type, aggressor.price);
    if aggressor.leaves.is_zero() || !takes {
        return None;
    }
    let side = book.side(aggressor.side.opposite());
    let level = side.level(side.best()?);
    let (price, resting_slot) = (level.price, level.first);
    let resting = slab.order(resting_slot);
    let quantity = resting.leaves.min(aggressor.leaves);
    let body = EventBody::Traded {
        aggressor: slab.handle(slot),
        resting: slab.handle(resting_slot),
        price,
        quantity,
        aggressor_durability: aggressor.durability,
        resting_durability: resting.durability,
    };
    slab.order_mut(slot).leaves = aggressor
        .leaves
        .checked_sub(quantity)
        .expect("a fill is at most what is open");
    book.fill(slab, resting_slot, quantity);
    Some(body)
}
