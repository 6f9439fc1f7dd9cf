//! The gateway agent between real sockets, a real shard and real journals.

use matchgate_core::domain::{
    CancelReason, Durability, Quantity, RejectReason, RequestNumber, Side,
};
use matchgate_runtime::Agent;
use matchgate_runtime::alloc_guard::count_allocations;
use matchgate_schema::message::{
    ClientMessage, ExecType, ExecutionReport, Liquidity, Report, ServerMessage,
};

use super::member::{Member, cancel, frame_of, limit_order, logon};
use super::peer::SMALL;
use super::venue::{Venue, VenueOptions};
use crate::ReactorOptions;

fn execution(report: &Report) -> &ExecutionReport {
    match report {
        Report::Execution(execution) => execution,
        other => panic!("{other:?} is no execution report"),
    }
}

/// Execution type and quantity left, report by report.
fn executions(member: &Member) -> Vec<(ExecType, u64)> {
    let of = |(_, report): &(u64, Report)| {
        let execution = execution(report);
        (execution.exec_type, execution.leaves.get())
    };
    member.reports().iter().map(of).collect()
}

/// The two still trade with each other, whatever happened before.
pub(super) fn trade(venue: &mut Venue, seller: (&mut Member, u64), buyer: (&mut Member, u64)) {
    let (seller, sell_request) = seller;
    let (buyer, buy_request) = buyer;
    let (sold, bought) = (seller.reports().len(), buyer.reports().len());
    seller.say(&limit_order(sell_request, Side::Sell, 100, 5));
    venue.reports(seller, sold + 1);
    buyer.say(&limit_order(buy_request, Side::Buy, 100, 5));
    venue.reports(buyer, bought + 2);
    venue.reports(seller, sold + 2);
    let last = |member: &Member| {
        let reports = member.reports();
        execution(&reports.last().unwrap().1).exec_type
    };
    assert_eq!(
        (last(seller), last(buyer)),
        (ExecType::Trade, ExecType::Trade)
    );
}

#[test]
fn crossing_orders_of_two_members_are_told_to_both() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    alice.say(&limit_order(1, Side::Sell, 101, 10));
    venue.hears(&mut alice, 2);
    bob.say(&limit_order(1, Side::Buy, 102, 4));
    venue.hears(&mut bob, 3);
    venue.hears(&mut alice, 3);
    let expected = [(ExecType::New, 10), (ExecType::Trade, 6)];
    assert_eq!(executions(&alice), expected);
    assert_eq!(executions(&bob), [(ExecType::New, 4), (ExecType::Trade, 0)]);
    let (sold, bought) = (alice.reports()[1].1, bob.reports()[1].1);
    let (sold, bought) = (execution(&sold), execution(&bought));
    assert_eq!(sold.last_price, bought.last_price);
    assert_eq!(sold.last_price.get(), 101, "the resting price");
    assert_eq!(sold.last_quantity, Quantity::new(4));
    assert_eq!(sold.execution_id, bought.execution_id);
    assert_eq!(
        (sold.liquidity, bought.liquidity),
        (Liquidity::Added, Liquidity::Removed)
    );
    alice.say(&cancel(2, 1));
    venue.hears(&mut alice, 4);
    let canceled = alice.reports()[2].1;
    assert_eq!(
        execution(&canceled).cancel_reason,
        Some(CancelReason::Requested)
    );
}

#[test]
fn synced_order_is_acknowledged_once_it_is_on_disk() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = Member::connect(venue.address);
    alice = venue.log_on(alice, "alice", Durability::Synced);
    alice.say(&limit_order(1, Side::Sell, 101, 10));
    venue.hears(&mut alice, 2);
    assert_eq!(executions(&alice), [(ExecType::New, 10)]);
}

#[test]
fn request_in_single_bytes_is_taken() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    for request in 1..=3 {
        for byte in frame_of(&limit_order(request, Side::Sell, 101, request)) {
            alice.peer.write_all(&[byte]);
            venue.turns(4);
        }
    }
    venue.hears(&mut alice, 4);
    let expected = [(ExecType::New, 1), (ExecType::New, 2), (ExecType::New, 3)];
    assert_eq!(executions(&alice), expected);
}

#[test]
fn thousand_requests_in_one_write_are_answered_in_order() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let orders: Vec<u8> = (1..=1_000)
        .flat_map(|request| frame_of(&limit_order(request, Side::Sell, 101, request)))
        .collect();
    alice.peer.write_all(&orders);
    venue.hears(&mut alice, 1_001);
    for (index, (sequence, report)) in (1..).zip(alice.reports()) {
        let execution = *execution(&report);
        assert_eq!(sequence, index);
        assert_eq!(execution.exec_type, ExecType::New);
        assert_eq!(execution.request, RequestNumber(index));
        assert_eq!(execution.leaves, Quantity::new(index));
    }
}

#[test]
fn malformed_bytes_end_only_the_session_that_sent_them() {
    let oversize = [[0, 0, 0, 0], [0, 1, 0, 0]].concat();
    let mut wrong_pointer = frame_of(&ClientMessage::Heartbeat);
    wrong_pointer[8..16].fill(0xff);
    let cases = [
        (vec![0xff; 100], RejectReason::MalformedFrame),
        (oversize, RejectReason::FrameTooLarge),
        (wrong_pointer, RejectReason::MalformedFrame),
    ];
    let mut venue = Venue::new(&VenueOptions::default());
    let mut bob = venue.member("bob");
    let mut request = 0;
    for (bytes, reason) in cases {
        let mut wrong = reconnect(&mut venue, "alice");
        wrong.peer.write_all(&bytes);
        // What comes behind is not looked at.
        wrong.peer.write_all(&frame_of(&ClientMessage::Heartbeat));
        assert_eq!(venue.ending(&mut wrong), Some(reason));
        drop(wrong);
        let mut alice = reconnect(&mut venue, "alice");
        request += 1;
        trade(&mut venue, (&mut alice, request), (&mut bob, request));
    }
}

#[test]
fn mutated_frames_disturb_nobody_else() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut bob = venue.member("bob");
    let valid = [
        frame_of(&limit_order(1, Side::Sell, 101, 10)),
        frame_of(&cancel(1, 1)),
        frame_of(&logon("alice", Durability::Written)),
        frame_of(&ClientMessage::Heartbeat),
    ]
    .concat();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    for round in 1..=300 {
        let mut alice = reconnect(&mut venue, "alice");
        let mut bytes = valid.clone();
        for _ in 0..=random(8) {
            bytes[random(valid.len())] ^= 1 << random(8);
        }
        bytes.truncate(1 + random(valid.len()));
        alice.peer.write_all(&bytes);
        venue.turns(20);
        let heard = bob.reports().len();
        bob.say(&limit_order(round, Side::Buy, 1, 1));
        venue.reports(&mut bob, heard + 1);
        alice.peer.reset();
    }
    assert_eq!(venue.failure.report(), None);
}

/// Logs on once the venue has seen the last connection of the session end.
fn reconnect(venue: &mut Venue, key: &str) -> Member {
    let connected = |venue: &Venue| {
        let mut sessions = venue.gateway.core().sessions();
        sessions.any(|session| session.key.as_str() == key && session.connected)
    };
    venue.until("disconnected", |venue| !connected(venue));
    venue.member(key)
}

#[test]
fn truncated_frame_and_silence_end_by_the_heartbeat() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    let order = frame_of(&limit_order(1, Side::Sell, 101, 10));
    alice.peer.write_all(&order[..order.len() - 1]);
    for _ in 0..24 {
        venue.time.advance_ns(100_000_000);
        bob.say(&ClientMessage::Heartbeat);
        venue.turns(100);
    }
    alice.listen();
    assert!(!alice.peer.over);
    assert!(
        alice
            .heard
            .iter()
            .skip(1)
            .all(|message| matches!(message, ServerMessage::Heartbeat { .. }))
    );
    assert_eq!(alice.heard.len(), 3, "two heartbeats in 2.4 seconds");
    venue.time.advance_ns(100_000_000);
    bob.say(&ClientMessage::Heartbeat);
    assert_eq!(
        venue.ending(&mut alice),
        Some(RejectReason::HeartbeatTimeout)
    );
    let mut alice = reconnect(&mut venue, "alice");
    trade(&mut venue, (&mut alice, 1), (&mut bob, 1));
}

#[test]
fn second_logon_on_a_live_session_is_refused() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    let mut second = Member::connect(venue.address);
    second.say(&logon("alice", Durability::Written));
    assert_eq!(venue.ending(&mut second), Some(RejectReason::SessionInUse));
    trade(&mut venue, (&mut alice, 1), (&mut bob, 1));
    alice.say(&logon("alice", Durability::Written));
    assert_eq!(
        venue.ending(&mut alice),
        Some(RejectReason::AlreadyLoggedOn)
    );
}

#[test]
fn request_before_the_logon_is_refused() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut member = Member::connect(venue.address);
    member.say(&limit_order(1, Side::Sell, 101, 10));
    member.say(&logon("alice", Durability::Written));
    assert_eq!(venue.ending(&mut member), Some(RejectReason::NotLoggedOn));
}

#[test]
fn requests_right_behind_the_logon_are_taken() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = Member::connect(venue.address);
    let bytes = [
        frame_of(&logon("alice", Durability::Written)),
        frame_of(&limit_order(1, Side::Sell, 101, 10)),
    ]
    .concat();
    alice.peer.write_all(&bytes);
    venue.hears(&mut alice, 2);
    assert_eq!(executions(&alice), [(ExecType::New, 10)]);
}

#[test]
fn what_was_missed_is_sent_again_after_the_next_logon() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    alice.say(&limit_order(1, Side::Sell, 101, 10));
    venue.hears(&mut alice, 2);
    alice.peer.reset();
    bob.say(&limit_order(1, Side::Buy, 101, 4));
    venue.hears(&mut bob, 3);
    let mut alice = reconnect(&mut venue, "alice");
    venue.hears(&mut alice, 3);
    assert_eq!(
        executions(&alice),
        [(ExecType::New, 10), (ExecType::Trade, 6)]
    );
    assert!(matches!(
        alice.heard[2],
        ServerMessage::Report {
            sequence: 2,
            resend: true,
            ..
        }
    ));
}

#[test]
fn logout_is_answered_and_ends_the_connection() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    alice.say(&ClientMessage::Logout);
    assert_eq!(venue.ending(&mut alice), Some(RejectReason::LoggedOut));
    reconnect(&mut venue, "alice");
}

#[test]
fn reader_that_stops_is_ended_and_the_others_trade_on() {
    let mut venue = Venue::new(&VenueOptions {
        resend_messages_max: 64,
        reactor: ReactorOptions {
            output_bytes: 2_048,
            receive_buffer_bytes: 4_096,
            ..SMALL
        },
        ..VenueOptions::default()
    });
    let mut alice = venue.narrow_member("alice");
    let mut bob = venue.member("bob");
    // Its numbers are reserved on disk, so that it can be told at once.
    alice.say(&limit_order(1, Side::Sell, 101, 1));
    venue.reports(&mut alice, 1);
    // It enters orders and never reads; what the kernel holds for it is bounded too.
    let mut request = 1;
    let mut is_connected = true;
    while is_connected {
        request += 1;
        assert!(request < 100_000, "the kernel took everything");
        let frame = frame_of(&limit_order(request, Side::Sell, 101, 1));
        while alice.peer.write(&frame) == 0 {
            venue.turn();
        }
        let frame = frame_of(&cancel(request + 1, request));
        request += 1;
        while alice.peer.write(&frame) == 0 {
            venue.turn();
        }
        venue.turns(4);
        if request % 128 == 1 {
            venue.time.advance_ns(10_000_000);
        }
        is_connected = venue
            .gateway
            .core()
            .sessions()
            .all(|session| session.connected);
    }
    for _ in 0..60 {
        venue.time.advance_ns(20_000_000);
        venue.turns(100);
    }
    assert_eq!(
        venue.sampler.get("gateway_0_connections"),
        Some(1),
        "it is reset"
    );
    let reason = venue.ending(&mut alice);
    assert!(
        matches!(reason, None | Some(RejectReason::SlowReader)),
        "{reason:?}"
    );
    bob.say(&limit_order(1, Side::Buy, 1, 1));
    venue.hears(&mut bob, 2);
}

#[test]
fn session_with_too_many_answers_waits_alone_and_loses_none() {
    let mut venue = Venue::new(&VenueOptions {
        reactor: ReactorOptions {
            output_bytes: 2_048,
            receive_buffer_bytes: 4_096,
            ..SMALL
        },
        ..VenueOptions::default()
    });
    let mut alice = venue.narrow_member("alice");
    let mut bob = venue.member("bob");
    bob.say(&limit_order(1, Side::Sell, 101, 1));
    venue.reports(&mut bob, 1);
    alice.say(&limit_order(1, Side::Buy, 1, 1));
    venue.reports(&mut alice, 1);
    // It says the same again and again and does not read the answers.
    let repeat = frame_of(&limit_order(1, Side::Buy, 1, 1));
    let mut repeated = 0;
    while venue.sampler.get("gateway_0_pauses") == Some(0) {
        if alice.peer.write(&repeat) > 0 {
            repeated += 1;
        }
        venue.turn();
        assert!(repeated < 200_000, "the kernel took every answer");
    }
    for request in 2..=20 {
        venue.time.advance_ns(1_000_000);
        bob.say(&limit_order(request, Side::Sell, 101, 1));
        venue.reports(&mut bob, usize::try_from(request).unwrap());
    }
    venue.until("every answer", |venue| {
        venue.time.advance_ns(1_000);
        alice.listen();
        alice.heard.len() == 2 + repeated
    });
    let is_repeated = |message: &ServerMessage| matches!(message, ServerMessage::RequestRepeated { request } if request.get() == 1);
    assert!(alice.heard[2..].iter().all(is_repeated));
}

#[test]
fn connection_for_which_the_gateway_has_no_slot_is_refused() {
    let mut venue = Venue::new(&VenueOptions {
        reactor: ReactorOptions {
            connections: 1,
            output_bytes: 4_096,
            ..SMALL
        },
        ..VenueOptions::default()
    });
    let _alice = venue.member("alice");
    let mut bob = Member::connect(venue.address);
    bob.say(&logon("bob", Durability::Written));
    assert_eq!(venue.ending(&mut bob), Some(RejectReason::ConnectionLimit));
}

#[test]
fn full_ring_makes_orders_busy_and_leaves_cancels_their_room() {
    let mut venue = Venue::new(&VenueOptions {
        ring_slots: 64,
        ..VenueOptions::default()
    });
    let mut alice = venue.member("alice");
    alice.say(&limit_order(1, Side::Sell, 101, 1));
    venue.hears(&mut alice, 2);
    // The shard stands still.
    for request in 2..=100 {
        alice.say(&limit_order(request, Side::Sell, 101, 1));
    }
    alice.say(&cancel(101, 1));
    for _ in 0..1_000 {
        venue.gateway.poll();
    }
    venue.hears(&mut alice, 102);
    let busy = alice
        .reports()
        .iter()
        .filter(|(_, report)| match report {
            Report::Execution(report) => report.reject_reason == Some(RejectReason::Busy),
            _ => false,
        })
        .count();
    assert_eq!(busy, 99 - 56, "an eighth of the ring is for cancels");
    let last = alice.reports().last().unwrap().1;
    assert_eq!(execution(&last).exec_type, ExecType::Canceled);
}

#[test]
fn gateway_log_without_room_stops_orders_then_sockets_and_loses_nothing() {
    let mut venue = Venue::new(&VenueOptions {
        gateway_staging_bytes: 128 * 1_024,
        writes: false,
        ..VenueOptions::default()
    });
    let mut alice = venue.member("alice");
    let mut said = 0;
    let mut idle_turns = 0;
    // Until the gateway takes nothing more.
    while idle_turns < 2_000 {
        let frame = frame_of(&limit_order(said + 1, Side::Sell, 101, 1));
        if said < 4_000 && alice.peer.write(&frame) > 0 {
            said += 1;
        }
        let before = venue.sampler.get("gateway_0_messages_in");
        venue.turn();
        idle_turns = if before == venue.sampler.get("gateway_0_messages_in") {
            idle_turns + 1
        } else {
            0
        };
    }
    let taken = venue.sampler.get("gateway_0_messages_in").unwrap();
    assert!(taken < said, "{taken} of {said} were taken");
    venue.start_writer();
    let said = usize::try_from(said).unwrap();
    venue.reports_in_time(&mut alice, said);
    let reports = alice.reports();
    assert_eq!(reports.len(), said);
    let is_busy = |report: &Report| execution(report).reject_reason == Some(RejectReason::Busy);
    assert!(reports.iter().any(|(_, report)| is_busy(report)));
    assert!(!is_busy(&reports[0].1));
}

#[test]
fn nothing_is_said_after_a_journal_has_failed() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    alice.say(&limit_order(1, Side::Sell, 101, 1));
    venue.hears(&mut alice, 2);
    // The next segment cannot be made.
    for stream in venue.directory.streams() {
        let folder = venue.directory.segments_path(stream);
        if folder.exists() {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
    let mut request = 1;
    venue.until("the journal has failed", |venue| {
        request += 1;
        let frame = frame_of(&limit_order(request, Side::Sell, 101, 1));
        alice.peer.write(&frame);
        alice.listen();
        venue.log_marks.failed()
    });
    venue.turns(10);
    alice.listen();
    let heard = alice.heard.len();
    venue.time.advance_ns(10_000_000_000);
    venue.turns(1_000);
    alice.listen();
    assert_eq!(alice.heard.len(), heard);
    venue.gateway.close();
    venue.turns(10);
    alice.listen();
    assert_eq!(alice.heard.len(), heard, "not even a logout");
}

#[test]
fn stop_tells_every_session() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    venue.gateway.close();
    for member in [&mut alice, &mut bob] {
        assert_eq!(venue.ending(member), Some(RejectReason::ShuttingDown));
    }
}

#[test]
fn trading_asks_for_no_memory() {
    let mut venue = Venue::new(&VenueOptions::default());
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    for request in 1..=20 {
        trade(&mut venue, (&mut alice, request), (&mut bob, request));
    }
    let mut allocations = 0;
    for request in 21..=120 {
        let sell = frame_of(&limit_order(request, Side::Sell, 100, 5));
        let buy = frame_of(&limit_order(request, Side::Buy, 100, 5));
        alice.peer.write_all(&sell);
        bob.peer.write_all(&buy);
        for _ in 0..20 {
            let (_, gateway) = count_allocations(|| venue.gateway.poll());
            let (_, shard) = count_allocations(|| venue.shard.poll());
            allocations += gateway + shard;
        }
        alice.listen();
        bob.listen();
    }
    assert_eq!(allocations, 0);
    venue.until("all is told", |_| {
        alice.listen();
        bob.listen();
        alice.reports().len() == 240 && bob.reports().len() == 240
    });
}
