//! Logon, numbers, repeats, heartbeats, resends.

use matchgate_core::domain::{Durability, OrderId, RejectReason, RequestNumber, SessionId, Side};
use matchgate_schema::message::{
    ClientMessage, Logon, OrderTarget, PROTOCOL_VERSION, Report, ServerMessage,
};

use super::disk::key;
use super::venue::{
    BLOCK, Venue, buy, by_id, by_request, cancel, named, order, reduce, replace, sell,
};
use crate::bounds::HEARTBEAT_INTERVAL_NS;
use crate::gateway_core::{Intake, SessionEnd};
use crate::gateway_log::GatewayRecord;

const WRITTEN: Durability = Durability::Written;

fn two_sessions() -> Venue {
    Venue::new(&[WRITTEN, WRITTEN])
}

#[test]
fn order_walks_to_a_fill_with_reports_on_both_sides() {
    let mut venue = two_sessions();
    venue.tell(0, sell(1, 100, 10));
    venue.tell(1, buy(1, 101, 4));
    venue.tell(0, reduce(2, by_request(1), 9));
    venue.tell(0, cancel(3, by_request(1)));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "1 New New order=1 cumulative=0 leaves=10",
            "0 Trade PartiallyFilled order=1 cumulative=4 leaves=6 last=4@100 Added",
            "2 Reduced PartiallyFilled order=1 cumulative=4 leaves=5",
            "3 Canceled Canceled order=1 cumulative=4 leaves=0 Requested",
        ]
    );
    assert_eq!(
        venue.lines(1),
        [
            "1 New New order=1 cumulative=0 leaves=4",
            "1 Trade Filled order=1 cumulative=4 leaves=0 last=4@100 Removed",
        ]
    );
}

#[test]
fn every_name_of_an_order_finds_it() {
    let mut venue = two_sessions();
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.settle();
    let Report::Execution(taken) = venue.reports(0)[0] else {
        panic!("an order is taken by an execution report");
    };
    venue.tell(0, reduce(2, by_id("a"), 4));
    venue.tell(0, reduce(3, OrderTarget::OrderId(taken.order_id), 3));
    venue.tell(0, reduce(4, by_request(1), 2));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "2 Reduced New order=1 cumulative=0 leaves=4",
            "3 Reduced New order=1 cumulative=0 leaves=3",
            "4 Reduced New order=1 cumulative=0 leaves=2",
        ]
    );
    assert_ne!(taken.order_id, OrderId::NONE);
}

#[test]
fn order_is_canceled_by_its_names_before_it_is_acknowledged() {
    let mut venue = two_sessions();
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.tell(0, replace(2, by_id("a"), "b", 11, 6));
    venue.tell(0, cancel(3, by_id("b")));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "1 New New order=1 cumulative=0 leaves=5",
            "2 Replaced New order=1 cumulative=0 leaves=6",
            "3 Canceled Canceled order=1 cumulative=0 leaves=0 Requested",
        ]
    );
    venue.tell(0, named("a", order(4, Side::Buy, 10, 5)));
    venue.tell(0, named("b", order(5, Side::Buy, 10, 5)));
    venue.settle();
    let lines = venue.lines(0);
    assert_eq!(lines.len(), 2, "both ids are free again: {lines:?}");
    assert!(
        lines.iter().all(|line| line.contains("New New")),
        "{lines:?}"
    );
}

#[test]
fn refused_replacement_gives_its_id_back() {
    let mut venue = two_sessions();
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.tell(0, replace(2, by_id("a"), "b", 0, 5));
    venue.settle();
    venue.tell(0, cancel(3, by_id("b")));
    venue.tell(0, cancel(4, by_id("a")));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "1 New New order=1 cumulative=0 leaves=5",
            "2 cancel-reject PriceBelowMinimum id=a",
            "3 cancel-reject UnknownOrder id=b",
            "4 Canceled Canceled order=1 cumulative=0 leaves=0 Requested",
        ]
    );
}

#[test]
fn cancel_by_another_session_of_the_firm_is_reported_to_both() {
    let mut venue = two_sessions();
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.settle();
    venue.tell(1, cancel(1, by_id("a")));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "1 New New order=1 cumulative=0 leaves=5",
            "0 Canceled Canceled order=1 cumulative=0 leaves=0 Requested",
        ]
    );
    assert_eq!(
        venue.lines(1),
        ["1 Canceled Canceled order=1 cumulative=0 leaves=0 Requested"]
    );
}

#[test]
fn repeat_is_answered_and_not_executed() {
    let mut venue = two_sessions();
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, buy(1, 10, 5));
    venue.settle();
    venue.tell(0, buy(1, 10, 5));
    venue.settle();
    assert_eq!(venue.lines(0), ["1 New New order=1 cumulative=0 leaves=5"]);
    assert_eq!(venue.clients[0].repeated, [1, 1]);
    assert_eq!(venue.shards[0].live_order_count(), 1);
}

#[test]
fn message_that_cannot_be_ends_the_connection_for_good() {
    let ends = [
        (buy(0, 10, 5), RejectReason::RequestZero),
        (buy(2, 10, 5), RejectReason::RequestGap),
        (ClientMessage::Logout, RejectReason::LoggedOut),
    ];
    for (message, reason) in ends {
        let mut venue = two_sessions();
        let end = Err(SessionEnd { reason });
        assert_eq!(venue.send(0, message), end);
        assert_eq!(
            venue.send(0, buy(1, 10, 5)),
            end,
            "nothing is taken after it"
        );
        venue.disconnect(0);
        let (_, last) = venue.streams.disk.log.last().unwrap();
        assert!(matches!(last, GatewayRecord::Disconnected(gone) if gone.reason == reason.code()));
        venue.log_on(0, 1, WRITTEN).unwrap();
        venue.tell(0, buy(1, 10, 5));
    }
}

#[test]
fn message_without_a_logon_ends_the_connection() {
    let mut venue = two_sessions();
    let reason = RejectReason::NotLoggedOn;
    assert_eq!(
        venue.send(2, ClientMessage::Heartbeat),
        Err(SessionEnd { reason })
    );
}

#[test]
fn requests_beyond_the_window_wait_for_answers() {
    let mut venue = two_sessions();
    venue.streams.ring_room = (usize::MAX, 0);
    venue.tell(0, buy(1, 10, 5));
    for request in 2..=2048 {
        venue.tell(0, cancel(request, by_request(1)));
    }
    let beyond = cancel(2049, by_request(1));
    assert_eq!(venue.send(0, beyond), Ok(Intake::Later));
    venue.settle();
    assert_eq!(venue.send(0, beyond), Ok(Intake::Taken));
}

#[test]
fn logon_is_refused_with_its_reason() {
    let mut venue = two_sessions();
    let mut logon = Logon {
        protocol_version: PROTOCOL_VERSION + 1,
        key: key(2),
        next_expected: 1,
        durability: WRITTEN,
    };
    let mut attempt = |logon: &Logon| venue.core.logon(logon, 0, &mut venue.streams);
    assert_eq!(attempt(&logon), Err(RejectReason::ProtocolVersion));
    logon.protocol_version = PROTOCOL_VERSION;
    logon.next_expected = 2;
    assert_eq!(attempt(&logon), Err(RejectReason::SequenceAhead));
    logon.next_expected = 1;
    logon.key = key(7);
    assert_eq!(attempt(&logon), Err(RejectReason::UnknownKey));
    logon.key = key(3);
    assert_eq!(
        attempt(&logon),
        Err(RejectReason::UnknownKey),
        "home is elsewhere"
    );
    logon.key = key(0);
    assert_eq!(attempt(&logon), Err(RejectReason::SessionInUse));
}

#[test]
fn resume_sends_the_same_messages_under_the_same_numbers() {
    let mut venue = two_sessions();
    venue.tell(0, sell(1, 100, 10));
    venue.tell(1, buy(1, 100, 4));
    venue.settle();
    let before = venue.clients[0].live.clone();
    venue.disconnect(0);
    venue.tell(1, buy(2, 100, 3));
    venue.settle();
    venue.log_on(0, 1, WRITTEN).unwrap();
    venue.settle();
    let after = venue.clients[0].live.clone();
    assert_eq!(after.len(), before.len() + 1);
    for ((sequence, resend, report), again) in before.iter().zip(&after) {
        assert!(!resend);
        assert_eq!((*sequence, true, *report), *again);
    }
    assert_eq!(after[2].0, 3);
    let answer = venue.clients[0].answer.unwrap();
    assert_eq!((answer.replay_from, answer.next_sequence), (1, 4));
    assert_eq!(answer.request_highest, RequestNumber(1));
    assert_eq!(answer.decided_through, RequestNumber(1));
}

#[test]
fn logon_without_a_wish_sends_nothing_again() {
    let mut venue = two_sessions();
    venue.tell(0, sell(1, 100, 10));
    venue.settle();
    venue.disconnect(0);
    venue.log_on(0, 0, WRITTEN).unwrap();
    venue.settle();
    assert!(venue.clients[0].live.is_empty());
    let answer = venue.clients[0].answer.unwrap();
    assert_eq!((answer.replay_from, answer.next_sequence), (2, 2));
}

#[test]
fn messages_that_left_the_store_cannot_be_sent_again() {
    let mut venue = two_sessions();
    for request in 1..=4200 {
        venue.tell(0, cancel(request, by_id("none")));
        venue.sync();
        venue.poll();
    }
    venue.disconnect(0);
    let refused = venue.log_on(0, 104, WRITTEN);
    assert_eq!(refused, Err(RejectReason::ResendUnavailable));
    venue.log_on(0, 105, WRITTEN).unwrap();
}

#[test]
fn reader_that_falls_behind_its_store_is_ended() {
    let mut venue = two_sessions();
    for request in 1..=4096 {
        venue.tell(0, cancel(request, by_id("none")));
    }
    venue.core.on_tick(0);
    assert_eq!(venue.core.pop_ended(), None);
    venue.tell(0, cancel(4097, by_id("none")));
    venue.core.on_tick(0);
    assert_eq!(
        venue.core.pop_ended(),
        Some((SessionId(0), RejectReason::SlowReader))
    );
}

#[test]
fn silence_ends_a_connection_after_two_and_a_half_intervals() {
    let mut venue = two_sessions();
    venue.now_ns = HEARTBEAT_INTERVAL_NS;
    venue.core.on_tick(venue.now_ns);
    venue.deliver();
    assert_eq!(
        (venue.clients[0].heartbeats, venue.clients[1].heartbeats),
        (1, 1)
    );
    venue.tell(1, ClientMessage::Heartbeat);
    venue.now_ns = HEARTBEAT_INTERVAL_NS * 5 / 2;
    venue.core.on_tick(venue.now_ns);
    venue.deliver();
    assert_eq!(venue.clients[0].ended, Some(RejectReason::HeartbeatTimeout));
    assert_eq!(venue.clients[1].ended, None);
    venue.log_on(0, 1, WRITTEN).unwrap();
}

#[test]
fn durable_mark_follows_the_slower_of_journal_and_log() {
    let mut venue = two_sessions();
    let heartbeat = |venue: &mut Venue| {
        venue.now_ns += HEARTBEAT_INTERVAL_NS;
        venue.tell(0, ClientMessage::Heartbeat);
        venue.tell(1, ClientMessage::Heartbeat);
        venue.core.on_tick(venue.now_ns);
        venue.poll();
        venue.clients[0].durable_through
    };
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, cancel(2, by_id("none")));
    venue.step_shard(0);
    venue.poll();
    assert_eq!(venue.clients[0].live.len(), 2);
    assert_eq!(heartbeat(&mut venue), 0);
    venue.synced[0] = venue.shards[0].last_sequence().0;
    assert_eq!(heartbeat(&mut venue), 0, "the log is not on disk");
    venue.log_synced = venue.streams.disk.log_next - 1;
    assert_eq!(heartbeat(&mut venue), 2);
}

#[test]
fn number_leaves_only_once_its_reservation_is_on_disk() {
    let mut venue = Venue::new(&[]);
    venue.log_on(0, 1, WRITTEN).unwrap();
    venue.tell(0, buy(1, 10, 5));
    venue.step_shard(0);
    venue.poll();
    assert!(venue.clients[0].answer.is_some());
    assert!(venue.clients[0].live.is_empty());
    venue.sync();
    venue.poll();
    assert_eq!(venue.clients[0].live.len(), 1);
}

#[test]
fn numbers_are_reserved_ahead_of_their_use() {
    let mut venue = two_sessions();
    for request in 1..=15 * BLOCK {
        venue.tell(0, cancel(request, by_id("none")));
        venue.deliver();
        assert_eq!(venue.clients[0].live.len() as u64, request, "nothing waits");
        venue.sync();
        venue.poll();
    }
}

/// Sends refused requests, each of which is one report, and returns how many more reports came.
fn refusals(venue: &mut Venue, requests: std::ops::Range<u64>, synced: bool) -> u64 {
    let before = venue.clients[0].live.len();
    for request in requests {
        venue.tell(0, cancel(request, by_id("none")));
        if synced {
            venue.sync();
        }
        venue.poll();
    }
    (venue.clients[0].live.len() - before) as u64
}

#[test]
fn stalled_log_holds_no_report_before_two_whole_blocks_are_used_and_holds_them_after() {
    let told = 5 * BLOCK;
    let mut fewest = u64::MAX;
    for before in 0..=4 * BLOCK {
        let mut venue = two_sessions();
        assert_eq!(refusals(&mut venue, 1..before + 1, true), before);
        // From here on nothing more of the log comes to disk.
        let came = refusals(&mut venue, before + 1..before + 1 + told, false);
        assert!(came >= 2 * BLOCK, "{came} reports after {before}");
        assert!(came <= 3 * BLOCK, "{came} reports without a reservation");
        fewest = fewest.min(came);
        venue.settle();
        assert_eq!(venue.clients[0].live.len() as u64, before + told);
    }
    assert_eq!(fewest, 2 * BLOCK, "at the worst moment");
}

#[test]
fn session_has_one_reservation_on_its_way_to_the_disk_however_long_that_takes() {
    let mut venue = two_sessions();
    let before = reservations(&venue);
    refusals(&mut venue, 1..20 * BLOCK, false);
    assert_eq!(reservations(&venue), before + 1);
    venue.settle();
    assert_eq!(reservations(&venue), before + 2);
}

fn reservations(venue: &Venue) -> usize {
    let log = venue.streams.disk.log.iter();
    log.filter(|(_, record)| matches!(record, GatewayRecord::Reserve(_)))
        .count()
}

#[test]
fn release_that_is_not_in_the_log_does_not_leave() {
    let mut venue = two_sessions();
    venue.tell(0, buy(1, 10, 5));
    venue.step_shard(0);
    let event = venue.events[0].pop_front().unwrap();
    let shard = matchgate_core::domain::ShardId(0);
    venue
        .core
        .on_event(shard, &event, &mut venue.streams)
        .unwrap();
    assert_eq!(venue.core.pop_ready(), None);
    assert_eq!(venue.core.next_outbound(SessionId(0), 0), None);
    venue.core.end_run(&mut venue.streams);
    assert_eq!(venue.core.pop_ready(), Some(SessionId(0)));
    assert!(matches!(
        venue.core.next_outbound(SessionId(0), 0),
        Some(ServerMessage::Report { sequence: 1, .. })
    ));
}

#[test]
fn operator_sees_each_session() {
    let mut venue = two_sessions();
    venue.tell(0, buy(1, 10, 5));
    venue.settle();
    let views: Vec<_> = venue.core.sessions().collect();
    assert_eq!(views.len(), 3, "the foreign session lives elsewhere");
    assert_eq!(views[0].open_orders, 1);
    assert_eq!(views[0].next_sequence, 2);
    assert!(views[0].connected && !views[2].connected);
}
