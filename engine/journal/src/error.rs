//! What can go wrong with a journal, each case with what an operator needs to act. Knows no path
//! of recovery.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::schema_hash::SchemaHash;
use crate::stream::StreamId;

/// Why a data directory cannot be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process has the directory open.
    #[error("data directory {path} is locked by another process")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The directory was made for another layout.
    #[error("{path}: {key} is {file} in the file but {asked} was asked for")]
    Mismatch {
        /// The `meta.toml` that disagrees.
        path: PathBuf,
        /// The setting that differs.
        key: String,
        /// Its value in the file, or `absent`.
        file: String,
        /// The value asked for, or `absent`.
        asked: String,
    },
    /// The directory was written in a format this build does not read.
    #[error("{path}: format {found}, but this build reads format {known}")]
    Format {
        /// The `meta.toml` that tells the format.
        path: PathBuf,
        /// The format in the file.
        found: u32,
        /// The format this build reads.
        known: u32,
    },
    /// `meta.toml` is not what this crate writes.
    #[error("{path}: {reason}")]
    Meta {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The layout asked for is outside the bounds.
    #[error("{key} = {value} is outside the bounds: {bounds}")]
    Layout {
        /// The setting.
        key: &'static str,
        /// The value asked for.
        value: u64,
        /// What is allowed, in words.
        bounds: &'static str,
    },
    /// The last process was killed since the kernel started, but what it left in shared memory is
    /// gone: acknowledged records may be lost, so nothing is opened.
    #[error("staging folder {path} is missing although the machine has not been restarted")]
    StagingMissing {
        /// Where the staging folder should be.
        path: PathBuf,
    },
    /// A stream holds records that are not synced yet, so the stop is not a clean one.
    #[error("stream {stream} is synced to {synced} but written to {written}")]
    NotDrained {
        /// The stream.
        stream: StreamId,
        /// Last synced sequence.
        synced: u64,
        /// Last written sequence.
        written: u64,
    },
    /// A copy would be made over something.
    #[error("{path} is not empty: a copy needs a folder of its own")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is no data directory.
    #[error("{path} is no data directory: it has no meta.toml")]
    NoDirectory {
        /// Where it should be.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// Why a record or a segment is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageReason {
    /// A segment does not begin with the magic number.
    HeaderMagic,
    /// A segment's header does not meet its checksum.
    HeaderChecksum,
    /// A segment's header names another data directory or stream.
    HeaderForeign,
    /// A segment's header disagrees with its file name.
    HeaderName,
    /// A segment does not go on where the one before it ended.
    SegmentChain,
    /// The segment before is whole, but not the one that this segment was written behind.
    SegmentHash,
    /// A record's length is impossible.
    Length,
    /// A record goes on past the end of the file.
    Truncated,
    /// A record's version is unknown.
    Version,
    /// A record does not meet its checksum.
    Checksum,
    /// A record has another sequence number than the one due.
    Sequence,
    /// A record has another epoch than its segment.
    Epoch,
    /// The bytes that fill a record up to its alignment are not zero.
    Padding,
    /// Bytes other than zero follow the end of the records.
    AfterEnd,
    /// The records end before the last one that is known to have been synced.
    Short,
}

impl fmt::Display for DamageReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeaderMagic => "the header does not begin with the magic number",
            Self::HeaderChecksum => "the header does not meet its checksum",
            Self::HeaderForeign => "the header names another data directory or stream",
            Self::HeaderName => "the header disagrees with the file name",
            Self::SegmentChain => "the segment does not go on where the one before it ended",
            Self::SegmentHash => "the segment before is not the one it was written behind",
            Self::Length => "a record's length is impossible",
            Self::Truncated => "a record goes on past the end of the file",
            Self::Version => "a record's version is unknown",
            Self::Checksum => "a record does not meet its checksum",
            Self::Sequence => "a record has another sequence number than the one due",
            Self::Epoch => "a record has another epoch than its segment",
            Self::Padding => "a record's padding is not zero",
            Self::AfterEnd => "bytes other than zero follow the end of the records",
            Self::Short => "the records end before the last one that was synced",
        })
    }
}

/// Why a stream cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Stored data at or below the last synced record is not what was written. Nothing at or
    /// after the place is applied.
    #[error(
        "{file} is damaged at offset {offset}: {reason}; last good sequence {last_good_sequence}"
    )]
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// Bytes from its start to the first record or header that is not good.
        offset: u64,
        /// What is wrong there.
        reason: DamageReason,
        /// The last sequence before it; 0 for none.
        last_good_sequence: u64,
    },
    /// A file was written in a format this build does not read.
    #[error("{file}: format {found}, but this build reads formats up to {known}")]
    Format {
        /// The file.
        file: PathBuf,
        /// The format in the file.
        found: u32,
        /// The latest format this build reads.
        known: u32,
    },
    /// A segment's records have bodies of layouts that this build does not read.
    #[error(
        "{file}: its records have layouts {found}, but this build reads {known} and those before it"
    )]
    Schema {
        /// The segment.
        file: PathBuf,
        /// Hash of the layouts there.
        found: SchemaHash,
        /// Hash of this build's.
        known: SchemaHash,
    },
    /// The records asked for are older than the oldest kept.
    #[error("{folder}: sequence {from} is no longer kept; the oldest record follows {kept_after}")]
    NotKept {
        /// The stream's folder.
        folder: PathBuf,
        /// The sequence asked for.
        from: u64,
        /// The last sequence that is gone.
        kept_after: u64,
    },
    /// The stream's staging file is gone although the machine has not been restarted.
    #[error("staging file {path} is missing although the machine has not been restarted")]
    StagingMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The stream's staging file belongs to another directory, stream, start of the kernel or a
    /// later epoch, or is not a staging file.
    #[error("staging file {path} is not this stream's: {reason}")]
    StagingForeign {
        /// The file.
        path: PathBuf,
        /// What does not match.
        reason: &'static str,
    },
    /// The directory's layout has no such stream.
    #[error("the data directory has no stream {stream}")]
    UnknownStream {
        /// The stream asked for.
        stream: StreamId,
    },
    /// The stream has been opened already by this directory value.
    #[error("stream {stream} is open already")]
    AlreadyOpen {
        /// The stream asked for.
        stream: StreamId,
    },
    /// The staging log asked for is outside the bounds.
    #[error("a staging log of {asked} bytes is outside the bounds of {min} to {max}")]
    StagingSize {
        /// Bytes asked for.
        asked: u64,
        /// Fewest bytes.
        min: u64,
        /// Most bytes.
        max: u64,
    },
    /// The data directory's own file could not be kept.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// Makes a [`JournalError::Io`] of a refusal by the operating system.
pub(crate) fn io_error(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.into();
    move |source| JournalError::Io {
        action,
        path,
        source,
    }
}

/// Makes a [`DirectoryError::Io`] of a refusal by the operating system.
pub(crate) fn directory_io_error(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.into();
    move |source| DirectoryError::Io {
        action,
        path,
        source,
    }
}

/// The staging log has no room: the writer is behind. Nothing was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the staging log is full: {needed_bytes} bytes needed, {free_bytes} free")]
pub struct StagingFull {
    /// Bytes the record needs, with its header and the end mark after it.
    pub needed_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
}

/// A reader of the staging log was overtaken by its writer: the records it wants are in segments
/// only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sequence {sequence} has left the staging log; read it from segments")]
pub struct Lapped {
    /// The sequence that was due.
    pub sequence: u64,
}
