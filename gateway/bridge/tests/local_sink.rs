//! The local sink behind a real journal: each event once in the file, whatever is restarted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_bridge::{Hub, LocalSink};
use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Account, AccountId, ClientOrderId, Command, ControlNumber, DefineAccount, DefineInstrument,
    Durability, FirmId, GatewayId, Instrument, InstrumentId, LendSlots, Name, NewOrder,
    OrderHandle, OrderType, Origin, Price, Quantity, RequestNumber, RingNumber, SessionId, ShardId,
    Side, Symbol, TimeInForce,
};
use matchgate_follower::follower_agent::CURSOR_INTERVAL_NS;
use matchgate_follower::{FollowedJournal, FollowerAgent, SinkHealth};
use matchgate_journal::{
    Appender, Backend, DataDirectory, Layout, Marks, StagingOptions, StreamId, Writer, open_stream,
};
use matchgate_runtime::{Agent, Clock, Counters, ManualTime};

const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 1_024,
    levels: 64,
    instruments: 1,
    accounts: 1,
    sessions: 1,
    gateways: 1,
};
const SEGMENT_BYTES: u64 = 64 * 1024;

/// A journal of one shard into which the test appends as a shard agent would.
struct Journal {
    folder: tempfile::TempDir,
    directory: DataDirectory,
    appender: Appender,
    marks: Marks,
    sent: u64,
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let layout = Layout {
            shards: 1,
            gateways: 0,
            fixed: BTreeMap::new(),
            configuration_hash: [0; 16],
            segment_bytes: SEGMENT_BYTES,
        };
        let staging = folder.path().join("staging");
        std::fs::create_dir_all(&staging).expect("a staging folder");
        let data = folder.path().join("data");
        let directory =
            DataDirectory::open_or_create_in(&data, &layout, &staging).expect("a data directory");
        let options = StagingOptions {
            capacity_bytes: 1 << 20,
        };
        let opened = open_stream(&directory, StreamId::shard(0), options).expect("a stream");
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let writer = Writer::new(vec![opened.writer_half], Backend::Plain, SEGMENT_BYTES)
            .expect("sound options");
        let writer = std::thread::spawn(move || {
            writer.run(&stopping).expect("the disk takes everything");
        });
        let mut journal = Self {
            folder,
            directory,
            appender: opened.appender,
            marks: opened.marks,
            sent: 0,
            stop,
            writer: Some(writer),
        };
        for command in definitions() {
            journal.append(&command);
        }
        journal
    }

    fn append(&mut self, command: &Command) {
        let (kind, parts) = command.parts();
        let sequence = self.appender.append(kind as u8, 1, &parts).expect("room");
        self.appender.set_applied(sequence);
    }

    /// Enters `count` orders, alternately a bid and an offer that meets it, and waits until they
    /// are on disk.
    fn enter(&mut self, count: usize) {
        for _ in 0..count {
            let order = order(self.sent);
            self.sent += 1;
            self.append(&order);
        }
        while self.marks.synced() < self.marks.written() {
            std::thread::yield_now();
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("out").join("events.jsonl")
    }

    fn publish_to(&self, hub: &Hub, with_file: bool) -> (FollowerAgent, ManualTime) {
        let (clock, time) = Clock::manual();
        let sink = LocalSink::new(hub.clone(), with_file.then(|| self.file()));
        let journals = vec![FollowedJournal {
            shard: ShardId(0),
            capacity: CAPACITY,
            segments: self.directory.segments_path(StreamId::shard(0)),
            marks: self.marks.clone(),
        }];
        let cursors = self.folder.path().join("data").join("cursors");
        let sink = Box::new(sink);
        let agent = FollowerAgent::with_sink(journals, sink, &cursors, clock, &Counters::new());
        (agent, time)
    }

    /// Returns the id, type and order of each line of the file.
    fn lines(&self) -> Vec<(String, String, String)> {
        let text = std::fs::read_to_string(self.file()).expect("the file");
        let lines = text.lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let field = |name: &str| line[name].as_str().unwrap_or("").to_owned();
            (field("id"), field("type"), field("order_id"))
        });
        lines.collect()
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

fn definitions() -> [Command; 3] {
    let instrument = Instrument {
        symbol: Symbol::new(b"BRK.B").expect("a symbol"),
        id: InstrumentId(0),
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(1),
        price_min: Price::new(0),
        price_max: Price::MAX,
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::MAX,
        notional_max: i128::MAX.into(),
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
            shard: ShardId(0),
            gateway: GatewayId(0),
            reserved: [0; 6],
        }),
    ]
}

fn order(number: u64) -> Command {
    let is_bid = number.is_multiple_of(2);
    let order = NewOrder {
        origin: Origin {
            ring: RingNumber(number + 1),
            request: RequestNumber(number + 1),
            session: SessionId(0),
            gateway: GatewayId(0),
            durability: Durability::Written,
            reserved: [0; 2],
        },
        handle: OrderHandle {
            slot: u32::try_from(number % 2).expect("0 or 1"),
            generation: u32::try_from(number / 2).expect("a few orders") + 1,
        },
        price: Price::new(100 * Price::ONE),
        quantity: Quantity::new(5),
        instrument: InstrumentId(0),
        account: AccountId(0),
        side: if is_bid { Side::Buy } else { Side::Sell },
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        post_only: 0,
        reserved: [0; 4],
    };
    Command::New(order, ClientOrderId::NONE)
}

fn run(agent: &mut FollowerAgent) {
    // The first turn may only make the sink ready.
    agent.poll();
    while agent.poll() > 0 {}
}

/// Publications of `orders` orders: two accepted, a fill and two executions a pair.
const fn publications(orders: usize) -> usize {
    orders / 2 * 5
}

#[test]
fn each_event_stands_once_in_the_file_over_clean_and_unclean_restarts() {
    let mut journal = Journal::new();
    let hub = Hub::new();
    journal.enter(20);
    let (mut agent, _) = journal.publish_to(&hub, true);
    run(&mut agent);
    agent.close();
    drop(agent);
    journal.enter(20);
    // Saves its cursor once, then is killed with lines in the file that no cursor covers.
    let (mut agent, time) = journal.publish_to(&hub, true);
    time.advance_ns(CURSOR_INTERVAL_NS);
    run(&mut agent);
    journal.enter(20);
    run(&mut agent);
    assert_eq!(journal.lines().len(), publications(60));
    drop(agent);
    journal.enter(20);
    let (mut agent, _) = journal.publish_to(&hub, true);
    run(&mut agent);
    let lines = journal.lines();
    assert_eq!(lines.len(), publications(80));
    let distinct: BTreeSet<_> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len());
    let fills = lines.iter().filter(|(_, kind, _)| kind == "fill").count();
    assert_eq!(fills, 40);
}

#[test]
fn subscribers_meet_the_publications_of_their_subject() {
    let mut journal = Journal::new();
    let hub = Hub::new();
    let fills = hub.subscribe("orders.fills.BRK=2EB", 64).unwrap();
    let executions = hub.subscribe("orders.exec.*", 64).unwrap();
    let (mut agent, _) = journal.publish_to(&hub, false);
    journal.enter(4);
    run(&mut agent);
    let subjects = |subscription: &matchgate_bridge::Subscription| {
        std::iter::from_fn(|| subscription.try_next())
            .map(|delivery| delivery.subject.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(subjects(&fills), ["orders.fills.BRK=2EB"; 2]);
    assert_eq!(subjects(&executions), ["orders.exec.alpha"; 8]);
    assert!(!journal.file().exists());
}

#[test]
fn file_that_was_cut_behind_its_cursor_stops_the_sink() {
    let mut journal = Journal::new();
    let hub = Hub::new();
    journal.enter(20);
    let (mut agent, _) = journal.publish_to(&hub, true);
    run(&mut agent);
    agent.close();
    drop(agent);
    std::fs::write(journal.file(), b"").unwrap();
    let (mut agent, _) = journal.publish_to(&hub, true);
    run(&mut agent);
    assert!(matches!(agent.health().get(), SinkHealth::Stopped(_)));
}
