//! What can be wrong with a recording: which file, which line, which field, why.
//!
//! It must not know how a recording is translated or replayed.

use std::io;
use std::path::PathBuf;

/// A recording cannot be read, or contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file or folder cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// What was asked for.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The archive's directory is damaged, or an entry is packed in a way that is not read.
    #[error("{}: {reason}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is not exactly the one recording that was asked for.
    #[error("{}: {reason}", path.display())]
    Files {
        /// The file, archive or folder.
        path: PathBuf,
        /// Which file is missing, or is one too many.
        reason: String,
    },
    /// The bytes of a file end or break.
    #[error("{file}: after line {line} (byte {offset}): {source}")]
    Read {
        /// The file, with its archive.
        file: String,
        /// Last line that was read whole.
        line: u64,
        /// Bytes read before, after unpacking.
        offset: u64,
        /// What broke.
        source: io::Error,
    },
    /// A line is not what it must be.
    #[error("{file}: line {line}: {fault}")]
    Line {
        /// The file, with its archive.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: LineFault,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// The line is longer than any that is read.
    #[error("longer than {bytes_max} bytes")]
    TooLong {
        /// Longest line in bytes.
        bytes_max: usize,
    },
    /// The line has too few or too many fields.
    #[error("{found} fields where {expected} belong")]
    FieldCount {
        /// Fields that belong there.
        expected: usize,
        /// Fields that are there.
        found: usize,
    },
    /// A column cannot be found by its name.
    #[error("column {name} {reason}")]
    Column {
        /// Its name.
        name: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A field does not hold what it must.
    #[error("{field} {text:?}: {reason}")]
    Field {
        /// Which field.
        field: String,
        /// What stands there.
        text: String,
        /// Why it cannot stand there.
        reason: &'static str,
    },
    /// The line goes on where the other file of the pair has ended.
    #[error("no line {line} in {other}: the two files do not belong together or one is cut")]
    Unpaired {
        /// The file that has ended.
        other: String,
        /// The line that it lacks.
        line: u64,
    },
    /// The message contradicts the messages or rows before it.
    #[error("order {id}: {reason}")]
    Contradiction {
        /// The order id of the message.
        id: u64,
        /// What does not fit.
        reason: &'static str,
    },
}
