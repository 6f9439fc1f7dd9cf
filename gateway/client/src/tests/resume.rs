//! Resuming: which requests are sent again, and under which numbers.

use matchgate_core::domain::RequestNumber;
use matchgate_schema::message::{LogonAnswer, ServerMessage};

use super::venue::{PATIENCE, Venue, first_answer, options, order, report};
use crate::{Client, ClientOptions, ClientState};

/// An answer by which exactly those of 1 to `highest` are decided that `is_decided` names.
fn answer_with(highest: u64, is_decided: impl Fn(u64) -> bool) -> LogonAnswer {
    let through = (1..=highest)
        .take_while(|&number| is_decided(number))
        .last()
        .unwrap_or(0);
    let mut answer = first_answer();
    answer.decided_through = RequestNumber(through);
    answer.request_highest = RequestNumber(highest);
    for number in (through + 1..=highest).filter(|&number| is_decided(number)) {
        let bit = usize::try_from(number - through - 1).unwrap();
        answer.decided_above[bit / 64] |= 1 << (bit % 64);
    }
    answer
}

#[test]
fn exactly_the_undecided_requests_are_sent_again_under_their_numbers() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_requests(10);
        for (sequence, request) in [(1, 1), (2, 2), (3, 4)] {
            peer.send(&report(sequence, request));
        }
        peer.accept_again();
        let mut answer = answer_with(8, |number| ![3, 6].contains(&number));
        answer.replay_from = 4;
        answer.next_sequence = 7;
        let logon = peer.log_on(answer);
        let again: Vec<_> = (0..4).map(|_| peer.read()).collect();
        (logon.next_expected, again)
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    for price in 1..=10 {
        client.new_order(order(price)).unwrap();
    }
    for _ in 0..3 {
        client.wait(PATIENCE).unwrap();
    }
    let before = client.state();
    assert!(client.wait(PATIENCE).is_err());
    let resumption = client.reconnect().unwrap();
    assert_eq!(resumption.resent, 4);
    assert_eq!(resumption.abandoned, []);
    assert_eq!(client.next_request(), RequestNumber(11));
    let (next_expected, again) = venue.finish();
    assert_eq!(next_expected, 4);
    let kept = |number: u64| {
        let found = before.unacknowledged.iter();
        *found
            .clone()
            .find(|message| message.request() == Some(RequestNumber(number)))
            .unwrap()
    };
    assert_eq!(again, [kept(3), kept(6), kept(9), kept(10)]);
}

#[test]
fn every_set_of_decided_requests_leaves_exactly_the_others_to_send() {
    const REQUESTS: u64 = 4;
    for highest in 0..=REQUESTS {
        for decided in 0_u64..1 << highest {
            let is_decided = move |number: u64| (decided >> (number - 1)) & 1 == 1;
            let expected: Vec<u64> = (1..=REQUESTS)
                .filter(|&number| number > highest || !is_decided(number))
                .collect();
            let count = expected.len();
            let venue = Venue::start(move |peer| {
                peer.log_on(first_answer());
                peer.read_requests(REQUESTS.try_into().unwrap());
                peer.accept_again();
                peer.log_on(answer_with(highest, is_decided));
                peer.read_requests(count)
            });
            let (mut client, _) = Client::connect(venue.address, options()).unwrap();
            for price in 1..=4 {
                client.new_order(order(price)).unwrap();
            }
            client.flush().unwrap();
            assert!(client.wait(PATIENCE).is_err());
            assert_eq!(client.reconnect().unwrap().resent, count);
            assert_eq!(client.unacknowledged_count(), count);
            assert_eq!(client.next_request(), RequestNumber(REQUESTS + 1));
            assert_eq!(
                venue.finish(),
                expected,
                "highest {highest}, decided {decided:b}"
            );
        }
    }
}

#[test]
fn restarted_process_goes_on_from_its_saved_state() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_requests(2);
        peer.send(&report(1, 1));
        peer.accept_again();
        let mut answer = answer_with(1, |_| true);
        answer.replay_from = 2;
        answer.next_sequence = 2;
        peer.log_on(answer);
        let again = peer.read();
        peer.send(&report(2, 2));
        peer.read_to_end();
        again
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    client.new_order(order(1)).unwrap();
    client.new_order(order(2)).unwrap();
    client.wait(PATIENCE).unwrap();
    let saved = client.state().to_bytes();
    drop(client);

    let state = ClientState::from_bytes(&saved).unwrap();
    assert_eq!(state.next_sequence, 2);
    let pending = state.unacknowledged.clone();
    let (mut client, resumption) = Client::resume(venue.address, options(), state).unwrap();
    assert_eq!(resumption.resent, 1);
    assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(2, 2)));
    assert_eq!(client.unacknowledged_count(), 0);
    assert_eq!(client.next_request(), RequestNumber(3));
    drop(client);
    assert_eq!(vec![venue.finish()], pending);
}

#[test]
fn another_user_of_the_session_moves_the_numbers_on() {
    let venue = Venue::start(|peer| {
        peer.log_on(answer_with(500, |number| number != 7));
        peer.read_requests(1)
    });
    let state = ClientState {
        next_request: RequestNumber(3),
        ..ClientState::NEW
    };
    let (mut client, resumption) = Client::resume(venue.address, options(), state).unwrap();
    assert_eq!(resumption.resent, 0);
    client.new_order(order(1)).unwrap();
    client.flush().unwrap();
    assert_eq!(venue.finish(), [501]);
}

#[test]
fn tail_larger_than_the_output_bound_is_sent_again_whole() {
    const REQUESTS: u64 = 1000;
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        let count = REQUESTS.try_into().unwrap();
        peer.read_requests(count);
        peer.accept_again();
        peer.log_on(first_answer());
        peer.read_requests(count)
    });
    let options = ClientOptions {
        output_bytes_max: 4096,
        ..options()
    };
    let (mut client, _) = Client::connect(venue.address, options).unwrap();
    for _ in 0..REQUESTS {
        client.new_order(order(1)).unwrap();
        client.flush().unwrap();
    }
    assert!(client.wait(PATIENCE).is_err());
    client.reconnect().unwrap();
    while client.wait(PATIENCE).is_ok() {}
    assert_eq!(venue.finish(), (1..=REQUESTS).collect::<Vec<_>>());
}

#[test]
fn messages_lost_to_a_power_cut_leave_one_hole_in_the_numbers() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.next_sequence = 65_537;
        answer.lost_from = 3;
        peer.log_on(answer);
        for sequence in [1, 2, 65_537, 65_538, 65_540] {
            peer.send(&report(sequence, 0));
        }
        peer.read_to_end();
    });
    let (mut client, answer) = Client::connect(venue.address, options()).unwrap();
    assert_eq!(answer.lost_from, 3);
    for sequence in [1, 2, 65_537, 65_538] {
        assert_eq!(client.wait(PATIENCE).unwrap(), Some(report(sequence, 0)));
    }
    assert!(client.wait(PATIENCE).is_err(), "only one hole is announced");
    venue.finish();
}

#[test]
fn client_that_saw_lost_messages_goes_on_behind_the_hole() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.replay_from = 65_537;
        answer.next_sequence = 65_537;
        answer.lost_from = 100;
        peer.log_on(answer);
    });
    let state = ClientState {
        next_sequence: 120,
        ..ClientState::NEW
    };
    let (client, _) = Client::resume(venue.address, options(), state).unwrap();
    assert_eq!(client.next_sequence(), 65_537);
    venue.finish();
}

#[test]
fn requests_behind_lost_decisions_are_handed_back() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_requests(4);
        for (sequence, request) in [(1, 1), (2, 2), (3, 3)] {
            peer.send(&report(sequence, request));
        }
        peer.accept_again();
        let mut answer = answer_with(2, |_| true);
        answer.replay_from = 65_537;
        answer.next_sequence = 65_537;
        answer.lost_from = 3;
        peer.log_on(answer);
        peer.read_requests(1)
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    for price in 1..=4 {
        client.new_order(order(price)).unwrap();
    }
    for _ in 0..3 {
        client.wait(PATIENCE).unwrap();
    }
    assert!(client.wait(PATIENCE).is_err());
    let resumption = client.reconnect().unwrap();
    assert_eq!(resumption.resent, 0);
    let abandoned: Vec<_> = resumption
        .abandoned
        .iter()
        .map(|message| message.request().unwrap().get())
        .collect();
    assert_eq!(abandoned, [4]);
    assert_eq!(client.new_order(order(5)).unwrap(), RequestNumber(3));
    client.flush().unwrap();
    assert_eq!(venue.finish(), [3]);
}

#[test]
fn reconnect_may_go_to_another_address() {
    let first = Venue::start(|peer| {
        peer.log_on(first_answer());
    });
    let second = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.send(&ServerMessage::Heartbeat {
            next_sequence: 1,
            durable_through: 0,
        });
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(first.address, options()).unwrap();
    first.finish();
    assert!(client.wait(PATIENCE).is_err());
    client.reconnect_to(second.address).unwrap();
    assert!(client.wait(PATIENCE).unwrap().is_some());
    drop(client);
    second.finish();
}
