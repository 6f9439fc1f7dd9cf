//! Section 4.13: what others got wrong, each as the shortest script that shows it.

use super::{BIG_VENUE, check, check_big};

#[test]
fn first_print_of_a_rising_sweep_releases_a_sell_stop_that_the_last_does_not_reach() {
    check(
        "+ 1 sell 1 @ 101.00 day
         > 2 buy 1 @ 101.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 101.00 resting=1 cumulative=1 leaves=0
         + 3 sell 1 stop=100.00 @ 200.00
         + 4 sell 1 @ 99.00 day
         + 5 sell 1 @ 100.00 day
         + 6 sell 1 @ 102.00 day
         > 7 buy 3 @ 102.00 ioc
         < 7 new leaves=3
         < 7 trade 1 @ 99.00 resting=4 cumulative=1 leaves=2
         < 7 trade 1 @ 100.00 resting=5 cumulative=2 leaves=1
         < 7 trade 1 @ 102.00 resting=6 cumulative=3 leaves=0
         < 3 triggered
         = bids asks 3",
    );
}

#[test]
fn peg_whose_price_does_not_change_keeps_its_place_whatever_else_comes() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         + 3 buy 5 peg
         + 4 buy 5 peg
         + 5 buy 10 @ 8.00 day
         > 5 cancel
         < 5 canceled 10 requested
         > 1 replace 20 @ 9.00
         < 1 replaced 20 @ 9.00 leaves=20 priority=lost
         > 3 replace 6 @ max
         < 3 replaced 6 @ max leaves=6 priority=lost
         + 5 buy 10 @ 8.00 day
         > 3 reduce 4
         < 3 reduced 4 leaves=4
         + 7 buy 5 peg @ 9.90
         + 8 buy 10 @ 8.80 day
         > 6 sell 6 @ 10.00 ioc
         < 6 new leaves=6
         < 6 trade 5 @ 10.00 resting=4 cumulative=5 leaves=1
         < 6 trade 1 @ 10.00 resting=3 cumulative=6 leaves=0",
    );
}

#[test]
fn cascade_of_stops_has_no_bound_of_rounds() {
    const STOPS: u32 = 1500;
    let price = |tick: u32| format!("{}.{:02}", 10 + tick / 100, tick % 100);
    let mut script = BIG_VENUE.to_owned();
    for number in 0..=STOPS {
        script.push_str(&format!("+ {number} sell 1 @ {} day\n", price(number)));
    }
    for number in 0..STOPS {
        let slot = 2000 + number;
        script.push_str(&format!("+ {slot} buy 1 stop={}\n", price(number)));
    }
    script.push_str(
        "> 4000 buy 1 @ 10.00 ioc
         < 4000 new leaves=1
         < 4000 trade 1 @ 10.00 resting=0 cumulative=1 leaves=0\n",
    );
    for number in 0..STOPS {
        let (slot, resting) = (2000 + number, number + 1);
        let price = price(resting);
        script.push_str(&format!(
            "< {slot} triggered
             < {slot} trade 1 @ {price} resting={resting} cumulative=1 leaves=0\n"
        ));
    }
    script.push_str("= waiting\n= depth bid - ask -\n");
    check_big(&script);
}

#[test]
fn nothing_that_moves_in_a_halt_releases_a_stop() {
    check(
        "+ 1 sell 1 @ 10.00 day
         > 2 buy 1 @ 10.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         + 3 buy 5 stop=10.50
         + 4 buy 10 @ 9.00 day
         + 5 sell 10 @ 11.00 gtd=500
         > halt
         < phase Halt instrument=0
         > 4 cancel
         < 4 canceled 10 requested
         > time 500
         < 5 expired 10
         > resume
         < phase Continuous instrument=0
         = waiting 3",
    );
}

#[test]
fn fill_or_kill_that_meets_its_owner_is_refused_before_it_trades() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         + 2 sell 10 @ 10.00 day account=2
         > 3 buy 20 @ 10.00 fok account=2 stp=newest
         < 3 rejected FillOrKillUnfilled
         = bids asks 1 2",
    );
}

#[test]
fn fill_or_kill_counts_what_an_off_lot_rest_leaves() {
    check(
        "> instrument 0 lot=1
         < instrument 0
         + 1 sell 13 @ 10.00 day
         + 2 sell 7 @ 10.00 day
         > instrument 0 lot=5
         < instrument 0
         > 3 buy 25 @ 10.00 fok
         < 3 rejected FillOrKillUnfilled
         > 3 buy 20 @ 10.00 fok
         < 3 new leaves=20
         < 3 trade 13 @ 10.00 resting=1 cumulative=13 leaves=7
         < 3 trade 7 @ 10.00 resting=2 cumulative=20 leaves=0",
    );
}

#[test]
fn refused_fill_or_kill_moves_no_last_trade() {
    check(
        "+ 1 sell 10 @ 9.00 day
         > 2 buy 1 @ 9.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 9.00 resting=1 cumulative=1 leaves=0
         + 3 sell 10 @ 10.00 day
         + 4 buy 5 stop=10.00 @ 8.00
         > 5 buy 30 @ 10.00 fok
         < 5 rejected FillOrKillUnfilled
         + 6 buy 5 stop=9.50 @ 8.00
         = waiting 4 6",
    );
}

#[test]
fn resting_order_that_prevention_cancels_is_told_so() {
    check(
        "+ 1 sell 10 @ 10.00 day account=1
         > 2 buy 5 @ 10.00 day account=1 stp=oldest
         < 2 new leaves=5
         < 2 prevented 5 @ 10.00 resting=1
         < 1 canceled 10 self-trade
         = bid 5 @ 10.00 ask -",
    );
}

#[test]
fn self_trade_that_is_prevented_leaves_no_crossed_book() {
    for prevention in ["newest", "oldest", "both", "decrement"] {
        let mut scenario = "+ 1 sell 10 @ 10.00 day account=1
             + 2 sell 10 @ 9.99 day account=2
             > 3 buy 30 @ 10.00 day account=1\n"
            .replace("account=1\n", &format!("account=1 stp={prevention}\n"));
        scenario.push_str(
            "< 3 new leaves=30
             < 3 trade 10 @ 9.99 resting=2 cumulative=10 leaves=20
             < 3 prevented 10 @ 10.00 resting=1\n",
        );
        scenario.push_str(match prevention {
            "newest" => "< 3 canceled 20 self-trade\n = bid - ask 10 @ 10.00",
            "oldest" => "< 1 canceled 10 self-trade\n = bid 20 @ 10.00 ask -",
            "both" => "< 1 canceled 10 self-trade\n < 3 canceled 20 self-trade\n = bid - ask -",
            _ => "< 1 canceled 10 self-trade\n < 3 reduced 20 leaves=10\n = bid 10 @ 10.00 ask -",
        });
        check(&scenario);
    }
}

#[test]
fn marketable_limit_order_never_passes_its_limit() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.99 day
         + 3 buy 10 @ 9.98 day
         > 4 sell 100 @ 9.99 day
         < 4 new leaves=100
         < 4 trade 10 @ 10.00 resting=1 cumulative=10 leaves=90
         < 4 trade 10 @ 9.99 resting=2 cumulative=20 leaves=80
         = bid 10 @ 9.98 ask 80 @ 9.99",
    );
}

#[test]
fn replace_to_a_crossing_price_trades_and_never_rests_crossed() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 10 @ 11.00 day
         > 1 replace 10 @ 12.00
         < 1 replaced 10 @ 12.00 leaves=10 priority=lost
         < 1 trade 10 @ 11.00 resting=2 cumulative=10 leaves=0
         = depth bid - ask -",
    );
}

#[test]
fn rest_of_an_immediate_order_never_rests() {
    for order in ["@ 10.00 ioc", "market"] {
        let reason = if order == "market" {
            "market"
        } else {
            "immediate"
        };
        check(&format!(
            "+ 1 sell 10 @ 10.00 day
             > 2 buy 15 {order}
             < 2 new leaves=15
             < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=5
             < 2 canceled 5 {reason}
             = depth bid - ask -"
        ));
    }
}

#[test]
fn replace_to_a_smaller_quantity_keeps_its_place() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 10.00 day
         > 1 replace 9 @ 10.00
         < 1 replaced 9 @ 10.00 leaves=9 priority=kept
         = bids 1 2 asks",
    );
}

#[test]
fn orders_that_want_all_or_a_minimum_never_rest_and_so_never_meet() {
    check(
        "> 1 sell 10 @ 10.00 fok
         < 1 rejected FillOrKillUnfilled
         > 1 sell 10 @ 10.00 ioc min=10
         < 1 rejected MinimumQuantityUnfilled
         > 2 buy 10 @ 12.00 fok
         < 2 rejected FillOrKillUnfilled
         + 1 sell 10 @ 10.00 day
         > 2 buy 10 @ 12.00 fok
         < 2 new leaves=10
         < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0",
    );
}

#[test]
fn order_is_found_after_a_replace_that_freed_its_level() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.00 day
         > 1 replace 10 @ 11.00
         < 1 replaced 10 @ 11.00 leaves=10 priority=lost
         + 3 buy 10 @ 10.00 day
         > 2 replace 10 @ 10.00
         < 2 replaced 10 @ 10.00 leaves=10 priority=lost
         = depth bid 10 @ 11.00, 20 @ 10.00 ask -
         = bids 1 3 2 asks
         > 3 cancel
         < 3 canceled 10 requested
         > 1 reduce 4
         < 1 reduced 4 leaves=4
         > 2 cancel
         < 2 canceled 10 requested
         > 1 cancel
         < 1 canceled 4 requested
         = depth bid - ask -",
    );
}

#[test]
fn partial_fill_does_not_queue_a_resting_order_again() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 10.00 day
         > 3 sell 1 @ 10.00 ioc
         < 3 new leaves=1
         < 3 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         = bids 1 2 asks",
    );
}

#[test]
fn halt_keeps_what_icebergs_display_and_when_orders_expire() {
    check(
        "+ 1 sell 100 @ 10.00 gtd=5000 display=10
         + 2 sell 5 @ 10.00 day
         > halt
         < phase Halt instrument=0
         > resume
         < phase Continuous instrument=0
         = bid - ask 15 @ 10.00
         > 3 buy 10 @ 10.00 ioc
         < 3 new leaves=10
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=0
         < 1 restated @ 10.00 displayed=10 refreshed
         = bids asks 2 1
         > time 5000
         < 1 expired 90",
    );
}

#[test]
fn prevention_strands_no_hidden_quantity_of_an_iceberg() {
    check(
        "+ 1 sell 30 @ 10.00 day display=10 account=1
         > 2 buy 10 @ 10.00 ioc account=1 stp=decrement
         < 2 new leaves=10
         < 2 prevented 10 @ 10.00 resting=1
         < 1 reduced 20 leaves=20
         < 1 restated @ 10.00 displayed=10 refreshed
         < 2 canceled 10 self-trade
         = bid - ask 10 @ 10.00
         > 3 buy 20 @ 10.00 ioc account=2
         < 3 new leaves=20
         < 3 trade 10 @ 10.00 resting=1 cumulative=10 leaves=10
         < 1 restated @ 10.00 displayed=10 refreshed
         < 3 trade 10 @ 10.00 resting=1 cumulative=20 leaves=0",
    );
}

#[test]
fn full_book_still_takes_cancels_and_reduces() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 9.00 day
         + 3 buy 10 @ 8.00 day
         + 4 buy 10 @ 7.00 day
         > 5 buy 10 @ 6.00 day
         < 5 rejected LevelCapacity
         > 4 reduce 5
         < 4 reduced 5 leaves=5
         > 4 cancel
         < 4 canceled 5 requested
         + 5 buy 10 @ 6.00 day
         > mass session=0
         < 1 canceled 10 mass
         < 2 canceled 10 mass
         < 3 canceled 10 mass
         < 5 canceled 10 mass
         < mass canceled 4",
    );
}

#[test]
fn halts_and_limits_are_part_of_the_state() {
    let state = |line: &str| {
        let scenario = check(line);
        scenario.hashes().last().map(|hashes| hashes.state)
    };
    let base = state("> halt\n < phase Halt instrument=0");
    assert_eq!(state("> halt\n < phase Halt instrument=0"), base);
    assert_ne!(state("> resume\n < phase Continuous instrument=0"), base);
    assert_ne!(
        state("> halt instrument=1\n < phase Halt instrument=1"),
        base
    );
    let narrow = state("> instrument 0 high=20\n < instrument 0");
    assert_ne!(state("> instrument 0 high=21\n < instrument 0"), narrow);
}
