//! The ends of the number ranges: nothing wraps, nothing panics.

use super::scenario::{Scenario, check_with};
use crate::domain::{
    Command, Instrument, InstrumentId, NewOrder, Price, Quantity, RejectReason, Replace, Side,
};

/// Takes every price and quantity that can be written.
fn boundless(instrument: &mut Instrument) {
    instrument.tick = Price::new(1);
    instrument.price_min = Price::MIN;
    instrument.price_max = Price::MAX;
    instrument.quantity_max = Quantity::MAX;
    instrument.notional_max = i128::MAX.into();
}

fn order(scenario: &mut Scenario, line: &str, price: Price, quantity: Quantity) -> Command {
    let Command::New(order, id) = scenario.command(line) else {
        panic!("a new order");
    };
    let order = NewOrder {
        price,
        quantity,
        ..order
    };
    Command::New(order, id)
}

#[test]
fn zero_and_negative_prices_trade_in_their_order() {
    check_with(
        boundless,
        "> 1 sell 10 @ 0.00 day
         < 1 new leaves=10
         > 2 sell 10 @ -1.00 day
         < 2 new leaves=10
         > 3 sell 10 @ 1.00 day
         < 3 new leaves=10
         = bids asks 2 1 3
         > 4 buy 25 @ 0.00 day
         < 4 new leaves=25
         < 4 trade 10 @ -1.00 resting=2 cumulative=10 leaves=15
         < 4 trade 10 @ 0.00 resting=1 cumulative=20 leaves=5
         = bid 5 @ 0.00 ask 10 @ 1.00
         > 5 sell 5 @ -3.00 ioc
         < 5 new leaves=5
         < 5 trade 5 @ 0.00 resting=4 cumulative=5 leaves=0",
    );
}

#[test]
fn extreme_prices_and_quantities_rest_and_trade() {
    for extreme in [Price::MIN, Price::MAX] {
        let mut scenario = Scenario::new(boundless);
        for (line, quantity) in [
            ("1 sell 1 day", Quantity::MAX),
            ("2 sell 1 day", Quantity::MAX),
        ] {
            let command = order(&mut scenario, line, extreme, quantity);
            scenario.apply(command);
        }
        let level = scenario.shard.depth(InstrumentId(0), Side::Sell, 1).next();
        let level = level.unwrap();
        assert_eq!(level.price, extreme);
        assert_eq!(level.quantity, 2 * u128::from(u64::MAX));
        let buy = order(&mut scenario, "3 buy 1 ioc", extreme, Quantity::MAX);
        let told = scenario.apply(buy);
        assert_eq!(told.len(), 2);
        assert!(told[1].ends_with("resting=1 cumulative=18446744073709551615 leaves=0"));
    }
}

#[test]
fn best_prices_at_both_ends_do_not_cross() {
    let mut scenario = Scenario::new(boundless);
    let low = order(&mut scenario, "1 buy 1 day", Price::MIN, Quantity::MAX);
    let high = order(&mut scenario, "2 sell 1 day", Price::MAX, Quantity::MAX);
    scenario.apply(low);
    scenario.apply(high);
    assert_eq!(scenario.shard.live_order_count(), 2);
    let inside = order(&mut scenario, "3 sell 1 day", Price::MIN, Quantity::new(1));
    assert_eq!(scenario.apply(inside).len(), 2, "accepted and traded");
}

#[test]
fn notional_is_compared_without_overflow_at_either_sign() {
    let largest = i128::from(i64::MAX) * i128::from(u64::MAX);
    for (limit, price, quantity, taken) in [
        (largest, Price::MAX, Quantity::MAX, true),
        (largest - 1, Price::MAX, Quantity::MAX, false),
        (largest, Price::MIN, Quantity::MAX, false),
        (i128::MAX, Price::MIN, Quantity::MAX, true),
        (0, Price::new(0), Quantity::MAX, true),
        (0, Price::new(-1), Quantity::new(1), false),
        (10, Price::new(-5), Quantity::new(2), true),
        (9, Price::new(-5), Quantity::new(2), false),
    ] {
        let mut scenario = Scenario::new(|instrument| {
            boundless(instrument);
            instrument.notional_max = limit.into();
        });
        let command = order(&mut scenario, "1 buy 1 day", price, quantity);
        let told = scenario.apply(command);
        let expected = if taken {
            format!("1 new leaves={}", quantity.get())
        } else {
            format!("1 rejected {:?}", RejectReason::NotionalAboveMaximum)
        };
        assert_eq!(told, [expected], "{limit} {price:?} {quantity:?}");
    }
}

#[test]
fn tick_is_exact_at_the_ends_of_the_range() {
    let mut scenario = Scenario::new(|instrument| {
        boundless(instrument);
        instrument.tick = Price::new(i64::MAX);
    });
    for (slot, price, taken) in [
        (1, Price::MAX, true),
        (2, Price::new(0), true),
        (3, Price::new(-i64::MAX), true),
        (4, Price::MIN, false),
        (5, Price::new(1), false),
    ] {
        let line = format!("{slot} buy 1 day");
        let command = order(&mut scenario, &line, price, Quantity::new(1));
        let told = scenario.apply(command);
        assert_eq!(told[0].contains("new"), taken, "{price:?}");
    }
}

#[test]
fn replace_to_the_largest_total_keeps_quantities_exact() {
    let mut scenario = check_with(
        boundless,
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 4 @ 10.00 ioc
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0",
    );
    let Command::Replace(replace, id) = scenario.command("1 replace 10 @ 10.00") else {
        panic!("a replace");
    };
    let replace = Replace {
        quantity: Quantity::MAX,
        ..replace
    };
    assert_eq!(
        scenario.apply(Command::Replace(replace, id)),
        ["1 replaced 18446744073709551615 @ 10.00 leaves=18446744073709551611 priority=lost"]
    );
}

#[test]
fn ring_tag_is_the_low_half_of_the_ring_number() {
    let mut scenario = Scenario::new(|_| {});
    let Command::New(mut order, id) = scenario.command("1 buy 1 @ 10.00 day") else {
        panic!("a new order");
    };
    order.origin.ring = crate::domain::RingNumber(0x7_0000_0009);
    let command = crate::domain::Sequenced {
        sequence: crate::domain::SequenceNumber(1000),
        epoch: crate::domain::Epoch(1),
        time_ns: u64::MAX,
        body: Command::New(order, id),
    };
    let mut events = crate::EventBuffer::new();
    assert_eq!(
        scenario.shard.apply(&command, &mut events),
        crate::Progress::Done
    );
    let header = events.as_slice()[0].header;
    assert_eq!((header.ring_tag, header.time_ns), (9, u64::MAX));
}
