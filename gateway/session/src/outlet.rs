//! The outlet: how the core writes its log and reaches the shards.
//!
//! The live gateway agent stands behind it with a staging log and rings, a test with vectors. It
//! knows no rule of the session.

use matchgate_core::domain::{Command, ShardId};

use crate::gateway_log::GatewayRecord;

/// Which room of a ring a command may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// New orders and replaces: all but the reserve.
    Ordinary,
    /// What only takes risk away: the reserve too.
    Cancel,
}

/// The gateway log takes nothing more: a write to its disk has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway log takes nothing more: a write to its disk has failed")]
pub struct LogFailed;

/// Gateway log and rings to the shards. All calls are of one thread; nobody else appends to the
/// log or pushes into the rings.
pub trait Outlet {
    /// Appends a record and returns its sequence in the gateway log, one above the last one of
    /// this process. The caller of the core made sure of
    /// [`crate::bounds::LOG_BYTES_PER_CALL_MAX`] bytes of room beforehand.
    fn log(&mut self, record: &GatewayRecord) -> u64;

    /// Waits until the log has [`crate::bounds::LOG_BYTES_PER_CALL_MAX`] bytes of room. Recovery
    /// alone calls it, before each step that may log that much: how much it logs in all grows with
    /// the sessions and with what was in flight, and the log's room does not.
    ///
    /// # Errors
    ///
    /// Returns [`LogFailed`] where there will never be room.
    fn wait_for_room(&mut self) -> Result<(), LogFailed>;

    /// Returns whether one more command of this priority fits into the ring to `shard` now. An
    /// agent whose staging log is above high water says no to ordinary ones.
    fn has_room(&self, shard: ShardId, priority: Priority) -> bool;

    /// Pushes a command into the ring to `shard`; the core asked for room just before.
    fn route(&mut self, shard: ShardId, command: &Command, priority: Priority);
}
