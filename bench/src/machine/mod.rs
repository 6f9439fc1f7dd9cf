//! The machine: what it is, what it takes away from a measurement, and how far apart its cores
//! are. Figures mean nothing without these.

mod facts;
mod hiccups;
mod ping_pong;
mod usage;

pub use facts::Facts;
pub use hiccups::hiccups;
pub use ping_pong::{RoundTrip, ping_pong};
pub use usage::{Steal, ThreadUsage};

use anyhow::{Result, ensure};
use matchgate_runtime::allowed_cpus;

/// The two cpus of a two-core figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus {
    /// What is measured runs here.
    pub hot: usize,
    /// Whoever measures runs here, and what is cold beside it.
    pub client: usize,
}

impl Cpus {
    /// Returns the last cpu that this process may use as the hot one and the one before it for
    /// the client. Call it before any thread is pinned.
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
        Ok(Self {
            hot: allowed[allowed.len() - 1],
            client: allowed[allowed.len() - 2],
        })
    }
}
