//! Differential test: the shard against its slow twin, which shares only the domain types and the
//! published mixing function. Every event is compared after every command, what both show after
//! every command, their hashes every 1,024.
//!
//! A difference is told with its seed, and with the shortest list of commands that makes it.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails on whatever it does not expect"
)]

mod planted;

use matchgate_core::domain::{Command, Event, InstrumentId, Price, Sequenced, Side};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_scenario::write_commands;
use matchgate_twin::coverage::{Coverage, Met};
use matchgate_twin::differential::{Difference, Engine, SHARD, compare, shrink};
use matchgate_twin::generator::Flow;
use matchgate_twin::reference::Level;

/// Commands of a seed: few, so that a difference has few before it.
const A_SEED: u64 = 25_000;
/// Seeds of one run at the most; the next run's begin behind them.
const SEEDS_MAX: u64 = 1 << 20;

/// The shard, and where its events go.
struct Subject {
    shard: Shard,
    buffer: EventBuffer,
}

impl Subject {
    fn new(flow: Flow) -> Self {
        Self {
            shard: Shard::new(SHARD, flow.capacity()),
            buffer: EventBuffer::new(),
        }
    }
}

impl Engine for Subject {
    fn apply(&mut self, command: &Sequenced<Command>, events: &mut Vec<Event>) {
        let mut progress = self.shard.apply(command, &mut self.buffer);
        loop {
            events.extend_from_slice(self.buffer.as_slice());
            self.buffer.clear();
            match progress {
                Progress::Done => return,
                Progress::More => progress = self.shard.resume(&mut self.buffer),
            }
        }
    }

    fn state_hash(&self) -> u128 {
        self.shard.state_hash()
    }

    fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.shard.book_hash(instrument)
    }

    fn live_order_count(&self) -> usize {
        self.shard.live_order_count() as usize
    }

    fn best(&self, instrument: InstrumentId, side: Side) -> Option<(Price, u128)> {
        let (price, quantity) = self.shard.best(instrument, side)?;
        Some((price, u128::from(quantity)))
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: &mut Vec<Level>) {
        let shown = self.shard.depth(instrument, side, usize::MAX);
        levels.extend(shown.map(|level| Level {
            price: level.price,
            quantity: level.quantity,
            order_count: level.order_count,
        }));
    }
}

/// Runs `commands` commands of one flow, from `seed` on; panics at the first difference.
fn run(flow: Flow, seed: u64, commands: u64) -> Coverage {
    let mut coverage = Coverage::default();
    let mut done = 0;
    for seed in seed.. {
        if done == commands {
            break;
        }
        let count = A_SEED.min(commands - done);
        let length = usize::try_from(count).expect("it is small");
        let mut of_seed = Coverage::default();
        let compared = compare(seed, flow, length, Subject::new(flow), Some(&mut of_seed));
        if let Err(difference) = compared {
            fail(flow, seed, *difference);
        }
        coverage.add(&of_seed);
        done += count;
    }
    coverage
}

/// Makes a difference small and tells it.
fn fail(flow: Flow, seed: u64, difference: Difference) -> ! {
    let found = difference.commands.len();
    // The runs of a shrinking may panic a thousand times; once is enough to read.
    std::panic::set_hook(Box::new(|_| {}));
    let Difference {
        what,
        commands,
        expected,
        actual,
        ..
    } = shrink(difference, flow.capacity(), || Subject::new(flow));
    println!(
        "seed {seed} of {flow:?}, after {found} commands; {} make it: {what:?}\n{}",
        commands.len(),
        write_commands(&commands)
    );
    for (who, events) in [("twin", expected), ("shard", actual)] {
        for event in events {
            println!("{who}: {:?}", event.body);
        }
    }
    panic!("the shard differs from its twin")
}

/// Tells that a planted bug went unnoticed.
fn fail_to_find(bug: &dyn std::fmt::Debug) -> ! {
    panic!("no seed has found {bug:?}")
}

/// Returns the number that a longer run gives, else what every run takes.
#[expect(
    clippy::disallowed_methods,
    reason = "a longer run of this test is asked for by its environment"
)]
fn given(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a whole number"))
}

/// Asserts that something was met often.
fn assert_met(coverage: &Coverage, met: Met) {
    let count = coverage.counts().get(&met).copied().unwrap_or(0);
    assert!(count >= 20, "{met:?} was met {count} times");
}

/// Runs one half of the commands of a run.
fn run_half(half: u64) {
    let commands = given("MATCHGATE_DIFFERENTIAL_COMMANDS", 20_000_000) / 2;
    let run_seed = given("MATCHGATE_DIFFERENTIAL_SEED", 1);
    let first = run_seed.wrapping_mul(2).wrapping_add(half);
    let first = first.wrapping_mul(SEEDS_MAX);
    let wide = commands / 4;
    let of_wide = run(Flow::Wide, first, wide);
    let coverage = run(Flow::Mixed, first, commands - wide);
    println!("compared {commands} commands, half {half} of the run of seed {run_seed}");
    if commands >= 500_000 {
        let missed = coverage.missed(20);
        assert!(missed.is_empty(), "met too seldom: {missed:#?}");
        let refused = [
            "Rejected",
            "capacity of the shard for sessions' accounts",
            "",
        ];
        assert_met(&of_wide, refused);
    }
}

#[test]
fn shard_equals_its_twin_in_the_first_half_of_the_commands() {
    run_half(0);
}

#[test]
fn shard_equals_its_twin_in_the_second_half_of_the_commands() {
    run_half(1);
}

#[test]
fn shard_equals_its_twin_where_commands_take_several_steps() {
    let coverage = run(Flow::Deep, 1, 100_000);
    let longest = coverage.longest_command();
    let step = matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX;
    assert!(longest > 3 * step, "no command took four steps: {longest}");
}

#[test]
fn shard_equals_its_twin_where_many_orders_are_pegged() {
    let coverage = run(Flow::Pegs, 1, 100_000);
    assert_met(&coverage, ["Rejected", "mid-peg capacity of the book", ""]);
}
