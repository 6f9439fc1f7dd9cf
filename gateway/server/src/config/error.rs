//! Configuration errors: file, line, key, what is wrong, what is allowed.

use std::fmt;
use std::ops::Range;

/// One fault in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or how the text came.
    pub file: String,
    /// Line, from 1; `None` where the fault is in no one line.
    pub line: Option<usize>,
    /// The key, with its table.
    pub key: String,
    /// What is wrong and what is allowed.
    pub fault: String,
}

impl ConfigError {
    /// Returns the fault of `key` whose value stands at `span` of `text`.
    #[must_use]
    pub fn at(file: &str, text: &str, span: &Range<usize>, key: &str, fault: String) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line_of(text, span.start)),
            key: key.to_owned(),
            fault,
        }
    }
}

/// Returns the line, from 1, of byte `offset`.
#[must_use]
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        if self.key.is_empty() {
            write!(formatter, ": {}", self.fault)
        } else {
            write!(formatter, ": {}: {}", self.key, self.fault)
        }
    }
}

impl std::error::Error for ConfigError {}
