//! Rules of the ring, one at a time, on one thread or two.

use crate::{Full, STAGED_MAX, ring};

#[test]
fn staged_record_is_not_seen_before_it_is_published() {
    let (mut producer, mut consumer) = ring(4);
    producer.try_push(1).unwrap();
    assert_eq!(producer.staged(), 1);
    assert_eq!(consumer.peek(), None);
    assert_eq!(consumer.pop(), None);
    assert!(consumer.is_empty());
    producer.publish();
    assert_eq!(producer.staged(), 0);
    assert_eq!(consumer.len(), 1);
    assert_eq!(consumer.peek(), Some(&1));
    assert_eq!(consumer.pop(), Some(1));
}

#[test]
fn full_stage_publishes_on_its_own() {
    let (mut producer, mut consumer) = ring(2 * STAGED_MAX);
    for record in 0..=STAGED_MAX {
        assert_eq!(consumer.len(), 0);
        producer.try_push(record).unwrap();
    }
    assert_eq!(consumer.len(), STAGED_MAX);
    assert_eq!(producer.staged(), 1);
    let mut expected = 0..STAGED_MAX;
    let count = consumer.for_each(usize::MAX, |&record| {
        assert_eq!(Some(record), expected.next());
    });
    assert_eq!(count, STAGED_MAX);
}

#[test]
fn full_ring_publishes_what_is_staged() {
    let (mut producer, mut consumer) = ring(2);
    producer.try_push(1).unwrap();
    producer.try_push(2).unwrap();
    assert_eq!(consumer.pop(), None);
    assert_eq!(producer.try_push(3), Err(Full(3)));
    assert_eq!(consumer.pop(), Some(1));
    assert_eq!(producer.try_push(3), Ok(()));
    assert_eq!(producer.try_push(4), Err(Full(4)));
    assert_eq!(consumer.pop(), Some(2));
    assert_eq!(consumer.pop(), Some(3));
    assert_eq!(consumer.pop(), None);
}

#[test]
fn batches_of_one_and_of_many_come_one_after_the_other() {
    let (mut producer, mut consumer) = ring(8);
    for batch in [&[1][..], &[2, 3, 4], &[5], &[6, 7]] {
        for &record in batch {
            producer.try_push(record).unwrap();
        }
        producer.publish();
    }
    assert_eq!(consumer.len(), 7);
    assert_eq!(consumer.pop(), Some(1));
    let mut seen = Vec::new();
    assert_eq!(consumer.for_each(4, |&record| seen.push(record)), 4);
    assert_eq!(consumer.for_each(4, |&record| seen.push(record)), 2);
    assert_eq!(seen, [2, 3, 4, 5, 6, 7]);
}

#[test]
fn ordinary_push_stops_at_the_reserve() {
    let (producer, _consumer) = ring(4);
    let mut producer = producer.with_reserve(1);
    for record in 0..3 {
        assert_eq!(producer.try_push(record), Ok(()));
    }
    assert_eq!(producer.free_slots(), 0);
    assert!(!producer.has_room(1));
    assert_eq!(producer.try_push(3), Err(Full(3)));
    assert_eq!(producer.try_push_reserved(4), Ok(()));
    assert_eq!(producer.try_push_reserved(5), Err(Full(5)));
}

#[test]
fn reserve_of_the_whole_ring_leaves_no_ordinary_room() {
    let (producer, _consumer) = ring(2);
    let mut producer = producer.with_reserve(usize::MAX);
    assert_eq!(producer.free_slots(), 0);
    assert!(!producer.has_room(0));
    assert_eq!(producer.try_push(1), Err(Full(1)));
    assert_eq!(producer.try_push_reserved(1), Ok(()));
}

#[test]
fn ring_of_no_slots_is_always_full() {
    let (mut producer, mut consumer) = ring(0);
    assert_eq!(producer.try_push(1), Err(Full(1)));
    assert_eq!(consumer.pop(), None);
    assert_eq!(producer.capacity(), consumer.capacity());
}

#[test]
fn room_comes_back_with_every_pop() {
    let (mut producer, mut consumer) = ring(3);
    for record in 0..3 {
        producer.try_push(record).unwrap();
    }
    producer.publish();
    for free in 1..=3 {
        consumer.pop().unwrap();
        assert_eq!(producer.free_slots(), free);
        assert!(producer.has_room(free));
        assert!(!producer.has_room(free + 1));
    }
}

#[test]
fn panicking_visitor_leaves_its_record_in_the_ring() {
    let (mut producer, mut consumer) = ring(4);
    for record in 1..=3 {
        producer.try_push(record).unwrap();
    }
    producer.publish();
    let visit = std::panic::AssertUnwindSafe(|| {
        consumer.for_each(4, |&record| assert_ne!(record, 2, "the visitor's own"));
    });
    std::panic::catch_unwind(visit).unwrap_err();
    assert_eq!(consumer.len(), 2);
    assert_eq!(consumer.pop(), Some(2));
    assert_eq!(consumer.pop(), Some(3));
}

#[test]
fn dropped_producer_has_published_everything() {
    let (mut producer, mut consumer) = ring(4);
    producer.try_push(7).unwrap();
    assert!(!consumer.is_abandoned());
    drop(producer);
    assert!(consumer.is_abandoned());
    assert_eq!(consumer.pop(), Some(7));
}

#[test]
fn dropped_consumer_is_told() {
    let (producer, consumer) = ring::<u8>(4);
    assert!(!producer.is_abandoned());
    drop(consumer);
    assert!(producer.is_abandoned());
}

#[test]
fn records_of_any_size_arrive_whole() {
    fn check<T: Copy + Send + PartialEq + std::fmt::Debug>(record: impl Fn(u8) -> T) {
        let (mut producer, mut consumer) = ring(50);
        for lap in 0..20 {
            let count = 1 + lap * 7 % 50;
            for number in 0..count {
                producer.try_push(record(number)).unwrap();
            }
            producer.publish();
            for number in 0..count {
                assert_eq!(consumer.pop(), Some(record(number)));
            }
            assert_eq!(consumer.pop(), None);
        }
    }
    check(|_| ());
    check(|number| number);
    check(|number| [number; 7]);
    check(|number| [u64::from(number); 7]);
    check(|number| [u64::from(number); 8]);
    check(|number| [u64::from(number); 33]);
    check(|number| Some(std::num::NonZero::new(number.saturating_add(1))));
}

/// Sends `total` numbers by stages whose lengths vary, takes them in both ways.
fn stream(capacity: usize, total: u64) {
    let (mut producer, mut consumer) = ring(capacity);
    let sender = std::thread::spawn(move || {
        let mut next = 0;
        while next < total {
            match producer.try_push([next; 8]) {
                Ok(()) => next += 1,
                Err(Full(_)) => std::thread::yield_now(),
            }
            if next % 5 == 0 || next % 97 < 20 {
                producer.publish();
            }
        }
    });
    let mut expected = 0;
    while expected < total {
        if let Some(record) = consumer.pop() {
            assert_eq!(record, [expected; 8]);
            expected += 1;
        }
        let count = consumer.for_each(7, |&record| {
            assert_eq!(record, [expected; 8]);
            expected += 1;
        });
        if count == 0 {
            std::thread::yield_now();
        }
    }
    sender.join().unwrap();
    assert!(consumer.is_abandoned());
    assert!(consumer.is_empty());
}

#[test]
fn records_arrive_whole_and_in_order_across_threads() {
    let total = if cfg!(miri) { 300 } else { 100_000 };
    for capacity in [1, 2, 5, 64, 1000] {
        stream(capacity, total);
    }
}
