//! Section 4.5: market and market-to-limit orders.

use super::check;

const PROTECTED: &str = "> instrument 0 protection=0.05
                         < instrument 0\n";

#[test]
fn protection_is_counted_from_the_best_displayed_price() {
    check(&format!(
        "{PROTECTED}
         + 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.05 day
         + 3 sell 10 @ 10.06 day
         > 4 buy 50 market
         < 4 new leaves=50
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 4 trade 10 @ 10.05 resting=2 cumulative=20 leaves=30
         < 4 canceled 30 protection
         = bid - ask 10 @ 10.06"
    ));
    check(&format!(
        "{PROTECTED}
         + 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.95 day
         + 3 buy 10 @ 9.94 day
         > 4 sell 50 market
         < 4 new leaves=50
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 4 trade 10 @ 9.95 resting=2 cumulative=20 leaves=30
         < 4 canceled 30 protection
         = bid 10 @ 9.94 ask -"
    ));
}

#[test]
fn protection_is_fixed_for_the_whole_sweep() {
    check(&format!(
        "{PROTECTED}
         + 1 sell 1 @ 10.00 day
         + 2 sell 1 @ 10.04 day
         + 3 sell 1 @ 10.08 day
         > 4 buy 3 market
         < 4 new leaves=3
         < 4 trade 1 @ 10.00 resting=1 cumulative=1 leaves=2
         < 4 trade 1 @ 10.04 resting=2 cumulative=2 leaves=1
         < 4 canceled 1 protection"
    ));
}

#[test]
fn protection_is_not_counted_from_a_mid_peg() {
    check(&format!(
        "{PROTECTED}
         + 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 sell 10 @ 11.05 day
         + 4 sell 10 peg
         > 5 buy 30 market
         < 5 new leaves=30
         < 5 trade 10 @ 10.00 resting=4 cumulative=10 leaves=20
         < 5 trade 10 @ 11.00 resting=2 cumulative=20 leaves=10
         < 5 trade 10 @ 11.05 resting=3 cumulative=30 leaves=0"
    ));
}

#[test]
fn market_order_without_protection_takes_every_price() {
    check(
        "+ 1 sell 10 @ -5.00 day
         + 2 sell 10 @ 999.99 day
         > 3 buy 50 market
         < 3 new leaves=50
         < 3 trade 10 @ -5.00 resting=1 cumulative=10 leaves=40
         < 3 trade 10 @ 999.99 resting=2 cumulative=20 leaves=30
         < 3 canceled 30 market
         = bid - ask -",
    );
    check(
        "+ 1 buy 10 @ -1000.00 day
         > 2 sell 4 market
         < 2 new leaves=4
         < 2 trade 4 @ -1000.00 resting=1 cumulative=4 leaves=0
         = bid 6 @ -1000.00 ask -",
    );
}

#[test]
fn market_order_has_no_price_and_no_notional_to_check() {
    check(
        "> instrument 0 notional=0
         < instrument 0
         + 1 sell 10 @ 0.00 day
         > 2 buy 10 market @ 5000.005
         < 2 new leaves=10
         < 2 trade 10 @ 0.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn rest_of_a_market_order_says_whether_the_book_or_the_protection_ended_it() {
    check(&format!(
        "{PROTECTED}
         + 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.06 day
         > 3 buy 20 market
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 3 canceled 10 protection
         > 3 buy 20 market
         < 3 new leaves=20
         < 3 trade 10 @ 10.06 resting=2 cumulative=10 leaves=10
         < 3 canceled 10 market"
    ));
}

#[test]
fn fill_or_kill_market_order_counts_within_its_protection() {
    check(&format!(
        "{PROTECTED}
         + 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.06 day
         > 3 buy 11 market fok
         < 3 rejected FillOrKillUnfilled
         > 3 buy 10 market fok
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0"
    ));
}

#[test]
fn market_to_limit_takes_the_best_price_and_rests_there() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 5 @ 10.00 day
         + 3 sell 10 @ 10.01 day
         > 4 buy 50 mtl
         < 4 new leaves=50
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 4 trade 5 @ 10.00 resting=2 cumulative=15 leaves=35
         < 4 restated @ 10.00 displayed=35 priced
         = bid 35 @ 10.00 ask 10 @ 10.01",
    );
}

#[test]
fn market_to_limit_takes_a_better_mid_peg_first() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 sell 10 peg
         > 4 buy 25 mtl gtc
         < 4 new leaves=25
         < 4 trade 10 @ 10.00 resting=3 cumulative=10 leaves=15
         < 4 trade 10 @ 11.00 resting=2 cumulative=20 leaves=5
         < 4 restated @ 11.00 displayed=5 priced
         = bid 5 @ 11.00 ask -",
    );
}

#[test]
fn market_to_limit_that_fills_whole_gets_no_price() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 10 mtl
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         = bid - ask -",
    );
}

#[test]
fn market_to_limit_that_rests_is_replaced_as_a_limit_order() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.02 day
         > 3 buy 20 mtl
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 3 restated @ 10.00 displayed=10 priced
         > 3 replace 30 @ 10.02
         < 3 replaced 30 @ 10.02 leaves=20 priority=lost
         < 3 trade 10 @ 10.02 resting=2 cumulative=20 leaves=10
         = bid 10 @ 10.02 ask -",
    );
}

#[test]
fn without_a_displayed_order_on_the_other_side_there_is_no_liquidity() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 buy 10 peg
         > 3 sell 10 market
         < 3 rejected NoLiquidity
         > 3 sell 10 market fok
         < 3 rejected NoLiquidity
         > 3 sell 10 mtl
         < 3 rejected NoLiquidity
         > 3 buy 10 market
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}
