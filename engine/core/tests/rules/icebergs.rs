//! Section 4.7: icebergs.

use super::check;

#[test]
fn iceberg_takes_with_all_it_has_and_rests_with_a_part_displayed() {
    check(
        "+ 1 sell 50 @ 10.00 day
         > 2 buy 85 @ 10.00 day display=10
         < 2 new leaves=85
         < 2 trade 50 @ 10.00 resting=1 cumulative=50 leaves=35
         = bid 10 @ 10.00 ask -",
    );
}

#[test]
fn next_part_is_displayed_at_the_back_of_the_queue() {
    check(
        "+ 1 sell 25 @ 10.00 day display=10
         + 2 sell 10 @ 10.00 day
         = bids asks 1 2
         > 3 buy 10 @ 10.00 ioc
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         < 1 restated @ 10.00 displayed=10 refreshed
         = bids asks 2 1
         = bid - ask 20 @ 10.00",
    );
}

#[test]
fn part_that_is_not_used_up_keeps_its_place() {
    check(
        "+ 1 sell 25 @ 10.00 day display=10
         + 2 sell 10 @ 10.00 day
         > 3 buy 9 @ 10.00 ioc
         < 3 new leaves=9
         < 3 trade 9 @ 10.00 resting=1 cumulative=9 leaves=0
         = bids asks 1 2
         = bid - ask 11 @ 10.00",
    );
}

#[test]
fn within_one_sweep_what_stood_at_the_price_is_taken_before_the_next_part() {
    check(
        "+ 1 sell 25 @ 10.00 day display=10
         + 2 sell 10 @ 10.00 day
         + 3 sell 15 @ 10.00 day display=5
         > 4 buy 50 @ 10.00 ioc
         < 4 new leaves=50
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 1 restated @ 10.00 displayed=10 refreshed
         < 4 trade 10 @ 10.00 resting=2 cumulative=20 leaves=30
         < 4 trade 5 @ 10.00 resting=3 cumulative=25 leaves=25
         < 3 restated @ 10.00 displayed=5 refreshed
         < 4 trade 10 @ 10.00 resting=1 cumulative=35 leaves=15
         < 1 restated @ 10.00 displayed=5 refreshed
         < 4 trade 5 @ 10.00 resting=3 cumulative=40 leaves=10
         < 3 restated @ 10.00 displayed=5 refreshed
         < 4 trade 5 @ 10.00 resting=1 cumulative=45 leaves=5
         < 4 trade 5 @ 10.00 resting=3 cumulative=50 leaves=0
         = bid - ask -",
    );
}

#[test]
fn last_part_is_what_is_left() {
    check(
        "+ 1 sell 12 @ 10.00 day display=10
         > 2 buy 10 @ 10.00 ioc
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         < 1 restated @ 10.00 displayed=2 refreshed
         = bid - ask 2 @ 10.00
         > 2 buy 5 @ 10.00 ioc
         < 2 new leaves=5
         < 2 trade 2 @ 10.00 resting=1 cumulative=2 leaves=3
         < 2 canceled 3 immediate",
    );
}

#[test]
fn display_of_the_whole_quantity_hides_nothing() {
    check(
        "+ 1 sell 10 @ 10.00 day display=10
         > 2 buy 10 @ 10.00 ioc
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn checks_count_the_hidden_part() {
    check(
        "> instrument 0 max=100 notional=1000000000000
         < instrument 0
         > 1 sell 101 @ 1.00 day display=10
         < 1 rejected QuantityAboveMaximum
         > 1 sell 100 @ 10.01 day display=1
         < 1 rejected NotionalAboveMaximum
         > 1 sell 10 @ 10.00 day display=11
         < 1 rejected DisplayQuantityInvalid
         = bid - ask -",
    );
}

#[test]
fn self_trade_prevention_counts_the_hidden_part() {
    check(
        "+ 1 sell 100 @ 10.00 day display=10 account=1
         > 2 buy 40 @ 10.00 ioc account=1 stp=newest
         < 2 new leaves=40
         < 2 prevented 40 @ 10.00 resting=1
         < 2 canceled 40 self-trade
         = bid - ask 10 @ 10.00
         > 2 buy 40 @ 10.00 ioc account=1 stp=oldest
         < 2 new leaves=40
         < 2 prevented 40 @ 10.00 resting=1
         < 1 canceled 100 self-trade
         < 2 canceled 40 immediate
         = bid - ask -",
    );
}

#[test]
fn decrement_that_uses_up_what_is_displayed_shows_the_next_part() {
    check(
        "+ 1 sell 100 @ 10.00 day display=10 account=1
         + 2 sell 5 @ 10.00 day account=2
         > 3 buy 40 @ 10.00 day account=1 stp=decrement
         < 3 new leaves=40
         < 3 prevented 40 @ 10.00 resting=1
         < 1 reduced 60 leaves=60
         < 1 restated @ 10.00 displayed=10 refreshed
         < 3 canceled 40 self-trade
         = bid - ask 15 @ 10.00
         = bids asks 2 1",
    );
}

#[test]
fn decrement_that_leaves_something_displayed_shows_no_more() {
    check(
        "+ 1 sell 100 @ 10.00 day display=10 account=1
         + 2 sell 5 @ 10.00 day account=2
         > 3 buy 4 @ 10.00 day account=1 stp=decrement
         < 3 new leaves=4
         < 3 prevented 4 @ 10.00 resting=1
         < 1 reduced 96 leaves=96
         < 3 canceled 4 self-trade
         = bid - ask 11 @ 10.00
         = bids asks 1 2",
    );
}
