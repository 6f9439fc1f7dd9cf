//! The order index: from a name to the slot of its order.
//!
//! Names are hashed by the caller; where a client chooses them, under a seed that no client knows. A
//! table of four bytes a name finds the first slot of a hash's row; hash and next slot of the row
//! stand by slot. Slots that are given again soonest are few where few orders live, so what is
//! touched grows with the live orders, not with the room. Whether the name is the one that is looked
//! for is asked of the caller, who has it beside the slot, or has no two names of one hash. Bounded
//! and set aside once. A shard keeps its pairs of owners in one, which are numbered by slot like
//! orders; an order it finds by handle.

/// No slot.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Low half of the name's hash.
    hash: u32,
    /// Next slot of its row.
    next: u32,
}

/// Slots of orders by the hash of a name: separate chaining (Knuth, "The Art of Computer
/// Programming", vol. 3, section 6.4, algorithm C without coalescing), at least as many rows as
/// names.
#[derive(Debug)]
pub struct OrderIndex {
    /// The first slot of each row.
    rows: Vec<u32>,
    /// By slot.
    entries: Vec<Entry>,
    /// A hash without so many low bits is the number of its row.
    shift: u32,
    /// Names for which there is room.
    room: u32,
}

impl OrderIndex {
    /// Names at the most.
    pub const NAMES_MAX: u32 = 1 << 30;

    /// Returns an empty index with room for `names_max` names, at most [`Self::NAMES_MAX`], of orders
    /// in slots below it.
    ///
    /// # Panics
    ///
    /// Panics if `names_max` is above its bound.
    #[must_use]
    pub fn new(names_max: u32) -> Self {
        assert!(names_max <= Self::NAMES_MAX, "{names_max} names");
        let rows = names_max.max(4).next_power_of_two();
        let none = Entry {
            hash: 0,
            next: NONE,
        };
        Self {
            rows: vec![NONE; rows as usize],
            entries: vec![none; names_max as usize],
            shift: 32 - rows.trailing_zeros(),
            room: names_max,
        }
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
    pub fn len(&self) -> usize {
        self.entries.len() - self.room as usize
    }

    /// Returns whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the slot of the name with `hash` for which `is_it` holds, which is asked of the slots
    /// of all names with that hash until it does.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut slot = self.rows[self.row(hash)];
        while let Some(entry) = self.entries.get(slot as usize) {
            if entry.hash == hash && is_it(slot) {
                return Some(slot);
            }
            slot = entry.next;
        }
        None
    }

    /// Returns the first slot of the row in which a name with `hash` is looked for, whosever it is;
    /// `u32::MAX` where the row is empty. Whoever has several names looks at all their rows before it
    /// asks for each, so that what lies there is fetched at once.
    #[inline]
    #[must_use]
    pub fn peek(&self, hash: u32) -> u32 {
        self.rows[self.row(hash)]
    }

    /// Returns the slot behind another one in its row; `u32::MAX` where there is none, or no such slot.
    /// It looks at what [`Self::get`] looks at next.
    #[inline]
    #[must_use]
    pub fn behind(&self, slot: u32) -> u32 {
        self.entries
            .get(slot as usize)
            .map_or(NONE, |entry| entry.next)
    }

    /// Enters a name that is not there, of the order in `slot`, which has no other; returns whether it
    /// did, which it does not where there is no room.
    ///
    /// # Panics
    ///
    /// Panics if the slot is not below the number of names at the most.
    #[inline(always)]
    pub fn insert(&mut self, hash: u32, slot: u32) -> bool {
        if !self.has_room() {
            return false;
        }
        let row = self.row(hash);
        debug_assert!(self.rows[row] != slot, "a slot has one name");
        let next = std::mem::replace(&mut self.rows[row], slot);
        self.entries[slot as usize] = Entry { hash, next };
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
        let row = self.row(hash);
        let first = self.rows[row];
        let entry = self.entries.get(first as usize)?;
        if entry.hash != hash || !is_it(first) {
            return self.take_behind(first, hash, is_it);
        }
        self.rows[row] = entry.next;
        self.room = self.room.wrapping_add(1);
        Some(first)
    }

    /// As [`Self::take`], of a name that stands in its row behind the slot `before`.
    #[inline(never)]
    fn take_behind(
        &mut self,
        mut before: u32,
        hash: u32,
        mut is_it: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        loop {
            let slot = self.entries[before as usize].next;
            let entry = *self.entries.get(slot as usize)?;
            if entry.hash == hash && is_it(slot) {
                self.entries[before as usize].next = entry.next;
                self.room = self.room.wrapping_add(1);
                return Some(slot);
            }
            before = slot;
        }
    }

    /// Returns the row of a hash: its high bits, which are those that one multiplication has mixed
    /// best.
    #[inline(always)]
    const fn row(&self, hash: u32) -> usize {
        // It is below 32: there are four rows or more.
        hash.wrapping_shr(self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::OrderIndex;

    proptest! {
        /// Names are small numbers and hashes few, so that many share one, and rows too.
        #[test]
        fn index_finds_what_a_set_holds(
            acts in vec((0_u32..24, any::<bool>()), 1..300),
            spread in 1_u32..24,
        ) {
            let hash = |name: u32| ((name % spread) << 28) | (name % spread);
            let mut index = OrderIndex::new(24);
            let mut naive = BTreeSet::new();
            for (name, enters) in acts {
                // A slot is a name's own, so that one tells the other.
                if enters && naive.insert(name) {
                    assert!(index.insert(hash(name), name));
                } else if !enters {
                    assert_eq!(index.remove(hash(name), name), naive.remove(&name));
                }
                assert_eq!(index.len(), naive.len());
                for name in 0..24 {
                    let found = index.get(hash(name), |slot| slot == name);
                    assert_eq!(found, naive.get(&name).copied());
                }
            }
        }
    }

    #[test]
    fn full_index_refuses_one_more_name() {
        let mut index = OrderIndex::new(1);
        assert!(index.insert(7, 0));
        assert!(!index.has_room());
        assert!(!index.insert(7, 0));
        assert!(index.remove(7, 0));
        assert!(index.is_empty());
    }
}
