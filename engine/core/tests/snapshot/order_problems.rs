//! What is refused of orders, and of the book that they make, problem by problem.

use matchgate_core::domain::{Command, ShardId};
use matchgate_core::{Shard, ShardCapacity, SnapshotProblem as Problem};
use matchgate_scenario::read_commands;

use super::changed::{MAX, Snapshot};
use super::subject::{SMALL, Subject, number};

#[test]
fn order_ids_that_were_not_given() {
    for id in [(1 << 55) + 9, (1 << 55) - 1, 1_000] {
        let last = number(&Snapshot::small().bytes, 56);
        assert!(u64::from(last) < id);
        let other = Snapshot::small().set_order(20, 0, u64::to_le_bytes(id));
        other.order_is_refused(20, 0, Problem::OrderId(id));
    }
}

#[test]
fn orders_on_unknown_instruments() {
    for instrument in [1, 3, u32::MAX] {
        let other = Snapshot::small().set_order(2, 100, instrument.to_le_bytes());
        other.order_is_refused(2, 100, Problem::UnknownInstrument(instrument));
    }
}

#[test]
fn order_numbers_that_were_not_given() {
    for number in [0, 99] {
        let other = Snapshot::small().set_order(2, 24, u64::to_le_bytes(number));
        other.order_is_refused(2, 24, Problem::OrderNumber(number));
    }
}

#[test]
fn orders_of_no_pair() {
    for (session, account) in [(1, 0), (0, 77), (u32::MAX, u32::MAX)] {
        let other = Snapshot::small()
            .set_order(2, 104, u32::to_le_bytes(session))
            .set_order(2, 108, u32::to_le_bytes(account));
        other.order_is_refused(2, 104, Problem::Pair { session, account });
    }
}

#[test]
fn traits_and_terms_of_no_live_order() {
    for other in [
        // Market; a limit order that was released; immediate or cancel; fill or kill.
        Snapshot::small().set_order(2, 113, [1]),
        Snapshot::small().set_order(2, 118, [1]),
        Snapshot::small().set_order(2, 114, [4]),
        Snapshot::small().set_order(2, 114, [5]),
        // Good till date without a date, and the other way round.
        Snapshot::small().set_order(4, 88, [0; 8]),
        Snapshot::small().set_order(4, 114, [1]),
        // Terms of an order without any.
        Snapshot::small().set_order(2, 96, [1]),
        Snapshot::small().set_order(2, 72, MAX),
        // A stop price of one that is no stop order; a group as large as an account's identity.
        Snapshot::small().set_order(3, 72, MAX),
        Snapshot::small().set_order(3, 96, [0, 0, 0, 128]),
        // A post-only or hidden one that waits; a hidden one of too many parts.
        Snapshot::small().set_order(7, 115, [1]),
        Snapshot::small().set_order(7, 80, [1]),
        Snapshot::small().set_order(3, 48, MAX),
    ] {
        let restored = Shard::restore(ShardId(0), SMALL, &other.bytes).unwrap_err();
        assert_eq!(restored.problem, Problem::Terms);
        assert_eq!((restored.offset - other.sections.orders.start) % 160, 112);
    }
}

#[test]
fn quantities_out_of_bounds() {
    for (slot, at, quantity) in [
        // Nothing open; more open than ordered.
        (2, 56, 0),
        (2, 56, 51),
        (2, 56, u64::MAX),
        // Displayed: not all of a plain one; nothing, more than open, more than shown of an iceberg;
        // something of one that waits, of a peg.
        (2, 64, 49),
        (3, 64, 0),
        (3, 64, 91),
        (3, 64, 21),
        (7, 64, 1),
        (5, 64, 1),
    ] {
        let other = Snapshot::small().set_order(slot, at, u64::to_le_bytes(quantity));
        other.order_is_refused(slot, at, Problem::Quantity(quantity));
    }
}

#[test]
fn prices_that_are_none() {
    for (slot, at, price) in [
        (2, 40, 10_000_000_001),
        (2, 40, i64::MAX),
        (2, 40, i64::MIN),
        (8, 40, 1),
        (8, 72, 1),
        (7, 72, i64::MAX),
        // A cap that is none: of a selling peg.
        (5, 40, i64::MIN),
        (5, 40, 10_000_001),
    ] {
        let other = Snapshot::small().set_order(slot, at, i64::to_le_bytes(price));
        other.order_is_refused(slot, at, Problem::Price(price));
    }
}

#[test]
fn client_order_ids_that_are_none() {
    let other = Snapshot::small().set_order(1, 120, [37]);
    other.order_is_refused(1, 120, Problem::ClientOrderId);
    let other = Snapshot::small().set_order(1, 121, [b' ']);
    other.order_is_refused(1, 121, Problem::ClientOrderId);
}

#[test]
fn priority_stamps_that_are_not_one_orders() {
    let other = Snapshot::small().set_order(1, 32, [0; 8]);
    other.order_is_refused(1, 32, Problem::PriorityStamp(0));
    let other = Snapshot::small().set_order(7, 32, u64::to_le_bytes(3));
    other.order_is_refused(7, 32, Problem::PriorityStamp(3));
}

#[test]
fn fewer_stamps_given_than_orders_have() {
    let at = Snapshot::small().sections.markets.start + 112;
    let other = Snapshot::small().set(at, u64::to_le_bytes(2));
    other.is_refused(at, Problem::StampsGiven(2));
}

#[test]
fn crossed_book() {
    let other = Snapshot::small().set_order(1, 40, i64::to_le_bytes(10_100_000_000));
    // The first of the other side that comes after it.
    other.order_is_refused(3, 0, Problem::Crossed);
}

#[test]
fn more_levels_than_there_is_room_for() {
    let capacity = ShardCapacity { levels: 1, ..SMALL };
    let mut other = Snapshot::small().set(12, u32::to_le_bytes(1));
    other.capacity = capacity;
    other.order_is_refused(17, 0, Problem::LevelCapacity);
    // The same of stop prices.
    let script = "
        > instrument 0
        > lend 0 8 gateway=0
        > 1 buy 1 stop=10.00
        > 2 buy 1 stop=10.10";
    let mut subject = Subject::new(Shard::new(ShardId(0), SMALL));
    for command in read_commands(script).unwrap() {
        subject.apply(&command);
    }
    let mut other = Snapshot::of(&subject.shard, SMALL).set(12, u32::to_le_bytes(1));
    other.capacity = capacity;
    other.order_is_refused(2, 0, Problem::LevelCapacity);
}

/// Returns a shard with as many buying mid-pegs as there may be, and a selling one.
fn shard_of_pegs(capacity: ShardCapacity) -> Shard {
    let mut script = "> instrument 0\n> lend 0 300 gateway=0\n".to_owned();
    for slot in 1..=256 {
        script.push_str(&format!("> {slot} buy 1 peg\n"));
    }
    script.push_str("> 257 sell 1 peg\n");
    let mut subject = Subject::new(Shard::new(ShardId(0), capacity));
    for command in read_commands(&script).unwrap() {
        let events = subject.apply(&command);
        assert!(matches!(command.body, Command::LendSlots(_)) || events.len() == 1);
    }
    subject.shard
}

#[test]
fn more_pegs_than_there_may_be() {
    let capacity = ShardCapacity {
        orders: 300,
        ..SMALL
    };
    let full = Snapshot::of(&shard_of_pegs(capacity), capacity);
    assert!(Shard::restore(ShardId(0), capacity, &full.bytes).is_ok());
    let other = full
        .set_order(257, 112, [1])
        .set_order(257, 40, i64::MAX.to_le_bytes());
    other.order_is_refused(257, 0, Problem::PegCapacity);
}

#[test]
fn level_whose_quantities_have_no_sum() {
    // What is displayed now.
    let mut other = Snapshot::small();
    for slot in [1, 2] {
        for at in [48, 56, 64] {
            other = other.set_order(slot, at, MAX);
        }
    }
    other.order_is_refused(2, 0, Problem::LevelQuantity);
    // What an iceberg may come to display.
    let mut other = Snapshot::small();
    for at in [48, 56, 80] {
        other = other.set_order(3, at, MAX);
    }
    other.order_is_refused(4, 0, Problem::LevelQuantity);
}
