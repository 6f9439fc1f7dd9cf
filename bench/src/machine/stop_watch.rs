//! Whether somebody has stopped this process for a while (SIGSTOP, as whoever wants the machine for
//! himself does): each of its threads then gives up its cpu, and not by itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGCONT;
use signal_hook::low_level::unregister;
use signal_hook::{SigId, flag};

/// Looks out for the signal that lets a stopped process go on.
#[derive(Debug)]
pub struct StopWatch {
    went_on: Arc<AtomicBool>,
    id: SigId,
}

impl StopWatch {
    /// Begins to look.
    ///
    /// # Errors
    ///
    /// Returns an error where the system takes no handler.
    pub fn begin() -> io::Result<Self> {
        let went_on = Arc::new(AtomicBool::new(false));
        let id = flag::register(SIGCONT, Arc::clone(&went_on))?;
        Ok(Self { went_on, id })
    }

    /// Returns whether the process was stopped since.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.went_on.load(Ordering::Acquire)
    }
}

impl Drop for StopWatch {
    fn drop(&mut self) {
        unregister(self.id);
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::low_level::raise;

    use super::*;

    #[test]
    fn stop_is_seen_by_the_signal_that_ends_it() {
        let watch = StopWatch::begin().unwrap();
        assert!(!watch.was_stopped());
        raise(SIGCONT).unwrap();
        assert!(watch.was_stopped());
    }
}
