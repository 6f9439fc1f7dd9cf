//! Orders that end when their time has come: the shard agent says so, though nobody trades.

use matchgate_core::domain::{Command, Event, EventBody, Side, TimeInForce};
use matchgate_follower::FollowMode;
use matchgate_runtime::Agent;

use crate::gateway::Gateway;
use crate::venue::{Ground, Venue, is_empty};

/// Where event time begins in a venue of these tests.
const START_NS: u64 = 1_700_000_000_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// Returns an order as one that ends at a time.
fn until(mut command: Command, expire_time_ns: u64) -> Command {
    if let Command::New(order, _) = &mut command {
        order.time_in_force = TimeInForce::Gtd;
        order.terms_given = 1;
        order.terms.expire_time_ns = expire_time_ns;
    }
    command
}

fn is_expired(event: &Event) -> bool {
    matches!(event.body, EventBody::Expired { .. })
}

#[test]
fn good_till_date_order_expires_with_nobody_trading() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    let order = gateway.new_order(0, Side::Buy, 100, 10);
    let deadline_ns = START_NS + 10 * SECOND_NS;
    venue.commands[0]
        .try_push(until(order, deadline_ns))
        .unwrap();
    venue.run();
    venue.time.advance_ns(9 * SECOND_NS);
    assert!(!venue.run()[0].iter().any(is_expired));
    venue.time.advance_ns(SECOND_NS);
    let told = venue.run();
    assert_eq!(told[0].len(), 1);
    assert!(is_expired(&told[0][0]));
    assert!(told[0][0].header.time_ns >= deadline_ns);
    assert_eq!(told[0][0].header.ring_tag, 0);
    assert_eq!(venue.count("expiries"), 1);
    assert_eq!(venue.agent.shard().live_order_count(), 0);
    venue.journal.wait_until_synced();
    let follower = venue.journal.follow(FollowMode::Synced);
    assert_eq!(
        follower.position().state_hash,
        venue.agent.shard().state_hash()
    );
}

#[test]
fn time_comes_before_any_command_of_that_time() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    for place in 0..2 {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        let order = until(order, START_NS + SECOND_NS);
        venue.commands[0].try_push(order).unwrap();
    }
    venue.run();
    // It would take both, had they not expired before it comes.
    let taker = gateway.new_order(2, Side::Sell, 100, 20);
    venue.commands[0].try_push(taker).unwrap();
    venue.time.advance_ns(SECOND_NS);
    venue.agent.poll();
    assert!(is_empty(&venue.commands[0]), "the time, then the order");
    let told = venue.run();
    assert!(told[0][..2].iter().all(is_expired));
    assert!(matches!(told[0][2].body, EventBody::Accepted { .. }));
    assert_eq!(told[0].len(), 3, "nothing is left to trade with");
    assert!(told[0][2].header.time_ns >= told[0][1].header.time_ns);
}

#[test]
fn order_whose_time_came_while_nothing_ran_expires_at_the_next_start() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 8, 1);
    let order = gateway.new_order(0, Side::Buy, 100, 10);
    venue.commands[0]
        .try_push(until(order, START_NS + SECOND_NS))
        .unwrap();
    venue.run();
    venue.journal.wait_until_synced();
    drop(venue);
    let mut venue = Venue::start(&ground, 256);
    assert_eq!(venue.agent.shard().live_order_count(), 1);
    assert!(!venue.run()[0].iter().any(is_expired), "not yet");
    venue.time.advance_ns(2 * SECOND_NS);
    let told = venue.run();
    assert!(matches!(told[0][..], [one] if is_expired(&one)));
    venue.journal.wait_until_synced();
    let hash = venue.agent.shard().state_hash();
    let recovered = venue.journal.follow(FollowMode::Synced);
    assert_eq!(recovered.position().state_hash, hash);
}

#[test]
fn many_that_expire_together_end_in_steps_and_the_clock_never_falls() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 64);
    let mut gateway = Gateway::new(0, 0, 200, 1);
    for place in 0..200 {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        let order = until(order, START_NS + SECOND_NS);
        venue.commands[0].try_push(order).unwrap();
    }
    venue.run();
    let before_ns = venue.agent.shard().last_time_ns();
    venue.time.advance_ns(5 * SECOND_NS);
    let told = venue.run();
    assert_eq!(
        told[0].iter().filter(|event| is_expired(event)).count(),
        200
    );
    let first = told[0][0].header;
    assert!(first.time_ns > before_ns);
    assert!(
        told[0]
            .iter()
            .all(|event| event.header.sequence == first.sequence)
    );
    assert_eq!(venue.count("expiries"), 1);
}

#[test]
fn deadlines_however_dense_keep_no_command_waiting() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 1_024);
    let mut gateway = Gateway::new(0, 0, 128, 1);
    for place in 0..64 {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        let order = until(order, START_NS + SECOND_NS + u64::try_from(place).unwrap());
        venue.commands[0].try_push(order).unwrap();
    }
    venue.run();
    venue.time.advance_ns(SECOND_NS);
    for place in 64..128 {
        let order = gateway.new_order(place, Side::Buy, 90, 10);
        venue.commands[0].try_push(order).unwrap();
        // Another deadline comes before each turn.
        venue.agent.poll();
        assert!(is_empty(&venue.commands[0]), "one time and one order");
        venue.time.advance_ns(1);
    }
    let told = venue.run();
    assert_eq!(told[0].iter().filter(|event| is_expired(event)).count(), 64);
    let times = told[0].windows(2);
    assert!(
        times
            .into_iter()
            .all(|two| two[0].header.time_ns <= two[1].header.time_ns),
        "time never falls"
    );
}
