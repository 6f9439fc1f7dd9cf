//! Names of orders: from the number by which a client knows its order to its handle.
//!
//! It is what a gateway keeps whose clients name orders by numbers: bounded, set aside once, and
//! hashed under a seed that no client knows, so that nobody can choose numbers that collide. The
//! venue's own clients may choose longer names, which cost more. It must not know books.

use matchgate_core::OrderIndex;
use matchgate_core::domain::OrderHandle;

use crate::handles::{Handles, Ranges};

/// The secret keys of the hash. No two numbers have one hash, so equal hashes are equal names; and
/// whoever does not know the keys cannot choose many that come to one row: of `m` rows, which the high
/// bits number, two numbers share one with a chance of at most 2 / `m` (the second multiplication:
/// Dietzfelbinger and others, "A Reliable Randomized Algorithm for the Closest-Pair Problem", 1997).
/// The first one, and bytes that change place, spread numbers that follow each other.
#[derive(Clone, Copy, Debug)]
struct HashKeys(u32, u32);

impl HashKeys {
    const fn new(seed: u64) -> Self {
        let keys = spread(seed);
        // Odd, so that each product has one factor.
        Self((keys & 0xffff_ffff) as u32 | 1, (keys >> 32) as u32 | 1)
    }

    #[inline(always)]
    const fn hash(self, id: u32) -> u32 {
        self.0.wrapping_mul(id).swap_bytes().wrapping_mul(self.1)
    }
}

/// The live orders' names, and the slots that are free.
#[derive(Debug)]
pub(crate) struct Names {
    keys: HashKeys,
    index: OrderIndex,
    /// The word of an order is its name.
    handles: Handles,
}

impl Names {
    /// Returns no names, with room for those of `orders` orders, a power of two and at least 4,
    /// hashed under `seed`.
    pub(crate) fn new(orders: u32, ranges: Ranges, seed: u64) -> Self {
        Self {
            keys: HashKeys::new(seed),
            index: OrderIndex::new(orders),
            handles: Handles::new(orders, ranges),
        }
    }

    /// Enters a name and gives its order a handle; `None` where a live order has the name, or no slot
    /// is free.
    #[inline(always)]
    pub(crate) fn enter(&mut self, id: u32) -> Option<OrderHandle> {
        if self.find(id).is_some() {
            return None;
        }
        let handle = self.handles.take(id)?;
        self.index.insert(self.keys.hash(id), handle.slot);
        Some(handle)
    }

    /// Returns the slot of a named order.
    #[inline(always)]
    pub(crate) fn find(&self, id: u32) -> Option<u32> {
        self.index.get(self.keys.hash(id), |_| true)
    }

    /// As [`Self::find`], and forgets the name: the order ends now.
    #[inline(always)]
    pub(crate) fn take(&mut self, id: u32) -> Option<u32> {
        let slot = self.index.take(self.keys.hash(id), |_| true)?;
        self.handles.put(slot);
        Some(slot)
    }

    /// Forgets the name of the order in a slot: it has ended.
    #[inline(always)]
    pub(crate) fn forget(&mut self, id: u32, slot: u32) {
        self.index.remove(self.keys.hash(id), slot);
        self.handles.put(slot);
    }

    /// Looks at the row where a name would be; returns the first slot of it, whosever it is.
    #[inline]
    pub(crate) fn peek(&self, id: u32) -> u32 {
        self.index.peek(self.keys.hash(id))
    }

    /// Looks at the slot behind another one in its row.
    #[inline]
    pub(crate) fn behind(&self, slot: u32) -> u32 {
        self.index.behind(slot)
    }

    /// Returns the name of the order in a slot, which lives.
    #[inline]
    pub(crate) fn id(&self, slot: u32) -> u32 {
        self.handles.word(slot)
    }
}

/// Makes numbers that are near each other differ in half of their bits.
const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_found_until_it_is_forgotten() {
        let mut names = Names::new(64, Ranges::One, 1);
        let handles: Vec<_> = (0..64).map(|id| names.enter(1_000 * id).unwrap()).collect();
        assert_eq!(names.enter(1), None, "no slot is free");
        assert_eq!(names.find(7_000), Some(handles[7].slot));
        assert_eq!(names.find(7_001), None);
        assert_eq!(names.take(7_000), Some(handles[7].slot));
        assert_eq!(names.take(7_000), None);
        names.forget(8_000, handles[8].slot);
        assert_eq!(names.find(8_000), None);
        assert_eq!(names.enter(9_000), None, "a live order has the name");
        assert_eq!(names.find(9_000), Some(handles[9].slot));
        let again = names.enter(7_000).unwrap();
        assert_eq!((again.slot, again.generation), (handles[8].slot, 2));
    }

    #[test]
    fn seed_decides_the_hash() {
        let hashes = |seed| [1, 2, 3].map(|id| HashKeys::new(seed).hash(id));
        assert_eq!(hashes(5), hashes(5));
        assert_ne!(hashes(5), hashes(6));
    }
}
