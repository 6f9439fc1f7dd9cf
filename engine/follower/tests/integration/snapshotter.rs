//! What the snapshotter promises: snapshots when they are due, of what is on disk, and that its
//! failures are nobody else's.

use std::io::ErrorKind;
use std::sync::Arc;

use matchgate_core::domain::{Command, SequenceNumber, StateHashCheck};
use matchgate_follower::snapshot::{SNAPSHOT_INTERVAL_COMMANDS, SNAPSHOT_INTERVAL_NS};
use matchgate_follower::{
    FollowedJournal, HealthHandle, SinkHealth, SnapshotFolder, SnapshotInterval, Snapshotter,
};
use matchgate_journal::{Fault, Loss, Operation, SimulatedDisk, Storage};
use matchgate_runtime::{Agent, Clock, Counters, ManualTime};

use crate::follower::{trade, two_gateways};
use crate::gateway::Gateway;
use crate::snapshot_support::{EPOCH, Written, assert_same};
use crate::venue::{Ground, Journal, Venue, definitions};

const INTERVAL: SnapshotInterval = SnapshotInterval {
    time_ns: 1_000,
    commands: 100,
};

/// A snapshotter of a venue's journal, with a clock of its own.
struct Saving {
    agent: Snapshotter,
    folder: SnapshotFolder,
    time: ManualTime,
    counters: Counters,
    health: HealthHandle,
}

impl Saving {
    fn start(journal: &Journal, interval: SnapshotInterval) -> Self {
        Self::on(journal, journal.snapshots(), interval)
    }

    fn on(journal: &Journal, folder: SnapshotFolder, interval: SnapshotInterval) -> Self {
        Self::of(journal.followed(), folder, interval)
    }

    fn of(journal: FollowedJournal, folder: SnapshotFolder, interval: SnapshotInterval) -> Self {
        let (clock, time) = Clock::manual();
        let counters = Counters::new();
        let agent = Snapshotter::new(journal, folder.clone(), interval, clock, &counters);
        let health = agent.health();
        Self {
            agent,
            folder,
            time,
            counters,
            health,
        }
    }

    fn run(&mut self) {
        while self.agent.poll() > 0 {}
    }

    fn count(&self, what: &str) -> u64 {
        let label = format!("snapshots_0_{what}");
        self.counters.sampler().get(&label).expect("such a counter")
    }

    fn files(&self) -> Vec<u64> {
        let list = self.folder.list().expect("a folder that can be read");
        list.iter().map(|sequence| sequence.0).collect()
    }
}

/// A venue in which `commands` were entered, all of it on disk.
fn traded(ground: &Ground, commands: usize) -> (Venue, [Gateway; 2]) {
    let mut venue = Venue::new(ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, commands);
    venue.journal.wait_until_synced();
    (venue, gateways)
}

#[test]
fn named_intervals_are_a_minute_and_five_million_commands() {
    assert_eq!(SNAPSHOT_INTERVAL_NS, 60 * 1_000_000_000);
    assert_eq!(SNAPSHOT_INTERVAL_COMMANDS, 5_000_000);
    let interval = SnapshotInterval::default();
    assert_eq!(interval.time_ns, SNAPSHOT_INTERVAL_NS);
    assert_eq!(interval.commands, SNAPSHOT_INTERVAL_COMMANDS);
}

#[test]
fn snapshot_is_due_after_so_many_commands_and_three_are_kept() {
    let ground = Ground::new();
    let (venue, _) = traded(&ground, 594);
    assert_eq!(venue.agent.shard().last_sequence().0, 600);
    let mut saving = Saving::start(&venue.journal, INTERVAL);
    saving.run();
    assert_eq!(saving.files(), [400, 500, 600]);
    assert_eq!((saving.count("written"), saving.count("failed")), (6, 0));
    assert_eq!(saving.health.get(), SinkHealth::Healthy);
    assert!(saving.health.take_notices().is_empty());
}

#[test]
fn snapshot_is_due_after_so_much_time_and_only_where_something_was_applied() {
    let ground = Ground::new();
    let (mut venue, mut gateways) = traded(&ground, 44);
    let mut saving = Saving::start(&venue.journal, INTERVAL);
    saving.run();
    assert!(saving.files().is_empty(), "nothing is due yet");
    saving.time.advance_ns(999);
    saving.run();
    assert!(saving.files().is_empty(), "nothing is due yet");
    saving.time.advance_ns(1);
    saving.run();
    assert_eq!(saving.files(), [50]);
    for _ in 0..3 {
        saving.time.advance_ns(10_000);
        saving.run();
    }
    assert_eq!(saving.count("written"), 1, "nothing was applied since");
    trade(&mut venue, &mut gateways, 5);
    venue.journal.wait_until_synced();
    saving.run();
    assert_eq!(saving.files(), [50, 55], "the time has run already");
}

#[test]
fn snapshotter_begins_from_its_newest_good_snapshot() {
    let ground = Ground::new();
    let (mut venue, mut gateways) = traded(&ground, 594);
    let mut saving = Saving::start(&venue.journal, INTERVAL);
    saving.run();
    let file = saving.folder.file(SequenceNumber(600));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[140] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    trade(&mut venue, &mut gateways, 50);
    venue.journal.wait_until_synced();
    let mut saving = Saving::start(&venue.journal, INTERVAL);
    assert_eq!(saving.agent.sequence().0, 0);
    saving.agent.poll();
    assert_eq!(saving.agent.sequence().0, 600, "one turn behind 500");
    let notices = saving.health.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("the body does not meet"), "{notices:?}");
    // What is written at the same place is good again.
    assert_eq!(saving.files(), [400, 500, 600]);
    saving.folder.restore(SequenceNumber(600)).unwrap();
    saving.run();
    saving.time.advance_ns(1_000);
    saving.run();
    assert_eq!(saving.files(), [500, 600, 650]);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let recovered = written.recover(&ground.storage(), last);
    assert_eq!(recovered.report.tail_commands, 0);
    assert_same(&recovered.shard, venue.agent.shard(), "the live shard");
}

/// The live shard runs between the agent's turns, and the disk on a thread of its own.
#[test]
fn snapshots_of_a_live_venue_are_never_ahead_of_what_is_synced() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    let interval = SnapshotInterval {
        time_ns: u64::MAX,
        commands: 40,
    };
    let mut saving = Saving::start(&venue.journal, interval);
    for _ in 0..400 {
        trade(&mut venue, &mut gateways, 7);
        saving.agent.poll();
        let synced = venue.journal.marks.synced();
        if let Some(newest) = saving.files().last() {
            assert!(*newest <= synced, "{newest} with {synced} synced");
        }
    }
    venue.journal.wait_until_synced();
    saving.run();
    assert!(saving.count("written") > 20);
    assert_eq!(saving.count("failed"), 0);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let recovered = written.recover(&ground.storage(), last);
    assert!(recovered.report.tail_commands < 40);
    assert_same(&recovered.shard, venue.agent.shard(), "the live shard");
}

/// The segments have it already, as they do while a sync is under way, but no mark says that it
/// would survive a loss of power.
#[test]
fn nothing_that_is_not_synced_is_saved() {
    let (ground, unsynced) = (Ground::new(), Ground::new());
    let (venue, _) = traded(&ground, 100);
    let (marked, mut appender) = Journal::open_without_writer(&unsynced);
    for command in definitions() {
        let (kind, parts) = command.parts();
        let sequence = appender.append(kind as u8, 1, &parts).expect("room");
        appender.set_applied(sequence);
    }
    let journal = FollowedJournal {
        marks: marked.marks.clone(),
        ..venue.journal.followed()
    };
    let folder = venue.journal.snapshots();
    let mut saving = Saving::of(journal, folder, INTERVAL);
    saving.time.advance_ns(10_000);
    saving.run();
    assert!(saving.files().is_empty());
    assert_eq!(saving.agent.sequence().0, 0);
}

/// A venue on a simulated disk with six snapshots to make.
fn on_simulated_disk(ground: &Ground) -> (Venue, SimulatedDisk) {
    let (venue, _) = traded(ground, 594);
    let disk = ground.disk().after_crash(Loss::Nothing);
    (venue, disk)
}

/// Its snapshotter, which uses a disk of its own that may fail.
fn saving_on(venue: &Venue, disk: &SimulatedDisk) -> Saving {
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let folder = venue.journal.snapshots();
    let folder = SnapshotFolder::new(storage, folder.path(), *folder.owner());
    Saving::on(&venue.journal, folder, INTERVAL)
}

/// Whatever the disk refuses, once: the others are written, and recovery is right.
#[test]
fn refused_operation_costs_one_snapshot_at_the_most() {
    let ground = Ground::simulated();
    let (venue, rehearsal) = on_simulated_disk(&ground);
    let mut saving = saving_on(&venue, &rehearsal);
    saving.run();
    assert_eq!(saving.count("written"), 6);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let (mut refused, mut failures) = (0, 0);
    for (number, operation) in (1..).zip(rehearsal.operations()) {
        let at = format!("operation {number}, {operation:?}");
        let disk = ground.disk().after_crash(Loss::Nothing);
        disk.plan(number, Fault::Refuse(ErrorKind::Other));
        let mut saving = saving_on(&venue, &disk);
        saving.run();
        // A begin that was refused is tried again after the interval.
        saving.time.advance_ns(1_000);
        saving.run();
        let (done, failed) = (saving.count("written"), saving.count("failed"));
        assert!(failed <= 1 && done + failed >= 6, "{at}: {done}, {failed}");
        assert_eq!(saving.health.get(), SinkHealth::Healthy, "{at}");
        let told = saving.health.take_notices();
        assert!(failed == 0 || !told.is_empty(), "{at}: nobody is told");
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let recovered = written.recover(&storage, last);
        assert_same(&recovered.shard, venue.agent.shard(), &at);
        refused += 1;
        failures += failed;
    }
    println!("{refused} refusals, {failures} snapshots failed");
    assert!(failures > 20, "{failures}");
}

#[test]
fn failed_write_is_told_and_the_next_interval_tries_again() {
    let ground = Ground::simulated();
    let (venue, disk) = on_simulated_disk(&ground);
    let mut saving = saving_on(&venue, &disk);
    disk.set_room(1);
    saving.run();
    assert_eq!((saving.count("written"), saving.count("failed")), (0, 6));
    assert!(matches!(
        saving.health.get(),
        SinkHealth::Waiting(reason) if reason.contains("writing")
    ));
    // Not before the interval has passed, though nothing is saved yet.
    disk.set_room(u64::MAX);
    saving.time.advance_ns(999);
    saving.run();
    assert_eq!(saving.count("written"), 0);
    saving.time.advance_ns(1);
    saving.run();
    assert_eq!((saving.count("written"), saving.count("failed")), (1, 6));
    assert_eq!(saving.files(), [600]);
    assert_eq!(saving.health.get(), SinkHealth::Healthy);
}

/// A write goes astray and is told done: the file is read back, and not used.
#[test]
fn snapshot_that_does_not_read_back_is_told_and_never_used() {
    let ground = Ground::simulated();
    let (venue, rehearsal) = on_simulated_disk(&ground);
    saving_on(&venue, &rehearsal).run();
    let operations = (1..).zip(rehearsal.operations());
    let writes = operations.filter(|(_, operation)| *operation == Operation::Write);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let mut tried = 0;
    for (number, _) in writes {
        let disk = ground.disk().after_crash(Loss::Nothing);
        disk.plan(number, Fault::Misdirect(8));
        let mut saving = saving_on(&venue, &disk);
        saving.run();
        assert_eq!((saving.count("written"), saving.count("failed")), (5, 1));
        let told = saving.health.take_notices().join("; ");
        assert!(told.contains("magic number"), "{told}");
        let storage: Arc<dyn Storage> = Arc::new(disk);
        let recovered = written.recover(&storage, last);
        assert_same(&recovered.shard, venue.agent.shard(), "misdirected");
        let used = recovered.report.snapshot.expect("a good one");
        assert_eq!(used.sequence.0, if tried == 5 { 500 } else { 600 });
        tried += 1;
    }
    assert_eq!(tried, 6);
}

/// All that it writes is spoiled, for ever: what was good stays, and the disk does not fill up.
#[test]
fn good_snapshots_outlive_any_number_of_failed_ones() {
    let ground = Ground::simulated();
    let (venue, disk) = on_simulated_disk(&ground);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    written.write(&storage, 30);
    let interval = SnapshotInterval {
        time_ns: u64::MAX,
        commands: 20,
    };
    let folder = written.folder(&storage);
    let mut saving = Saving::on(&venue.journal, folder, interval);
    for number in 1..100_000 {
        disk.plan(number, Fault::Misdirect(8));
    }
    saving.run();
    assert_eq!((saving.count("written"), saving.count("failed")), (0, 28));
    assert_eq!(saving.files(), [30, 550, 570, 590]);
    let recovered = written.recover(&storage, last);
    let used = recovered.report.snapshot.map(|header| header.sequence.0);
    assert_eq!(used, Some(30));
    assert_same(&recovered.shard, venue.agent.shard(), "from the first one");
}

#[test]
fn journal_that_cannot_be_followed_stops_the_snapshotter_and_no_snapshot_is_of_it() {
    let ground = Ground::new();
    let (journal, mut appender) = Journal::open(&ground);
    let mut append = |command: &Command| {
        let (kind, parts) = command.parts();
        let sequence = appender.append(kind as u8, 1, &parts).expect("room");
        appender.set_applied(sequence);
    };
    for command in definitions() {
        append(&command);
    }
    append(&Command::StateHash(StateHashCheck { hash: [3, 4] }));
    journal.wait_until_synced();
    let mut saving = Saving::start(&journal, INTERVAL);
    saving.time.advance_ns(10_000);
    saving.run();
    assert!(matches!(
        saving.health.get(),
        SinkHealth::Stopped(reason) if reason.contains("state hash")
    ));
    saving.time.advance_ns(10_000);
    saving.run();
    assert!(saving.files().is_empty());
}

#[test]
fn snapshot_ahead_of_the_journal_is_told_and_crowds_nothing_out() {
    let (ground, other) = (Ground::simulated(), Ground::simulated());
    let longer = Written::new(&other, 900);
    let (venue, disk) = on_simulated_disk(&ground);
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let written = Written::of(&venue.journal, venue.agent.shard().last_sequence());
    let mut folder = written.folder(&storage);
    for at in [700, 800, 900].map(SequenceNumber) {
        let shard = longer.replay(&other.storage(), at);
        folder.write(&shard, EPOCH, at).unwrap();
    }
    let mut saving = saving_on(&venue, &disk);
    saving.run();
    assert_eq!(saving.files(), [400, 500, 600, 700, 800, 900]);
    let notices = saving.health.take_notices();
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices[0].contains("ahead of the journal"), "{notices:?}");
}
