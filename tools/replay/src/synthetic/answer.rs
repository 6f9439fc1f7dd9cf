//! What the venue must answer to an action.
//!
//! A client is told of events in their order. So a change of an order that has ended is refused
//! only after the report of that end, and once that is told nothing can be done to the order.

use matchgate_core::domain::{RejectReason, RequestNumber};
use matchgate_schema::message::{ExecType, ExecutionReport, Report};

/// What the first answer to a request must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedAnswer {
    /// The order is taken.
    Accepted,
    /// The order is taken, or refused for this reason.
    AcceptedOr(RejectReason),
    /// The order is refused for this reason.
    Rejected(RejectReason),
    /// This is done to an order of whose end nothing is told yet.
    Done {
        /// What is done.
        exec_type: ExecType,
        /// The request that entered the order.
        order: RequestNumber,
    },
    /// The change is refused: its order has ended, and the client has been told how.
    Ended,
    /// The cancel is refused for this reason.
    CancelRejected(RejectReason),
    /// Orders are canceled, then the mass cancel is complete.
    MassCanceled,
}

impl ExpectedAnswer {
    /// Returns whether `report`, which answers the request first, is what was expected.
    #[must_use]
    pub fn is(&self, report: &Report) -> bool {
        let (execution, reason) = match report {
            Report::Execution(report) => (Some(report), report.reject_reason),
            Report::CancelReject(reject) => (None, Some(reject.reason)),
            Report::BusinessReject(_) => return false,
            Report::MassCancel(_) => return *self == Self::MassCanceled,
        };
        let exec_type = execution.map(|report| report.exec_type);
        let accepted = exec_type == Some(ExecType::New);
        let rejected =
            |by: RejectReason| exec_type == Some(ExecType::Rejected) && reason == Some(by);
        match *self {
            Self::Accepted => accepted,
            Self::AcceptedOr(by) => accepted || rejected(by),
            Self::Rejected(by) => rejected(by),
            Self::Done { exec_type, order } => execution
                .is_some_and(|done| done.exec_type == exec_type && done.order_request == order),
            Self::Ended => {
                let gone = [RejectReason::UnknownOrder, RejectReason::OrderNotLive];
                exec_type.is_none() && reason.is_some_and(|reason| gone.contains(&reason))
            }
            Self::CancelRejected(by) => exec_type.is_none() && reason == Some(by),
            Self::MassCanceled => exec_type == Some(ExecType::Canceled),
        }
    }

    /// Takes note that the order which `ended` entered has ended: what was to be done to it must
    /// now be refused.
    pub fn note_end(&mut self, ended: RequestNumber) {
        if let Self::Done { order, .. } = *self
            && order == ended
        {
            *self = Self::Ended;
        }
    }
}

/// Returns whether `report` tells the end of its order.
pub(crate) fn is_end(report: &ExecutionReport) -> bool {
    report.exec_type != ExecType::New && report.leaves.is_zero()
}
