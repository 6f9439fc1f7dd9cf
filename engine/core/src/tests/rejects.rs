//! Every refusal that a shard can give. The scenario runner asserts for each that the book
//! hashes are as before; what a refusal does move is told here.

use std::collections::BTreeSet;

use super::scenario::{Scenario, check, check_with};
use crate::domain::event::EventBody;
use crate::domain::{Command, GatewayId, Origin, Quantity, RejectReason};

const LIMITS: &str = "> 1 buy 10 @ 9.99 day
                      < 1 rejected PriceBelowMinimum
                      > 1 buy 10 @ 20.01 day
                      < 1 rejected PriceAboveMaximum
                      > 1 buy 10 @ 10.01 day
                      < 1 rejected PriceOffTick
                      > 1 buy 0 @ 10.00 day
                      < 1 rejected QuantityZero
                      > 1 buy 5 @ 10.00 day
                      < 1 rejected QuantityBelowMinimum
                      > 1 buy 105 @ 10.00 day
                      < 1 rejected QuantityAboveMaximum
                      > 1 buy 12 @ 10.00 day
                      < 1 rejected QuantityOffLot
                      > 1 buy 100 @ 15.00 day
                      < 1 rejected NotionalAboveMaximum
                      > 1 buy 100 @ 10.00 day
                      < 1 new leaves=100
                      > 1 replace 10 @ 9.99
                      < 1 refused PriceBelowMinimum
                      > 1 replace 10 @ 20.01
                      < 1 refused PriceAboveMaximum
                      > 1 replace 10 @ 10.01
                      < 1 refused PriceOffTick
                      > 1 replace 0 @ 10.00
                      < 1 refused QuantityZero
                      > 1 replace 5 @ 10.00
                      < 1 refused QuantityBelowMinimum
                      > 1 replace 105 @ 10.00
                      < 1 refused QuantityAboveMaximum
                      > 1 replace 12 @ 10.00
                      < 1 refused QuantityOffLot
                      > 1 replace 100 @ 15.00
                      < 1 refused NotionalAboveMaximum
                      > 1 reduce 12
                      < 1 refused QuantityOffLot
                      > 1 reduce 100
                      < 1 refused ReduceNotSmaller
                      = bid 100 @ 10.00 ask -\n";

fn limited() -> Scenario {
    check_with(
        |instrument| {
            instrument.tick = super::scenario::price("0.05");
            instrument.price_min = super::scenario::price("10");
            instrument.price_max = super::scenario::price("20");
            instrument.lot = Quantity::new(5);
            instrument.quantity_min = Quantity::new(10);
            instrument.quantity_max = Quantity::new(100);
            instrument.notional_max = (1000 * 1_000_000_000).into();
        },
        LIMITS,
    )
}

#[test]
fn fields_outside_the_instruments_limits_are_refused() {
    limited();
}

#[test]
fn off_lot_reduce_that_ends_the_order_is_taken() {
    let mut scenario = limited();
    scenario.run(
        "> 2 sell 15 @ 10.00 ioc
         < 2 new leaves=15
         < 2 trade 15 @ 10.00 resting=1 cumulative=15 leaves=0
         > 1 reduce 7
         < 1 reduced 15 leaves=0",
    );
}

#[test]
fn conditions_that_do_not_go_together_are_refused_first() {
    check(
        "> 1 buy 10 market day
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
         > 1 buy 10 @ 10.00 day gateway=1
         < 1 rejected SlotNotLent
         > 63 buy 10 @ 10.00 day
         < 63 rejected SlotNotLent
         > 64 buy 10 @ 10.00 day
         < 64 rejected SlotNotLent
         > 4294967295 buy 10 @ 10.00 day
         < 4294967295 rejected SlotNotLent
         > 1 buy 10 @ 10.00 day generation=0
         < 1 rejected HandleNotFree
         > 1 buy 10 @ 10.00 day generation=5
         < 1 new leaves=10
         > 1 buy 10 @ 10.00 day generation=6
         < 1 rejected HandleNotFree
         > 1 cancel
         < 1 canceled 10 requested
         > 1 buy 10 @ 10.00 day generation=5
         < 1 rejected HandleNotFree
         > 1 buy 10 @ 10.00 day generation=4294967295
         < 1 new leaves=10
         > 40 buy 10 @ 10.00 day gateway=1
         < 40 new leaves=10
         = bids 1 40 asks",
    );
}

#[test]
fn owners_beyond_the_capacity_are_refused() {
    check(
        "> 1 buy 10 @ 10.00 day account=4
         < 1 rejected UnknownAccount
         > 1 buy 10 @ 10.00 day session=4
         < 1 rejected Internal
         > 1 buy 10 @ 10.00 day account=3 session=3
         < 1 new leaves=10",
    );
}

#[test]
fn cancel_with_another_orders_id_is_refused() {
    check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
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
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 9.00 day
         < 2 new leaves=10
         > 3 buy 10 @ 8.00 day
         < 3 new leaves=10
         > 4 buy 10 @ 7.00 day
         < 4 new leaves=10
         > 5 buy 10 @ 6.00 day
         < 5 rejected LevelCapacity
         > 5 buy 10 @ 6.00 ioc
         < 5 new leaves=10
         < 5 canceled 10 immediate
         > 5 buy 10 @ 9.00 day
         < 5 new leaves=10
         > 6 sell 10 @ 11.00 day
         < 6 new leaves=10
         > 5 replace 10 @ 6.00
         < 5 refused LevelCapacity
         > 4 replace 10 @ 6.00
         < 4 replaced 10 @ 6.00 leaves=10 priority=lost
         = bids 1 2 5 3 4 asks 6",
    );
}

/// Every reason that the code of the shard names.
const REACHABLE: [RejectReason; 20] = [
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
];

#[test]
fn every_reason_that_a_shard_names_has_a_scenario_that_reaches_it() {
    let sources = [
        include_str!("../shard.rs"),
        include_str!("../shard/checks.rs"),
        include_str!("../shard/control.rs"),
        include_str!("../shard/mass_cancel.rs"),
        include_str!("../shard/orders.rs"),
    ]
    .concat();
    let scenarios = [
        include_str!("rejects.rs"),
        include_str!("modify.rs"),
        include_str!("time_in_force.rs"),
    ]
    .concat();
    let named: BTreeSet<RejectReason> = RejectReason::ALL
        .iter()
        .copied()
        .filter(|reason| sources.contains(&format!("RejectReason::{reason:?}")))
        .collect();
    let expected = REACHABLE.into_iter().chain([RejectReason::Internal]);
    assert_eq!(named, expected.collect());
    for reason in named {
        let told = [" rejected ", " refused "]
            .iter()
            .any(|verb| scenarios.contains(&format!("{verb}{reason:?}\n")));
        assert!(told, "no scenario reaches {reason:?}");
    }
}

#[test]
fn refused_order_moves_ring_number_and_sequence_only() {
    let mut scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10",
    );
    let (ring, sequence) = (
        scenario.shard.last_ring(GatewayId(0)),
        scenario.shard.last_sequence(),
    );
    let slot = scenario.shard.slot(2);
    let hash = scenario.shard.state_hash();
    scenario.run(
        "> 2 buy 10 @ 10.001 day
         < 2 rejected PriceOffTick",
    );
    assert_eq!(scenario.shard.last_ring(GatewayId(0)).get(), ring.get() + 1);
    assert_eq!(scenario.shard.last_sequence().get(), sequence.get() + 1);
    assert_eq!(scenario.shard.slot(2), slot);
    assert_ne!(scenario.shard.state_hash(), hash);
}

#[test]
fn operators_new_order_has_no_slot() {
    let mut scenario = Scenario::new(|_| {});
    let Command::New(mut order, id) = scenario.command("1 buy 10 @ 10.00 day") else {
        panic!("a new order");
    };
    order.origin = Origin {
        gateway: GatewayId::NONE,
        ..order.origin
    };
    assert_eq!(
        scenario.apply(Command::New(order, id)),
        ["1 rejected SlotNotLent"]
    );
    order.handle.slot = 63;
    assert_eq!(
        scenario.apply(Command::New(order, id)),
        ["63 rejected SlotNotLent"]
    );
}

#[test]
fn refusal_carries_the_requests_class_and_a_cancel_the_orders() {
    let mut scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.001 day synced
         < 2 rejected PriceOffTick",
    );
    let class = |scenario: &Scenario| match scenario.events[0].body {
        EventBody::Rejected { durability, .. }
        | EventBody::CancelRejected { durability, .. }
        | EventBody::Canceled { durability, .. } => durability,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(&scenario), crate::domain::Durability::Synced);
    scenario.run(
        "> 1 reduce 10 synced
         < 1 refused ReduceNotSmaller",
    );
    assert_eq!(class(&scenario), crate::domain::Durability::Synced);
    scenario.run(
        "> 1 cancel synced
         < 1 canceled 10 requested",
    );
    assert_eq!(class(&scenario), crate::domain::Durability::Written);
}
