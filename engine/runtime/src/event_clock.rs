//! The event clock: wall clock time that rises, read without a system call. Its line is published
//! through two slots and a version, so that neither side ever waits for the other.
//!
//! It must not know what is stamped with it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::agent::Agent;
use crate::clock::{Clock, ManualTime};
use crate::counters::{Counter, Counters};
use crate::discipline::{Discipline, Line};
use crate::sys;

/// Interval of the discipline's samples, nanoseconds.
pub const SAMPLE_INTERVAL_NS: u64 = 100_000_000;
/// Attempts at a sample whose two monotonic readings stand close together.
const SAMPLE_ATTEMPTS: u32 = 4;

/// One line as three words.
#[derive(Debug, Default)]
struct Slot {
    start_ns: AtomicU64,
    event_ns: AtomicU64,
    rate: AtomicU64,
}

/// The line in force. Version v stands in slot v mod 2 while v + 1 is being written to the other.
#[derive(Debug, Default)]
struct SharedLine {
    version: AtomicU64,
    slots: [Slot; 2],
}

impl SharedLine {
    fn slot(&self, version: u64) -> &Slot {
        let [even, odd] = &self.slots;
        if version & 1 == 0 { even } else { odd }
    }

    /// Publishes a line. There is one publisher.
    fn publish(&self, line: Line) {
        let next = self.version.load(Ordering::Relaxed).wrapping_add(1);
        // The version before must be seen before the slot of two versions ago is overwritten.
        fence(Ordering::Release);
        let slot = self.slot(next);
        slot.start_ns.store(line.start_ns, Ordering::Relaxed);
        slot.event_ns.store(line.event_ns, Ordering::Relaxed);
        slot.rate.store(line.rate, Ordering::Relaxed);
        self.version.store(next, Ordering::Release);
    }

    #[inline]
    fn read(&self) -> Line {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let slot = self.slot(version);
            let line = Line {
                start_ns: slot.start_ns.load(Ordering::Relaxed),
                event_ns: slot.event_ns.load(Ordering::Relaxed),
                rate: slot.rate.load(Ordering::Relaxed),
            };
            fence(Ordering::Acquire);
            if self.version.load(Ordering::Relaxed) == version {
                return line;
            }
        }
    }
}

/// Wall clock time that never falls: nanoseconds since the Unix epoch. Each reader has its own
/// clone, which may move to another thread.
#[derive(Clone, Debug)]
pub struct EventClock {
    clock: Clock,
    line: Arc<SharedLine>,
    /// The last reading of this clone: a line bent meanwhile must not lead behind it.
    last_ns: Cell<u64>,
}

impl EventClock {
    /// Returns a clock that stands at the wall clock now, and the agent that keeps it there.
    #[must_use]
    pub fn new(clock: &Clock, counters: &Counters) -> (Self, ClockDiscipline) {
        let (monotonic_ns, wall_ns) = sample(clock);
        let discipline = Discipline::new(monotonic_ns, wall_ns);
        let event_clock = Self::on_line(clock.clone(), discipline.line());
        let agent = ClockDiscipline {
            clock: clock.clone(),
            line: Arc::clone(&event_clock.line),
            discipline,
            sampled_ns: monotonic_ns,
            samples: counters.counter("clock_samples"),
            ahead_ns: counters.counter("clock_wall_ahead_ns"),
            behind_ns: counters.counter("clock_wall_behind_ns"),
        };
        (event_clock, agent)
    }

    /// Returns a clock that stands at `start_ns` and moves only by hand, and that hand, which
    /// counts from 0.
    #[must_use]
    pub fn manual(start_ns: u64) -> (Self, ManualTime) {
        let (clock, hand) = Clock::manual();
        let line = Discipline::new(0, start_ns).line();
        (Self::on_line(clock, line), hand)
    }

    fn on_line(clock: Clock, line: Line) -> Self {
        let shared = SharedLine::default();
        shared.publish(line);
        Self {
            clock,
            line: Arc::new(shared),
            last_ns: Cell::new(0),
        }
    }

    /// Returns the time; never less than this clone returned before.
    #[inline]
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        let line = self.line.read();
        let now_ns = line.at(self.clock.now_ns()).max(self.last_ns.get());
        self.last_ns.set(now_ns);
        now_ns
    }
}

/// Compares the event clock with the wall clock ten times a second. For a cold core.
#[derive(Debug)]
pub struct ClockDiscipline {
    clock: Clock,
    line: Arc<SharedLine>,
    discipline: Discipline,
    sampled_ns: u64,
    samples: Counter,
    ahead_ns: Counter,
    behind_ns: Counter,
}

impl ClockDiscipline {
    /// Name of the agent in a topology.
    pub const NAME: &'static str = "clock";

    /// Takes a made-up or real sample: what the wall clock was at a monotonic time.
    fn observe(&mut self, monotonic_ns: u64, wall_ns: u64) {
        let line = self.discipline.observe(monotonic_ns, wall_ns);
        self.line.publish(line);
        self.samples.increment();
        let error_ns = self.discipline.error_ns();
        self.ahead_ns.set(error_ns.max(0).unsigned_abs());
        self.behind_ns.set(error_ns.min(0).unsigned_abs());
    }
}

impl Agent for ClockDiscipline {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn poll(&mut self) -> usize {
        let now_ns = self.clock.now_ns();
        if now_ns.saturating_sub(self.sampled_ns) < SAMPLE_INTERVAL_NS {
            return 0;
        }
        self.sampled_ns = now_ns;
        let (monotonic_ns, wall_ns) = sample(&self.clock);
        self.observe(monotonic_ns, wall_ns);
        1
    }
}

/// Returns a monotonic time and the wall clock at it: of a few attempts the one with the least
/// time between the two monotonic readings around the wall clock's.
fn sample(clock: &Clock) -> (u64, u64) {
    let mut best = (u64::MAX, 0, 0);
    for _ in 0..SAMPLE_ATTEMPTS {
        let before_ns = clock.now_ns();
        let wall_ns = sys::wall_clock_ns();
        let width_ns = clock.now_ns().saturating_sub(before_ns);
        if width_ns < best.0 {
            best = (width_ns, before_ns + width_ns / 2, wall_ns);
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = 3_600_000_000_000;

    #[test]
    fn event_time_begins_at_the_wall_clock() {
        let before_ns = sys::wall_clock_ns();
        let (event_clock, _agent) = EventClock::new(&Clock::new(), &Counters::new());
        let error_ns = event_clock.now_ns().abs_diff(before_ns);
        assert!(error_ns < HOUR_NS, "{error_ns} ns from the wall clock");
    }

    #[test]
    fn readers_never_see_time_fall_while_the_wall_clock_jumps_back_an_hour() {
        let (clock, hand) = Clock::manual();
        let counters = Counters::new();
        let (event_clock, mut agent) = EventClock::new(&clock, &counters);
        let start_ns = event_clock.now_ns();
        let mut last_ns = start_ns;
        for step in 1..=100 {
            hand.advance_ns(SAMPLE_INTERVAL_NS);
            let jump_ns = if step > 50 { HOUR_NS } else { 0 };
            agent.observe(
                clock.now_ns(),
                start_ns + step * SAMPLE_INTERVAL_NS - jump_ns,
            );
            let now_ns = event_clock.now_ns();
            assert!(now_ns > last_ns);
            last_ns = now_ns;
        }
        assert_eq!(counters.sampler().get("clock_samples"), Some(100));
        assert_eq!(counters.sampler().get("clock_wall_ahead_ns"), Some(0));
        assert!(counters.sampler().get("clock_wall_behind_ns") > Some(HOUR_NS / 2));
    }

    #[test]
    fn reader_that_took_an_old_line_is_not_led_back_by_a_slower_one() {
        let (clock, hand) = Clock::manual();
        let (event_clock, mut agent) = EventClock::new(&clock, &Counters::new());
        hand.set_ns(10 * SAMPLE_INTERVAL_NS);
        let read_on_old_line = event_clock.now_ns();
        // The sample was taken long before the reading, its slower line comes after it.
        agent.observe(SAMPLE_INTERVAL_NS, 0);
        assert_eq!(event_clock.now_ns(), read_on_old_line);
    }

    #[test]
    fn concurrent_readers_see_whole_lines_only() {
        let shared = Arc::new(SharedLine::default());
        let writer = Arc::clone(&shared);
        let publishing = std::thread::spawn(move || {
            for number in 1..=100_000 {
                writer.publish(Line {
                    start_ns: number,
                    event_ns: number,
                    rate: number,
                });
            }
        });
        loop {
            let line = shared.read();
            assert_eq!(line.start_ns, line.event_ns);
            assert_eq!(line.start_ns, line.rate);
            if line.rate == 100_000 {
                break;
            }
        }
        publishing.join().unwrap();
    }

    #[test]
    fn agent_samples_only_when_the_interval_is_over() {
        let (clock, hand) = Clock::manual();
        let (_event_clock, mut agent) = EventClock::new(&clock, &Counters::new());
        assert_eq!(agent.poll(), 0);
        hand.advance_ns(SAMPLE_INTERVAL_NS);
        assert_eq!(agent.poll(), 1);
        assert_eq!(agent.poll(), 0);
    }

    #[test]
    fn manual_event_clock_moves_with_its_hand() {
        let (event_clock, hand) = EventClock::manual(1_000);
        assert_eq!(event_clock.now_ns(), 1_000);
        hand.advance_ns(5);
        assert_eq!(event_clock.now_ns(), 1_005);
    }
}
