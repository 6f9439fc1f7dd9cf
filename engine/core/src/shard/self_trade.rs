//! Self-trade prevention: what it costs an aggressor and a resting order of one identity.
//!
//! It must not know who met whom first: matching told it.

use super::Shard;
use crate::book::{Aggressor, Resting};
use crate::domain::event::EventBody;
use crate::domain::{CancelReason, Price, Quantity, SelfTradePrevention};
use crate::event_buffer::EventBuffer;

impl Shard {
    /// Prevents a trade with a resting order at a price, by the aggressor's choice. Returns whether
    /// the aggressor has ended.
    #[cold]
    pub(super) fn prevent(
        &mut self,
        market: usize,
        aggressor: &mut Aggressor,
        (resting, price): (u32, Price),
        events: &mut EventBuffer,
    ) -> bool {
        let resting_leaves = self.slab.order(resting).leaves;
        let quantity = resting_leaves.min(aggressor.leaves);
        let prevented = EventBody::SelfTradePrevented {
            aggressor: aggressor.handle,
            resting: self.slab.handle(resting),
            price,
            quantity: Quantity::new(quantity),
            aggressor_durability: aggressor.durability,
            resting_durability: self.slab.order(resting).durability,
        };
        self.emit(prevented, events);
        let reason = CancelReason::SelfTradePrevention;
        let cancels_resting = match aggressor.self_trade {
            SelfTradePrevention::CancelOldest | SelfTradePrevention::CancelBoth => true,
            SelfTradePrevention::Decrement => resting_leaves == quantity,
            SelfTradePrevention::CancelNewest | SelfTradePrevention::None => false,
        };
        let is_decrement = aggressor.self_trade == SelfTradePrevention::Decrement;
        if cancels_resting {
            self.cancel_live(market, resting, reason, events);
        } else if is_decrement {
            self.decrement_resting(market, resting, quantity, events);
        }
        let cancels_aggressor = match aggressor.self_trade {
            SelfTradePrevention::CancelNewest | SelfTradePrevention::CancelBoth => true,
            SelfTradePrevention::Decrement => aggressor.leaves == quantity,
            SelfTradePrevention::CancelOldest | SelfTradePrevention::None => false,
        };
        if cancels_aggressor {
            self.slab.order_mut(aggressor.handle.slot).leaves = aggressor.leaves;
            self.cancel_live(market, aggressor.handle.slot, reason, events);
        } else if is_decrement {
            aggressor.leaves -= quantity;
            self.slab.order_mut(aggressor.handle.slot).order_quantity -= quantity;
            self.tell_decremented(aggressor.handle.slot, aggressor.leaves, events);
        }
        cancels_aggressor
    }

    fn decrement_resting(
        &mut self,
        market: usize,
        slot: u32,
        quantity: u64,
        events: &mut EventBuffer,
    ) {
        let book = &mut self.markets[market].book;
        let after = book.decrement(&mut self.slab, slot, quantity);
        self.rehash(market, slot);
        self.tell_decremented(slot, self.slab.order(slot).leaves, events);
        if after == Resting::Refreshed {
            self.tell_refreshed(market, slot, events);
        }
    }

    fn tell_decremented(&mut self, slot: u32, leaves: u64, events: &mut EventBuffer) {
        let order = self.slab.order(slot);
        let reduced = EventBody::Reduced {
            handle: self.slab.handle(slot),
            quantity: Quantity::new(order.order_quantity),
            leaves: Quantity::new(leaves),
            durability: order.durability,
        };
        self.emit(reduced, events);
    }
}
