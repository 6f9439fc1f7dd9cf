//! Section 4.1: price and time.

use super::check;

#[test]
fn better_price_trades_first_whenever_it_came() {
    check(
        "+ 1 sell 10 @ 10.02 day
         + 2 sell 10 @ 10.00 day
         + 3 sell 10 @ 10.01 day
         = bids asks 2 3 1
         > 4 buy 30 @ 10.02 day
         < 4 new leaves=30
         < 4 trade 10 @ 10.00 resting=2 cumulative=10 leaves=20
         < 4 trade 10 @ 10.01 resting=3 cumulative=20 leaves=10
         < 4 trade 10 @ 10.02 resting=1 cumulative=30 leaves=0
         = bid - ask -",
    );
    check(
        "+ 1 buy 10 @ 9.98 day
         + 2 buy 10 @ 10.00 day
         + 3 buy 10 @ 9.99 day
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
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 10.00 gtc
         + 3 buy 10 @ 10.00 day
         > 4 sell 25 @ 10.00 ioc
         < 4 new leaves=25
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=15
         < 4 trade 10 @ 10.00 resting=2 cumulative=20 leaves=5
         < 4 trade 5 @ 10.00 resting=3 cumulative=25 leaves=0
         = bids 3 asks",
    );
}

#[test]
fn trade_is_at_the_resting_orders_price() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 10 @ 12.00 day
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         + 3 buy 10 @ 10.00 day
         > 4 sell 10 @ 8.00 day
         < 4 new leaves=10
         < 4 trade 10 @ 10.00 resting=3 cumulative=10 leaves=0
         = bid - ask -",
    );
}

#[test]
fn instruments_do_not_meet() {
    check(
        "+ 1 sell 10 @ 10.00 day instrument=1
         + 2 buy 10 @ 10.00 day
         = bids 2 asks
         = bids asks 1 instrument=1",
    );
}

#[test]
fn partial_fill_keeps_the_front_place_across_many_aggressors() {
    check(
        "+ 1 sell 100 @ 10.00 day
         + 2 sell 100 @ 10.00 day
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
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.01 day
         + 3 sell 10 @ 10.02 day
         + 4 buy 10 @ 9.00 day
         > 5 buy 50 @ 10.01 day
         < 5 new leaves=50
         < 5 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 5 trade 10 @ 10.01 resting=2 cumulative=20 leaves=30
         = depth bid 30 @ 10.01, 10 @ 9.00 ask 10 @ 10.02",
    );
}

#[test]
fn what_is_left_of_an_aggressor_goes_to_the_back_of_its_price() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 15 @ 10.00 day
         < 2 new leaves=15
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=5
         + 3 buy 5 @ 10.00 gtc
         = bids 2 3 asks
         > 4 sell 20 @ 10.00 gtd=5000
         < 4 new leaves=20
         < 4 trade 5 @ 10.00 resting=2 cumulative=5 leaves=15
         < 4 trade 5 @ 10.00 resting=3 cumulative=10 leaves=10
         = bid - ask 10 @ 10.00",
    );
}

#[test]
fn cancel_of_the_first_a_middle_or_the_last_order_keeps_the_others_in_order() {
    for (gone, kept) in [(1, "2 3 4"), (2, "1 3 4"), (3, "1 2 4"), (4, "1 2 3")] {
        check(&format!(
            "+ 1 buy 1 @ 10.00 day
             + 2 buy 1 @ 10.00 day
             + 3 buy 1 @ 10.00 day
             + 4 buy 1 @ 10.00 day
             > {gone} cancel
             < {gone} canceled 1 requested
             = bids {kept} asks
             + 9 buy 1 @ 10.00 day
             = bids {kept} 9 asks"
        ));
    }
}

#[test]
fn level_is_gone_with_its_last_order() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.00 day
         > 1 cancel
         < 1 canceled 10 requested
         = depth bid 10 @ 9.00 ask -
         > 2 cancel
         < 2 canceled 10 requested
         = depth bid - ask -
         + 3 sell 10 @ 9.00 day
         = depth bid - ask 10 @ 9.00
         > 4 buy 10 @ 9.00 ioc
         < 4 new leaves=10
         < 4 trade 10 @ 9.00 resting=3 cumulative=10 leaves=0
         = depth bid - ask -",
    );
}

#[test]
fn level_that_is_gone_holds_no_post_only_order_back() {
    for gone in [
        "> 2 buy 10 @ 10.00 ioc
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
        "> 1 cancel
         < 1 canceled 10 requested",
        "> 1 reduce 0
         < 1 reduced 0 leaves=0",
        "> 1 replace 10 @ 11.00
         < 1 replaced 10 @ 11.00 leaves=10 priority=lost",
        "> mass session=0
         < 1 canceled 10 mass
         < mass canceled 1",
        "> end-day
         < 1 expired 10",
        "> 2 buy 10 @ 10.00 ioc stp=both
         < 2 new leaves=10
         < 2 prevented 10 @ 10.00 resting=1
         < 1 canceled 10 self-trade
         < 2 canceled 10 self-trade",
    ] {
        check(&format!(
            "+ 1 sell 10 @ 10.00 day
             > 3 buy 10 @ 10.00 day post
             < 3 rejected PostOnlyWouldTake
             {gone}
             + 3 buy 10 @ 10.00 day post
             = bid 10 @ 10.00 ask {}",
            if gone.contains("11.00") {
                "10 @ 11.00"
            } else {
                "-"
            }
        ));
    }
}

#[test]
fn handle_that_names_no_live_order_is_refused_and_touches_nothing() {
    check(
        "> 7 cancel
         < 7 refused OrderNotLive
         > 7 reduce 1
         < 7 refused OrderNotLive
         > 7 replace 1 @ 10.00
         < 7 refused OrderNotLive
         > 4294967295 cancel
         < 4294967295 refused OrderNotLive
         + 1 sell 10 @ 10.00 day
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         > 1 cancel
         < 1 refused OrderNotLive
         > 2 cancel
         < 2 refused OrderNotLive
         + 1 buy 5 @ 9.00 day
         > 1 cancel generation=1
         < 1 refused OrderNotLive
         > 1 reduce 1 generation=1
         < 1 refused OrderNotLive
         > 1 cancel generation=3
         < 1 refused OrderNotLive
         = bid 5 @ 9.00 ask -
         > 1 cancel
         < 1 canceled 5 requested
         > 1 cancel
         < 1 refused OrderNotLive",
    );
}

#[test]
fn order_ids_of_a_slot_used_again_differ() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 1 cancel order=5
         < 1 canceled 10 requested
         + 1 sell 10 @ 10.00 day
         > 1 cancel order=5
         < 1 refused OrderIdMismatch
         > 1 cancel order=7
         < 1 canceled 10 requested",
    );
}

#[test]
fn refused_command_leaves_the_books_and_has_one_event() {
    check(
        "+ 1 sell 10 @ 10.00 day display=4
         + 2 buy 10 @ 9.00 day
         + 3 buy 10 peg
         + 4 sell 10 stop=9.50 @ 9.40
         > 5 buy 10 @ 10.001 day
         < 5 rejected PriceOffTick
         > 5 buy 11 @ 10.00 fok
         < 5 rejected FillOrKillUnfilled
         > 5 buy 20 @ 10.00 ioc min=11
         < 5 rejected MinimumQuantityUnfilled
         > 5 buy 10 @ 10.00 day post
         < 5 rejected PostOnlyWouldTake
         > 1 reduce 10
         < 1 refused ReduceNotSmaller
         > 2 replace 10 @ 9.001
         < 2 refused PriceOffTick
         > 3 replace 10 @ 9.001
         < 3 refused PriceOffTick
         > 4 replace 0 @ 9.40 stop=9.30
         < 4 refused QuantityZero
         = depth bid 10 @ 9.00 ask 4 @ 10.00
         = bids 2 asks 1
         = waiting 3 4",
    );
}

#[test]
fn events_come_as_accepted_trades_the_rest_released_stops_and_pegs_that_meet() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 100 @ 10.20 day
         + 3 buy 10 @ 9.90 day
         + 4 buy 5 peg
         + 5 sell 5 peg @ 10.05
         + 6 buy 1 stop=10.00
         > 7 buy 15 @ 10.00 ioc
         < 7 new leaves=15
         < 7 trade 10 @ 10.00 resting=1 cumulative=10 leaves=5
         < 7 canceled 5 immediate
         < 6 triggered
         < 6 trade 1 @ 10.05 resting=5 cumulative=1 leaves=0
         < 5 trade 4 @ 10.05 resting=4 cumulative=5 leaves=0
         = bid 10 @ 9.90 ask 100 @ 10.20
         = waiting 4",
    );
}

#[test]
fn events_of_a_replace_come_in_the_same_order() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 buy 15 @ 9.90 day
         + 3 sell 5 stop=10.00 @ 9.95
         > 2 replace 15 @ 10.00 gtc id=B
         < 2 replaced 15 @ 10.00 leaves=15 priority=lost
         < 2 terms gtc
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=5
         < 3 triggered
         < 3 trade 5 @ 10.00 resting=2 cumulative=5 leaves=0
         = bid - ask -",
    );
}
