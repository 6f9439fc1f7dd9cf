//! What others rely on of the core beside the rules: control commands, hashes, the mirror, and that
//! the example is right.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails on whatever it does not expect"
)]

mod control;
mod example;
mod hashes;
mod mirror;
mod vacant_slots;

use matchgate_core::Shard;
use matchgate_core::domain::{Command, InstrumentId};
use matchgate_scenario::{CAPACITY, Numbering, Scenario, ShardEngine, read_command};

/// The instrument of most scripts.
const BOOK: InstrumentId = InstrumentId(0);

/// Runs a script against a shard, after the usual venue.
#[track_caller]
fn check(script: &str) -> Scenario<ShardEngine> {
    let mut scenario = Scenario::new(ShardEngine::new(CAPACITY)).unwrap();
    run(&mut scenario, script);
    scenario
}

/// Runs more of a script.
#[track_caller]
fn run(scenario: &mut Scenario<ShardEngine>, script: &str) {
    if let Err(error) = scenario.run(script) {
        panic!("{error}");
    }
}

fn shard(scenario: &Scenario<ShardEngine>) -> &Shard {
    scenario.engine().shard()
}

/// Reads one command line.
fn command(line: &str) -> Command {
    read_command(line, &mut Numbering::new()).unwrap().body
}
