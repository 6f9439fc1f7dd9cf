//! Control commands: definitions, lent slots, phases, time, hash checks.

use matchgate_core::domain::{
    AccountId, Command, ControlNumber, DefineInstrument, GatewayId, Instrument, InstrumentId,
    Phase, Price, Quantity, Sequenced, ShardId,
};
use matchgate_core::state_hash::{high_half, low_half};
use matchgate_scenario::{CAPACITY, Engine, Scenario, ShardEngine};

use super::{check, command, run, shard};

/// The instrument of a line that defines one.
fn instrument(line: &str) -> Instrument {
    match command(line) {
        Command::DefineInstrument(define) => define.instrument,
        other => panic!("{other:?}"),
    }
}

/// Defines an instrument as the next command; returns what the shard told.
fn define(scenario: &mut Scenario<ShardEngine>, instrument: Instrument) -> Vec<String> {
    let next = scenario.command("instrument 0").unwrap();
    let Command::DefineInstrument(define) = next.body else {
        panic!("a definition");
    };
    let body = Command::DefineInstrument(DefineInstrument {
        instrument,
        ..define
    });
    scenario.apply(&Sequenced { body, ..next }).unwrap()
}

#[test]
fn new_instrument_trades_at_once_in_the_continuous_phase() {
    let mut scenario = check("");
    assert_eq!(shard(&scenario).book_hash(InstrumentId(2)), None);
    run(&mut scenario, "> instrument 2 lot=5\n < instrument 2");
    assert_eq!(
        shard(&scenario).instrument(InstrumentId(2)),
        Some((&instrument("instrument 2 lot=5"), Phase::Continuous))
    );
    assert_eq!(shard(&scenario).instruments().count(), 3);
    assert_eq!(shard(&scenario).book_hash(InstrumentId(2)), Some(0));
    run(&mut scenario, "+ 1 buy 10 @ 10.00 day instrument=2");
}

#[test]
fn new_limits_leave_orders_and_phase_as_they_are() {
    let mut scenario = check(
        "+ 1 buy 10 @ 10.00 day
         > halt
         < phase Halt instrument=0",
    );
    let (book, state) = (
        shard(&scenario).book_hash(super::BOOK),
        shard(&scenario).state_hash(),
    );
    run(
        &mut scenario,
        "> instrument 0 high=1 lot=3\n < instrument 0",
    );
    assert_eq!(shard(&scenario).book_hash(super::BOOK), book);
    assert_ne!(shard(&scenario).state_hash(), state);
    run(
        &mut scenario,
        "= bid 10 @ 10.00 ask -
         > 2 buy 10 @ 1.00 day
         < 2 rejected Halted
         > resume
         < phase Continuous instrument=0
         > 2 buy 10 @ 10.00 day
         < 2 rejected PriceAboveMaximum
         > 1 cancel
         < 1 canceled 10 requested",
    );
}

#[test]
fn definition_that_the_shard_cannot_take_changes_nothing() {
    let mut scenario = check("");
    let good = instrument("instrument 2");
    for bad in [
        Instrument {
            shard: ShardId(1),
            ..good
        },
        Instrument {
            id: InstrumentId(CAPACITY.instruments),
            ..good
        },
        Instrument {
            tick: Price::new(0),
            ..good
        },
        Instrument {
            lot: Quantity::ZERO,
            ..good
        },
        instrument("instrument 2 low=2 high=1"),
        instrument("instrument 2 low=min"),
        instrument("instrument 2 high=max"),
        Instrument {
            quantity_min: Quantity::MAX,
            ..good
        },
        Instrument {
            notional_max: (-1).into(),
            ..good
        },
        Instrument {
            protection: Price::new(-1),
            ..good
        },
        // The tick of a known instrument is for good.
        instrument("instrument 0 tick=0.05"),
    ] {
        assert!(define(&mut scenario, bad).is_empty(), "{bad:?}");
    }
    assert_eq!(shard(&scenario).instruments().count(), 2);
    let known = shard(&scenario).instrument(super::BOOK);
    assert_eq!(
        known,
        Some((&instrument("instrument 0"), Phase::Continuous))
    );
    let last = shard(&scenario).last_control();
    run(
        &mut scenario,
        "> halt instrument=2\n > end-day instrument=2",
    );
    let control = ControlNumber(last.get() + 2);
    assert_eq!(
        shard(&scenario).last_control(),
        control,
        "the numbers are used up"
    );
}

#[test]
fn slots_are_lent_whole_and_for_good() {
    let mut scenario = check(
        "> lend 20 20 gateway=1
         > lend 60 5 gateway=1
         > lend 4294967295 2 gateway=1
         > lend 48 4 gateway=none
         > lend 48 4 shard=1 gateway=1",
    );
    for (slot, lent_to) in [
        (20, Some(GatewayId(0))),
        (39, Some(GatewayId(1))),
        (48, None),
        (60, None),
        (64, None),
    ] {
        assert_eq!(shard(&scenario).slot_lent_to(slot), lent_to);
    }
    run(
        &mut scenario,
        "> lend 48 16 gateway=1
         + 63 buy 10 @ 10.00 day gateway=1
         > 20 buy 10 @ 10.00 day gateway=1
         < 20 rejected SlotNotLent",
    );
    assert_eq!(shard(&scenario).slot_lent_to(60), Some(GatewayId(1)));
}

#[test]
fn accounts_are_known_once_defined() {
    let mut scenario = check("> account 3 firm=1 name=ACCOUNT open=10\n < account 3");
    let hash = shard(&scenario).state_hash();
    run(
        &mut scenario,
        "> account 4 firm=1 name=ACCOUNT open=10
         > account 3 firm=1 name=ACCOUNT open=11
         < account 3",
    );
    let Command::DefineAccount(define) = command("account 3 firm=1 name=ACCOUNT open=11") else {
        panic!("an account");
    };
    let known = shard(&scenario).account(AccountId(3));
    assert_eq!(known, Some(&define.account));
    assert_ne!(shard(&scenario).state_hash(), hash);
}

#[test]
fn time_and_gateways_definitions_move_the_counters_only() {
    let mut scenario = check("");
    let (control, sequence) = (
        shard(&scenario).last_control(),
        shard(&scenario).last_sequence(),
    );
    run(
        &mut scenario,
        "> firm 0 name=FIRM\n > session 0 key=KEY\n > time 2000",
    );
    let after = shard(&scenario);
    assert_eq!(after.last_control().get(), control.get() + 2);
    assert_eq!(after.last_sequence().get(), sequence.get() + 3);
    assert_eq!(after.last_time_ns(), 2000);
}

#[test]
fn ring_numbers_are_kept_a_gateway() {
    let scenario = check(
        "+ 1 buy 10 @ 10.00 day ring=11
         + 40 buy 10 @ 10.00 day gateway=1
         > 1 cancel gateway=none
         < 1 canceled 10 requested",
    );
    let last = |gateway| shard(&scenario).last_ring(gateway).get();
    assert_eq!([last(GatewayId(0)), last(GatewayId(1))], [11, 1]);
    assert_eq!([last(GatewayId(2)), last(GatewayId::NONE)], [0, 0]);
}

#[test]
fn ring_tag_is_the_low_half_of_the_ring_number() {
    let scenario = check("+ 1 buy 1 @ 1.00 ring=30064771081 at=18446744073709551615");
    let header = scenario.events()[0].header;
    assert_eq!((header.ring_tag, header.time_ns), (9, u64::MAX));
}

#[test]
fn refused_order_moves_ring_number_and_sequence_only() {
    let mut scenario = check("+ 1 buy 10 @ 10.00 day");
    let (sequence, hash) = (
        shard(&scenario).last_sequence(),
        shard(&scenario).state_hash(),
    );
    let slot = shard(&scenario).slot(2);
    run(
        &mut scenario,
        "> 2 buy 10 @ 10.001 day\n < 2 rejected PriceOffTick",
    );
    assert_eq!(shard(&scenario).last_ring(GatewayId(0)).get(), 2);
    assert_eq!(shard(&scenario).last_sequence().get(), sequence.get() + 1);
    assert_eq!(shard(&scenario).slot(2), slot);
    assert_ne!(shard(&scenario).state_hash(), hash);
}

#[test]
fn hash_check_compares_the_hash_before_its_own_record() {
    let mut scenario = check("+ 1 buy 10 @ 10.00 day");
    let hash = scenario.engine().state_hash();
    let line = format!("> hash {:016x}{:016x}", high_half(hash), low_half(hash));
    run(
        &mut scenario,
        &format!("{line}\n < hash equal\n {line}\n < hash differs"),
    );
}
