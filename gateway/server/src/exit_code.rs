//! Exit codes of the program: each means one thing, for scripts and supervisors.

use matchgate_follower::FollowerError;
use matchgate_journal::{DirectoryError, JournalError};
use matchgate_runtime::{Failure, FailureReport};

use crate::config::ConfigError;

/// Exit codes of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All is well.
    Ok = 0,
    /// Results disagree: a replay, a check; or `admin status` tells of a follower or sink that has
    /// stopped, as one does whose state hash disagrees.
    Disagreement = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Another process has the data directory.
    Locked = 3,
    /// The journal is damaged.
    Damaged = 4,
    /// A write or sync failed; nothing was acknowledged after it.
    WriteError = 5,
    /// An address is in use.
    AddressInUse = 6,
    /// Format, build or configuration do not match the data directory.
    Mismatch = 7,
    /// An agent panicked: a fault of ours.
    Panic = Failure::PANIC_EXIT_CODE,
}

/// An error that ends the program, with its exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fatal {
    /// The code.
    pub code: ExitCode,
    /// What a person reads.
    pub message: String,
}

impl Fatal {
    /// Returns the error.
    #[must_use]
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl Fatal {
    /// Returns the error of a failure that an agent or the journal writer reported.
    #[must_use]
    pub fn of_failure(report: &FailureReport) -> Self {
        let code = match report.exit_code {
            code if code == ExitCode::WriteError as u8 => ExitCode::WriteError,
            code if code == ExitCode::Damaged as u8 => ExitCode::Damaged,
            code if code == ExitCode::Usage as u8 => ExitCode::Usage,
            _ => ExitCode::Panic,
        };
        Self::new(code, report.message.clone())
    }
}

impl From<DirectoryError> for Fatal {
    fn from(error: DirectoryError) -> Self {
        let code = match error {
            DirectoryError::Locked { .. } => ExitCode::Locked,
            DirectoryError::Mismatch { .. } | DirectoryError::Format { .. } => ExitCode::Mismatch,
            DirectoryError::Meta { .. } | DirectoryError::StagingMissing { .. } => {
                ExitCode::Damaged
            }
            DirectoryError::Layout { .. }
            | DirectoryError::NotEmpty { .. }
            | DirectoryError::NoDirectory { .. } => ExitCode::Usage,
            DirectoryError::NotDrained { .. } | DirectoryError::Io { .. } => ExitCode::WriteError,
        };
        Self::new(code, error.to_string())
    }
}

impl From<JournalError> for Fatal {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Directory(error) => error.into(),
            JournalError::Damaged { .. }
            | JournalError::NotKept { .. }
            | JournalError::StagingMissing { .. }
            | JournalError::StagingForeign { .. } => {
                Self::new(ExitCode::Damaged, error.to_string())
            }
            JournalError::Format { .. } | JournalError::Schema { .. } => {
                Self::new(ExitCode::Mismatch, error.to_string())
            }
            JournalError::UnknownStream { .. }
            | JournalError::AlreadyOpen { .. }
            | JournalError::StagingSize { .. } => Self::new(ExitCode::Usage, error.to_string()),
            JournalError::Io { .. } => Self::new(ExitCode::WriteError, error.to_string()),
        }
    }
}

impl From<FollowerError> for Fatal {
    fn from(error: FollowerError) -> Self {
        match error {
            FollowerError::Journal(error) => error.into(),
            FollowerError::Command { .. } | FollowerError::HashMismatch { .. } => {
                Self::new(ExitCode::Damaged, error.to_string())
            }
        }
    }
}

impl From<std::io::Error> for Fatal {
    fn from(error: std::io::Error) -> Self {
        Self::new(ExitCode::Usage, error.to_string())
    }
}

impl From<ConfigError> for Fatal {
    fn from(error: ConfigError) -> Self {
        Self::new(ExitCode::Usage, error.to_string())
    }
}
