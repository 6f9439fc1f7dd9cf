//! A whole venue on one thread: acceptor, one gateway and one shard with their journals, polled
//! in turn. Only the journal writer has a thread of its own.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX;
use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineInstrument,
    DefineSession, Durability, Epoch, Event, Firm, FirmId, GatewayId, Instrument, InstrumentId,
    LendSlots, Name, Phase, Price, Quantity, RejectReason, Sequenced, SessionDefinition, SessionId,
    SetPhase, ShardId, Symbol,
};
use matchgate_core::{Shard, ShardCapacity};
use matchgate_follower::{GatewayRings, ShardAgent};
use matchgate_journal::{
    Appender, Backend, DataDirectory, Layout, Marks, OpenedStream, StagingOptions, StreamId,
    StreamWriter, Writer, open_stream,
};
use matchgate_runtime::{
    Agent, Clock, Consumer, Counters, EventClock, Failure, ManualTime, Producer, Sampler, ring,
};
use matchgate_schema::message::ServerMessage;
use matchgate_session::bounds::HELD_MAX;
use matchgate_session::gateway_log::Reserve;
use matchgate_session::{
    GatewayCore, GatewayOptions, GatewayRecord, HashSeed, RecoveredShard, RecoveryInput,
    ShardHistory, SourceError,
};

use super::member::{Member, logon};
use super::peer::{Peer, SMALL, TURNS_MAX};
use crate::{
    Acceptor, AcceptorOptions, AcceptorWiring, Directory, DirectoryEntry, GatewayAgent,
    GatewayAgentOptions, GatewayWiring, LiveOutlet, ReactorOptions, ShardLink, handover_ring,
};

const SEGMENT_BYTES: u64 = 64 * 1_024;
const SESSIONS: u32 = 1_024;
const SLOTS: u32 = 4_096;
pub(super) const GATEWAY: GatewayId = GatewayId(0);

/// Sizes of a venue that tests vary.
#[derive(Clone, Copy)]
pub(super) struct VenueOptions {
    pub(super) reactor: ReactorOptions,
    pub(super) ring_slots: usize,
    pub(super) gateway_staging_bytes: u64,
    pub(super) shard_staging_bytes: u64,
    pub(super) resend_messages_max: u32,
    /// Sessions of bob's firm beside his own: `m0`, `m1` and so on.
    pub(super) more_sessions: u32,
    /// Legs of events that may wait for the disk, beside one for each slot.
    pub(super) held_max: usize,
    /// Outbound numbers of each session that are reserved on disk from the start: so many reports
    /// leave also where the writer never runs.
    pub(super) reserved: u64,
    /// Whether the journal writer runs from the start.
    pub(super) writes: bool,
}

impl Default for VenueOptions {
    fn default() -> Self {
        Self {
            reactor: ReactorOptions {
                output_bytes: 16_384,
                receive_buffer_bytes: 4_096,
                ..SMALL
            },
            ring_slots: 1_024,
            gateway_staging_bytes: 4 << 20,
            shard_staging_bytes: 16 << 20,
            resend_messages_max: 4_096,
            more_sessions: 0,
            held_max: HELD_MAX,
            reserved: 0,
            writes: true,
        }
    }
}

pub(super) struct Venue {
    pub(super) directory: DataDirectory,
    pub(super) acceptor: Acceptor,
    pub(super) gateway: GatewayAgent,
    pub(super) shard: ShardAgent,
    pub(super) address: SocketAddr,
    pub(super) time: ManualTime,
    pub(super) failure: Failure,
    pub(super) sampler: Sampler,
    pub(super) log_marks: Marks,
    /// Control rings of gateway and shard.
    control: [Producer<Command>; 2],
    writer: Option<Writer>,
    stop: Arc<AtomicBool>,
    running: Option<JoinHandle<()>>,
    /// Removed last.
    _folder: tempfile::TempDir,
}

/// The rings between the gateway and the shard, and the control ring of each.
struct Rings {
    commands: (Producer<Command>, Consumer<Command>),
    events: (Producer<Event>, Consumer<Event>),
    gateway_control: (Producer<Command>, Consumer<Command>),
    shard_control: (Producer<Command>, Consumer<Command>),
}

impl Venue {
    pub(super) fn new(options: &VenueOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = open_directory(folder.path());
        let shard = open(&directory, StreamId::shard(0), options.shard_staging_bytes);
        let gateway = open(
            &directory,
            StreamId::gateway(0),
            options.gateway_staging_bytes,
        );
        let log_marks = gateway.marks.clone();
        let writers = vec![shard.writer_half, gateway.writer_half];
        let rings = Rings {
            commands: ring(options.ring_slots),
            events: ring(options.ring_slots.max(4 * EVENTS_PER_STEP_MAX)),
            gateway_control: ring(64),
            shard_control: ring(64),
        };
        Self::build(
            options,
            (folder, directory),
            (shard.appender, gateway.appender, log_marks),
            rings,
            writer(writers),
        )
    }

    fn build(
        options: &VenueOptions,
        (folder, directory): (tempfile::TempDir, DataDirectory),
        (shard_log, mut gateway_log, log_marks): (Appender, Appender, Marks),
        rings: Rings,
        writer: Writer,
    ) -> Self {
        let counters = Counters::new();
        let failure = Failure::new();
        let (clock, time) = Clock::manual();
        let (event_clock, _) = EventClock::manual(1_000_000_000);
        let (handover_in, handover_out) = handover_ring(4);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = AcceptorWiring {
            listener,
            directory: Directory::new(keys(options)).unwrap(),
            gateways: vec![handover_in],
            clock: clock.clone(),
        };
        let records = reservations(options, &mut gateway_log);
        let mut outlet = LiveOutlet::new(gateway_log, vec![rings.commands.0], event_clock.clone());
        let gateway = GatewayWiring {
            core: new_core(options, &records, &mut outlet),
            outlet,
            shards: vec![ShardLink {
                events: rings.events.1,
                marks: shard_log.marks(),
            }],
            handovers: vec![handover_out],
            control: rings.gateway_control.1,
            clock,
            failure: failure.clone(),
        };
        let gateway_options = GatewayAgentOptions {
            reactor: options.reactor,
            sessions_max: SESSIONS,
        };
        let to_gateway = GatewayRings {
            commands: rings.commands.1,
            events: rings.events.0,
        };
        let mut venue = Self {
            directory,
            acceptor: Acceptor::new("acceptor", acceptor, AcceptorOptions::default(), &counters)
                .unwrap(),
            gateway: GatewayAgent::new(GATEWAY, gateway, gateway_options, &counters),
            shard: ShardAgent::new(
                Shard::new(ShardId(0), CAPACITY),
                shard_log,
                event_clock,
                (vec![to_gateway], rings.shard_control.1),
                &counters,
            ),
            address,
            time,
            failure,
            sampler: counters.sampler(),
            log_marks,
            control: [rings.gateway_control.0, rings.shard_control.0],
            writer: Some(writer),
            stop: Arc::new(AtomicBool::new(false)),
            running: None,
            _folder: folder,
        };
        if options.writes {
            venue.start_writer();
        }
        venue.gateway.start();
        venue.define(options);
        venue
    }

    pub(super) fn start_writer(&mut self) {
        let writer = self.writer.take().unwrap();
        let stop = Arc::clone(&self.stop);
        self.running = Some(std::thread::spawn(move || {
            // An error is seen in the marks.
            let _ended = writer.run(&stop);
        }));
    }

    /// Sends the control journal to the shard, and again to the gateway, which has it already.
    fn define(&mut self, options: &VenueOptions) {
        for command in control_journal(options) {
            for producer in &mut self.control {
                producer.try_push(command).unwrap();
            }
            for _ in 0..4 {
                self.turn();
            }
        }
    }

    /// One turn of every agent.
    pub(super) fn turn(&mut self) {
        self.acceptor.poll();
        self.gateway.poll();
        self.shard.poll();
    }

    pub(super) fn turns(&mut self, count: u32) {
        for _ in 0..count {
            self.turn();
        }
    }

    /// Turns until `done`.
    pub(super) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        for _ in 0..TURNS_MAX {
            self.turn();
            if done(self) {
                return;
            }
            // Let the writer have the core.
            std::thread::yield_now();
        }
        panic!(
            "never: {what}; failure {:?}, {:?}",
            self.failure.report(),
            self.sampler.sample()
        );
    }

    /// Turns until a member has heard `count` messages.
    pub(super) fn hears(&mut self, member: &mut Member, count: usize) {
        self.until("heard", |_| {
            member.listen();
            member.heard.len() >= count || member.peer.over
        });
        assert!(member.heard.len() >= count, "only {:?}", member.heard);
    }

    /// Turns until a member has heard `count` numbered messages.
    pub(super) fn reports(&mut self, member: &mut Member, count: usize) {
        self.until("reported", |_| {
            member.listen();
            member.reports().len() >= count || member.peer.over
        });
        assert!(member.reports().len() >= count, "only {:?}", member.heard);
    }

    /// As [`Self::reports`], while time goes on: what had to wait is tried again.
    pub(super) fn reports_in_time(&mut self, member: &mut Member, count: usize) {
        self.until("reported in time", |venue| {
            venue.time.advance_ns(1_000);
            member.listen();
            member.reports().len() >= count || member.peer.over
        });
        assert!(member.reports().len() >= count, "only {:?}", member.heard);
    }

    /// Connects a member and logs it on.
    pub(super) fn member(&mut self, key: &str) -> Member {
        self.log_on(Member::connect(self.address), key, Durability::Written)
    }

    pub(super) fn narrow_member(&mut self, key: &str) -> Member {
        let member = Member::of(Peer::connect_narrow(self.address));
        self.log_on(member, key, Durability::Written)
    }

    pub(super) fn log_on(
        &mut self,
        mut member: Member,
        key: &str,
        durability: Durability,
    ) -> Member {
        member.say(&logon(key, durability));
        self.hears(&mut member, 1);
        assert!(
            matches!(member.heard[0], ServerMessage::LogonAnswer(_)),
            "{:?}",
            member.heard
        );
        member
    }

    /// Turns until a member's connection is over and returns the reason that it heard last.
    pub(super) fn ending(&mut self, member: &mut Member) -> Option<RejectReason> {
        self.until("over", |_| {
            member.listen();
            member.peer.over
        });
        match member.heard.last() {
            Some(ServerMessage::Logout { reason }) => Some(*reason),
            _ => None,
        }
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(running) = self.running.take() {
            let ended = running.join();
            assert!(std::thread::panicking() || ended.is_ok());
        }
    }
}

/// A journal in which nothing was ever written.
pub(super) struct NoHistory;

impl ShardHistory for NoHistory {
    fn next(&mut self, events: &mut Vec<Event>) -> Result<Option<Sequenced<Command>>, SourceError> {
        events.clear();
        Ok(None)
    }
}

/// Writes what reserves numbers for each session into the log, as the last process would have.
fn reservations(options: &VenueOptions, log: &mut Appender) -> Vec<GatewayRecord> {
    let reserve = |session| {
        GatewayRecord::Reserve(Reserve {
            through: options.reserved,
            session: SessionId(session),
            reserved: [0; 4],
        })
    };
    let sessions = if options.reserved > 0 {
        0..options.sessions()
    } else {
        0..0
    };
    let records: Vec<_> = sessions.map(reserve).collect();
    for record in &records {
        let kind = record.kind_byte();
        record
            .with_parts(|parts| log.append(kind, 0, parts))
            .unwrap();
    }
    records
}

fn new_core(
    options: &VenueOptions,
    records: &[GatewayRecord],
    outlet: &mut LiveOutlet,
) -> GatewayCore {
    let shard = Shard::new(ShardId(0), CAPACITY);
    let mut history = NoHistory;
    let input = RecoveryInput {
        options: GatewayOptions {
            hash_seed: HashSeed::fixed(0),
            held_max: options.held_max,
            ..GatewayOptions::new(GATEWAY, Epoch(1), 1)
        },
        controls: &mut control_journal(options).into_iter(),
        log: &mut (1..)
            .zip(records)
            .map(|(number, record)| Ok((number, *record))),
        log_next: u64::try_from(records.len()).unwrap() + 1,
        shards: vec![RecoveredShard {
            shard: &shard,
            history: &mut history,
        }],
    };
    GatewayCore::recover(input, outlet).unwrap()
}

pub(super) const CAPACITY: ShardCapacity = ShardCapacity {
    orders: SLOTS,
    levels: 256,
    instruments: 2,
    accounts: 8,
    sessions: SESSIONS,
    gateways: 1,
};

pub(super) fn open_directory(path: &std::path::Path) -> DataDirectory {
    let layout = Layout {
        shards: 1,
        gateways: 1,
        fixed: BTreeMap::new(),
        configuration_hash: [0; 16],
        schemas: matchgate_journal::Schemas::default(),
        segment_bytes: SEGMENT_BYTES,
    };
    let staging = path.join("staging");
    std::fs::create_dir(&staging).unwrap();
    DataDirectory::open_or_create_in(&path.join("data"), &layout, &staging).unwrap()
}

pub(super) fn open(
    directory: &DataDirectory,
    stream: StreamId,
    capacity_bytes: u64,
) -> OpenedStream {
    open_stream(directory, stream, StagingOptions { capacity_bytes }).unwrap()
}

pub(super) fn writer(streams: Vec<StreamWriter>) -> Writer {
    Writer::new(streams, Backend::Plain, SEGMENT_BYTES).unwrap()
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

impl VenueOptions {
    fn sessions(&self) -> u32 {
        2 + self.more_sessions
    }
}

fn key_of(session: u32) -> String {
    match session {
        0 => "alice".to_owned(),
        1 => "bob".to_owned(),
        more => format!("m{}", more - 2),
    }
}

fn keys(options: &VenueOptions) -> Vec<DirectoryEntry> {
    let entry = |number| DirectoryEntry {
        key: name(&key_of(number)),
        session: SessionId(number),
        gateway: GATEWAY,
    };
    (0..options.sessions()).map(entry).collect()
}

fn acme() -> Instrument {
    Instrument {
        symbol: Symbol::new(b"ACME").unwrap(),
        id: InstrumentId(0),
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(1),
        price_min: Price::new(1),
        price_max: Price::new(1_000_000),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(1_000_000),
        notional_max: i128::from(i64::MAX).into(),
        protection: Price::MAX,
    }
}

/// Two firms with one account and one session each, one instrument, every slot lent; further
/// sessions of the second firm.
fn control_journal(options: &VenueOptions) -> Vec<Command> {
    let mut number = 0;
    let mut control = || {
        number += 1;
        ControlNumber(number)
    };
    let mut journal = vec![
        Command::DefineInstrument(DefineInstrument {
            control: control(),
            instrument: acme(),
        }),
        Command::LendSlots(LendSlots {
            control: control(),
            slot_first: 0,
            slot_count: SLOTS,
            shard: ShardId(0),
            gateway: GATEWAY,
            reserved: [0; 6],
        }),
    ];
    for (number, key) in (0..).zip(["alice", "bob"]) {
        journal.extend([
            Command::DefineFirm(DefineFirm {
                control: control(),
                firm: Firm {
                    id: FirmId(number),
                    name: name(key),
                    gateway: GATEWAY,
                    reserved: [0; 3],
                },
            }),
            Command::DefineAccount(DefineAccount {
                control: control(),
                account: Account {
                    id: AccountId(number),
                    firm: FirmId(number),
                    name: name(key),
                    open_orders_max: SLOTS,
                },
                reserved: [0; 4],
            }),
        ]);
    }
    for number in 0..options.sessions() {
        let firm = number.min(1);
        journal.push(Command::DefineSession(DefineSession {
            control: control(),
            session: SessionDefinition {
                id: SessionId(number),
                firm: FirmId(firm),
                default_account: AccountId(firm),
                key: name(&key_of(number)),
                resend_messages_max: options.resend_messages_max,
            },
        }));
    }
    journal.push(Command::SetPhase(SetPhase {
        control: control(),
        instrument: InstrumentId(0),
        phase: Phase::Continuous,
        reserved: [0; 3],
    }));
    journal
}
