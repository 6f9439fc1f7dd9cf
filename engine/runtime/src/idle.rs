//! Idle strategies: what a core does after a turn without work. They must not know the agents.

use std::time::Duration;

/// What a core does after a turn in which no agent had work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idle {
    /// Polls again at once. For a core of its own.
    Spin,
    /// Gives the cpu to whoever else is runnable.
    #[default]
    Yield,
    /// Parks for a bounded time that grows from 50 microseconds to 1 millisecond. Nobody wakes it.
    Park,
}

/// Shortest park.
pub const PARK_MIN: Duration = Duration::from_micros(50);
/// Longest park.
pub const PARK_MAX: Duration = Duration::from_millis(1);

const _: () = assert!(PARK_MIN.as_nanos() < PARK_MAX.as_nanos());

/// The state of one core's idling.
#[derive(Debug)]
pub(crate) struct Idler {
    idle: Idle,
    park: Duration,
}

impl Idler {
    pub(crate) const fn new(idle: Idle) -> Self {
        Self {
            idle,
            park: PARK_MIN,
        }
    }

    /// Ends a turn in which `work` was done.
    #[inline]
    pub(crate) fn end_turn(&mut self, work: usize) {
        if work > 0 {
            self.park = PARK_MIN;
            return;
        }
        match self.idle {
            Idle::Spin => std::hint::spin_loop(),
            Idle::Yield => std::thread::yield_now(),
            Idle::Park => {
                std::thread::park_timeout(self.park);
                self.park = self.park.saturating_mul(2).min(PARK_MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn park_grows_to_its_bound_and_work_resets_it() {
        let mut idler = Idler::new(Idle::Park);
        for _ in 0..8 {
            idler.end_turn(0);
        }
        assert_eq!(idler.park, PARK_MAX);
        idler.end_turn(1);
        assert_eq!(idler.park, PARK_MIN);
    }
}
