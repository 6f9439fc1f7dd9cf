//! Every refusal that a shard can give, and which comes first. A scenario asserts for each that it
//! is the only event, that the book hashes are as before, and that every live order is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::RejectReason;
use matchgate_scenario::CAPACITY;

use super::{check, check_large};

/// An instrument with all limits narrow: price 10 to 20 in steps of 0.05, lot 5, quantity 10 to
/// 100, notional 1000.
const NARROW: &str = "> instrument 2 low=10 high=20 tick=0.05 lot=5 min=10 max=100 \
                        notional=1000000000000
                      < instrument 2\n";

#[test]
fn fields_outside_the_instruments_limits_are_refused() {
    for (order, reason) in [
        ("10 @ 9.95", "PriceBelowMinimum"),
        ("10 @ 20.05", "PriceAboveMaximum"),
        ("10 @ 10.01", "PriceOffTick"),
        ("0 @ 10.00", "QuantityZero"),
        ("5 @ 10.00", "QuantityBelowMinimum"),
        ("105 @ 10.00", "QuantityAboveMaximum"),
        ("12 @ 10.00", "QuantityOffLot"),
        ("100 @ 10.05", "NotionalAboveMaximum"),
        ("10 stop=9.95", "PriceBelowMinimum"),
        ("10 stop=20.05", "PriceAboveMaximum"),
        ("10 stop=10.01", "PriceOffTick"),
        ("10 peg @ 9.95", "PriceBelowMinimum"),
        ("10 peg @ 20.05", "PriceAboveMaximum"),
        ("10 peg @ 10.01", "PriceOffTick"),
        ("100 @ 10.00 display=105", "DisplayQuantityInvalid"),
        ("100 @ 10.00 display=12", "DisplayQuantityInvalid"),
        ("100 @ 10.00 ioc min=105", "MinimumQuantityInvalid"),
        ("100 @ 10.00 ioc min=12", "MinimumQuantityInvalid"),
        ("100 @ 10.00 gtd=30", "ExpireTimePassed"),
    ] {
        check(&format!(
            "{NARROW}
             + 1 buy 100 @ 10.00 day instrument=2
             > 2 buy {order} instrument=2
             < 2 rejected {reason}
             = bid 100 @ 10.00 ask - instrument=2"
        ));
    }
}

#[test]
fn ends_of_the_instruments_limits_are_taken() {
    for order in [
        "10 @ 10.00",
        "50 @ 20.00",
        "100 @ 10.00",
        "100 @ 10.00 display=100",
        "100 @ 10.00 display=5",
        "10 stop=10.00",
        "10 stop=20.00",
        "100 peg",
        "10 peg @ 20.00",
        "100 @ 10.00 gtd=70",
    ] {
        check(&format!("{NARROW} + 1 buy {order} instrument=2"));
    }
}

#[test]
fn reduce_that_makes_nothing_smaller_or_is_off_lot_is_refused() {
    check(&format!(
        "{NARROW}
         + 1 buy 100 @ 10.00 day instrument=2
         > 1 reduce 12
         < 1 refused QuantityOffLot
         > 1 reduce 100
         < 1 refused ReduceNotSmaller
         > 1 reduce 103
         < 1 refused ReduceNotSmaller
         = bid 100 @ 10.00 ask - instrument=2"
    ));
}

#[test]
fn conditions_that_do_not_go_together_are_refused_first() {
    check(
        "> halt
         < phase Halt instrument=0
         > 1 buy 10 market day
         < 1 rejected InvalidCombination
         > 1 buy 10 market post
         < 1 rejected InvalidCombination
         > 1 buy 10 @ 10.00 ioc post
         < 1 rejected InvalidCombination
         > 1 buy 0 @ 5000.001 ioc post instrument=2
         < 1 rejected InvalidCombination",
    );
}

#[test]
fn unknown_symbol_comes_before_phase_and_phase_before_fields() {
    check(
        "> halt
         < phase Halt instrument=0
         > 1 buy 0 @ 5000.001 day instrument=2
         < 1 rejected UnknownSymbol
         > 1 buy 0 @ 5000.001 day instrument=4000000000
         < 1 rejected UnknownSymbol
         > 1 buy 0 @ 5000.001 day
         < 1 rejected Halted
         > resume
         < phase Continuous instrument=0
         > 1 buy 0 @ 5000.001 day
         < 1 rejected PriceAboveMaximum
         > 1 buy 0 @ 500.001 day
         < 1 rejected PriceOffTick
         > 1 buy 0 @ 500.00 day
         < 1 rejected QuantityZero",
    );
}

#[test]
fn handle_must_be_lent_free_and_of_a_new_generation() {
    check(
        "> 40 buy 10 @ 10.00 day
         < 40 rejected SlotNotLent
         > 1 buy 10 @ 10.00 day gateway=1 generation=1
         < 1 rejected SlotNotLent
         > 63 buy 10 @ 10.00 day
         < 63 rejected SlotNotLent
         > 64 buy 10 @ 10.00 day
         < 64 rejected SlotNotLent
         > 4294967295 buy 10 @ 10.00 day
         < 4294967295 rejected SlotNotLent
         > 1 buy 10 @ 10.00 day generation=0
         < 1 rejected HandleNotFree
         + 1 buy 10 @ 10.00 day generation=5
         > 1 buy 10 @ 10.00 day generation=6
         < 1 rejected HandleNotFree
         > 1 cancel generation=5
         < 1 canceled 10 requested
         > 1 buy 10 @ 10.00 day generation=5
         < 1 rejected HandleNotFree
         + 1 buy 10 @ 10.00 day generation=4294967295
         + 40 buy 10 @ 10.00 day gateway=1
         = bids 1 40 asks",
    );
}

#[test]
fn operators_new_order_has_no_slot() {
    check(
        "> 1 buy 10 @ 10.00 day gateway=none
         < 1 rejected SlotNotLent
         > 63 buy 10 @ 10.00 day gateway=none
         < 63 rejected SlotNotLent",
    );
}

#[test]
fn owners_beyond_the_capacity_are_refused() {
    check(
        "> 1 buy 10 @ 10.00 day account=4
         < 1 rejected UnknownAccount
         > 1 buy 10 @ 10.00 day session=4
         < 1 rejected Internal
         + 1 buy 10 @ 10.00 day account=3 session=3",
    );
}

#[test]
fn sessions_and_accounts_have_so_many_pairs_at_the_most() {
    let capacity = ShardCapacity {
        orders: 1,
        sessions: 8,
        accounts: 8,
        ..CAPACITY
    };
    let pairs = 2 * (capacity.orders + capacity.sessions + capacity.accounts);
    let mut script = "> instrument 0\n< instrument 0\n> lend 0 1\n".to_owned();
    for pair in 0..pairs {
        let order = format!("0 buy 1 @ 1.00 session={} account={}", pair / 8, pair % 8);
        script.push_str(&format!(
            "+ {order}\n> 0 cancel\n< 0 canceled 1 requested\n"
        ));
    }
    script.push_str(
        "> 0 buy 1 @ 1.00 session=7 account=7
         < 0 rejected OwnerCapacity
         + 0 buy 1 @ 1.00 session=0 account=0\n",
    );
    check_large(capacity, &script);
}

#[test]
fn cancel_with_another_orders_id_is_refused() {
    check(
        "+ 1 buy 10 @ 10.00 day
         > 1 cancel order=4
         < 1 refused OrderIdMismatch
         > 1 cancel order=5
         < 1 canceled 10 requested
         > 1 cancel order=5
         < 1 refused OrderNotLive",
    );
}

#[test]
fn order_that_needs_one_level_too_many_is_refused() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.00 day
         + 3 buy 10 @ 8.00 day
         + 4 buy 10 @ 7.00 day
         > 5 buy 10 @ 6.00 day
         < 5 rejected LevelCapacity
         > 5 buy 10 @ 6.00 ioc
         < 5 new leaves=10
         < 5 canceled 10 immediate
         + 5 buy 10 @ 9.00 day
         + 6 sell 10 @ 11.00 day
         > 5 replace 10 @ 6.00
         < 5 refused LevelCapacity
         > 4 replace 10 @ 6.00
         < 4 replaced 10 @ 6.00 leaves=10 priority=lost
         = bids 1 2 5 3 4 asks 6",
    );
}

#[test]
fn stop_order_that_needs_one_stop_price_too_many_is_refused() {
    check(
        "+ 1 buy 10 stop=10.00
         + 2 buy 10 stop=11.00
         + 3 buy 10 stop=12.00
         + 4 buy 10 stop=13.00 @ 5.00
         > 5 buy 10 stop=14.00
         < 5 rejected LevelCapacity
         + 5 buy 10 stop=13.00
         + 6 sell 10 stop=14.00
         > 5 replace 10 stop=14.00
         < 5 refused LevelCapacity
         > 1 replace 10 stop=14.00
         < 1 replaced 10 @ 0.00 leaves=10 priority=lost
         < 1 terms stop=14.00 day
         = waiting 1 2 3 4 5 6",
    );
}

#[test]
fn stop_order_that_is_reached_as_it_comes_needs_no_stop_price() {
    check(
        "+ 1 buy 10 stop=11.00
         + 2 buy 10 stop=12.00
         + 3 buy 10 stop=13.00
         + 4 buy 10 stop=14.00
         + 5 buy 10 stop=11.00 @ 8.00
         + 6 sell 1 @ 10.00 day
         > 7 buy 1 @ 10.00 ioc
         < 7 new leaves=1
         < 7 trade 1 @ 10.00 resting=6 cumulative=1 leaves=0
         > 8 buy 10 stop=10.50 @ 8.00
         < 8 rejected LevelCapacity
         > 8 buy 10 stop=9.00 @ 8.00
         < 8 new leaves=10
         < 8 triggered
         > 5 replace 10 @ 8.00 stop=9.00
         < 5 replaced 10 @ 8.00 leaves=10 priority=lost
         < 5 terms stop=9.00 day
         < 5 triggered
         = bids 8 5 asks
         = waiting 1 2 3 4",
    );
}

#[test]
fn refused_order_moves_ring_number_and_sequence_and_no_slot() {
    let scenario = check(
        "+ 1 buy 10 @ 10.00 day
         > 2 buy 10 @ 10.001 day generation=7
         < 2 rejected PriceOffTick
         > 2 buy 10 @ 10.00 day generation=7 ring=2
         + 2 buy 10 @ 9.00 day generation=7 ring=3",
    );
    let hashes: BTreeSet<u128> = scenario
        .hashes()
        .iter()
        .map(|hashes| hashes.state)
        .collect();
    assert_eq!(
        hashes.len(),
        scenario.hashes().len(),
        "each moved the state"
    );
}

#[test]
fn refusal_carries_the_requests_class_and_a_cancel_the_orders() {
    check(
        "+ 1 buy 10 @ 10.00 day
         > 2 buy 10 @ 10.001 day synced
         < 2 rejected PriceOffTick synced
         > 1 reduce 10 synced
         < 1 refused ReduceNotSmaller synced
         > 1 cancel synced
         < 1 canceled 10 requested
         + 1 buy 10 @ 10.00 day synced
         > 1 reduce 9
         < 1 reduced 9 leaves=9 synced
         > 1 replace 8 @ 10.00
         < 1 replaced 8 @ 10.00 leaves=8 priority=kept synced
         > 2 sell 1 @ 10.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0 resting-synced
         > mass session=0
         < 1 canceled 7 mass synced
         < mass canceled 1
         > mass session=0 synced
         < mass canceled 0 synced",
    );
}

#[test]
fn every_reason_that_the_shard_names_has_a_scenario_that_reaches_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = texts(&folder.join("src/shard")) + &texts(&folder.join("src/book"));
    let scenarios = texts(&folder.join("tests/rules"));
    let named = |reason: &&RejectReason| sources.contains(&format!("RejectReason::{reason:?}"));
    let named: Vec<&RejectReason> = RejectReason::ALL.iter().filter(named).collect();
    assert!(named.len() > 20, "the sources are where this test looks");
    for reason in named {
        let ends = ["\n", "\"", " synced\n"];
        let told = [" rejected ", " refused ", "refused="]
            .iter()
            .flat_map(|verb| ends.map(|end| format!("{verb}{reason:?}{end}")))
            .any(|told| scenarios.contains(&told));
        let in_a_table = scenarios.contains(&format!(", \"{reason:?}\")"));
        assert!(told || in_a_table, "no scenario reaches {reason:?}");
    }
}

/// Returns the text of all files in a folder.
fn texts(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}
