//! Which ticks have a level: a window of bits around the best one, and the rest aside.
//!
//! The next best is found by a bit, with no search and nothing moved. Ticks are told as ranks: the
//! higher, the better. The window follows the best rank; all ranks below the window's lowest are in
//! a sorted array and none above, so the best is always in the window. It must not know levels.

use super::tick_bitmap::{PLACES, TickBitmap};
use crate::planted::{Bug, bites};

/// The best rank of an empty set: no price has it, see [`crate::domain::Instrument`].
pub(super) const NO_RANK: i64 = i64::MIN;

/// Places in the window, less one.
const PLACE_MASK: u64 = PLACES as u64 - 1;
/// The next best rank where it is not known: above every rank.
const UNKNOWN: i64 = i64::MAX;
/// Base of the highest window: none goes beyond the highest rank, so that one comparison says
/// whether a rank is in it.
const BASE_MAX: i64 = UNKNOWN - 1 - PLACE_MASK.cast_signed();

/// A set of ranks.
#[derive(Debug)]
pub(super) struct TickSet {
    best: i64,
    /// The best rank but for that one, where it is known and still there: what was the best before,
    /// mostly. An order that comes to a better price and goes again costs no search.
    next: i64,
    /// Whether the best rank has its bit: it gets it once a better one comes. One that comes and goes
    /// touches no bit.
    best_is_set: bool,
    /// Lowest rank in the window.
    base: i64,
    /// A circle: rank r is at place r modulo the window.
    window: TickBitmap,
    /// Ranks below the window, rising.
    below: Vec<i64>,
}

impl TickSet {
    /// Returns an empty set with room for `count_max` ranks below its window.
    pub(super) fn new(count_max: usize) -> Self {
        Self {
            best: NO_RANK,
            next: UNKNOWN,
            best_is_set: true,
            base: 0,
            window: TickBitmap::new(),
            below: Vec::with_capacity(count_max),
        }
    }

    /// Writes to all its memory, so that no first touch falls into trading. It is empty.
    pub(super) fn prepare(&mut self) {
        self.below.resize(self.below.capacity(), 0);
        self.below.clear();
    }

    /// Returns the best rank; [`NO_RANK`] where there is none.
    #[inline]
    pub(super) const fn best(&self) -> i64 {
        self.best
    }

    /// Enters a rank, which is not there.
    #[inline(always)]
    pub(super) fn insert(&mut self, rank: i64) {
        // What is rare comes last in a call of its own: nothing has to be saved for it. A rank
        // below the base is far above it here.
        if rank.wrapping_sub(self.base).cast_unsigned() > PLACE_MASK {
            return self.insert_outside(rank);
        }
        if rank > self.best {
            self.step_up(rank);
        } else {
            self.window.set(place(rank));
            self.note_worse(rank);
        }
    }

    /// Takes a new best rank, which the window holds.
    #[inline(always)]
    fn step_up(&mut self, rank: i64) {
        self.set_best();
        self.best_is_set = false;
        self.next = std::mem::replace(&mut self.best, rank);
    }

    /// Gives the best rank its bit.
    #[inline(always)]
    fn set_best(&mut self) {
        if !self.best_is_set {
            self.window.set(place(self.best));
        }
    }

    #[inline(always)]
    fn note_worse(&mut self, rank: i64) {
        // One that is not known stays so: it is above every rank.
        if rank > self.next {
            self.next = rank;
        }
    }

    /// Removes a rank, which is there.
    #[inline(always)]
    pub(super) fn remove(&mut self, rank: i64) {
        if rank != self.best || bites(Bug::StaleBest, true) {
            return self.remove_worse(rank);
        }
        if self.best_is_set {
            self.window.clear(place(rank));
        }
        self.best_is_set = true;
        let next = std::mem::replace(&mut self.next, UNKNOWN);
        // It may have gone since: then it has no bit.
        let is_in_window = next.wrapping_sub(self.base).cast_unsigned() <= PLACE_MASK;
        if is_in_window && self.window.has(place(next)) {
            self.best = next;
            return;
        }
        self.look_for_best(rank);
    }

    /// Removes a rank that is not the best one.
    #[inline(always)]
    fn remove_worse(&mut self, rank: i64) {
        if rank < self.base {
            return self.remove_below(rank);
        }
        self.window.clear(place(rank));
    }

    /// Enters a rank that the window does not hold.
    #[cold]
    fn insert_outside(&mut self, rank: i64) {
        self.set_best();
        self.best_is_set = true;
        if !self.make_window_hold(rank) {
            self.insert_below(rank);
            self.note_worse(rank);
        } else if rank > self.best {
            self.step_up(rank);
        } else {
            self.window.set(place(rank));
            self.note_worse(rank);
        }
    }

    /// Finds the best rank, below `last`, which was it.
    #[inline(never)]
    fn look_for_best(&mut self, last: i64) {
        let at = place(last);
        match self.window.next_down_near(at) {
            Some(below) => self.best = last.wrapping_sub_unsigned(distance_down(at, below)),
            None => self.look_beyond_block(last),
        }
    }

    #[inline(never)]
    fn look_beyond_block(&mut self, last: i64) {
        let at = place(last);
        match self.window.next_down_beyond_block(at) {
            Some(below) => self.best = last.wrapping_sub_unsigned(distance_down(at, below)),
            None => self.look_below_window(),
        }
    }

    /// Returns the ranks, the best first.
    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        let mut next = self.best;
        let in_window = std::iter::from_fn(move || {
            if next == NO_RANK {
                return None;
            }
            let rank = next;
            let below = self.window.next_down(place(rank.wrapping_sub(1)));
            let step = below.map_or(0, |below| distance_down(place(rank), below));
            let left = rank.wrapping_sub(self.base).cast_unsigned();
            // Around the circle: it was the last one.
            next = if step == 0 || step > left {
                NO_RANK
            } else {
                rank.wrapping_sub_unsigned(step)
            };
            Some(rank)
        });
        in_window.chain(self.below.iter().rev().copied())
    }

    /// Brings the window, which is empty, to the ranks below it, if there are any.
    #[cold]
    fn look_below_window(&mut self) {
        let Some(&best) = self.below.last() else {
            self.best = NO_RANK;
            return;
        };
        self.slide_down(base_below(best, PLACE_MASK / 2));
        self.best = best;
    }

    /// Moves the window to where it holds a rank that it does not hold; returns whether it does,
    /// which it need not for a rank far below the best.
    fn make_window_hold(&mut self, rank: i64) -> bool {
        // A quarter of the window above the rank stays free for better ones.
        let most = PLACE_MASK - PLACE_MASK / 4;
        if self.best == NO_RANK {
            self.base = base_below(rank, most);
            return true;
        }
        if rank > self.best {
            self.slide_up(base_below(rank, most));
            return true;
        }
        let holds = self.best.wrapping_sub(rank).cast_unsigned() <= most;
        if holds {
            self.slide_down(base_below(self.best, most));
        }
        holds
    }

    /// Moves the window to a higher base; what falls out at its lower end goes aside.
    fn slide_up(&mut self, base: i64) {
        while let Some(at) = self.window.next_up(place(self.base)) {
            let from = place(self.base);
            let rank = self.base.wrapping_add_unsigned(distance_down(at, from));
            if rank >= base {
                break;
            }
            self.window.clear(at);
            self.below.push(rank);
            self.base = rank;
        }
        self.base = base;
    }

    /// Moves the window to a lower base; what lay aside at or above it comes in.
    fn slide_down(&mut self, base: i64) {
        self.base = base;
        while let Some(rank) = self.below.pop_if(|rank| *rank >= base) {
            self.window.set(place(rank));
        }
    }

    fn insert_below(&mut self, rank: i64) {
        let at = self.below.partition_point(|&below| below < rank);
        self.below.insert(at, rank);
    }

    #[cold]
    fn remove_below(&mut self, rank: i64) {
        let at = self.below.partition_point(|&below| below < rank);
        debug_assert!(self.below.get(at) == Some(&rank));
        self.below.remove(at);
    }
}

/// Returns the base of a window that begins so many ranks below one, or as near to that as can be.
fn base_below(rank: i64, most: u64) -> i64 {
    rank.saturating_sub_unsigned(most).min(BASE_MAX)
}

/// Returns how many places `below` is below `place`, going down around the circle.
#[inline]
const fn distance_down(place: usize, below: usize) -> u64 {
    (place as u64).wrapping_sub(below as u64) & PLACE_MASK
}

#[inline]
const fn place(rank: i64) -> usize {
    (rank.cast_unsigned() & PLACE_MASK) as usize
}
