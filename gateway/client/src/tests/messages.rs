//! What the venue says: whole, in parts, in order, out of order, not at all.

use std::time::{Duration, Instant};

use matchgate_core::domain::{RejectReason, RequestNumber};
use matchgate_schema::message::{ClientMessage, ServerMessage};

use super::venue::{PATIENCE, Venue, encoded, first_answer, options, report};
use crate::{Client, ClientError};

#[test]
fn frames_in_single_bytes_are_put_together() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        for byte in [encoded(&report(1, 1)), encoded(&report(2, 2))].concat() {
            peer.send_bytes(&[byte]);
        }
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(1, 1)));
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(2, 2)));
    drop(client);
    venue.finish();
}

#[test]
fn many_frames_in_one_write_come_one_by_one() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        let all: Vec<u8> = (1..=3000)
            .flat_map(|sequence| encoded(&report(sequence, 0)))
            .collect();
        peer.send_bytes(&all);
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    for sequence in 1..=3000 {
        assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(sequence, 0)));
    }
    assert_eq!(client.next_sequence(), 3001);
    drop(client);
    venue.finish();
}

#[test]
fn poll_without_a_message_returns_at_once() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(client.poll().unwrap(), None);
    assert_eq!(client.wait(Duration::from_millis(5)).unwrap(), None);
    drop(client);
    venue.finish();
}

#[test]
fn left_out_sequence_is_a_gap_and_is_asked_for_again() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send(&report(1, 0));
        peer.send(&report(3, 0));
        peer.accept_again();
        let mut answer = first_answer();
        answer.replay_from = 2;
        answer.next_sequence = 4;
        let logon = peer.log_on(answer);
        peer.send(&report(2, 0));
        peer.send(&report(3, 0));
        logon.next_expected
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(1, 0)));
    let error = client.wait(PATIENCE).unwrap_err();
    assert!(matches!(
        error,
        ClientError::SequenceGap {
            expected: 2,
            received: 3
        }
    ));
    assert!(!client.is_connected());
    assert!(matches!(client.poll(), Err(ClientError::Disconnected)));
    client.reconnect().unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(2, 0)));
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(3, 0)));
    assert_eq!(venue.finish(), 2);
}

#[test]
fn repeated_sequence_is_a_gap() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send(&report(1, 0));
        peer.send(&report(1, 0));
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    client.wait(PATIENCE).unwrap();
    assert!(matches!(
        client.wait(PATIENCE),
        Err(ClientError::SequenceGap {
            expected: 2,
            received: 1
        })
    ));
    venue.finish();
}

#[test]
fn silent_venue_is_dead_after_two_and_a_half_intervals_of_heartbeats() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.heartbeat_interval_ms = 40;
        peer.log_on(answer);
        let mut heartbeats = 0;
        while let Some(message) = peer.read_any() {
            assert_eq!(message, ClientMessage::Heartbeat);
            heartbeats += 1;
        }
        heartbeats
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    let started = Instant::now();
    let error = client.wait(PATIENCE).unwrap_err();
    assert!(started.elapsed() >= Duration::from_millis(100 - 5));
    let ClientError::VenueSilent { silent_ms } = error else {
        panic!("{error:?}");
    };
    assert!(silent_ms >= 100);
    // Two fall due in 100 ms; a slow machine may be late for them, never early.
    assert!(venue.finish() <= 2);
}

#[test]
fn idle_client_sends_a_heartbeat_when_the_interval_has_passed() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.heartbeat_interval_ms = 500;
        peer.log_on(answer);
        peer.read_any()
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert!(matches!(
        client.wait(PATIENCE),
        Err(ClientError::Disconnected)
    ));
    assert_eq!(venue.finish(), Some(ClientMessage::Heartbeat));
}

#[test]
fn heartbeat_tells_what_is_durable() {
    let heartbeat = ServerMessage::Heartbeat {
        next_sequence: 1,
        durable_through: 77,
    };
    let venue = Venue::start(move |peer| {
        peer.log_on(first_answer());
        peer.send(&heartbeat);
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(heartbeat));
    assert_eq!(client.durable_through(), 77);
    drop(client);
    venue.finish();
}

#[test]
fn venue_that_closes_is_disconnected_after_its_last_message() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send(&report(1, 0));
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    venue.finish();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(1, 0)));
    assert!(matches!(
        client.wait(PATIENCE),
        Err(ClientError::Disconnected)
    ));
}

#[test]
fn logout_of_the_venue_takes_the_connection_down() {
    let logout = ServerMessage::Logout {
        reason: RejectReason::SlowReader,
    };
    let venue = Venue::start(move |peer| {
        peer.log_on(first_answer());
        peer.send(&logout);
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(logout));
    assert!(!client.is_connected());
    assert!(matches!(client.poll(), Err(ClientError::Disconnected)));
    venue.finish();
}

#[test]
fn logout_of_the_client_is_answered() {
    let logout = ServerMessage::Logout {
        reason: RejectReason::LoggedOut,
    };
    let venue = Venue::start(move |peer| {
        peer.log_on(first_answer());
        let message = peer.read();
        peer.send(&logout);
        message
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    client.logout().unwrap();
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(logout));
    assert_eq!(venue.finish(), ClientMessage::Logout);
}

#[test]
fn bytes_that_are_no_frame_are_a_decode_error() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send_bytes(&[0xff; 64]);
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    let error = client.wait(PATIENCE).unwrap_err();
    let ClientError::Decode(error) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.reason, RejectReason::MalformedFrame);
    venue.finish();
}

#[test]
fn second_answer_to_a_logon_is_out_of_place() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send(&ServerMessage::LogonAnswer(first_answer()));
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert!(matches!(
        client.wait(PATIENCE),
        Err(ClientError::OutOfPlace)
    ));
    venue.finish();
}

#[test]
fn repeated_request_is_acknowledged_without_a_number() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read();
        peer.send(&ServerMessage::RequestRepeated {
            request: RequestNumber(1),
        });
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    client.new_order(super::venue::order(1)).unwrap();
    assert_eq!(client.unacknowledged_count(), 1);
    client.wait(PATIENCE).unwrap();
    assert_eq!(client.unacknowledged_count(), 0);
    assert_eq!(client.next_sequence(), 1);
    drop(client);
    venue.finish();
}
