//! What a sink that asks for it is told of the top of the books.

use std::sync::{Arc, Mutex};

use matchgate_core::domain::{
    Command, ControlNumber, InstrumentId, Phase, Price, Quantity, SetPhase, Side, TimeInForce,
};
use matchgate_follower::publication::{TopLevel, TopOfBook};
use matchgate_follower::top_of_book::TopOfBooks;
use matchgate_follower::{
    Cursor, FollowMode, Follower, FollowerAgent, Publication, PublicationBody, Sink, SinkError,
    SinkHealth,
};
use matchgate_runtime::{Agent, Clock, Counters};

use crate::gateway::Gateway;
use crate::venue::{Ground, Venue};

struct TopSink {
    taken: Arc<Mutex<Vec<Publication>>>,
}

impl Sink for TopSink {
    fn name(&self) -> &str {
        "tops"
    }

    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        Ok(saved.cloned().unwrap_or_default())
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        self.taken
            .lock()
            .expect("no panic")
            .extend_from_slice(batch);
        Ok(())
    }

    fn flush(&mut self) -> Result<u64, SinkError> {
        Ok(0)
    }

    fn health(&self) -> SinkHealth {
        SinkHealth::Healthy
    }

    fn wants_top_of_book(&self) -> bool {
        true
    }
}

fn start(venue: &Venue, ground: &Ground) -> (FollowerAgent, Arc<Mutex<Vec<Publication>>>) {
    let taken = Arc::default();
    let sink = Box::new(TopSink {
        taken: Arc::clone(&taken),
    });
    let journals = vec![venue.journal.followed()];
    let clock = Clock::manual().0;
    let counters = Counters::new();
    let agent = FollowerAgent::with_sink(journals, sink, &ground.cursors(), clock, &counters);
    (agent, taken)
}

fn run(agent: &mut FollowerAgent) {
    agent.poll();
    while agent.poll() > 0 {}
}

/// Returns id and book of each top, without the first two, which tell of the two definitions.
fn tops(taken: &Mutex<Vec<Publication>>) -> Vec<(u64, u32, TopOfBook)> {
    let taken = taken.lock().expect("no panic");
    let tops = taken.iter().filter_map(|one| match &one.body {
        PublicationBody::TopOfBook(top) => Some((one.id.sequence.0, one.id.index, top.clone())),
        PublicationBody::Fill(_) | PublicationBody::Execution(_) => None,
    });
    tops.skip(2).collect()
}

fn level(cents: i64, quantity: u128) -> Option<TopLevel> {
    let price = Price::new(cents * Price::ONE / 100);
    Some(TopLevel { price, quantity })
}

fn send(venue: &mut Venue, command: Command) {
    venue.commands[0].try_push(command).expect("room");
    venue.run();
    venue.journal.wait_until_synced();
}

#[test]
fn change_of_the_best_is_told_once_a_command_with_its_last_event() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let (mut agent, taken) = start(&venue, &ground);
    let sides = |(sequence, index, top): (u64, u32, TopOfBook)| (sequence, index, top.bid, top.ask);
    let last = |taken: &Mutex<Vec<Publication>>| tops(taken).pop().map(sides);
    // Sequences begin at 7, behind the definitions.
    let first = gateway.new_order(0, Side::Buy, 100, 10);
    send(&mut venue, first);
    run(&mut agent);
    assert_eq!(last(&taken), Some((7, 0, level(100, 10), None)));
    let behind = gateway.new_order(1, Side::Buy, 99, 5);
    send(&mut venue, behind);
    run(&mut agent);
    assert_eq!(tops(&taken).len(), 1, "a worse bid changes no top");
    let more = gateway.new_order(2, Side::Buy, 100, 7);
    send(&mut venue, more);
    run(&mut agent);
    assert_eq!(last(&taken), Some((9, 0, level(100, 17), None)));
    // Accepted and two trades; the rest stays as the best offer.
    let sweep = gateway.new_order(3, Side::Sell, 100, 20);
    send(&mut venue, sweep);
    run(&mut agent);
    assert_eq!(last(&taken), Some((10, 2, level(99, 5), level(100, 3))));
    let cancel = gateway.cancel(3);
    send(&mut venue, cancel);
    run(&mut agent);
    assert_eq!(last(&taken), Some((11, 0, level(99, 5), None)));
    let again = gateway.cancel(3);
    send(&mut venue, again);
    run(&mut agent);
    assert_eq!(tops(&taken).len(), 4, "a refusal changes no top");
    let all: Vec<_> = taken.lock().unwrap().iter().map(|one| one.id).collect();
    let is_sorted = all.is_sorted_by_key(|id| (id.sequence, id.index));
    assert!(is_sorted, "a top comes behind what led to it: {all:?}");
}

#[test]
fn change_of_phase_is_told() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let (mut agent, taken) = start(&venue, &ground);
    let halt = Command::SetPhase(SetPhase {
        control: ControlNumber(7),
        instrument: InstrumentId(1),
        phase: Phase::Halt,
        reserved: [0; 3],
    });
    venue.control.try_push(halt).expect("room");
    venue.run();
    venue.journal.wait_until_synced();
    run(&mut agent);
    let told = tops(&taken);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].2.phase, Phase::Halt);
    assert_eq!(told[0].2.product.symbol.as_str(), "BRK.B");
}

/// What one follower over the whole journal says.
fn whole(venue: &Venue) -> Vec<Publication> {
    let mut told = Vec::new();
    let mut tops = TopOfBooks::new();
    let mut follower = Follower::new(venue.journal.followed(), FollowMode::Synced);
    loop {
        let applied = follower.poll(&mut |applied| {
            tops.note(applied, &mut |top| told.push(top));
        });
        tops.end_command(&mut |top| told.push(top));
        if applied.expect("a sound journal") == 0 {
            return told;
        }
    }
}

#[test]
fn tops_of_a_random_flow_are_the_same_over_restarts() {
    let ground = Ground::new();
    // Small rings: mass cancels take several steps.
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 512, 11);
    let mut told = Vec::new();
    for _ in 0..20 {
        let (mut agent, taken) = start(&venue, &ground);
        for _ in 0..100 {
            let command = gateway.any();
            venue.commands[0].try_push(command).expect("room");
            gateway.learn(&venue.run().concat());
        }
        venue.journal.wait_until_synced();
        run(&mut agent);
        agent.close();
        told.append(&mut taken.lock().unwrap());
    }
    told.retain(|one| matches!(one.body, PublicationBody::TopOfBook(_)));
    assert!(told.len() > 100, "{}", told.len());
    assert_eq!(told, whole(&venue));
}

#[test]
fn order_that_comes_to_rest_in_a_step_of_its_own_is_in_the_top() {
    // Somewhere among these counts the last fill ends a step, and the rest is put into the book by
    // a step that says nothing.
    for count in 55_u64..70 {
        let ground = Ground::new();
        let mut venue = Venue::new(&ground, 256);
        let mut gateway = Gateway::new(0, 0, 128, 1);
        let (mut agent, taken) = start(&venue, &ground);
        for place in 0..usize::try_from(count).unwrap() {
            let order = gateway.new_order(place, Side::Sell, 100, 1);
            venue.commands[0].try_push(order).unwrap();
        }
        venue.run();
        let sweep = gateway.new_order(100, Side::Buy, 100, 100);
        send(&mut venue, sweep);
        run(&mut agent);
        let (_, _, last) = tops(&taken).pop().unwrap();
        let open = u128::from(100 - count);
        assert_eq!((last.bid, last.ask), (level(100, open), None), "{count}");
    }
}

#[test]
fn top_shows_what_an_iceberg_displays_and_changes_when_the_best_expires() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let (mut agent, taken) = start(&venue, &ground);
    let mut iceberg = gateway.new_order(0, Side::Sell, 100, 10);
    if let Command::New(order, _) = &mut iceberg {
        order.terms_given = 1;
        order.terms.display_quantity = Quantity::new(4);
        order.terms.expire_time_ns = 1_700_000_010_000_000_000;
        order.time_in_force = TimeInForce::Gtd;
    }
    send(&mut venue, iceberg);
    // All that is displayed, and one of the next part.
    let taker = gateway.new_order(1, Side::Buy, 100, 5);
    send(&mut venue, taker);
    venue.time.advance_ns(10_000_000_000);
    venue.run();
    venue.journal.wait_until_synced();
    run(&mut agent);
    let asks: Vec<_> = tops(&taken).into_iter().map(|(.., top)| top.ask).collect();
    assert_eq!(asks, [level(100, 4), level(100, 3), None]);
}
