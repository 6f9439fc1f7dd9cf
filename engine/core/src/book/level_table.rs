//! Price levels by tick: a table whose cell is the tick's lowest bits, and the rest aside.
//!
//! Levels near each other lie in one cache line and none is searched for. A level whose cell is
//! taken by one that is a multiple of the table's size away goes to a sorted array and stays there
//! until it ends. It must not know which level is the best.

use super::price_level::PriceLevel;

/// The tick of an empty cell: no price has it, see [`crate::domain::Instrument`].
const NO_TICK: i64 = i64::MIN;

#[derive(Clone, Copy, Debug)]
struct Cell {
    tick: i64,
    level: PriceLevel,
}

const EMPTY: Cell = Cell {
    tick: NO_TICK,
    level: PriceLevel::EMPTY,
};

/// How an order came to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It did not: the level may lie aside.
    Not,
    /// As the first of a new level.
    First,
    /// Behind the order in this slot.
    Behind(u32),
}

/// How an order left a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It did not: the level lies aside.
    Not,
    /// As the last one: the level is gone.
    Last,
    /// There are others.
    Others,
}

/// The levels, over memory that is set aside once.
#[derive(Debug)]
pub(super) struct LevelTable {
    /// Cells, a power of two, less one.
    mask: u64,
    cells: Vec<Cell>,
    /// Sorted by tick.
    aside: Vec<Cell>,
}

impl LevelTable {
    /// Returns none, with `cells` cells, a power of two, and room for `count_max` levels aside. The
    /// memory is reserved, and written to only by [`Self::prepare`].
    pub(super) fn new(cells: usize, count_max: usize) -> Self {
        debug_assert!(cells.is_power_of_two());
        Self {
            mask: cells as u64 - 1,
            cells: Vec::with_capacity(cells),
            aside: Vec::with_capacity(count_max),
        }
    }

    /// Writes to all its memory, so that no first touch falls into trading.
    pub(super) fn prepare(&mut self) {
        let cells = self.mask + 1;
        self.cells
            .resize(usize::try_from(cells).unwrap_or(usize::MAX), EMPTY);
        self.aside.resize(self.aside.capacity(), EMPTY);
        self.aside.clear();
    }

    /// Returns whether [`Self::prepare`] was called.
    pub(super) const fn is_prepared(&self) -> bool {
        !self.cells.is_empty()
    }

    /// Returns a level; an empty one where there is none. What an empty cell says of its level is
    /// not read.
    #[inline(always)]
    pub(super) fn get(&self, tick: i64) -> PriceLevel {
        match self.cells.get(self.home(tick)) {
            Some(cell) if cell.tick == tick => cell.level,
            Some(_) | None => self.get_aside(tick),
        }
    }

    /// Returns a level that is there, to be changed.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, tick: i64) -> &mut PriceLevel {
        let home = self.home(tick);
        if self.cells[home].tick != tick {
            return self.get_aside_mut(tick);
        }
        &mut self.cells[home].level
    }

    #[cold]
    #[inline(never)]
    fn get_aside_mut(&mut self, tick: i64) -> &mut PriceLevel {
        let at = self.find_aside(tick).expect("an order's level is there");
        &mut self.aside[at].level
    }

    /// Counts an order in at the back of the level of a tick, where that needs no more than a look
    /// at its cell.
    #[inline(always)]
    pub(super) fn join(&mut self, tick: i64, slot: u32, displayed: u64) -> Joined {
        let home = self.home(tick);
        let cell = &mut self.cells[home];
        if cell.tick == tick {
            return Joined::Behind(cell.level.join(slot, displayed));
        }
        if cell.tick != NO_TICK || !self.aside.is_empty() {
            return Joined::Not;
        }
        let level = PriceLevel::of_one(slot, displayed);
        *cell = Cell { tick, level };
        Joined::First
    }

    /// As [`Self::join`], wherever the level lies; never [`Joined::Not`].
    pub(super) fn join_anywhere(&mut self, tick: i64, slot: u32, displayed: u64) -> Joined {
        let home = self.home(tick);
        let level = PriceLevel::of_one(slot, displayed);
        match self.find_aside(tick) {
            Ok(at) => return Joined::Behind(self.aside[at].level.join(slot, displayed)),
            Err(_) if self.cells[home].tick == NO_TICK => self.cells[home] = Cell { tick, level },
            Err(at) => {
                debug_assert!(self.aside.len() < self.aside.capacity());
                self.aside.insert(at, Cell { tick, level });
            }
        }
        Joined::First
    }

    /// Counts an order out that stands between two others, where that needs no more than a look at
    /// its cell.
    #[inline(always)]
    pub(super) fn leave(
        &mut self,
        tick: i64,
        (previous, next): (u32, u32),
        displayed: u64,
    ) -> Left {
        let home = self.home(tick);
        let cell = &mut self.cells[home];
        if cell.tick != tick {
            return Left::Not;
        }
        if cell.level.leave(previous, next, displayed) {
            cell.tick = NO_TICK;
            return Left::Last;
        }
        Left::Others
    }

    /// As [`Self::leave`], of an order whose level lies aside; never [`Left::Not`].
    pub(super) fn leave_aside(
        &mut self,
        tick: i64,
        (previous, next): (u32, u32),
        displayed: u64,
    ) -> Left {
        if self.get_mut(tick).leave(previous, next, displayed) {
            self.remove_aside(tick);
            return Left::Last;
        }
        Left::Others
    }

    /// Removes a level that is there and has no more orders.
    #[inline]
    pub(super) fn remove(&mut self, tick: i64) {
        let home = self.home(tick);
        let cell = &mut self.cells[home];
        if cell.tick == tick {
            cell.tick = NO_TICK;
        } else {
            self.remove_aside(tick);
        }
    }

    #[cold]
    fn get_aside(&self, tick: i64) -> PriceLevel {
        self.find_aside(tick)
            .map_or(PriceLevel::EMPTY, |at| self.aside[at].level)
    }

    #[cold]
    fn remove_aside(&mut self, tick: i64) {
        let at = self.find_aside(tick).expect("a level that ends is there");
        self.aside.remove(at);
    }

    fn find_aside(&self, tick: i64) -> Result<usize, usize> {
        self.aside.binary_search_by_key(&tick, |cell| cell.tick)
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are fewer cells than 2^32"
    )]
    const fn home(&self, tick: i64) -> usize {
        (tick.cast_unsigned() & self.mask) as usize
    }
}
