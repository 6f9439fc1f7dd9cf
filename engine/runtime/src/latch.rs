//! Latches: stop, and the first failure. Once set they stay set. They must not know who acts on
//! them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// A flag that asks every thread to end; clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
}

impl Stop {
    /// Returns a flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every thread to end.
    pub fn set(&self) {
        self.flag.store(true, Ordering::Release);
    }

    /// Returns whether threads are asked to end. One relaxed load.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Returns the bare flag, for code that knows only an [`AtomicBool`].
    #[must_use]
    pub fn as_atomic(&self) -> &AtomicBool {
        &self.flag
    }

    /// Returns the bare flag to be shared with code that knows only an [`AtomicBool`].
    #[must_use]
    pub fn to_atomic(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }
}

/// Why the process must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// Exit code of the process.
    pub exit_code: u8,
    /// What happened, for a person.
    pub message: String,
}

#[derive(Debug, Default)]
struct FailureState {
    is_set: AtomicBool,
    report: OnceLock<FailureReport>,
}

/// The first failure of the process; clones are the same latch. Runners end their cores once it
/// is set.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    state: Arc<FailureState>,
}

impl Failure {
    /// Exit code after a panic that a runner caught.
    pub const PANIC_EXIT_CODE: u8 = 101;

    /// Returns a latch that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports a failure; only the first one is kept. Returns whether this was the first.
    pub fn set(&self, exit_code: u8, message: impl Into<String>) -> bool {
        let report = FailureReport {
            exit_code,
            message: message.into(),
        };
        let was_first = self.state.report.set(report).is_ok();
        self.state.is_set.store(true, Ordering::Release);
        was_first
    }

    /// Returns whether anything failed. One relaxed load.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.state.is_set.load(Ordering::Relaxed)
    }

    /// Returns the first failure, if there was one.
    #[must_use]
    pub fn report(&self) -> Option<&FailureReport> {
        self.state.report.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_failure_wins() {
        let failure = Failure::new();
        assert!(!failure.is_set());
        assert_eq!(failure.report(), None);
        let clone = failure.clone();
        assert!(clone.set(5, "disk"));
        assert!(!failure.set(4, "later"));
        assert!(failure.is_set());
        let expected = FailureReport {
            exit_code: 5,
            message: "disk".to_owned(),
        };
        assert_eq!(failure.report(), Some(&expected));
    }

    #[test]
    fn stop_reaches_every_clone() {
        let stop = Stop::new();
        let clone = stop.clone();
        assert!(!clone.is_set());
        stop.set();
        assert!(clone.is_set());
        assert!(clone.as_atomic().load(Ordering::Relaxed));
    }
}
