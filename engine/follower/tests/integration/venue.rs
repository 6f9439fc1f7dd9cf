//! A venue of one shard on a data directory of its own, for the tests of this crate.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineInstrument, Event, FirmId,
    GatewayId, Instrument, InstrumentId, LendSlots, Name, Price, Quantity, SequenceNumber, ShardId,
    Symbol,
};
use matchgate_core::{Shard, ShardCapacity};
use matchgate_follower::{
    FollowMode, FollowedJournal, Follower, FollowerError, GatewayRings, RecoveredShard,
    RecoveryError, ShardAgent, SnapshotFolder, SnapshotOwner, recover_shard,
    recover_shard_from_snapshots,
};
use matchgate_journal::{
    Appender, Backend, DataDirectory, Host, Layout, Marks, OpenedStream, SimulatedDisk,
    StagingOptions, Storage, StreamId, StreamWriter, SystemStorage, Writer, open_stream,
};
use matchgate_runtime::{Agent, Consumer, Counters, EventClock, ManualTime, Producer, ring};

pub(crate) const SHARD: ShardId = ShardId(0);
pub(crate) const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 16_384,
    levels: 1_024,
    instruments: 2,
    accounts: 2,
    sessions: 2,
    gateways: 2,
};
/// Slots lent to each of the two gateways.
pub(crate) const SLOTS_PER_GATEWAY: u32 = 8_192 + 4_096;
const SEGMENT_BYTES: u64 = 256 * 1024;
/// The smallest staging log, so that a test can lap its readers.
pub(crate) const STAGING_BYTES: u64 = 128 * 1024;
const START_NS: u64 = 1_700_000_000_000_000_000;

/// A folder and what stands in it between two starts.
pub(crate) struct Ground {
    folder: tempfile::TempDir,
    /// The disk, where it is not this machine's.
    disk: Option<SimulatedDisk>,
    /// Whether the machine was started again.
    was_restarted: bool,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self {
            folder,
            disk: None,
            was_restarted: false,
        }
    }

    /// A ground whose disk is simulated; what it keeps in memory is this machine's.
    pub(crate) fn simulated() -> Self {
        Self {
            disk: Some(SimulatedDisk::new()),
            ..Self::new()
        }
    }

    pub(crate) fn cursors(&self) -> PathBuf {
        self.data().join("cursors")
    }

    pub(crate) fn data(&self) -> PathBuf {
        match &self.disk {
            Some(_) => PathBuf::from("/venue/data"),
            None => self.folder.path().join("data"),
        }
    }

    pub(crate) fn storage(&self) -> Arc<dyn Storage> {
        match &self.disk {
            Some(disk) => Arc::new(disk.clone()),
            None => Arc::new(SystemStorage),
        }
    }

    /// The simulated disk.
    pub(crate) fn disk(&self) -> &SimulatedDisk {
        self.disk.as_ref().expect("a simulated disk")
    }

    /// The power fails, once: memory is empty behind it. All that is on the disk stays.
    pub(crate) fn lose_power(&mut self) {
        self.was_restarted = true;
        std::fs::remove_dir_all(self.folder.path().join("staging")).expect("a staging folder");
    }

    fn open(&self) -> DataDirectory {
        let layout = Layout {
            shards: 1,
            gateways: 0,
            fixed: BTreeMap::new(),
            configuration_hash: [7; 16],
            schemas: matchgate_journal::Schemas::default(),
            segment_bytes: SEGMENT_BYTES,
        };
        let staging = self.folder.path().join("staging");
        std::fs::create_dir_all(&staging).expect("a staging folder");
        let mut host = Host::this(&staging).expect("a machine");
        host.storage = self.storage();
        if self.was_restarted {
            host.boot_id = Default::default();
        }
        DataDirectory::open_on(&host, &self.data(), &layout).expect("a data directory")
    }
}

/// The shard's journal, open, with a writer on a thread of its own.
pub(crate) struct Journal {
    directory: DataDirectory,
    storage: Arc<dyn Storage>,
    pub(crate) marks: Marks,
    pub(crate) last_sequence: SequenceNumber,
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    pub(crate) fn open(ground: &Ground) -> (Self, Appender) {
        let (mut journal, appender, writer_half) = Self::open_stream(ground);
        let writer =
            Writer::new(vec![writer_half], Backend::Plain, SEGMENT_BYTES).expect("sound options");
        let stopping = Arc::clone(&journal.stop);
        journal.writer = Some(std::thread::spawn(move || {
            writer.run(&stopping).expect("the disk takes everything");
        }));
        (journal, appender)
    }

    /// Opens it with nobody who writes segments.
    pub(crate) fn open_without_writer(ground: &Ground) -> (Self, Appender) {
        let (journal, appender, _) = Self::open_stream(ground);
        (journal, appender)
    }

    fn open_stream(ground: &Ground) -> (Self, Appender, StreamWriter) {
        let directory = ground.open();
        let options = StagingOptions {
            capacity_bytes: STAGING_BYTES,
        };
        let opened: OpenedStream =
            open_stream(&directory, StreamId::shard(SHARD.0), options).expect("the shard's stream");
        let journal = Self {
            directory,
            storage: ground.storage(),
            marks: opened.marks,
            last_sequence: SequenceNumber(opened.tail.last_sequence),
            stop: Arc::new(AtomicBool::new(false)),
            writer: None,
        };
        (journal, opened.appender, opened.writer_half)
    }

    pub(crate) fn segments(&self) -> PathBuf {
        self.directory.segments_path(StreamId::shard(SHARD.0))
    }

    pub(crate) fn followed(&self) -> FollowedJournal {
        FollowedJournal {
            shard: SHARD,
            capacity: CAPACITY,
            segments: self.segments(),
            marks: self.marks.clone(),
        }
    }

    /// Waits until all that was appended is on disk.
    pub(crate) fn wait_until_synced(&self) {
        while self.marks.synced() < self.marks.written() {
            std::thread::yield_now();
        }
    }

    pub(crate) fn recover(&self) -> Result<Shard, FollowerError> {
        recover_shard(&self.segments(), SHARD, CAPACITY, self.last_sequence)
    }

    /// Whose snapshots the shard's are.
    pub(crate) fn owner(&self) -> SnapshotOwner {
        SnapshotOwner {
            directory: self.directory.uuid(),
            shard: SHARD,
            capacity: CAPACITY,
            configuration_hash: [7; 16],
        }
    }

    /// Returns the folder of the shard's snapshots.
    pub(crate) fn snapshots(&self) -> SnapshotFolder {
        let path = self.directory.path().join("snapshots").join("shard-0");
        SnapshotFolder::new(Arc::clone(&self.storage), &path, self.owner())
    }

    pub(crate) fn recover_from_snapshots(&self) -> Result<RecoveredShard, RecoveryError> {
        recover_shard_from_snapshots(&self.snapshots(), &self.segments(), self.last_sequence)
    }

    /// Returns a follower that has applied all that it may.
    pub(crate) fn follow(&self, mode: FollowMode) -> Follower {
        let mut follower = Follower::new(self.followed(), mode);
        catch_up(&mut follower);
        follower
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the writer ends");
        }
    }
}

pub(crate) fn catch_up(follower: &mut Follower) {
    while follower.poll(&mut |_| {}).expect("a sound journal") > 0 {}
}

/// A shard agent, its journal and the far ends of its rings.
pub(crate) struct Venue {
    pub(crate) agent: ShardAgent,
    pub(crate) journal: Journal,
    pub(crate) commands: Vec<Producer<Command>>,
    pub(crate) events: Vec<Consumer<Event>>,
    pub(crate) control: Producer<Command>,
    pub(crate) time: ManualTime,
    pub(crate) counters: Counters,
}

impl Venue {
    /// Starts a shard with two gateways whose event rings hold `events_capacity`.
    pub(crate) fn start(ground: &Ground, events_capacity: usize) -> Self {
        let (journal, appender) = Journal::open(ground);
        let shard = match &ground.disk {
            None => journal.recover().expect("a sound journal"),
            Some(_) => {
                let recovered = journal.recover_from_snapshots();
                recovered.expect("a sound journal").shard
            }
        };
        let counters = Counters::new();
        let (clock, time) = EventClock::manual(START_NS);
        let (control, control_end) = ring(64);
        let mut venue_ends = (Vec::new(), Vec::new());
        let mut gateways = Vec::new();
        for _ in 0..CAPACITY.gateways {
            let (commands, commands_end) = ring(16_384);
            let (events_end, events) = ring(events_capacity);
            gateways.push(GatewayRings {
                commands: commands_end,
                events: events_end,
            });
            venue_ends.0.push(commands);
            venue_ends.1.push(events);
        }
        let rings = (gateways, control_end);
        let agent = ShardAgent::new(shard, appender, clock, rings, &counters);
        Self {
            agent,
            journal,
            commands: venue_ends.0,
            events: venue_ends.1,
            control,
            time,
            counters,
        }
    }

    /// Starts a new venue whose instruments, accounts and slots are defined.
    pub(crate) fn new(ground: &Ground, events_capacity: usize) -> Self {
        let mut venue = Self::start(ground, events_capacity);
        for command in definitions() {
            venue.control.try_push(command).expect("room for control");
        }
        venue.run();
        venue
    }

    /// Polls the shard agent and empties the event rings in turn until every command is taken and
    /// nothing is left to do; returns the events by gateway.
    pub(crate) fn run(&mut self) -> Vec<Vec<Event>> {
        let mut told = vec![Vec::new(); self.events.len()];
        loop {
            let work = self.agent.poll();
            let drained = self.drain(&mut told);
            if work + drained > 0 {
                continue;
            }
            if self.commands.iter().chain([&self.control]).all(is_empty) {
                return told;
            }
            // The staging log is full: the writer is at work.
            std::thread::yield_now();
        }
    }

    fn drain(&mut self, told: &mut [Vec<Event>]) -> usize {
        let mut drained = 0;
        for (events, told) in self.events.iter_mut().zip(told) {
            while let Some(event) = events.pop() {
                told.push(event);
                drained += 1;
            }
        }
        drained
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        let label = format!("shard_0_{what}");
        self.counters.sampler().get(&label).expect("such a counter")
    }
}

pub(crate) fn is_empty(ring: &Producer<Command>) -> bool {
    ring.free_slots() == ring.capacity()
}

/// Returns the control commands that every venue begins with.
pub(crate) fn definitions() -> Vec<Command> {
    let mut commands = Vec::new();
    let next = |commands: &Vec<Command>| {
        ControlNumber(u64::try_from(commands.len()).expect("a few commands") + 1)
    };
    for (id, symbol) in [(0, "ABC"), (1, "BRK.B")] {
        commands.push(Command::DefineInstrument(DefineInstrument {
            control: next(&commands),
            instrument: instrument(id, symbol),
        }));
    }
    for (id, name) in [(0, "alpha"), (1, "beta")] {
        commands.push(Command::DefineAccount(DefineAccount {
            control: next(&commands),
            account: Account {
                id: AccountId(id),
                firm: FirmId(id),
                name: Name::new(name.as_bytes()).expect("a name"),
                open_orders_max: u32::MAX,
            },
            reserved: [0; 4],
        }));
    }
    for (gateway, slot_first, slot_count) in [
        (0, 0, SLOTS_PER_GATEWAY),
        (1, SLOTS_PER_GATEWAY, CAPACITY.orders - SLOTS_PER_GATEWAY),
    ] {
        commands.push(Command::LendSlots(LendSlots {
            control: next(&commands),
            slot_first,
            slot_count,
            shard: SHARD,
            gateway: GatewayId(gateway),
            reserved: [0; 6],
        }));
    }
    commands
}

fn instrument(id: u32, symbol: &str) -> Instrument {
    Instrument {
        symbol: Symbol::new(symbol.as_bytes()).expect("a symbol"),
        id: InstrumentId(id),
        shard: SHARD,
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(Price::ONE / 100),
        price_min: Price::new(0),
        price_max: Price::new(1_000_000 * Price::ONE),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(1_000_000),
        notional_max: i128::MAX.into(),
        protection: Price::MAX,
    }
}
