//! Mass cancel by session and by account.

use super::scenario::{Scenario, check};
use super::steps::{next, run, shard_of_bids};
use crate::domain::bounds::EVENTS_PER_STEP_MAX;
use crate::domain::event::EventBody;
use crate::domain::{Command, InstrumentId, MassCancel, Origin, RingNumber};
use crate::{EventBuffer, Progress, Shard};

const MIXED: &str = "> 1 buy 10 @ 10.00 day session=0 account=0
                     < 1 new leaves=10
                     > 2 sell 10 @ 11.00 day session=0 account=1
                     < 2 new leaves=10
                     > 3 buy 10 @ 9.00 day session=1 account=1
                     < 3 new leaves=10
                     > 4 buy 10 @ 9.00 day session=0 account=1 instrument=1
                     < 4 new leaves=10
                     > 5 buy 10 @ 10.50 day session=0 account=0
                     < 5 new leaves=10\n";

#[test]
fn session_scope_takes_the_sessions_orders_in_the_order_of_entry() {
    check(&format!(
        "{MIXED}
         > mass session=0
         < 1 canceled 10 mass
         < 2 canceled 10 mass
         < 4 canceled 10 mass
         < 5 canceled 10 mass
         < mass canceled 4
         = bids 3 asks"
    ));
}

#[test]
fn account_scope_takes_the_accounts_orders_over_all_sessions() {
    check(&format!(
        "{MIXED}
         > mass account=1 session=3
         < 2 canceled 10 mass
         < 3 canceled 10 mass
         < 4 canceled 10 mass
         < mass canceled 3
         = bids 5 1 asks"
    ));
}

#[test]
fn instrument_and_side_narrow_the_scope() {
    check(&format!(
        "{MIXED}
         > mass session=0 instrument=1
         < 4 canceled 10 mass
         < mass canceled 1
         > mass session=0 side=sell
         < 2 canceled 10 mass
         < mass canceled 1
         > mass account=0 side=buy instrument=0
         < 1 canceled 10 mass
         < 5 canceled 10 mass
         < mass canceled 2
         = bids 3 asks"
    ));
}

#[test]
fn empty_scope_reports_none() {
    check(&format!(
        "{MIXED}
         > mass session=2
         < mass canceled 0
         > mass session=9
         < mass canceled 0
         > mass account=9
         < mass canceled 0
         > mass session=0 side=7
         < mass canceled 0
         > mass session=0 instrument=77
         < mass canceled 0
         = bids 5 1 3 asks 2"
    ));
}

#[test]
fn replace_does_not_change_the_order_of_entry() {
    check(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > 2 buy 10 @ 10.00 day
         < 2 new leaves=10
         > 1 replace 20 @ 9.00
         < 1 replaced 20 @ 9.00 leaves=20 priority=lost
         > mass session=0
         < 1 canceled 20 mass
         < 2 canceled 10 mass
         < mass canceled 2",
    );
}

#[test]
fn slot_used_again_is_canceled_once() {
    let mut scenario = Scenario::new(|_| {});
    for _ in 0..50 {
        scenario.run(
            "> 1 buy 10 @ 10.00 day
             < 1 new leaves=10
             > 1 cancel
             < 1 canceled 10 requested",
        );
    }
    scenario.run(
        "> 1 buy 10 @ 10.00 day
         < 1 new leaves=10
         > mass session=0
         < 1 canceled 10 mass
         < mass canceled 1
         > mass account=0
         < mass canceled 0",
    );
}

fn mass_cancel(shard: &Shard) -> Command {
    let mut scenario = Scenario::new(|_| {});
    let Command::MassCancel(cancel) = scenario.command("mass session=0") else {
        panic!("a mass cancel");
    };
    Command::MassCancel(MassCancel {
        origin: Origin {
            ring: RingNumber(shard.last_ring(cancel.origin.gateway).get() + 1),
            ..cancel.origin
        },
        ..cancel
    })
}

#[test]
fn ten_thousand_orders_go_in_bounded_steps() {
    const COUNT: u32 = 10_000;
    let (mut shard, _) = shard_of_bids(COUNT);
    assert_ne!(shard.book_hash(InstrumentId(0)), Some(0));
    let command = next(&shard, mass_cancel(&shard));
    let mut buffer = EventBuffer::new();
    let mut events = Vec::new();
    let mut step_count = 1;
    let mut progress = shard.apply(&command, &mut buffer);
    while progress == Progress::More {
        assert!(buffer.len() <= EVENTS_PER_STEP_MAX);
        events.extend_from_slice(buffer.as_slice());
        buffer.clear();
        progress = shard.resume(&mut buffer);
        step_count += 1;
    }
    events.extend_from_slice(buffer.as_slice());
    assert_eq!(step_count, COUNT as usize / EVENTS_PER_STEP_MAX + 1);
    assert_eq!(events.len(), COUNT as usize + 1);
    for (slot, event) in (0..COUNT).zip(&events) {
        assert_eq!(event.header.index, slot);
        assert!(matches!(event.body, EventBody::Canceled { handle, .. } if handle.slot == slot));
    }
    let last = events.last().map(|event| event.body);
    assert!(
        matches!(last, Some(EventBody::MassCanceled { count: COUNT, .. })),
        "{last:?}"
    );
    assert_eq!(shard.live_order_count(), 0);
    assert_eq!(
        shard.book_hash(InstrumentId(0)),
        Some(0),
        "as before the orders"
    );

    let (mut twin, _) = shard_of_bids(COUNT);
    let command = mass_cancel(&twin);
    assert_eq!(run(&mut twin, command), events);
    assert_eq!(twin.state_hash(), shard.state_hash());
}
