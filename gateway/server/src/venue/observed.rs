//! What can be seen of a running venue without touching a hot thread: views, marks, counters.

use matchgate_core::domain::Epoch;
use matchgate_follower::{FollowerView, HealthHandle};
use matchgate_journal::{Backend, Marks};
use matchgate_runtime::Sampler;

use crate::control::ControlHandle;

/// What others see of one follower.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Name of its agent.
    pub name: String,
    /// What it has.
    pub view: FollowerView,
    /// How it and its sink are.
    pub health: HealthHandle,
}

/// What status and metrics are gathered from; clones look at the same venue.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The start that this is.
    pub epoch: Epoch,
    /// Which system calls write the journal.
    pub backend: Backend,
    /// Instruments, their phases, sessions; operator acts.
    pub control: ControlHandle,
    /// What the operators' follower has.
    pub view: FollowerView,
    /// All followers, the operators' first.
    pub followed: Vec<Followed>,
    /// Marks of all streams.
    pub marks: Vec<Marks>,
    /// Counters of all agents.
    pub sampler: Sampler,
}
