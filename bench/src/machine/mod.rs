//! The machine: what it is, what it takes away from a measurement, and how far apart its cores
//! are. Figures mean nothing without these.

mod by_plan;
mod counters;
mod facts;
mod hiccups;
mod memory;
mod ping_pong;
mod stop_watch;
mod usage;

pub use by_plan::late_by_plan;
pub use counters::{HardwareCounts, count_hardware};
pub use facts::Facts;
pub use hiccups::hiccups;
pub use memory::needs_memory;
pub use ping_pong::{RoundTrip, ping_pong};
pub use stop_watch::StopWatch;
pub use usage::{Steal, ThreadUsage};

use anyhow::{Result, ensure};
use matchgate_runtime::allowed_cpus;

/// The cpus of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus {
    /// What is measured runs here.
    pub hot: usize,
    /// Whoever measures runs here.
    pub client: usize,
    /// What is cold runs here: journal writers, followers. Where there are two cpus only, it is
    /// the client's.
    pub cold: usize,
}

impl Cpus {
    /// Returns the last cpu that this process may use as the hot one, the one before it for the
    /// client, and the one before that, if there is one, for what is cold. Call it before any
    /// thread is pinned.
    ///
    /// # Errors
    ///
    /// Returns an error where the process may use one cpu only.
    pub fn choose() -> Result<Self> {
        let allowed = allowed_cpus();
        ensure!(
            allowed.len() >= 2,
            "two cpus are needed, this process may use {allowed:?}"
        );
        let from_last = |place: usize| allowed[allowed.len() - 1 - place];
        Ok(Self {
            hot: from_last(0),
            client: from_last(1),
            cold: from_last(allowed.len().min(3) - 1),
        })
    }
}
