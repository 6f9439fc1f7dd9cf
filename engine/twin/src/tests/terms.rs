//! Rules 4.4 and 4.7: time in force, conditions, icebergs.

use matchgate_core::domain::{
    NewOrder, OrderType, Phase, Quantity, ReplaceTerms, SelfTradePrevention, TimeInForce,
};

use super::desk::{Desk, buy, iceberg, sell, terms, with};

fn fill_or_kill(order: NewOrder) -> NewOrder {
    with(order, OrderType::Limit, TimeInForce::Fok)
}

#[test]
fn immediate_rest_is_canceled() {
    let mut desk = Desk::new();
    desk.enter(sell(2, 10));
    let order = with(buy(5, 10), OrderType::Limit, TimeInForce::Ioc);
    let events = desk.enter(order);
    assert_eq!(
        events,
        "accepted; 2 takes 2@10 of 1; 2 loses 3 ImmediateRemainder"
    );
}

#[test]
fn fill_or_kill_counts_hidden_parts_and_is_whole_or_refused() {
    let mut desk = Desk::new();
    desk.enter(iceberg(sell(5, 10), 2));
    desk.enter(sell(5, 11));
    let refused = desk.enter(fill_or_kill(buy(6, 10)));
    assert_eq!(refused, "rejected FillOrKillUnfilled");
    let events = desk.enter(fill_or_kill(buy(5, 10)));
    let expected = "accepted; 4 takes 2@10 of 1; 1 shows 2@10; 4 takes 2@10 of 1; 1 shows 1@10; \
                    4 takes 1@10 of 1";
    assert_eq!(events, expected);
}

#[test]
fn fill_or_kill_does_not_count_what_is_behind_its_own_order() {
    let other = |order: NewOrder| terms(order, |terms| terms.self_trade_group = 7);
    let mut desk = Desk::new();
    // The hidden part of the first is behind the second, which is the aggressor's own.
    desk.enter(other(iceberg(sell(5, 10), 2)));
    desk.enter(sell(5, 10));
    let order = |choice| NewOrder {
        self_trade: choice,
        ..fill_or_kill(buy(3, 10))
    };
    let refused = "rejected FillOrKillUnfilled";
    assert_eq!(
        desk.enter(order(SelfTradePrevention::CancelNewest)),
        refused
    );
    assert_eq!(desk.enter(order(SelfTradePrevention::Decrement)), refused);
    let events = desk.enter(order(SelfTradePrevention::CancelOldest));
    let expected = "accepted; 5 takes 2@10 of 1; 1 shows 2@10; 5 does not take 1 of 2; \
                    2 loses 5 SelfTradePrevention; 5 takes 1@10 of 1";
    assert_eq!(events, expected);
}

#[test]
fn minimum_quantity_is_taken_or_refused() {
    let minimum = |quantity| {
        let order = with(buy(9, 10), OrderType::Limit, TimeInForce::Ioc);
        terms(order, |terms| {
            terms.minimum_quantity = Quantity::new(quantity);
        })
    };
    let mut desk = Desk::new();
    desk.enter(sell(4, 10));
    assert_eq!(desk.enter(minimum(5)), "rejected MinimumQuantityUnfilled");
    let events = desk.enter(minimum(4));
    assert_eq!(
        events,
        "accepted; 3 takes 4@10 of 1; 3 loses 5 ImmediateRemainder"
    );
}

#[test]
fn orders_expire_in_the_order_of_their_entry_and_in_a_halt_too() {
    let dated = |at| {
        let order = with(buy(1, 5), OrderType::Limit, TimeInForce::Gtd);
        terms(order, |terms| terms.expire_time_ns = at)
    };
    let mut desk = Desk::new();
    let soon = desk.now_ns() + 6;
    assert_eq!(desk.enter(dated(soon)), "accepted");
    assert_eq!(desk.enter(buy(2, 9)), "accepted");
    assert_eq!(desk.enter(dated(soon - 1)), "accepted");
    assert_eq!(desk.enter(dated(2)), "rejected ExpireTimePassed");
    desk.phase(Phase::Halt);
    assert_eq!(desk.time(), "1 expires with 1; 3 expires with 1");
    assert_eq!(desk.end_day(), "2 expires with 2");
}

#[test]
fn refreshed_part_goes_to_the_back() {
    let mut desk = Desk::new();
    desk.enter(iceberg(sell(6, 10), 2));
    desk.enter(sell(3, 10));
    let events = desk.enter(buy(6, 10));
    let expected =
        "accepted; 3 takes 2@10 of 1; 1 shows 2@10; 3 takes 3@10 of 2; 3 takes 1@10 of 1";
    assert_eq!(events, expected);
    assert_eq!(desk.reduce(1, 4), "1 is 4 with 1");
    assert_eq!(desk.enter(buy(1, 10)), "accepted; 4 takes 1@10 of 1");
}

#[test]
fn a_replace_of_the_time_in_force_costs_nothing() {
    let mut desk = Desk::new();
    desk.enter(sell(5, 10));
    desk.enter(sell(5, 10));
    let lasting = ReplaceTerms {
        time_in_force: TimeInForce::Gtc as u8,
        ..ReplaceTerms::NONE
    };
    let events = desk.change_terms(1, (5, 10), lasting);
    assert_eq!(events, "1 stays with 5; 1 has terms");
    assert_eq!(desk.end_day(), "2 expires with 5");
    let immediate = ReplaceTerms {
        time_in_force: TimeInForce::Ioc as u8,
        ..ReplaceTerms::NONE
    };
    let events = desk.change_terms(1, (5, 10), immediate);
    assert_eq!(events, "refused InvalidCombination");
}
