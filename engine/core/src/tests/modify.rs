//! Replace and reduce.

use super::scenario::check;

const TWO_BIDS: &str = "> 1 buy 100 @ 10.00 day id=A
                        < 1 new leaves=100
                        > 2 buy 100 @ 10.00 day
                        < 2 new leaves=100\n";

#[test]
fn replace_down_keeps_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 60 @ 10.00
         < 1 replaced 60 @ 10.00 leaves=60 priority=kept
         = bids 1 2 asks
         = bid 160 @ 10.00 ask -"
    ));
}

#[test]
fn replace_up_loses_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 101 @ 10.00
         < 1 replaced 101 @ 10.00 leaves=101 priority=lost
         = bids 2 1 asks"
    ));
}

#[test]
fn replace_of_price_loses_priority_even_when_it_comes_back() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 100 @ 9.00
         < 1 replaced 100 @ 9.00 leaves=100 priority=lost
         = bids 2 1 asks
         > 1 replace 50 @ 10.00
         < 1 replaced 50 @ 10.00 leaves=50 priority=lost
         = bids 2 1 asks"
    ));
}

#[test]
fn replace_of_the_client_id_alone_keeps_priority() {
    let scenario = check(&format!(
        "{TWO_BIDS}
         > 1 replace 100 @ 10.00 id=B
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         = bids 1 2 asks"
    ));
    let handle = crate::domain::OrderHandle {
        slot: 1,
        generation: 1,
    };
    let order = scenario.shard.order(handle).unwrap();
    assert_eq!(order.client_order_id.as_str(), "B");
}

#[test]
fn replace_without_a_client_id_leaves_it() {
    let scenario = check(&format!(
        "{TWO_BIDS}
         > 1 replace 10 @ 9.00
         < 1 replaced 10 @ 9.00 leaves=10 priority=lost"
    ));
    let handle = crate::domain::OrderHandle {
        slot: 1,
        generation: 1,
    };
    let order = scenario.shard.order(handle).unwrap();
    assert_eq!(order.client_order_id.as_str(), "A");
}

#[test]
fn quantity_of_a_replace_is_the_total_with_the_executed_part() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 2 @ 10.00 ioc
         < 2 new leaves=2
         < 2 trade 2 @ 10.00 resting=1 cumulative=2 leaves=0
         > 1 replace 5 @ 10.00
         < 1 replaced 5 @ 10.00 leaves=3 priority=kept
         = bid - ask 3 @ 10.00
         > 1 replace 8 @ 10.01
         < 1 replaced 8 @ 10.01 leaves=6 priority=lost
         = bid - ask 6 @ 10.01",
    );
}

#[test]
fn replace_to_what_was_executed_or_less_ends_the_order() {
    for total in [1, 4] {
        check(&format!(
            "> 1 sell 10 @ 10.00 day
             < 1 new leaves=10
             > 2 buy 4 @ 10.00 ioc
             < 2 new leaves=4
             < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
             > 1 replace {total} @ 10.00
             < 1 replaced 4 @ 10.00 leaves=0 priority=kept
             = bid - ask -
             > 1 cancel
             < 1 refused OrderNotLive"
        ));
    }
}

#[test]
fn replace_to_what_was_executed_never_trades_at_its_new_price() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 4 @ 10.00 ioc
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         > 3 buy 10 @ 9.00 day
         < 3 new leaves=10
         > 1 replace 4 @ 9.00
         < 1 replaced 4 @ 9.00 leaves=0 priority=lost
         = bid 10 @ 9.00 ask -",
    );
}

#[test]
fn crossing_replace_matches_at_once_at_resting_prices() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 sell 10 @ 10.01 day
         < 2 new leaves=10
         > 3 buy 25 @ 9.00 day
         < 3 new leaves=25
         > 3 replace 25 @ 10.05
         < 3 replaced 25 @ 10.05 leaves=25 priority=lost
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=15
         < 3 trade 10 @ 10.01 resting=2 cumulative=20 leaves=5
         = bid 5 @ 10.05 ask -",
    );
}

#[test]
fn crossing_replace_that_fills_entirely_leaves_nothing() {
    check(
        "> 1 sell 30 @ 10.00 day
         < 1 new leaves=30
         > 3 buy 25 @ 9.00 day
         < 3 new leaves=25
         > 3 replace 25 @ 10.00
         < 3 replaced 25 @ 10.00 leaves=25 priority=lost
         < 3 trade 25 @ 10.00 resting=1 cumulative=25 leaves=0
         = bid - ask 5 @ 10.00",
    );
}

#[test]
fn post_only_replace_that_would_cross_leaves_the_original_untouched() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 9.00 day post
         < 2 new leaves=10
         > 3 buy 10 @ 9.00 day
         < 3 new leaves=10
         > 2 replace 10 @ 10.00
         < 2 refused PostOnlyWouldTake
         = bids 2 3 asks 1
         > 2 replace 10 @ 9.99
         < 2 replaced 10 @ 9.99 leaves=10 priority=lost
         = bids 2 3 asks 1",
    );
}

#[test]
fn failed_replace_leaves_the_original_as_it_was() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 0 @ 10.00 id=B
         < 1 refused QuantityZero
         > 1 replace 10 @ 10.001 id=B
         < 1 refused PriceOffTick
         > 1 replace 10 @ 1001.00 id=B
         < 1 refused PriceAboveMaximum
         = bids 1 2 asks
         = bid 200 @ 10.00 ask -"
    ));
}

#[test]
fn replace_of_a_dead_order_enters_nothing() {
    check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 1 cancel
         < 1 canceled 10 requested
         > 1 replace 10 @ 11.00
         < 1 refused OrderNotLive
         = bid - ask -",
    );
}

#[test]
fn reduce_keeps_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 1 reduce 99
         < 1 reduced 99 leaves=99
         > 1 reduce 1
         < 1 reduced 1 leaves=1
         = bids 1 2 asks
         = bid 101 @ 10.00 ask -"
    ));
}

#[test]
fn reduce_never_grows_an_order() {
    check(&format!(
        "{TWO_BIDS}
         > 1 reduce 100
         < 1 refused ReduceNotSmaller
         > 1 reduce 101
         < 1 refused ReduceNotSmaller
         = bid 200 @ 10.00 ask -"
    ));
}

#[test]
fn reduce_to_what_was_executed_or_less_ends_the_order() {
    for total in [0, 39, 40] {
        check(&format!(
            "{TWO_BIDS}
             > 3 sell 40 @ 10.00 ioc
             < 3 new leaves=40
             < 3 trade 40 @ 10.00 resting=1 cumulative=40 leaves=0
             > 1 reduce {total}
             < 1 reduced 40 leaves=0
             = bids 2 asks"
        ));
    }
    check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 1 reduce 0
         < 1 reduced 0 leaves=0
         = bid - ask -",
    );
}

#[test]
fn cancel_reduce_and_mass_cancel_are_taken_in_a_halt() {
    check(&format!(
        "{TWO_BIDS}
         > 3 buy 10 @ 10.00 day
         < 3 new leaves=10
         > halt
         < phase Halt instrument=0
         > 1 reduce 50
         < 1 reduced 50 leaves=50
         > 1 replace 40 @ 10.00
         < 1 refused Halted
         > 4 buy 10 @ 10.00 day
         < 4 rejected Halted
         > 2 cancel
         < 2 canceled 100 requested
         > mass session=0
         < 1 canceled 50 mass
         < 3 canceled 10 mass
         < mass canceled 2
         = bid - ask -
         > resume
         < phase Continuous instrument=0
         > 4 buy 10 @ 10.00 day
         < 4 new leaves=10"
    ));
}
