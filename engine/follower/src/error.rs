//! Why a follower cannot go on.

use matchgate_core::domain::{CommandDecodeError, SequenceNumber};
use matchgate_journal::JournalError;

/// Why a follower cannot go on. It keeps the state before the record in question.
#[derive(Debug, thiserror::Error)]
pub enum FollowerError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record is whole but holds no command that this build reads.
    #[error("record {sequence}: {error}")]
    Command {
        /// The record.
        sequence: SequenceNumber,
        /// What is wrong.
        error: CommandDecodeError,
    },
    /// The state at a record is not the one that the live shard had there.
    #[error("state hash at {sequence} is {actual:032x}, the journal says {expected:032x}")]
    HashMismatch {
        /// The record.
        sequence: SequenceNumber,
        /// The hash in the journal.
        expected: u128,
        /// The hash of the follower.
        actual: u128,
    },
}

impl FollowerError {
    /// Returns whether the disk has refused, which it may not do a second time.
    pub(crate) const fn is_refused_by_disk(&self) -> bool {
        matches!(self, Self::Journal(JournalError::Io { .. }))
    }
}
