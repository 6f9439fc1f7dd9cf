//! Restoring: the shard of a snapshot, see [`crate::snapshot`].
//!
//! It trusts no byte: a number becomes a place only once it is known to be one, what has a bound is
//! held to it, and in the end the shard must have the state hash that stands in the snapshot. Here
//! is the order in which its parts come back; what each has to be stands in files of their own.

use std::mem::offset_of;

use super::Shard;
use super::restore_order::Placement;
use crate::capacity::ShardCapacity;
use crate::domain::{ControlNumber, RingNumber, SequenceNumber, ShardId};
use crate::snapshot::layout::{Head, OrderRecord};
use crate::snapshot::reader::{Reader, ensure};
use crate::snapshot::{SnapshotError, SnapshotProblem as Problem};
use crate::state_hash::HashSum;

impl Shard {
    /// Returns the shard of a snapshot that [`Self::save`] wrote: whatever it is told, it answers as
    /// the shard that was saved.
    ///
    /// It asks for no more memory than a shard of this capacity, and a list of its live orders.
    ///
    /// # Errors
    ///
    /// Returns the first thing found that makes the bytes no snapshot of a shard with this number and
    /// capacity, and where. They may be any bytes. Those that somebody has made so that their hash
    /// fits may be restored to a state that no command leads to; such a shard still keeps every bound.
    ///
    /// # Panics
    ///
    /// Panics if the capacity is not valid, see [`ShardCapacity::is_valid`].
    pub fn restore(
        id: ShardId,
        capacity: ShardCapacity,
        bytes: &[u8],
    ) -> Result<Self, SnapshotError> {
        assert!(capacity.is_valid(), "{capacity:?} is out of bounds");
        let mut reader = Reader::new(bytes);
        let head = Head::read(&mut reader, id, &capacity)?;
        let mut shard = Self::new(id, capacity);
        shard.next_event.sequence = SequenceNumber(head.sequence);
        shard.next_event.time_ns = head.time_ns;
        shard.last_control = ControlNumber(head.control);
        shard.definitions = sum(head.lent_sum);
        for ring in &mut shard.last_ring {
            (_, *ring) = reader.next::<RingNumber>()?;
        }
        let markets = reader;
        shard.restore_markets(&mut reader, head.market_count)?;
        shard.restore_accounts(&mut reader, head.account_count)?;
        shard.restore_ranges(&mut reader, head.range_count)?;
        shard.restore_pairs(&mut reader, head.pair_count)?;
        shard.restore_vacant(&mut reader, head.vacant_count)?;
        let placements = shard.restore_orders(&mut reader, head.order_count)?;
        shard.place_orders(&placements)?;
        shard.close_markets(markets, head.market_count, &placements)?;
        shard.ledger.resume_taken_sum(sum(head.taken_sum));
        let (stored, computed) = (sum(head.state_hash).get(), shard.state_hash());
        let differs = Problem::StateHash { stored, computed };
        ensure(stored == computed, differs, offset_of!(Head, state_hash))?;
        Ok(shard)
    }

    fn restore_orders(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<Vec<Placement>, SnapshotError> {
        let mut placements = Vec::with_capacity(count as usize);
        let mut last_id = 0;
        for _ in 0..count {
            let (at, record) = reader.next::<OrderRecord>()?;
            let id_at = at + offset_of!(OrderRecord, order_id);
            ensure(record.order_id > last_id, not_rising("order ids"), id_at)?;
            last_id = record.order_id;
            placements.push(self.restore_order(at, &record)?);
        }
        // By instrument, then by priority.
        placements.sort_unstable();
        Ok(placements)
    }
}

/// Returns the problem of a list that has something twice, or in another order.
pub(super) const fn not_rising(what: &'static str) -> Problem {
    Problem::NotRising { what }
}

/// Returns the sum of two halves.
fn sum([low, high]: [u64; 2]) -> HashSum {
    HashSum::of(u128::from(high) << 64 | u128::from(low))
}
