//! The mirror: a record tells an order's story from the events alone.

use matchgate_core::OrderMirror;
use matchgate_core::domain::{
    ClientOrderId, Command, NewOrder, Notional, OrderHandle, OrderId, Price, Quantity,
    SequenceNumber, ShardId, TimeInForce,
};

use super::command;

fn order(line: &str) -> (NewOrder, ClientOrderId) {
    match command(line) {
        Command::New(order, id) => (order, id),
        other => panic!("{other:?}"),
    }
}

fn id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text.as_bytes()).unwrap()
}

fn price(text: &str) -> Price {
    matchgate_scenario::read_price(text).unwrap()
}

#[test]
fn record_is_pending_then_working_then_ended_and_stays_readable() {
    let mut mirror = OrderMirror::new(10, 5);
    let (order, client) = order("12 buy 10 @ 10.00 day id=A");
    assert!(mirror.get(order.handle).is_none());
    let record = mirror.open(&order, client).unwrap();
    assert!(record.is_pending());
    record.accepted(ShardId(3), SequenceNumber(77));
    assert!(!record.is_pending() && record.live);
    assert_eq!(record.order_id, OrderId::of(ShardId(3), SequenceNumber(77)));
    record.traded(price("9.50"), Quantity::new(4));
    record.traded(price("-1.00"), Quantity::new(1));
    assert_eq!(record.cumulative, Quantity::new(5));
    assert_eq!(record.leaves, Quantity::new(5));
    assert_eq!(record.notional, Notional::new(37_000_000_000));
    record.canceled();
    let record = mirror.get(order.handle).unwrap();
    assert!(!record.live);
    assert_eq!(record.leaves, Quantity::ZERO);
    assert_eq!(record.order_quantity, Quantity::new(10));
    assert_eq!(mirror.live().count(), 0);
    let next = NewOrder {
        handle: OrderHandle {
            slot: 12,
            generation: 2,
        },
        ..order
    };
    mirror.open(&next, client);
    assert!(
        mirror.get(order.handle).is_none(),
        "the slot holds another order"
    );
    assert_eq!(mirror.live().count(), 1);
}

#[test]
fn last_fill_ends_a_record() {
    let (order, client) = order("1 buy 10 @ 10.00 day");
    let mut mirror = OrderMirror::new(0, 2);
    let record = mirror.open(&order, client).unwrap();
    record.accepted(ShardId(0), SequenceNumber(1));
    record.traded(price("10"), Quantity::new(10));
    assert!(!record.live);
}

#[test]
fn replace_moves_the_client_ids_only_when_it_brings_one() {
    let (order, client) = order("1 buy 10 @ 10.00 day id=A");
    let mut mirror = OrderMirror::new(0, 2);
    let record = mirror.open(&order, client).unwrap();
    record.accepted(ShardId(0), SequenceNumber(1));
    record.replaced(
        price("11"),
        Quantity::new(20),
        Quantity::new(20),
        ClientOrderId::NONE,
    );
    assert_eq!(
        (record.client_order_id, record.original_client_order_id),
        (id("A"), id(""))
    );
    record.replaced(price("12"), Quantity::new(5), Quantity::new(5), id("B"));
    assert_eq!(
        (record.client_order_id, record.original_client_order_id),
        (id("B"), id("A"))
    );
    assert_eq!(
        (record.price, record.order_quantity),
        (price("12"), Quantity::new(5))
    );
    record.replaced(price("12"), Quantity::ZERO, Quantity::ZERO, id("C"));
    assert!(!record.live);
}

#[test]
fn record_has_the_terms_that_were_given_and_those_that_replaced_them() {
    let (order, client) = order("1 buy 10 stop=10.00 @ 9.00 display=2 group=7 stp=both");
    let mut mirror = OrderMirror::new(0, 2);
    let record = mirror.open(&order, client).unwrap();
    assert_eq!(record.terms, order.terms);
    assert_eq!(record.self_trade, order.self_trade);
    record.accepted(ShardId(0), SequenceNumber(1));
    record.terms_replaced(price("11.00"), 9000, TimeInForce::Gtd);
    assert_eq!(record.terms.stop_price, price("11.00"));
    assert_eq!(record.terms.expire_time_ns, 9000);
    assert_eq!(record.terms.display_quantity, Quantity::new(2));
    assert_eq!(record.time_in_force, TimeInForce::Gtd);
    assert!(!record.triggered);
    record.triggered();
    assert!(record.triggered && record.live);
}

#[test]
fn restated_record_has_the_price_that_it_was_told() {
    let (order, client) = order("1 buy 10 mtl");
    let mut mirror = OrderMirror::new(0, 2);
    let record = mirror.open(&order, client).unwrap();
    record.accepted(ShardId(0), SequenceNumber(1));
    record.restated(price("10.01"));
    assert_eq!(record.price, price("10.01"));
    assert_eq!(record.leaves, Quantity::new(10));
}

#[test]
fn reduce_and_rejection_end_a_record_with_nothing_open() {
    let (order, client) = order("1 buy 10 @ 10.00 day");
    let mut mirror = OrderMirror::new(0, 2);
    let record = mirror.open(&order, client).unwrap();
    record.accepted(ShardId(0), SequenceNumber(1));
    record.reduced(Quantity::new(6), Quantity::new(6));
    assert!(record.live);
    record.reduced(Quantity::ZERO, Quantity::ZERO);
    assert!(!record.live);
    let record = mirror.open(&order, client).unwrap();
    record.rejected();
    assert!(!record.live && record.leaves.is_zero());
}

#[test]
fn slots_of_another_range_have_no_record() {
    let mut mirror = OrderMirror::new(10, 5);
    assert_eq!((mirror.slot_first(), mirror.slot_count()), (10, 5));
    let (order, client) = order("12 buy 10 @ 10.00 day");
    for slot in [0, 9, 15, u32::MAX] {
        let order = NewOrder {
            handle: OrderHandle {
                slot,
                generation: 1,
            },
            ..order
        };
        assert!(mirror.open(&order, client).is_none());
        assert!(mirror.get(order.handle).is_none());
        assert!(mirror.record_of_slot(slot).is_none());
    }
    assert_eq!(mirror.record_of_slot(10).unwrap().handle.generation, 0);
}

#[test]
fn sum_of_extreme_fills_is_exact() {
    let (order, client) = order("1 buy 18446744073709551615 @ 10.00 day");
    for extreme in [Price::MIN, Price::MAX] {
        let mut mirror = OrderMirror::new(0, 2);
        let record = mirror.open(&order, client).unwrap();
        record.accepted(ShardId(0), SequenceNumber(1));
        record.traded(extreme, Quantity::new(u64::MAX - 1));
        record.traded(extreme, Quantity::new(1));
        assert_eq!(record.notional, extreme.notional(Quantity::MAX));
    }
}
