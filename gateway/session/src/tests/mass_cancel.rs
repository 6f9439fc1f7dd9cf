//! Mass cancels: one request, several shards, one answer.

use matchgate_core::domain::{Durability, MassCancelScope, RejectReason, RequestNumber, Side};
use matchgate_schema::message::{ClientMessage, MassCancelRequest, NewOrderRequest};

use super::disk::{name, symbol};
use super::venue::{Venue, buy, mass_cancel, order};

const WRITTEN: Durability = Durability::Written;
const SYNCED: Durability = Durability::Synced;

fn on_second_shard(request: u64) -> ClientMessage {
    ClientMessage::NewOrder(NewOrderRequest {
        symbol: symbol(1),
        ..order(request, Side::Buy, 10, 5)
    })
}

fn filled_venue(classes: &[Durability]) -> Venue {
    let mut venue = Venue::new(classes);
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, on_second_shard(2));
    venue.tell(1, buy(1, 10, 5));
    venue.settle();
    venue.lines(0);
    venue.lines(1);
    venue
}

#[test]
fn mass_cancel_is_answered_once_after_the_last_cancel_of_every_shard() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(0, mass_cancel(3, MassCancelScope::Session));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "3 Canceled Canceled order=1 cumulative=0 leaves=0 MassCancel",
            "3 Canceled Canceled order=2 cumulative=0 leaves=0 MassCancel",
            "3 mass-cancel 2",
        ]
    );
    assert!(venue.lines(1).is_empty(), "another session's orders stay");
}

#[test]
fn mass_cancel_of_an_account_tells_each_owner() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(0, mass_cancel(3, MassCancelScope::Account));
    venue.settle();
    assert_eq!(venue.lines(0).last().unwrap(), "3 mass-cancel 3");
    assert_eq!(
        venue.lines(1),
        ["0 Canceled Canceled order=1 cumulative=0 leaves=0 MassCancel"]
    );
}

#[test]
fn mass_cancel_answer_waits_for_orders_of_class_synced() {
    let mut venue = filled_venue(&[WRITTEN, SYNCED]);
    venue.tell(0, mass_cancel(3, MassCancelScope::Account));
    while venue.step_shard(0) || venue.step_shard(1) {}
    venue.poll();
    assert_eq!(
        venue.lines(0).len(),
        2,
        "its own orders, and not the answer"
    );
    venue.settle();
    assert_eq!(venue.lines(0), ["3 mass-cancel 3"]);
}

#[test]
fn mass_cancel_of_a_symbol_goes_to_its_shard_alone() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(
        0,
        ClientMessage::MassCancel(MassCancelRequest {
            request: RequestNumber(3),
            scope: MassCancelScope::Session,
            account: None,
            symbol: Some(symbol(1)),
            side: None,
        }),
    );
    assert_eq!(venue.streams.rings[0].len(), 0);
    venue.settle();
    assert_eq!(venue.lines(0).last().unwrap(), "3 mass-cancel 1");
}

#[test]
fn mass_cancel_of_an_unknown_account_is_refused() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(
        0,
        ClientMessage::MassCancel(MassCancelRequest {
            request: RequestNumber(3),
            scope: MassCancelScope::Account,
            account: Some(name("account-2")),
            symbol: None,
            side: None,
        }),
    );
    venue.deliver();
    let reason = RejectReason::UnknownAccount;
    assert_eq!(venue.lines(0), [format!("3 business-reject {reason:?}")]);
}

#[test]
fn mass_cancel_that_one_shard_knows_is_completed_after_a_crash() {
    for known in [0, 1] {
        let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
        venue.tell(0, mass_cancel(3, MassCancelScope::Session));
        venue.step_shard(known);
        let mut venue = venue.crash();
        venue
            .log_on(0, venue.clients[0].next_expected(), WRITTEN)
            .unwrap();
        venue.settle();
        assert_eq!(venue.lines(0).last().unwrap(), "3 mass-cancel 2");
        venue.tell(0, mass_cancel(3, MassCancelScope::Session));
        venue.settle();
        assert_eq!(venue.clients[0].repeated, [3]);
        assert_eq!(venue.shards[0].live_order_count(), 1);
        assert_eq!(venue.shards[1].live_order_count(), 0);
    }
}

#[test]
fn mass_cancel_that_no_shard_knows_is_undecided_after_a_crash() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(0, mass_cancel(3, MassCancelScope::Session));
    let mut venue = venue.crash();
    venue
        .log_on(0, venue.clients[0].next_expected(), WRITTEN)
        .unwrap();
    venue.settle();
    let answer = venue.clients[0].answer.unwrap();
    assert_eq!(answer.decided_through, RequestNumber(2));
    assert_eq!(answer.request_highest, RequestNumber(3));
    assert!(venue.lines(0).is_empty());
    venue.tell(0, mass_cancel(3, MassCancelScope::Session));
    venue.settle();
    assert_eq!(venue.lines(0).last().unwrap(), "3 mass-cancel 2");
}

#[test]
fn mass_cancel_is_completed_however_often_the_recovery_dies() {
    let mut venue = filled_venue(&[WRITTEN, WRITTEN]);
    venue.tell(0, mass_cancel(3, MassCancelScope::Session));
    venue.step_shard(1);
    for _ in 0..3 {
        venue = venue.crash();
        assert_eq!(venue.streams.rings[0].len(), 1, "sent anew each time");
        assert!(venue.streams.rings[1].is_empty());
    }
    venue
        .log_on(0, venue.clients[0].next_expected(), WRITTEN)
        .unwrap();
    venue.settle();
    assert_eq!(venue.lines(0).last().unwrap(), "3 mass-cancel 2");
}
