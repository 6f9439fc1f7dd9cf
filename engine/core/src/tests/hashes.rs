//! Hashes and repeats: what makes two shards equal, and what each hash covers.

use super::scenario::{Scenario, check};
use crate::domain::{Command, GatewayId, InstrumentId, Origin, RingNumber};
use crate::state_hash::{Mix, Tag};

const BOOK: InstrumentId = InstrumentId(0);

/// Lines that reach every kind of event.
const FLOW: &str = "
    > 1 buy 100 @ 10.00 day id=A
    < 1 new leaves=100
    > 2 buy 50 @ 9.99 day account=1 session=1
    < 2 new leaves=50
    > 3 sell 30 @ 9.99 ioc
    < 3 new leaves=30
    < 3 trade 30 @ 10.00 resting=1 cumulative=30 leaves=0
    > 1 replace 90 @ 10.00 id=B
    < 1 replaced 90 @ 10.00 leaves=60 priority=kept
    > 2 replace 50 @ 10.01
    < 2 replaced 50 @ 10.01 leaves=50 priority=lost
    > 2 reduce 40
    < 2 reduced 40 leaves=40
    > 4 sell 10 @ 12.00 day
    < 4 new leaves=10
    > 4 cancel
    < 4 canceled 10 requested
    > 5 buy 1 @ 8.00 day
    < 5 new leaves=1\n";

#[test]
fn two_shards_told_the_same_have_equal_events_and_hashes() {
    let mut left = Scenario::new(|_| {});
    let mut right = Scenario::new(|_| {});
    for line in FLOW
        .lines()
        .filter_map(|line| line.trim().strip_prefix('>'))
    {
        let command = left.command(line.trim());
        left.apply(command);
        right.apply(command);
        assert_eq!(left.events, right.events, "{line}");
        assert_eq!(left.shard.state_hash(), right.shard.state_hash(), "{line}");
        assert_eq!(left.book_hashes(), right.book_hashes(), "{line}");
    }
}

#[test]
fn command_with_a_ring_number_of_the_past_is_ignored() {
    let mut scenario = check(FLOW);
    let books = scenario.book_hashes();
    for line in [
        "6 buy 10 @ 10.00 day",
        "1 cancel",
        "1 reduce 1",
        "1 replace 10 @ 9.00",
        "mass session=0",
    ] {
        let mut command = scenario.command(line);
        let last = scenario.shard.last_ring(GatewayId(0));
        let origin = match &mut command {
            Command::New(order, _) => &mut order.origin,
            Command::Cancel(cancel) => &mut cancel.origin,
            Command::Reduce(reduce) => &mut reduce.origin,
            Command::Replace(replace, _) => &mut replace.origin,
            Command::MassCancel(cancel) => &mut cancel.origin,
            other => panic!("{other:?}"),
        };
        let (at, before) = (
            Origin {
                ring: last,
                ..*origin
            },
            Origin {
                ring: RingNumber(1),
                ..*origin
            },
        );
        for repeat in [at, before] {
            match &mut command {
                Command::New(order, _) => order.origin = repeat,
                Command::Cancel(cancel) => cancel.origin = repeat,
                Command::Reduce(reduce) => reduce.origin = repeat,
                Command::Replace(replace, _) => replace.origin = repeat,
                Command::MassCancel(cancel) => cancel.origin = repeat,
                other => panic!("{other:?}"),
            }
            let sequence = scenario.shard.last_sequence().get();
            assert!(scenario.apply(command).is_empty(), "{line}");
            assert_eq!(scenario.shard.last_ring(GatewayId(0)), last);
            assert_eq!(scenario.shard.last_sequence().get(), sequence + 1);
            assert_eq!(scenario.book_hashes(), books);
        }
    }
}

#[test]
fn ring_numbers_may_leave_numbers_out_and_are_kept_a_gateway() {
    let mut scenario = Scenario::new(|_| {});
    for _ in 0..10 {
        scenario.command("1 cancel");
    }
    scenario.run(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 40 buy 10 @ 10.00 day gateway=1
         < 40 new leaves=10",
    );
    assert_eq!(scenario.shard.last_ring(GatewayId(0)), RingNumber(11));
    assert_eq!(scenario.shard.last_ring(GatewayId(1)), RingNumber(1));
    assert_eq!(scenario.shard.last_ring(GatewayId::NONE), RingNumber(0));
}

#[test]
fn operators_cancel_has_no_ring_number_and_is_never_a_repeat() {
    let mut scenario = check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10",
    );
    let Command::Cancel(mut cancel) = scenario.command("1 cancel order=5") else {
        panic!("a cancel");
    };
    cancel.origin.gateway = GatewayId::NONE;
    cancel.origin.ring = RingNumber(0);
    assert_eq!(
        scenario.apply(Command::Cancel(cancel)),
        ["1 canceled 10 requested"]
    );
    assert_eq!(
        scenario.apply(Command::Cancel(cancel)),
        ["1 refused OrderNotLive"]
    );
}

#[test]
fn book_hash_knows_no_handle_order_id_session_or_time() {
    let one = check(FLOW).shard.book_hash(BOOK);
    let mut other = Scenario::new(|_| {});
    other.run(
        "> 33 buy 10 @ 10.00 day gateway=1 instrument=1 session=3
         < 33 new leaves=10
         > 34 buy 10 @ 10.00 day gateway=1 instrument=1 session=3
         < 34 new leaves=10",
    );
    let mut moved = String::new();
    for line in FLOW.lines() {
        let line = line.trim();
        let Some((mark, rest)) = line.split_once(' ') else {
            continue;
        };
        let (label, rest) = rest.split_once(' ').unwrap();
        let label: u32 = label.parse::<u32>().unwrap() + 40;
        let rest = rest
            .replace("resting=1", "resting=41")
            .replace("session=1", "session=2");
        let gateway = if mark == ">" { " gateway=1 synced" } else { "" };
        moved.push_str(&format!("{mark} {label} {rest}{gateway}\n"));
    }
    other.run(&moved);
    assert_eq!(other.shard.book_hash(BOOK), one);
}

#[test]
fn book_hash_covers_what_decides_the_books_answers() {
    let base = "1 buy 100 @ 10.00 day";
    let hash_of = |line: &str| {
        let mut scenario = Scenario::new(|_| {});
        let command = scenario.command(line);
        scenario.apply(command);
        scenario.shard.book_hash(BOOK).unwrap()
    };
    let one = hash_of(base);
    assert_eq!(hash_of("2 buy 100 @ 10.00 day synced session=2"), one);
    for other in [
        "1 sell 100 @ 10.00 day",
        "1 buy 101 @ 10.00 day",
        "1 buy 100 @ 10.01 day",
        "1 buy 100 @ 10.00 day account=1",
        "1 buy 100 @ 10.00 day id=A",
        "1 buy 100 @ 10.00 day post",
    ] {
        assert_ne!(hash_of(other), one, "{other}");
    }
}

#[test]
fn book_hash_covers_the_order_of_a_queue() {
    let first = check(
        "> 1 buy 10 @ 10.00 day account=1
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day account=2
         < 2 new leaves=10",
    );
    let second = check(
        "> 2 buy 10 @ 10.00 day account=2
         < 2 new leaves=10
         > 1 buy 10 @ 10.00 day account=1
         < 1 new leaves=10",
    );
    assert_ne!(first.shard.book_hash(BOOK), second.shard.book_hash(BOOK));
}

#[test]
fn state_hash_covers_what_the_book_hash_does_not() {
    let state_of = |line: &str| {
        let mut scenario = Scenario::new(|_| {});
        let command = scenario.command(line);
        scenario.apply(command);
        scenario.shard.state_hash()
    };
    let one = state_of("1 buy 100 @ 10.00 day");
    assert_eq!(state_of("1 buy 100 @ 10.00 day"), one);
    for other in [
        "2 buy 100 @ 10.00 day",
        "1 buy 100 @ 10.00 day generation=2",
        "1 buy 100 @ 10.00 day session=1",
        "1 buy 100 @ 10.00 day synced",
        "1 buy 100 @ 10.00 day instrument=1",
    ] {
        assert_ne!(state_of(other), one, "{other}");
    }
}

#[test]
fn state_hash_covers_priority_stamps_and_generations_of_the_dead() {
    let mut left = Scenario::new(|_| {});
    let mut right = Scenario::new(|_| {});
    let ioc = left.command("1 buy 10 @ 10.00 ioc");
    let day = right.command("1 buy 10 @ 10.00 day");
    left.apply(ioc);
    right.apply(day);
    let cancel = left.command("1 cancel");
    left.apply(cancel);
    let cancel = right.command("1 cancel");
    right.apply(cancel);
    assert_eq!(left.book_hashes(), right.book_hashes());
    assert_ne!(left.shard.state_hash(), right.shard.state_hash());
}

#[test]
fn mix_of_two_items_that_differ_in_one_word_differs_in_both_lanes() {
    let words = [0, 1, 2, u64::MAX, 1 << 63, 0x9e37_79b9_7f4a_7c15];
    for first in words {
        for second in words {
            for tail in words {
                let left = Mix::new(Tag::Slot).and(first).and(tail).finish();
                let right = Mix::new(Tag::Slot).and(second).and(tail).finish();
                assert_eq!(left >> 64 == right >> 64, first == second);
                assert_eq!(left << 64 == right << 64, first == second);
            }
        }
    }
}

#[test]
fn mixed_word_is_the_published_one() {
    let word = Mix::new(Tag::BookOrder).and(1).and_bytes(b"0123456789");
    assert_eq!(
        word,
        Mix::new(Tag::BookOrder)
            .and(1)
            .and(u64::from_le_bytes(*b"01234567"))
            .and(u64::from_le_bytes(*b"89\0\0\0\0\0\0"))
    );
    assert_eq!(word.finish(), PUBLISHED_WORD);
}

/// The word of the item above. A change of it is a change of every journaled hash.
const PUBLISHED_WORD: u128 = 0xf471_9e03_400b_3d41_7bd1_e240_48b9_8eb8;
