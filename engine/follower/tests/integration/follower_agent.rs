//! What the follower agent promises its sink and those who look at its shards.

use std::sync::{Arc, Mutex};

use matchgate_core::domain::{Command, EventId, SequenceNumber, Side, StateHashCheck, Symbol};
use matchgate_follower::follower_agent::{CURSOR_INTERVAL_NS, RETRY_MIN_NS};
use matchgate_follower::{
    Cursor, CursorFile, FollowerAgent, Publication, ShardCursor, Sink, SinkError, SinkHealth,
};
use matchgate_runtime::{Agent, Clock, Counters, ManualTime};

use crate::gateway::Gateway;
use crate::venue::{Ground, Journal, SHARD, Venue};

/// What a test sees of its sink.
#[derive(Default)]
struct Seen {
    ids: Vec<EventId>,
    flushed: usize,
    refuse: Option<SinkError>,
    notices: Vec<String>,
    tended: usize,
}

struct TestSink {
    name: &'static str,
    seen: Arc<Mutex<Seen>>,
}

impl Sink for TestSink {
    fn name(&self) -> &str {
        self.name
    }

    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        let cursor = saved.cloned().unwrap_or_default();
        // What was not flushed is gone, as in a file that is cut off.
        let kept = usize::try_from(cursor.mark).expect("a small mark");
        self.seen.lock().expect("no panic").ids.truncate(kept);
        Ok(cursor)
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        let mut seen = self.seen.lock().expect("no panic");
        if let Some(refusal) = &seen.refuse {
            return Err(refusal.clone());
        }
        seen.ids.extend(batch.iter().map(|one| one.id));
        Ok(())
    }

    fn flush(&mut self) -> Result<u64, SinkError> {
        let mut seen = self.seen.lock().expect("no panic");
        seen.flushed = seen.ids.len();
        Ok(u64::try_from(seen.flushed).expect("a small number"))
    }

    fn tend(&mut self) -> Result<(), SinkError> {
        let mut seen = self.seen.lock().expect("no panic");
        seen.tended += 1;
        match &seen.refuse {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(()),
        }
    }

    fn health(&self) -> SinkHealth {
        SinkHealth::Healthy
    }

    fn take_notice(&mut self) -> Option<String> {
        self.seen.lock().expect("no panic").notices.pop()
    }
}

struct Publishing {
    agent: FollowerAgent,
    time: ManualTime,
    seen: Arc<Mutex<Seen>>,
}

impl Publishing {
    fn start(venue: &Venue, ground: &Ground, name: &'static str, seen: &Arc<Mutex<Seen>>) -> Self {
        let (clock, time) = Clock::manual();
        let sink = Box::new(TestSink {
            name,
            seen: Arc::clone(seen),
        });
        let journals = vec![venue.journal.followed()];
        let cursors = ground.cursors();
        let agent = FollowerAgent::with_sink(journals, sink, &cursors, clock, &Counters::new());
        Self {
            agent,
            time,
            seen: Arc::clone(seen),
        }
    }

    fn run(&mut self) {
        while self.agent.poll() > 0 {}
    }

    fn ids(&self) -> Vec<EventId> {
        self.seen.lock().expect("no panic").ids.clone()
    }

    fn refuse(&self, refusal: Option<SinkError>) {
        self.seen.lock().expect("no panic").refuse = refusal;
    }
}

/// Enters `count` orders from slot `first` on and waits until they are on disk.
fn enter(venue: &mut Venue, gateway: &mut Gateway, first: usize, count: usize) {
    for place in first..first + count {
        let order = gateway.new_order(place, Side::Buy, 100, 10);
        venue.commands[0].try_push(order).expect("room in the ring");
        venue.run();
    }
    venue.journal.wait_until_synced();
}

fn sequences(ids: &[EventId]) -> Vec<u64> {
    ids.iter().map(|id| id.sequence.0).collect()
}

#[test]
fn sink_goes_on_after_a_restart_without_gap_or_repeat() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let seen = Arc::default();
    enter(&mut venue, &mut gateway, 0, 10);
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    publishing.agent.close();
    drop(publishing);
    enter(&mut venue, &mut gateway, 10, 10);
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    let expected: Vec<u64> = (7..27).collect();
    assert_eq!(sequences(&publishing.ids()), expected);
}

#[test]
fn killed_sink_gets_again_only_what_its_cursor_does_not_cover() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let seen = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    enter(&mut venue, &mut gateway, 0, 5);
    publishing.time.advance_ns(CURSOR_INTERVAL_NS);
    publishing.run();
    assert_eq!(publishing.seen.lock().unwrap().flushed, 5);
    enter(&mut venue, &mut gateway, 5, 5);
    publishing.run();
    assert_eq!(publishing.ids().len(), 10);
    assert_eq!(publishing.seen.lock().unwrap().flushed, 5);
    drop(publishing);
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.agent.poll();
    publishing.run();
    let expected: Vec<u64> = (7..17).collect();
    assert_eq!(sequences(&publishing.ids()), expected);
}

#[test]
fn unavailable_sink_gets_the_same_batch_later_and_slows_no_other() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let (one, other) = (Arc::default(), Arc::default());
    let mut dead = Publishing::start(&venue, &ground, "dead", &one);
    let mut quick = Publishing::start(&venue, &ground, "quick", &other);
    dead.run();
    dead.refuse(Some(SinkError::Unavailable("no disk".to_owned())));
    enter(&mut venue, &mut gateway, 0, 5);
    dead.run();
    quick.run();
    assert_eq!(quick.ids().len(), 5);
    assert_eq!(dead.ids().len(), 0);
    assert_eq!(
        dead.agent.health().get(),
        SinkHealth::Waiting("no disk".to_owned())
    );
    dead.refuse(None);
    dead.run();
    assert_eq!(dead.ids().len(), 0, "not before the wait is over");
    dead.time.advance_ns(RETRY_MIN_NS);
    enter(&mut venue, &mut gateway, 5, 1);
    dead.run();
    let expected: Vec<u64> = (7..13).collect();
    assert_eq!(sequences(&dead.ids()), expected);
    assert_eq!(dead.agent.health().get(), SinkHealth::Healthy);
}

#[test]
fn sink_that_stopped_is_not_asked_again_and_keeps_its_cursor() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let seen = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    publishing.refuse(Some(SinkError::Stopped("foreign".to_owned())));
    enter(&mut venue, &mut gateway, 0, 2);
    publishing.run();
    publishing.refuse(None);
    publishing.time.advance_ns(10 * CURSOR_INTERVAL_NS);
    publishing.run();
    publishing.agent.close();
    assert_eq!(
        publishing.agent.health().get(),
        SinkHealth::Stopped("foreign".to_owned())
    );
    assert_eq!(publishing.ids().len(), 0);
    drop(publishing);
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    assert_eq!(publishing.ids().len(), 2);
}

#[test]
fn sink_that_lost_what_it_took_gets_all_again_from_the_cursor_it_gives() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let seen = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    enter(&mut venue, &mut gateway, 0, 5);
    publishing.time.advance_ns(CURSOR_INTERVAL_NS);
    publishing.run();
    enter(&mut venue, &mut gateway, 5, 5);
    publishing.run();
    assert_eq!(publishing.ids().len(), 10);
    let lost = SinkError::Lost("recreated".to_owned());
    publishing.refuse(Some(lost));
    // Without a batch: it learns of it by itself.
    publishing.run();
    assert_eq!(
        publishing.agent.health().get(),
        SinkHealth::Waiting("recreated".to_owned())
    );
    assert_eq!(publishing.agent.health().take_notices(), ["recreated"]);
    assert!(publishing.agent.health().take_notices().is_empty());
    publishing.refuse(None);
    publishing.time.advance_ns(RETRY_MIN_NS);
    publishing.run();
    // Ready again from the saved cursor, it goes on with the five that were not in it.
    assert_eq!(publishing.agent.health().get(), SinkHealth::Healthy);
    enter(&mut venue, &mut gateway, 10, 1);
    publishing.run();
    let expected: Vec<u64> = (7..18).collect();
    assert_eq!(sequences(&publishing.ids()), expected);
}

#[test]
fn notice_of_a_sink_is_told_once() {
    let ground = Ground::new();
    let venue = Venue::new(&ground, 256);
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    seen.lock().unwrap().notices.push("filled anew".to_owned());
    publishing.agent.poll();
    let health = publishing.agent.health();
    assert_eq!(health.take_notices(), ["filled anew"]);
    publishing.agent.poll();
    assert!(health.take_notices().is_empty());
}

#[test]
fn sink_without_a_batch_is_tended_in_every_turn() {
    let ground = Ground::new();
    let venue = Venue::new(&ground, 256);
    venue.journal.wait_until_synced();
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    let before = seen.lock().unwrap().tended;
    publishing.agent.poll();
    publishing.agent.poll();
    assert_eq!(seen.lock().unwrap().tended, before + 2);
}

#[test]
fn cursor_inside_a_command_moves_to_its_end() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    enter(&mut venue, &mut gateway, 0, 3);
    let sweep = gateway.new_order(10, Side::Sell, 100, 30);
    venue.commands[0].try_push(sweep).unwrap();
    venue.run();
    venue.journal.wait_until_synced();
    // Three orders from 7 on, then the sweep: accepted, traded, traded, traded.
    let mut inside = Cursor::start();
    inside.advance(ShardCursor {
        shard: SHARD,
        epoch: matchgate_core::domain::Epoch(1),
        sequence: SequenceNumber(10),
        index: 1,
    });
    let file = CursorFile::new(&ground.cursors(), "test");
    file.save(&inside).unwrap();
    let seen = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    publishing.agent.close();
    let indices: Vec<u32> = publishing.ids().iter().map(|id| id.index).collect();
    assert_eq!(indices, [2, 2, 2, 3, 3, 3]);
    let saved = file.load().unwrap().unwrap();
    assert_eq!(saved.shard(SHARD).unwrap().index, 3);
}

#[test]
fn cursor_beyond_the_journal_stops_the_sink() {
    let ground = Ground::new();
    let venue = Venue::new(&ground, 256);
    venue.journal.wait_until_synced();
    let mut cursor = Cursor::start();
    cursor.advance(ShardCursor {
        shard: SHARD,
        epoch: matchgate_core::domain::Epoch(1),
        sequence: SequenceNumber(1_000),
        index: 0,
    });
    CursorFile::new(&ground.cursors(), "test")
        .save(&cursor)
        .unwrap();
    let seen = Arc::default();
    let mut publishing = Publishing::start(&venue, &ground, "test", &seen);
    publishing.run();
    let health = publishing.agent.health().get();
    assert!(
        matches!(&health, SinkHealth::Stopped(reason) if reason.contains("1000")),
        "{health:?}"
    );
}

#[test]
fn state_hash_that_disagrees_stops_the_agent() {
    let ground = Ground::new();
    let (journal, mut appender) = Journal::open(&ground);
    let wrong = Command::StateHash(StateHashCheck { hash: [3, 4] });
    let (kind, parts) = wrong.parts();
    appender.append(kind as u8, 1, &parts).unwrap();
    journal.marks.request_sync(1);
    journal.wait_until_synced();
    let clock = Clock::manual().0;
    let mut agent = FollowerAgent::new(vec![journal.followed()], clock, &Counters::new());
    agent.poll();
    let health = agent.health().get();
    assert!(
        matches!(&health, SinkHealth::Stopped(reason) if reason.contains("state hash at 1 is")),
        "{health:?}"
    );
}

#[test]
fn view_answers_from_what_is_synced() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateway = Gateway::new(0, 0, 64, 1);
    let mut agent = FollowerAgent::new(
        vec![venue.journal.followed()],
        Clock::manual().0,
        &Counters::new(),
    );
    let view = agent.view();
    let symbol = Symbol::new(b"ABC").unwrap();
    assert_eq!(view.book(&symbol, 5), None);
    enter(&mut venue, &mut gateway, 0, 3);
    let better = gateway.new_order(3, Side::Buy, 101, 7);
    venue.commands[0].try_push(better).unwrap();
    venue.run();
    venue.journal.wait_until_synced();
    while agent.poll() > 0 {}
    let live = venue.agent.shard();
    let position = view.position(SHARD).unwrap();
    assert_eq!(position.sequence, live.last_sequence());
    assert_eq!(position.state_hash, live.state_hash());
    assert_eq!(position.live_orders, 4);
    assert_eq!(view.positions(), [position]);
    let book = view.book(&symbol, 1).unwrap();
    let top = book.bids[0];
    assert_eq!((book.bids.len(), book.asks.len()), (1, 0));
    assert_eq!((top.quantity, top.order_count), (7, 1));
    assert_eq!(view.book_hash(&symbol), Some(book.book_hash));
    let instruments = view.instruments();
    assert_eq!(instruments.len(), 2);
    assert_eq!(instruments[0].book_hash, book.book_hash);
    assert_eq!(view.book(&Symbol::new(b"NONE").unwrap(), 1), None);
}
