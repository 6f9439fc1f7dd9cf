//! Section 4.2: replace and reduce.

use super::check;

const TWO_BIDS: &str = "+ 1 buy 100 @ 10.00 day id=A
                        + 2 buy 100 @ 10.00 day\n";

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
fn replace_of_the_same_quantity_keeps_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 100 @ 10.00
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         = bids 1 2 asks"
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
fn replace_up_of_a_filled_part_loses_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 3 sell 90 @ 10.00 ioc
         < 3 new leaves=90
         < 3 trade 90 @ 10.00 resting=1 cumulative=90 leaves=0
         > 1 replace 101 @ 10.00
         < 1 replaced 101 @ 10.00 leaves=11 priority=lost
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
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 100 @ 10.00 id=B
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         = bids 1 2 asks"
    ));
}

/// The mirror knows the ids and is compared after every command.
#[test]
fn replace_without_a_client_id_leaves_it() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 10 @ 9.00
         < 1 replaced 10 @ 9.00 leaves=10 priority=lost
         > 1 replace 20 @ 9.00 id=C
         < 1 replaced 20 @ 9.00 leaves=20 priority=lost
         > 1 replace 5 @ 9.00
         < 1 replaced 5 @ 9.00 leaves=5 priority=kept"
    ));
}

#[test]
fn replace_of_time_in_force_or_expire_time_alone_keeps_priority() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 100 @ 10.00 gtd=9000
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         < 1 terms gtd=9000
         > 1 replace 100 @ 10.00 gtd=8000
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         < 1 terms gtd=8000
         > 1 replace 100 @ 10.00 gtc
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         < 1 terms gtc
         = bids 1 2 asks
         > end-day
         < 2 expired 100
         > time 8000
         = bids 1 asks
         > 1 replace 100 @ 10.00 day
         < 1 replaced 100 @ 10.00 leaves=100 priority=kept
         < 1 terms day
         > end-day
         < 1 expired 100"
    ));
}

#[test]
fn replace_of_a_stop_price_goes_to_the_back() {
    check(
        "+ 1 buy 10 stop=10.00 @ 9.00
         + 2 buy 10 stop=10.00 @ 9.00
         + 3 buy 10 stop=10.00 @ 9.00
         > 1 replace 10 @ 9.00 stop=10.01
         < 1 replaced 10 @ 9.00 leaves=10 priority=lost
         < 1 terms stop=10.01 day
         > 1 replace 10 @ 9.00 stop=10.00
         < 1 replaced 10 @ 9.00 leaves=10 priority=lost
         < 1 terms stop=10.00 day
         > 2 replace 5 @ 9.00
         < 2 replaced 5 @ 9.00 leaves=5 priority=kept
         + 4 sell 1 @ 10.00 day
         > 5 buy 1 @ 10.00 ioc
         < 5 new leaves=1
         < 5 trade 1 @ 10.00 resting=4 cumulative=1 leaves=0
         < 2 triggered
         < 3 triggered
         < 1 triggered
         = bids 2 3 1 asks",
    );
}

#[test]
fn replace_of_a_stop_orders_limit_goes_to_the_back() {
    check(
        "+ 1 buy 10 stop=10.00 @ 9.00
         + 2 buy 10 stop=10.00 @ 9.00
         > 1 replace 10 @ 9.10
         < 1 replaced 10 @ 9.10 leaves=10 priority=lost
         + 4 sell 1 @ 10.00 day
         > 5 buy 1 @ 10.00 ioc
         < 5 new leaves=1
         < 5 trade 1 @ 10.00 resting=4 cumulative=1 leaves=0
         < 2 triggered
         < 1 triggered
         = depth bid 10 @ 9.10, 10 @ 9.00 ask -",
    );
}

#[test]
fn replace_up_of_a_stop_order_goes_to_the_back() {
    check(
        "+ 1 buy 10 stop=10.00 @ 9.00
         + 2 buy 10 stop=10.00 @ 9.00
         > 1 replace 11 @ 9.00
         < 1 replaced 11 @ 9.00 leaves=11 priority=lost
         + 4 sell 1 @ 10.00 day
         > 5 buy 1 @ 10.00 ioc
         < 5 new leaves=1
         < 5 trade 1 @ 10.00 resting=4 cumulative=1 leaves=0
         < 2 triggered
         < 1 triggered
         = bids 2 1 asks",
    );
}

#[test]
fn replace_of_a_cap_goes_to_the_back() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 buy 5 peg
         + 4 buy 5 peg
         > 3 replace 5 @ 10.50
         < 3 replaced 5 @ 10.50 leaves=5 priority=lost
         > 5 sell 7 @ 10.00 ioc
         < 5 new leaves=7
         < 5 trade 5 @ 10.00 resting=4 cumulative=5 leaves=2
         < 5 trade 2 @ 10.00 resting=3 cumulative=7 leaves=0
         = waiting 3",
    );
}

#[test]
fn quantity_of_a_replace_is_the_total_with_the_executed_part() {
    check(
        "+ 1 sell 10 @ 10.00 day
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
fn quantity_of_a_reduce_is_the_total_with_the_executed_part() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 2 @ 10.00 ioc
         < 2 new leaves=2
         < 2 trade 2 @ 10.00 resting=1 cumulative=2 leaves=0
         > 1 reduce 5
         < 1 reduced 5 leaves=3
         = bid - ask 3 @ 10.00",
    );
}

#[test]
fn replace_to_what_was_executed_or_less_ends_the_order() {
    for total in [1, 4] {
        check(&format!(
            "+ 1 sell 10 @ 10.00 day
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
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 4 @ 10.00 ioc
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         + 3 buy 10 @ 9.00 day
         > 1 replace 4 @ 9.00
         < 1 replaced 4 @ 9.00 leaves=0 priority=lost
         = bid 10 @ 9.00 ask -",
    );
}

#[test]
fn replace_to_what_was_executed_ends_an_order_that_had_no_other_place() {
    check(
        "+ 1 sell 10 @ 10.00 day post
         > 2 buy 4 @ 10.00 ioc
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         + 3 buy 10 @ 9.00 day
         > 1 replace 5 @ 9.00
         < 1 refused PostOnlyWouldTake
         > 1 replace 4 @ 9.00
         < 1 replaced 4 @ 9.00 leaves=0 priority=lost
         = bid 10 @ 9.00 ask -",
    );
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.00 day
         + 3 sell 10 @ 11.00 day
         + 4 sell 10 @ 12.00 day
         + 5 sell 10 @ 13.00 day
         > 6 buy 4 @ 10.00 ioc
         < 6 new leaves=4
         < 6 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         > 1 replace 5 @ 14.00
         < 1 refused LevelCapacity
         > 1 replace 4 @ 14.00
         < 1 replaced 4 @ 14.00 leaves=0 priority=lost
         = bids asks 2 3 4 5",
    );
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
        "+ 1 buy 10 @ 10.00 day
         > 1 reduce 0
         < 1 reduced 0 leaves=0
         = bid - ask -
         + 2 buy 10 peg
         + 3 buy 10 stop=11.00
         > 2 reduce 0
         < 2 reduced 0 leaves=0
         > 3 reduce 0
         < 3 reduced 0 leaves=0
         = waiting",
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
fn crossing_replace_takes_at_once_at_resting_prices() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.01 day
         + 3 buy 25 @ 9.00 day
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
        "+ 1 sell 30 @ 10.00 day
         + 3 buy 25 @ 9.00 day
         > 3 replace 25 @ 10.00
         < 3 replaced 25 @ 10.00 leaves=25 priority=lost
         < 3 trade 25 @ 10.00 resting=1 cumulative=25 leaves=0
         = bid - ask 5 @ 10.00",
    );
}

#[test]
fn post_only_replace_that_would_take_is_refused_and_leaves_the_order() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 buy 10 @ 9.00 day post
         + 3 buy 10 @ 9.00 day
         > 2 replace 10 @ 10.00
         < 2 refused PostOnlyWouldTake
         = bids 2 3 asks 1
         > 2 replace 10 @ 9.99
         < 2 replaced 10 @ 9.99 leaves=10 priority=lost
         = bids 2 3 asks 1",
    );
}

#[test]
fn refused_replace_leaves_the_order_as_it_was_in_its_place() {
    check(&format!(
        "{TWO_BIDS}
         > 1 replace 0 @ 10.00 id=B
         < 1 refused QuantityZero
         > 1 replace 10 @ 10.001 id=B
         < 1 refused PriceOffTick
         > 1 replace 10 @ 1001.00 gtc
         < 1 refused PriceAboveMaximum
         > 1 replace 10 @ 10.00 gtd=1 id=B
         < 1 refused ExpireTimePassed
         = bids 1 2 asks
         = bid 200 @ 10.00 ask -
         > end-day
         < 1 expired 100
         < 2 expired 100"
    ));
}

#[test]
fn replace_of_an_order_that_has_ended_enters_nothing() {
    check(
        "+ 1 buy 10 @ 10.00 day
         > 1 cancel
         < 1 canceled 10 requested
         > 1 replace 10 @ 11.00
         < 1 refused OrderNotLive
         + 2 sell 10 @ 10.00 day
         > 3 buy 10 @ 10.00 day
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=2 cumulative=10 leaves=0
         > 2 replace 20 @ 10.00
         < 2 refused OrderNotLive
         = bid - ask -",
    );
}

#[test]
fn reduce_changes_what_an_iceberg_displays_only_where_its_leaves_fall_below() {
    check(
        "+ 1 sell 100 @ 10.00 day display=30
         + 2 sell 5 @ 10.00 day
         = bid - ask 35 @ 10.00
         > 1 reduce 50
         < 1 reduced 50 leaves=50
         = bid - ask 35 @ 10.00
         > 1 reduce 20
         < 1 reduced 20 leaves=20
         = bid - ask 25 @ 10.00
         = bids asks 1 2",
    );
}

#[test]
fn replace_down_changes_what_an_iceberg_displays_only_where_its_leaves_fall_below() {
    check(
        "+ 1 sell 100 @ 10.00 day display=30
         > 2 buy 10 @ 10.00 ioc
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         = bid - ask 20 @ 10.00
         > 1 replace 40 @ 10.00
         < 1 replaced 40 @ 10.00 leaves=30 priority=kept
         = bid - ask 20 @ 10.00
         > 1 replace 15 @ 10.00
         < 1 replaced 15 @ 10.00 leaves=5 priority=kept
         = bid - ask 5 @ 10.00",
    );
}

#[test]
fn iceberg_that_goes_to_the_back_displays_as_one_that_comes() {
    for (words, price) in [("200 @ 10.00", "10.00"), ("100 @ 10.01", "10.01")] {
        let total: u64 = words.split(' ').next().unwrap().parse().unwrap();
        check(&format!(
            "+ 1 sell 100 @ 10.00 day display=30
             > 2 buy 10 @ 10.00 ioc
             < 2 new leaves=10
             < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
             > 1 replace {words}
             < 1 replaced {total} @ {price} leaves={} priority=lost
             = bid - ask 30 @ {price}",
            total - 10
        ));
    }
}

#[test]
fn crossing_replace_of_an_iceberg_takes_with_all_it_has() {
    check(
        "+ 1 buy 50 @ 9.90 day
         + 2 sell 100 @ 10.00 day display=30
         > 2 replace 100 @ 9.90
         < 2 replaced 100 @ 9.90 leaves=100 priority=lost
         < 2 trade 50 @ 9.90 resting=1 cumulative=50 leaves=50
         = bid - ask 30 @ 9.90",
    );
}

#[test]
fn replace_meets_the_checks_of_a_new_order() {
    check(
        "> instrument 2 low=10 high=20 tick=0.05 lot=5 min=10 max=100 notional=1000000000000
         < instrument 2
         + 1 buy 100 @ 10.00 day instrument=2
         > 1 replace 10 @ 9.95
         < 1 refused PriceBelowMinimum
         > 1 replace 10 @ 20.05
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
         = bid 100 @ 10.00 ask - instrument=2",
    );
}

#[test]
fn reduce_must_leave_whole_lots_and_meets_no_other_check() {
    check(
        "+ 1 buy 100 @ 10.00 day
         + 2 buy 15 @ 9.90 day
         > instrument 0 low=11 high=20 lot=5 min=50 max=60
         < instrument 0
         > 1 reduce 92
         < 1 refused QuantityOffLot
         > 1 reduce 90
         < 1 reduced 90 leaves=90
         > 1 reduce 5
         < 1 reduced 5 leaves=5
         > 2 cancel
         < 2 canceled 15 requested
         = bid 5 @ 10.00 ask -",
    );
}

#[test]
fn off_lot_reduce_that_ends_the_order_is_taken() {
    check(
        "> instrument 0 lot=5
         < instrument 0
         + 1 buy 100 @ 10.00 day
         > 2 sell 15 @ 10.00 ioc
         < 2 new leaves=15
         < 2 trade 15 @ 10.00 resting=1 cumulative=15 leaves=0
         > 1 reduce 7
         < 1 reduced 15 leaves=0
         = bid - ask -",
    );
}

#[test]
fn cancel_reduce_and_mass_cancel_are_taken_in_a_halt() {
    check(&format!(
        "{TWO_BIDS}
         + 3 buy 10 @ 10.00 day
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
         + 4 buy 10 @ 10.00 day"
    ));
}
