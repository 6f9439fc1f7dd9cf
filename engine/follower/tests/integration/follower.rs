//! What followers promise: the state of the live shard, from the journal alone.

use matchgate_core::Shard;
use matchgate_core::domain::{Command, OrderId, SequenceNumber, Side, StateHashCheck};
use matchgate_follower::publication::ExecutionKind;
use matchgate_follower::{
    FollowMode, Follower, FollowerError, Publication, PublicationBody, publish,
};
use matchgate_journal::{Appender, StagingReader};

use crate::gateway::Gateway;
use crate::venue::{
    Ground, Journal, SLOTS_PER_GATEWAY, STAGING_BYTES, Venue, catch_up, definitions,
};

/// Lets both gateways trade at random.
pub(crate) fn trade(venue: &mut Venue, gateways: &mut [Gateway; 2], commands: usize) {
    for number in 0..commands {
        let gateway = number % 2;
        let command = gateways[gateway].any();
        venue.commands[gateway]
            .try_push(command)
            .expect("room in the ring");
        let told = venue.run();
        for (gateway, told) in gateways.iter_mut().zip(&told) {
            gateway.learn(told);
        }
    }
}

pub(crate) fn two_gateways() -> [Gateway; 2] {
    [
        Gateway::new(0, 0, 64, 0x5eed),
        Gateway::new(1, SLOTS_PER_GATEWAY, 64, 0xfeed),
    ]
}

fn assert_same(follower: &Follower, live: &Shard) {
    let followed = follower.state().shard();
    assert_eq!(followed.last_sequence(), live.last_sequence());
    assert_eq!(followed.state_hash(), live.state_hash());
    for (instrument, _) in live.instruments() {
        let hash = live.book_hash(instrument.id);
        assert_eq!(followed.book_hash(instrument.id), hash);
        for side in [Side::Buy, Side::Sell] {
            for order in live.live_orders(instrument.id, side) {
                let record = follower.state().order(order.handle).expect("a record");
                assert_eq!(record.order_id, order.order_id);
                assert_eq!(record.cumulative, order.cumulative);
                assert_eq!(record.leaves, order.leaves);
                assert_eq!(record.price, order.price);
                assert_eq!(record.client_order_id, order.client_order_id);
            }
        }
    }
}

fn append(appender: &mut Appender, command: &Command) -> u64 {
    let (kind, parts) = command.parts();
    let sequence = appender.append(kind as u8, 1, &parts).expect("room");
    appender.set_applied(sequence);
    sequence
}

#[test]
fn synced_follower_has_the_hash_of_the_live_shard() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, 3_000);
    venue.journal.wait_until_synced();
    let mut follower = venue.journal.follow(FollowMode::Synced);
    assert_same(&follower, venue.agent.shard());
    trade(&mut venue, &mut gateways, 1_000);
    venue.journal.wait_until_synced();
    catch_up(&mut follower);
    assert_same(&follower, venue.agent.shard());
}

#[test]
fn applied_follower_has_the_hash_of_the_live_shard_though_it_was_lapped() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, 200);
    let mut follower = venue.journal.follow(FollowMode::Applied);
    assert_same(&follower, venue.agent.shard());
    let stands_at = follower.position().sequence.0;
    // A record has at least 72 bytes, so the log is written over more than once.
    let commands = 2 * usize::try_from(STAGING_BYTES).unwrap() / 72;
    trade(&mut venue, &mut gateways, commands);
    venue.journal.wait_until_synced();
    assert!(StagingReader::open(&venue.journal.marks, stands_at + 1).is_err());
    catch_up(&mut follower);
    assert_same(&follower, venue.agent.shard());
    trade(&mut venue, &mut gateways, 200);
    catch_up(&mut follower);
    assert_same(&follower, venue.agent.shard());
}

#[test]
fn synced_follower_sees_nothing_that_is_not_on_disk() {
    let ground = Ground::new();
    let (journal, mut appender) = Journal::open_without_writer(&ground);
    for command in definitions() {
        append(&mut appender, &command);
    }
    let synced = journal.follow(FollowMode::Synced);
    assert_eq!(synced.position().sequence, SequenceNumber(0));
    let applied = journal.follow(FollowMode::Applied);
    assert_eq!(applied.position().sequence, SequenceNumber(6));
}

#[test]
fn applied_follower_stays_behind_the_applied_mark() {
    let ground = Ground::new();
    let (journal, mut appender) = Journal::open_without_writer(&ground);
    for command in definitions() {
        let (kind, parts) = command.parts();
        appender.append(kind as u8, 1, &parts).unwrap();
    }
    appender.set_applied(4);
    let mut follower = journal.follow(FollowMode::Applied);
    assert_eq!(follower.position().sequence, SequenceNumber(4));
    appender.set_applied(6);
    catch_up(&mut follower);
    assert_eq!(follower.position().sequence, SequenceNumber(6));
}

#[test]
fn wrong_hash_in_the_journal_stops_follower_and_recovery_at_its_sequence() {
    let ground = Ground::new();
    let (mut journal, mut appender) = Journal::open(&ground);
    for command in definitions() {
        append(&mut appender, &command);
    }
    let wrong = Command::StateHash(StateHashCheck { hash: [3, 4] });
    let sequence = append(&mut appender, &wrong);
    journal.wait_until_synced();
    let mut follower = Follower::new(journal.followed(), FollowMode::Synced);
    let outcome = follower.poll(&mut |_| {});
    assert!(matches!(
        outcome,
        Err(FollowerError::HashMismatch { sequence: at, expected, .. })
            if at.0 == sequence && expected == 3 | 4 << 64
    ));
    journal.last_sequence = SequenceNumber(sequence);
    assert!(matches!(
        journal.recover(),
        Err(FollowerError::HashMismatch { sequence: at, .. }) if at.0 == sequence
    ));
}

#[test]
fn record_that_is_no_command_stops_the_follower_at_its_sequence() {
    let ground = Ground::new();
    let (journal, mut appender) = Journal::open(&ground);
    append(&mut appender, &definitions()[0]);
    appender.append(200, 1, &[b"what is this"]).unwrap();
    journal.wait_until_synced();
    let mut follower = Follower::new(journal.followed(), FollowMode::Synced);
    assert!(matches!(
        follower.poll(&mut |_| {}),
        Err(FollowerError::Command { sequence, .. }) if sequence.0 == 2
    ));
}

/// Returns all that is published of what the venue did.
fn publications(venue: &Venue) -> Vec<Publication> {
    venue.journal.wait_until_synced();
    let mut follower = Follower::new(venue.journal.followed(), FollowMode::Synced);
    let mut all = Vec::new();
    while follower
        .poll(&mut |applied| publish(applied, &mut all))
        .expect("a sound journal")
        > 0
    {}
    all
}

#[test]
fn trade_is_published_as_one_fill_and_two_executions_of_one_id() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let [mut first, mut second] = two_gateways();
    let resting = first.new_order(0, Side::Buy, 10_125, 10);
    venue.commands[0].try_push(resting).unwrap();
    venue.run();
    let aggressor = second.new_order(0, Side::Sell, 10_125, 4);
    venue.commands[1].try_push(aggressor).unwrap();
    venue.run();
    let all = publications(&venue);
    let [accepted, _, fill, taking, giving] = &all[..] else {
        panic!("{all:#?}");
    };
    assert!(matches!(
        &accepted.body,
        PublicationBody::Execution(execution) if execution.kind == ExecutionKind::Accepted
    ));
    assert_eq!((fill.id, taking.id), (taking.id, giving.id));
    let PublicationBody::Fill(fill) = &fill.body else {
        panic!("{fill:?}");
    };
    assert_eq!(fill.product.symbol.as_str(), "ABC");
    assert_eq!(fill.aggressor_side, Side::Sell);
    assert_eq!(fill.aggressor.account.as_str(), "beta");
    assert_eq!(fill.resting.account.as_str(), "alpha");
    assert_eq!(fill.resting.client_order_id.as_str(), "g0-1");
    assert_eq!(fill.quantity.get(), 4);
    let leaves = [taking, giving].map(|publication| match &publication.body {
        PublicationBody::Execution(execution) => (
            execution.cumulative.get(),
            execution.leaves.get(),
            execution.party.order_id != OrderId::NONE,
        ),
        PublicationBody::Fill(_) | PublicationBody::TopOfBook(_) => panic!("{publication:?}"),
    });
    assert_eq!(leaves, [(4, 0, true), (4, 6, true)]);
}

#[test]
fn refused_order_is_published_without_touching_the_live_order_of_its_slot() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let [mut first, _] = two_gateways();
    let order = first.new_order(0, Side::Buy, 100, 10);
    venue.commands[0].try_push(order).unwrap();
    // The same slot again, with a higher generation, while the first order lives.
    let intruder = first.new_order(0, Side::Buy, 101, 7);
    venue.commands[0].try_push(intruder).unwrap();
    venue.run();
    let all = publications(&venue);
    let [_, rejected] = &all[..] else {
        panic!("{all:#?}");
    };
    let PublicationBody::Execution(rejected) = &rejected.body else {
        panic!("{rejected:?}");
    };
    assert!(matches!(rejected.kind, ExecutionKind::Rejected(_)));
    assert_eq!(rejected.party.client_order_id.as_str(), "g0-2");
    assert_eq!(rejected.party.order_id, OrderId::NONE);
    let follower = venue.journal.follow(FollowMode::Synced);
    assert_same(&follower, venue.agent.shard());
}

#[test]
fn publications_of_a_random_flow_add_up() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    trade(&mut venue, &mut two_gateways(), 3_000);
    let mut filled = 0;
    let mut executed = 0;
    for publication in publications(&venue) {
        match publication.body {
            PublicationBody::Fill(fill) => filled += fill.quantity.get(),
            PublicationBody::Execution(execution) => {
                if let ExecutionKind::Traded { last_quantity, .. } = execution.kind {
                    executed += last_quantity.get();
                }
                let sum = execution.cumulative.get() + execution.leaves.get();
                assert!(sum == execution.order_quantity.get() || execution.leaves.is_zero());
            }
            PublicationBody::TopOfBook(_) => panic!("nobody asked for it"),
        }
    }
    assert!(filled > 0);
    assert_eq!(executed, 2 * filled);
}
