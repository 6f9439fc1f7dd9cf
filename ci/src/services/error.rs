//! Why a server could not be started, signalled or asked.

use std::io;
use std::path::PathBuf;

use super::Missing;

/// What went wrong with a server, by operation.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// This machine has no such server.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The server's folder could not be made, or one of its files not be written or read.
    #[error("{}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program could not be started at all.
    #[error("cannot start {server}")]
    Spawn {
        /// The server's name.
        server: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The server ended, or was not ready in time.
    #[error("{server} {reason}; the end of its log:\n{log}")]
    Start {
        /// The server's name.
        server: &'static str,
        /// `ended (exit status: 1)`, or `was not ready within 60 s`.
        reason: String,
        /// The last lines the server printed since this start.
        log: String,
    },
    /// A request got no answer, or one that cannot be read.
    #[error("no answer from {url}")]
    Http {
        /// What was asked.
        url: String,
        /// What the HTTP client said.
        source: Box<ureq::Error>,
    },
    /// The server refused a query.
    #[error("{message} (in {sql:?})")]
    Query {
        /// The query.
        sql: String,
        /// The server's own words.
        message: String,
    },
    /// What a table was sent did not become visible.
    #[error("table {table} {reason}")]
    NotApplied {
        /// The table's name.
        table: String,
        /// `is not a table with a write-ahead log`, `is suspended`, or how far it came.
        reason: String,
    },
}
