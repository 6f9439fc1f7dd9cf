//! What can go wrong between client and venue, each case by its own name.

use matchgate_core::domain::{RejectReason, RequestNumber};
use matchgate_schema::capnp::DecodeError;

/// A call failed. After any variant but [`ClientError::UnacknowledgedFull`],
/// [`ClientError::OutputFull`], [`ClientError::NotARequest`] and [`ClientError::NamesNoOrder`] the
/// connection is down; what was sent is kept, and [`crate::Client::reconnect`] goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The socket failed.
    #[error("socket: {0}")]
    Socket(#[from] std::io::Error),
    /// The venue closed the connection, or it was down before the call.
    #[error("connection is down")]
    Disconnected,
    /// The venue answered the logon with a logout.
    #[error("logon refused: {} (reason {})", .reason.text(), .reason.code())]
    LogonRefused {
        /// Why.
        reason: RejectReason,
    },
    /// The venue did not answer the logon in time.
    #[error("no answer to the logon within {timeout_ms} ms")]
    LogonTimeout {
        /// The time that was given, milliseconds.
        timeout_ms: u128,
    },
    /// The venue was silent for 2.5 heartbeat intervals.
    #[error("venue was silent for {silent_ms} ms")]
    VenueSilent {
        /// How long, milliseconds.
        silent_ms: u128,
    },
    /// A numbered message is not the next one. It was not handed out.
    #[error("sequence {received} came where {expected} was due")]
    SequenceGap {
        /// The sequence that was due.
        expected: u64,
        /// The sequence that came.
        received: u64,
    },
    /// The venue sent bytes that are no message of this protocol version.
    #[error("venue sent what cannot be read: {0}")]
    Decode(#[from] DecodeError),
    /// The venue sent a message that has no place here: another answer to a logon, or something
    /// else before the first.
    #[error("venue sent a message out of place")]
    OutOfPlace,
    /// As many requests are unacknowledged as the client keeps. The request has no number; poll
    /// for reports and try again.
    #[error("{unacknowledged_max} requests are unacknowledged already")]
    UnacknowledgedFull {
        /// The bound.
        unacknowledged_max: usize,
    },
    /// The output buffer is full since the venue does not read. The request has no number; try
    /// again.
    #[error("output buffer of {output_bytes_max} bytes is full")]
    OutputFull {
        /// The bound.
        output_bytes_max: usize,
    },
    /// Only requests can be sent so; logon, heartbeat and logout are the client's own.
    #[error("not a request")]
    NotARequest,
    /// A cancel, reduce or replace names its order by zero or by an empty id. It has no number.
    #[error("names no order")]
    NamesNoOrder,
    /// The state to resume cannot be.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Saved client state cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The bytes do not begin as saved state does, or end before it does.
    #[error("not a saved client state")]
    NotState,
    /// A request in it cannot be read.
    #[error("saved request: {0}")]
    Request(#[from] DecodeError),
    /// A request in it is none, or its number does not rise from one to the next.
    #[error("saved request {0} is out of order")]
    Order(RequestNumber),
}
