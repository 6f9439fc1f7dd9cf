//! Price-time priority.

use super::scenario::check;

#[test]
fn better_price_trades_first_whenever_it_came() {
    check(
        "> 1 sell 10 @ 10.02 day
         < 1 new leaves=10
         > 2 sell 10 @ 10.00 day
         < 2 new leaves=10
         > 3 sell 10 @ 10.01 day
         < 3 new leaves=10
         = bids asks 2 3 1
         > 4 buy 30 @ 10.02 day
         < 4 new leaves=30
         < 4 trade 10 @ 10.00 resting=2 cumulative=10 leaves=20
         < 4 trade 10 @ 10.01 resting=3 cumulative=20 leaves=10
         < 4 trade 10 @ 10.02 resting=1 cumulative=30 leaves=0
         = bid - ask -",
    );
    check(
        "> 1 buy 10 @ 9.98 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         > 3 buy 10 @ 9.99 day
         < 3 new leaves=10
         = bids 2 3 1 asks
         > 4 sell 25 @ 9.98 day
         < 4 new leaves=25
         < 4 trade 10 @ 10.00 resting=2 cumulative=10 leaves=15
         < 4 trade 10 @ 9.99 resting=3 cumulative=20 leaves=5
         < 4 trade 5 @ 9.98 resting=1 cumulative=25 leaves=0
         = bid 5 @ 9.98 ask -",
    );
}

#[test]
fn at_one_price_the_earlier_order_trades_first() {
    check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         > 3 buy 10 @ 10.00 day
         < 3 new leaves=10
         > 4 sell 25 @ 10.00 ioc
         < 4 new leaves=25
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=15
         < 4 trade 10 @ 10.00 resting=2 cumulative=20 leaves=5
         < 4 trade 5 @ 10.00 resting=3 cumulative=25 leaves=0
         = bids 3 asks",
    );
}

#[test]
fn trade_is_at_the_resting_price() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 12.00 day
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         > 3 buy 10 @ 10.00 day
         < 3 new leaves=10
         > 4 sell 10 @ 8.00 day
         < 4 new leaves=10
         < 4 trade 10 @ 10.00 resting=3 cumulative=10 leaves=0",
    );
}

#[test]
fn partial_fill_keeps_the_front_place_across_many_aggressors() {
    check(
        "> 1 sell 100 @ 10.00 day
         < 1 new leaves=100
         > 2 sell 100 @ 10.00 day
         < 2 new leaves=100
         > 3 buy 30 @ 10.00 ioc
         < 3 new leaves=30
         < 3 trade 30 @ 10.00 resting=1 cumulative=30 leaves=0
         > 4 buy 30 @ 10.00 ioc
         < 4 new leaves=30
         < 4 trade 30 @ 10.00 resting=1 cumulative=30 leaves=0
         > 5 buy 50 @ 10.00 ioc
         < 5 new leaves=50
         < 5 trade 40 @ 10.00 resting=1 cumulative=40 leaves=10
         < 5 trade 10 @ 10.00 resting=2 cumulative=50 leaves=0
         = bid - ask 90 @ 10.00",
    );
}

#[test]
fn crossing_limit_stops_at_its_own_price_and_becomes_the_best() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 sell 10 @ 10.01 day
         < 2 new leaves=10
         > 3 sell 10 @ 10.02 day
         < 3 new leaves=10
         > 4 buy 50 @ 10.01 day
         < 4 new leaves=50
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 4 trade 10 @ 10.01 resting=2 cumulative=20 leaves=30
         = bid 30 @ 10.01 ask 10 @ 10.02",
    );
}

#[test]
fn cancel_of_head_middle_or_tail_keeps_the_others_in_order() {
    let four = "> 1 buy 1 @ 10.00 day
                < 1 new leaves=1
                > 2 buy 1 @ 10.00 day
                < 2 new leaves=1
                > 3 buy 1 @ 10.00 day
                < 3 new leaves=1
                > 4 buy 1 @ 10.00 day
                < 4 new leaves=1\n";
    for (gone, kept) in [(1, "2 3 4"), (2, "1 3 4"), (3, "1 2 4"), (4, "1 2 3")] {
        check(&format!(
            "{four}
             > {gone} cancel
             < {gone} canceled 1 requested
             = bids {kept} asks
             > 9 buy 1 @ 10.00 day
             < 9 new leaves=1
             = bids {kept} 9 asks"
        ));
    }
}

#[test]
fn last_cancel_removes_the_level() {
    let scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 9.00 day
         < 2 new leaves=10
         > 1 cancel
         < 1 canceled 10 requested
         = bid 10 @ 9.00 ask -
         > 2 cancel
         < 2 canceled 10 requested
         = bid - ask -
         > 3 sell 10 @ 9.00 day
         < 3 new leaves=10
         = bid - ask 10 @ 9.00",
    );
    assert_eq!(scenario.shard.live_order_count(), 1);
}

#[test]
fn cancel_of_an_order_never_there_filled_or_canceled_touches_no_other() {
    check(
        "> 7 cancel
         < 7 refused OrderNotLive
         > 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         > 1 cancel
         < 1 refused OrderNotLive
         > 2 cancel
         < 2 refused OrderNotLive
         > 1 buy 5 @ 9.00 day
         < 1 new leaves=5
         > 1 cancel generation=1
         < 1 refused OrderNotLive
         > 1 cancel generation=3
         < 1 refused OrderNotLive
         = bids 1 asks
         > 1 cancel
         < 1 canceled 5 requested
         > 1 cancel
         < 1 refused OrderNotLive",
    );
}

#[test]
fn order_ids_of_a_slot_used_again_differ() {
    let mut scenario = check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10",
    );
    let first = scenario
        .shard
        .live_orders(crate::domain::InstrumentId(0), crate::domain::Side::Sell);
    let first = first.map(|order| order.order_id).next();
    scenario.run(
        "> 1 cancel
         < 1 canceled 10 requested
         > 1 sell 10 @ 10.00 day
         < 1 new leaves=10",
    );
    let second = scenario
        .shard
        .live_orders(crate::domain::InstrumentId(0), crate::domain::Side::Sell);
    assert_ne!(first, second.map(|order| order.order_id).next());
}

#[test]
fn events_come_as_accepted_then_fills_then_the_fate_of_the_rest() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 sell 10 @ 10.01 day
         < 2 new leaves=10
         > 3 buy 30 @ 10.01 ioc
         < 3 new leaves=30
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=20
         < 3 trade 10 @ 10.01 resting=2 cumulative=20 leaves=10
         < 3 canceled 10 immediate",
    );
}

#[test]
fn instruments_do_not_meet() {
    check(
        "> 1 sell 10 @ 10.00 day instrument=1
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         = bids 2 asks",
    );
}
