//! Matching: an aggressor meets the other side, best price first, then first come.
//!
//! Every trade is at the resting order's price. Displayed orders come before mid-pegs at their
//! price. It must not know what becomes of a rest that meets nothing more, nor what self-trade
//! prevention costs whom: it says who met whom.

use super::NONE;
use super::order_book::{OrderBook, is_within};
use super::order_slab::{OrderSlab, Place};
use crate::domain::{Durability, OrderHandle, Price, SelfTradePrevention, Side};
use crate::planted::{Bug, bites};

/// An order that comes, as matching needs it. What is open of it is here, not in the slab, until
/// it has met all that it can.
#[derive(Clone, Copy, Debug)]
pub struct Aggressor {
    /// Its slot and generation.
    pub handle: OrderHandle,
    /// When reports of it may leave.
    pub durability: Durability,
    /// Buy or sell.
    pub side: Side,
    /// What happens where it meets an order of its own identity.
    pub self_trade: SelfTradePrevention,
    /// Its identity.
    pub identity: u32,
    /// Still open.
    pub leaves: u64,
    /// Worst tick at which it trades; no bound of `i64`.
    pub limit_tick: i64,
    /// Worst price at which it trades; [`Self::limit_tick`]'s, but of a peg, which may stand
    /// between two ticks.
    pub limit: Price,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Slot and generation of the resting order.
    pub resting: OrderHandle,
    /// When reports of it may leave.
    pub durability: Durability,
    /// The resting order's price.
    pub price: Price,
    /// Quantity.
    pub quantity: u64,
    /// What became of the resting order.
    pub after: Resting,
}

/// What became of a resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resting {
    /// It has ended.
    Ended,
    /// It has less open, in its place.
    Smaller,
    /// It shows its next part, at the back of its queue.
    Refreshed,
}

/// What an aggressor met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing that it takes.
    Nothing,
    /// An order that it traded with.
    Fill(Fill),
    /// An order of its own identity, with which it does not trade; nothing was changed.
    Own {
        /// Slot of the resting order.
        resting: u32,
        /// The resting order's price.
        price: Price,
    },
}

impl Aggressor {
    /// Returns whether it does not trade with an order of `identity`.
    #[inline]
    pub(super) const fn avoids(&self, identity: u32) -> bool {
        self.identity == identity && !matches!(self.self_trade, SelfTradePrevention::None)
    }
}

impl OrderBook {
    /// Lets an aggressor, of which something is open, meet the next order.
    #[inline(always)]
    pub fn meet(&mut self, slab: &mut OrderSlab, aggressor: &mut Aggressor) -> Meeting {
        if self.needs_finish() {
            return self.meet_among_pegs(slab, aggressor);
        }
        self.meet_displayed(slab, aggressor)
    }

    #[inline(always)]
    fn meet_displayed(&mut self, slab: &mut OrderSlab, aggressor: &mut Aggressor) -> Meeting {
        let tick_size = self.tick_size();
        let ladder = self.side_mut(aggressor.side.opposite());
        if !ladder.reaches(aggressor.limit_tick) {
            return Meeting::Nothing;
        }
        let resting = ladder.first();
        if cfg!(debug_assertions) && resting == NONE {
            // Only a planted bug leaves a best price without an order.
            return Meeting::Nothing;
        }
        let order = slab.order_mut(resting);
        let tick = order.tick;
        let mut price = Price::new(tick * tick_size);
        if bites(Bug::AggressorPrice, price != aggressor.limit) {
            price = aggressor.limit;
        }
        if aggressor.avoids(order.identity) {
            return Meeting::Own { resting, price };
        }
        let quantity = order.displayed.min(aggressor.leaves);
        aggressor.leaves -= quantity;
        order.leaves -= quantity;
        let handle = OrderHandle {
            slot: resting,
            generation: order.generation,
        };
        let durability = order.durability;
        let after = if order.displayed != quantity {
            order.displayed -= quantity;
            ladder.shrink(tick, quantity);
            Resting::Smaller
        } else if order.leaves != 0 {
            self.refresh(slab, resting);
            Resting::Refreshed
        } else {
            let links = (order.previous, order.next);
            slab.close(resting);
            ladder.leave(slab, (resting, tick, links), quantity);
            Resting::Ended
        };
        let goes_on = aggressor.leaves != 0
            && cfg!(debug_assertions)
            && self
                .side(aggressor.side.opposite())
                .reaches(aggressor.limit_tick);
        if !bites(Bug::FirstPrintReleasesNothing, goes_on) {
            self.print(slab, tick);
        }
        Meeting::Fill(Fill {
            resting: handle,
            durability,
            price,
            quantity,
            after,
        })
    }

    #[cold]
    #[inline(never)]
    fn meet_among_pegs(&mut self, slab: &mut OrderSlab, aggressor: &mut Aggressor) -> Meeting {
        let side = aggressor.side;
        if !self.pegs.stand(side.opposite()) {
            return self.meet_displayed(slab, aggressor);
        }
        let Some((resting, price)) = self.pegs.first(slab, side.opposite()) else {
            return self.meet_displayed(slab, aggressor);
        };
        let displayed = self.side(side.opposite()).best_tick();
        let displayed_first =
            displayed.is_some_and(|tick| is_within(side, self.price(tick), price));
        if displayed_first || !is_within(side, price, aggressor.limit) {
            return self.meet_displayed(slab, aggressor);
        }
        self.meet_peg(slab, aggressor, resting, price)
    }

    /// Lets an aggressor meet a peg that stands at `price`.
    pub(crate) fn meet_peg(
        &mut self,
        slab: &mut OrderSlab,
        aggressor: &mut Aggressor,
        resting: u32,
        price: Price,
    ) -> Meeting {
        let order = slab.order_mut(resting);
        debug_assert!(order.place == Place::Pegged);
        if aggressor.avoids(order.identity) {
            return Meeting::Own { resting, price };
        }
        let quantity = order.leaves.min(aggressor.leaves);
        aggressor.leaves -= quantity;
        order.leaves -= quantity;
        let (durability, is_filled) = (order.durability, order.leaves == 0);
        let handle = slab.handle(resting);
        let after = if is_filled {
            self.end(slab, resting);
            Resting::Ended
        } else {
            Resting::Smaller
        };
        self.print_between(slab, price);
        Meeting::Fill(Fill {
            resting: handle,
            durability,
            price,
            quantity,
            after,
        })
    }

    /// Takes `quantity` from a resting order that an aggressor of its own identity met, which has
    /// more than that open; total and leaves shrink.
    pub(crate) fn decrement(&mut self, slab: &mut OrderSlab, slot: u32, quantity: u64) -> Resting {
        let order = slab.order_mut(slot);
        order.leaves -= quantity;
        order.order_quantity -= quantity;
        if order.place != Place::Displayed {
            return Resting::Smaller;
        }
        if order.displayed <= quantity {
            self.refresh(slab, slot);
            return Resting::Refreshed;
        }
        order.displayed -= quantity;
        let (side, tick) = (order.side, order.tick);
        self.side_mut(side).shrink(tick, quantity);
        Resting::Smaller
    }
}
