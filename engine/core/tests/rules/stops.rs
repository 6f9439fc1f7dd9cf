//! Section 4.6: stop orders.

use super::check;

/// An order of one at 10.00 on either side of the last trade, which was at 10.00.
const LAST_10: &str = "+ 28 sell 1 @ 10.00 day
                       > 29 buy 1 @ 10.00 ioc
                       < 29 new leaves=1
                       < 29 trade 1 @ 10.00 resting=28 cumulative=1 leaves=0\n";

#[test]
fn buy_is_released_at_or_above_its_stop_price() {
    check(&format!(
        "{LAST_10}
         + 1 buy 5 stop=10.01 @ 9.00
         + 2 buy 5 stop=10.02 @ 9.00
         + 3 buy 5 stop=10.03 @ 9.00
         + 4 sell 5 @ 10.02 day
         > 5 buy 5 @ 10.05 ioc
         < 5 new leaves=5
         < 5 trade 5 @ 10.02 resting=4 cumulative=5 leaves=0
         < 1 triggered
         < 2 triggered
         = bids 1 2 asks
         = waiting 3"
    ));
}

#[test]
fn sell_is_released_at_or_below_its_stop_price() {
    check(&format!(
        "{LAST_10}
         + 1 sell 5 stop=9.99 @ 11.00
         + 2 sell 5 stop=9.98 @ 11.00
         + 3 sell 5 stop=9.97 @ 11.00
         + 4 buy 5 @ 9.98 day
         > 5 sell 5 @ 9.00 ioc
         < 5 new leaves=5
         < 5 trade 5 @ 9.98 resting=4 cumulative=5 leaves=0
         < 1 triggered
         < 2 triggered
         = bids asks 1 2
         = waiting 3"
    ));
}

#[test]
fn quotes_release_nothing() {
    check(&format!(
        "{LAST_10}
         + 1 buy 5 stop=10.05
         + 2 sell 5 stop=9.95
         + 3 buy 10 @ 10.10 day
         + 4 sell 10 @ 10.20 day
         > 3 replace 10 @ 9.00
         < 3 replaced 10 @ 9.00 leaves=10 priority=lost
         > 4 replace 10 @ 9.80
         < 4 replaced 10 @ 9.80 leaves=10 priority=lost
         = waiting 1 2"
    ));
}

#[test]
fn trades_of_mid_pegs_release() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 buy 5 stop=10.00 @ 8.00
         + 4 sell 5 peg
         > 5 buy 2 @ 10.00 ioc
         < 5 new leaves=2
         < 5 trade 2 @ 10.00 resting=4 cumulative=2 leaves=0
         < 3 triggered
         = bids 1 3 asks 2",
    );
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 buy 5 stop=10.00 @ 8.00
         + 4 sell 5 peg
         > 5 buy 2 peg
         < 5 new leaves=2
         < 5 trade 2 @ 10.00 resting=4 cumulative=2 leaves=0
         < 3 triggered",
    );
}

#[test]
fn trade_in_another_instrument_releases_nothing() {
    check(
        "+ 1 buy 5 stop=10.00
         + 2 sell 5 @ 10.00 day instrument=1
         > 3 buy 5 @ 10.00 day instrument=1
         < 3 new leaves=5
         < 3 trade 5 @ 10.00 resting=2 cumulative=5 leaves=0
         = waiting 1",
    );
}

#[test]
fn prevented_trade_releases_nothing() {
    for prevention in ["newest", "oldest", "both", "decrement"] {
        let mut script = "+ 1 buy 5 stop=10.00
                          + 2 sell 5 @ 10.00 day account=1\n"
            .to_owned();
        script.push_str(&format!(
            "> 3 buy 5 @ 10.00 ioc account=1 stp={prevention}
             < 3 new leaves=5
             < 3 prevented 5 @ 10.00 resting=2\n"
        ));
        if prevention != "newest" {
            script.push_str("< 2 canceled 5 self-trade\n");
        }
        script.push_str(match prevention {
            "oldest" => "< 3 canceled 5 immediate\n",
            _ => "< 3 canceled 5 self-trade\n",
        });
        script.push_str("= waiting 1\n");
        check(&script);
    }
}

#[test]
fn stop_that_the_last_trade_has_reached_is_released_as_it_is_entered() {
    check(&format!(
        "{LAST_10}
         + 1 sell 5 @ 10.50 day
         > 2 buy 5 stop=10.00
         < 2 new leaves=5
         < 2 triggered
         < 2 trade 5 @ 10.50 resting=1 cumulative=5 leaves=0
         > 3 sell 5 stop=10.50 @ 10.60
         < 3 new leaves=5
         < 3 triggered
         = bid - ask 5 @ 10.60"
    ));
}

#[test]
fn before_the_first_trade_all_stops_wait() {
    check(
        "+ 1 sell 5 @ 10.00 day
         + 2 buy 5 @ 9.00 day
         + 3 buy 5 stop=0.01
         + 4 sell 5 stop=999.99
         = waiting 3 4",
    );
}

#[test]
fn sells_are_released_from_the_highest_down_then_buys_from_the_lowest_up() {
    check(
        "+ 1 buy 5 stop=10.00 @ 8.00
         + 2 buy 5 stop=9.98 @ 8.00
         + 3 buy 5 stop=9.99 @ 8.00
         + 4 sell 5 stop=10.00 @ 12.00
         + 5 sell 5 stop=10.02 @ 12.00
         + 6 sell 5 stop=10.01 @ 12.00
         + 7 sell 1 @ 10.00 day
         > 8 buy 1 @ 10.00 ioc
         < 8 new leaves=1
         < 8 trade 1 @ 10.00 resting=7 cumulative=1 leaves=0
         < 5 triggered
         < 6 triggered
         < 4 triggered
         < 2 triggered
         < 3 triggered
         < 1 triggered
         = bids 2 3 1 asks 5 6 4",
    );
}

#[test]
fn stops_of_one_price_are_released_in_the_order_of_their_stamps() {
    check(
        "+ 9 buy 5 stop=10.00 @ 8.00
         + 2 buy 5 stop=10.00 @ 8.00
         + 5 buy 5 stop=10.00 @ 8.00
         > 9 replace 6 @ 8.00
         < 9 replaced 6 @ 8.00 leaves=6 priority=lost
         + 7 sell 1 @ 10.00 day
         > 8 buy 1 @ 10.00 ioc
         < 8 new leaves=1
         < 8 trade 1 @ 10.00 resting=7 cumulative=1 leaves=0
         < 2 triggered
         < 5 triggered
         < 9 triggered",
    );
}

#[test]
fn each_print_of_a_sweep_releases_what_it_reaches() {
    check(
        "+ 1 sell 1 @ 9.99 day
         + 2 sell 1 @ 10.00 day
         + 3 sell 1 @ 10.02 day
         + 4 buy 5 stop=10.02 @ 8.00
         + 5 buy 5 stop=9.99 @ 8.00
         + 6 sell 5 stop=10.00 @ 12.00
         + 7 sell 5 stop=9.98 @ 12.00
         > 8 buy 3 @ 10.02 ioc
         < 8 new leaves=3
         < 8 trade 1 @ 9.99 resting=1 cumulative=1 leaves=2
         < 8 trade 1 @ 10.00 resting=2 cumulative=2 leaves=1
         < 8 trade 1 @ 10.02 resting=3 cumulative=3 leaves=0
         < 6 triggered
         < 5 triggered
         < 4 triggered
         = waiting 7",
    );
}

#[test]
fn aggressor_finishes_before_the_stops_that_it_released() {
    check(
        "+ 1 sell 5 @ 10.00 day
         + 2 sell 5 @ 10.01 day
         + 3 buy 5 stop=10.00
         > 4 buy 15 @ 10.01 day
         < 4 new leaves=15
         < 4 trade 5 @ 10.00 resting=1 cumulative=5 leaves=10
         < 4 trade 5 @ 10.01 resting=2 cumulative=10 leaves=5
         < 3 triggered refused=NoLiquidity
         < 3 canceled 5 refused
         = bid 5 @ 10.01 ask -",
    );
}

#[test]
fn what_a_released_stop_prints_reach_joins_the_end_of_the_queue() {
    check(
        "+ 1 sell 1 @ 10.00 day
         + 2 sell 5 @ 10.05 day
         + 3 sell 5 @ 10.10 day
         + 4 buy 5 stop=10.00
         + 5 buy 1 stop=9.90 @ 9.00
         + 6 buy 2 stop=10.05
         > 7 buy 1 @ 10.00 ioc
         < 7 new leaves=1
         < 7 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 5 triggered
         < 4 triggered
         < 4 trade 5 @ 10.05 resting=2 cumulative=5 leaves=0
         < 6 triggered
         < 6 trade 2 @ 10.10 resting=3 cumulative=2 leaves=0
         = bid 1 @ 9.00 ask 3 @ 10.10",
    );
    check(
        "+ 1 sell 1 @ 10.00 day
         + 2 sell 1 @ 10.05 day
         + 3 sell 5 @ 10.10 day
         + 4 buy 1 stop=10.00
         + 5 buy 1 stop=10.00
         + 6 buy 1 stop=10.05
         > 7 buy 1 @ 10.00 ioc
         < 7 new leaves=1
         < 7 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 4 triggered
         < 4 trade 1 @ 10.05 resting=2 cumulative=1 leaves=0
         < 5 triggered
         < 5 trade 1 @ 10.10 resting=3 cumulative=1 leaves=0
         < 6 triggered
         < 6 trade 1 @ 10.10 resting=3 cumulative=1 leaves=0",
    );
}

#[test]
fn released_stop_stays_released_though_the_price_goes_back() {
    check(
        "+ 1 buy 5 @ 9.00 day
         + 2 sell 1 @ 10.00 day
         + 3 sell 5 @ 10.50 day
         + 4 sell 2 stop=10.00
         + 5 buy 2 stop=10.00
         > 6 buy 1 @ 10.00 ioc
         < 6 new leaves=1
         < 6 trade 1 @ 10.00 resting=2 cumulative=1 leaves=0
         < 4 triggered
         < 4 trade 2 @ 9.00 resting=1 cumulative=2 leaves=0
         < 5 triggered
         < 5 trade 2 @ 10.50 resting=3 cumulative=2 leaves=0
         = bid 3 @ 9.00 ask 3 @ 10.50",
    );
}

#[test]
fn released_stop_that_is_refused_says_why_and_is_canceled() {
    check(
        "+ 1 buy 5 stop=10.00 @ 15.00
         + 2 buy 5 stop=10.00 @ 9.00
         + 3 sell 1 @ 10.00 day
         > instrument 0 high=12
         < instrument 0
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=3 cumulative=1 leaves=0
         < 1 triggered refused=PriceAboveMaximum
         < 1 canceled 5 refused
         < 2 triggered
         = bid 5 @ 9.00 ask -
         = waiting",
    );
}

#[test]
fn released_stop_limit_is_a_limit_order_that_comes_now() {
    check(
        "+ 1 buy 5 stop=10.00 @ 9.00
         + 2 buy 5 @ 9.00 day
         + 3 sell 1 @ 10.00 day
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=3 cumulative=1 leaves=0
         < 1 triggered
         = bids 2 1 asks
         > 5 sell 7 @ 9.00 ioc
         < 5 new leaves=7
         < 5 trade 5 @ 9.00 resting=2 cumulative=5 leaves=2
         < 5 trade 2 @ 9.00 resting=1 cumulative=7 leaves=0",
    );
}

#[test]
fn released_stop_limit_takes_to_its_limit_and_rests() {
    check(
        "+ 1 sell 5 @ 10.00 day
         + 2 sell 5 @ 10.01 day
         + 3 sell 5 @ 10.02 day
         + 4 buy 20 stop=10.00 @ 10.01
         > 5 buy 1 @ 10.00 ioc
         < 5 new leaves=1
         < 5 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 4 triggered
         < 4 trade 4 @ 10.00 resting=1 cumulative=4 leaves=16
         < 4 trade 5 @ 10.01 resting=2 cumulative=9 leaves=11
         = bid 11 @ 10.01 ask 5 @ 10.02",
    );
}

#[test]
fn rest_of_a_released_stop_order_is_canceled_as_that_of_a_market_order() {
    check(
        "> instrument 0 protection=0.01
         < instrument 0
         + 1 sell 1 @ 10.00 day
         + 2 sell 1 @ 10.05 day
         + 3 sell 1 @ 10.07 day
         + 4 buy 3 stop=10.00
         + 5 buy 3 stop=10.05
         > 6 buy 1 @ 10.00 ioc
         < 6 new leaves=1
         < 6 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 4 triggered
         < 4 trade 1 @ 10.05 resting=2 cumulative=1 leaves=2
         < 4 canceled 2 protection
         < 5 triggered
         < 5 trade 1 @ 10.07 resting=3 cumulative=1 leaves=2
         < 5 canceled 2 market
         = bid - ask -",
    );
}

#[test]
fn released_stop_meets_self_trade_prevention() {
    check(
        "+ 1 sell 1 @ 10.00 day
         + 2 sell 5 @ 10.05 day account=1
         + 3 buy 3 stop=10.00 account=1 stp=oldest
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 3 triggered
         < 3 prevented 3 @ 10.05 resting=2
         < 2 canceled 5 self-trade
         < 3 canceled 3 market",
    );
}

#[test]
fn released_iceberg_takes_whole_and_rests_with_a_part_displayed() {
    check(
        "+ 1 sell 1 @ 10.00 day
         + 2 sell 5 @ 10.05 day
         + 3 buy 30 stop=10.00 @ 10.05 display=10
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 3 triggered
         < 3 trade 5 @ 10.05 resting=2 cumulative=5 leaves=25
         = bid 10 @ 10.05 ask -",
    );
}

#[test]
fn nothing_is_released_in_a_halt() {
    check(&format!(
        "{LAST_10}
         + 1 buy 5 stop=10.01 @ 9.00
         > halt
         < phase Halt instrument=0
         > 2 buy 5 stop=10.00 @ 9.00
         < 2 rejected Halted
         > 1 replace 5 @ 9.00 stop=10.00
         < 1 refused Halted
         > instrument 0 low=-2000
         < instrument 0
         > time 5000
         > resume
         < phase Continuous instrument=0
         = waiting 1
         > 1 replace 5 @ 9.00 stop=10.00
         < 1 replaced 5 @ 9.00 leaves=5 priority=lost
         < 1 terms stop=10.00 day
         < 1 triggered
         = bid 5 @ 9.00 ask -"
    ));
}

#[test]
fn stop_limit_that_takes_nothing_rests() {
    check(&format!(
        "{LAST_10}
         > 1 buy 5 stop=10.00 @ 9.00
         < 1 new leaves=5
         < 1 triggered
         > 2 sell 5 stop=10.00 @ 11.00
         < 2 new leaves=5
         < 2 triggered
         = bid 5 @ 9.00 ask 5 @ 11.00"
    ));
}

#[test]
fn stop_order_finds_its_limit_in_the_book_of_its_release() {
    check(
        "> instrument 0 protection=0.05
         < instrument 0
         + 1 sell 1 @ 10.00 day
         + 2 buy 9 stop=10.00
         + 3 sell 1 @ 10.50 day
         + 4 sell 1 @ 10.55 day
         + 5 sell 1 @ 10.56 day
         > 6 buy 1 @ 10.00 ioc
         < 6 new leaves=1
         < 6 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 2 triggered
         < 2 trade 1 @ 10.50 resting=3 cumulative=1 leaves=8
         < 2 trade 1 @ 10.55 resting=4 cumulative=2 leaves=7
         < 2 canceled 7 protection",
    );
}

#[test]
fn empty_side_refuses_a_released_stop_order() {
    check(
        "+ 1 sell 1 @ 10.00 day
         + 2 buy 9 stop=10.00
         + 3 sell 9 stop=10.00
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         < 3 triggered refused=NoLiquidity
         < 3 canceled 9 refused
         < 2 triggered refused=NoLiquidity
         < 2 canceled 9 refused",
    );
    check(&format!(
        "{LAST_10}
         > 1 buy 5 stop=10.00
         < 1 new leaves=5
         < 1 triggered refused=NoLiquidity
         < 1 canceled 5 refused"
    ));
}

#[test]
fn new_stop_price_is_compared_with_the_last_trade_at_once() {
    check(&format!(
        "{LAST_10}
         + 1 sell 5 @ 11.00 day
         + 2 buy 5 stop=10.50
         + 3 buy 5 stop=10.50 @ 9.00
         > 2 replace 5 stop=10.00
         < 2 replaced 5 @ 0.00 leaves=5 priority=lost
         < 2 terms stop=10.00 day
         < 2 triggered
         < 2 trade 5 @ 11.00 resting=1 cumulative=5 leaves=0
         < 3 triggered
         = bids 3 asks"
    ));
}

#[test]
fn replace_that_leaves_the_stop_price_releases_nothing() {
    check(
        "+ 1 buy 5 stop=10.00 @ 9.00
         > 1 replace 6 @ 9.50
         < 1 replaced 6 @ 9.50 leaves=6 priority=lost
         > 1 replace 6 @ 9.50 stop=9.90
         < 1 replaced 6 @ 9.50 leaves=6 priority=lost
         < 1 terms stop=9.90 day
         = waiting 1",
    );
}

#[test]
fn released_stop_limit_has_no_stop_price_to_replace() {
    check(&format!(
        "{LAST_10}
         > 1 buy 5 stop=10.00 @ 9.00
         < 1 new leaves=5
         < 1 triggered
         > 1 replace 5 @ 9.00 stop=11.00
         < 1 refused InvalidCombination
         > 1 replace 5 @ 9.10
         < 1 replaced 5 @ 9.10 leaves=5 priority=lost
         = bid 5 @ 9.10 ask -"
    ));
}

#[test]
fn mass_cancel_and_cancel_take_stop_orders_that_wait() {
    check(
        "+ 1 buy 5 stop=10.00
         + 2 sell 5 stop=10.00 @ 9.00
         + 3 sell 5 stop=10.00 @ 9.00
         > 3 cancel
         < 3 canceled 5 requested
         > mass session=0
         < 1 canceled 5 mass
         < 2 canceled 5 mass
         < mass canceled 2
         = waiting",
    );
}
