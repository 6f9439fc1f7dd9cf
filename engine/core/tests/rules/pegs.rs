//! Section 4.7: mid-pegs.

use matchgate_core::domain::bounds::MID_PEGS_PER_SIDE_MAX;

use super::{BIG_VENUE, check, check_big};

/// A reference of 10.00.
const MIDDLE_10: &str = "+ 30 buy 10 @ 9.00 day
                         + 31 sell 10 @ 11.00 day\n";

#[test]
fn mid_peg_stands_at_the_middle_of_the_best_displayed_prices() {
    check(&format!(
        "{MIDDLE_10}
         + 1 sell 5 peg
         > 2 buy 1 @ 9.99 ioc
         < 2 new leaves=1
         < 2 canceled 1 immediate
         > 2 buy 1 @ 10.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
         > 31 replace 10 @ 10.50
         < 31 replaced 10 @ 10.50 leaves=10 priority=lost
         > 2 buy 1 @ 9.75 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 9.75 resting=1 cumulative=1 leaves=0
         = bid 10 @ 9.00 ask 10 @ 10.50"
    ));
}

#[test]
fn middle_of_two_prices_may_lie_between_two_ticks() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 sell 10 @ 10.01 day
         + 3 buy 5 peg
         > 4 sell 3 @ 10.00 ioc
         < 4 new leaves=3
         < 4 trade 3 @ 10.005 resting=3 cumulative=3 leaves=0
         > 4 sell 1 peg
         < 4 new leaves=1
         < 4 trade 1 @ 10.005 resting=3 cumulative=1 leaves=0",
    );
}

#[test]
fn middle_that_is_no_price_is_the_tick_below_for_a_buy_and_above_for_a_sell() {
    check(
        "> instrument 2 tick=0.000000003
         < instrument 2
         + 1 buy 10 @ 0.000000003 day instrument=2
         + 2 sell 10 @ 0.000000012 day instrument=2
         + 3 buy 5 peg instrument=2
         + 4 sell 5 peg instrument=2
         > 5 sell 1 @ 0.000000006 ioc instrument=2
         < 5 new leaves=1
         < 5 trade 1 @ 0.000000006 resting=3 cumulative=1 leaves=0
         > 5 buy 1 @ 0.000000009 ioc instrument=2
         < 5 new leaves=1
         < 5 trade 1 @ 0.000000009 resting=4 cumulative=1 leaves=0
         = waiting 3 4 instrument=2",
    );
    check(
        "> instrument 2 tick=0.000000001
         < instrument 2
         + 1 buy 10 @ -0.000000002 day instrument=2
         + 2 sell 10 @ 0.000000001 day instrument=2
         + 3 buy 5 peg instrument=2
         + 4 sell 5 peg instrument=2
         > 5 sell 1 @ -0.000000001 ioc instrument=2
         < 5 new leaves=1
         < 5 trade 1 @ -0.000000001 resting=3 cumulative=1 leaves=0
         > 5 buy 1 @ 0.00 ioc instrument=2
         < 5 new leaves=1
         < 5 trade 1 @ 0.00 resting=4 cumulative=1 leaves=0",
    );
}

#[test]
fn what_is_pegged_does_not_move_the_reference() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 500 peg @ 9.50
         + 3 sell 500 stop=9.00 @ 9.00
         = bid 10 @ 9.00 ask 10 @ 11.00
         > 4 sell 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0"
    ));
}

#[test]
fn cap_holds_a_peg_back() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 9.80
         + 2 sell 5 peg @ 10.20
         > 3 sell 1 @ 9.81 ioc
         < 3 new leaves=1
         < 3 canceled 1 immediate
         > 3 sell 1 @ 9.80 ioc
         < 3 new leaves=1
         < 3 trade 1 @ 9.80 resting=1 cumulative=1 leaves=0
         > 3 buy 1 @ 10.19 ioc
         < 3 new leaves=1
         < 3 canceled 1 immediate
         > 3 buy 1 @ 10.20 ioc
         < 3 new leaves=1
         < 3 trade 1 @ 10.20 resting=2 cumulative=1 leaves=0"
    ));
}

#[test]
fn cap_beyond_the_reference_leaves_a_peg_at_the_reference() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 10.50
         > 2 sell 1 @ 9.00 ioc
         < 2 new leaves=1
         < 2 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0"
    ));
}

#[test]
fn displayed_order_at_a_price_trades_before_a_peg_at_it() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 9.00
         + 2 buy 5 @ 9.00 day
         > 3 sell 20 @ 9.00 day
         < 3 new leaves=20
         < 3 trade 10 @ 9.00 resting=30 cumulative=10 leaves=10
         < 3 trade 5 @ 9.00 resting=2 cumulative=15 leaves=5
         < 3 trade 5 @ 9.00 resting=1 cumulative=20 leaves=0"
    ));
}

#[test]
fn peg_behind_the_best_price_trades_in_its_turn() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 buy 10 @ 8.00 day
         + 3 sell 10 @ 11.00 day
         + 4 buy 5 peg @ 8.50
         > 5 sell 20 @ 8.00 ioc
         < 5 new leaves=20
         < 5 trade 10 @ 9.00 resting=1 cumulative=10 leaves=10
         < 5 trade 5 @ 8.50 resting=4 cumulative=15 leaves=5
         < 5 trade 5 @ 8.00 resting=2 cumulative=20 leaves=0",
    );
}

#[test]
fn mid_peg_that_comes_takes_pegs_that_stand_at_the_reference() {
    check(&format!(
        "{MIDDLE_10}
         + 1 sell 5 peg @ 10.10
         + 2 sell 5 peg
         + 3 sell 5 peg @ 9.50
         > 4 buy 20 peg
         < 4 new leaves=20
         < 4 trade 5 @ 10.00 resting=2 cumulative=5 leaves=15
         < 4 trade 5 @ 10.00 resting=3 cumulative=10 leaves=10
         = waiting 1 4"
    ));
}

#[test]
fn mid_peg_whose_cap_keeps_it_from_the_reference_takes_nothing() {
    check(&format!(
        "{MIDDLE_10}
         + 1 sell 5 peg
         + 2 buy 5 peg @ 9.99
         = waiting 1 2"
    ));
}

#[test]
fn mid_peg_takes_no_displayed_order() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 50 peg
         + 2 sell 50 peg @ 10.50
         = bid 10 @ 9.00 ask 10 @ 11.00"
    ));
}

#[test]
fn pegs_at_one_price_trade_in_the_order_of_their_entry() {
    check(&format!(
        "{MIDDLE_10}
         + 9 buy 5 peg
         + 2 buy 5 peg
         + 5 buy 5 peg @ 10.50
         > 7 sell 12 @ 10.00 ioc
         < 7 new leaves=12
         < 7 trade 5 @ 10.00 resting=9 cumulative=5 leaves=7
         < 7 trade 5 @ 10.00 resting=2 cumulative=10 leaves=2
         < 7 trade 2 @ 10.00 resting=5 cumulative=12 leaves=0"
    ));
}

#[test]
fn peg_whose_price_did_not_change_keeps_its_place_before_those_that_moved() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 5 peg @ 9.50
         > 30 replace 10 @ 8.00
         < 30 replaced 10 @ 8.00 leaves=10 priority=lost
         > 3 sell 7 @ 9.50 ioc
         < 3 new leaves=7
         < 3 trade 5 @ 9.50 resting=2 cumulative=5 leaves=2
         < 3 trade 2 @ 9.50 resting=1 cumulative=7 leaves=0"
    ));
}

#[test]
fn peg_that_comes_after_the_reference_moved_stands_behind_those_that_moved() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 5 peg @ 9.50
         > 30 replace 10 @ 8.00
         < 30 replaced 10 @ 8.00 leaves=10 priority=lost
         + 4 buy 5 peg @ 9.50
         + 5 buy 5 peg
         > 3 sell 17 @ 9.50 ioc
         < 3 new leaves=17
         < 3 trade 5 @ 9.50 resting=2 cumulative=5 leaves=12
         < 3 trade 5 @ 9.50 resting=1 cumulative=10 leaves=7
         < 3 trade 5 @ 9.50 resting=4 cumulative=15 leaves=2
         < 3 trade 2 @ 9.50 resting=5 cumulative=17 leaves=0"
    ));
    check(&format!(
        "{MIDDLE_10}
         + 1 sell 5 peg
         + 2 sell 5 peg @ 10.50
         > 31 replace 10 @ 12.00
         < 31 replaced 10 @ 12.00 leaves=10 priority=lost
         + 4 sell 5 peg @ 10.50
         > 3 buy 15 @ 10.50 ioc
         < 3 new leaves=15
         < 3 trade 5 @ 10.50 resting=2 cumulative=5 leaves=10
         < 3 trade 5 @ 10.50 resting=1 cumulative=10 leaves=5
         < 3 trade 5 @ 10.50 resting=4 cumulative=15 leaves=0"
    ));
}

#[test]
fn peg_that_comes_back_to_its_cap_stands_with_those_that_come_with_it() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 5 peg @ 9.50
         > 30 replace 10 @ 7.00
         < 30 replaced 10 @ 7.00 leaves=10 priority=lost
         > 30 replace 10 @ 8.00
         < 30 replaced 10 @ 8.00 leaves=10 priority=lost
         > 3 sell 10 @ 9.50 ioc
         < 3 new leaves=10
         < 3 trade 5 @ 9.50 resting=1 cumulative=5 leaves=5
         < 3 trade 5 @ 9.50 resting=2 cumulative=10 leaves=0"
    ));
}

#[test]
fn pegs_that_move_together_keep_their_order() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 5 peg @ 9.60
         + 3 buy 5 peg
         > 30 replace 10 @ 8.00
         < 30 replaced 10 @ 8.00 leaves=10 priority=lost
         > 4 sell 12 @ 9.50 ioc
         < 4 new leaves=12
         < 4 trade 5 @ 9.50 resting=1 cumulative=5 leaves=7
         < 4 trade 5 @ 9.50 resting=2 cumulative=10 leaves=2
         < 4 trade 2 @ 9.50 resting=3 cumulative=12 leaves=0"
    ));
}

#[test]
fn pegs_stay_where_they_are_until_the_command_and_all_it_released_are_done() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 sell 1 @ 11.00 day
         + 3 sell 10 @ 12.00 day
         + 4 buy 5 peg
         + 5 sell 2 stop=11.00 @ 10.00
         > 6 buy 1 @ 11.00 ioc
         < 6 new leaves=1
         < 6 trade 1 @ 11.00 resting=2 cumulative=1 leaves=0
         < 5 triggered
         < 5 trade 2 @ 10.00 resting=4 cumulative=2 leaves=0
         > 7 sell 1 @ 10.50 ioc
         < 7 new leaves=1
         < 7 trade 1 @ 10.50 resting=4 cumulative=1 leaves=0",
    );
}

#[test]
fn buy_and_sell_that_come_to_stand_at_one_price_trade_first_with_first() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 9.80
         + 2 buy 5 peg @ 9.80
         + 3 sell 7 peg @ 9.80
         > 31 replace 10 @ 10.60
         < 31 replaced 10 @ 10.60 leaves=10 priority=lost
         < 3 trade 5 @ 9.80 resting=1 cumulative=5 leaves=2
         < 3 trade 2 @ 9.80 resting=2 cumulative=7 leaves=0
         = waiting 2"
    ));
}

#[test]
fn later_stamp_of_two_pegs_that_meet_is_the_aggressor() {
    check(&format!(
        "{MIDDLE_10}
         + 1 sell 5 peg @ 10.50
         + 2 buy 3 peg
         > 30 replace 10 @ 10.00
         < 30 replaced 10 @ 10.00 leaves=10 priority=lost
         < 2 trade 3 @ 10.50 resting=1 cumulative=3 leaves=0
         = waiting 1"
    ));
}

#[test]
fn what_a_trade_of_two_pegs_releases_comes_before_the_next_such_trade() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 9.80
         + 2 buy 5 peg @ 9.80
         + 3 sell 10 peg @ 9.80
         + 4 buy 1 stop=9.80 @ 8.00
         + 5 sell 2 stop=9.80
         > 31 replace 10 @ 10.60
         < 31 replaced 10 @ 10.60 leaves=10 priority=lost
         < 3 trade 5 @ 9.80 resting=1 cumulative=5 leaves=5
         < 5 triggered
         < 5 trade 2 @ 9.80 resting=2 cumulative=2 leaves=0
         < 4 triggered
         < 3 trade 3 @ 9.80 resting=2 cumulative=8 leaves=2
         = waiting 3"
    ));
}

#[test]
fn pegs_are_parked_without_two_displayed_sides() {
    check(
        "+ 1 buy 5 peg
         + 2 sell 5 peg
         + 31 sell 10 @ 11.00 day
         > 3 sell 5 @ -1000.00 ioc
         < 3 new leaves=5
         < 3 canceled 5 immediate
         > 30 buy 10 @ 9.00 day
         < 30 new leaves=10
         < 2 trade 5 @ 10.00 resting=1 cumulative=5 leaves=0
         + 1 buy 5 peg
         > 31 cancel
         < 31 canceled 10 requested
         > 3 sell 5 @ 9.50 ioc
         < 3 new leaves=5
         < 3 canceled 5 immediate
         = waiting 1",
    );
}

#[test]
fn pegs_are_parked_in_a_halt_and_come_back_with_the_trading() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         > halt
         < phase Halt instrument=0
         > 2 sell 5 peg
         < 2 rejected Halted
         > 1 reduce 4
         < 1 reduced 4 leaves=4
         > resume
         < phase Continuous instrument=0
         > 2 sell 5 peg
         < 2 new leaves=5
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=1"
    ));
}

#[test]
fn pegs_come_back_together_in_the_order_of_their_stamps() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg @ 9.70
         + 2 buy 5 peg
         + 3 buy 5 peg @ 9.70
         > 31 cancel
         < 31 canceled 10 requested
         + 4 buy 5 peg
         + 31 sell 10 @ 10.40 day
         > 5 sell 17 @ 9.70 ioc
         < 5 new leaves=17
         < 5 trade 5 @ 9.70 resting=1 cumulative=5 leaves=12
         < 5 trade 5 @ 9.70 resting=2 cumulative=10 leaves=7
         < 5 trade 5 @ 9.70 resting=3 cumulative=15 leaves=2
         < 5 trade 2 @ 9.70 resting=4 cumulative=17 leaves=0"
    ));
}

#[test]
fn pegs_that_come_back_at_one_price_trade() {
    check(
        "+ 1 buy 5 peg
         + 2 sell 5 peg
         + 3 sell 5 peg
         + 4 buy 10 @ 9.00 day
         > 5 sell 10 @ 11.00 day
         < 5 new leaves=10
         < 2 trade 5 @ 10.00 resting=1 cumulative=5 leaves=0
         = waiting 3",
    );
}

#[test]
fn peg_that_is_made_smaller_keeps_its_place_and_one_made_larger_does_not() {
    check(&format!(
        "{MIDDLE_10}
         + 1 buy 5 peg
         + 2 buy 5 peg
         + 3 buy 5 peg
         > 1 replace 4 @ max
         < 1 replaced 4 @ max leaves=4 priority=kept
         > 2 replace 6 @ max
         < 2 replaced 6 @ max leaves=6 priority=lost
         > 4 sell 15 @ 10.00 ioc
         < 4 new leaves=15
         < 4 trade 4 @ 10.00 resting=1 cumulative=4 leaves=11
         < 4 trade 5 @ 10.00 resting=3 cumulative=9 leaves=6
         < 4 trade 6 @ 10.00 resting=2 cumulative=15 leaves=0"
    ));
}

#[test]
fn order_that_expires_moves_the_reference() {
    for (time_in_force, command) in [("day", "end-day"), ("gtd=900", "time 900")] {
        check(&format!(
            "+ 1 buy 10 @ 9.00 gtc
             + 2 sell 10 @ 10.00 {time_in_force}
             + 3 sell 10 @ 11.00 gtc
             + 4 sell 5 peg @ 9.80 gtc
             + 5 buy 5 peg @ 9.80 gtc
             > {command}
             < 2 expired 10
             > 6 buy 5 @ 10.00 ioc
             < 6 new leaves=5
             < 6 trade 5 @ 10.00 resting=4 cumulative=5 leaves=0"
        ));
    }
}

#[test]
fn pegs_that_meet_after_a_halt_trade_and_release() {
    check(&format!(
        "{MIDDLE_10}
         + 29 sell 10 @ 12.00 day
         + 1 sell 5 peg @ 10.50
         + 2 buy 5 peg
         + 3 buy 1 stop=10.50 @ 8.00
         > halt
         < phase Halt instrument=0
         > 31 cancel
         < 31 canceled 10 requested
         > resume
         < phase Continuous instrument=0
         < 2 trade 5 @ 10.50 resting=1 cumulative=5 leaves=0
         < 3 triggered
         = depth bid 10 @ 9.00, 1 @ 8.00 ask 10 @ 12.00
         = waiting"
    ));
}

#[test]
fn side_of_a_book_has_so_many_pegs_at_the_most() {
    let mut script = BIG_VENUE.to_owned();
    for slot in 0..MID_PEGS_PER_SIDE_MAX {
        script.push_str(&format!("+ {slot} buy 1 peg\n"));
    }
    script.push_str(
        "> 1000 buy 1 peg
         < 1000 rejected PegCapacity
         + 1000 sell 1 peg
         + 1001 buy 1 peg instrument=1
         > 0 cancel
         < 0 canceled 1 requested
         + 1002 buy 1 peg\n",
    );
    check_big(&script);
}
