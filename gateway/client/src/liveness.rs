//! Liveness: when a heartbeat is due, and when silence means that the venue is dead. Time is an
//! argument.

use std::time::{Duration, Instant};

/// Silent intervals, in halves, after which the venue counts as dead.
const DEAD_HALF_INTERVALS: u32 = 5;

/// What passing time demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before this instant.
    NothingBefore(Instant),
    /// A heartbeat: nothing was sent for one interval.
    Heartbeat,
    /// The end: nothing was heard for two and a half.
    Dead {
        /// For how long nothing was heard.
        silent: Duration,
    },
}

/// When bytes last went each way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Liveness {
    interval: Duration,
    last_sent: Instant,
    last_heard: Instant,
}

impl Liveness {
    pub(crate) const fn new(interval: Duration, now: Instant) -> Self {
        Self {
            interval,
            last_sent: now,
            last_heard: now,
        }
    }

    pub(crate) const fn sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    pub(crate) const fn heard(&mut self, now: Instant) {
        self.last_heard = now;
    }

    /// Returns what `now` demands.
    pub(crate) fn due(&self, now: Instant) -> Due {
        let dead_at = self.last_heard + self.interval * DEAD_HALF_INTERVALS / 2;
        if now >= dead_at {
            let silent = now.saturating_duration_since(self.last_heard);
            return Due::Dead { silent };
        }
        let heartbeat_at = self.last_sent + self.interval;
        if now >= heartbeat_at {
            return Due::Heartbeat;
        }
        Due::NothingBefore(dead_at.min(heartbeat_at))
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, Liveness};
    use std::time::{Duration, Instant};

    const INTERVAL: Duration = Duration::from_millis(1000);

    #[test]
    fn heartbeat_is_due_after_one_interval_without_sending() {
        let start = Instant::now();
        let mut liveness = Liveness::new(INTERVAL, start);
        assert_eq!(
            liveness.due(start + Duration::from_millis(999)),
            Due::NothingBefore(start + INTERVAL)
        );
        assert_eq!(liveness.due(start + INTERVAL), Due::Heartbeat);
        liveness.sent(start + INTERVAL);
        assert_eq!(
            liveness.due(start + INTERVAL),
            Due::NothingBefore(start + 2 * INTERVAL)
        );
    }

    #[test]
    fn venue_is_dead_after_two_and_a_half_silent_intervals() {
        let start = Instant::now();
        let mut liveness = Liveness::new(INTERVAL, start);
        liveness.sent(start + 2 * INTERVAL);
        assert_eq!(
            liveness.due(start + Duration::from_millis(2499)),
            Due::NothingBefore(start + Duration::from_millis(2500))
        );
        assert_eq!(
            liveness.due(start + Duration::from_millis(2500)),
            Due::Dead {
                silent: Duration::from_millis(2500)
            }
        );
        liveness.heard(start + Duration::from_millis(2499));
        assert_eq!(
            liveness.due(start + Duration::from_millis(2500)),
            Due::NothingBefore(start + 3 * INTERVAL)
        );
    }
}
