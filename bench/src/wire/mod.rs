//! The wire: a client that spins, servers that only echo, and the gateway, in process or whole.

mod client;
mod echo;
mod journal;
mod journaled;
mod paced;
mod server;
mod traffic;
mod venue;

pub use client::SpinClient;
pub use echo::{Backend, Echo, EchoJournal, Script};
pub use journal::Journal;
pub use journaled::{Journaled, journaled_line, journaled_void};
pub use paced::{Paced, measure_paced, saturate};
pub use server::Server;
pub use traffic::{Answered, Traffic, Window, answer_of_new, decoded, measure_window};
pub use venue::{HotReport, Venue};

use std::thread;

use anyhow::{Context, Result, anyhow};
use matchgate_runtime::pin_current_thread;

/// Runs `work` on a thread of its own that is held on `cpu`.
///
/// # Errors
///
/// Returns the error of `work`, or that the thread could not be started, pinned or panicked.
pub fn pinned<T: Send>(cpu: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let running = thread::Builder::new()
            .name(format!("on-cpu-{cpu}"))
            .spawn_scoped(scope, move || {
                pin_current_thread(cpu).context("pinning")?;
                work()
            })?;
        running
            .join()
            .map_err(|_| anyhow!("a measuring thread panicked"))?
    })
}
