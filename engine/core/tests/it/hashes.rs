//! Hashes: what makes two shards equal, and what each hash covers.

use std::fmt::Write as _;

use matchgate_core::state_hash::{Mix, Tag, high_half, low_half};
use matchgate_scenario::{CAPACITY, Engine, ShardEngine, read_commands};

use super::{BOOK, check, shard};

/// Lines that reach most kinds of event.
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
    > 4 sell 10 @ 12.00 gtd=9000 display=4
    < 4 new leaves=10
    > 5 sell 10 stop=9.00 @ 8.00
    < 5 new leaves=10
    > 6 buy 10 peg @ 10.50
    < 6 new leaves=10
    > 4 cancel
    < 4 canceled 10 requested
    > 7 buy 1 @ 8.00 day
    < 7 new leaves=1\n";

#[test]
fn two_shards_told_the_same_have_equal_events_and_hashes() {
    let [mut left, mut right] = [(); 2].map(|()| ShardEngine::new(CAPACITY));
    let venue = matchgate_scenario::VENUE;
    for command in read_commands(&format!("{venue}{FLOW}")).unwrap() {
        assert_eq!(left.apply(&command), right.apply(&command));
        assert_eq!(left.state_hash(), right.state_hash(), "{command:?}");
        assert_eq!(left.book_hash(BOOK), right.book_hash(BOOK), "{command:?}");
    }
}

#[test]
fn book_hash_knows_no_handle_order_id_session_or_time() {
    let one = check(FLOW);
    let mut script = "+ 33 buy 10 @ 10.00 day gateway=1 instrument=1 session=3
                      + 34 buy 10 @ 10.00 day gateway=1 instrument=1 session=3 at=777\n"
        .to_owned();
    for line in FLOW.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let (mark, label) = (words.next().unwrap(), words.next().unwrap());
        let label: u32 = label.parse::<u32>().unwrap() + 40;
        let rest = words.collect::<Vec<_>>().join(" ");
        let rest = rest
            .replace("resting=1", "resting=41 resting-synced")
            .replace("session=1", "session=2");
        let rest = match rest.split_once(" resting-synced") {
            Some((before, after)) => format!("{before}{after} synced resting-synced"),
            None => format!("{rest} synced"),
        };
        let gateway = if mark == ">" { " gateway=1" } else { "" };
        writeln!(script, "{mark} {label} {rest}{gateway}").unwrap();
    }
    let other = check(&script);
    assert_eq!(shard(&other).book_hash(BOOK), shard(&one).book_hash(BOOK));
    assert_ne!(shard(&other).state_hash(), shard(&one).state_hash());
}

#[test]
fn book_hash_covers_what_decides_the_books_answers() {
    let hash_of = |line: &str| shard(&check(&format!("+ {line}"))).book_hash(BOOK).unwrap();
    let bases = [
        (
            "1 buy 100 @ 10.00 day",
            &[
                "1 sell 100 @ 10.00 day",
                "1 buy 101 @ 10.00 day",
                "1 buy 100 @ 10.01 day",
                "1 buy 100 @ 10.00 gtc",
                "1 buy 100 @ 10.00 day account=1",
                "1 buy 100 @ 10.00 day id=A",
                "1 buy 100 @ 10.00 day post",
                "1 buy 100 @ 10.00 day stp=oldest",
                "1 buy 100 @ 10.00 day group=7",
                "1 buy 100 @ 10.00 day display=10",
                "1 buy 100 @ 10.00 gtd=9000",
                "1 buy 100 stop=10.00 @ 10.00",
                "1 buy 100 peg @ 10.00",
            ][..],
        ),
        (
            "1 buy 100 @ 10.00 gtd=9000",
            &["1 buy 100 @ 10.00 gtd=9001"],
        ),
        (
            "1 buy 100 @ 10.00 day display=10",
            &["1 buy 100 @ 10.00 day display=11"],
        ),
        ("1 buy 100 stop=10.00", &["1 buy 100 stop=10.01"]),
        ("1 buy 100 peg", &["1 buy 100 peg @ 10.00"]),
    ];
    for (base, others) in bases {
        let one = hash_of(base);
        let elsewhere = format!("{base} synced session=2 generation=9 request=77");
        assert_eq!(hash_of(&elsewhere.replacen('1', "2", 1)), one, "{base}");
        for other in others {
            assert_ne!(hash_of(other), one, "{other}");
        }
    }
}

#[test]
fn book_hash_covers_the_order_of_a_queue() {
    let hash = |first: u32, second: u32| {
        let order = |slot: u32| format!("+ {slot} buy 10 @ 10.00 day account={slot}\n");
        shard(&check(&(order(first) + &order(second)))).book_hash(BOOK)
    };
    assert_ne!(hash(1, 2), hash(2, 1));
}

#[test]
fn book_hash_covers_whether_a_stop_was_released() {
    let book = |stop: &str| {
        let scenario = check(&format!(
            "+ 1 sell 1 @ 10.00 day
             > 2 buy 1 @ 10.00 ioc
             < 2 new leaves=1
             < 2 trade 1 @ 10.00 resting=1 cumulative=1 leaves=0
             > 3 buy 1 {stop}"
        ));
        shard(&scenario).book_hash(BOOK)
    };
    let released = book("stop=9.00 @ 8.00\n < 3 new leaves=1\n < 3 triggered");
    let waiting = book("stop=11.00 @ 8.00\n < 3 new leaves=1");
    let limit = book("@ 8.00 day\n < 3 new leaves=1");
    assert_ne!(released, waiting);
    assert_ne!(released, limit);
}

#[test]
fn state_hash_covers_what_the_book_hash_does_not() {
    let state_of = |line: &str| shard(&check(&format!("+ {line}"))).state_hash();
    let one = state_of("1 buy 100 @ 10.00 day");
    assert_eq!(state_of("1 buy 100 @ 10.00 day"), one);
    for other in [
        "2 buy 100 @ 10.00 day",
        "1 buy 100 @ 10.00 day generation=2",
        "1 buy 100 @ 10.00 day session=1",
        "1 buy 100 @ 10.00 day synced",
        "1 buy 100 @ 10.00 day request=9",
        "1 buy 100 @ 10.00 day ring=9 request=1",
        "1 buy 100 @ 10.00 day instrument=1",
        "1 buy 100 @ 10.00 day sequence=9",
        "1 buy 100 @ 10.00 day at=777",
    ] {
        assert_ne!(state_of(other), one, "{other}");
    }
}

#[test]
fn state_hash_covers_priority_stamps_and_generations_of_the_dead() {
    let left = check(
        "> 1 buy 10 @ 10.00 ioc
         < 1 new leaves=10
         < 1 canceled 10 immediate
         > 1 cancel
         < 1 refused OrderNotLive",
    );
    let right = check(
        "+ 1 buy 10 @ 10.00 day
         > 1 cancel
         < 1 canceled 10 requested",
    );
    assert_eq!(shard(&left).book_hash(BOOK), shard(&right).book_hash(BOOK));
    assert_ne!(shard(&left).state_hash(), shard(&right).state_hash());
}

#[test]
fn state_hash_covers_the_last_trade() {
    let state = |price: &str| {
        let scenario = check(&format!(
            "+ 1 sell 1 @ {price} day
             > 2 buy 1 @ 11.00 ioc
             < 2 new leaves=1
             < 2 trade 1 @ {price} resting=1 cumulative=1 leaves=0"
        ));
        shard(&scenario).state_hash()
    };
    assert_ne!(state("10.00"), state("10.01"));
    assert_eq!(state("10.00"), state("10.00"));
}

#[test]
fn mix_of_two_items_that_differ_in_one_word_differs_in_both_halves() {
    let words = [0, 1, 2, u64::MAX, 1 << 63, 0x9e37_79b9_7f4a_7c15];
    for first in words {
        for second in words {
            for other in words {
                let in_the_first = [first, second].map(|word| Mix::new(Tag::Lent).and(word, other));
                let in_the_second =
                    [first, second].map(|word| Mix::new(Tag::Lent).and(other, word));
                for mixes in [in_the_first, in_the_second] {
                    let [left, right] = mixes.map(|mix| mix.and(other, 0).finish());
                    let equal = first == second;
                    assert_eq!(high_half(left) == high_half(right), equal);
                    assert_eq!(low_half(left) == low_half(right), equal);
                }
            }
        }
    }
}

#[test]
fn mixed_word_is_the_published_one() {
    let word = Mix::new(Tag::BookOrder).and(1, 2).and_bytes(b"0123456789");
    let low = u64::from_le_bytes(*b"01234567");
    let high = u64::from_le_bytes(*b"89\0\0\0\0\0\0");
    assert_eq!(word, Mix::new(Tag::BookOrder).and(1, 2).and(low, high));
    assert_eq!(word.finish(), PUBLISHED_WORD);
}

/// The word of the item above. A change of it is a change of every journaled hash.
const PUBLISHED_WORD: u128 = 0x3414_7f04_b328_7695_0386_fc44_acad_585a;
