//! A journal into which the test appends as shard agents would, and what it must lead to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Account, AccountId, ClientOrderId, Command, ControlNumber, DefineAccount, DefineInstrument,
    Durability, FirmId, GatewayId, Instrument, InstrumentId, LendSlots, Name, NewOrder,
    OrderHandle, OrderTerms, OrderType, Origin, Price, Quantity, RequestNumber, RingNumber,
    SelfTradePrevention, SessionId, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_follower::follower_agent::RETRY_MAX_NS;
use matchgate_follower::top_of_book::TopOfBooks;
use matchgate_follower::{
    CursorFile, FollowMode, FollowedJournal, Follower, FollowerAgent, Publication, PublicationBody,
    Sink, SinkHealth, publish,
};
use matchgate_journal::{
    Appender, Backend, DataDirectory, Layout, Marks, StagingOptions, StreamId, Writer, open_stream,
};
use matchgate_runtime::{Agent, Clock, Counters, ManualTime};

const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 1_024,
    levels: 64,
    instruments: 2,
    accounts: 1,
    sessions: 1,
    gateways: 1,
};
const SEGMENT_BYTES: u64 = 64 * 1024;
const START_NS: u64 = 1_700_000_000_000_000_000;
/// Slots below this are used by single orders, those above by sweeps.
const SWEEP_SLOT_FIRST: u32 = 2;
/// The first symbol is encoded in subjects.
const SYMBOLS: [&str; 2] = ["BRK.B", "ABC"];
/// A test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(120);

struct Lane {
    appender: Appender,
    marks: Marks,
    /// Commands so far; also the ring number of the last.
    sent: u64,
    /// Orders that stand in for a pair: alternately a bid and an offer that meets it.
    pairs: u64,
    generation: u32,
}

/// A journal of one or two shards, each with an instrument.
pub(crate) struct Journal {
    folder: tempfile::TempDir,
    directory: DataDirectory,
    lanes: Vec<Lane>,
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    pub(crate) fn new(shards: u8) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let layout = Layout {
            shards,
            gateways: 0,
            fixed: BTreeMap::new(),
            configuration_hash: [0; 16],
            schemas: matchgate_journal::Schemas::default(),
            segment_bytes: SEGMENT_BYTES,
        };
        let staging = folder.path().join("staging");
        std::fs::create_dir_all(&staging).expect("a staging folder");
        let data = folder.path().join("data");
        let directory =
            DataDirectory::open_or_create_in(&data, &layout, &staging).expect("a data directory");
        let (mut lanes, mut halves) = (Vec::new(), Vec::new());
        for shard in 0..shards {
            let options = StagingOptions {
                capacity_bytes: 8 << 20,
            };
            let opened =
                open_stream(&directory, StreamId::shard(shard), options).expect("a stream");
            halves.push(opened.writer_half);
            lanes.push(Lane {
                appender: opened.appender,
                marks: opened.marks,
                sent: 0,
                pairs: 0,
                generation: 0,
            });
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let writer = Writer::new(halves, Backend::Plain, SEGMENT_BYTES).expect("sound options");
        let writer = std::thread::spawn(move || {
            writer.run(&stopping).expect("the disk takes everything");
        });
        let mut journal = Self {
            folder,
            directory,
            lanes,
            stop,
            writer: Some(writer),
        };
        for shard in (0..shards).map(ShardId) {
            for command in definitions(shard) {
                journal.append(shard, &command);
            }
        }
        journal
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn uuid(&self) -> String {
        let uuid = self.directory.uuid();
        uuid.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn cursors(&self) -> PathBuf {
        self.folder.path().join("data").join("cursors")
    }

    pub(crate) fn append(&mut self, shard: ShardId, command: &Command) {
        let lane = &mut self.lanes[usize::from(shard.0)];
        lane.sent += 1;
        let (kind, parts) = command.parts();
        let time_ns = START_NS + 1_000 * lane.sent;
        let appended = lane.appender.append(kind as u8, time_ns, &parts);
        lane.appender.set_applied(appended.expect("room"));
    }

    /// Enters `count` orders, alternately a bid and an offer that meets it, and waits until they
    /// are on disk.
    pub(crate) fn enter(&mut self, shard: ShardId, count: usize) {
        for _ in 0..count {
            let lane = &mut self.lanes[usize::from(shard.0)];
            let number = lane.pairs;
            lane.pairs += 1;
            let is_bid = number.is_multiple_of(2);
            let handle = OrderHandle {
                slot: u32::try_from(number % 2).expect("0 or 1"),
                generation: u32::try_from(number / 2).expect("a few orders") + 1,
            };
            let side = if is_bid { Side::Buy } else { Side::Sell };
            let order = order(shard, lane.sent, handle, side, 5);
            self.append(shard, &order);
        }
        self.wait_until_synced();
    }

    /// Enters bids and one offer that takes them all: `fills` fills of one command.
    pub(crate) fn sweep(&mut self, shard: ShardId, fills: u32) {
        let generation = {
            let lane = &mut self.lanes[usize::from(shard.0)];
            lane.generation += 1;
            lane.generation
        };
        for place in 0..=fills {
            let is_bid = place < fills;
            let handle = OrderHandle {
                slot: SWEEP_SLOT_FIRST + place,
                generation,
            };
            let side = if is_bid { Side::Buy } else { Side::Sell };
            let quantity = if is_bid { 5 } else { 5 * u64::from(fills) };
            let sent = self.lanes[usize::from(shard.0)].sent;
            self.append(shard, &order(shard, sent, handle, side, quantity));
        }
        self.wait_until_synced();
    }

    pub(crate) fn wait_until_synced(&self) {
        for lane in &self.lanes {
            while lane.marks.synced() < lane.marks.written() {
                std::thread::yield_now();
            }
        }
    }

    fn followed(&self) -> Vec<FollowedJournal> {
        let lanes = (0..).zip(&self.lanes);
        lanes
            .map(|(shard, lane)| FollowedJournal {
                shard: ShardId(shard),
                capacity: CAPACITY,
                segments: self.directory.segments_path(StreamId::shard(shard)),
                marks: lane.marks.clone(),
            })
            .collect()
    }

    /// Returns an agent that hands what happened to `sink`.
    pub(crate) fn agent(&self, sink: Box<dyn Sink>) -> (FollowerAgent, ManualTime) {
        let (clock, time) = Clock::manual();
        let cursors = self.cursors();
        let journals = self.followed();
        let agent = FollowerAgent::with_sink(journals, sink, &cursors, clock, &Counters::new());
        (agent, time)
    }

    /// Returns every publication that the journal leads to, by shard.
    pub(crate) fn publications(&self) -> Vec<Vec<Publication>> {
        let shards = self.followed().into_iter().map(|journal| {
            let mut told = Vec::new();
            let mut tops = TopOfBooks::new();
            let mut follower = Follower::new(journal, FollowMode::Synced);
            loop {
                let polled = follower.poll(&mut |applied| {
                    tops.note(applied, &mut |top| told.push(top));
                    publish(applied, &mut told);
                });
                if polled.expect("a sound journal") == 0 {
                    break;
                }
            }
            tops.end_command(&mut |top| told.push(top));
            told
        });
        shards.collect()
    }

    /// Returns the ids of all fills, by shard.
    pub(crate) fn fills(&self) -> Vec<Vec<String>> {
        let shards = self.publications().into_iter().map(|told| {
            told.iter()
                .filter(|one| matches!(one.body, PublicationBody::Fill(_)))
                .map(|one| one.id.to_string())
                .collect()
        });
        shards.collect()
    }

    /// Lets the agent work, over whatever keeps it waiting, until its cursor is saved at the end
    /// of the journal.
    pub(crate) fn finish(&self, agent: &mut FollowerAgent, time: &ManualTime, sink: &str) {
        let file = CursorFile::new(&self.cursors(), sink);
        let is_at_end = || {
            let cursor = file.load().expect("a sound cursor").unwrap_or_default();
            (0..).zip(&self.lanes).all(|(shard, lane)| {
                let known = cursor.shard(ShardId(shard));
                known.is_some_and(|known| known.sequence.0 == lane.marks.synced())
            })
        };
        poll_until(agent, time, "the cursor is at the end", |_| is_at_end());
        agent.close();
        assert!(is_at_end());
    }
}

/// Lets the agent work, over whatever keeps it waiting, until `is_done`.
pub(crate) fn poll_until(
    agent: &mut FollowerAgent,
    time: &ManualTime,
    what: &str,
    mut is_done: impl FnMut(&FollowerAgent) -> bool,
) {
    let begin = Instant::now();
    loop {
        agent.poll();
        if is_done(agent) {
            return;
        }
        let health = agent.health().get();
        let is_hopeless = matches!(health, SinkHealth::Stopped(_)) || begin.elapsed() > PATIENCE;
        assert!(!is_hopeless, "until {what}: {health:?}");
        time.advance_ns(RETRY_MAX_NS);
    }
}

/// Lets the agent work until it waits or has stopped, and returns why.
pub(crate) fn complaint(agent: &mut FollowerAgent, time: &ManualTime) -> SinkHealth {
    let begin = Instant::now();
    loop {
        time.advance_ns(RETRY_MAX_NS);
        agent.poll();
        let health = agent.health().get();
        if health != SinkHealth::Healthy {
            return health;
        }
        assert!(begin.elapsed() < PATIENCE, "nothing to complain of");
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

fn definitions(shard: ShardId) -> [Command; 3] {
    let symbol = SYMBOLS[usize::from(shard.0)];
    let symbol = Symbol::new(symbol.as_bytes()).expect("a symbol");
    let number = InstrumentId(u32::from(shard.0));
    let instrument = Instrument {
        shard,
        price_min: Price::new(0),
        lot: Quantity::new(5),
        ..Instrument::new(symbol, number, Price::new(Price::ONE / 100))
    };
    let account = Account {
        id: AccountId(0),
        firm: FirmId(0),
        name: Name::new(b"alpha").expect("a name"),
        open_orders_max: u32::MAX,
    };
    [
        Command::DefineInstrument(DefineInstrument {
            control: ControlNumber(1),
            instrument,
        }),
        Command::DefineAccount(DefineAccount {
            control: ControlNumber(2),
            account,
            reserved: [0; 4],
        }),
        Command::LendSlots(LendSlots {
            control: ControlNumber(3),
            slot_first: 0,
            slot_count: CAPACITY.orders,
            shard,
            gateway: GatewayId(0),
            reserved: [0; 6],
        }),
    ]
}

fn order(shard: ShardId, sent: u64, handle: OrderHandle, side: Side, quantity: u64) -> Command {
    let order = NewOrder {
        origin: Origin {
            ring: RingNumber(sent + 1),
            request: RequestNumber(sent + 1),
            session: SessionId(0),
            gateway: GatewayId(0),
            durability: Durability::Written,
            reserved: [0; 2],
        },
        handle,
        price: Price::new(100 * Price::ONE),
        quantity: Quantity::new(quantity),
        instrument: InstrumentId(u32::from(shard.0)),
        account: AccountId(0),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        post_only: 0,
        self_trade: SelfTradePrevention::None,
        terms_given: 0,
        reserved: [0; 2],
        terms: OrderTerms::NONE,
    };
    Command::New(order, ClientOrderId::NONE)
}
