//! As many sessions as a gateway is made for, over loopback.

use matchgate_core::domain::{Durability, RejectReason, Side};
use matchgate_schema::message::ServerMessage;

use super::member::{Member, limit_order, logon};
use super::venue::{Venue, VenueOptions};
use crate::{CLOSING_CONNECTIONS, CONNECTIONS_MAX, ReactorOptions, SESSIONS_PER_GATEWAY_MAX};

/// More than the acceptor lets wait of one address would be refused there.
const ARRIVE_TOGETHER: usize = 50;
const MANY: u32 = 600;

fn crowded() -> Venue {
    let reactor = ReactorOptions {
        output_bytes: 2_048,
        ..ReactorOptions::for_sessions(2 + MANY)
    };
    Venue::new(&VenueOptions {
        reactor,
        more_sessions: MANY,
        reserved: 1_000,
        resend_messages_max: 64,
        ..VenueOptions::default()
    })
}

/// Connects with each of `keys` and returns what each of them heard first.
fn arrive(venue: &mut Venue, keys: &[String]) -> Vec<(Member, ServerMessage)> {
    let mut arrived = Vec::new();
    for keys in keys.chunks(ARRIVE_TOGETHER) {
        let mut members: Vec<Member> = Vec::new();
        for key in keys {
            let mut member = Member::connect(venue.address);
            member.say(&logon(key, Durability::Written));
            members.push(member);
            venue.turns(4);
        }
        for mut member in members {
            venue.hears(&mut member, 1);
            let first = member.heard[0];
            arrived.push((member, first));
        }
    }
    arrived
}

fn keys() -> Vec<String> {
    (0..MANY).map(|number| format!("m{number}")).collect()
}

#[test]
fn every_session_of_a_gateway_has_its_connection() {
    let mut venue = crowded();
    let mut arrived = arrive(&mut venue, &keys());
    for (member, answer) in &mut arrived {
        assert!(
            matches!(answer, ServerMessage::LogonAnswer(_)),
            "{answer:?}"
        );
        member.say(&limit_order(1, Side::Sell, 101, 1));
    }
    for (member, _) in &mut arrived {
        venue.reports(member, 1);
    }
}

#[test]
fn connections_that_end_leave_every_session_its_own() {
    let mut venue = crowded();
    let keys = keys();
    // Each of a session that has a connection is refused, and holds its slot until it closes.
    let taken = &keys[..usize::try_from(CLOSING_CONNECTIONS).unwrap() - 1];
    let first = arrive(&mut venue, taken);
    let second = arrive(&mut venue, taken);
    let in_use = ServerMessage::Logout {
        reason: RejectReason::SessionInUse,
    };
    assert!(second.iter().all(|(_, heard)| *heard == in_use));
    let others = arrive(&mut venue, &keys[taken.len()..]);
    for (_, answer) in first.iter().chain(&others) {
        assert!(
            matches!(answer, ServerMessage::LogonAnswer(_)),
            "{answer:?}"
        );
    }
}

#[test]
fn reactor_for_the_most_sessions_is_within_its_bounds() {
    let most = ReactorOptions::for_sessions(SESSIONS_PER_GATEWAY_MAX);
    assert!(most.check().is_ok());
    assert_eq!(most.connections, CONNECTIONS_MAX);
    let least = ReactorOptions::for_sessions(1);
    assert!(least.check().is_ok());
    assert_eq!(least.connections, 1 + CLOSING_CONNECTIONS);
}
