//! One side's price levels, the best first: each found by its tick, the best one known.
//!
//! It must not know the other side.

use super::NONE;
use super::level_table::{Joined, Left, LevelTable};
use super::order_slab::OrderSlab;
use super::price_level::PriceLevel;
use super::tick_set::{NO_RANK, TickSet};
use crate::domain::Side;
use crate::planted::{Bug, bites};

/// The levels of one side. A level's rank is its tick, or for a ladder whose lowest price is the
/// best one the complement of its tick: the higher, the better. Its size is a power of two, so that
/// one of a pair is found by a shift.
#[derive(Debug)]
#[repr(align(256))]
pub struct Ladder {
    /// 0 where the highest price is the best, else -1.
    flip: i64,
    ranks: TickSet,
    table: LevelTable,
    level_count_max: u32,
    /// Levels for which there is room.
    room: u32,
}

const _: () = assert!(size_of::<Ladder>() == 256, "a power of two");

impl Ladder {
    /// Returns an empty ladder with room for `level_count_max` levels, whose best price is the
    /// highest for `Buy`, the lowest for `Sell`; its table has `cells_per_level` cells for each. The
    /// memory is reserved, and written to only by [`Self::prepare`].
    #[must_use]
    pub fn new(best_is_highest_for: Side, level_count_max: u32, cells_per_level: usize) -> Self {
        let levels = level_count_max as usize;
        let cells = (levels * cells_per_level).next_power_of_two();
        Self {
            flip: match best_is_highest_for {
                Side::Buy => 0,
                Side::Sell => -1,
            },
            ranks: TickSet::new(levels),
            table: LevelTable::new(cells, levels),
            level_count_max,
            room: level_count_max,
        }
    }

    /// Makes the reserved memory ready for use, so that no first touch of it falls into trading;
    /// once prepared, it does nothing.
    pub fn prepare(&mut self) {
        if !self.table.is_prepared() {
            self.table.prepare();
            self.ranks.prepare();
        }
    }

    /// Returns the tick of the best level, if there is one.
    #[inline]
    #[must_use]
    pub const fn best_tick(&self) -> Option<i64> {
        match self.ranks.best() {
            NO_RANK => None,
            rank => Some(rank ^ self.flip),
        }
    }

    /// Returns whether there is no level.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranks.best() == NO_RANK
    }

    /// Returns how many levels there are.
    #[inline]
    #[must_use]
    pub const fn level_count(&self) -> u32 {
        self.level_count_max - self.room
    }

    /// Returns whether the best level is at `limit_tick` or better; `limit_tick` is no bound of
    /// `i64`.
    #[inline(always)]
    #[must_use]
    pub const fn reaches(&self, limit_tick: i64) -> bool {
        self.ranks.best() >= limit_tick ^ self.flip
    }

    /// Returns the slot of the first order at the best price; [`NONE`] where there is no level.
    #[inline]
    #[must_use]
    pub fn first(&self) -> u32 {
        match self.ranks.best() {
            NO_RANK => NONE,
            rank => self.table.get(rank ^ self.flip).first,
        }
    }

    /// Returns tick and level of the best price, where there is one.
    #[inline(always)]
    pub(super) fn best_level(&mut self) -> (i64, &mut PriceLevel) {
        let tick = self.ranks.best() ^ self.flip;
        (tick, self.table.get_mut(tick))
    }

    /// Removes the best level, at a tick, whose last order has left.
    #[inline(always)]
    pub(super) fn end_best(&mut self, tick: i64) {
        self.table.remove(tick);
        self.end_level(tick);
    }

    /// Returns the level of a tick, an empty one where there is none.
    #[must_use]
    pub fn level_at(&self, tick: i64) -> PriceLevel {
        self.table.get(tick)
    }

    /// Returns what is displayed at a tick.
    #[inline]
    #[must_use]
    pub fn displayed_at(&self, tick: i64) -> u64 {
        self.table.get(tick).displayed
    }

    /// Returns whether one more level fits.
    #[inline(always)]
    #[must_use]
    pub const fn has_room_for_level(&self) -> bool {
        self.room != 0
    }

    /// Returns whether an order may come to a tick: its level is there, or one more fits.
    #[inline]
    #[must_use]
    pub fn has_room_at(&self, tick: i64) -> bool {
        self.has_room_for_level() || !self.table.get(tick).is_empty()
    }

    /// Returns whether an order of this ladder could go to another tick: there is room, or its own
    /// level ends with its going.
    #[inline]
    #[must_use]
    pub fn has_room_to_move(&self, slab: &OrderSlab, slot: u32, tick: i64) -> bool {
        if self.has_room_at(tick) {
            return true;
        }
        let own = self.table.get(slab.order(slot).tick);
        own.first == own.last
    }

    /// Returns tick and level, the best first.
    pub fn levels(&self) -> impl Iterator<Item = (i64, PriceLevel)> {
        self.ranks.iter().map(|rank| {
            let tick = rank ^ self.flip;
            (tick, self.table.get(tick))
        })
    }

    /// Puts an order, which has its tick and what it displays, at the back of its tick's queue.
    /// There is room.
    #[inline(never)]
    pub fn append(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let (tick, displayed) = (order.tick, order.displayed);
        let previous = self.join(tick, slot, displayed);
        let order = slab.order_mut(slot);
        order.previous = previous;
        order.next = NONE;
        if previous != NONE {
            slab.order_mut(previous).next = slot;
        }
    }

    /// Counts an order in at the back of its tick's queue; returns the slot of the order before
    /// it, [`NONE`] where it is the first. The caller links the two.
    #[inline(always)]
    pub(super) fn join(&mut self, tick: i64, slot: u32, displayed: u64) -> u32 {
        match self.table.join(tick, slot, displayed) {
            Joined::Behind(previous) => previous,
            Joined::First => self.begin_level(tick),
            Joined::Not => self.join_anywhere(tick, slot, displayed),
        }
    }

    #[cold]
    fn join_anywhere(&mut self, tick: i64, slot: u32, displayed: u64) -> u32 {
        match self.table.join_anywhere(tick, slot, displayed) {
            Joined::Behind(previous) => previous,
            Joined::First | Joined::Not => self.begin_level(tick),
        }
    }

    #[inline(always)]
    fn begin_level(&mut self, tick: i64) -> u32 {
        // There was room.
        self.room = self.room.wrapping_sub(1);
        self.ranks.insert(tick ^ self.flip);
        NONE
    }

    /// Takes an order out, and its level with it where it was the last one.
    #[inline(never)]
    pub fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let (tick, links) = (order.tick, (order.previous, order.next));
        self.leave(slab, (slot, tick, links), order.displayed);
    }

    /// As [`Self::unlink`], of an order of which tick, neighbours and what is displayed are at hand.
    #[inline(always)]
    pub(super) fn leave(
        &mut self,
        slab: &mut OrderSlab,
        (slot, tick, links): (u32, i64, (u32, u32)),
        displayed: u64,
    ) {
        match self.table.leave(tick, links, displayed) {
            Left::Others => slab.join_neighbours(links),
            Left::Last => self.end_level(tick),
            Left::Not => self.unlink_aside(slab, slot),
        }
    }

    #[cold]
    fn unlink_aside(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let (tick, links) = (order.tick, (order.previous, order.next));
        match self.table.leave_aside(tick, links, order.displayed) {
            Left::Others => slab.join_neighbours(links),
            Left::Last | Left::Not => self.end_level(tick),
        }
    }

    /// Notes that an order displays `quantity` less than before, in its place.
    #[inline(always)]
    pub fn shrink(&mut self, tick: i64, quantity: u64) {
        self.table.get_mut(tick).displayed -= quantity;
    }

    /// Notes that an order displays `quantity` more than before, in its place: no rule lets it.
    #[cfg(debug_assertions)]
    pub(super) fn grow(&mut self, tick: i64, quantity: u64) {
        self.table.get_mut(tick).displayed += quantity;
    }

    /// Puts an order at the back of its own queue; it displays `displayed` from now on.
    pub fn refresh(&mut self, slab: &mut OrderSlab, slot: u32, displayed: u64) {
        let order = slab.order(slot);
        let (previous, next) = (order.previous, order.next);
        let level = self.table.get_mut(order.tick);
        if bites(Bug::RefreshToFront, level.first != level.last) {
            level.displayed = level.displayed - order.displayed + displayed;
            slab.order_mut(slot).displayed = displayed;
            return;
        }
        if level.leave(previous, next, order.displayed) {
            *level = PriceLevel::of_one(slot, displayed);
            slab.order_mut(slot).displayed = displayed;
            return;
        }
        let last = level.join(slot, displayed);
        slab.join_neighbours((previous, next));
        slab.order_mut(last).next = slot;
        let order = slab.order_mut(slot);
        order.displayed = displayed;
        order.previous = last;
        order.next = NONE;
    }

    /// Takes the best level out, with all its orders still chained; `None` where there is none.
    pub fn take_best(&mut self) -> Option<PriceLevel> {
        let tick = self.best_tick()?;
        let level = self.table.get(tick);
        self.end_best(tick);
        Some(level)
    }

    /// Forgets a level that the table has no more.
    #[inline(always)]
    fn end_level(&mut self, tick: i64) {
        // One was there.
        self.room = self.room.wrapping_add(1);
        if bites(Bug::PhantomLevel, true) {
            return;
        }
        self.ranks.remove(tick ^ self.flip);
    }
}
