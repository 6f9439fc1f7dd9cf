//! The rule book's tests: each is a claim of `RULES.md`, told in the scenario language.
//!
//! Every script runs against the shard and against its slow twin; both must tell what the script
//! says, and hash alike after every command.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails on whatever it does not expect"
)]

mod gates;
mod icebergs;
mod limits;
mod market;
mod mass_cancel;
mod numbers;
mod others_got_wrong;
mod pegs;
mod price_time;
mod rejects;
mod replace_reduce;
mod self_trade;
mod steps;
mod stops;
mod time_in_force;
mod twin_engine;

use matchgate_core::ShardCapacity;
use matchgate_scenario::{CAPACITY, Engine, Scenario, ShardEngine};
use twin_engine::TwinEngine;

/// The capacity of [`check_big`].
const BIG: ShardCapacity = ShardCapacity {
    orders: 4096,
    levels: 2048,
    ..CAPACITY
};

/// How a script of [`check_big`] begins: two instruments with wide limits, all slots of gateway 0.
const BIG_VENUE: &str = "> instrument 0
                         < instrument 0
                         > instrument 1
                         < instrument 1
                         > lend 0 4096 gateway=0\n";

/// Runs a script against the shard and its twin, after the usual venue. Returns that of the shard.
#[track_caller]
fn check(script: &str) -> Scenario<ShardEngine> {
    let mut shard = Scenario::new(ShardEngine::new(CAPACITY)).unwrap();
    let mut twin = Scenario::new(TwinEngine::new(CAPACITY)).unwrap();
    run(&mut shard, "shard", script);
    run(&mut twin, "twin", script);
    compare(&shard, &twin);
    shard
}

/// Runs a script that begins with [`BIG_VENUE`] and has many orders.
#[track_caller]
fn check_big(script: &str) -> Scenario<ShardEngine> {
    check_large(BIG, script)
}

/// Runs a script of many commands that begins with its venue, with engines of a capacity.
#[track_caller]
fn check_large(capacity: ShardCapacity, script: &str) -> Scenario<ShardEngine> {
    let mut shard = Scenario::large(ShardEngine::new(capacity), capacity.orders);
    let mut twin = Scenario::large(TwinEngine::new(capacity), capacity.orders);
    run(&mut shard, "shard", script);
    run(&mut twin, "twin", script);
    compare(&shard, &twin);
    shard
}

#[track_caller]
fn run<E: Engine>(scenario: &mut Scenario<E>, name: &str, script: &str) {
    if let Err(error) = scenario.run(script) {
        let before: Vec<&str> = script.lines().take(error.line).map(str::trim).collect();
        panic!("{name}: {error}\n{}", before.join("\n"));
    }
}

/// Asserts that both hashed alike at every audit.
#[track_caller]
fn compare(shard: &Scenario<ShardEngine>, twin: &Scenario<TwinEngine>) {
    assert_eq!(shard.hashes().len(), twin.hashes().len());
    for (index, (shard, twin)) in shard.hashes().iter().zip(twin.hashes()).enumerate() {
        assert_eq!(shard, twin, "hashes differ at audit {index}");
    }
}
