//! The table: a bounded open-addressing map, allocated once.
//!
//! Linear probing, and backward-shift deletion so that no tombstones gather. It is never walked,
//! so no order leaks out of it. It must not know what its keys mean.
//!
//! At least every other cell is empty, so a look reads one or two cells and, of a full table of a
//! million keys, some dozens for the unluckiest one. At worst, where somebody has the seed of the
//! hash and chose every key by it, a look reads a cell for each of those keys that is in the table.

use crate::hash_seed::HashSeed;

/// A key of a [`Table`].
pub(crate) trait TableKey: Copy + Eq {
    /// Returns its hash under a seed.
    fn hash(&self, seed: HashSeed) -> u64;
}

/// A map of at most `entries_max` entries.
pub(crate) struct Table<K, V> {
    cells: Vec<Option<(K, V)>>,
    mask: usize,
    len: usize,
    entries_max: usize,
    seed: HashSeed,
}

impl<K: TableKey, V: Copy> Table<K, V> {
    /// Returns a table with room for `entries_max` entries in at least twice as many cells.
    pub(crate) fn new(entries_max: usize, seed: HashSeed) -> Self {
        let cells = (entries_max.max(4) * 2).next_power_of_two();
        Self {
            cells: vec![None; cells],
            mask: cells - 1,
            len: 0,
            entries_max,
            seed,
        }
    }

    /// Returns whether one more entry fits.
    pub(crate) const fn has_room(&self) -> bool {
        self.len < self.entries_max
    }

    /// Returns the value of `key`.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut at = self.home(key);
        loop {
            match self.cells.get(at)? {
                Some((found, value)) if found == key => return Some(*value),
                Some(_) => at = (at + 1) & self.mask,
                None => return None,
            }
        }
    }

    /// Enters a value. Returns whether it did: not where the key is there or the table is full.
    pub(crate) fn insert(&mut self, key: K, value: V) -> bool {
        if !self.has_room() {
            return false;
        }
        let mut at = self.home(&key);
        while let Some(cell) = self.cells.get_mut(at) {
            match cell {
                Some((found, _)) if *found == key => return false,
                Some(_) => at = (at + 1) & self.mask,
                None => {
                    *cell = Some((key, value));
                    self.len += 1;
                    return true;
                }
            }
        }
        false
    }

    /// Removes a key and returns its value.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let mut hole = self.home(key);
        let value = loop {
            match self.cells.get(hole)? {
                Some((found, value)) if found == key => break *value,
                Some(_) => hole = (hole + 1) & self.mask,
                None => return None,
            }
        };
        let mut at = hole;
        loop {
            at = (at + 1) & self.mask;
            let Some(Some((follower, _))) = self.cells.get(at) else {
                break;
            };
            // A follower may move into the hole unless its home lies behind the hole.
            let from_home = at.wrapping_sub(self.home(follower)) & self.mask;
            let from_hole = at.wrapping_sub(hole) & self.mask;
            if from_home >= from_hole {
                self.cells.swap(hole, at);
                hole = at;
            }
        }
        if let Some(cell) = self.cells.get_mut(hole) {
            *cell = None;
        }
        self.len -= 1;
        Some(value)
    }

    fn home(&self, key: &K) -> usize {
        usize::try_from(key.hash(self.seed) >> 32).unwrap_or(0) & self.mask
    }

    /// Returns how many cells the look for the unluckiest key reads.
    #[cfg(test)]
    pub(crate) fn longest_look(&self) -> usize {
        let cells = self.cells.iter().enumerate();
        let looks = cells.filter_map(|(at, cell)| {
            let (key, _) = cell.as_ref()?;
            Some((at.wrapping_sub(self.home(key)) & self.mask) + 1)
        });
        looks.max().unwrap_or(0)
    }
}
