//! Logging on, and being refused.

use std::time::Duration;

use matchgate_core::domain::{Durability, RejectReason};
use matchgate_schema::message::{Logon, PROTOCOL_VERSION, ServerMessage};

use super::venue::{Venue, first_answer, options, report};
use crate::{Client, ClientError, ClientOptions};

#[test]
fn logon_carries_version_key_sequence_and_class() {
    let venue = Venue::start(|peer| peer.log_on(first_answer()));
    let options = ClientOptions {
        durability: Durability::Synced,
        ..options()
    };
    let (client, answer) = Client::connect(venue.address, options).unwrap();
    assert_eq!(answer, first_answer());
    assert!(client.is_connected());
    assert_eq!(
        venue.finish(),
        Logon {
            protocol_version: PROTOCOL_VERSION,
            key: options.key,
            next_expected: 1,
            durability: Durability::Synced,
        }
    );
}

#[test]
fn logon_without_history_takes_the_sequence_of_the_answer() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.replay_from = 501;
        answer.next_sequence = 501;
        peer.log_on(answer).next_expected
    });
    let options = ClientOptions::new(options().key);
    let (client, _) = Client::connect(venue.address, options).unwrap();
    assert_eq!(client.next_sequence(), 501);
    assert_eq!(venue.finish(), 0);
}

#[test]
fn refused_logon_names_the_reason() {
    let venue = Venue::start(|peer| {
        peer.read_logon();
        peer.send(&ServerMessage::Logout {
            reason: RejectReason::UnknownKey,
        });
    });
    let error = Client::connect(venue.address, options()).unwrap_err();
    assert!(matches!(
        error,
        ClientError::LogonRefused {
            reason: RejectReason::UnknownKey
        }
    ));
    venue.finish();
}

#[test]
fn unanswered_logon_ends_after_its_time() {
    let venue = Venue::start(|peer| {
        peer.read_logon();
        peer.read_to_end();
    });
    let options = ClientOptions {
        logon_timeout: Duration::from_millis(20),
        ..options()
    };
    let error = Client::connect(venue.address, options).unwrap_err();
    assert!(matches!(
        error,
        ClientError::LogonTimeout { timeout_ms: 20 }
    ));
    venue.finish();
}

#[test]
fn venue_that_closes_instead_of_answering_is_disconnected() {
    let venue = Venue::start(|peer| {
        peer.read_logon();
    });
    let error = Client::connect(venue.address, options()).unwrap_err();
    assert!(matches!(error, ClientError::Disconnected));
    venue.finish();
}

#[test]
fn report_before_the_answer_is_out_of_place() {
    let venue = Venue::start(|peer| {
        peer.read_logon();
        peer.send(&report(1, 1));
        peer.read_to_end();
    });
    let error = Client::connect(venue.address, options()).unwrap_err();
    assert!(matches!(error, ClientError::OutOfPlace));
    venue.finish();
}

#[test]
fn answer_that_begins_elsewhere_without_a_loss_is_a_gap() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.replay_from = 3;
        answer.next_sequence = 9;
        peer.log_on(answer);
        peer.read_to_end();
    });
    let error = Client::connect(venue.address, options()).unwrap_err();
    assert!(matches!(
        error,
        ClientError::SequenceGap {
            expected: 1,
            received: 3
        }
    ));
    venue.finish();
}
