//! Small cases in every interleaving of the two threads, and every order of memory that the
//! declared orderings allow.

use loom::thread;

use crate::{Consumer, Full, Producer, ring};

/// Runs both ends on threads of their own.
fn model(
    capacity: usize,
    send: impl Fn(Producer<u64>) + Send + Sync + Copy + 'static,
    receive: impl Fn(Consumer<u64>) + Send + Sync + Copy + 'static,
) {
    loom::model(move || {
        let (producer, consumer) = ring(capacity);
        let sender = thread::spawn(move || send(producer));
        receive(consumer);
        sender.join().unwrap();
    });
}

/// Pops until `total` have come, in order.
fn pop_all(mut consumer: Consumer<u64>, total: u64) {
    let mut expected = 0;
    while expected < total {
        match consumer.pop() {
            Some(record) => {
                assert_eq!(record, expected);
                expected += 1;
            }
            None => thread::yield_now(),
        }
    }
    assert_eq!(consumer.pop(), None);
}

/// Sends `total` records in batches of one, waiting where the ring is full.
fn send_all(producer: &mut Producer<u64>, total: u64) {
    let mut next = 0;
    while next < total {
        match producer.try_push(next) {
            Ok(()) => {
                producer.publish();
                next += 1;
            }
            Err(Full(_)) => thread::yield_now(),
        }
    }
}

#[test]
fn heads_are_reused_only_after_their_batch_is_done() {
    model(
        1,
        |mut producer| send_all(&mut producer, 3),
        |consumer| pop_all(consumer, 3),
    );
    model(
        2,
        |mut producer| send_all(&mut producer, 3),
        |consumer| pop_all(consumer, 3),
    );
}

#[test]
fn batch_is_seen_whole_and_its_slots_are_reused_only_after_it_is_done() {
    model(
        2,
        |mut producer| {
            let mut next = 0;
            while next < 4 {
                match producer.try_push(next) {
                    Ok(()) => next += 1,
                    Err(Full(_)) => thread::yield_now(),
                }
            }
        },
        |consumer| pop_all(consumer, 4),
    );
}

#[test]
fn visited_records_are_whole_and_their_room_comes_back() {
    model(
        2,
        |mut producer| {
            for record in 0..2 {
                producer.try_push(record).unwrap();
            }
            producer.publish();
            while !producer.has_room(2) {
                thread::yield_now();
            }
            for record in 2..4 {
                producer.try_push_reserved(record).unwrap();
            }
        },
        |mut consumer| {
            let mut expected = 0;
            while expected < 4 {
                let visit = |&record: &u64| {
                    assert_eq!(record, expected);
                    expected += 1;
                };
                if consumer.for_each(usize::MAX, visit) == 0 {
                    thread::yield_now();
                }
            }
        },
    );
}

#[test]
fn what_is_peeked_is_what_is_popped() {
    model(
        2,
        |mut producer| send_all(&mut producer, 3),
        |mut consumer| {
            let mut expected = 0;
            while expected < 3 {
                if let Some(&record) = consumer.peek() {
                    assert_eq!(record, expected);
                    assert!(!consumer.is_empty());
                    assert!((1..=2).contains(&consumer.len()));
                    assert_eq!(consumer.pop(), Some(expected));
                    expected += 1;
                } else {
                    thread::yield_now();
                }
            }
        },
    );
}

#[test]
fn whoever_sees_the_producer_gone_sees_all_that_it_pushed() {
    model(
        4,
        |mut producer| {
            producer.try_push(0).unwrap();
            producer.publish();
            producer.try_push(1).unwrap();
            producer.try_push(2).unwrap();
        },
        |mut consumer| {
            if consumer.is_abandoned() {
                for record in 0..3 {
                    assert_eq!(consumer.pop(), Some(record));
                }
            }
        },
    );
}
