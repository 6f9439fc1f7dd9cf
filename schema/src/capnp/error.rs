//! The one error of decoding: a reject reason, and the request it is about where that is known.

use matchgate_core::domain::{RejectReason, RequestNumber};

/// A frame cannot be taken. The session answers the request with the reason, or ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (reason {})", .reason.text(), .reason.code())]
pub struct DecodeError {
    /// Why.
    pub reason: RejectReason,
    /// The request that the frame carries; `None` where it carries none, or none could be read.
    pub request: Option<RequestNumber>,
}

impl DecodeError {
    /// The frame as a whole cannot be read.
    #[inline]
    #[must_use]
    pub const fn of_frame(reason: RejectReason) -> Self {
        Self {
            reason,
            request: None,
        }
    }

    /// A field of a request cannot be taken. Zero is no request number and counts as none.
    #[inline]
    #[must_use]
    pub const fn of_request(reason: RejectReason, request: RequestNumber) -> Self {
        Self {
            reason,
            request: if request.get() == 0 {
                None
            } else {
                Some(request)
            },
        }
    }
}
