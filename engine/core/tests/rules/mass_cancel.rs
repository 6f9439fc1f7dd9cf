//! Mass cancels: by session, by account and by instrument.

use super::check;

const MIXED: &str = "+ 1 buy 10 @ 10.00 day session=0 account=0
                     + 2 sell 10 @ 11.00 day session=0 account=1
                     + 3 buy 10 @ 9.00 day session=1 account=1
                     + 4 buy 10 @ 9.00 day session=0 account=1 instrument=1
                     + 5 buy 10 @ 10.50 day session=0 account=0\n";

#[test]
fn session_scope_takes_the_sessions_orders_by_instrument_then_entry() {
    check(&format!(
        "{MIXED}
         > mass session=0
         < 1 canceled 10 mass
         < 2 canceled 10 mass
         < 5 canceled 10 mass
         < 4 canceled 10 mass
         < mass canceled 4
         = bids 3 asks"
    ));
}

#[test]
fn account_scope_takes_the_accounts_orders_over_all_sessions() {
    check(&format!(
        "{MIXED}
         > mass account=1 session=3
         < 2 canceled 10 mass
         < 3 canceled 10 mass
         < 4 canceled 10 mass
         < mass canceled 3
         = bids 5 1 asks"
    ));
}

#[test]
fn instrument_scope_takes_everybodys_orders_in_the_order_of_entry() {
    check(&format!(
        "{MIXED}
         > mass instrument=0 gateway=none
         < 1 canceled 10 mass
         < 2 canceled 10 mass
         < 3 canceled 10 mass
         < 5 canceled 10 mass
         < mass canceled 4
         = bids asks
         = bids 4 asks instrument=1"
    ));
    check(&format!(
        "{MIXED}
         > mass instrument=0 side=sell gateway=none
         < 2 canceled 10 mass
         < mass canceled 1
         > mass instrument=1 given=0 gateway=none
         < 4 canceled 10 mass
         < mass canceled 1
         = bids 5 1 3 asks"
    ));
}

#[test]
fn instrument_and_side_narrow_the_scope() {
    check(&format!(
        "{MIXED}
         > mass session=0 instrument=1
         < 4 canceled 10 mass
         < mass canceled 1
         > mass session=0 side=sell
         < 2 canceled 10 mass
         < mass canceled 1
         > mass account=0 side=buy instrument=0
         < 1 canceled 10 mass
         < 5 canceled 10 mass
         < mass canceled 2
         = bids 3 asks"
    ));
}

#[test]
fn empty_scope_reports_none() {
    check(&format!(
        "{MIXED}
         > mass session=2
         < mass canceled 0
         > mass session=9
         < mass canceled 0
         > mass account=9
         < mass canceled 0
         > mass session=0 side=7
         < mass canceled 0
         > mass session=0 instrument=77
         < mass canceled 0
         > mass instrument=2 gateway=none
         < mass canceled 0
         > mass instrument=77 gateway=none
         < mass canceled 0
         = bids 5 1 3 asks 2"
    ));
}

#[test]
fn mass_cancel_takes_icebergs_waiting_stops_and_pegs() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 5 peg
         + 3 sell 20 @ 11.00 day display=5
         + 4 sell 5 stop=9.00 @ 8.00
         + 5 buy 5 stop=12.00
         > mass account=0 side=sell
         < 3 canceled 20 mass
         < 4 canceled 5 mass
         < mass canceled 2
         = waiting 2 5
         > mass session=0
         < 1 canceled 10 mass
         < 2 canceled 5 mass
         < 5 canceled 5 mass
         < mass canceled 3",
    );
}

#[test]
fn replace_does_not_change_the_order_of_entry() {
    check(
        "+ 1 buy 10 @ 10.00 day
         + 2 buy 10 @ 10.00 day
         > 1 replace 20 @ 9.00
         < 1 replaced 20 @ 9.00 leaves=20 priority=lost
         > mass session=0
         < 1 canceled 20 mass
         < 2 canceled 10 mass
         < mass canceled 2",
    );
}

#[test]
fn slots_used_again_are_canceled_once_in_the_order_of_entry() {
    let mut script = "+ 9 buy 10 @ 9.00 day\n".to_owned();
    for _ in 0..50 {
        script.push_str("+ 1 buy 10 @ 10.00 day\n> 1 cancel\n< 1 canceled 10 requested\n");
    }
    script.push_str(
        "+ 1 buy 10 @ 10.00 day
         > mass session=0
         < 9 canceled 10 mass
         < 1 canceled 10 mass
         < mass canceled 2
         > mass account=0
         < mass canceled 0\n",
    );
    check(&script);
}

#[test]
fn mass_cancel_moves_mid_pegs_once_it_is_done() {
    check(
        "+ 1 buy 10 @ 9.00 day session=1
         + 2 sell 10 @ 10.00 day session=2
         + 3 sell 10 @ 11.00 day session=1
         + 4 sell 5 peg @ 9.80 session=1
         + 5 buy 5 peg @ 9.80 session=1
         > mass session=2
         < 2 canceled 10 mass
         < mass canceled 1
         = waiting 4 5
         > 6 buy 5 @ 10.00 ioc
         < 6 new leaves=5
         < 6 trade 5 @ 10.00 resting=4 cumulative=5 leaves=0",
    );
}
