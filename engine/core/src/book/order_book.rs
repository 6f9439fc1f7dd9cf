//! The order book of one instrument: what is displayed, what waits for its stop price, what is
//! pegged, and the counters of all.
//!
//! Orders enter and leave it here and nowhere else, so levels, links and places agree. It must not
//! know who asks: cancels, replaces and expiries all take an order out alike.

use super::NONE;
use super::ladder::Ladder;
use super::mid_pegs::{MidPegs, middle};
use super::order_slab::{Order, OrderSlab, Place};
use crate::domain::{Price, Side};
use crate::planted::{Bug, bites};

/// Cells of the table of displayed levels, for each that there may be.
const CELLS_PER_LEVEL: usize = 4;
/// The same of stop prices: they are looked at less often.
const CELLS_PER_STOP_LEVEL: usize = 1;

/// The orders of one instrument.
#[derive(Debug)]
pub struct OrderBook {
    /// Displayed orders by side.
    displayed: [Ladder; 2],
    /// Stop orders that wait, by side.
    stops: [Ladder; 2],
    /// Whether stop orders may wait: where not, a print asks no further.
    has_stops: bool,
    pub(super) pegs: MidPegs,
    /// First and last of the stop orders that were released and did not execute yet.
    pub(super) released: (u32, u32),
    /// Units of price in a tick; above 0.
    tick_size: i64,
    /// Priority stamps given.
    pub(super) stamps_given: u64,
    pub(super) last_trade: Option<Price>,
    /// Whether an iceberg was ever displayed.
    pub(super) had_icebergs: bool,
    /// Whether there are only displayed orders and stop orders that wait: nothing follows from a
    /// command then, and all that an aggressor can meet is displayed.
    is_plain: bool,
}

impl OrderBook {
    /// Returns an empty book with room for `level_count_max` levels a side. No order may come before
    /// [`Self::prepare`] was called.
    #[must_use]
    pub fn new(level_count_max: u32) -> Self {
        let displayed = |side| Ladder::new(side, level_count_max, CELLS_PER_LEVEL);
        let stops = |side| Ladder::new(side, level_count_max, CELLS_PER_STOP_LEVEL);
        Self {
            displayed: by_side(displayed(Side::Buy), displayed(Side::Sell)),
            // A rising price reaches the lowest buy first, a falling one the highest sell.
            stops: by_side(stops(Side::Sell), stops(Side::Buy)),
            has_stops: false,
            pegs: MidPegs::new(),
            released: (NONE, NONE),
            tick_size: 1,
            stamps_given: 0,
            last_trade: None,
            had_icebergs: false,
            is_plain: true,
        }
    }

    /// Makes the reserved memory ready for use, and sets how many units of price a tick has, above
    /// 0; once there are orders, that does not change.
    pub fn prepare(&mut self, tick_size: i64) {
        self.tick_size = tick_size;
        for ladder in self.displayed.iter_mut().chain(&mut self.stops) {
            ladder.prepare();
        }
    }

    /// Returns the displayed levels of a side.
    #[inline]
    #[must_use]
    pub const fn side(&self, side: Side) -> &Ladder {
        &self.displayed[index(side)]
    }

    #[inline]
    pub(super) const fn side_mut(&mut self, side: Side) -> &mut Ladder {
        &mut self.displayed[index(side)]
    }

    /// Returns the levels of stop orders of a side that wait, by stop price, what a trade reaches
    /// first being first.
    #[inline]
    #[must_use]
    pub const fn stops(&self, side: Side) -> &Ladder {
        &self.stops[index(side)]
    }

    /// Returns whether stop orders may wait.
    #[inline]
    pub(super) const fn has_stops(&self) -> bool {
        self.has_stops
    }

    /// Notes whether stop orders wait.
    pub(super) const fn note_stops(&mut self) {
        self.has_stops = !(self.stops[0].is_empty() && self.stops[1].is_empty());
    }

    #[inline]
    pub(super) const fn stops_mut(&mut self, side: Side) -> &mut Ladder {
        &mut self.stops[index(side)]
    }

    /// Returns the mid-pegs.
    #[inline]
    #[must_use]
    pub const fn pegs(&self) -> &MidPegs {
        &self.pegs
    }

    /// Returns how many priority stamps were given.
    #[inline]
    #[must_use]
    pub const fn stamps_given(&self) -> u64 {
        self.stamps_given
    }

    /// Returns the price of the last trade, if there was one.
    #[inline]
    #[must_use]
    pub const fn last_trade(&self) -> Option<Price> {
        self.last_trade
    }

    /// Returns the price of a tick that an order has.
    #[inline]
    #[must_use]
    pub const fn price(&self, tick: i64) -> Price {
        Price::new(tick * self.tick_size)
    }

    /// Returns the units of price in a tick.
    #[inline]
    #[must_use]
    pub const fn tick_size(&self) -> i64 {
        self.tick_size
    }

    /// Gives the next priority stamp; 2^64 of them are never given.
    #[inline]
    const fn next_stamp(&mut self) {
        self.stamps_given = self.stamps_given.wrapping_add(1);
    }

    /// Returns whether an order of `side` with a limit of `limit_tick` would trade now, with a
    /// displayed order or a mid-peg. `limit_tick` is no bound of `i64`.
    #[inline]
    #[must_use]
    pub fn would_take(&self, slab: &OrderSlab, side: Side, limit_tick: i64) -> bool {
        let opposite = side.opposite();
        self.side(opposite).reaches(limit_tick)
            || (self.pegs.stand(opposite) && self.would_take_peg(slab, side, limit_tick))
    }

    #[cold]
    fn would_take_peg(&self, slab: &OrderSlab, side: Side, limit_tick: i64) -> bool {
        let limit = Price::new(limit_tick.saturating_mul(self.tick_size));
        self.pegs
            .first(slab, side.opposite())
            .is_some_and(|(_, price)| is_within(side, price, limit))
    }

    /// Displays an order at the back of its price's queue, showing `displayed` of it, with a new
    /// priority stamp. There is room, and nothing that it would take.
    ///
    /// # Panics
    ///
    /// Panics if the order would trade: a book that rests crossed must stop.
    #[inline]
    pub fn rest(&mut self, slab: &mut OrderSlab, slot: u32, displayed: u64) {
        self.next_stamp();
        let order = slab.order_mut(slot);
        order.stamp = self.stamps_given;
        order.displayed = displayed;
        order.place = Place::Displayed;
        let (side, tick) = (order.side, order.tick);
        if displayed != order.leaves {
            self.had_icebergs = true;
        }
        assert!(
            !self.side(side.opposite()).reaches(tick),
            "a book never rests crossed"
        );
        self.side_mut(side).append(slab, slot);
    }

    /// Opens a new order straight at rest, all of it displayed, with a new priority stamp: what
    /// [`OrderSlab::open`] and [`Self::rest`] do, in one write. What `order` says of its place and
    /// links is not read. Returns whether it did: not where there is something that it would take
    /// or that would follow, or no room for a level.
    #[inline(always)]
    pub fn try_rest(&mut self, slab: &mut OrderSlab, slot: u32, order: Order) -> bool {
        let own = index(order.side);
        if !self.is_plain || self.displayed[own ^ 1].reaches(order.tick) {
            return false;
        }
        let ladder = &mut self.displayed[own];
        if !ladder.has_room_for_level() {
            return false;
        }
        let previous = ladder.join(order.tick, slot, order.leaves);
        self.next_stamp();
        let opened = Order {
            displayed: order.leaves,
            stamp: self.stamps_given,
            next: NONE,
            previous,
            place: Place::Displayed,
            ..order
        };
        slab.open(slot, opened);
        if previous != NONE {
            slab.order_mut(previous).next = slot;
        }
        true
    }

    /// Moves a displayed order, of which nothing is hidden, to the back of another price's queue, or
    /// its own one's, with a new priority stamp; `leaves` of a total of `order_quantity` are open
    /// then, all of it displayed: what [`Self::unlink`] and [`Self::rest`] do, in one write. Returns
    /// whether it did, as [`Self::try_rest`].
    #[inline(always)]
    pub fn try_move(
        &mut self,
        slab: &mut OrderSlab,
        slot: u32,
        tick: i64,
        (leaves, order_quantity): (u64, u64),
    ) -> bool {
        let order = slab.order(slot);
        let own = index(order.side);
        if !self.is_plain || self.displayed[own ^ 1].reaches(tick) {
            return false;
        }
        let ladder = &mut self.displayed[own];
        if !ladder.has_room_for_level() {
            return false;
        }
        let links = (order.previous, order.next);
        ladder.leave(slab, (slot, order.tick, links), order.displayed);
        let previous = ladder.join(tick, slot, leaves);
        self.next_stamp();
        let order = slab.order_mut(slot);
        order.tick = tick;
        order.leaves = leaves;
        order.displayed = leaves;
        order.order_quantity = order_quantity;
        order.stamp = self.stamps_given;
        order.next = NONE;
        order.previous = previous;
        if previous != NONE {
            slab.order_mut(previous).next = slot;
        }
        true
    }

    /// Puts a stop order, whose `tick` is its stop price, where it waits, with a new stamp. There
    /// is room.
    pub(crate) fn wait(&mut self, slab: &mut OrderSlab, slot: u32) {
        self.next_stamp();
        let order = slab.order_mut(slot);
        order.stamp = self.stamps_given;
        order.displayed = 0;
        order.place = Place::Waiting;
        let side = order.side;
        self.has_stops = true;
        self.stops_mut(side).append(slab, slot);
    }

    /// Pegs an order, whose `tick` is its cap in 1e-9 units, with a new stamp. There is room.
    pub(crate) fn peg(&mut self, slab: &mut OrderSlab, slot: u32) {
        self.next_stamp();
        let order = slab.order_mut(slot);
        order.stamp = self.stamps_given;
        order.displayed = 0;
        order.place = Place::Pegged;
        self.pegs.append(slab, slot);
        self.note_plain();
    }

    /// Takes an order out of wherever it is; it may come again or end.
    #[inline]
    pub fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        if order.place == Place::Displayed {
            let side = order.side;
            return self.side_mut(side).unlink(slab, slot);
        }
        self.unlink_undisplayed(slab, slot);
    }

    #[cold]
    fn unlink_undisplayed(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let side = order.side;
        match order.place {
            Place::Waiting => self.stops_mut(side).unlink(slab, slot),
            Place::Pegged => {
                self.pegs.unlink(slab, slot);
                self.note_plain();
            }
            Place::Displayed | Place::Incoming | Place::Vacant => {}
        }
    }

    /// Takes an order out and ends it.
    #[inline(always)]
    pub fn end(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        if order.place == Place::Displayed {
            let (tick, links) = (order.tick, (order.previous, order.next));
            let (side, displayed) = (order.side, order.displayed);
            slab.close(slot);
            self.side_mut(side)
                .leave(slab, (slot, tick, links), displayed);
            return;
        }
        self.unlink_undisplayed(slab, slot);
        slab.close(slot);
    }

    /// Makes an order smaller in its place, to a total of `order_quantity`, by `quantity` less
    /// open than now; something stays open. What it displays is at most what is open.
    pub fn shrink(&mut self, slab: &mut OrderSlab, slot: u32, quantity: u64, order_quantity: u64) {
        let order = slab.order_mut(slot);
        order.leaves -= quantity;
        order.order_quantity = order_quantity;
        let hidden = order.displayed.saturating_sub(order.leaves);
        if hidden != 0 {
            order.displayed -= hidden;
            let (side, tick) = (order.side, order.tick);
            self.side_mut(side).shrink(tick, hidden);
        }
    }

    /// Shows the next part of an iceberg whose displayed part is used up but for `displayed`, at
    /// the back of its queue with a new stamp.
    pub(super) fn refresh(&mut self, slab: &mut OrderSlab, slot: u32) {
        self.next_stamp();
        let display = slab.terms(slot).given.display_quantity.get();
        let order = slab.order_mut(slot);
        order.stamp = self.stamps_given;
        let (side, displayed) = (order.side, order.leaves.min(display));
        self.side_mut(side).refresh(slab, slot, displayed);
    }

    /// Sets the reference of the mid-pegs to what is displayed now; parks them where
    /// `is_continuous` is false. Returns whether it changed. Without pegs there is none.
    pub(crate) fn set_reference(&mut self, slab: &mut OrderSlab, is_continuous: bool) -> bool {
        let prices = self.reference_prices(is_continuous);
        let changed = self.pegs.set_reference(prices, self.stamps_given);
        self.note_plain();
        if bites(Bug::PegLosesPlace, !changed) {
            self.pegs_lose_place(slab);
        }
        changed
    }

    /// Returns where uncapped pegs stand between what is displayed now; `None` where there are no
    /// pegs, or they are parked.
    #[inline]
    pub(crate) fn reference_prices(&self, is_continuous: bool) -> Option<(Price, Price)> {
        match (
            self.side(Side::Buy).best_tick(),
            self.side(Side::Sell).best_tick(),
        ) {
            (Some(bid), Some(ask)) if is_continuous && !self.pegs.is_empty() => {
                Some(middle(bid, ask, self.tick_size))
            }
            _ => None,
        }
    }

    /// Puts the first peg of each side behind the others: no rule does.
    fn pegs_lose_place(&mut self, slab: &mut OrderSlab) {
        for side in [Side::Buy, Side::Sell] {
            let first = self.pegs.slots(slab, side).next();
            if let Some(slot) = first.filter(|_| self.pegs.count(side) > 1) {
                self.pegs.unlink(slab, slot);
                self.next_stamp();
                slab.order_mut(slot).stamp = self.stamps_given;
                self.pegs.append(slab, slot);
            }
        }
    }

    /// Makes a displayed order larger in its place: no rule does.
    #[cfg(debug_assertions)]
    pub(crate) fn grow(&mut self, slab: &mut OrderSlab, slot: u32, quantity: u64) {
        let order = slab.order_mut(slot);
        order.leaves += quantity;
        order.order_quantity += quantity;
        order.displayed += quantity;
        let (side, tick) = (order.side, order.tick);
        self.side_mut(side).grow(tick, quantity);
    }

    /// As [`Self::set_reference`] in a continuous phase, for a first peg that is about to come.
    pub(crate) fn set_reference_for_first_peg(&mut self) {
        if let (Some(bid), Some(ask)) = (
            self.side(Side::Buy).best_tick(),
            self.side(Side::Sell).best_tick(),
        ) {
            let prices = middle(bid, ask, self.tick_size);
            self.pegs.set_reference(Some(prices), self.stamps_given);
            self.note_plain();
        }
    }

    /// Returns where a peg of `side` with a cap stands; `None` while pegs are parked.
    pub(crate) fn peg_price(&self, side: Side, cap: i64) -> Option<Price> {
        self.pegs.price(side, cap)
    }

    /// Returns a buying and a selling peg that stand at one price, the first of each side.
    pub(crate) fn pegs_that_meet(&self, slab: &OrderSlab) -> Option<(u32, u32)> {
        self.pegs.first_that_meet(slab)
    }

    /// Returns whether a command that touched this book has to be finished: pegs may have to
    /// move, or stop orders were released.
    #[inline]
    #[must_use]
    pub(crate) fn needs_finish(&self) -> bool {
        debug_assert!(self.is_plain == self.holds_nothing_special());
        !self.is_plain
    }

    /// Notes whether the book is plain, after pegs, their reference or released orders have changed.
    pub(super) fn note_plain(&mut self) {
        self.is_plain = self.holds_nothing_special();
    }

    fn holds_nothing_special(&self) -> bool {
        self.released.0 == NONE && self.pegs.is_empty() && self.pegs.reference().is_none()
    }
}

/// Returns the place of a side in a pair: never one that has to be checked, nor a branch that half
/// of all orders would not take.
#[inline]
const fn index(side: Side) -> usize {
    side as usize & 1
}

/// Returns a pair by [`index`].
fn by_side(buy: Ladder, sell: Ladder) -> [Ladder; 2] {
    [sell, buy]
}

const _: () = assert!(index(Side::Sell) == 0 && index(Side::Buy) == 1);

/// Returns whether a price is within the limit of an order of `side`.
#[inline]
pub(super) fn is_within(side: Side, price: Price, limit: Price) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}
