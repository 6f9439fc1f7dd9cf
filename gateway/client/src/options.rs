//! How a client logs on, and how much it keeps.

use std::time::Duration;

use matchgate_core::domain::{Durability, Name};

/// How a client logs on, and how much it keeps.
#[derive(Clone, Copy, Debug)]
pub struct ClientOptions {
    /// Key of the session.
    pub key: Name,
    /// Sequence of the first numbered message that the caller lacks; 1 for all that the venue
    /// keeps, 0 for none older than now. Not read where saved state is resumed.
    pub next_expected: u64,
    /// When acknowledgements may leave.
    pub durability: Durability,
    /// How long to wait for the TCP connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer to the logon.
    pub logon_timeout: Duration,
    /// Requests without an answer that are kept for sending again; one more is refused.
    pub unacknowledged_max: usize,
    /// Bytes that are buffered on their way out; a request that does not fit is refused.
    pub output_bytes_max: usize,
}

impl ClientOptions {
    /// Returns the usual options for the session of `key`: from now on, acknowledged when written,
    /// two seconds to connect and five to log on, 8,192 requests and 1 MiB kept.
    #[must_use]
    pub const fn new(key: Name) -> Self {
        Self {
            key,
            next_expected: 0,
            durability: Durability::Written,
            connect_timeout: Duration::from_secs(2),
            logon_timeout: Duration::from_secs(5),
            unacknowledged_max: 8192,
            output_bytes_max: 1 << 20,
        }
    }
}
