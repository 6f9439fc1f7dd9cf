//! The shard agent: the one place where commands get their order. It stamps a command, appends it
//! to the staging log, applies it and hands the events to the gateways that own the orders.
//!
//! It must not know sockets, sessions or followers. It never waits: where a ring or the staging
//! log lacks room it takes nothing, and the rings behind it fill.

use matchgate_core::domain::bounds::{COMMAND_BODY_MAX, EVENTS_PER_STEP_MAX};
use matchgate_core::domain::{
    Command, Epoch, Event, GatewayId, Origin, SequenceNumber, Sequenced, StateHashCheck,
    TimeAdvance,
};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_journal::{Appender, Marks, record_bytes};
use matchgate_runtime::{Agent, Consumer, Counter, Counters, EventClock, Producer};

use crate::audience::{Audience, audience, needs_sync};

/// A command on its way from a gateway to a shard.
pub type RingCommand = Command;

/// Commands that one poll takes at the most, so that agents beside it get their turn.
pub const COMMANDS_PER_POLL_MAX: usize = 32;
/// Commands after which the state hash is journaled.
pub const HASH_INTERVAL_COMMANDS: u64 = 65_536;
/// Event time after which the state hash is journaled where commands came since the last one.
pub const HASH_INTERVAL_NS: u64 = 1_000_000_000;
/// Room in the staging log that one command may need.
const COMMAND_RECORD_BYTES_MAX: usize = record_bytes(COMMAND_BODY_MAX);

/// The two rings between a shard and one gateway.
#[derive(Debug)]
pub struct GatewayRings {
    /// Commands of the gateway.
    pub commands: Consumer<RingCommand>,
    /// Events for the gateway; holds at least [`EVENTS_PER_STEP_MAX`]. Those of a command that is
    /// not the gateway's own have the ring tag 0: tags of two gateways may be alike.
    pub events: Producer<Event>,
}

#[derive(Debug)]
struct ShardCounters {
    commands: Counter,
    repeats: Counter,
    events: Counter,
    events_to_nobody: Counter,
    waits_for_ring: Counter,
    waits_for_staging: Counter,
    hash_records: Counter,
    expiries: Counter,
    state_hash_low: Counter,
    state_hash_high: Counter,
    /// How far the clock was behind the journal at the start, then at the last record.
    clock_behind_ns: Counter,
}

impl ShardCounters {
    fn new(counters: &Counters, name: &str) -> Self {
        let counter = |what: &str| counters.counter(&format!("{name}_{what}"));
        Self {
            commands: counter("commands"),
            repeats: counter("repeats"),
            events: counter("events"),
            events_to_nobody: counter("events_to_nobody"),
            waits_for_ring: counter("waits_for_ring"),
            waits_for_staging: counter("waits_for_staging"),
            hash_records: counter("hash_records"),
            expiries: counter("expiries"),
            state_hash_low: counter("state_hash_low"),
            state_hash_high: counter("state_hash_high"),
            clock_behind_ns: counter("clock_behind_ns"),
        }
    }
}

/// The command that a step belongs to.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    sequence: SequenceNumber,
    origin: Option<Origin>,
}

/// Runs one shard.
#[derive(Debug)]
pub struct ShardAgent {
    name: String,
    shard: Shard,
    appender: Appender,
    marks: Marks,
    clock: EventClock,
    gateways: Vec<GatewayRings>,
    control: Consumer<Command>,
    events: EventBuffer,
    /// A command whose further events wait for room.
    unfinished: Option<Unfinished>,
    /// The gateway whose ring is looked at first in the next turn.
    first_gateway: usize,
    last_time_ns: u64,
    commands_since_hash: u64,
    hash_time_ns: u64,
    counters: ShardCounters,
}

impl ShardAgent {
    /// Returns the agent of a recovered shard. `gateways` stands in the order of the gateway
    /// numbers; `control` brings control commands and operator acts. The agent's name is
    /// `shard:{number}`, its counters begin with `shard_{number}_`. Where the clock is behind the
    /// journal, event time goes on from the journal's until the clock has caught up; the counter
    /// `clock_behind_ns` says by how much.
    #[must_use]
    pub fn new(
        shard: Shard,
        appender: Appender,
        clock: EventClock,
        rings: (Vec<GatewayRings>, Consumer<Command>),
        counters: &Counters,
    ) -> Self {
        let (gateways, control) = rings;
        let number = shard.id();
        // A wall clock behind the journal must not make event time fall.
        let last_time_ns = shard.last_time_ns().saturating_add(1);
        let now_ns = clock.now_ns();
        let hash_time_ns = now_ns.max(last_time_ns);
        let counters = ShardCounters::new(counters, &format!("shard_{number}"));
        let behind_ns = shard.last_time_ns().saturating_sub(now_ns);
        counters.clock_behind_ns.set(behind_ns);
        Self {
            name: format!("shard:{number}"),
            shard,
            marks: appender.marks(),
            appender,
            clock,
            gateways,
            control,
            events: EventBuffer::new(),
            unfinished: None,
            first_gateway: 0,
            last_time_ns,
            commands_since_hash: 0,
            hash_time_ns,
            counters,
        }
    }

    /// Returns the state.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Returns whether a whole step's events fit into every ring.
    #[inline]
    fn rings_have_room(&self) -> bool {
        self.gateways
            .iter()
            .all(|gateway| gateway.events.has_room(EVENTS_PER_STEP_MAX))
    }

    /// Returns whether a command may be taken now.
    fn may_take(&mut self) -> bool {
        if self.unfinished.is_some() || self.marks.failed() {
            return false;
        }
        if !self.appender.has_room(COMMAND_RECORD_BYTES_MAX) {
            self.counters.waits_for_staging.increment();
            return false;
        }
        if !self.rings_have_room() {
            self.counters.waits_for_ring.increment();
            return false;
        }
        true
    }

    fn resume(&mut self) -> usize {
        let Some(command) = self.unfinished else {
            return 0;
        };
        if !self.rings_have_room() {
            self.counters.waits_for_ring.increment();
            return 0;
        }
        let progress = self.shard.resume(&mut self.events);
        self.end_step(command, progress);
        1
    }

    /// Moves the shard's time where orders expire by now, though nobody may trade.
    fn expire(&mut self) -> usize {
        let Some(deadline_ns) = self.shard.next_deadline_ns() else {
            return 0;
        };
        let time_ns = self.clock.now_ns().max(self.last_time_ns);
        if deadline_ns > time_ns || !self.may_take() {
            return 0;
        }
        self.last_time_ns = time_ns;
        self.sequence(Command::Time(TimeAdvance { time_ns }));
        self.counters.expiries.increment();
        1
    }

    /// Takes the oldest control command that is new to the shard.
    fn take_control(&mut self) -> usize {
        let Some(&command) = self.control.peek() else {
            return 0;
        };
        if !self.may_take() {
            return 0;
        }
        self.control.pop();
        let is_repeat = command
            .control()
            .is_some_and(|number| number <= self.shard.last_control());
        if is_repeat {
            self.counters.repeats.increment();
        } else {
            self.stamp();
            self.sequence(command);
        }
        1
    }

    /// Takes commands from the rings, one of each in turn.
    fn take_from_gateways(&mut self) -> usize {
        let mut taken = 0;
        let mut idle_rings = 0;
        let mut place = self.first_gateway;
        while taken < COMMANDS_PER_POLL_MAX && idle_rings < self.gateways.len() {
            place = if place >= self.gateways.len() {
                0
            } else {
                place
            };
            let Some(command) = self.peek(place) else {
                idle_rings += 1;
                place += 1;
                continue;
            };
            if !self.may_take() {
                break;
            }
            self.take_from(place, command);
            taken += 1;
            idle_rings = 0;
            place += 1;
        }
        self.first_gateway = place;
        taken
    }

    #[inline]
    fn peek(&self, place: usize) -> Option<Command> {
        self.gateways.get(place)?.commands.peek().copied()
    }

    fn take_from(&mut self, place: usize, command: Command) {
        if let Some(gateway) = self.gateways.get_mut(place) {
            gateway.commands.pop();
        }
        let is_repeat = command
            .origin()
            .is_some_and(|origin| origin.ring <= self.shard.last_ring(origin.gateway));
        if is_repeat {
            // Repeated after a crash although the journal has it.
            self.counters.repeats.increment();
        } else {
            self.stamp();
            self.sequence(command);
        }
    }

    /// Gives the next record its time, which is never below that of the last one, nor at or behind
    /// the next deadline: what expires by then has to be told before. That is for the next turn; so
    /// deadlines, however dense, keep no command waiting.
    #[inline]
    fn stamp(&mut self) {
        let now_ns = self.clock.now_ns();
        let behind_ns = self.last_time_ns.saturating_sub(now_ns);
        self.counters.clock_behind_ns.set(behind_ns);
        let before_ns = match self.shard.next_deadline_ns() {
            Some(deadline_ns) => now_ns.min(deadline_ns.saturating_sub(1)),
            None => now_ns,
        };
        self.last_time_ns = before_ns.max(self.last_time_ns);
    }

    /// Appends and applies a command at the last time that was given. The caller has made sure of
    /// room everywhere.
    fn sequence(&mut self, command: Command) {
        let time_ns = self.last_time_ns;
        let (kind, parts) = command.parts();
        let appended = self.appender.append(kind as u8, time_ns, &parts);
        let sequence = SequenceNumber(appended.expect("room was asked for before"));
        let sequenced = Sequenced {
            sequence,
            epoch: Epoch(self.appender.epoch()),
            time_ns,
            body: command,
        };
        let progress = self.shard.apply(&sequenced, &mut self.events);
        self.commands_since_hash += 1;
        self.counters.commands.increment();
        let command = Unfinished {
            sequence,
            origin: sequenced.body.origin().copied(),
        };
        self.end_step(command, progress);
    }

    /// Hands on the events of a step; every ring has room for all of them.
    fn end_step(&mut self, command: Unfinished, progress: Progress) {
        match progress {
            Progress::Done => {
                self.unfinished = None;
                self.appender.set_applied(command.sequence.0);
            }
            Progress::More => self.unfinished = Some(command),
        }
        let mut waits_for_sync = false;
        for event in self.events.as_slice() {
            waits_for_sync |= needs_sync(&event.body);
            let owner_of = |slot| self.shard.slot_lent_to(slot);
            let told = audience(&event.body, command.origin.as_ref(), owner_of);
            if matches!(told, Audience::Nobody) {
                self.counters.events_to_nobody.increment();
            }
            let asking = command.origin.map(|origin| origin.gateway);
            for (number, gateway) in self.gateways.iter_mut().enumerate() {
                if includes(told, number) {
                    let mut event = *event;
                    if !asking.is_some_and(|asking| is(asking, number)) {
                        event.header.ring_tag = 0;
                    }
                    gateway
                        .events
                        .try_push(event)
                        .expect("room for a whole step was asked for before it");
                }
            }
        }
        let count = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.counters.events.add(count);
        self.events.clear();
        if waits_for_sync {
            self.marks.request_sync(command.sequence.0);
        }
    }

    /// Journals the state hash where it is due.
    fn record_hash(&mut self) -> usize {
        if self.commands_since_hash == 0 {
            return 0;
        }
        if self.commands_since_hash < HASH_INTERVAL_COMMANDS {
            let now_ns = self.clock.now_ns();
            if now_ns.saturating_sub(self.hash_time_ns) < HASH_INTERVAL_NS {
                return 0;
            }
        }
        if !self.may_take() {
            return 0;
        }
        let hash = hash_halves(self.shard.state_hash());
        self.stamp();
        self.sequence(Command::StateHash(StateHashCheck { hash }));
        self.counters.hash_records.increment();
        self.commands_since_hash = 0;
        self.hash_time_ns = self.last_time_ns;
        1
    }
}

impl Agent for ShardAgent {
    fn name(&self) -> &str {
        &self.name
    }

    /// Takes one step: what a command left unfinished; else the time where orders expire, once,
    /// and up to [`COMMANDS_PER_POLL_MAX`] commands. Returns the steps taken.
    fn poll(&mut self) -> usize {
        if self.unfinished.is_some() {
            return self.resume();
        }
        let taken = self.expire() + self.take_control() + self.take_from_gateways();
        taken + self.record_hash()
    }

    /// Takes what the rings still hold, as far as there is room: a command that stays behind is
    /// undecided, and the gateway log brings it again at the next start. What the state was in
    /// the end stands in the counters, for whoever compares a replay with it.
    fn close(&mut self) {
        while self.poll() > 0 {}
        let [low, high] = hash_halves(self.shard.state_hash());
        self.counters.state_hash_low.set(low);
        self.counters.state_hash_high.set(high);
    }
}

#[inline]
fn includes(audience: Audience, gateway: usize) -> bool {
    match audience {
        Audience::Nobody => false,
        Audience::One(told) => is(told, gateway),
        Audience::Two(one, other) => is(one, gateway) || is(other, gateway),
    }
}

#[inline]
fn is(gateway: GatewayId, number: usize) -> bool {
    usize::from(gateway.0) == number
}

/// Returns the low and the high half, as they stand in the journal.
#[expect(clippy::cast_possible_truncation, reason = "each half has 64 bits")]
const fn hash_halves(hash: u128) -> [u64; 2] {
    [hash as u64, (hash >> 64) as u64]
}
