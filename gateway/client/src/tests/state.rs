//! Saved state: what is read is what was written, or an error.

use matchgate_core::domain::RequestNumber;
use matchgate_schema::message::ClientMessage;

use super::venue::{options, order};
use crate::{Client, ClientError, ClientState, StateError};

fn state(numbers: &[u64], next_request: u64) -> ClientState {
    ClientState {
        next_request: RequestNumber(next_request),
        next_sequence: 17,
        unacknowledged: numbers
            .iter()
            .map(|&number| ClientMessage::NewOrder(order(5)).with_request(RequestNumber(number)))
            .collect(),
    }
}

#[test]
fn saved_state_comes_back() {
    for saved in [ClientState::NEW, state(&[3, 4, 9], 10)] {
        assert_eq!(ClientState::from_bytes(&saved.to_bytes()), Ok(saved));
    }
}

#[test]
fn cut_state_is_refused_or_shorter_by_whole_requests() {
    let whole = state(&[3, 4, 9], 10);
    let bytes = whole.to_bytes();
    for length in 0..bytes.len() {
        match ClientState::from_bytes(&bytes[..length]) {
            Ok(read) => assert!(whole.unacknowledged.starts_with(&read.unacknowledged)),
            Err(error) => assert_eq!(error, StateError::NotState),
        }
    }
}

#[test]
fn state_of_another_format_is_refused() {
    let mut bytes = ClientState::NEW.to_bytes();
    bytes[7] = 2;
    assert_eq!(ClientState::from_bytes(&bytes), Err(StateError::NotState));
}

#[test]
fn state_whose_numbers_do_not_rise_is_refused() {
    for (numbers, at) in [(&[3, 3][..], 3), (&[4, 3], 3), (&[0], 0), (&[10], 10)] {
        let saved = state(numbers, 10).to_bytes();
        let expected = StateError::Order(RequestNumber(at));
        assert_eq!(ClientState::from_bytes(&saved), Err(expected));
    }
}

#[test]
fn resume_refuses_state_whose_numbers_do_not_rise_before_it_connects() {
    let error = Client::resume("127.0.0.1:0", options(), state(&[4, 3], 10)).unwrap_err();
    assert!(matches!(
        error,
        ClientError::State(StateError::Order(RequestNumber(3)))
    ));
}
