//! Exit codes of the program: each means one thing, for scripts and supervisors.

/// Exit codes of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All is well.
    Ok = 0,
    /// Results disagree: a replay, a check.
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
        Self { code, message: message.into() }
    }
}
