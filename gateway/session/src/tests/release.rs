//! When a report may leave, and what may not overtake it.

use std::collections::VecDeque;

use matchgate_core::domain::{Durability, MassCancelScope, ShardId, Side};

use super::disk::SLOTS;
use super::venue::{
    HELD_MAX, Venue, buy, by_id, by_request, cancel, mass_cancel, named, order, replace, sell,
};

const WRITTEN: Durability = Durability::Written;
const SYNCED: Durability = Durability::Synced;

fn run_shards(venue: &mut Venue) {
    while venue.step_shard(0) || venue.step_shard(1) {}
    venue.poll();
}

#[test]
fn synced_reports_wait_for_the_disk_in_their_order() {
    let mut venue = Venue::new(&[SYNCED]);
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, buy(2, 10, 5));
    run_shards(&mut venue);
    assert!(venue.lines(0).is_empty());
    venue.synced[0] = venue.shards[0].last_sequence().0 - 1;
    venue.poll();
    assert_eq!(venue.lines(0), ["1 New New order=1 cumulative=0 leaves=5"]);
    venue.sync();
    venue.poll();
    assert_eq!(venue.lines(0), ["2 New New order=2 cumulative=0 leaves=5"]);
}

#[test]
fn synced_report_whose_command_is_on_disk_already_leaves_at_once() {
    let mut venue = Venue::new(&[SYNCED]);
    venue.tell(0, buy(1, 10, 5));
    venue.step_shard(0);
    let late = venue.events[0].pop_front().unwrap();
    venue.sync();
    venue.poll();
    // The mark came first and does not come again.
    venue
        .core
        .on_event(ShardId(0), &late, &mut venue.streams)
        .unwrap();
    venue.core.end_run(&mut venue.streams);
    venue.deliver();
    assert_eq!(venue.lines(0).len(), 1);
}

#[test]
fn each_side_of_a_trade_is_released_by_its_own_class() {
    let mut venue = Venue::new(&[SYNCED, WRITTEN]);
    venue.tell(0, sell(1, 10, 5));
    venue.settle();
    venue.lines(0);
    venue.tell(1, buy(1, 10, 2));
    run_shards(&mut venue);
    assert_eq!(
        venue.lines(1),
        [
            "1 New New order=1 cumulative=0 leaves=2",
            "1 Trade Filled order=1 cumulative=2 leaves=0 last=2@10 Removed",
        ]
    );
    assert!(venue.lines(0).is_empty());
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["0 Trade PartiallyFilled order=1 cumulative=2 leaves=3 last=2@10 Added"]
    );
}

#[test]
fn answer_to_a_cancel_does_not_overtake_the_fill_before_it() {
    // The order is synced; the session that cancels it is not.
    let mut venue = Venue::new(&[SYNCED, WRITTEN]);
    venue.tell(0, named("a", order(1, Side::Sell, 10, 5)));
    venue.settle();
    venue.lines(0);
    venue.foreign(0, Side::Buy, 10, 5);
    venue.tell(1, cancel(1, by_id("a")));
    run_shards(&mut venue);
    assert!(venue.lines(0).is_empty());
    assert!(venue.lines(1).is_empty(), "the order's end is not on disk");
    venue.settle();
    assert_eq!(venue.lines(1), ["1 cancel-reject OrderNotLive id=a"]);
}

#[test]
fn class_of_an_order_is_that_of_the_logon_under_which_it_was_entered() {
    let mut venue = Venue::new(&[SYNCED]);
    venue.tell(0, sell(1, 10, 5));
    venue.settle();
    venue.disconnect(0);
    venue.log_on(0, 0, WRITTEN).unwrap();
    venue.settle();
    venue.lines(0);
    venue.tell(0, cancel(2, by_request(1)));
    venue.tell(0, sell(3, 10, 5));
    run_shards(&mut venue);
    assert_eq!(venue.lines(0), ["3 New New order=3 cumulative=0 leaves=5"]);
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["2 Canceled Canceled order=1 cumulative=0 leaves=0 Requested"]
    );
}

#[test]
fn room_for_events_shrinks_with_what_waits_for_the_disk() {
    let mut venue = Venue::new(&[SYNCED]);
    let room = venue.core.event_room(ShardId(0));
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, buy(2, 10, 5));
    run_shards(&mut venue);
    assert_eq!(venue.core.event_room(ShardId(0)), room - 1);
    venue.settle();
    assert_eq!(venue.core.event_room(ShardId(0)), room);
}

#[test]
fn what_waits_for_the_disk_makes_synced_orders_busy_and_leaves_room_for_their_ends() {
    let mut venue = Venue::new(&[SYNCED, WRITTEN]);
    venue.tell(0, sell(1, 10, 5));
    venue.settle();
    venue.lines(0);
    let busy = |request| format!("{request} cancel-reject Busy id=");
    let mut request = 1;
    while venue.lines(0).is_empty() {
        request += 1;
        assert!(request < 1_000, "never busy");
        let price = 10 + i64::try_from(request % 2).unwrap();
        venue.tell(0, replace(request, by_request(1), "", price, 5));
        run_shards(&mut venue);
    }
    assert!(request > HELD_MAX / 2, "{request}");
    let room = venue.core.event_room(ShardId(0));
    // Nothing of class synced that adds an order or a report is taken, a cancel is.
    venue.tell(0, buy(request + 1, 1, 5));
    run_shards(&mut venue);
    assert_eq!(
        venue.lines(0),
        [format!(
            "{0} Rejected Rejected order={0} cumulative=0 leaves=0 Busy",
            request + 1
        )]
    );
    venue.tell(0, replace(request + 2, by_request(1), "", 12, 5));
    run_shards(&mut venue);
    assert_eq!(venue.lines(0), [busy(request + 2)]);
    venue.tell(0, cancel(request + 3, by_request(1)));
    run_shards(&mut venue);
    assert!(venue.lines(0).is_empty(), "it waits for the disk");
    assert!(venue.core.event_room(ShardId(0)) + 1 >= room);
    // Nobody else waits.
    venue.tell(1, buy(1, 1, 5));
    venue.tell(1, replace(2, by_request(1), "", 2, 5));
    venue.tell(1, cancel(3, by_request(1)));
    run_shards(&mut venue);
    assert_eq!(venue.lines(1).len(), 3);
    venue.settle();
    let last = format!(
        "{} Canceled Canceled order=1 cumulative=0 leaves=0 Requested",
        request + 3
    );
    assert_eq!(venue.lines(0).last(), Some(&last));
}

#[test]
fn every_live_synced_order_has_room_for_its_end_in_a_mass_cancel() {
    let mut venue = Venue::new(&[SYNCED, WRITTEN]);
    // As many orders as are taken, then all that is taken of one of them.
    let slots = u64::from(SLOTS);
    for request in 1..=slots {
        venue.tell(0, sell(request, 10, 5));
        run_shards(&mut venue);
    }
    venue.settle();
    venue.lines(0);
    let live = venue.core.sessions().next().unwrap().open_orders;
    assert!(live > 1);
    let mut request = slots;
    while venue.lines(0).is_empty() {
        request += 1;
        venue.tell(0, replace(request, by_request(1), "", 10, 5));
        run_shards(&mut venue);
    }
    venue.tell(0, mass_cancel(request + 1, MassCancelScope::Session));
    run_shards(&mut venue);
    assert!(venue.events.iter().all(VecDeque::is_empty), "all are held");
    assert!(venue.core.event_room(ShardId(0)) > 0);
    venue.settle();
    let last = format!("{} mass-cancel {live}", request + 1);
    assert_eq!(venue.lines(0).last(), Some(&last));
}

#[test]
fn reports_of_a_session_without_a_connection_are_numbered_and_kept() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, sell(1, 10, 5));
    venue.settle();
    venue.disconnect(0);
    venue.foreign(0, Side::Buy, 10, 5);
    venue.settle();
    venue.log_on(0, 2, WRITTEN).unwrap();
    venue.settle();
    assert_eq!(
        venue.lines(0),
        ["0 Trade Filled order=1 cumulative=5 leaves=0 last=5@10 Added"]
    );
}

#[test]
fn slot_is_not_used_again_while_a_command_that_names_its_order_is_on_its_way() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, named("a", order(1, Side::Sell, 10, 5)));
    venue.settle();
    venue.lines(0);
    venue.foreign(0, Side::Buy, 10, 5);
    venue.tell(0, cancel(2, by_id("a")));
    venue.poll();
    // The fill is known, the cancel not answered: a new order takes another slot.
    venue.tell(0, named("b", order(3, Side::Sell, 10, 5)));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "0 Trade Filled order=1 cumulative=5 leaves=0 last=5@10 Added",
            "2 cancel-reject OrderNotLive id=a",
            "3 New New order=3 cumulative=0 leaves=5",
        ]
    );
}
