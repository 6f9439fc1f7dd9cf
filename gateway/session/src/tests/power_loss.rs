//! What a loss of power does to numbers.

use matchgate_core::domain::{Durability, RequestNumber, Side};
use matchgate_schema::message::NewOrderRequest;

use super::disk::symbol;
use super::venue::{FIRST_RESERVED, Venue, buy, by_id, by_request, cancel, named, order};

const WRITTEN: Durability = Durability::Written;

fn lose(venue: Venue, log_lost: usize, commands_lost: usize) -> Venue {
    let mut venue = venue;
    let disk = &mut venue.streams.disk;
    let log_kept = disk.log.len() - log_lost;
    let journals_kept = [
        disk.journals[0].len() - commands_lost,
        disk.journals[1].len(),
    ];
    disk.lose(log_kept, &journals_kept);
    venue.crash()
}

/// Three orders taken and acknowledged, and nothing more in the log than that.
fn three_orders() -> Venue {
    let mut venue = Venue::new(&[WRITTEN]);
    for request in 1..=3 {
        venue.tell(0, buy(request, 10, 5));
        venue.settle();
    }
    venue
}

#[test]
fn session_goes_on_behind_its_reserved_numbers() {
    let mut venue = lose(three_orders(), 1, 1);
    venue.log_on(0, 4, WRITTEN).unwrap();
    venue.settle();
    let answer = venue.clients[0].answer.unwrap();
    assert_eq!(answer.lost_from, 3);
    assert_eq!(answer.next_sequence, FIRST_RESERVED + 1);
    assert_eq!(answer.replay_from, FIRST_RESERVED + 1);
    assert_eq!(answer.decided_through, RequestNumber(2));
    assert_eq!(answer.request_highest, RequestNumber(3));
    venue.tell(0, buy(3, 10, 5));
    venue.settle();
    let (sequence, resend, _) = venue.clients[0].live[0];
    assert_eq!((sequence, resend), (FIRST_RESERVED + 1, false));
}

#[test]
fn what_the_journal_has_and_the_log_has_lost_is_released_under_a_new_number() {
    let mut venue = lose(three_orders(), 2, 0);
    venue.log_on(0, 1, WRITTEN).unwrap();
    venue.settle();
    let numbers: Vec<u64> = venue.clients[0].live.iter().map(|live| live.0).collect();
    assert_eq!(numbers, [1, 2, FIRST_RESERVED + 1]);
    let answer = venue.clients[0].answer.unwrap();
    assert_eq!(answer.lost_from, 3);
    assert_eq!(
        answer.decided_through,
        RequestNumber(3),
        "the journal has it"
    );
    venue.tell(0, buy(3, 10, 5));
    venue.settle();
    assert_eq!(venue.clients[0].repeated, [3]);
}

#[test]
fn numbers_behind_a_run_whose_commands_are_lost_are_given_anew() {
    let mut venue = three_orders();
    venue.tell(0, cancel(4, by_id("nobody")));
    venue.settle();
    let refusal = venue.clients[0].seen[&4];
    // The journal lost order 3, the log nothing.
    let mut venue = lose(venue, 0, 1);
    venue.log_on(0, 5, WRITTEN).unwrap();
    venue.settle();
    assert_eq!(venue.clients[0].answer.unwrap().lost_from, 3);
    let live = venue.clients[0].live.clone();
    assert_eq!(live, [(FIRST_RESERVED + 1, true, refusal)]);
    let mut again = venue.crash();
    again.log_on(0, 1, WRITTEN).unwrap();
    again.settle();
    let numbers: Vec<u64> = again.clients[0].live.iter().map(|live| live.0).collect();
    assert_eq!(numbers, [1, 2, FIRST_RESERVED + 1]);
}

#[test]
fn loss_of_power_is_seen_even_where_the_recovery_from_it_died() {
    let mut venue = three_orders();
    let disk = &mut venue.streams.disk;
    let log_kept = disk.log.len() - 2;
    let journals_kept = [disk.journals[0].len(), disk.journals[1].len()];
    disk.lose(log_kept, &journals_kept);
    let before = disk.clone();
    let clients = std::mem::take(&mut venue.clients);
    let first = Venue::start(before.clone(), super::venue::no_clients()).unwrap();
    // It died before, or after, its first record.
    drop(first);
    let mut venue = Venue::start(before, clients).unwrap();
    venue.log_on(0, 1, WRITTEN).unwrap();
    venue.settle();
    assert_eq!(venue.clients[0].answer.unwrap().lost_from, 3);
}

#[test]
fn session_that_never_had_a_number_loses_none() {
    let mut venue = lose(three_orders(), 0, 0);
    venue.log_on(1, 1, WRITTEN).unwrap();
    venue.settle();
    let answer = venue.clients[1].answer.unwrap();
    assert_eq!((answer.lost_from, answer.next_sequence), (0, 1));
}

#[test]
fn id_that_two_live_orders_have_after_a_loss_names_one_and_both_have_other_names() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, named("a", order(1, Side::Buy, 10, 5)));
    venue.tell(0, cancel(2, by_id("a")));
    venue.settle();
    let second = NewOrderRequest {
        symbol: symbol(1),
        ..order(3, Side::Buy, 10, 5)
    };
    venue.tell(0, named("a", second));
    venue.settle();
    // The first shard loses the cancel, so the first order lives again.
    let mut venue = lose(venue, 0, 1);
    venue.log_on(0, 0, WRITTEN).unwrap();
    venue.settle();
    venue.lines(0);
    venue.tell(0, cancel(4, by_request(1)));
    venue.tell(0, cancel(5, by_request(3)));
    venue.settle();
    let lines = venue.lines(0);
    assert!(
        lines.iter().all(|line| line.contains("Canceled")),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
}
