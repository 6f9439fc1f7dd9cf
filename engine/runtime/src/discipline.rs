//! The discipline: turns samples of a monotonic and of the wall clock into a line that event time
//! follows. Pure arithmetic; it must not know where samples come from.

/// Fraction bits of a rate.
const RATE_BITS: u32 = 32;
/// The rate at which event time and monotonic time run alike.
const RATE_ONE: i64 = 1 << RATE_BITS;
/// Largest departure from that rate: one part in a thousand, 1 ms a second.
const SLEW_MAX: i64 = RATE_ONE / 1_000;
/// Largest departure that is learned as the counter's own error: 200 parts in a million.
const DRIFT_MAX: i64 = RATE_ONE / 5_000;
/// An error below this teaches the drift; a larger one is a step of the wall clock.
const LEARN_ERROR_MAX_NS: i64 = 500_000;
/// An error is worked off within about one second.
const CORRECTION_NS: i64 = 1_000_000_000;
/// Part of a sample's correction that goes into the drift; critically damped at 10 samples a
/// second.
const DRIFT_SHARE: i64 = 40;

const _: () = assert!(
    SLEW_MAX < RATE_ONE,
    "event time must rise at the slowest rate"
);
const _: () = assert!(DRIFT_MAX < SLEW_MAX);

/// Event time as a line over monotonic time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Monotonic time at which it begins, nanoseconds.
    pub(crate) start_ns: u64,
    /// Event time there, nanoseconds since the Unix epoch.
    pub(crate) event_ns: u64,
    /// Slope, 2^32 is 1.
    pub(crate) rate: u64,
}

impl Line {
    /// Returns event time at `monotonic_ns`; before the line begins, where it begins.
    #[inline]
    pub(crate) fn at(&self, monotonic_ns: u64) -> u64 {
        let elapsed = u128::from(monotonic_ns.saturating_sub(self.start_ns));
        let risen = (elapsed * u128::from(self.rate)) >> RATE_BITS;
        self.event_ns
            .saturating_add(u64::try_from(risen).unwrap_or(u64::MAX))
    }
}

/// Follows the wall clock by bending the line, never by breaking it.
#[derive(Debug)]
pub(crate) struct Discipline {
    line: Line,
    drift: i64,
    error_ns: i64,
}

impl Discipline {
    /// Begins at the wall clock.
    pub(crate) fn new(monotonic_ns: u64, wall_ns: u64) -> Self {
        Self {
            line: Line {
                start_ns: monotonic_ns,
                event_ns: wall_ns,
                rate: RATE_ONE.unsigned_abs(),
            },
            drift: 0,
            error_ns: 0,
        }
    }

    pub(crate) const fn line(&self) -> Line {
        self.line
    }

    /// Returns how far the wall clock was ahead of event time at the last sample, nanoseconds.
    pub(crate) const fn error_ns(&self) -> i64 {
        self.error_ns
    }

    /// Takes a sample and returns the line from there on: it begins where the old one is.
    pub(crate) fn observe(&mut self, monotonic_ns: u64, wall_ns: u64) -> Line {
        let start_ns = monotonic_ns.max(self.line.start_ns);
        let event_ns = self.line.at(start_ns);
        let error = i128::from(wall_ns) - i128::from(event_ns);
        let bound = i128::from(i64::MAX);
        self.error_ns = i64::try_from(error.clamp(-bound, bound)).unwrap_or(i64::MAX);
        let nearby = self.error_ns.clamp(-CORRECTION_NS, CORRECTION_NS);
        // At most 2^32 here: the product stays within 2^62.
        let correction = nearby.saturating_mul(RATE_ONE) / CORRECTION_NS;
        if self.error_ns.unsigned_abs() < LEARN_ERROR_MAX_NS.unsigned_abs() {
            self.drift = (self.drift + correction / DRIFT_SHARE).clamp(-DRIFT_MAX, DRIFT_MAX);
        }
        let slew = (self.drift + correction).clamp(-SLEW_MAX, SLEW_MAX);
        self.line = Line {
            start_ns,
            event_ns,
            rate: (RATE_ONE + slew).unsigned_abs(),
        };
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;
    const SAMPLE_NS: u64 = SECOND_NS / 10;
    const HOUR_NS: u64 = 3_600 * SECOND_NS;
    const START_NS: u64 = 1_700_000_000 * SECOND_NS;

    /// Runs `samples` samples whose wall clock is given for each monotonic time; checks between
    /// them that event time rises and within its bounds. Returns the last error.
    fn run(samples: u64, wall: impl Fn(u64) -> u64) -> i64 {
        let mut discipline = Discipline::new(0, wall(0));
        let mut last = discipline.line().at(0);
        for sample in 1..=samples {
            let old = discipline.line();
            for step in 1..=10 {
                let now = old.at((sample - 1) * SAMPLE_NS + step * SAMPLE_NS / 10);
                let risen = now - last;
                assert!(risen >= SAMPLE_NS / 10 - SAMPLE_NS / 10_000 - 1);
                assert!(risen <= SAMPLE_NS / 10 + SAMPLE_NS / 10_000 + 1);
                last = now;
            }
            let new = discipline.observe(sample * SAMPLE_NS, wall(sample * SAMPLE_NS));
            assert_eq!(new.at(sample * SAMPLE_NS), last, "the line is never broken");
        }
        discipline.error_ns()
    }

    #[test]
    fn wall_jump_back_by_an_hour_never_makes_time_fall() {
        let error_ns = run(600, |now| {
            let jump = if now > 3 * SECOND_NS { HOUR_NS } else { 0 };
            START_NS + now - jump
        });
        assert!(error_ns < -3_590_000_000_000);
    }

    #[test]
    fn wall_jump_forward_is_approached_at_the_bounded_rate() {
        let error_ns = run(600, |now| {
            START_NS + now + if now > 3 * SECOND_NS { HOUR_NS } else { 0 }
        });
        assert!(error_ns > 3_590_000_000_000);
    }

    #[test]
    fn step_of_ten_milliseconds_is_worked_off() {
        let error_ns = run(600, |now| {
            START_NS + now + if now > SECOND_NS { 10_000_000 } else { 0 }
        });
        assert!(error_ns.abs() < 20_000, "{error_ns} ns are left");
    }

    #[test]
    fn counter_that_runs_wrong_by_fifty_parts_in_a_million_is_learned() {
        let error_ns = run(1_200, |now| START_NS + now + now / 20_000);
        assert!(error_ns.abs() < 1_000, "{error_ns} ns are left");
    }

    #[test]
    fn sample_from_before_the_line_begins_does_not_move_it_back() {
        let mut discipline = Discipline::new(SECOND_NS, START_NS);
        let line = discipline.observe(0, START_NS - SECOND_NS);
        assert_eq!(line.start_ns, SECOND_NS);
        assert_eq!(line.at(0), START_NS);
    }

    #[test]
    fn wall_clock_at_either_end_of_its_range_is_taken() {
        let mut discipline = Discipline::new(0, START_NS);
        discipline.observe(SAMPLE_NS, u64::MAX);
        let line = discipline.observe(2 * SAMPLE_NS, 0);
        assert!(line.at(2 * SAMPLE_NS) > START_NS);
    }
}
