//! A snapshot that is changed byte by byte, at the places that `schema/docs/snapshot.md` gives them.

use matchgate_core::domain::ShardId;
use matchgate_core::{Shard, ShardCapacity, SnapshotProblem as Problem};

use super::subject::{SMALL, Sections, number, saved, small_shard};

/// A snapshot that is changed.
pub(super) struct Snapshot {
    pub(super) bytes: Vec<u8>,
    pub(super) sections: Sections,
    pub(super) capacity: ShardCapacity,
}

impl Snapshot {
    pub(super) fn small() -> Self {
        Self::of(&small_shard(), SMALL)
    }

    pub(super) fn of(shard: &Shard, capacity: ShardCapacity) -> Self {
        let bytes = saved(shard);
        let sections = Sections::of(&bytes);
        Self {
            bytes,
            sections,
            capacity,
        }
    }

    /// Returns where the record of the order in a slot begins.
    pub(super) fn order(&self, slot: u32) -> usize {
        let mut orders = self.sections.orders.clone().step_by(160);
        let is_it = |&at: &usize| number(&self.bytes, at + 8) == slot;
        orders.find(is_it).expect("an order in that slot")
    }

    pub(super) fn set<const N: usize>(mut self, at: usize, field: [u8; N]) -> Self {
        self.bytes[at..at + N].copy_from_slice(&field);
        self
    }

    /// Changes a field of the order in a slot.
    pub(super) fn set_order<const N: usize>(self, slot: u32, at: usize, field: [u8; N]) -> Self {
        let at = self.order(slot) + at;
        self.set(at, field)
    }

    #[track_caller]
    pub(super) fn is_refused(&self, offset: usize, problem: Problem) {
        let restored = Shard::restore(ShardId(0), self.capacity, &self.bytes);
        let error = restored.map(|_| ()).unwrap_err();
        assert_eq!((error.offset, error.problem), (offset, problem), "{error}");
    }

    /// Asserts that a field of the order in a slot is what is told.
    #[track_caller]
    pub(super) fn order_is_refused(&self, slot: u32, at: usize, problem: Problem) {
        self.is_refused(self.order(slot) + at, problem);
    }
}

/// A 64-bit number of ones.
pub(super) const MAX: [u8; 8] = u64::MAX.to_le_bytes();
