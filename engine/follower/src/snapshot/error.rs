//! What can be wrong with a snapshot file, and why a shard cannot be recovered.

use std::io;
use std::path::PathBuf;

use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
use matchgate_core::snapshot::SnapshotProblem;

use crate::error::FollowerError;

/// Why a snapshot file is not used, or was not made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// The disk refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
    /// The file is no snapshot that this shard can be made of.
    #[error("snapshot {file} is refused at byte {offset}: {problem}")]
    Refused {
        /// The file.
        file: PathBuf,
        /// Bytes from its start to the field that shows it.
        offset: u64,
        /// What is wrong.
        problem: SnapshotFileProblem,
    },
    /// The shard to be saved is ahead of what is on disk: recovery might not know its last command.
    #[error("a snapshot at {sequence} is ahead of the journal, which is synced to {synced}")]
    Ahead {
        /// Last sequence of the shard.
        sequence: SequenceNumber,
        /// The journal's synced mark.
        synced: SequenceNumber,
    },
}

impl SnapshotFileError {
    /// Returns whether the file was read and is not good, so that it will not be good later.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// What is wrong with a snapshot file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFileProblem {
    /// It ends too early.
    #[error("the file ends where {missing} more bytes are due")]
    Truncated {
        /// Bytes that are due behind its end; of a header that is not whole, to the header's end.
        missing: u64,
    },
    /// It goes on behind its body.
    #[error("{count} bytes stand behind the body")]
    TrailingBytes {
        /// How many.
        count: u64,
    },
    /// It does not begin as a snapshot file does.
    #[error("it does not begin with the magic number of a snapshot")]
    Magic,
    /// The header does not meet its checksum.
    #[error("the header does not meet its checksum")]
    HeaderChecksum,
    /// A later build wrote it.
    #[error("the file has format {found}, but this build reads format {known} alone")]
    Format {
        /// The format in the file.
        found: u32,
        /// The one that is read.
        known: u32,
    },
    /// It is another data directory's.
    #[error("it belongs to another data directory")]
    Directory,
    /// It is another shard's.
    #[error("it belongs to shard {0}")]
    Shard(ShardId),
    /// What is zero is not.
    #[error("it is not zero")]
    NotZero,
    /// Its name tells another sequence than its header.
    #[error("it holds the snapshot at {0}, its name tells another sequence")]
    Name(SequenceNumber),
    /// The body does not meet its checksum.
    #[error("the body does not meet its checksum")]
    BodyChecksum,
    /// The body is no shard.
    #[error("the body is no snapshot of this shard: {0}")]
    Body(SnapshotProblem),
    /// The header says otherwise than the body.
    #[error("the {0} in the header is not the one of the body")]
    Disagrees(&'static str),
    /// All was read, and the shard that it makes is not the one that was saved.
    #[error("the state hash is {restored:032x}, where the header says {stored:032x}")]
    StateHash {
        /// The hash in the header.
        stored: u128,
        /// The hash of the restored shard.
        restored: u128,
    },
    /// The journal has no such command: it is of another history, or ahead of the journal.
    #[error("the journal has no record {0}")]
    NotInJournal(SequenceNumber),
    /// The journal has another command there: the snapshot is of another history.
    #[error("record {sequence} of the journal is of epoch {epoch} and time {time_ns}")]
    OtherHistory {
        /// The record.
        sequence: SequenceNumber,
        /// Its epoch in the journal.
        epoch: Epoch,
        /// Its time in the journal, nanoseconds since the Unix epoch.
        time_ns: u64,
    },
}

/// Why a shard cannot be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal cannot be read, or does not lead to the state that it says.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// The journal no longer goes back to where the newest good snapshot ends.
    #[error(
        "the journal in {segments} begins behind {kept_after}, but {} and recovery needs it from \
         {} on{}",
        begin_text(*.snapshot),
        next_of(*.snapshot),
        refused_text(.refused)
    )]
    NotReached {
        /// Folder of the journal.
        segments: PathBuf,
        /// The newest good snapshot; `None` where there is none.
        snapshot: Option<SequenceNumber>,
        /// The last sequence that the journal no longer has.
        kept_after: SequenceNumber,
        /// Newer snapshots that are not used, newest first, and why.
        refused: Vec<SnapshotFileError>,
    },
}

fn begin_text(snapshot: Option<SequenceNumber>) -> String {
    snapshot.map_or_else(
        || "there is no good snapshot".to_owned(),
        |sequence| format!("the newest good snapshot is at {sequence}"),
    )
}

fn next_of(snapshot: Option<SequenceNumber>) -> u64 {
    snapshot.map_or(1, |sequence| sequence.get().saturating_add(1))
}

fn refused_text(refused: &[SnapshotFileError]) -> String {
    refused.iter().map(|error| format!("; {error}")).collect()
}
