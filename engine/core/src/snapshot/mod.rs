//! The snapshot: a shard between two commands as bytes, and the shard of such bytes.
//!
//! [`crate::Shard::save`] writes what decides how the shard will answer and cannot be computed from
//! the rest; [`crate::Shard::restore`] takes nothing for granted, makes the rest anew and compares
//! the state hash. Equal shards have equal bytes, whatever way each has come. Where every byte
//! stands is told in `schema/docs/snapshot.md`. It must not know a file, nor who guards the bytes on
//! their way.

mod error;
pub(crate) mod head;
pub(crate) mod layout;
pub(crate) mod reader;

pub use error::{SnapshotError, SnapshotProblem};

/// Format of what this build writes, and the only one that it reads.
pub const FORMAT: u32 = 1;
