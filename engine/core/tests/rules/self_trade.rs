//! Section 4.8: self-trade prevention.

use super::check;

#[test]
fn identity_is_the_account_where_there_is_no_group() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 20 @ 10.00 ioc account=2 stp=newest
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 3 prevented 10 @ 10.00 resting=2
         < 3 canceled 10 self-trade
         = bids asks 2",
    );
}

#[test]
fn identity_is_the_group_where_there_is_one() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2 group=7
         + 3 sell 10 @ 10.00 day account=1 group=8
         > 4 buy 30 @ 10.00 ioc account=1 group=7 stp=newest
         < 4 new leaves=30
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=20
         < 4 prevented 10 @ 10.00 resting=2
         < 4 canceled 20 self-trade
         = bids asks 2 3",
    );
}

#[test]
fn group_of_an_accounts_number_is_not_that_account() {
    check(
        "+ 1 sell 10 @ 10.00 day account=2
         > 2 buy 10 @ 10.00 ioc account=1 group=2 stp=newest
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn choice_of_the_aggressor_decides() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1 stp=oldest
         > 2 buy 10 @ 10.00 ioc account=1 stp=newest
         < 2 new leaves=10
         < 2 prevented 10 @ 10.00 resting=1
         < 2 canceled 10 self-trade
         > 2 buy 4 @ 10.00 ioc account=1 stp=none
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0",
    );
}

#[test]
fn under_none_they_trade() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1 stp=both
         > 2 buy 10 @ 10.00 ioc account=1 stp=none
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn under_cancel_newest_the_rest_is_canceled_and_the_fills_stand() {
    check(
        "+ 1 sell 10 @ 10.00 day account=2
         + 2 sell 10 @ 10.00 day account=1
         + 3 sell 10 @ 10.01 day account=2
         > 4 buy 30 @ 10.01 day account=1 stp=newest
         < 4 new leaves=30
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=20
         < 4 prevented 10 @ 10.00 resting=2
         < 4 canceled 20 self-trade
         = bids asks 2 3",
    );
}

#[test]
fn under_cancel_oldest_the_resting_order_is_canceled_and_the_aggressor_goes_on() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         + 3 sell 10 @ 10.01 day account=1
         > 4 buy 30 @ 10.01 day account=1 stp=oldest
         < 4 new leaves=30
         < 4 prevented 10 @ 10.00 resting=1
         < 1 canceled 10 self-trade
         < 4 trade 10 @ 10.00 resting=2 cumulative=10 leaves=20
         < 4 prevented 10 @ 10.01 resting=3
         < 3 canceled 10 self-trade
         = bid 20 @ 10.01 ask -",
    );
}

#[test]
fn under_cancel_both_both_are_canceled() {
    check(
        "+ 1 sell 50 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 30 @ 10.01 day account=1 stp=both
         < 3 new leaves=30
         < 3 prevented 30 @ 10.00 resting=1
         < 1 canceled 50 self-trade
         < 3 canceled 30 self-trade
         = bids asks 2",
    );
}

#[test]
fn under_decrement_both_lose_the_smaller_leaves() {
    check(
        "+ 1 sell 50 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 30 @ 10.00 day account=1 stp=decrement
         < 3 new leaves=30
         < 3 prevented 30 @ 10.00 resting=1
         < 1 reduced 20 leaves=20
         < 3 canceled 30 self-trade
         = bids asks 1 2
         = bid - ask 30 @ 10.00",
    );
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 30 @ 10.00 day account=1 stp=decrement
         < 3 new leaves=30
         < 3 prevented 10 @ 10.00 resting=1
         < 1 canceled 10 self-trade
         < 3 reduced 20 leaves=20
         < 3 trade 10 @ 10.00 resting=2 cumulative=10 leaves=10
         = bid 10 @ 10.00 ask -",
    );
    check(
        "+ 1 sell 30 @ 10.00 day account=1
         > 3 buy 30 @ 10.00 day account=1 stp=decrement
         < 3 new leaves=30
         < 3 prevented 30 @ 10.00 resting=1
         < 1 canceled 30 self-trade
         < 3 canceled 30 self-trade
         = bid - ask -",
    );
}

#[test]
fn decrement_lowers_the_total_and_leaves_what_was_executed() {
    check(
        "+ 1 sell 50 @ 10.00 day account=1
         > 2 buy 20 @ 10.00 ioc account=2
         < 2 new leaves=20
         < 2 trade 20 @ 10.00 resting=1 cumulative=20 leaves=0
         + 3 sell 7 @ 9.99 day account=2
         > 4 buy 17 @ 10.00 ioc account=1 stp=decrement
         < 4 new leaves=17
         < 4 trade 7 @ 9.99 resting=3 cumulative=7 leaves=10
         < 4 prevented 10 @ 10.00 resting=1
         < 1 reduced 40 leaves=20
         < 4 canceled 10 self-trade
         = bid - ask 20 @ 10.00",
    );
}

#[test]
fn prevention_applies_where_the_aggressor_meets_the_order() {
    check(
        "+ 1 sell 10 @ 10.01 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 10 @ 10.01 ioc account=1 stp=newest
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=2 cumulative=10 leaves=0
         = bids asks 1
         > 3 buy 10 @ 10.00 day account=1 stp=both
         < 3 new leaves=10
         = bids 3 asks 1",
    );
}

#[test]
fn prevention_tells_both_its_price_and_what_did_not_trade() {
    check(
        "+ 1 sell 50 @ 10.00 day account=1 synced
         > 2 buy 30 @ 10.05 ioc account=1 stp=both
         < 2 new leaves=30
         < 2 prevented 30 @ 10.00 resting=1 resting-synced
         < 1 canceled 50 self-trade synced
         < 2 canceled 30 self-trade
         = bid - ask -",
    );
}

#[test]
fn prevention_is_no_print() {
    check(
        "+ 1 sell 50 @ 10.00 day account=1
         + 2 buy 5 stop=10.00 @ 9.00
         > 3 buy 30 @ 10.00 ioc account=1 stp=newest
         < 3 new leaves=30
         < 3 prevented 30 @ 10.00 resting=1
         < 3 canceled 30 self-trade
         + 4 sell 5 stop=10.00 @ 9.00
         = waiting 2 4",
    );
}

#[test]
fn replaced_order_keeps_its_choice() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1 stp=newest
         + 2 buy 10 @ 9.00 day account=1 stp=oldest
         > 2 replace 15 @ 10.00
         < 2 replaced 15 @ 10.00 leaves=15 priority=lost
         < 2 prevented 10 @ 10.00 resting=1
         < 1 canceled 10 self-trade
         = bid 15 @ 10.00 ask -",
    );
}

#[test]
fn mid_pegs_that_meet_follow_the_choice_of_the_later() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 buy 5 peg account=1 stp=oldest
         > 4 sell 5 peg account=1 stp=newest
         < 4 new leaves=5
         < 4 prevented 5 @ 10.00 resting=3
         < 4 canceled 5 self-trade
         = waiting 3",
    );
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 sell 5 peg @ 10.50 account=1 stp=newest
         + 4 buy 3 peg account=1 stp=decrement
         > 1 replace 10 @ 10.00
         < 1 replaced 10 @ 10.00 leaves=10 priority=lost
         < 4 prevented 3 @ 10.50 resting=3
         < 3 reduced 2 leaves=2
         < 4 canceled 3 self-trade
         = waiting 3",
    );
}

#[test]
fn own_orders_that_are_not_met_are_left_alone() {
    let mut script = "+ 0 sell 10 @ 10.00 day account=1\n".to_owned();
    for slot in 1..20 {
        script.push_str(&format!("+ {slot} sell 10 @ 10.00 day account=2\n"));
    }
    script.push_str(
        "> 20 buy 10 @ 10.00 day account=2 stp=both
         < 20 new leaves=10
         < 20 trade 10 @ 10.00 resting=0 cumulative=10 leaves=0
         = bid - ask 190 @ 10.00\n",
    );
    check(&script);
}
