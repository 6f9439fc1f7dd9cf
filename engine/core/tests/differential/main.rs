//! Differential test: the shard against a naive reference that shares only the domain types and
//! the published mixing function. Every event and both hashes are compared after every command.
//!
//! A difference is told with seed, index and the last commands, which is all that is needed to
//! run it again.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails on whatever it does not expect"
)]

mod coverage;
mod generator;
mod reference;
mod reference_checks;
mod reference_hash;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use matchgate_core::domain::event::Event;
use matchgate_core::domain::{Command, InstrumentId, RejectReason, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};

use coverage::Coverage;
use generator::{Flow, Generator};
use reference::Reference;

/// Commands told with a difference.
const HISTORY_LENGTH: usize = 24;

/// Few orders and levels, so that all of them meet all the time.
const SMALL: ShardCapacity = ShardCapacity {
    orders: 64,
    levels: 6,
    instruments: 4,
    accounts: 4,
    sessions: 4,
    gateways: 2,
};

/// Enough orders for commands of several steps.
const LARGE: ShardCapacity = ShardCapacity {
    orders: 400,
    levels: 12,
    ..SMALL
};

/// Applies a command to its end.
fn apply(shard: &mut Shard, command: &Sequenced<Command>, buffer: &mut EventBuffer) -> Vec<Event> {
    let mut events = Vec::new();
    let mut progress = shard.apply(command, buffer);
    loop {
        events.extend_from_slice(buffer.as_slice());
        buffer.clear();
        match progress {
            Progress::Done => return events,
            Progress::More => progress = shard.resume(buffer),
        }
    }
}

/// Runs `command_count` commands of `seed` through both; panics at the first difference.
fn compare(seed: u64, command_count: usize, flow: Flow, capacity: ShardCapacity) -> Coverage {
    let mut shard = Shard::new(ShardId(1), capacity);
    let mut reference = Reference::new(ShardId(1), capacity);
    let mut generator = Generator::new(seed, flow, capacity);
    let mut coverage = Coverage::default();
    let mut buffer = EventBuffer::new();
    let mut history = VecDeque::with_capacity(HISTORY_LENGTH);
    for index in 0..command_count {
        let command = generator.next(&reference);
        if history.len() == HISTORY_LENGTH {
            history.pop_front();
        }
        history.push_back(command);
        let expected = reference.apply(&command);
        let applied = catch_unwind(AssertUnwindSafe(|| {
            apply(&mut shard, &command, &mut buffer)
        }));
        let Ok(actual) = applied else {
            panic!("seed {seed}, command {index} of {flow:?}\nlast commands: {history:#?}");
        };
        coverage.note(&actual);
        let equal = actual == expected
            && shard.state_hash() == reference.state_hash()
            && (0..capacity.instruments)
                .map(InstrumentId)
                .all(|id| shard.book_hash(id) == reference.book_hash(id))
            && shard.live_order_count() as usize == reference.orders.len();
        assert!(
            equal,
            "seed {seed}, command {index} of {flow:?}\nlast commands: {history:#?}\n\
             shard: {actual:#?}\nreference: {expected:#?}\nstate hash {:032x}, reference {:032x}",
            shard.state_hash(),
            reference.state_hash()
        );
    }
    coverage
}

/// Seeds that the commands of one run are spread over.
const SEEDS: u64 = 8;

/// Returns the number that a longer run gives, else what every run takes.
#[expect(
    clippy::disallowed_methods,
    reason = "a longer run of this test is asked for by its environment"
)]
fn given(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a whole number"))
}

#[test]
fn shard_equals_the_naive_reference_over_a_million_commands() {
    let mut coverage = Coverage::default();
    let commands = given("MATCHGATE_DIFFERENTIAL_COMMANDS", 1_040_000);
    let first = given("MATCHGATE_DIFFERENTIAL_SEED", 1);
    let a_seed = usize::try_from(commands / SEEDS).expect("a count fits the machine");
    for seed in first..first + SEEDS {
        coverage.add(&compare(seed, a_seed, Flow::Mixed, SMALL));
    }
    println!("compared {commands} commands, seeds from {first}");
    coverage.assert_every_event_and(&[
        RejectReason::InvalidCombination,
        RejectReason::UnknownAccount,
        RejectReason::UnknownSymbol,
        RejectReason::PriceBelowMinimum,
        RejectReason::PriceAboveMaximum,
        RejectReason::PriceOffTick,
        RejectReason::QuantityZero,
        RejectReason::QuantityOffLot,
        RejectReason::QuantityBelowMinimum,
        RejectReason::QuantityAboveMaximum,
        RejectReason::NotionalAboveMaximum,
        RejectReason::OrderNotLive,
        RejectReason::HandleNotFree,
        RejectReason::SlotNotLent,
        RejectReason::PostOnlyWouldTake,
        RejectReason::NoLiquidity,
        RejectReason::ReduceNotSmaller,
        RejectReason::OrderIdMismatch,
        RejectReason::LevelCapacity,
        RejectReason::Halted,
        RejectReason::Internal,
    ]);
}

#[test]
fn shard_equals_the_naive_reference_where_commands_take_several_steps() {
    let mut coverage = Coverage::default();
    for seed in 100..=103 {
        coverage.add(&compare(seed, 10_000, Flow::Deep, LARGE));
    }
    assert!(
        coverage.longest_command > 2 * matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX,
        "no command took three steps: {}",
        coverage.longest_command
    );
}
