//! What the venue must answer to an action.
//!
//! Fills of other clients are not foreseen, so a cancel may also learn that its order has ended.

use matchgate_core::domain::RejectReason;
use matchgate_schema::message::{ExecType, Report};

/// What the first answer to a request must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedAnswer {
    /// The order is taken.
    Accepted,
    /// The order is taken, or refused for this reason.
    AcceptedOr(RejectReason),
    /// The order is refused for this reason.
    Rejected(RejectReason),
    /// This was done to the order, unless it had ended before.
    Done(ExecType),
    /// The cancel is refused for this reason.
    CancelRejected(RejectReason),
    /// Orders are canceled, then the mass cancel is complete.
    MassCanceled,
}

impl ExpectedAnswer {
    /// Returns whether `report`, which answers the request first, is what was expected.
    #[must_use]
    pub fn is(&self, report: &Report) -> bool {
        let (exec_type, reason) = match report {
            Report::Execution(report) => (Some(report.exec_type), report.reject_reason),
            Report::CancelReject(reject) => (None, Some(reject.reason)),
            Report::BusinessReject(_) => return false,
            Report::MassCancel(_) => return *self == Self::MassCanceled,
        };
        let accepted = exec_type == Some(ExecType::New);
        let rejected =
            |by: RejectReason| exec_type == Some(ExecType::Rejected) && reason == Some(by);
        match *self {
            Self::Accepted => accepted,
            Self::AcceptedOr(by) => accepted || rejected(by),
            Self::Rejected(by) => rejected(by),
            Self::Done(done) => match reason {
                Some(RejectReason::UnknownOrder | RejectReason::OrderNotLive) => {
                    exec_type.is_none()
                }
                _ => exec_type == Some(done),
            },
            Self::CancelRejected(by) => exec_type.is_none() && reason == Some(by),
            Self::MassCanceled => exec_type == Some(ExecType::Canceled),
        }
    }
}
