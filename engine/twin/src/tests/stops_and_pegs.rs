//! Rules 4.6 and 4.7: stop orders and mid-pegs.

use matchgate_core::domain::{NewOrder, OrderType, Phase, Price, Quantity, Side, TimeInForce};

use super::desk::{Desk, buy, peg, sell, stop};

#[test]
fn stops_wait_before_the_first_trade_and_go_at_once_after_it() {
    let mut desk = Desk::new();
    desk.enter(sell(1, 10));
    desk.enter(sell(5, 11));
    assert_eq!(desk.enter(stop(buy(2, 0), OrderType::Stop, 10)), "accepted");
    let events = desk.enter(buy(1, 10));
    assert_eq!(
        events,
        "accepted; 4 takes 1@10 of 1; 3 goes; 3 takes 2@11 of 2"
    );
    let events = desk.enter(stop(buy(2, 0), OrderType::Stop, 11));
    assert_eq!(events, "accepted; 5 goes; 5 takes 2@11 of 2");
}

#[test]
fn first_print_of_a_rising_sweep_releases_sells() {
    let mut desk = Desk::new();
    desk.enter(stop(sell(1, 0), OrderType::Stop, 10));
    desk.enter(stop(buy(1, 0), OrderType::Stop, 12));
    desk.enter(buy(5, 5));
    for price in [10, 11, 12, 13] {
        desk.enter(sell(1, price));
    }
    let events = desk.enter(buy(3, 12));
    let expected = "accepted; 8 takes 1@10 of 4; 8 takes 1@11 of 5; 8 takes 1@12 of 6; \
                    1 goes; 1 takes 1@5 of 3; 2 goes; 2 takes 1@13 of 7";
    assert_eq!(events, expected);
}

#[test]
fn released_stop_meets_the_checks_again() {
    let mut desk = Desk::new();
    desk.enter(stop(buy(50, 12), OrderType::StopLimit, 10));
    desk.enter(stop(buy(1, 0), OrderType::Stop, 10));
    desk.define(|instrument| instrument.quantity_max = Quantity::new(9));
    desk.enter(sell(1, 10));
    let events = desk.enter(buy(1, 10));
    let expected = "accepted; 4 takes 1@10 of 3; 1 cannot go QuantityAboveMaximum; \
                    1 loses 50 Refused; 2 cannot go NoLiquidity; 2 loses 1 Refused";
    assert_eq!(events, expected);
}

#[test]
fn pegs_stand_in_the_middle_behind_displayed_orders_and_trade_before_worse_ones() {
    let mut desk = Desk::new();
    desk.enter(buy(5, 10));
    desk.enter(sell(5, 14));
    assert_eq!(desk.enter(peg(Side::Sell, 3)), "accepted");
    // The middle is 12 and a half now, which is no price: the peg stands at the tick above.
    assert_eq!(desk.enter(buy(1, 11)), "accepted");
    let events = desk.enter(buy(9, 14));
    let expected = "accepted; 5 takes 3@13 of 3; 5 takes 5@14 of 2";
    assert_eq!(events, expected);
}

#[test]
fn a_peg_that_comes_takes_pegs_at_the_reference() {
    let mut desk = Desk::new();
    desk.enter(buy(5, 10));
    desk.enter(sell(5, 14));
    desk.enter(peg(Side::Sell, 3));
    let capped = NewOrder {
        price: Price::new(11),
        ..peg(Side::Buy, 2)
    };
    assert_eq!(desk.enter(capped), "accepted");
    let events = desk.enter(peg(Side::Buy, 2));
    assert_eq!(events, "accepted; 5 takes 2@12 of 3");
}

#[test]
fn pegs_that_a_moved_reference_brings_together_trade_the_later_one_taking() {
    let mut desk = Desk::new();
    desk.enter(buy(5, 10));
    desk.enter(sell(5, 13));
    desk.enter(peg(Side::Sell, 3));
    desk.enter(peg(Side::Buy, 2));
    assert_eq!(desk.enter(sell(1, 12)), "accepted; 4 takes 2@11 of 3");
}

#[test]
fn a_peg_that_stays_at_its_price_keeps_its_place() {
    let mut desk = Desk::new();
    desk.enter(buy(5, 10));
    desk.enter(sell(5, 16));
    let capped = NewOrder {
        price: Price::new(12),
        ..peg(Side::Buy, 1)
    };
    desk.enter(peg(Side::Buy, 1));
    desk.enter(capped);
    // The reference falls from 13 to 12: the one that was there is before the one that comes.
    desk.enter(sell(1, 14));
    let order = NewOrder {
        time_in_force: TimeInForce::Ioc,
        ..sell(2, 11)
    };
    let events = desk.enter(order);
    assert_eq!(events, "accepted; 6 takes 1@12 of 4; 6 takes 1@12 of 3");
}

#[test]
fn pegs_are_parked_in_a_halt_and_come_back_by_their_stamps() {
    let mut desk = Desk::new();
    desk.enter(buy(5, 10));
    desk.enter(peg(Side::Buy, 1));
    desk.enter(peg(Side::Buy, 1));
    desk.enter(sell(5, 14));
    desk.phase(Phase::Halt);
    assert_eq!(desk.change(2, 9, 11), "refused Halted");
    desk.phase(Phase::Continuous);
    assert_eq!(desk.change(2, 2, 12), "2 moves with 2");
    let order = NewOrder {
        time_in_force: TimeInForce::Ioc,
        ..sell(2, 11)
    };
    assert_eq!(
        desk.enter(order),
        "accepted; 5 takes 1@12 of 3; 5 takes 1@12 of 2"
    );
}
