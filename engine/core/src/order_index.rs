//! The order index: from a name that a client gave to the slot of its order.
//!
//! Names are hashed by the caller, under a seed that no client knows; the index keeps 32 bits of
//! the hash and the slot, eight bytes a name, so that eight lie in a cache line. Whether the name
//! is the one that is looked for is asked of the caller, who has it beside the slot, or has no two
//! names of one hash. Bounded and
//! set aside once. A shard never asks it: a gateway does, and then names orders by handle.

/// An empty cell.
const EMPTY: Cell = Cell {
    hash: 0,
    slot: u32::MAX,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// Low half of the name's hash.
    hash: u32,
    slot: u32,
}

/// Slots of orders by the hash of a name: open addressing, linear probing, and deletion that
/// leaves no marks (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R).
#[derive(Debug)]
pub struct OrderIndex {
    cells: Vec<Cell>,
    /// Cells, a power of two, less one.
    mask: u32,
    /// A hash without so many low bits is the number of its home.
    shift: u32,
    names_max: u32,
    /// Names for which there is room.
    room: u32,
}

impl OrderIndex {
    /// Names at the most.
    pub const NAMES_MAX: u32 = 1 << 30;

    /// Returns an empty index with room for `names_max` names, at most [`Self::NAMES_MAX`], in at
    /// least twice as many cells.
    ///
    /// # Panics
    ///
    /// Panics if `names_max` is above its bound.
    #[must_use]
    pub fn new(names_max: u32) -> Self {
        assert!(names_max <= Self::NAMES_MAX, "{names_max} names");
        let cells = (names_max.max(4) * 2).next_power_of_two();
        Self {
            cells: vec![EMPTY; cells as usize],
            mask: cells - 1,
            shift: 32 - cells.trailing_zeros(),
            names_max,
            room: names_max,
        }
    }

    /// Returns the cell where a name with `hash` is looked for first: the high bits of a hash, which
    /// are those that one multiplication has mixed best.
    #[inline(always)]
    const fn home(&self, hash: u32) -> u32 {
        // It is below 32: there are eight cells or more.
        hash.wrapping_shr(self.shift)
    }

    /// Returns whether one more name fits.
    #[inline]
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.room != 0
    }

    /// Returns how many names there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.names_max - self.room
    }

    /// Returns whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.room == self.names_max
    }

    /// Returns the slot of the name with `hash` for which `is_it` holds, which is asked of the slots
    /// of all names with that hash until it does.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        loop {
            let cell = self.cells[at as usize];
            if cell.slot == EMPTY.slot {
                return None;
            }
            if cell.hash == hash && is_it(cell.slot) {
                return Some(cell.slot);
            }
            at = at.wrapping_add(1) & self.mask;
        }
    }

    /// Returns the slot in the cell where a name with `hash` is looked for first, whosever it is;
    /// `u32::MAX` where the cell is empty. Whoever has several names before it asks for each looks
    /// there for all of them first, so that the memory behind them is fetched at once.
    #[inline]
    #[must_use]
    pub fn peek(&self, hash: u32) -> u32 {
        self.cells[self.home(hash) as usize].slot
    }

    /// Enters a name that is not there; returns whether it did, which it does not where there is no
    /// room. `slot` is not `u32::MAX`.
    #[inline(always)]
    pub fn insert(&mut self, hash: u32, slot: u32) -> bool {
        if !self.has_room() {
            return false;
        }
        let mut at = self.home(hash);
        while self.cells[at as usize].slot != EMPTY.slot {
            at = at.wrapping_add(1) & self.mask;
        }
        self.cells[at as usize] = Cell { hash, slot };
        self.room = self.room.wrapping_sub(1);
        true
    }

    /// Removes the name with `hash` of the order in `slot`; returns whether it was there.
    #[inline(always)]
    pub fn remove(&mut self, hash: u32, slot: u32) -> bool {
        self.take(hash, |found| found == slot).is_some()
    }

    /// Removes the name with `hash` for which `is_it` holds, as [`Self::get`] asks it; returns its
    /// slot.
    #[inline(always)]
    pub fn take(&mut self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut hole = self.home(hash);
        let slot = loop {
            let cell = self.cells[hole as usize];
            if cell.slot == EMPTY.slot {
                return None;
            }
            if cell.hash == hash && is_it(cell.slot) {
                break cell.slot;
            }
            hole = hole.wrapping_add(1) & self.mask;
        };
        self.room = self.room.wrapping_add(1);
        let mut at = hole;
        loop {
            at = at.wrapping_add(1) & self.mask;
            let follower = self.cells[at as usize];
            if follower.slot == EMPTY.slot {
                break;
            }
            // A follower may move into the hole unless its home lies behind the hole.
            let from_home = at.wrapping_sub(self.home(follower.hash)) & self.mask;
            let from_hole = at.wrapping_sub(hole) & self.mask;
            if from_home >= from_hole {
                self.cells[hole as usize] = follower;
                hole = at;
            }
        }
        self.cells[hole as usize] = EMPTY;
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::OrderIndex;

    proptest! {
        /// Names are small numbers and hashes smaller ones, so that many collide.
        #[test]
        fn index_finds_what_a_map_finds(
            acts in vec((0_u32..24, any::<bool>()), 1..300),
            spread in 1_u32..24,
        ) {
            let hash = |name: u32| name % spread;
            let mut index = OrderIndex::new(16);
            let mut slots: BTreeMap<u32, u32> = BTreeMap::new();
            for (name, enters) in acts {
                // A slot is a name's own, so that one tells the other.
                let slot = 100 + name;
                if enters && !slots.contains_key(&name) {
                    assert_eq!(index.insert(hash(name), slot), slots.len() < 16);
                    if slots.len() < 16 {
                        slots.insert(name, slot);
                    }
                } else {
                    let known = slots.remove(&name).is_some();
                    assert_eq!(index.remove(hash(name), slot), known);
                }
                assert_eq!(index.len() as usize, slots.len());
                for name in 0..24 {
                    let found = index.get(hash(name), |slot| slot == 100 + name);
                    assert_eq!(found, slots.get(&name).copied());
                }
            }
        }
    }

    #[test]
    fn full_index_refuses_one_more_name() {
        let mut index = OrderIndex::new(1);
        assert!(index.insert(7, 1));
        assert!(!index.has_room());
        assert!(!index.insert(7, 2));
        assert!(index.remove(7, 1));
        assert!(index.is_empty());
    }
}
