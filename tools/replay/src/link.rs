//! The seam to a venue: one session's requests go out over it, its messages come in.
//!
//! A link keeps what was sent and not yet answered and sends it again after a reconnect, so that
//! no caller ever repeats a request itself. It must not know what the requests are for.

use matchgate_core::domain::{RejectReason, RequestNumber};
use matchgate_schema::message::{ClientMessage, ServerMessage};

/// A link cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The connection is gone; the session is not. [`OrderLink::reconnect`] may follow.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The venue refuses the session: another try would be refused, too.
    #[error("refused by the venue: {}", .0.text())]
    Refused(RejectReason),
    /// There is no room for another request until messages were taken.
    #[error("no room for another request")]
    Full,
    /// The link cannot do what is asked of it, ever.
    #[error("{0}")]
    Unusable(String),
}

/// One session at a venue.
pub trait OrderLink {
    /// Returns the time in nanoseconds from any fixed point; never back.
    fn now_ns(&self) -> u64;

    /// Returns the number that the next request must have.
    fn next_request(&self) -> RequestNumber;

    /// Takes a request over; it bears [`Self::next_request`]. It may stay in a buffer until
    /// [`Self::flush`]. Once taken over it outlives the connection.
    ///
    /// # Errors
    ///
    /// Returns an error where the request was not taken over: [`LinkError::Full`] where there is
    /// no room yet.
    fn send(&mut self, message: &ClientMessage) -> Result<(), LinkError>;

    /// Sends what is in the buffer.
    ///
    /// # Errors
    ///
    /// Returns an error where the connection is lost.
    fn flush(&mut self) -> Result<(), LinkError>;

    /// Returns the next message of the venue, waiting for it up to `wait_ns` nanoseconds; 0 does
    /// not wait.
    ///
    /// # Errors
    ///
    /// Returns an error where the connection is lost.
    fn poll(&mut self, wait_ns: u64) -> Result<Option<ServerMessage>, LinkError>;

    /// Tries once to connect anew and go on where the session stands: unanswered requests are
    /// sent again, missed messages come again. Where the venue cannot be reached it waits a
    /// moment before it says so.
    ///
    /// # Errors
    ///
    /// Returns [`LinkError::Lost`] where the venue cannot be reached, another error where no
    /// further try helps.
    fn reconnect(&mut self) -> Result<(), LinkError>;
}

/// Connects anew, trying for up to `reconnect_max_ns`; `reason` is why the connection was lost.
///
/// # Errors
///
/// Returns [`LinkError::Lost`] where no try helped in time, another error where none can.
pub(crate) fn reconnect_within(
    link: &mut impl OrderLink,
    reconnect_max_ns: u64,
    mut reason: String,
) -> Result<(), LinkError> {
    let began_ns = link.now_ns();
    while link.now_ns().saturating_sub(began_ns) < reconnect_max_ns {
        match link.reconnect() {
            Ok(()) => return Ok(()),
            Err(LinkError::Lost(again)) => reason = again,
            Err(error) => return Err(error),
        }
    }
    Err(LinkError::Lost(reason))
}
