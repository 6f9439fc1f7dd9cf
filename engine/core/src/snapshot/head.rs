//! The head of a snapshot: whose it is, and how much follows.
//!
//! What it says is held against the capacity and the bytes before anything is made of it. It must
//! not know what a record means.

use std::mem::offset_of;

use super::layout::{Head, MarketRecord, OrderRecord, PairRecord, RangeRecord, VacantRecord};
use super::reader::{Reader, check_zero, ensure};
use super::{FORMAT, SnapshotError, SnapshotProblem as Problem};
use crate::capacity::ShardCapacity;
use crate::domain::{Account, ShardId};

impl Head {
    /// Reads the head of a snapshot, and checks that it is of a shard with this number and capacity
    /// and that as many bytes follow as it says: before anything is set aside for them.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        id: ShardId,
        capacity: &ShardCapacity,
    ) -> Result<Self, SnapshotError> {
        let bytes = reader.bytes();
        let (_, head) = reader
            .next::<Self>()
            .map_err(|ends| other_format(bytes, ends))?;
        check_head(&head, id, capacity)?;
        check_length(&head, bytes.len())?;
        Ok(head)
    }

    /// Returns the capacity of the shard that was saved.
    pub(crate) const fn capacity(&self) -> ShardCapacity {
        ShardCapacity {
            orders: self.orders,
            levels: self.levels,
            instruments: self.instruments,
            accounts: self.accounts,
            sessions: self.sessions,
            gateways: self.gateways,
        }
    }

    /// Returns the bytes of the whole snapshot: at most a few hundred for each of 2^32.
    pub(crate) fn length(&self) -> u64 {
        let records = [
            (u32::from(self.gateways), size_of::<u64>()),
            (self.market_count, size_of::<MarketRecord>()),
            (self.account_count, size_of::<Account>()),
            (self.range_count, size_of::<RangeRecord>()),
            (self.pair_count, size_of::<PairRecord>()),
            (self.vacant_count, size_of::<VacantRecord>()),
            (self.order_count, size_of::<OrderRecord>()),
        ];
        let lengths = records.map(|(count, size)| u64::from(count) * size as u64);
        size_of::<Self>() as u64 + lengths.iter().sum::<u64>()
    }
}

/// Bytes that are too short for a head may tell that they are of another format.
fn other_format(bytes: &[u8], ends: SnapshotError) -> SnapshotError {
    match bytes
        .first_chunk()
        .map(|format| u32::from_le_bytes(*format))
    {
        Some(format) if format != FORMAT => Problem::Format(format).at(0),
        Some(_) | None => ends,
    }
}

fn check_head(head: &Head, id: ShardId, capacity: &ShardCapacity) -> Result<(), SnapshotError> {
    ensure(head.format == FORMAT, Problem::Format(head.format), 0)?;
    let shard_at = offset_of!(Head, shard);
    ensure(head.shard == id, Problem::Shard(head.shard), shard_at)?;
    let saved = head.capacity();
    let capacity_at = offset_of!(Head, gateways);
    ensure(saved == *capacity, Problem::Capacity(saved), capacity_at)?;
    check_zero(&head.reserved, offset_of!(Head, reserved))?;
    check_zero(&head.reserved_too, offset_of!(Head, reserved_too))?;
    let (markets, orders) = (saved.instruments, saved.orders);
    let counts = [
        (
            "instruments",
            head.market_count,
            markets,
            offset_of!(Head, market_count),
        ),
        (
            "accounts",
            head.account_count,
            saved.accounts,
            offset_of!(Head, account_count),
        ),
        (
            "lent ranges",
            head.range_count,
            orders,
            offset_of!(Head, range_count),
        ),
        (
            "vacant slots",
            head.vacant_count,
            orders,
            offset_of!(Head, vacant_count),
        ),
        (
            "orders",
            head.order_count,
            orders,
            offset_of!(Head, order_count),
        ),
    ];
    for (what, count, most, at) in counts {
        check_count(what, (count, most), at)?;
    }
    Ok(())
}

/// Checks that there are no more of something than there may be.
pub(crate) fn check_count(
    what: &'static str,
    (count, most): (u32, u32),
    offset: usize,
) -> Result<(), SnapshotError> {
    ensure(
        count <= most,
        Problem::TooMany { what, count, most },
        offset,
    )
}

/// Checks that the bytes are as many as the head says, before anything is set aside for them.
fn check_length(head: &Head, length: usize) -> Result<(), SnapshotError> {
    let (due, length_given) = (head.length(), length as u64);
    let missing = due.saturating_sub(length_given);
    ensure(missing == 0, Problem::Ends { missing }, length)?;
    let count = length_given.saturating_sub(due);
    let end = length.saturating_sub(usize::try_from(count).unwrap_or(length));
    ensure(count == 0, Problem::TrailingBytes { count }, end)
}
