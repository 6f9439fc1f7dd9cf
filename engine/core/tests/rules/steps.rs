//! Steps: a command that needs more events than one step holds goes on until it is complete.
//!
//! The engine under test asserts the bound of every step, and the scenario that all events of a
//! command count on from 0.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use matchgate_core::domain::bounds::{EVENTS_PER_STEP_MAX, SLOT_VISITS_PER_STEP_MAX};
use matchgate_core::domain::{Command, Event, EventBody, Sequenced};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};
use matchgate_scenario::{CAPACITY, Engine, ShardEngine, read_commands};

use super::{BIG, BIG_VENUE, check_big};

/// Returns a script that rests orders of one, at 10.00, in the slots below `count`.
fn bids(count: u32) -> String {
    let mut script = BIG_VENUE.to_owned();
    for slot in 0..count {
        writeln!(script, "+ {slot} buy 1 @ 10.00 day").unwrap();
    }
    script
}

/// Appends what order 4000, of `quantity`, tells of its trades with those bids, from slot `first`.
fn sweep(script: &mut String, (first, count): (u32, u32), quantity: u32) {
    for traded in 1..=count {
        let (resting, leaves) = (first + traded - 1, quantity - traded);
        let what = format!("resting={resting} cumulative={traded} leaves={leaves}");
        writeln!(script, "< 4000 trade 1 @ 10.00 {what}").unwrap();
    }
}

#[test]
fn sweep_longer_than_a_step_is_one_command() {
    for count in [62, 63, 64, 65, 126, 127, 128, 129, 1000] {
        let mut script = bids(count);
        let quantity = count + 5;
        writeln!(script, "> 4000 sell {quantity} @ 10.00 day").unwrap();
        writeln!(script, "< 4000 new leaves={quantity}").unwrap();
        sweep(&mut script, (0, count), quantity);
        script.push_str("= depth bid - ask 5 @ 10.00\n");
        check_big(&script);
    }
}

#[test]
fn immediate_remainder_follows_a_full_step() {
    for count in [61, 62, 63, 64, 65] {
        let mut script = bids(count);
        writeln!(script, "> 4000 sell 1000 @ 10.00 ioc").unwrap();
        writeln!(script, "< 4000 new leaves=1000").unwrap();
        sweep(&mut script, (0, count), 1000);
        writeln!(script, "< 4000 canceled {} immediate", 1000 - count).unwrap();
        script.push_str("= depth bid - ask -\n");
        check_big(&script);
    }
}

#[test]
fn crossing_replace_longer_than_a_step_goes_on() {
    let mut script = bids(200);
    script.push_str(
        "+ 4000 sell 150 @ 11.00 day
         > 4000 replace 150 @ 10.00 gtc
         < 4000 replaced 150 @ 10.00 leaves=150 priority=lost
         < 4000 terms gtc\n",
    );
    sweep(&mut script, (0, 150), 150);
    script.push_str("= depth bid 50 @ 10.00 ask -\n");
    check_big(&script);
}

#[test]
fn next_part_of_an_iceberg_follows_its_trade_wherever_a_step_ends() {
    for count in 28..=33 {
        let mut script = bids(count);
        for slot in 1000..1040 {
            writeln!(script, "+ {slot} buy 2 @ 10.00 day display=1").unwrap();
        }
        let quantity = count + 40;
        writeln!(script, "> 4000 sell {quantity} @ 10.00 ioc").unwrap();
        writeln!(script, "< 4000 new leaves={quantity}").unwrap();
        sweep(&mut script, (0, count), quantity);
        for number in 1..=40 {
            let (slot, cumulative, leaves) = (999 + number, count + number, 40 - number);
            let what = format!("resting={slot} cumulative={cumulative} leaves={leaves}");
            writeln!(script, "< 4000 trade 1 @ 10.00 {what}").unwrap();
            writeln!(script, "< {slot} restated @ 10.00 displayed=1 refreshed").unwrap();
        }
        script.push_str("= bid 40 @ 10.00 ask -\n");
        check_big(&script);
    }
}

#[test]
fn prevented_trades_are_told_whole_wherever_a_step_ends() {
    for count in 0..4 {
        let mut script = bids(count);
        for slot in 1000..1040 {
            writeln!(script, "+ {slot} buy 1 @ 10.00 day account=1").unwrap();
        }
        script.push_str("> 4000 sell 1000 @ 10.00 ioc account=1 stp=decrement\n");
        script.push_str("< 4000 new leaves=1000\n");
        sweep(&mut script, (0, count), 1000);
        let leaves = 1000 - count;
        for number in 1..=40 {
            let slot = 999 + number;
            let (total, leaves) = (1000 - number, leaves - number);
            writeln!(script, "< 4000 prevented 1 @ 10.00 resting={slot}").unwrap();
            writeln!(script, "< {slot} canceled 1 self-trade").unwrap();
            writeln!(script, "< 4000 reduced {total} leaves={leaves}").unwrap();
        }
        writeln!(script, "< 4000 canceled {} immediate", leaves - 40).unwrap();
        script.push_str("= depth bid - ask -\n");
        check_big(&script);
    }
}

#[test]
fn stops_released_by_one_print_go_on_over_steps() {
    let mut script = BIG_VENUE.to_owned();
    for slot in 0..200 {
        writeln!(script, "+ {slot} buy 1 stop=10.00 @ 9.00").unwrap();
    }
    script.push_str(
        "+ 3000 sell 1 @ 10.00 day
         > 4000 buy 1 @ 10.00 ioc
         < 4000 new leaves=1
         < 4000 trade 1 @ 10.00 resting=3000 cumulative=1 leaves=0\n",
    );
    for slot in 0..200 {
        writeln!(script, "< {slot} triggered").unwrap();
    }
    script.push_str("= depth bid 200 @ 9.00 ask -\n= waiting\n");
    check_big(&script);
}

#[test]
fn pegs_that_come_to_meet_trade_on_over_steps() {
    let mut script = BIG_VENUE.to_owned();
    script.push_str("+ 3000 buy 10 @ 9.00 day\n+ 3001 sell 10 @ 11.00 day\n");
    for slot in 0..200 {
        writeln!(script, "+ {slot} buy 1 peg @ 9.80").unwrap();
    }
    script.push_str(
        "+ 1000 sell 300 peg @ 9.80
         > 3001 replace 10 @ 10.60
         < 3001 replaced 10 @ 10.60 leaves=10 priority=lost\n",
    );
    for number in 1..=200 {
        let (slot, leaves) = (number - 1, 300 - number);
        let what = format!("resting={slot} cumulative={number} leaves={leaves}");
        writeln!(script, "< 1000 trade 1 @ 9.80 {what}").unwrap();
    }
    script.push_str("= waiting 1000\n");
    check_big(&script);
}

#[test]
fn orders_that_expire_go_on_over_steps_in_the_order_of_their_entry() {
    for (time_in_force, command) in [("gtd=900000", "time 900000"), ("day", "end-day")] {
        let mut script = BIG_VENUE.to_owned();
        for slot in (0..150).rev() {
            writeln!(script, "+ {slot} buy 1 @ 10.00 {time_in_force}").unwrap();
        }
        writeln!(script, "+ 500 buy 1 @ 10.00 gtc\n> {command}").unwrap();
        for slot in (0..150).rev() {
            writeln!(script, "< {slot} expired 1").unwrap();
        }
        script.push_str("= bids 500 asks\n");
        check_big(&script);
    }
}

#[test]
fn mass_cancel_of_an_instrument_goes_on_over_steps_in_the_order_of_entry() {
    let mut script = BIG_VENUE.to_owned();
    for slot in (0..150).rev() {
        writeln!(script, "+ {slot} buy 1 @ 10.00 day account={}", slot % 4).unwrap();
    }
    script.push_str("+ 500 buy 1 @ 10.00 day instrument=1\n> mass instrument=0 gateway=none\n");
    for slot in (0..150).rev() {
        writeln!(script, "< {slot} canceled 1 mass").unwrap();
    }
    script.push_str("< mass canceled 150\n= bids 500 asks instrument=1\n");
    check_big(&script);
}

#[test]
fn search_over_all_slots_is_bounded_a_step() {
    let scenario = check_big(&format!("{BIG_VENUE}> end-day\n"));
    let slots = BIG.orders as usize;
    let engine = scenario.engine();
    assert!(engine.step_count() >= slots / SLOT_VISITS_PER_STEP_MAX);
    assert_eq!(engine.shard().live_order_count(), 0);
}

/// Applies a script's commands, without the audits of a scenario.
fn apply_all(engine: &mut ShardEngine, script: &str) -> Vec<Event> {
    let commands = read_commands(script).unwrap();
    let told = commands.iter().map(|command| engine.apply(command));
    told.last().unwrap()
}

#[test]
fn ten_thousand_orders_go_in_bounded_steps() {
    const COUNT: u32 = 10_000;
    let capacity = ShardCapacity {
        orders: COUNT,
        ..CAPACITY
    };
    let mut script = format!("> instrument 0\n> lend 0 {COUNT}\n");
    for slot in 0..COUNT {
        writeln!(script, "> {slot} buy 1 @ 10.00 day").unwrap();
    }
    script.push_str("> mass session=0 instrument=0\n");
    let mut engine = ShardEngine::new(capacity);
    let events = apply_all(&mut engine, &script);
    assert_eq!(
        engine.step_count(),
        COUNT as usize / EVENTS_PER_STEP_MAX + 1
    );
    assert_eq!(events.len(), COUNT as usize + 1);
    for (slot, event) in (0..COUNT).zip(&events) {
        assert!(matches!(event.body, EventBody::Canceled { handle, .. } if handle.slot == slot));
    }
    let last = events.last().map(|event| event.body);
    assert!(
        matches!(last, Some(EventBody::MassCanceled { count: COUNT, .. })),
        "{last:?}"
    );
    let mut other = ShardEngine::new(capacity);
    assert_eq!(apply_all(&mut other, &script), events);
    assert_eq!(other.state_hash(), engine.state_hash());
}

/// Returns a shard that was told all commands of a script but the last, and that command.
fn before_the_last(script: &str) -> (Shard, Sequenced<Command>) {
    let mut commands = read_commands(script).unwrap();
    let last = commands.pop().unwrap();
    let mut shard = Shard::new(matchgate_core::domain::ShardId(0), BIG);
    let mut buffer = EventBuffer::new();
    for command in &commands {
        assert_eq!(shard.apply(command, &mut buffer), Progress::Done);
        buffer.clear();
    }
    (shard, last)
}

#[test]
fn resume_without_a_command_does_nothing() {
    let (mut shard, _) = before_the_last(&bids(2));
    let hash = shard.state_hash();
    let mut events = EventBuffer::new();
    assert_eq!(shard.resume(&mut events), Progress::Done);
    assert!(events.is_empty());
    assert_eq!(shard.state_hash(), hash);
}

#[test]
fn caller_that_lost_its_place_is_stopped() {
    let refuses =
        |call: &mut dyn FnMut() -> Progress| catch_unwind(AssertUnwindSafe(call)).is_err();
    let script = bids(100) + "> 4000 sell 100 @ 10.00 day\n";
    let (mut shard, sweep) = before_the_last(&script);
    let mut events = EventBuffer::new();
    let repeated = Sequenced {
        sequence: shard.last_sequence(),
        ..sweep
    };
    assert!(refuses(&mut || shard.apply(&repeated, &mut events)));
    let earlier = Sequenced {
        time_ns: shard.last_time_ns() - 1,
        ..sweep
    };
    assert!(refuses(&mut || shard.apply(&earlier, &mut events)));
    assert_eq!(shard.apply(&sweep, &mut events), Progress::More);
    assert!(refuses(&mut || shard.resume(&mut events)));
    events.clear();
    let following = Sequenced {
        sequence: matchgate_core::domain::SequenceNumber(sweep.sequence.get() + 1),
        ..sweep
    };
    assert!(refuses(&mut || shard.apply(&following, &mut events)));
    assert_eq!(shard.resume(&mut events), Progress::Done);
    assert!(refuses(&mut || shard.apply(&following, &mut events)));
}
