//! Control commands: definitions, lent slots, phases, time, hash checks.

use super::scenario::{CAPACITY, Scenario, check, instrument};
use crate::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineInstrument, Firm,
    FirmId, GatewayId, Instrument, InstrumentId, LendSlots, Name, Phase, Price, Quantity, SetPhase,
    ShardId, StateHashCheck, TimeAdvance,
};

fn define(scenario: &mut Scenario, instrument: Instrument) -> Vec<String> {
    let control = scenario.control();
    scenario.apply(Command::DefineInstrument(DefineInstrument {
        control,
        instrument,
    }))
}

fn lend(scenario: &mut Scenario, slot_first: u32, slot_count: u32, gateway: GatewayId) {
    let control = scenario.control();
    let lend = LendSlots {
        control,
        slot_first,
        slot_count,
        shard: ShardId(0),
        gateway,
        reserved: [0; 6],
    };
    assert!(scenario.apply(Command::LendSlots(lend)).is_empty());
}

#[test]
fn new_instrument_trades_at_once_in_the_continuous_phase() {
    let mut scenario = Scenario::new(|_| {});
    assert_eq!(scenario.shard.book_hash(InstrumentId(2)), None);
    assert_eq!(define(&mut scenario, instrument(2)), ["instrument 2"]);
    assert_eq!(
        scenario.shard.instrument(InstrumentId(2)),
        Some((&instrument(2), Phase::Continuous))
    );
    assert_eq!(scenario.shard.instruments().count(), 3);
    assert_eq!(scenario.shard.book_hash(InstrumentId(2)), Some(0));
    scenario.run(
        "> 1 buy 10 @ 10.00 day instrument=2
         < 1 new leaves=10",
    );
}

#[test]
fn new_limits_leave_orders_and_phase_as_they_are() {
    let mut scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > halt
         < phase Halt instrument=0",
    );
    let narrow = Instrument {
        price_max: Price::new(1_000_000_000),
        lot: Quantity::new(3),
        ..instrument(0)
    };
    let books = scenario.book_hashes();
    let state = scenario.shard.state_hash();
    assert_eq!(define(&mut scenario, narrow), ["instrument 0"]);
    assert_eq!(scenario.book_hashes(), books);
    assert_ne!(scenario.shard.state_hash(), state);
    scenario.run(
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
    let mut scenario = Scenario::new(|_| {});
    let good = instrument(2);
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
        Instrument {
            price_min: Price::MAX,
            ..good
        },
        Instrument {
            quantity_min: Quantity::MAX,
            ..good
        },
        Instrument {
            notional_max: (-1).into(),
            ..good
        },
    ] {
        assert!(define(&mut scenario, bad).is_empty());
    }
    assert_eq!(scenario.shard.instruments().count(), 2);
    let control = scenario.control();
    let phase = Command::SetPhase(SetPhase {
        control,
        instrument: InstrumentId(2),
        phase: Phase::Halt,
        reserved: [0; 3],
    });
    assert!(scenario.apply(phase).is_empty());
    assert_eq!(scenario.shard.last_control(), control);
}

#[test]
fn repeated_control_command_does_nothing() {
    let mut scenario = check(
        "> halt
         < phase Halt instrument=0
         > resume
         < phase Continuous instrument=0",
    );
    let last = scenario.shard.last_control();
    let halt = |control| {
        Command::SetPhase(SetPhase {
            control,
            instrument: InstrumentId(0),
            phase: Phase::Halt,
            reserved: [0; 3],
        })
    };
    assert!(scenario.apply(halt(last)).is_empty());
    assert!(scenario.apply(halt(ControlNumber(1))).is_empty());
    scenario.run(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10",
    );
    assert_eq!(
        scenario.apply(halt(ControlNumber(last.get() + 1))),
        ["phase Halt instrument=0"]
    );
}

#[test]
fn slots_are_lent_whole_and_for_good() {
    let mut scenario = Scenario::new(|_| {});
    lend(&mut scenario, 20, 20, GatewayId(1));
    lend(&mut scenario, 60, 5, GatewayId(1));
    lend(&mut scenario, u32::MAX, 2, GatewayId(1));
    lend(&mut scenario, 48, 4, GatewayId::NONE);
    assert_eq!(scenario.shard.slot_lent_to(20), Some(GatewayId(0)));
    assert_eq!(scenario.shard.slot_lent_to(39), Some(GatewayId(1)));
    assert_eq!(scenario.shard.slot_lent_to(48), None);
    assert_eq!(scenario.shard.slot_lent_to(60), None);
    lend(&mut scenario, 48, 16, GatewayId(1));
    assert_eq!(scenario.shard.slot_lent_to(60), Some(GatewayId(1)));
    scenario.run(
        "> 63 buy 10 @ 10.00 day gateway=1
         < 63 new leaves=10
         > 20 buy 10 @ 10.00 day gateway=1
         < 20 rejected SlotNotLent",
    );
}

#[test]
fn accounts_are_known_once_defined() {
    let mut scenario = Scenario::new(|_| {});
    let account = Account {
        id: AccountId(3),
        firm: FirmId(1),
        name: Name::new(b"ACCOUNT").unwrap(),
        open_orders_max: 10,
    };
    let define = |control, account| {
        Command::DefineAccount(DefineAccount {
            control,
            account,
            reserved: [0; 4],
        })
    };
    let control = scenario.control();
    assert_eq!(scenario.apply(define(control, account)), ["account 3"]);
    let hash = scenario.shard.state_hash();
    let beyond = Account {
        id: AccountId(4),
        ..account
    };
    let control = scenario.control();
    assert!(scenario.apply(define(control, beyond)).is_empty());
    let larger = Account {
        open_orders_max: 11,
        ..account
    };
    let control = scenario.control();
    assert_eq!(scenario.apply(define(control, larger)), ["account 3"]);
    assert_eq!(scenario.shard.account(AccountId(3)), Some(&larger));
    assert_ne!(scenario.shard.state_hash(), hash);
}

#[test]
fn time_and_gateways_definitions_move_the_counters_only() {
    let mut scenario = Scenario::new(|_| {});
    let control = scenario.control();
    let firm = Firm {
        id: FirmId(0),
        name: Name::new(b"FIRM").unwrap(),
        gateway: GatewayId(0),
        reserved: [0; 3],
    };
    let define = Command::DefineFirm(DefineFirm { control, firm });
    assert!(scenario.apply(define).is_empty());
    assert_eq!(scenario.shard.last_control(), control);
    let (sequence, time_ns) = (
        scenario.shard.last_sequence(),
        scenario.shard.last_time_ns(),
    );
    let time = TimeAdvance {
        time_ns: time_ns + 10,
    };
    assert!(scenario.apply(Command::Time(time)).is_empty());
    assert_eq!(scenario.shard.last_sequence().get(), sequence.get() + 1);
    assert_eq!(scenario.shard.last_time_ns(), time_ns + 10);
}

#[test]
fn hash_check_compares_the_hash_before_its_own_record() {
    let mut scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10",
    );
    let hash = scenario.shard.state_hash();
    let low = u64::try_from(hash & u128::from(u64::MAX)).unwrap();
    let high = u64::try_from(hash >> 64).unwrap();
    let check = |hash| Command::StateHash(StateHashCheck { hash });
    assert_eq!(scenario.apply(check([low, high])), ["hash equal"]);
    assert_eq!(scenario.apply(check([low, high])), ["hash differs"]);
}
