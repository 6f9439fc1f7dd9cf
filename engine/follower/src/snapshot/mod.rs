//! Snapshots of a shard in files, recovery from them, and the agent that makes them.
//!
//! A snapshot is taken by one who follows the synced journal, never by the live shard. It is an
//! answer to "how long does a start take" alone: what is in it follows from the journal, so a file
//! that is missing, torn or spoiled costs time and nothing else. Where every byte stands is told in
//! `schema/docs/snapshot.md`.

mod error;
mod folder;
mod header;
mod prune;
mod read;
mod recover;
mod snapshotter;

pub use error::{RecoveryError, SnapshotFileError, SnapshotFileProblem};
pub use folder::{SnapshotFolder, SnapshotOwner};
pub use header::{SNAPSHOT_FILE_FORMAT, SNAPSHOT_HEADER_BYTES, SnapshotHeader};
pub use prune::{PruneReport, SNAPSHOTS_KEPT, SPOILED_KEPT_MAX};
pub use recover::{RecoveredShard, RecoveryReport, recover_shard_from_snapshots};
pub use snapshotter::{
    SNAPSHOT_INTERVAL_COMMANDS, SNAPSHOT_INTERVAL_NS, SnapshotInterval, Snapshotter,
};
