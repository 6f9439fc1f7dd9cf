//! What the shard agent promises.

use matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX;
use matchgate_core::domain::{
    CancelReason, Command, Event, EventBody, MassCancelScope, OrderType, Price, SequenceNumber,
    Side,
};
use matchgate_follower::shard_agent::COMMANDS_PER_POLL_MAX;
use matchgate_journal::{SegmentReader, StagingReader};
use matchgate_runtime::Agent;

use crate::gateway::Gateway;
use crate::venue::{Ground, SLOTS_PER_GATEWAY, Venue, definitions};

const MANY: usize = 10_000;

fn canceled(events: &[Event]) -> usize {
    events
        .iter()
        .filter(|event| {
            matches!(
                event.body,
                EventBody::Canceled {
                    reason: CancelReason::MassCancel,
                    ..
                }
            )
        })
        .count()
}

#[test]
fn mass_cancel_of_ten_thousand_orders_ends_on_one_thread() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, EVENTS_PER_STEP_MAX);
    let mut gateway = Gateway::new(0, 0, MANY, 1);
    let mut accepted = 0;
    for place in 0..MANY {
        let price = 1 + i64::try_from(place % 500).unwrap();
        let order = gateway.new_order(place, Side::Buy, price, 10);
        venue.commands[0].try_push(order).unwrap();
        accepted += venue.run()[0].len();
    }
    assert_eq!(accepted, MANY);
    assert_eq!(venue.agent.shard().live_order_count(), 10_000);
    venue.commands[0].try_push(gateway.mass_cancel()).unwrap();
    let told = venue.run();
    assert_eq!(canceled(&told[0]), MANY);
    assert!(matches!(
        told[0].last().unwrap().body,
        EventBody::MassCanceled { count: 10_000, .. }
    ));
    let sequence = told[0][0].header.sequence;
    for (index, event) in told[0].iter().enumerate() {
        assert_eq!(event.header.sequence, sequence);
        assert_eq!(usize::try_from(event.header.index).unwrap(), index);
    }
    assert_eq!(venue.agent.shard().live_order_count(), 0);
    assert_eq!(venue.journal.marks.applied(), sequence.0);
}

#[test]
fn applied_mark_waits_for_the_last_step_and_nothing_else_is_taken_meanwhile() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, EVENTS_PER_STEP_MAX);
    let mut gateway = Gateway::new(0, 0, 200, 1);
    for place in 0..200 {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        venue.commands[0].try_push(order).unwrap();
    }
    venue.run();
    venue.commands[0].try_push(gateway.mass_cancel()).unwrap();
    let behind = gateway.new_order(0, Side::Buy, 100, 10);
    venue.commands[0].try_push(behind).unwrap();
    let applied = venue.journal.marks.applied();
    // Nobody empties the ring: one step fits, then nothing moves any more.
    while venue.agent.poll() > 0 {}
    assert_eq!(venue.events[0].len(), EVENTS_PER_STEP_MAX);
    assert_eq!(venue.journal.marks.applied(), applied);
    assert_eq!(venue.journal.marks.written(), applied + 1);
    let told = venue.run();
    assert_eq!(canceled(&told[0]), 200);
    assert!(matches!(
        told[0].last().unwrap().body,
        EventBody::Accepted { .. }
    ));
    assert_eq!(venue.journal.marks.applied(), applied + 2);
}

#[test]
fn nothing_is_taken_while_any_gateway_does_not_empty_its_ring() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, EVENTS_PER_STEP_MAX);
    let mut first = Gateway::new(0, 0, 2, 1);
    let mut second = Gateway::new(1, SLOTS_PER_GATEWAY, 2, 2);
    venue.commands[1]
        .try_push(second.new_order(0, Side::Buy, 100, 10))
        .unwrap();
    while venue.agent.poll() > 0 {}
    venue.commands[0]
        .try_push(first.new_order(0, Side::Buy, 100, 10))
        .unwrap();
    assert_eq!(venue.agent.poll(), 0);
    assert!(venue.count("waits_for_ring") > 0);
    let told = venue.run();
    assert_eq!((told[0].len(), told[1].len()), (1, 1));
}

#[test]
fn event_of_another_gateways_command_has_no_ring_tag() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut first = Gateway::new(0, 0, 2, 1);
    let mut second = Gateway::new(1, SLOTS_PER_GATEWAY, 2, 2);
    venue.commands[0]
        .try_push(first.new_order(0, Side::Sell, 100, 10))
        .unwrap();
    let mut stop = first.new_order(1, Side::Buy, 0, 3);
    if let Command::New(order, _) = &mut stop {
        order.order_type = OrderType::Stop;
        order.terms_given = 1;
        order.terms.stop_price = Price::new(Price::ONE);
    }
    venue.commands[0].try_push(stop).unwrap();
    let told = venue.run();
    assert!(told[0].iter().all(|event| event.header.ring_tag != 0));
    // Its trade releases the other one's stop order, which trades with the other one's too.
    venue.commands[1]
        .try_push(second.new_order(0, Side::Buy, 100, 4))
        .unwrap();
    let told = venue.run();
    assert_eq!((told[0].len(), told[1].len()), (3, 2));
    assert!(matches!(told[0][1].body, EventBody::Triggered { .. }));
    assert!(told[0].iter().all(|event| event.header.ring_tag == 0));
    assert!(told[1].iter().all(|event| event.header.ring_tag == 1));
}

#[test]
fn trade_is_told_to_the_gateways_of_both_orders() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut first = Gateway::new(0, 0, 2, 1);
    let mut second = Gateway::new(1, SLOTS_PER_GATEWAY, 2, 2);
    venue.commands[0]
        .try_push(first.new_order(0, Side::Buy, 100, 10))
        .unwrap();
    venue.run();
    venue.commands[1]
        .try_push(second.new_order(0, Side::Sell, 100, 4))
        .unwrap();
    let told = venue.run();
    assert!(matches!(
        told[0][..],
        [Event {
            body: EventBody::Traded { .. },
            ..
        }]
    ));
    assert_eq!(told[1].len(), 2, "accepted and traded");
    let (resting, taking) = (told[0][0], told[1][1]);
    assert_eq!(resting.body, taking.body);
    assert_eq!((resting.header.ring_tag, taking.header.ring_tag), (0, 1));
}

#[test]
fn command_that_the_journal_has_is_not_journaled_again() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 2, 1);
    let order = gateway.new_order(0, Side::Buy, 100, 10);
    venue.commands[0].try_push(order).unwrap();
    venue.run();
    let written = venue.journal.marks.written();
    venue.commands[0].try_push(order).unwrap();
    for definition in definitions() {
        venue.control.try_push(definition).unwrap();
    }
    let told = venue.run();
    assert!(told[0].is_empty());
    assert_eq!(venue.journal.marks.written(), written);
    assert_eq!(venue.count("repeats"), 7);
}

#[test]
fn state_hash_is_journaled_once_a_second_of_activity() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    let hashes_before = venue.count("hash_records");
    for place in 0..3 {
        venue.time.advance_ns(1_000_000_000);
        venue.run();
        venue.commands[0]
            .try_push(gateway.new_order(place, Side::Buy, 100, 10))
            .unwrap();
        venue.run();
    }
    venue.time.advance_ns(1_000_000_000);
    venue.run();
    let hashes = venue.count("hash_records");
    assert_eq!(
        hashes - hashes_before,
        4,
        "one for the definitions, three for the orders"
    );
    venue.time.advance_ns(10_000_000_000);
    venue.run();
    assert_eq!(
        venue.count("hash_records"),
        hashes,
        "nothing happened since"
    );
}

#[test]
fn time_never_falls_over_a_restart_with_a_wall_clock_behind() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    venue.time.advance_ns(3_600_000_000_000);
    venue.commands[0]
        .try_push(gateway.new_order(0, Side::Buy, 100, 10))
        .unwrap();
    let time_ns = venue.run()[0][0].header.time_ns;
    venue.journal.wait_until_synced();
    drop(venue);
    // The clock of a new venue starts an hour earlier.
    let mut venue = Venue::start(&ground, 256);
    venue.commands[0]
        .try_push(gateway.new_order(1, Side::Buy, 100, 10))
        .unwrap();
    assert_eq!(venue.run()[0][0].header.time_ns, time_ns + 1);
}

#[test]
fn counter_says_how_far_the_clock_is_behind_the_journal() {
    const HOUR_NS: u64 = 3_600_000_000_000;
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    let mut enter = |venue: &mut Venue, place| {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        venue.commands[0].try_push(order).unwrap();
        venue.run();
        venue.count("clock_behind_ns")
    };
    assert_eq!(venue.count("clock_behind_ns"), 0);
    venue.time.advance_ns(HOUR_NS);
    assert_eq!(enter(&mut venue, 0), 0);
    venue.journal.wait_until_synced();
    drop(venue);
    // The clock of a new venue starts an hour earlier; what is stamped meanwhile is one later.
    let mut venue = Venue::start(&ground, 256);
    assert_eq!(venue.count("clock_behind_ns"), HOUR_NS);
    venue.time.advance_ns(HOUR_NS - 1_000);
    assert_eq!(enter(&mut venue, 1), 1_001);
    venue.time.advance_ns(1_001);
    assert_eq!(enter(&mut venue, 2), 0);
}

#[test]
fn killed_shard_comes_back_with_the_same_state() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 99);
    for _ in 0..500 {
        let command = gateway.any();
        venue.commands[0].try_push(command).unwrap();
        let told = venue.run();
        gateway.learn(&told[0]);
    }
    let (hash, sequence) = (
        venue.agent.shard().state_hash(),
        venue.agent.shard().last_sequence(),
    );
    drop(venue);
    let venue = Venue::start(&ground, 256);
    assert_eq!(venue.agent.shard().last_sequence(), sequence);
    assert_eq!(venue.agent.shard().state_hash(), hash);
}

#[test]
fn commands_left_in_the_rings_are_taken_at_close() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    for place in 0..64 {
        venue.commands[0]
            .try_push(gateway.new_order(place, Side::Buy, 100, 10))
            .unwrap();
    }
    venue.agent.close();
    assert_eq!(venue.agent.shard().live_order_count(), 64);
}

#[test]
fn every_command_stands_in_staging_log_and_segments_with_its_sequence() {
    let ground = Ground::new();
    let venue = Venue::new(&ground, 256);
    venue.journal.wait_until_synced();
    let mut staging = StagingReader::open(&venue.journal.marks, 1).unwrap();
    let mut segments = SegmentReader::open(&venue.journal.segments(), 1).unwrap();
    let mut body = Vec::new();
    for sequence in 1..=6 {
        let header = staging.next(&mut body).unwrap().unwrap();
        let record = segments.next_record(u64::MAX).unwrap().unwrap();
        assert_eq!(header.sequence, sequence);
        assert_eq!((record.header, record.body), (header, &body[..]));
    }
    assert_eq!(venue.agent.shard().last_sequence(), SequenceNumber(6));
}

#[test]
fn report_that_waits_for_the_disk_asks_the_writer_to_hurry() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    let asked = |venue: &mut Venue, order| {
        venue.commands[0].try_push(order).unwrap();
        let sequence = venue.run()[0][0].header.sequence.0;
        venue.journal.marks.wanted() == sequence
    };
    // Every third request of the stand-in is of the synced class.
    let first = gateway.new_order(0, Side::Buy, 100, 10);
    assert!(!asked(&mut venue, first));
    let second = gateway.new_order(1, Side::Buy, 100, 10);
    assert!(!asked(&mut venue, second));
    let third = gateway.new_order(2, Side::Buy, 100, 10);
    assert!(asked(&mut venue, third));
}

#[test]
fn gateway_that_floods_its_ring_does_not_starve_another() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 1_024);
    let mut flooding = Gateway::new(0, 0, 512, 1);
    let mut modest = Gateway::new(1, SLOTS_PER_GATEWAY, 2, 2);
    for place in 0..512 {
        let order = flooding.new_order(place, Side::Buy, 100, 10);
        venue.commands[0].try_push(order).unwrap();
    }
    let order = modest.new_order(0, Side::Buy, 100, 10);
    venue.commands[1].try_push(order).unwrap();
    assert_eq!(venue.agent.poll(), COMMANDS_PER_POLL_MAX);
    assert_eq!(venue.events[1].len(), 1);
}

#[test]
fn mass_cancel_by_account_tells_the_owner_of_each_order_and_answers_who_asked() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut owner = Gateway::new(0, 0, 8, 1);
    let mut asking = Gateway::new(1, SLOTS_PER_GATEWAY, 2, 2);
    for place in 0..8 {
        let order = owner.new_order(place, Side::Buy, 100, 10);
        venue.commands[0].try_push(order).unwrap();
    }
    venue.run();
    let mut command = asking.mass_cancel();
    if let Command::MassCancel(cancel) = &mut command {
        cancel.scope = MassCancelScope::Account;
    }
    venue.commands[1].try_push(command).unwrap();
    let told = venue.run();
    assert_eq!((canceled(&told[0]), told[0].len()), (8, 8));
    assert!(matches!(
        told[1][..],
        [Event {
            body: EventBody::MassCanceled { count: 8, .. },
            ..
        }]
    ));
}
