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

/// A trade. Price and quantity stand apart, so that they are not read as one where they have just been
/// written as two: that waits for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Fill {
    /// The resting order's price.
    pub price: Price,
    /// Slot and generation of the resting order.
    pub resting: OrderHandle,
    /// Quantity.
    pub quantity: u64,
    /// When reports of it may leave.
    pub durability: Durability,
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
        if self.needs_finish()
            && let Some((resting, price)) = self.peg_that_is_met(slab, aggressor)
        {
            return self.meet_peg(slab, aggressor, resting, price);
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
        if cfg!(debug_assertions) && ladder.first() == NONE {
            // Only a planted bug leaves a best price without an order.
            return Meeting::Nothing;
        }
        let (tick, level) = ladder.best_level();
        let is_last_first = bites(Bug::LastInFirstOut, level.first != level.last);
        let resting = if is_last_first {
            level.last
        } else {
            level.first
        };
        let order = slab.order_mut(resting);
        // An order's tick is that of a price.
        let own_price = Price::new(tick.wrapping_mul(tick_size));
        let mut price = own_price;
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
        let (durability, next) = (order.durability, order.next);
        let after = if order.displayed != quantity {
            order.displayed -= quantity;
            level.displayed -= quantity;
            Resting::Smaller
        } else if order.leaves != 0 {
            self.refresh(slab, resting);
            Resting::Refreshed
        } else {
            slab.close(resting);
            if is_last_first {
                ladder.unlink(slab, resting);
            } else if next == NONE {
                ladder.end_best(tick);
            } else {
                level.first = next;
                level.displayed -= quantity;
                slab.order_mut(next).previous = NONE;
            }
            Resting::Ended
        };
        let goes_on = aggressor.leaves != 0
            && cfg!(debug_assertions)
            && self
                .side(aggressor.side.opposite())
                .reaches(aggressor.limit_tick);
        if !bites(Bug::FirstPrintReleasesNothing, goes_on) {
            self.print(slab, tick, own_price);
        }
        Meeting::Fill(Fill {
            resting: handle,
            durability,
            price,
            quantity,
            after,
        })
    }

    /// Returns the mid-peg that an aggressor meets next, and its price, if it is one.
    #[cold]
    #[inline(never)]
    fn peg_that_is_met(&self, slab: &OrderSlab, aggressor: &Aggressor) -> Option<(u32, Price)> {
        let side = aggressor.side;
        if !self.pegs.stand(side.opposite()) {
            return None;
        }
        let (resting, price) = self.pegs.first(slab, side.opposite())?;
        let displayed = self.side(side.opposite()).best_tick();
        let displayed_first =
            displayed.is_some_and(|tick| is_within(side, self.price(tick), price));
        if displayed_first || !is_within(side, price, aggressor.limit) {
            return None;
        }
        Some((resting, price))
    }

    /// Lets an aggressor meet a peg that stands at `price`.
    #[inline(always)]
    pub(crate) fn meet_peg(
        &mut self,
        slab: &mut OrderSlab,
        aggressor: &mut Aggressor,
        resting: u32,
        price: Price,
    ) -> Meeting {
        let order = slab.order(resting);
        debug_assert!(order.place == Place::Pegged);
        if aggressor.avoids(order.identity) {
            return Meeting::Own { resting, price };
        }
        let (durability, quantity) = (order.durability, order.leaves.min(aggressor.leaves));
        let handle = slab.handle(resting);
        aggressor.leaves -= quantity;
        let after = self.fill_peg(slab, resting, quantity, price);
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
    fn fill_peg(
        &mut self,
        slab: &mut OrderSlab,
        slot: u32,
        quantity: u64,
        price: Price,
    ) -> Resting {
        let order = slab.order_mut(slot);
        order.leaves -= quantity;
        let after = if order.leaves == 0 {
            self.end(slab, slot);
            Resting::Ended
        } else {
            Resting::Smaller
        };
        self.print_between(slab, price);
        after
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
