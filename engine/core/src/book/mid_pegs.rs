//! Mid-pegs: orders that stand at the middle of the best displayed prices, unseen.
//!
//! Nothing is written when the reference moves, however many pegs there are: where a peg stands is
//! a function of reference and cap. Its place among those at its price is too: pegs are queued by
//! their stamps, and those of one side at one price have come there together, but for one case. A
//! buy whose cap is the reference price stood there before if the reference fell to it, so it
//! comes before the buys that followed the reference down; likewise a sell whose cap the reference
//! rose to. It must not know how prices become a reference, nor who trades.

use super::NONE;
use super::order_slab::OrderSlab;
use crate::domain::{Price, Side};

/// Where uncapped pegs stand, and how they came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Price of a buy.
    pub buy: Price,
    /// Price of a sell; above `buy` where the middle is no price.
    pub sell: Price,
    /// Whether `buy` fell when it changed last.
    pub buy_fell: bool,
    /// Whether `sell` rose when it changed last.
    pub sell_rose: bool,
    /// Stamps given when `buy` changed last.
    pub buy_changed: u64,
    /// Stamps given when `sell` changed last.
    pub sell_changed: u64,
}

/// The pegs of one side, by rising stamp.
#[derive(Clone, Copy, Debug)]
struct PegQueue {
    first: u32,
    last: u32,
    count: u32,
}

/// Place of a peg among those of its side: the smaller, the sooner it trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PegRank {
    /// Distance from the best price that there is, in 1e-9 units.
    worse: u64,
    /// Whether it came with the last change of the reference, or after it.
    came_later: bool,
    stamp: u64,
}

/// The mid-pegs of one book.
#[derive(Debug)]
pub struct MidPegs {
    buys: PegQueue,
    sells: PegQueue,
    reference: Option<Reference>,
}

impl MidPegs {
    /// Returns none.
    pub(super) const fn new() -> Self {
        const EMPTY: PegQueue = PegQueue {
            first: NONE,
            last: NONE,
            count: 0,
        };
        Self {
            buys: EMPTY,
            sells: EMPTY,
            reference: None,
        }
    }

    /// Returns whether there are none of either side.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.buys.count | self.sells.count == 0
    }

    /// Returns how many there are of a side.
    #[inline]
    #[must_use]
    pub const fn count(&self, side: Side) -> u32 {
        self.queue(side).count
    }

    /// Returns the reference; `None` while pegs are parked, or where there is none.
    #[inline]
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Returns the slots of a side, by rising stamp.
    pub fn slots(&self, slab: &OrderSlab, side: Side) -> impl Iterator<Item = u32> {
        let link = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(link(self.queue(side).first), move |&slot| {
            link(slab.order(slot).next)
        })
    }

    /// Returns whether any of a side stands, that is, may trade.
    #[inline]
    pub(super) const fn stand(&self, side: Side) -> bool {
        // Most books have none of either side: one comparison for both.
        !self.is_empty() && self.reference.is_some() && self.queue(side).count != 0
    }

    /// Sets the reference to the prices of buys and sells, or parks all pegs. Returns whether
    /// anything changed. `stamps_given` is the book's.
    pub(super) fn set_reference(
        &mut self,
        prices: Option<(Price, Price)>,
        stamps_given: u64,
    ) -> bool {
        let next = match (self.reference, prices) {
            (_, None) => None,
            (None, Some((buy, sell))) => Some(Reference {
                buy,
                sell,
                buy_fell: false,
                sell_rose: false,
                buy_changed: stamps_given,
                sell_changed: stamps_given,
            }),
            (Some(mut reference), Some((buy, sell))) => {
                if buy != reference.buy {
                    reference.buy_fell = buy < reference.buy;
                    reference.buy_changed = stamps_given;
                }
                if sell != reference.sell {
                    reference.sell_rose = sell > reference.sell;
                    reference.sell_changed = stamps_given;
                }
                (reference.buy, reference.sell) = (buy, sell);
                Some(reference)
            }
        };
        let changed = next != self.reference;
        self.reference = next;
        changed
    }

    /// Takes over a reference as it was.
    pub(super) const fn resume_reference(&mut self, reference: Option<Reference>) {
        self.reference = reference;
    }

    /// Returns where a peg of `side` with `cap` stands; `None` while pegs are parked.
    pub(super) fn price(&self, side: Side, cap: i64) -> Option<Price> {
        let reference = self.reference?;
        Some(match side {
            Side::Buy => reference.buy.min(Price::new(cap)),
            Side::Sell => reference.sell.max(Price::new(cap)),
        })
    }

    /// Returns the place of a peg among those of its side; `None` while pegs are parked.
    pub(super) fn rank(&self, slab: &OrderSlab, slot: u32) -> Option<PegRank> {
        let reference = self.reference?;
        let order = slab.order(slot);
        let (best, moved_to_cap, changed) = match order.side {
            Side::Buy => (reference.buy, reference.buy_fell, reference.buy_changed),
            Side::Sell => (reference.sell, reference.sell_rose, reference.sell_changed),
        };
        let price = self.price(order.side, order.tick)?;
        let stood = order.tick == best.get() && moved_to_cap && order.stamp <= changed;
        Some(PegRank {
            worse: best.get().abs_diff(price.get()),
            came_later: !stood,
            stamp: order.stamp,
        })
    }

    /// Returns the peg of a side that trades first, and its price; `None` where none stands.
    pub(super) fn first(&self, slab: &OrderSlab, side: Side) -> Option<(u32, Price)> {
        self.reference?;
        let slot = self
            .slots(slab, side)
            .min_by_key(|&slot| self.rank(slab, slot))?;
        Some((slot, self.price(side, slab.order(slot).tick)?))
    }

    /// Returns the first of each side where they stand at one price.
    pub(super) fn first_that_meet(&self, slab: &OrderSlab) -> Option<(u32, u32)> {
        if self.buys.count == 0 || self.sells.count == 0 {
            return None;
        }
        let (buy, buy_price) = self.first(slab, Side::Buy)?;
        let (sell, sell_price) = self.first(slab, Side::Sell)?;
        (buy_price >= sell_price).then_some((buy, sell))
    }

    /// Puts an order, which has a new stamp, at the back of its side.
    pub(super) fn append(&mut self, slab: &mut OrderSlab, slot: u32) {
        let side = slab.order(slot).side;
        let queue = self.queue_mut(side);
        let last = queue.last;
        let order = slab.order_mut(slot);
        order.previous = last;
        order.next = NONE;
        if last == NONE {
            queue.first = slot;
        } else {
            slab.order_mut(last).next = slot;
        }
        queue.last = slot;
        queue.count += 1;
    }

    /// Takes an order out.
    pub(super) fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let (side, previous, next) = (order.side, order.previous, order.next);
        let queue = self.queue_mut(side);
        if previous == NONE {
            queue.first = next;
        } else {
            slab.order_mut(previous).next = next;
        }
        if next == NONE {
            queue.last = previous;
        } else {
            slab.order_mut(next).previous = previous;
        }
        queue.count -= 1;
    }

    const fn queue(&self, side: Side) -> &PegQueue {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    const fn queue_mut(&mut self, side: Side) -> &mut PegQueue {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

/// Returns where buys and sells stand between two best ticks of `tick_size` units: the middle, or
/// where that is no price the ticks around it.
pub(super) fn middle(bid_tick: i64, ask_tick: i64, tick_size: i64) -> (Price, Price) {
    let ticks = i128::from(bid_tick) + i128::from(ask_tick);
    let units = ticks * i128::from(tick_size);
    let price = |units: i128| {
        let units = i64::try_from(units).expect("between two prices lies a price");
        Price::new(units)
    };
    if units % 2 == 0 {
        let middle = price(units / 2);
        return (middle, middle);
    }
    let below = ticks.div_euclid(2);
    let tick_size = i128::from(tick_size);
    (price(below * tick_size), price((below + 1) * tick_size))
}
