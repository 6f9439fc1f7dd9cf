//! The monotonic clock: intervals, from the time stamp counter. It must not know the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Debug)]
enum Source {
    Counter { clock: quanta::Clock, origin: u64 },
    Manual(Arc<AtomicU64>),
}

/// A monotonic clock in nanoseconds since it was made; clones agree.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

impl Clock {
    /// Returns a clock that starts now. The first one of a process calibrates the counter, which
    /// takes some milliseconds.
    #[must_use]
    pub fn new() -> Self {
        let clock = quanta::Clock::new();
        let origin = clock.raw();
        Self {
            source: Source::Counter { clock, origin },
        }
    }

    /// Returns a clock that stands at 0 and moves only by hand, and that hand.
    #[must_use]
    pub fn manual() -> (Self, ManualTime) {
        let now_ns = Arc::new(AtomicU64::new(0));
        let clock = Self {
            source: Source::Manual(Arc::clone(&now_ns)),
        };
        (clock, ManualTime { now_ns })
    }

    /// Returns the nanoseconds since the clock was made.
    #[inline]
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        match &self.source {
            Source::Counter { clock, origin } => clock.delta_as_nanos(*origin, clock.raw()),
            Source::Manual(now_ns) => now_ns.load(Ordering::Relaxed),
        }
    }

    /// Returns the bare counter: the cheapest stamp, to be turned into an interval later.
    #[inline]
    #[must_use]
    pub fn ticks(&self) -> u64 {
        match &self.source {
            Source::Counter { clock, .. } => clock.raw(),
            Source::Manual(now_ns) => now_ns.load(Ordering::Relaxed),
        }
    }

    /// Returns the bare counter once every instruction before this one has ended. [`Self::ticks`]
    /// may be read while loads are on their way, which then count as what comes after it.
    #[inline]
    #[must_use]
    pub fn ticks_in_order(&self) -> u64 {
        crate::sys::end_of_all_before();
        self.ticks()
    }

    /// Returns the nanoseconds between two readings of [`Self::ticks`]; 0 where `end` is before
    /// `start`.
    #[inline]
    #[must_use]
    pub fn ticks_to_ns(&self, start: u64, end: u64) -> u64 {
        match &self.source {
            Source::Counter { clock, .. } => clock.delta_as_nanos(start, end),
            Source::Manual(_) => end.saturating_sub(start),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// The hand of a manual clock; clones are the same hand.
#[derive(Clone, Debug)]
pub struct ManualTime {
    now_ns: Arc<AtomicU64>,
}

impl ManualTime {
    /// Moves the clock forward by `interval_ns`.
    pub fn advance_ns(&self, interval_ns: u64) {
        self.now_ns.fetch_add(interval_ns, Ordering::Relaxed);
    }

    /// Sets the clock.
    pub fn set_ns(&self, now_ns: u64) {
        self.now_ns.store(now_ns, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_clock_rises() {
        let clock = Clock::new();
        let mut last = clock.now_ns();
        for _ in 0..10_000 {
            let now = clock.now_ns();
            assert!(now >= last);
            last = now;
        }
        let start = clock.ticks();
        assert_eq!(clock.ticks_to_ns(start, start), 0);
        assert_eq!(clock.ticks_to_ns(start, start - 1), 0);
    }

    #[test]
    fn manual_clock_moves_only_by_hand() {
        let (clock, hand) = Clock::manual();
        assert_eq!(clock.now_ns(), 0);
        hand.advance_ns(5);
        assert_eq!(clock.clone().now_ns(), 5);
        hand.set_ns(9);
        assert_eq!(clock.ticks_to_ns(5, clock.ticks()), 4);
    }
}
