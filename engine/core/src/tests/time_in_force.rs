//! Time in force, market orders and post-only.

use super::scenario::check;

#[test]
fn ioc_remainder_is_canceled_not_rested() {
    check(
        "> 1 sell 100 @ 10.00 day
         < 1 new leaves=100
         > 2 buy 150 @ 10.00 ioc
         < 2 new leaves=150
         < 2 trade 100 @ 10.00 resting=1 cumulative=100 leaves=50
         < 2 canceled 50 immediate
         = bid - ask -",
    );
}

#[test]
fn ioc_that_meets_nothing_is_accepted_then_canceled() {
    check(
        "> 1 sell 100 @ 10.01 day
         < 1 new leaves=100
         > 2 buy 150 @ 10.00 ioc
         < 2 new leaves=150
         < 2 canceled 150 immediate
         = bid - ask 100 @ 10.01
         > 2 cancel
         < 2 refused OrderNotLive",
    );
}

#[test]
fn ioc_that_fills_entirely_has_no_cancel() {
    check(
        "> 1 sell 100 @ 10.00 day
         < 1 new leaves=100
         > 2 buy 100 @ 10.00 ioc
         < 2 new leaves=100
         < 2 trade 100 @ 10.00 resting=1 cumulative=100 leaves=0
         = bid - ask -",
    );
}

#[test]
fn market_order_takes_every_price_and_cancels_its_remainder() {
    check(
        "> 1 sell 10 @ -5.00 day
         < 1 new leaves=10
         > 2 sell 10 @ 999.99 day
         < 2 new leaves=10
         > 3 buy 50 market
         < 3 new leaves=50
         < 3 trade 10 @ -5.00 resting=1 cumulative=10 leaves=40
         < 3 trade 10 @ 999.99 resting=2 cumulative=20 leaves=30
         < 3 canceled 30 market
         = bid - ask -",
    );
    check(
        "> 1 buy 10 @ -1000.00 day
         < 1 new leaves=10
         > 2 sell 4 market
         < 2 new leaves=4
         < 2 trade 4 @ -1000.00 resting=1 cumulative=4 leaves=0
         = bid 6 @ -1000.00 ask -",
    );
}

#[test]
fn market_order_without_liquidity_is_refused() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 sell 10 market
         < 2 rejected NoLiquidity
         > 2 buy 10 market
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn market_order_has_no_notional_and_no_price_to_check() {
    super::scenario::check_with(
        |instrument| instrument.notional_max = 0.into(),
        "> 1 sell 10 @ 0.00 day
         < 1 new leaves=10
         > 2 buy 10 market @ 5000.005
         < 2 new leaves=10
         < 2 trade 10 @ 0.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn post_only_that_would_take_is_refused_and_has_no_slide() {
    check(
        "> 1 sell 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day post
         < 2 rejected PostOnlyWouldTake
         > 2 buy 10 @ 10.01 day post
         < 2 rejected PostOnlyWouldTake
         > 2 buy 10 @ 9.99 day post
         < 2 new leaves=10
         > 3 sell 10 @ 9.99 day post
         < 3 rejected PostOnlyWouldTake
         = bid 10 @ 9.99 ask 10 @ 10.00",
    );
}

#[test]
fn resting_post_only_order_trades_as_any_other() {
    check(
        "> 1 sell 10 @ 10.00 day post
         < 1 new leaves=10
         > 2 buy 4 @ 10.00 day
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         = bid - ask 6 @ 10.00",
    );
}
