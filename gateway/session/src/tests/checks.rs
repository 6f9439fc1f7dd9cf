//! The gateway's own checks: one test a reason.

use matchgate_core::domain::{Durability, OrderType, RejectReason, Side, Symbol, TimeInForce};
use matchgate_schema::message::{ClientMessage, NewOrderRequest, OrderTarget};

use super::disk::{SLOTS, name, symbol};
use super::venue::{
    Venue, buy, by_id, by_request, cancel, mass_cancel, named, order, replace, sell,
};
use crate::bounds::MASS_CANCELS_MAX;

const WRITTEN: Durability = Durability::Written;

/// Sends one new order and returns the line of its report.
fn refusal(change: impl FnOnce(&mut NewOrderRequest)) -> String {
    let mut venue = Venue::new(&[WRITTEN]);
    let mut order = order(1, Side::Buy, 10, 5);
    change(&mut order);
    venue.tell(0, ClientMessage::NewOrder(order));
    venue.deliver();
    let lines = venue.lines(0);
    assert_eq!(lines.len(), 1);
    assert_eq!(
        venue.streams.rings[0].len(),
        0,
        "a refused order reaches no shard"
    );
    lines[0].clone()
}

fn rejected(reason: RejectReason) -> String {
    format!("1 Rejected Rejected order=1 cumulative=0 leaves=0 {reason:?}")
}

#[test]
fn conditions_that_do_not_go_together_are_refused() {
    let refused = rejected(RejectReason::InvalidCombination);
    assert_eq!(
        refusal(|order| order.order_type = OrderType::Market),
        refused
    );
    let post_only_ioc = |order: &mut NewOrderRequest| {
        order.post_only = true;
        order.time_in_force = TimeInForce::Ioc;
    };
    assert_eq!(refusal(post_only_ioc), refused);
}

#[test]
fn account_of_another_firm_is_unknown() {
    let refused = rejected(RejectReason::UnknownAccount);
    assert_eq!(
        refusal(|order| order.account = Some(name("account-2"))),
        refused
    );
    assert_eq!(
        refusal(|order| order.account = Some(name("nobody"))),
        refused
    );
}

#[test]
fn symbol_that_nobody_defined_is_unknown() {
    let refused = rejected(RejectReason::UnknownSymbol);
    let unknown = Symbol::new(b"NONE").unwrap();
    assert_eq!(refusal(|order| order.symbol = unknown), refused);
}

#[test]
fn client_order_id_of_a_live_order_of_the_firm_is_a_duplicate() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.tell(1, named("a", order(1, Side::Buy, 10, 5)));
    venue.settle();
    assert_eq!(
        venue.lines(1),
        [rejected(RejectReason::DuplicateClientOrderId)]
    );
    venue.tell(0, named("b", order(2, Side::Buy, 10, 5)));
    venue.tell(0, replace(3, by_id("b"), "a", 11, 5));
    venue.settle();
    assert_eq!(
        venue.lines(0)[1],
        "3 cancel-reject DuplicateClientOrderId id=b"
    );
}

#[test]
fn order_that_is_not_live_is_unknown() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, cancel(2, by_request(1)));
    venue.settle();
    venue.lines(0);
    venue.tell(0, cancel(3, by_request(1)));
    venue.tell(0, cancel(4, by_id("gone")));
    venue.tell(0, cancel(5, OrderTarget::ClientOrderId(Default::default())));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "3 cancel-reject UnknownOrder id=",
            "4 cancel-reject UnknownOrder id=gone",
            "5 cancel-reject InvalidTarget id=",
        ]
    );
}

#[test]
fn open_orders_of_an_account_are_limited_over_its_sessions() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN]);
    for request in 1..=12 {
        venue.tell(0, buy(request, 10, 5));
        venue.tell(1, buy(request, 10, 5));
    }
    venue.tell(0, buy(13, 10, 5));
    venue.settle();
    let lines = venue.lines(0);
    assert!(lines[0].contains("OpenOrdersLimit"), "{lines:?}");
    // A fill makes room.
    venue.foreign(0, Side::Sell, 10, 5);
    venue.settle();
    venue.tell(0, buy(14, 10, 5));
    venue.settle();
    assert!(venue.lines(0).last().unwrap().starts_with("14 New"));
}

#[test]
fn slots_run_out_and_come_back() {
    let mut venue = Venue::new(&[WRITTEN, WRITTEN, WRITTEN]);
    for request in 1..=24 {
        venue.tell(0, buy(request, 10, 5));
    }
    for request in 1..=u64::from(SLOTS) - 24 {
        venue.tell(2, buy(request, 10, 5));
        venue.settle();
    }
    venue.lines(2);
    // The account has orders left, the gateway has no slot left.
    venue.tell(0, cancel(25, by_request(1)));
    venue.tell(0, buy(26, 10, 5));
    venue.settle();
    let lines = venue.lines(0);
    assert!(
        lines.iter().any(|line| line.starts_with("26 Rejected")),
        "{lines:?}"
    );
    venue.tell(0, buy(27, 10, 5));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["27 New New order=27 cumulative=0 leaves=5"]
    );
}

#[test]
fn full_ring_refuses_new_orders_while_cancels_pass() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.streams.ring_room = (4, 2);
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, buy(2, 10, 5));
    venue.tell(0, buy(3, 10, 5));
    venue.tell(0, replace(4, by_request(1), "", 11, 5));
    venue.tell(0, cancel(5, by_request(1)));
    venue.tell(0, cancel(6, by_request(2)));
    venue.tell(0, cancel(7, by_request(2)));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "3 Rejected Rejected order=3 cumulative=0 leaves=0 Busy",
            "4 cancel-reject Busy id=",
            "7 cancel-reject Busy id=",
            "1 New New order=1 cumulative=0 leaves=5",
            "2 New New order=2 cumulative=0 leaves=5",
            "5 Canceled Canceled order=1 cumulative=0 leaves=0 Requested",
            "6 Canceled Canceled order=2 cumulative=0 leaves=0 Requested",
        ]
    );
}

#[test]
fn commands_without_an_answer_are_bounded() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.streams.ring_room = (usize::MAX, 0);
    venue.tell(0, buy(1, 10, 5));
    for request in 2..=64 {
        venue.tell(0, replace(request, by_request(1), "", 11, 5));
    }
    venue.tell(0, replace(65, by_request(1), "", 12, 5));
    venue.tell(0, cancel(66, by_request(1)));
    venue.deliver();
    assert_eq!(venue.lines(0), ["65 cancel-reject Busy id="]);
    assert_eq!(venue.streams.rings[0].len(), 65);
}

#[test]
fn mass_cancels_without_an_answer_are_bounded() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.streams.ring_room = (usize::MAX, 0);
    let session = matchgate_core::domain::MassCancelScope::Session;
    for request in 1..=MASS_CANCELS_MAX as u64 + 1 {
        venue.tell(0, mass_cancel(request, session));
    }
    venue.deliver();
    assert_eq!(venue.lines(0), ["65 business-reject Busy"]);
}

#[test]
fn refusal_of_the_shard_frees_everything() {
    let mut venue = Venue::new(&[WRITTEN]);
    for request in 1..=100 {
        venue.tell(0, named("a", order(request, Side::Sell, 0, 5)));
        venue.settle();
    }
    let lines = venue.lines(0);
    assert_eq!(lines.len(), 100);
    assert!(
        lines.iter().all(|line| line.ends_with("PriceBelowMinimum")),
        "{lines:?}"
    );
    assert_eq!(
        venue.core.open_orders(matchgate_core::domain::AccountId(0)),
        0
    );
    venue.tell(0, sell(101, 10, 5));
    venue.settle();
    assert!(venue.lines(0)[0].contains("New"));
    assert_eq!(symbol(0).as_str(), "SYM0");
}
