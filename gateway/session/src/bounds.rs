//! Bounds: every limit of the session layer, related to each other at compile time.

use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_schema::message::DECIDED_BITMAP_BITS;

/// Commands to one shard that may be without an answer, unless the options say otherwise.
pub const IN_FLIGHT_MAX: usize = 65_536;
/// Legs of events that may wait for one shard's disk, unless the options say otherwise, beside one
/// for each order slot. A staging log of 32 MiB, the usual one, is full before: a new order takes
/// 96 bytes of it at least and brings three legs at most beside the one that ends it, which is its
/// slot's: that it is accepted, what it leaves of one resting order, and what its last aggressor
/// says of it. Where it brings more, by stop orders that it releases or parts of icebergs that it
/// uses up, the events beyond wait in the shard's ring. A leg takes about 150 bytes of memory once
/// it waits, and none before.
pub const HELD_MAX: usize = 1 << 20;
/// Share of those legs that orders of class synced may not use: one in so many. It serves cancels,
/// and what aggressors of class written do to resting orders of class synced.
pub(crate) const HELD_CANCELS_SHARE: usize = 4;
/// Requests of a session above its decided prefix that are told apart.
pub const REQUEST_WINDOW: usize = DECIDED_BITMAP_BITS;
/// Repeated requests of a session whose answers wait to be sent.
pub const REPEATS_MAX: usize = 2_048;
/// Mass cancels of one gateway that may be without an answer.
pub const MASS_CANCELS_MAX: usize = 64;
/// Numbers that a firm has for self-trade groups, 0 among them, which is no group.
pub const SELF_TRADE_GROUPS_PER_FIRM: u32 = 1 << 16;
/// Firms that may have self-trade groups: those numbered below it. Groups are numbered over the
/// venue below 2^31.
pub const SELF_TRADE_FIRMS_MAX: u32 = 1 << 15;
/// Outbound numbers of one block.
pub const OUTBOUND_BLOCK: u64 = 1 << 19;
/// Whole blocks of outbound numbers that are reserved on disk ahead of their use: a disk that
/// stalls holds no report before they are used. The staging logs of 32 MiB, the usual ones, are
/// full before one session has had the million reports of two usual blocks.
pub const OUTBOUND_BLOCKS_AHEAD: u64 = 2;
/// Nanoseconds between heartbeats, unless the options say otherwise.
pub const HEARTBEAT_INTERVAL_NS: u64 = 1_000_000_000;
/// Reservations logged behind one run of releases; the others follow behind the next.
pub(crate) const RESERVES_PER_RUN: usize = 8;
/// Stored messages that the durable mark of a session passes at one look.
pub(crate) const DURABLE_STEP: usize = 256;
/// Bytes of gateway log, headers included, that one call of [`crate::GatewayCore`] may append at
/// the most: the longest request record, the end of a run, and the reservations behind it.
pub const LOG_BYTES_PER_CALL_MAX: usize = 4_096;

const _: () = assert!(SELF_TRADE_FIRMS_MAX * SELF_TRADE_GROUPS_PER_FIRM <= 1 << 31);
const _: () = assert!(REQUEST_WINDOW.is_multiple_of(64));
const _: () = assert!(SHARDS_MAX * 16 + 64 + RESERVES_PER_RUN * 64 + 256 <= LOG_BYTES_PER_CALL_MAX);

/// Returns a 32-bit number as an index.
#[inline]
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
