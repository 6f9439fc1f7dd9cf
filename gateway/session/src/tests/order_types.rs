//! What happens to orders on their own: released, refreshed, expired, kept from their own. It
//! answers no request, and ends an order as a cancel does.

use matchgate_core::domain::{
    AccountId, ClientOrderId, Command, Durability, EventBody, FirmId, InstrumentId, NewOrder,
    OrderHandle, OrderTerms, OrderType, Origin, Price, Quantity, RejectReason, RequestNumber,
    RingNumber, SelfTradePrevention, SessionId, Side, TimeInForce,
};
use matchgate_schema::message::{
    ClientMessage, NewOrderRequest, ReplaceRequest, Report, RestateReason,
};

use super::audit::exactly_once;
use super::disk::{name, symbol};
use super::venue::{Venue, buy, by_request, cancel, order, reduce, sell};
use crate::gateway_core::GatewayCore;

const WRITTEN: Durability = Durability::Written;
const SYNCED: Durability = Durability::Synced;

fn entered(request: u64, order: NewOrderRequest) -> ClientMessage {
    ClientMessage::NewOrder(order).with_request(RequestNumber(request))
}

fn stop(request: u64, side: Side, stop_price: i64, quantity: u64) -> ClientMessage {
    let stop_price = Price::new(stop_price);
    let stop = NewOrderRequest::stop(symbol(0), side, stop_price, Quantity::new(quantity));
    entered(request, stop.with_self_trade(SelfTradePrevention::None))
}

/// Starts the next process, and asks it for everything: what comes again is what came before.
fn crash_and_hear_all_again(venue: Venue, classes: &[Durability]) -> Venue {
    let mut next = venue.crash();
    let seen: Vec<usize> = next
        .clients
        .iter()
        .map(|client| client.seen.len())
        .collect();
    for (session, class) in (0..).zip(classes) {
        next.log_on(session, 1, *class).unwrap();
    }
    next.settle();
    for (client, before) in next.clients.iter().zip(seen) {
        assert_eq!(client.seen.len(), before, "nothing new came");
    }
    next
}

fn open_orders(core: &GatewayCore) -> u32 {
    core.sessions().map(|session| session.open_orders).sum()
}

#[test]
fn stop_released_by_another_gateways_trade_answers_no_request() {
    let mut venue = Venue::new(&[WRITTEN, SYNCED]);
    venue.tell(1, sell(1, 105, 1));
    venue.tell(1, sell(2, 106, 10));
    venue.settle();
    venue.lines(1);
    venue.tell(0, stop(1, Side::Buy, 105, 3));
    venue.settle();
    assert_eq!(venue.lines(0), ["1 New New order=1 cumulative=0 leaves=3"]);
    // On its way while the other gateway's command, whose ring number it may share, is told.
    venue.tell(0, cancel(2, by_request(1)));
    venue.foreign(0, Side::Buy, 105, 1);
    venue.settle();
    let lines = [
        "0 Triggered New order=1 cumulative=0 leaves=3",
        "0 Trade Filled order=1 cumulative=3 leaves=0 last=3@106 Removed",
        "2 cancel-reject OrderNotLive id=",
    ];
    assert_eq!(venue.lines(0), lines);
    assert_eq!(
        venue.lines(1),
        [
            "0 Trade Filled order=1 cumulative=1 leaves=0 last=1@105 Added",
            "0 Trade PartiallyFilled order=2 cumulative=3 leaves=7 last=3@106 Added",
        ]
    );
    exactly_once(&venue, &[2, 2, 0]);
    crash_and_hear_all_again(venue, &[WRITTEN, SYNCED]);
}

#[test]
fn stop_released_by_an_order_of_the_same_session_has_no_request_of_its_own() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, sell(1, 105, 1));
    venue.tell(0, sell(2, 106, 10));
    venue.tell(0, stop(3, Side::Buy, 105, 3));
    venue.settle();
    venue.lines(0);
    venue.tell(0, buy(4, 105, 1));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "4 New New order=4 cumulative=0 leaves=1",
            "4 Trade Filled order=4 cumulative=1 leaves=0 last=1@105 Removed",
            "0 Trade Filled order=1 cumulative=1 leaves=0 last=1@105 Added",
            "0 Triggered New order=3 cumulative=0 leaves=3",
            "0 Trade Filled order=3 cumulative=3 leaves=0 last=3@106 Removed",
            "0 Trade PartiallyFilled order=2 cumulative=3 leaves=7 last=3@106 Added",
        ]
    );
    exactly_once(&venue, &[4, 0, 0]);
    crash_and_hear_all_again(venue, &[WRITTEN]);
}

#[test]
fn released_stop_that_finds_nothing_tells_why_and_is_canceled() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(1, sell(1, 105, 1));
    venue.tell(0, stop(1, Side::Buy, 105, 3));
    venue.settle();
    venue.lines(0);
    venue.foreign(0, Side::Buy, 105, 1);
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "0 Triggered New order=1 cumulative=0 leaves=3 NoLiquidity",
            "0 Canceled Canceled order=1 cumulative=0 leaves=0 Refused",
        ]
    );
    assert_eq!(open_orders(&venue.core), 0);
    crash_and_hear_all_again(venue, &[WRITTEN, WRITTEN]);
}

#[test]
fn reduce_by_self_trade_prevention_is_told_apart_from_the_answer_to_a_reduce() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(0, buy(1, 100, 10));
    venue.settle();
    venue.lines(0);
    let decrement = order(1, Side::Sell, 100, 4).with_self_trade(SelfTradePrevention::Decrement);
    venue.tell(1, ClientMessage::NewOrder(decrement));
    venue.tell(0, reduce(2, by_request(1), 5));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "0 TradePrevented New order=1 cumulative=0 leaves=10 last=4@100 Added",
            "0 Reduced New order=1 cumulative=0 leaves=6",
            "2 Reduced New order=1 cumulative=0 leaves=5",
        ]
    );
    assert_eq!(
        venue.lines(1),
        [
            "1 New New order=1 cumulative=0 leaves=4",
            "1 TradePrevented New order=1 cumulative=0 leaves=4 last=4@100 Removed",
            "1 Canceled Canceled order=1 cumulative=0 leaves=0 SelfTradePrevention",
        ]
    );
    assert_eq!(open_orders(&venue.core), 1);
    exactly_once(&venue, &[2, 1, 0]);
    crash_and_hear_all_again(venue, &[WRITTEN, WRITTEN]);
}

#[test]
fn aggressor_that_is_decremented_goes_on_and_no_request_reduced_it() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(0, buy(1, 100, 3));
    venue.settle();
    let decrement = order(1, Side::Sell, 100, 10).with_self_trade(SelfTradePrevention::Decrement);
    venue.tell(1, ClientMessage::NewOrder(decrement));
    venue.settle();
    assert_eq!(
        venue.lines(1),
        [
            "1 New New order=1 cumulative=0 leaves=10",
            "1 TradePrevented New order=1 cumulative=0 leaves=10 last=3@100 Removed",
            "0 Reduced New order=1 cumulative=0 leaves=7",
        ]
    );
    assert_eq!(open_orders(&venue.core), 1);
    crash_and_hear_all_again(venue, &[WRITTEN, WRITTEN]);
}

#[test]
fn order_that_met_its_own_is_canceled_by_default() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(0, buy(1, 100, 3));
    venue.settle();
    venue.lines(0);
    let price = Price::new(100);
    let plain = NewOrderRequest::limit(symbol(0), Side::Sell, price, Quantity::new(2));
    venue.tell(1, entered(1, plain));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["0 TradePrevented New order=1 cumulative=0 leaves=3 last=2@100 Added"]
    );
    assert_eq!(
        venue.lines(1)[2],
        "1 Canceled Canceled order=1 cumulative=0 leaves=0 SelfTradePrevention"
    );
}

#[test]
fn group_keeps_orders_of_two_accounts_of_a_firm_apart() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN, WRITTEN]);
    let of = |side, group| {
        let order = NewOrderRequest::limit(symbol(0), side, Price::new(100), Quantity::new(2));
        order.in_self_trade_group(group)
    };
    venue.tell(0, entered(1, of(Side::Buy, 7)));
    venue.settle();
    // Session 2 has another account.
    venue.tell(2, entered(1, of(Side::Sell, 7)));
    venue.tell(2, entered(2, of(Side::Sell, 8)));
    venue.settle();
    let lines = venue.lines(2);
    assert!(lines[2].ends_with("SelfTradePrevention"), "{lines:?}");
    assert!(lines[4].starts_with("2 Trade Filled"), "{lines:?}");
    let journal = &venue.streams.disk.journals[0];
    let groups: Vec<u32> = journal
        .iter()
        .filter_map(|command| match &command.body {
            Command::New(order, _) => Some(order.terms.self_trade_group),
            _ => None,
        })
        .collect();
    assert_eq!(groups, [7, 7, 8], "firm 0's own numbers");
}

#[test]
fn groups_are_numbered_over_the_venue_and_beyond_the_bound_refused() {
    use crate::bounds::SELF_TRADE_FIRMS_MAX;
    use crate::checks::venue_group;
    let last = FirmId(SELF_TRADE_FIRMS_MAX - 1);
    assert_eq!(venue_group(FirmId(0), 1), Ok(1));
    assert_eq!(venue_group(FirmId(1), 1), Ok(0x1_0001));
    assert_eq!(venue_group(last, u16::MAX), Ok((1 << 31) - 1));
    let beyond = FirmId(SELF_TRADE_FIRMS_MAX);
    assert_eq!(venue_group(beyond, 0), Ok(0));
    let refused = Err(RejectReason::InvalidCombination);
    assert_eq!(venue_group(beyond, 1), refused);
}

#[test]
fn iceberg_says_what_it_displays_anew_and_answers_nothing() {
    let mut venue = Venue::new(&[SYNCED]);
    let iceberg = order(1, Side::Sell, 100, 10).displaying(Quantity::new(4));
    venue.tell(0, ClientMessage::NewOrder(iceberg));
    venue.settle();
    venue.lines(0);
    venue.foreign(0, Side::Buy, 100, 6);
    venue.settle();
    let reports = venue.reports(0);
    let lines: Vec<_> = reports.iter().map(super::venue::line).collect();
    assert_eq!(
        lines,
        [
            "0 Trade PartiallyFilled order=1 cumulative=4 leaves=6 last=4@100 Added",
            "0 Restated PartiallyFilled order=1 cumulative=4 leaves=6 DisplayRefreshed",
            "0 Trade PartiallyFilled order=1 cumulative=6 leaves=4 last=2@100 Added",
        ]
    );
    let Report::Execution(restated) = &reports[1] else {
        panic!("a restatement is an execution report");
    };
    assert_eq!(restated.displayed.get(), 4);
    assert_eq!(restated.display_quantity.get(), 4);
    crash_and_hear_all_again(venue, &[SYNCED]);
}

#[test]
fn market_to_limit_order_is_told_the_price_at_which_it_rests() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(1, sell(1, 100, 2));
    venue.settle();
    let order = NewOrderRequest::market_to_limit(symbol(0), Side::Buy, Quantity::new(5));
    venue.tell(
        0,
        entered(1, order.with_self_trade(SelfTradePrevention::None)),
    );
    venue.settle();
    let prices: Vec<_> = venue
        .reports(0)
        .iter()
        .map(|report| match report {
            Report::Execution(report) => (report.restate_reason, report.price.get()),
            other => panic!("{other:?} is no execution report"),
        })
        .collect();
    let assigned = Some(RestateReason::PriceAssigned);
    assert_eq!(prices, [(None, 0), (None, 0), (assigned, 100)]);
    crash_and_hear_all_again(venue, &[WRITTEN, WRITTEN]);
}

#[test]
fn replaced_terms_are_told_behind_the_answer() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, stop(1, Side::Buy, 105, 3));
    let replace = ReplaceRequest::new(by_request(1), Price::new(0), Quantity::new(3));
    let replace = replace.with_stop(Price::new(107)).until(1_000_000);
    venue.tell(
        0,
        ClientMessage::Replace(replace).with_request(RequestNumber(2)),
    );
    venue.settle();
    let reports = venue.reports(0);
    let lines: Vec<_> = reports.iter().map(super::venue::line).collect();
    assert_eq!(
        lines,
        [
            "1 New New order=1 cumulative=0 leaves=3",
            "2 Replaced New order=1 cumulative=0 leaves=3",
            "0 Restated New order=1 cumulative=0 leaves=3 TermsReplaced",
        ]
    );
    let Report::Execution(restated) = &reports[2] else {
        panic!("a restatement is an execution report");
    };
    assert_eq!(restated.stop_price.get(), 107);
    assert_eq!(restated.expire_time_ns, 1_000_000);
    assert_eq!(restated.time_in_force, TimeInForce::Gtd);
    exactly_once(&venue, &[2, 0, 0]);
    crash_and_hear_all_again(venue, &[WRITTEN]);
}

#[test]
fn expire_time_of_a_replace_that_is_not_good_till_date_is_refused() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, buy(1, 100, 3));
    let mut replace = ReplaceRequest::new(by_request(1), Price::new(100), Quantity::new(3));
    replace.expire_time_ns = 1_000_000;
    venue.tell(
        0,
        ClientMessage::Replace(replace).with_request(RequestNumber(2)),
    );
    venue.settle();
    assert_eq!(
        venue.lines(0)[0],
        "2 cancel-reject InvalidCombination id=",
        "by the gateway, before the shard answers the order"
    );
}

#[test]
fn expired_order_frees_its_slot_its_name_and_its_count() {
    let mut venue = Venue::new(&[SYNCED, WRITTEN]);
    let mut named = order(1, Side::Buy, 100, 3);
    named.client_order_id = super::disk::client_id("mine");
    venue.tell(0, ClientMessage::NewOrder(named));
    let until = order(1, Side::Buy, 101, 3).until(500_000);
    venue.tell(1, ClientMessage::NewOrder(until));
    let stays = order(2, Side::Buy, 99, 1).with_time_in_force(TimeInForce::Gtc);
    venue.tell(1, ClientMessage::NewOrder(stays));
    venue.settle();
    venue.lines(0);
    venue.lines(1);
    assert_eq!(open_orders(&venue.core), 3);
    venue.pass_time(0, 1_000_000);
    venue.settle();
    assert!(venue.lines(0).is_empty());
    assert_eq!(
        venue.lines(1),
        ["0 Expired Expired order=1 cumulative=0 leaves=0"]
    );
    venue.end_day(0);
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["0 Expired Expired order=1 cumulative=0 leaves=0"]
    );
    assert_eq!(open_orders(&venue.core), 1);
    assert_eq!(venue.core.open_orders(AccountId(0)), 1);
    // Its id is free again, and it cannot be named.
    named.request = RequestNumber(2);
    venue.tell(0, cancel(2, by_request(1)));
    named.request = RequestNumber(3);
    venue.tell(0, ClientMessage::NewOrder(named));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "2 cancel-reject UnknownOrder id=",
            "3 New New order=3 cumulative=0 leaves=3",
        ]
    );
    crash_and_hear_all_again(venue, &[SYNCED, WRITTEN]);
}

/// Every order type with every time in force and any conditions.
fn all_combinations() -> Vec<NewOrderRequest> {
    let types = [
        OrderType::Market,
        OrderType::Limit,
        OrderType::Stop,
        OrderType::StopLimit,
        OrderType::MarketToLimit,
        OrderType::MidPeg,
    ];
    let times = [
        TimeInForce::Day,
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::Gtd,
    ];
    let mut all = Vec::new();
    for order_type in types {
        for time_in_force in times {
            for conditions in 0..32_u8 {
                let has = |bit: u8| conditions & (1 << bit) != 0;
                all.push(NewOrderRequest {
                    order_type,
                    time_in_force,
                    post_only: has(0),
                    display_quantity: Quantity::new(u64::from(has(1))),
                    minimum_quantity: Quantity::new(u64::from(has(2))),
                    stop_price: Price::new(i64::from(has(3))),
                    expire_time_ns: if has(4) { u64::MAX } else { 0 },
                    ..order(1, Side::Buy, 10, 5)
                });
            }
        }
    }
    all
}

#[test]
fn gateway_and_shard_agree_on_what_goes_together() {
    let mut fits = 0;
    for request in all_combinations() {
        let by_gateway = crate::checks::check_combination(&request);
        // The shard's own check, past the gateway's.
        let mut disk = super::disk::Disk::new();
        let mut shard = disk.shard(0);
        let terms = OrderTerms {
            stop_price: request.stop_price,
            display_quantity: request.display_quantity,
            minimum_quantity: request.minimum_quantity,
            expire_time_ns: request.expire_time_ns,
            ..OrderTerms::NONE
        };
        let order = NewOrder {
            origin: Origin {
                ring: RingNumber(1),
                request: request.request,
                session: SessionId(0),
                gateway: super::disk::HOME,
                durability: WRITTEN,
                reserved: [0; 2],
            },
            handle: OrderHandle {
                slot: 0,
                generation: 1,
            },
            price: request.price,
            quantity: request.quantity,
            instrument: InstrumentId(0),
            account: AccountId(0),
            side: request.side,
            order_type: request.order_type,
            time_in_force: request.time_in_force,
            post_only: u8::from(request.post_only),
            self_trade: request.self_trade,
            terms_given: u8::from(terms != OrderTerms::NONE),
            reserved: [0; 2],
            terms,
        };
        let command = disk.append(0, Command::New(order, ClientOrderId::NONE));
        let mut events = Vec::new();
        super::disk::apply(&mut shard, &command, &mut events);
        let invalid = matches!(
            events[0].body,
            EventBody::Rejected {
                reason: RejectReason::InvalidCombination,
                ..
            }
        );
        assert_eq!(by_gateway.is_err(), invalid, "{request:?}");
        fits += u32::from(by_gateway.is_ok());
    }
    assert!(fits > 40, "{fits}");
}

#[test]
fn refusal_by_the_gateway_shows_the_terms_of_the_order() {
    let mut venue = Venue::new(&[WRITTEN]);
    let mut iceberg = order(1, Side::Buy, 100, 3)
        .with_stop(Price::new(99))
        .displaying(Quantity::new(2))
        .until(77);
    iceberg.account = Some(name("nobody"));
    venue.tell(0, ClientMessage::NewOrder(iceberg));
    venue.settle();
    let reports = venue.reports(0);
    let Report::Execution(refused) = &reports[0] else {
        panic!("a refused order is an execution report");
    };
    assert_eq!(refused.reject_reason, Some(RejectReason::UnknownAccount));
    assert_eq!(refused.stop_price.get(), 99);
    assert_eq!(refused.display_quantity.get(), 2);
    assert_eq!(refused.expire_time_ns, 77);
    crash_and_hear_all_again(venue, &[WRITTEN]);
}
