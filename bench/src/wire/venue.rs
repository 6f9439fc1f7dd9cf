//! The hot path in process: a gateway agent and a shard agent on one thread, with their journal.
//!
//! The same agents that the server runs, over a real socket; only what is cold is left out. Their
//! thread counts its allocations, which no one outside the process can.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, ensure};
use matchgate_core::Shard;
use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineSession, Epoch,
    Event, Firm, FirmId, GatewayId, InstrumentId, Name, Phase, Sequenced, SessionDefinition,
    SessionId, SetPhase, ShardId,
};
use matchgate_follower::{GatewayRings, ShardAgent};
use matchgate_journal::{Appender, Marks, WriterStats};
use matchgate_net::{
    Acceptor, AcceptorOptions, AcceptorWiring, Directory, DirectoryEntry, GatewayAgent,
    GatewayAgentOptions, GatewayWiring, LiveOutlet, ReactorOptions, ShardLink, handover_ring,
};
use matchgate_runtime::alloc_guard::count_allocations;
use matchgate_runtime::{
    Agent, Clock, Consumer, Counters, EventClock, Failure, Producer, pin_current_thread, ring,
};
use matchgate_session::{
    GatewayCore, GatewayOptions, RecoveredShard, RecoveryInput, ShardHistory, SourceError,
};

use matchgate_subjects::ec_mix::ROOM;
use matchgate_subjects::shard::Market;

use super::journal::Journal;
use crate::machine::{Cpus, ThreadUsage};
use crate::number::count;

/// One instrument, one account.
const MARKET: Market = Market::new(ROOM.orders, ROOM.levels);
const GATEWAY: GatewayId = GatewayId(0);
const RING_COMMANDS: usize = 4_096;
const RING_EVENTS: usize = 16_384;
const RESEND_MESSAGES_MAX: u32 = 65_536;
/// So long that no session ends because the machine had no time for its client.
const HEARTBEAT_INTERVAL_NS: u64 = 3_600_000_000_000;
const WARM: u8 = 0;
const COUNTED: u8 = 1;
const DRAIN: u8 = 2;
const STOP: u8 = 3;

/// What the hot thread says in the end.
#[derive(Debug)]
pub struct HotReport {
    /// Allocations of the counted phase.
    pub allocations: u64,
    /// Whether an allocation would have been counted.
    pub counts: bool,
    /// Faults and switches of the counted phase.
    pub usage: ThreadUsage,
    /// The shard as it was left.
    pub shard: ShardAgent,
}

/// A running venue of one session; its key is `bench`.
#[derive(Debug)]
pub struct Venue {
    /// Where it listens.
    pub address: SocketAddr,
    acceptor: Acceptor,
    phase: Arc<AtomicU8>,
    hot: Option<JoinHandle<Result<HotReport>>>,
    failure: Failure,
    marks: [Marks; 2],
    journal: Option<Journal>,
}

impl Venue {
    /// The session's key.
    pub const KEY: &str = "bench";

    /// Starts gateway and shard on the hot cpu, spinning, with their journal under `folder` and
    /// its writer on the cold cpu.
    ///
    /// # Errors
    ///
    /// Returns what the system refuses.
    pub fn start(folder: &Path, cpus: Cpus) -> Result<Self> {
        let (journal, [shard_log, gateway_log]) = Journal::open(folder, Some(cpus.cold))?;
        let marks = [shard_log.marks(), gateway_log.marks()];
        let clock = Clock::new();
        let (handover_in, handover_out) = handover_ring(4);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let counters = Counters::new();
        let acceptor = AcceptorWiring {
            listener,
            directory: Directory::new(vec![DirectoryEntry {
                key: name(Self::KEY),
                session: SessionId(0),
                gateway: GATEWAY,
            }])?,
            gateways: vec![handover_in],
            clock: clock.clone(),
        };
        let acceptor = Acceptor::new("acceptor", acceptor, AcceptorOptions::default(), &counters)?;
        let failure = Failure::new();
        let made = Made {
            clock,
            counters,
            failure: failure.clone(),
        };
        let agents = made.agents(shard_log, gateway_log, handover_out)?;
        let phase = Arc::new(AtomicU8::new(WARM));
        let seen = Arc::clone(&phase);
        let hot = std::thread::Builder::new()
            .name("hot".to_owned())
            .spawn(move || {
                pin_current_thread(cpus.hot)?;
                agents.run(&seen)
            })?;
        Ok(Self {
            address,
            acceptor,
            phase,
            hot: Some(hot),
            failure,
            marks,
            journal: Some(journal),
        })
    }

    /// Gives the acceptor a turn; a logon needs some.
    pub fn accept(&mut self) {
        self.acceptor.poll();
    }

    /// Returns whether half of each staging log is free. Who sends on without looks on a slow disk
    /// gets the answer `Busy` at some time.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let mut logs = self.marks.iter();
        logs.all(|marks| marks.free_bytes() >= marks.capacity_bytes() / 2)
    }

    /// Returns whether an agent or the journal's writer has failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failure.is_set() || self.marks.iter().any(Marks::failed)
    }

    /// Begins to count.
    pub fn begin_count(&self) {
        self.phase.store(COUNTED, Ordering::Release);
    }

    /// Ends to count; the venue goes on.
    pub fn end_count(&self) {
        self.phase.store(DRAIN, Ordering::Release);
    }

    /// Stops it and returns what the hot thread and the journal's writer say.
    ///
    /// # Errors
    ///
    /// Returns the first failure of an agent or of the journal.
    pub fn stop(mut self) -> Result<(HotReport, WriterStats)> {
        self.phase.store(STOP, Ordering::Release);
        let hot = self.hot.take().context("it runs until now")?;
        let report = hot
            .join()
            .map_err(|_| anyhow!("the hot thread panicked"))??;
        ensure!(
            !self.failure.is_set(),
            "the venue failed: {:?}",
            self.failure.report()
        );
        let journal = self.journal.take().context("it is open until now")?;
        Ok((report, journal.finish()?))
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.phase.store(STOP, Ordering::Release);
        if let Some(hot) = self.hot.take() {
            // Whoever drops it without asking has an error of his own to tell.
            drop(hot.join());
        }
    }
}

/// What all agents share.
struct Made {
    clock: Clock,
    counters: Counters,
    failure: Failure,
}

impl Made {
    fn agents(
        self,
        shard_log: Appender,
        gateway_log: Appender,
        handover: matchgate_net::HandoverConsumer,
    ) -> Result<HotAgents> {
        let (event_clock, _discipline) = EventClock::new(&self.clock, &self.counters);
        let commands: (Producer<Command>, Consumer<Command>) = ring(RING_COMMANDS);
        let events: (Producer<Event>, Consumer<Event>) = ring(RING_EVENTS);
        let definitions = definitions();
        let (mut to_shard, shard_control) = ring(definitions.len());
        let (_, gateway_control) = ring(1);
        for definition in definitions {
            let pushed = to_shard.try_push(definition);
            ensure!(pushed.is_ok(), "the ring was made for them");
        }
        let log_next = gateway_log.next_sequence();
        let mut outlet = LiveOutlet::new(gateway_log, vec![commands.0], event_clock.clone());
        let core = recovered_core(log_next, &mut outlet)?;
        let wiring = GatewayWiring {
            core,
            outlet,
            shards: vec![ShardLink {
                events: events.1,
                marks: shard_log.marks(),
            }],
            handovers: vec![handover],
            control: gateway_control,
            clock: self.clock,
            failure: self.failure,
        };
        let options = GatewayAgentOptions {
            reactor: ReactorOptions::default(),
            sessions_max: 1,
        };
        let rings = GatewayRings {
            commands: commands.1,
            events: events.0,
        };
        Ok(HotAgents {
            gateway: GatewayAgent::new(GATEWAY, wiring, options, &self.counters),
            shard: ShardAgent::new(
                Shard::new(ShardId(0), MARKET.capacity()),
                shard_log,
                event_clock,
                (vec![rings], shard_control),
                &self.counters,
            ),
        })
    }
}

/// The two hot agents, polled in turn.
struct HotAgents {
    gateway: GatewayAgent,
    shard: ShardAgent,
}

impl HotAgents {
    fn run(mut self, phase: &AtomicU8) -> Result<HotReport> {
        self.gateway.start();
        self.turn_while(phase, WARM);
        let (_, probe) = count_allocations(|| std::hint::black_box(Box::new(1_u8)));
        // The first look touches the stack that the second needs.
        ThreadUsage::of_this_thread()?;
        let before = ThreadUsage::of_this_thread()?;
        let ((), allocations) = count_allocations(|| self.turn_while(phase, COUNTED));
        let usage = ThreadUsage::of_this_thread()?.since(&before);
        self.turn_while(phase, DRAIN);
        self.gateway.close();
        self.shard.close();
        Ok(HotReport {
            allocations,
            counts: probe > 0,
            usage,
            shard: self.shard,
        })
    }

    fn turn_while(&mut self, phase: &AtomicU8, wanted: u8) {
        while phase.load(Ordering::Relaxed) == wanted {
            self.gateway.poll();
            self.shard.poll();
        }
    }
}

/// A journal in which nothing was ever written.
struct NoHistory;

impl ShardHistory for NoHistory {
    fn next(&mut self, events: &mut Vec<Event>) -> Result<Option<Sequenced<Command>>, SourceError> {
        events.clear();
        Ok(None)
    }
}

fn recovered_core(log_next: u64, outlet: &mut LiveOutlet) -> Result<GatewayCore> {
    let shard = Shard::new(ShardId(0), MARKET.capacity());
    let mut history = NoHistory;
    let input = RecoveryInput {
        options: GatewayOptions {
            heartbeat_interval_ns: HEARTBEAT_INTERVAL_NS,
            ..GatewayOptions::new(GATEWAY, Epoch(1), 1)
        },
        controls: &mut definitions().into_iter(),
        log: &mut std::iter::empty(),
        log_next,
        shards: vec![RecoveredShard {
            shard: &shard,
            history: &mut history,
        }],
    };
    GatewayCore::recover(input, outlet).map_err(|error| anyhow!("the sessions: {error}"))
}

fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).expect("names here are short and printable")
}

/// Returns the control journal: the market's instrument, every slot, one firm with one account
/// and one session.
fn definitions() -> Vec<Command> {
    let mut commands = MARKET.setup();
    let mut number = count(commands.len());
    let mut control = || {
        number += 1;
        ControlNumber(number)
    };
    commands.extend([
        Command::DefineFirm(DefineFirm {
            control: control(),
            firm: Firm {
                id: FirmId(0),
                name: name("FIRM"),
                gateway: GATEWAY,
                reserved: [0; 3],
            },
        }),
        Command::DefineAccount(DefineAccount {
            control: control(),
            account: Account {
                id: AccountId(0),
                firm: FirmId(0),
                name: name("ACCOUNT"),
                open_orders_max: MARKET.slots(),
            },
            reserved: [0; 4],
        }),
        Command::DefineSession(DefineSession {
            control: control(),
            session: SessionDefinition {
                id: SessionId(0),
                firm: FirmId(0),
                default_account: AccountId(0),
                key: name(Venue::KEY),
                resend_messages_max: RESEND_MESSAGES_MAX,
            },
        }),
        Command::SetPhase(SetPhase {
            control: control(),
            instrument: InstrumentId(0),
            phase: Phase::Continuous,
            reserved: [0; 3],
        }),
    ]);
    commands
}
