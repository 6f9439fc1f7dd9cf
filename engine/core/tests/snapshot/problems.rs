//! What is refused of head, tables and markets, problem by problem: each test changes one field, and
//! is told its place.

use matchgate_core::domain::ShardId;
use matchgate_core::{Shard, ShardCapacity, SnapshotProblem as Problem};

use super::changed::{MAX, Snapshot};
use super::subject::{SMALL, number, small_shard};

#[test]
fn small_snapshot_is_restored_as_it_is() {
    let small = Snapshot::small();
    assert!(Shard::restore(ShardId(0), SMALL, &small.bytes).is_ok());
    assert_eq!(small.sections.rings.len(), 2 * 8);
    assert_eq!(small.sections.markets.len(), 2 * 160);
    assert_eq!(small.sections.accounts.len(), 2 * 36);
    assert_eq!(small.sections.ranges.len(), 2 * 12);
    assert_eq!(small.sections.pairs.len(), 5 * 8);
}

#[test]
fn snapshot_that_ends_too_soon() {
    let mut small = Snapshot::small();
    small.bytes.pop();
    small.is_refused(small.bytes.len(), Problem::Ends { missing: 1 });
    small.bytes.truncate(127);
    small.is_refused(127, Problem::Ends { missing: 1 });
    small.bytes.clear();
    small.is_refused(0, Problem::Ends { missing: 128 });
}

#[test]
fn trailing_bytes() {
    let mut small = Snapshot::small();
    let end = small.bytes.len();
    small.bytes.extend([0; 3]);
    small.is_refused(end, Problem::TrailingBytes { count: 3 });
}

#[test]
fn another_format() {
    let newer = Snapshot::small().set(0, [2, 0, 0, 0]);
    newer.is_refused(0, Problem::Format(2));
    let mut short = newer;
    short.bytes.truncate(4);
    short.is_refused(0, Problem::Format(2));
}

#[test]
fn another_shard() {
    let other = Snapshot::small().set(4, [1]);
    other.is_refused(4, Problem::Shard(ShardId(1)));
}

#[test]
fn another_capacity() {
    for (what, capacity) in [
        (
            "gateways",
            ShardCapacity {
                gateways: 1,
                ..SMALL
            },
        ),
        (
            "orders",
            ShardCapacity {
                orders: 23,
                ..SMALL
            },
        ),
        (
            "orders",
            ShardCapacity {
                orders: 25,
                ..SMALL
            },
        ),
        ("levels", ShardCapacity { levels: 3, ..SMALL }),
        (
            "instruments",
            ShardCapacity {
                instruments: 2,
                ..SMALL
            },
        ),
        (
            "accounts",
            ShardCapacity {
                accounts: 2,
                ..SMALL
            },
        ),
        (
            "sessions",
            ShardCapacity {
                sessions: 1,
                ..SMALL
            },
        ),
    ] {
        let mut small = Snapshot::small();
        small.capacity = capacity;
        println!("{what}");
        small.is_refused(5, Problem::Capacity(SMALL));
    }
}

#[test]
fn more_records_than_the_capacity_has_room_for() {
    for (at, what, most) in [
        (28, "instruments", 3),
        (32, "accounts", 3),
        (36, "lent ranges", 24),
        (44, "vacant slots", 24),
        (48, "orders", 24),
    ] {
        for count in [most + 1, u32::MAX] {
            let many = Snapshot::small().set(at, count.to_le_bytes());
            many.is_refused(at, Problem::TooMany { what, count, most });
        }
    }
    // Three accounts of two sessions.
    let mut pairs = Snapshot::small();
    let at = pairs.sections.pairs.start;
    pairs.bytes.splice(at..at, [0; 16]);
    let (what, count, most) = ("pairs", 7_u32, 6);
    let pairs = pairs.set(40, count.to_le_bytes());
    pairs.is_refused(40, Problem::TooMany { what, count, most });
}

#[test]
fn reserved_bytes_that_are_not_zero() {
    let small = Snapshot::small();
    let market = small.sections.markets.start;
    let range = small.sections.ranges.start;
    let order = small.order(1);
    let halted = market + 160;
    for (at, field) in [
        (7, 6),
        (55, 52),
        (market + 103, market + 101),
        (range + 11, range + 9),
        (order + 159, order + 157),
        // Behind the end of a client order id.
        (order + 156, order + 122),
        // The reference of a book without pegs.
        (halted + 99, halted + 99),
        (halted + 100, halted + 100),
        (halted + 128, halted + 128),
        (halted + 136, halted + 136),
        (halted + 144, halted + 144),
        (halted + 152, halted + 152),
        // The price of a stop order.
        (small.order(7) + 40, small.order(7) + 40),
    ] {
        let other = Snapshot::small().set(at, [1]);
        other.is_refused(field, Problem::NotZero);
    }
    let last_trade = Snapshot::small().set(market + 97, [0]);
    last_trade.is_refused(market + 120, Problem::NotZero);
}

#[test]
fn codes_that_stand_for_nothing() {
    let small = Snapshot::small();
    let market = small.sections.markets.start;
    for (at, what) in [
        (96, "phase"),
        (97, "last trade"),
        (98, "reference"),
        (99, "fall"),
        (100, "rise"),
    ] {
        let other = Snapshot::small().set(market + at, [9]);
        other.is_refused(market + at, Problem::Code { what, code: 9 });
    }
    for (at, what) in [
        (112, "side"),
        (113, "order type"),
        (114, "time in force"),
        (115, "post-only"),
        (116, "self-trade prevention"),
        (117, "whether terms are given"),
        (118, "triggered"),
        (119, "durability"),
    ] {
        let other = Snapshot::small().set_order(2, at, [9]);
        other.order_is_refused(2, at, Problem::Code { what, code: 9 });
    }
}

#[test]
fn lists_that_do_not_rise() {
    let small = Snapshot::small();
    let sections = &small.sections;
    // Number of the second record, from where it begins.
    let lists = [
        ("instruments", sections.markets.start + 160, 16),
        ("accounts", sections.accounts.start + 36, 0),
        ("vacant slots", sections.vacant.start + 8, 0),
    ];
    for (what, record, at) in lists {
        let again = Snapshot::small().set(record + at, 0_u32.to_le_bytes());
        again.is_refused(record + at, Problem::NotRising { what });
    }
    let pair = sections.pairs.start;
    let again = Snapshot::small().set(pair + 8, [0; 8]);
    again.is_refused(pair + 8, Problem::NotRising { what: "pairs" });
    let order = sections.orders.start;
    let first = *small.bytes[order..].first_chunk::<8>().unwrap();
    let again = Snapshot::small().set(order + 160, first);
    again.is_refused(order + 160, Problem::NotRising { what: "order ids" });
}

#[test]
fn numbers_beyond_the_capacity() {
    let small = Snapshot::small();
    let sections = &small.sections;
    let numbers = [
        ("instrument", sections.markets.start + 16, 3),
        ("account", sections.accounts.start, 3),
        ("session", sections.pairs.start, 2),
        ("account", sections.pairs.start + 4, 3),
        ("slot", sections.vacant.start, 24),
        ("slot", small.order(2) + 8, 24),
    ];
    for (what, at, count) in numbers {
        for number in [count, u32::MAX] {
            let beyond = Problem::Beyond {
                what,
                number,
                count,
            };
            let other = Snapshot::small().set(at, number.to_le_bytes());
            other.is_refused(at, beyond);
        }
    }
}

#[test]
fn instrument_that_no_shard_takes() {
    let market = Snapshot::small().sections.markets.start;
    // Tick, lowest price, lot.
    for (at, field) in [(24, 0), (32, 1 << 63), (48, 0)] {
        let other = Snapshot::small().set(market + at, u64::to_le_bytes(field));
        other.is_refused(market, Problem::Instrument);
    }
}

#[test]
fn instrument_of_another_shard() {
    let at = Snapshot::small().sections.markets.start + 20;
    let other = Snapshot::small().set(at, [7]);
    other.is_refused(at, Problem::InstrumentShard(ShardId(7)));
}

#[test]
fn lent_ranges_that_are_none() {
    let range = Snapshot::small().sections.ranges.start;
    let second = range + 12;
    // Empty; lent to nobody; meets the one before it, whose gateway it has; lies in it; goes beyond
    // the capacity.
    for (at, first, count, gateway) in [
        (range, 0, 0, 0),
        (range, 0, 12, 255),
        (second, 12, 6, 0),
        (second, 11, 6, 1),
        (second, 16, 9, 1),
        (second, 16, u32::MAX, 1),
    ] {
        let other = Snapshot::small()
            .set(at, u32::to_le_bytes(first))
            .set(at + 4, u32::to_le_bytes(count))
            .set(at + 8, [gateway]);
        other.is_refused(at, Problem::LentRange);
    }
}

#[test]
fn used_slots_that_are_not_lent() {
    let vacant = Snapshot::small().sections.vacant.start;
    let other = Snapshot::small().set(vacant, 14_u32.to_le_bytes());
    other.is_refused(vacant, Problem::SlotNotLent(14));
    let other = Snapshot::small().set_order(2, 8, 14_u32.to_le_bytes());
    other.order_is_refused(14, 8, Problem::SlotNotLent(14));
}

#[test]
fn slots_that_are_taken() {
    let small = Snapshot::small();
    let second = small.order(2);
    let twice = Snapshot::small().set(second + 8, 1_u32.to_le_bytes());
    twice.is_refused(second + 8, Problem::SlotTaken(1));
    let vacant = number(&small.bytes, small.sections.vacant.start);
    let both = Snapshot::small().set(second + 8, vacant.to_le_bytes());
    both.is_refused(second + 8, Problem::SlotTaken(vacant));
}

#[test]
fn generations_that_are_zero() {
    let vacant = Snapshot::small().sections.vacant.start;
    let other = Snapshot::small().set(vacant + 4, [0; 4]);
    other.is_refused(vacant + 4, Problem::Generation);
    let other = Snapshot::small().set_order(2, 12, [0; 4]);
    other.order_is_refused(2, 12, Problem::Generation);
}

#[test]
fn reference_that_is_not_the_middle() {
    let at = Snapshot::small().sections.markets.start;
    for other in [
        Snapshot::small().set(at + 128, u64::to_le_bytes(10_050_000_001)),
        Snapshot::small().set(at + 136, [0; 8]),
        // Changed by an order that is still to come.
        Snapshot::small().set(at + 144, MAX),
        Snapshot::small().set(at + 152, MAX),
        // None, though there are pegs.
        Snapshot::small()
            .set(at + 98, [0; 3])
            .set(at + 128, [0; 32]),
    ] {
        other.is_refused(at + 98, Problem::Reference);
    }
    // One, though the book has no pegs.
    let other = Snapshot::small().set(at + 160 + 98, [1]);
    other.is_refused(at + 160 + 98, Problem::Reference);
}

#[test]
fn another_state_hash() {
    let small = Snapshot::small();
    let computed = small_shard().state_hash();
    let stored = computed ^ 1;
    let other = small.set(80, stored.to_le_bytes());
    other.is_refused(80, Problem::StateHash { stored, computed });
}

#[test]
fn error_says_where_and_what() {
    let other = Snapshot::small().set_order(2, 40, i64::MAX.to_le_bytes());
    let error = Shard::restore(ShardId(0), SMALL, &other.bytes).unwrap_err();
    let at = other.order(2) + 40;
    let told = format!("byte {at}: price 9223372036854775807 is none of the instrument");
    assert_eq!(error.to_string(), told);
}
