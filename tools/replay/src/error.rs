//! What can stop a replay.

use matchgate_core::domain::RejectReason;

use crate::link::LinkError;
use crate::recording::RecordingError;

/// A replay cannot go on. A difference between recording and engine is no error: it is counted.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// An option or a file name does not give what the replay needs.
    #[error("{0}")]
    Options(String),
    /// More orders are live than the shard was made for.
    #[error("more than {orders_max} orders are live at once")]
    Orders {
        /// Orders the shard was made for.
        orders_max: u32,
    },
    /// The link to the venue cannot go on.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The venue is connected but answers no more.
    #[error("no answer any more after {answered} commands were answered")]
    Silence {
        /// Commands that were answered.
        answered: u64,
    },
    /// The shard refused the set-up.
    #[error("the engine refused the set-up: {}", .0.text())]
    SetUp(RejectReason),
}
