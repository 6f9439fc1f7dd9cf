//! Section 4.3: handles, ring numbers, control numbers.

use super::check;

#[test]
fn handle_in_use_is_refused_and_its_order_is_not_touched() {
    check(
        "+ 1 buy 10 @ 10.00 day generation=5
         > 1 buy 20 @ 11.00 day generation=6
         < 1 rejected HandleNotFree
         > 1 buy 20 @ 11.00 day generation=5
         < 1 rejected HandleNotFree
         = bid 10 @ 10.00 ask -
         > 1 cancel generation=5
         < 1 canceled 10 requested",
    );
}

#[test]
fn handle_that_does_not_rise_over_its_slots_last_is_refused() {
    check(
        "> 1 buy 10 @ 10.00 day generation=0
         < 1 rejected HandleNotFree
         + 1 buy 10 @ 10.00 day generation=5
         > 1 cancel
         < 1 canceled 10 requested
         > 1 buy 10 @ 10.00 day generation=5
         < 1 rejected HandleNotFree
         > 1 buy 10 @ 10.00 day generation=4
         < 1 rejected HandleNotFree
         + 1 buy 10 @ 10.00 day generation=4294967295
         = bids 1 asks",
    );
}

#[test]
fn handle_of_a_waiting_stop_or_a_peg_is_in_use() {
    check(
        "+ 1 buy 10 stop=10.00
         > 1 buy 10 @ 10.00 day
         < 1 rejected HandleNotFree
         + 2 buy 10 peg
         > 2 buy 10 @ 10.00 day
         < 2 rejected HandleNotFree
         = waiting 1 2",
    );
}

#[test]
fn handle_of_a_refused_order_stays_free() {
    check(
        "> 1 buy 10 @ 10.001 day generation=1
         < 1 rejected PriceOffTick
         + 1 buy 10 @ 10.00 day generation=1",
    );
}

#[test]
fn command_with_a_ring_number_of_the_past_is_ignored() {
    for line in [
        "7 sell 10 @ 10.00 day",
        "1 cancel",
        "1 reduce 1",
        "1 replace 10 @ 9.00",
        "mass session=0",
    ] {
        for ring in [0, 1, 2] {
            check(&format!(
                "+ 1 buy 100 @ 10.00 day
                 + 2 buy 50 @ 9.99 day
                 > {line} ring={ring}
                 = depth bid 100 @ 10.00, 50 @ 9.99 ask -"
            ));
        }
    }
}

#[test]
fn ring_numbers_may_leave_numbers_out_and_are_kept_a_gateway() {
    check(
        "+ 1 buy 10 @ 10.00 day ring=11
         + 40 buy 10 @ 10.00 day gateway=1 ring=1
         > 1 cancel ring=11
         > 40 cancel gateway=1 ring=1
         = bids 1 40 asks
         > 40 cancel gateway=1
         < 40 canceled 10 requested
         > 1 cancel ring=12
         < 1 canceled 10 requested",
    );
}

#[test]
fn repeat_of_a_command_is_ignored_though_what_it_did_is_undone() {
    check(
        "+ 1 buy 10 @ 10.00 day generation=1
         > 1 cancel
         < 1 canceled 10 requested
         > 1 buy 10 @ 10.00 day generation=2 ring=1
         = bid - ask -",
    );
}

#[test]
fn refused_command_uses_its_ring_number_up() {
    check(
        "> 1 buy 10 @ 10.001 day ring=1
         < 1 rejected PriceOffTick
         > 1 buy 10 @ 10.00 day generation=1 ring=1
         = bid - ask -",
    );
}

#[test]
fn operators_cancel_has_no_ring_number_and_is_never_a_repeat() {
    check(
        "+ 1 buy 10 @ 10.00 day
         > 1 cancel order=5 gateway=none
         < 1 canceled 10 requested
         > 1 cancel order=5 gateway=none
         < 1 refused OrderNotLive",
    );
}

#[test]
fn control_command_with_a_number_of_the_past_is_ignored() {
    check(
        "> halt
         < phase Halt instrument=0
         > resume
         < phase Continuous instrument=0
         + 1 buy 10 @ 10.00 day
         > halt control=6
         > halt control=1
         > instrument 2 control=6
         > end-day control=6
         = bids 1 asks
         > 2 buy 10 @ 10.00 day instrument=2
         < 2 rejected UnknownSymbol
         > halt control=7
         < phase Halt instrument=0",
    );
}
