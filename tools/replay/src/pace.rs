//! When each request is due, and how late it went: the open loop.
//!
//! Latency counts from the planned time, so that a venue that stops cannot hide the queue behind
//! it. It must not know what is sent.

use hdrhistogram::Histogram;

/// A request sent later than this after its planned time, in nanoseconds, counts as late.
pub const LATE_SEND_NS: u64 = 100_000;
/// How long no message may come while answers are missing, in nanoseconds.
pub(crate) const SILENCE_MAX_NS: u64 = 30_000_000_000;
/// How long no message may come after the last answer until trades that are missing are given up,
/// in nanoseconds.
pub(crate) const SETTLE_MAX_NS: u64 = 2_000_000_000;
/// Longest single wait for a message, in nanoseconds.
pub(crate) const WAIT_MAX_NS: u64 = 100_000_000;
/// Closer than this to the next planned time the sender no longer sleeps, in nanoseconds: a
/// socket's waits end up to two milliseconds late.
pub(crate) const SPIN_NS: u64 = 3_000_000;
/// Digits that a histogram keeps.
const HISTOGRAM_DIGITS: u8 = 3;
/// Longest round trip that a histogram tells apart, in nanoseconds: one hour.
const ROUND_TRIP_MAX_NS: u64 = 3_600_000_000_000;

/// How fast a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As fast as answers come.
    Max,
    /// This many times as fast as it was recorded; at least 1.
    Times(u32),
}

impl std::fmt::Display for Speed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Max => formatter.pad("max"),
            Self::Times(times) => formatter.pad(&format!("x{times}")),
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.strip_prefix('x')
            .and_then(|times| times.parse().ok())
            .filter(|&times| times > 0)
            .map(Self::Times)
            .ok_or_else(|| SpeedError(text.to_owned()))
    }
}

/// The text is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no speed: max, x1, x2 and so on")]
pub struct SpeedError(String);

/// Planned times of a recording's requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    speed: Speed,
    start_ns: u64,
    /// First time in the recording.
    origin_ns: Option<u64>,
}

impl Schedule {
    /// Makes a schedule that starts at `start_ns` of the sender's clock.
    pub(crate) const fn new(speed: Speed, start_ns: u64) -> Self {
        Self {
            speed,
            start_ns,
            origin_ns: None,
        }
    }

    /// Returns when what was recorded at `recorded_ns` is due; `None` for as soon as possible.
    pub(crate) fn due_ns(&mut self, recorded_ns: u64) -> Option<u64> {
        let Speed::Times(times) = self.speed else {
            return None;
        };
        let origin_ns = *self.origin_ns.get_or_insert(recorded_ns);
        let elapsed_ns = recorded_ns.saturating_sub(origin_ns) / u64::from(times.max(1));
        Some(self.start_ns + elapsed_ns)
    }

    /// Moves everything that is not yet due by `pause_ns`, for which the replay stood still.
    pub(crate) const fn shift(&mut self, pause_ns: u64) {
        self.start_ns += pause_ns;
    }
}

/// From when the times of a histogram count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyKind {
    /// From the planned send time: what a client of an open loop meets.
    ResponseTime,
    /// From the actual send time: the venue's work and its queue, not the sender's.
    ServiceTime,
}

/// Round trips of one run.
#[derive(Clone, Debug)]
pub struct Latency {
    /// From when they count.
    pub kind: LatencyKind,
    /// Nanoseconds from there to the first answer.
    pub round_trip_ns: Histogram<u64>,
    /// Requests that were sent more than [`LATE_SEND_NS`] after their planned time.
    pub late_sends: u64,
}

impl Latency {
    /// Makes an empty record.
    ///
    /// # Panics
    ///
    /// Never: the limits are constants that a histogram takes.
    #[must_use]
    pub fn new(kind: LatencyKind) -> Self {
        Self {
            kind,
            round_trip_ns: Histogram::new_with_max(ROUND_TRIP_MAX_NS, HISTOGRAM_DIGITS)
                .expect("an hour and three digits are within a histogram's limits"),
            late_sends: 0,
        }
    }

    /// Counts an answer at `now_ns` to what counts from `from_ns`.
    pub fn record(&mut self, from_ns: u64, now_ns: u64) {
        self.round_trip_ns
            .saturating_record(now_ns.saturating_sub(from_ns));
    }

    /// Counts a request that was due at `due_ns` and sent at `now_ns`.
    pub const fn sent(&mut self, due_ns: u64, now_ns: u64) {
        if now_ns.saturating_sub(due_ns) > LATE_SEND_NS {
            self.late_sends += 1;
        }
    }

    /// Adds what another run recorded.
    pub fn merge(&mut self, other: &Self) {
        self.late_sends += other.late_sends;
        let merged = self.round_trip_ns.add(&other.round_trip_ns);
        debug_assert!(merged.is_ok(), "histograms of equal limits can be added");
    }
}

#[cfg(test)]
mod tests {
    use super::{Latency, LatencyKind, Schedule, Speed};

    #[test]
    fn speed_is_written_as_it_is_read() {
        for speed in [Speed::Max, Speed::Times(1), Speed::Times(250)] {
            assert_eq!(speed.to_string().parse(), Ok(speed));
        }
        for wrong in ["", "x", "x0", "x-1", "2", "MAX", "x1.5"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn planned_times_keep_the_recorded_gaps() {
        let mut schedule = Schedule::new(Speed::Times(10), 1_000);
        assert_eq!(schedule.due_ns(5_000), Some(1_000));
        assert_eq!(schedule.due_ns(6_000), Some(1_100));
        schedule.shift(50);
        assert_eq!(schedule.due_ns(7_000), Some(1_250));
        assert_eq!(Schedule::new(Speed::Max, 1_000).due_ns(5_000), None);
    }

    #[test]
    fn late_sends_are_counted_and_their_wait_is_part_of_the_latency() {
        let mut latency = Latency::new(LatencyKind::ResponseTime);
        latency.sent(0, 100_000);
        latency.sent(0, 100_001);
        latency.record(0, 250_000);
        assert_eq!(latency.late_sends, 1);
        assert!(latency.round_trip_ns.max() >= 250_000);
        let mut merged = Latency::new(LatencyKind::ResponseTime);
        merged.merge(&latency);
        merged.merge(&latency);
        assert_eq!((merged.late_sends, merged.round_trip_ns.len()), (2, 2));
    }
}
