//! Rules 4.1, 4.2, 4.3, 4.5 and 4.8: price and time, replace and reduce, market orders, self-trade
//! prevention.

use matchgate_core::domain::{
    NewOrder, OrderType, Price, Quantity, RejectReason, SelfTradePrevention, Side, TimeInForce,
};

use super::desk::{Desk, buy, iceberg, limit, sell, with};

#[test]
fn better_price_first_then_who_was_first() {
    let mut desk = Desk::new();
    desk.enter(sell(5, 11));
    desk.enter(sell(5, 10));
    desk.enter(sell(5, 10));
    let events = desk.enter(buy(12, 11));
    let expected = "accepted; 4 takes 5@10 of 2; 4 takes 5@10 of 3; 4 takes 2@11 of 1";
    assert_eq!(events, expected);
}

#[test]
fn aggressor_stops_at_its_limit_and_its_rest_is_the_best_price() {
    let mut desk = Desk::new();
    desk.enter(sell(5, 10));
    desk.enter(sell(5, 12));
    assert_eq!(desk.enter(buy(8, 11)), "accepted; 3 takes 5@10 of 1");
    let best = desk
        .reference
        .best_level(matchgate_core::domain::InstrumentId(0), Side::Buy);
    let best = best.unwrap();
    assert_eq!((best.price, best.quantity), (Price::new(11), 3));
}

#[test]
fn smaller_keeps_the_place_and_larger_loses_it() {
    let mut desk = Desk::new();
    for _ in 0..3 {
        desk.enter(sell(5, 10));
    }
    assert_eq!(desk.change(1, 4, 10), "1 stays with 4");
    assert_eq!(desk.change(2, 6, 10), "2 moves with 6");
    assert_eq!(desk.reduce(3, 2), "3 is 2 with 2");
    let events = desk.enter(buy(12, 10));
    let expected = "accepted; 4 takes 4@10 of 1; 4 takes 2@10 of 3; 4 takes 6@10 of 2";
    assert_eq!(events, expected);
}

#[test]
fn total_at_or_below_cumulative_ends_the_order() {
    let mut desk = Desk::new();
    desk.enter(sell(9, 10));
    desk.enter(buy(4, 10));
    assert_eq!(desk.change(1, 4, 10), "1 stays with 0");
    assert_eq!(desk.cancel(1), "refused OrderNotLive");
    assert_eq!(desk.change(1, 9, 10), "refused OrderNotLive");
}

#[test]
fn replace_that_crosses_takes_and_post_only_is_refused() {
    let mut desk = Desk::new();
    desk.enter(sell(5, 10));
    desk.enter(buy(5, 8));
    let post_only = NewOrder {
        post_only: 1,
        ..buy(5, 8)
    };
    desk.enter(post_only);
    assert_eq!(desk.change(3, 5, 10), "refused PostOnlyWouldTake");
    assert_eq!(desk.change(2, 5, 10), "2 moves with 5; 2 takes 5@10 of 1");
}

#[test]
fn market_order_ends_at_its_protection_or_with_the_book() {
    let market = |quantity| with(buy(quantity, 0), OrderType::Market, TimeInForce::Ioc);
    let mut desk = Desk::new();
    assert_eq!(desk.enter(market(1)), "rejected NoLiquidity");
    desk.enter(sell(5, 10));
    desk.enter(sell(5, 13));
    let events = desk.enter(market(8));
    assert_eq!(
        events,
        "accepted; 4 takes 5@10 of 2; 4 loses 3 PriceProtection"
    );
    let events = desk.enter(market(8));
    assert_eq!(
        events,
        "accepted; 5 takes 5@13 of 3; 5 loses 3 MarketRemainder"
    );
}

#[test]
fn market_to_limit_rests_at_the_best_price() {
    let mut desk = Desk::new();
    desk.enter(sell(5, 10));
    desk.enter(sell(5, 11));
    let order = with(buy(8, 0), OrderType::MarketToLimit, TimeInForce::Day);
    let events = desk.enter(order);
    assert_eq!(events, "accepted; 3 takes 5@10 of 1; 3 shows 3@10");
    assert_eq!(desk.change(3, 8, 11), "3 moves with 3; 3 takes 3@11 of 2");
}

/// Returns what happens where an order of 5 meets one of its own with 3.
fn met_by(choice: SelfTradePrevention) -> String {
    let mut desk = Desk::new();
    desk.enter(sell(3, 10));
    desk.enter(NewOrder {
        self_trade: choice,
        ..buy(5, 10)
    })
}

#[test]
fn aggressors_choice_decides_between_orders_of_one_identity() {
    let events = met_by(SelfTradePrevention::None);
    assert_eq!(events, "accepted; 2 takes 3@10 of 1");
    let events = met_by(SelfTradePrevention::CancelNewest);
    let newest = "accepted; 2 does not take 3 of 1; 2 loses 5 SelfTradePrevention";
    assert_eq!(events, newest);
    let events = met_by(SelfTradePrevention::CancelOldest);
    let oldest = "accepted; 2 does not take 3 of 1; 1 loses 3 SelfTradePrevention";
    assert_eq!(events, oldest);
    let events = met_by(SelfTradePrevention::CancelBoth);
    let both = "accepted; 2 does not take 3 of 1; 1 loses 3 SelfTradePrevention; \
                2 loses 5 SelfTradePrevention";
    assert_eq!(events, both);
    let events = met_by(SelfTradePrevention::Decrement);
    let decrement =
        "accepted; 2 does not take 3 of 1; 1 loses 3 SelfTradePrevention; 2 is 2 with 2";
    assert_eq!(events, decrement);
}

#[test]
fn decrement_of_an_iceberg_uses_what_it_shows_first() {
    let mut desk = Desk::new();
    desk.enter(iceberg(sell(9, 10), 2));
    let order = NewOrder {
        self_trade: SelfTradePrevention::Decrement,
        ..buy(3, 10)
    };
    let events = desk.enter(order);
    let expected = "accepted; 2 does not take 3 of 1; 1 is 6 with 6; 1 shows 2@10; \
                    2 loses 3 SelfTradePrevention";
    assert_eq!(events, expected);
}

#[test]
fn levels_and_their_sums_are_bounded() {
    let mut desk = Desk::new();
    for price in 1..=6 {
        assert_eq!(desk.enter(buy(1, price)), "accepted");
    }
    assert_eq!(desk.enter(buy(1, 7)), "rejected LevelCapacity");
    assert_eq!(desk.enter(buy(u64::MAX, 6)), "rejected LevelQuantity");
    assert_eq!(desk.change(6, 1, 7), "6 moves with 1");
    assert_eq!(desk.enter(buy(1, 6)), "rejected LevelCapacity");
}

#[test]
fn refusals_come_in_their_order() {
    let mut desk = Desk::new();
    let wrong = |change: &dyn Fn(&mut NewOrder)| {
        let mut order = limit(Side::Buy, 0, 5000);
        order.post_only = 1;
        order.time_in_force = TimeInForce::Ioc;
        change(&mut order);
        order
    };
    let refused = |reason: RejectReason| format!("rejected {reason:?}");
    let combination = desk.enter(wrong(&|_| {}));
    assert_eq!(combination, refused(RejectReason::InvalidCombination));
    let price = desk.enter(wrong(&|order| order.post_only = 0));
    assert_eq!(price, refused(RejectReason::PriceAboveMaximum));
    let quantity = desk.enter(wrong(&|order| {
        order.post_only = 0;
        order.price = Price::new(5);
    }));
    assert_eq!(quantity, refused(RejectReason::QuantityZero));
    let owner = desk.enter(wrong(&|order| {
        order.post_only = 0;
        order.price = Price::new(5);
        order.quantity = Quantity::new(1);
        order.account.0 = 99;
    }));
    assert_eq!(owner, refused(RejectReason::UnknownAccount));
}
