//! Section 4.4: time in force and conditions.

use super::check;

#[test]
fn ioc_remainder_is_canceled_not_rested() {
    check(
        "+ 1 sell 100 @ 10.00 day
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
        "+ 1 sell 100 @ 10.01 day
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
        "+ 1 sell 100 @ 10.00 day
         > 2 buy 100 @ 10.00 ioc
         < 2 new leaves=100
         < 2 trade 100 @ 10.00 resting=1 cumulative=100 leaves=0
         = bid - ask -",
    );
}

#[test]
fn fill_or_kill_trades_whole_or_is_refused() {
    check(
        "+ 1 sell 100 @ 10.00 day
         > 2 buy 101 @ 10.00 fok
         < 2 rejected FillOrKillUnfilled
         = bid - ask 100 @ 10.00
         > 2 buy 100 @ 10.00 fok
         < 2 new leaves=100
         < 2 trade 100 @ 10.00 resting=1 cumulative=100 leaves=0
         > 2 buy 1 @ 10.00 fok
         < 2 rejected FillOrKillUnfilled",
    );
}

#[test]
fn refused_fill_or_kill_prints_nothing_and_releases_nothing() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 buy 1 stop=10.00 @ 9.00
         > 3 buy 11 @ 10.00 fok
         < 3 rejected FillOrKillUnfilled
         # There is no last trade yet, so a stop order waits.
         + 4 sell 1 stop=10.00 @ 12.00
         = waiting 2 4
         = bid - ask 10 @ 10.00",
    );
}

#[test]
fn fill_or_kill_counts_within_its_limit_only() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.01 day
         > 3 buy 11 @ 10.00 fok
         < 3 rejected FillOrKillUnfilled
         > 3 buy 20 @ 10.01 fok
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 3 trade 10 @ 10.01 resting=2 cumulative=20 leaves=0",
    );
}

#[test]
fn fill_or_kill_counts_hidden_parts_of_icebergs() {
    check(
        "+ 1 sell 100 @ 10.00 day display=10
         > 2 buy 101 @ 10.00 fok
         < 2 rejected FillOrKillUnfilled
         > 2 buy 15 @ 10.00 fok
         < 2 new leaves=15
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=5
         < 1 restated @ 10.00 displayed=10 refreshed
         < 2 trade 5 @ 10.00 resting=1 cumulative=15 leaves=0
         = bid - ask 5 @ 10.00",
    );
}

#[test]
fn fill_or_kill_counts_mid_pegs() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 sell 10 peg
         > 4 buy 11 @ 10.00 fok
         < 4 rejected FillOrKillUnfilled
         > 4 buy 9 @ 9.99 fok
         < 4 rejected FillOrKillUnfilled
         > 4 buy 20 @ 11.00 fok
         < 4 new leaves=20
         < 4 trade 10 @ 10.00 resting=3 cumulative=10 leaves=10
         < 4 trade 10 @ 11.00 resting=2 cumulative=20 leaves=0",
    );
}

#[test]
fn fill_or_kill_counts_no_parked_peg() {
    check(
        "+ 1 sell 10 peg
         + 2 sell 10 @ 11.00 day
         > 3 buy 11 @ 11.00 fok
         < 3 rejected FillOrKillUnfilled",
    );
}

#[test]
fn count_ends_at_the_first_own_order_where_it_would_stop_the_aggressor() {
    for prevention in ["newest", "both", "decrement"] {
        check(&format!(
            "+ 1 sell 10 @ 10.00 day account=1
             + 2 sell 10 @ 10.00 day account=2
             + 3 sell 10 @ 10.00 day account=1
             > 4 buy 11 @ 10.00 fok account=2 stp={prevention}
             < 4 rejected FillOrKillUnfilled
             > 4 buy 20 @ 10.00 ioc min=11 account=2 stp={prevention}
             < 4 rejected MinimumQuantityUnfilled
             > 4 buy 10 @ 10.00 fok account=2 stp={prevention}
             < 4 new leaves=10
             < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
             = bids asks 2 3"
        ));
    }
}

#[test]
fn count_leaves_own_orders_out_that_would_be_canceled() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         + 3 sell 10 @ 10.00 day account=1
         > 4 buy 21 @ 10.00 fok account=2 stp=oldest
         < 4 rejected FillOrKillUnfilled
         > 4 buy 20 @ 10.00 fok account=2 stp=oldest
         < 4 new leaves=20
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 4 prevented 10 @ 10.00 resting=2
         < 2 canceled 10 self-trade
         < 4 trade 10 @ 10.00 resting=3 cumulative=20 leaves=0
         = bid - ask -",
    );
}

#[test]
fn count_takes_own_orders_in_where_they_would_trade() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 20 @ 10.00 fok account=2 stp=none
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 3 trade 10 @ 10.00 resting=2 cumulative=20 leaves=0",
    );
}

#[test]
fn fills_of_a_fill_or_kill_order_have_several_prices_and_counterparties() {
    check(
        "+ 1 buy 10 @ 10.00 day account=1
         + 2 buy 10 @ 9.99 day account=2
         + 3 buy 10 @ 9.98 day account=3
         > 4 sell 25 @ 9.98 fok
         < 4 new leaves=25
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=15
         < 4 trade 10 @ 9.99 resting=2 cumulative=20 leaves=5
         < 4 trade 5 @ 9.98 resting=3 cumulative=25 leaves=0
         = bid 5 @ 9.98 ask -",
    );
}

#[test]
fn minimum_quantity_is_taken_at_once_or_the_order_is_refused() {
    check(
        "+ 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.01 day display=2
         > 3 buy 50 @ 10.00 ioc min=11
         < 3 rejected MinimumQuantityUnfilled
         > 3 buy 50 @ 10.01 ioc min=21
         < 3 rejected MinimumQuantityUnfilled
         = bid - ask 10 @ 10.00
         > 3 buy 50 @ 10.00 ioc min=10
         < 3 new leaves=50
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 3 canceled 40 immediate
         > 4 buy 4 @ 10.01 ioc min=1
         < 4 new leaves=4
         < 4 trade 2 @ 10.01 resting=2 cumulative=2 leaves=2
         < 2 restated @ 10.01 displayed=2 refreshed
         < 4 trade 2 @ 10.01 resting=2 cumulative=4 leaves=0
         < 2 restated @ 10.01 displayed=2 refreshed
         = bid - ask 2 @ 10.01",
    );
}

#[test]
fn minimum_quantity_goes_with_immediate_or_cancel_only() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 10 @ 10.00 day min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 @ 10.00 gtc min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 @ 10.00 gtd=5000 min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 @ 10.00 fok min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 stop=10.00 min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 mtl min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 peg min=5
         < 2 rejected InvalidCombination
         > 2 buy 10 @ 10.00 ioc min=5
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn market_order_has_its_minimum_within_its_protection() {
    check(
        "> instrument 0 protection=0.01
         < instrument 0
         + 1 sell 10 @ 10.00 day
         + 2 sell 10 @ 10.02 day
         > 3 buy 50 market min=11
         < 3 rejected MinimumQuantityUnfilled
         > 3 buy 50 market min=10
         < 3 new leaves=50
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
         < 3 canceled 40 protection",
    );
}

#[test]
fn post_only_that_would_take_is_refused_and_does_not_slide() {
    check(
        "+ 1 sell 10 @ 10.00 day
         > 2 buy 10 @ 10.00 day post
         < 2 rejected PostOnlyWouldTake
         > 2 buy 10 @ 10.01 day post
         < 2 rejected PostOnlyWouldTake
         = bid - ask 10 @ 10.00
         + 2 buy 10 @ 9.99 day post
         > 3 sell 10 @ 9.99 day post
         < 3 rejected PostOnlyWouldTake
         = bid 10 @ 9.99 ask 10 @ 10.00",
    );
}

#[test]
fn post_only_that_would_take_a_mid_peg_is_refused() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 sell 10 peg
         > 4 buy 10 @ 10.00 day post
         < 4 rejected PostOnlyWouldTake
         + 4 buy 10 @ 9.99 day post
         = bid 10 @ 9.99 ask 10 @ 11.00",
    );
}

#[test]
fn resting_post_only_order_trades_as_any_other() {
    check(
        "+ 1 sell 10 @ 10.00 gtc post
         > 2 buy 4 @ 10.00 day
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         = bid - ask 6 @ 10.00",
    );
}

#[test]
fn day_orders_expire_by_the_end_of_the_day_of_their_instrument() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 10.00 gtc
         + 3 buy 10 @ 10.00 gtd=900000
         + 4 buy 10 @ 10.00 day instrument=1
         + 5 sell 10 stop=9.00 day
         + 6 buy 10 peg day
         + 7 sell 10 peg gtc
         + 8 sell 10 stop=9.00 @ 9.00 gtc
         > end-day
         < 1 expired 10
         < 5 expired 10
         < 6 expired 10
         = bids 2 3 asks
         = waiting 7 8
         = bids 4 asks instrument=1
         > end-day
         > end-day instrument=1
         < 4 expired 10
         > end-day instrument=2",
    );
}

#[test]
fn good_till_date_orders_expire_by_time_at_or_after_their_expire_time() {
    check(
        "+ 1 buy 10 @ 10.00 gtd=1000
         + 2 buy 10 @ 10.00 gtd=1001
         + 3 sell 10 @ 11.00 gtd=1002 instrument=1
         + 4 buy 10 peg gtd=1001
         + 5 buy 10 stop=11.00 gtd=1001
         > time 999
         > time 1000
         < 1 expired 10
         > time 1001
         < 2 expired 10
         < 4 expired 10
         < 5 expired 10
         > time 5000
         < 3 expired 10
         = bid - ask -
         = waiting",
    );
}

#[test]
fn expire_time_that_passes_without_a_time_command_ends_nothing() {
    check(
        "+ 1 buy 10 @ 10.00 gtd=1000
         + 2 buy 10 @ 10.00 day at=2000
         > end-day
         < 2 expired 10
         > 3 sell 4 @ 10.00 ioc
         < 3 new leaves=4
         < 3 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         > time 3000
         < 1 expired 6",
    );
}

#[test]
fn orders_that_expire_together_do_so_in_the_order_of_their_entry() {
    check(
        "+ 9 sell 10 @ 12.00 gtd=1003
         + 3 buy 10 @ 9.00 gtd=1002
         + 7 buy 10 @ 10.00 gtd=1001
         + 1 buy 10 stop=12.00 @ 12.00 gtd=1000 instrument=1
         + 5 buy 10 @ 8.00 gtd=1001
         > 3 replace 20 @ 10.00
         < 3 replaced 20 @ 10.00 leaves=20 priority=lost
         > time 2000
         < 9 expired 10
         < 3 expired 20
         < 7 expired 10
         < 1 expired 10
         < 5 expired 10",
    );
    check(
        "+ 9 sell 10 @ 12.00 day
         + 3 buy 10 @ 9.00 day
         + 7 buy 10 @ 10.00 day
         + 1 buy 10 stop=12.00
         > end-day
         < 9 expired 10
         < 3 expired 10
         < 7 expired 10
         < 1 expired 10",
    );
}

#[test]
fn orders_expire_in_a_halt() {
    check(
        "+ 1 buy 10 @ 10.00 gtd=1000
         + 2 buy 10 @ 10.00 day
         + 3 buy 10 peg day
         > halt
         < phase Halt instrument=0
         > time 1000
         < 1 expired 10
         > end-day
         < 2 expired 10
         < 3 expired 10",
    );
}

#[test]
fn expire_time_must_be_after_the_command_that_gives_it() {
    check(
        "> 1 buy 10 @ 10.00 gtd=1000 at=1000
         < 1 rejected ExpireTimePassed
         > 1 buy 10 @ 10.00 gtd=0
         < 1 rejected ExpireTimePassed
         + 1 buy 10 @ 10.00 gtd=2001 at=2000
         > 1 replace 10 @ 10.00 gtd=2010
         < 1 refused ExpireTimePassed
         > 1 replace 10 @ 10.00 gtd=2021
         < 1 replaced 10 @ 10.00 leaves=10 priority=kept
         < 1 terms gtd=2021
         > time 2021
         < 1 expired 10",
    );
}

/// What an order may be: its words, and for each time in force whether it goes with it.
const TIMES: [&str; 5] = ["day", "gtc", "gtd=9000", "ioc", "fok"];
const TYPES: [(&str, [bool; 5]); 6] = [
    ("@ 10.00", [true; 5]),
    ("market", [false, false, false, true, true]),
    ("mtl", [true, true, true, false, false]),
    ("stop=10.00", [true, true, true, false, false]),
    ("stop=10.00 @ 10.00", [true, true, true, false, false]),
    ("peg", [true, true, true, false, false]),
];

/// Checks that an order is refused as a combination, whatever else is wrong with it, or not.
fn check_combination(words: &str, fits: bool) {
    let reason = if fits {
        "UnknownSymbol"
    } else {
        "InvalidCombination"
    };
    check(&format!(
        "> 1 buy 0 {words} instrument=2
         < 1 rejected {reason}"
    ));
}

#[test]
fn order_type_and_time_in_force_go_together_as_published() {
    for (words, fits) in TYPES {
        for (time, fits) in TIMES.into_iter().zip(fits) {
            check_combination(&format!("{words} {time}"), fits);
        }
    }
}

#[test]
fn conditions_go_with_the_orders_that_can_meet_them() {
    for (words, times) in TYPES {
        for (time, fits) in TIMES.into_iter().zip(times) {
            let rests = matches!(time, "day" | "gtc" | "gtd=9000");
            let limit = words == "@ 10.00";
            let stop_limit = words == "stop=10.00 @ 10.00";
            let order = format!("{words} {time}");
            check_combination(&format!("{order} post"), fits && rests && limit);
            let iceberg = fits && rests && (limit || stop_limit);
            check_combination(&format!("{order} display=10"), iceberg);
            check_combination(&format!("{order} min=10"), fits && time == "ioc");
        }
    }
}

#[test]
fn stop_price_goes_with_stops_and_expire_time_with_good_till_date() {
    for words in [
        "type=limit @ 10.00 stop=10.00",
        "type=market stop=10.00",
        "mtl stop=10.00",
        "peg stop=10.00",
        "@ 10.00 day expire=9000",
        "@ 10.00 ioc expire=9000",
        "stop=10.00 gtc expire=9000",
    ] {
        check_combination(words, false);
    }
    check_combination("@ 10.00 group=7", true);
    check_combination("@ 10.00 group=2147483647", true);
    check_combination("@ 10.00 group=2147483648", false);
    check_combination("@ 10.00 terms", true);
}

#[test]
fn replace_may_name_nothing_that_its_order_could_not_have() {
    check(
        "+ 1 buy 10 @ 10.00 day
         > 1 replace 10 @ 10.00 ioc
         < 1 refused InvalidCombination
         > 1 replace 10 @ 10.00 fok
         < 1 refused InvalidCombination
         > 1 replace 10 @ 10.00 tif=9
         < 1 refused InvalidCombination
         > 1 replace 10 @ 10.00 stop=10.00
         < 1 refused InvalidCombination
         > 1 replace 10 @ 10.00 gtc expire=9000
         < 1 refused InvalidCombination
         > 1 replace 10 @ 10.00 gtd=0
         < 1 refused ExpireTimePassed
         = bids 1 asks",
    );
}
