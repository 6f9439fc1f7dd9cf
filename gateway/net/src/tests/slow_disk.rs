//! A disk that stalls, as a journal writer that does not run: who is answered what, and for how
//! long.

use matchgate_core::domain::{CancelReason, Durability, RejectReason, RequestNumber, Side};
use matchgate_runtime::Agent;
use matchgate_schema::message::{ClientMessage, ExecType, Report, ServerMessage};

use super::gateway::trade;
use super::member::{Member, cancel, limit_order, replace};
use super::venue::{Venue, VenueOptions};

/// More reports than any of these sessions has.
const NUMBERS: u64 = 1 << 19;

/// A venue whose disk stands still until [`Venue::start_writer`].
fn stalled(options: VenueOptions) -> Venue {
    Venue::new(&VenueOptions {
        writes: false,
        reserved: NUMBERS,
        ..options
    })
}

fn synced_member(venue: &mut Venue, key: &str) -> Member {
    let member = Member::connect(venue.address);
    venue.log_on(member, key, Durability::Synced)
}

/// Returns why the last request of a member was refused, if it was.
fn refusal(member: &Member) -> Option<RejectReason> {
    refused(&member.reports().last()?.1)
}

fn refused(report: &Report) -> Option<RejectReason> {
    match report {
        Report::Execution(report) => report.reject_reason,
        Report::CancelReject(reject) => Some(reject.reason),
        other => panic!("{other:?}"),
    }
}

/// Says a request, waits for its one report, and returns that.
fn ask(venue: &mut Venue, member: &mut Member, request: &ClientMessage) -> Report {
    let before = member.reports().len();
    member.say(request);
    venue.reports(member, before + 1);
    member.reports()[before].1
}

/// Says a request that nobody answers in many turns.
fn ask_in_vain(venue: &mut Venue, member: &mut Member, request: &ClientMessage) {
    let before = member.heard.len();
    member.say(request);
    venue.turns(2_000);
    member.listen();
    assert_eq!(member.heard.len(), before);
}

fn is_cancel(report: &Report) -> bool {
    match report {
        Report::Execution(report) => report.cancel_reason == Some(CancelReason::Requested),
        _ => false,
    }
}

/// Enters orders of one each until one is refused as busy; returns the number of that request.
fn order_until_busy(venue: &mut Venue, member: &mut Member, first: u64, price: i64) -> u64 {
    for request in first.. {
        let report = ask(venue, member, &limit_order(request, Side::Sell, price, 1));
        match refused(&report) {
            None => assert!(request < 50_000, "never busy"),
            Some(reason) => {
                assert_eq!(reason, RejectReason::Busy);
                return request;
            }
        }
    }
    unreachable!()
}

#[test]
fn orders_that_wait_for_the_disk_make_their_own_kind_busy_and_no_other() {
    let mut venue = stalled(VenueOptions {
        held_max: 2_048,
        gateway_staging_bytes: 16 << 20,
        // All that waits may be released at once.
        resend_messages_max: 16_384,
        ..VenueOptions::default()
    });
    let mut alice = synced_member(&mut venue, "alice");
    let mut bob = venue.member("bob");
    alice.say(&limit_order(1, Side::Sell, 101, 1));
    let mut bobs = 0;
    let said = 8_000;
    for request in 2..=said {
        alice.say(&replace(
            request,
            1,
            101 + i64::try_from(request % 2).unwrap(),
        ));
        venue.turns(2);
        if request % 100 == 0 {
            bobs += 2;
            let order = limit_order(bobs - 1, Side::Sell, 200, 1);
            assert_eq!(refused(&ask(&mut venue, &mut bob, &order)), None);
            assert!(is_cancel(&ask(
                &mut venue,
                &mut bob,
                &cancel(bobs, bobs - 1)
            )));
        }
    }
    alice.listen();
    let busy = alice.reports().len();
    assert!(busy > 1_000, "{busy} refused");
    assert!(
        alice
            .reports()
            .iter()
            .all(|(_, report)| refused(report) == Some(RejectReason::Busy))
    );
    let order = limit_order(said + 1, Side::Sell, 101, 1);
    assert_eq!(
        refused(&ask(&mut venue, &mut alice, &order)),
        Some(RejectReason::Busy)
    );
    // Its cancel is taken, and waits for the disk as what came before it does.
    ask_in_vain(&mut venue, &mut alice, &cancel(said + 2, 1));
    let order = limit_order(bobs + 1, Side::Sell, 200, 1);
    assert_eq!(refused(&ask(&mut venue, &mut bob, &order)), None);
    venue.start_writer();
    venue.reports(&mut alice, usize::try_from(said + 2).unwrap());
    assert!(is_cancel(&alice.reports().last().unwrap().1));
    trade(&mut venue, (&mut alice, said + 3), (&mut bob, bobs + 2));
}

#[test]
fn staging_log_at_high_water_makes_orders_busy_and_serves_cancels() {
    let mut venue = stalled(VenueOptions {
        shard_staging_bytes: 256 << 10,
        ..VenueOptions::default()
    });
    let mut bob = venue.member("bob");
    let busy = order_until_busy(&mut venue, &mut bob, 1, 101);
    assert!(busy > 1_500, "high water is not low: {busy}");
    let mut request = busy;
    for target in 1..=300 {
        request += 1;
        let report = ask(&mut venue, &mut bob, &cancel(request, target));
        assert!(is_cancel(&report), "{report:?}");
    }
    request += 1;
    ask(
        &mut venue,
        &mut bob,
        &limit_order(request, Side::Sell, 101, 1),
    );
    assert_eq!(refusal(&bob), Some(RejectReason::Busy));
    request += 1;
    ask(&mut venue, &mut bob, &replace(request, 301, 102));
    assert_eq!(refusal(&bob), Some(RejectReason::Busy));
    venue.start_writer();
    venue.until("there is room", |venue| {
        request += 1;
        let order = limit_order(request, Side::Sell, 101, 1);
        refused(&ask(venue, &mut bob, &order)).is_none()
    });
}

#[test]
fn one_gateway_does_not_send_a_shard_more_orders_than_high_water_allows() {
    let mut venue = stalled(VenueOptions {
        ring_slots: 4_096,
        shard_staging_bytes: 128 << 10,
        ..VenueOptions::default()
    });
    let mut bob = venue.member("bob");
    // All are in the ring before the shard takes the first.
    for request in 1..=1_500 {
        bob.say(&limit_order(request, Side::Sell, 101, 1));
    }
    for _ in 0..2_000 {
        venue.gateway.poll();
    }
    venue.reports(&mut bob, 1_500);
    let mut request = 1_500;
    for target in 1..=50 {
        request += 1;
        let report = ask(&mut venue, &mut bob, &cancel(request, target));
        assert!(is_cancel(&report), "{report:?}");
    }
    assert_eq!(venue.sampler.get("shard_0_waits_for_staging"), Some(0));
}

#[test]
fn gateway_log_makes_orders_busy_then_wait_and_serves_cancels() {
    let mut venue = stalled(VenueOptions {
        gateway_staging_bytes: 256 << 10,
        ..VenueOptions::default()
    });
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    for request in 1..=100 {
        ask(
            &mut venue,
            &mut alice,
            &limit_order(request, Side::Sell, 101, 1),
        );
    }
    let mut request = order_until_busy(&mut venue, &mut bob, 1, 101);
    // What is refused is written down too, but not at the cost of the cancels.
    let mut refusals = 0;
    loop {
        request += 1;
        let before = bob.reports().len();
        bob.say(&limit_order(request, Side::Sell, 101, 1));
        venue.turns(2_000);
        bob.listen();
        if bob.reports().len() == before {
            break;
        }
        assert_eq!(refusal(&bob), Some(RejectReason::Busy));
        refusals += 1;
    }
    assert!(refusals > 50, "{refusals}");
    for target in 1..=80 {
        let report = ask(&mut venue, &mut alice, &cancel(100 + target, target));
        assert!(is_cancel(&report), "{report:?}");
    }
    // It waits for us, not we for it.
    for _ in 0..100 {
        venue.time.advance_ns(100_000_000);
        alice.say(&ClientMessage::Heartbeat);
        venue.turns(20);
    }
    venue.start_writer();
    venue.reports_in_time(&mut bob, usize::try_from(request).unwrap());
    trade(&mut venue, (&mut alice, 181), (&mut bob, request + 1));
}

#[test]
fn nobody_is_silent_while_the_gateway_does_not_listen() {
    let mut venue = stalled(VenueOptions {
        gateway_staging_bytes: 128 << 10,
        ..VenueOptions::default()
    });
    let mut alice = venue.member("alice");
    let mut bob = venue.member("bob");
    // Refused cancels fill the log until no socket is read any more.
    let mut request = 0;
    while venue.sampler.get("gateway_0_waits_for_log") == Some(0) {
        request += 1;
        assert!(request < 10_000, "the log took everything");
        alice.say(&cancel(request, 100_000));
        venue.turns(4);
    }
    for _ in 0..100 {
        venue.time.advance_ns(100_000_000);
        bob.say(&ClientMessage::Heartbeat);
        venue.turns(20);
    }
    let connected = |venue: &Venue| {
        let sessions = venue.gateway.core().sessions();
        sessions.filter(|session| session.connected).count()
    };
    assert_eq!(connected(&venue), 2, "alice cannot be heard, nor bob");
    venue.start_writer();
    venue.reports(&mut alice, usize::try_from(request).unwrap());
    assert_eq!(
        refusal(&alice),
        Some(RejectReason::UnknownOrder),
        "a late answer, but an answer"
    );
    trade(&mut venue, (&mut alice, request + 1), (&mut bob, 1));
    // From now on silence is silence.
    for _ in 0..26 {
        venue.time.advance_ns(100_000_000);
        bob.say(&ClientMessage::Heartbeat);
        venue.turns(100);
    }
    assert_eq!(
        venue.ending(&mut alice),
        Some(RejectReason::HeartbeatTimeout)
    );
    assert_eq!(connected(&venue), 1);
    bob.listen();
    let last = bob.heard.last().unwrap();
    assert!(!matches!(last, ServerMessage::Logout { .. }), "{last:?}");
    assert!(
        bob.reports()
            .iter()
            .any(|(_, report)| matches!(report, Report::Execution(report) if report.exec_type == ExecType::Trade && report.request == RequestNumber(1)))
    );
}
