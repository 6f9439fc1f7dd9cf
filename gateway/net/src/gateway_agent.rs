//! The gateway agent: the duty cycle in which bytes become commands and events become bytes.
//!
//! In a turn it takes control commands, new connections, bytes, events and marks, in this order,
//! then says what there is to say and submits once. It never waits: events are taken whatever the
//! sockets do, and bytes stay in the sockets where the gateway log has no room, which nobody's
//! silence is. It must not know a rule of the session, which is [`GatewayCore`]'s, nor what a shard
//! does with a command.

use matchgate_core::domain::{
    Command, Event, GatewayId, RejectReason, SequenceNumber, SessionId, ShardId,
};
use matchgate_journal::Marks;
use matchgate_runtime::{Agent, Clock, Consumer, Counters, Failure};
use matchgate_schema::capnp::decode_client;
use matchgate_schema::message::ClientMessage;
use matchgate_session::{GatewayCore, Intake};

use crate::acceptor;
use crate::connection::ConnectionId;
use crate::gateway_wiring::{GatewayAgentOptions, GatewayCounters, GatewayWiring, ShardLink};
use crate::handover::{Handover, HandoverConsumer};
use crate::line::{CLOSE_TIMEOUT_NS, Lines, Use};
use crate::live_outlet::LiveOutlet;
use crate::network::Network;
use crate::reactor::ReactorEvent;
use crate::reactor_options::AdoptError;
use crate::session_counters::SessionCounters;

/// Messages of clients that one turn takes at the most: what a shard beside it takes in one.
pub const MESSAGES_PER_POLL_MAX: usize = 32;
/// Messages of one connection that are taken before the next one has its turn.
const MESSAGES_PER_CONNECTION_MAX: usize = 8;
/// Events of each shard that one turn takes at the most.
pub const EVENTS_PER_POLL_MAX: usize = 256;
/// Connections that one turn takes over at the most, and control commands.
const ARRIVALS_PER_POLL_MAX: usize = 8;
/// Time between two looks at deadlines.
const TICK_NS: u64 = 10_000_000;
/// Time after which a message that could not be taken is tried again.
const PAUSE_NS: u64 = 50_000;
/// Exit code of a process whose gateway log and shard journals disagree.
const EXIT_DAMAGED: u8 = 4;
/// Exit code of a process whose reactor does not work.
const EXIT_INPUT_OUTPUT: u8 = 5;
/// Exit code of a process whose configuration asks for what there is not.
const EXIT_CONFIGURATION: u8 = 2;

/// One shard as the agent sees it.
#[derive(Debug)]
struct ShardSide {
    id: ShardId,
    events: Consumer<Event>,
    marks: Marks,
    synced_seen: u64,
}

/// The gateway's own log as the agent sees it.
#[derive(Debug)]
struct LogSide {
    marks: Marks,
    synced_seen: u64,
}

/// When something is due next, on the agent's clock.
#[derive(Debug, Default)]
struct Due {
    /// A look at heartbeats and time-outs.
    tick_ns: u64,
    /// Another try with the connections that are paused.
    resume_ns: u64,
    /// Since when no connection was read, for want of room in the log.
    unread_since_ns: Option<u64>,
}

/// How the bytes of one connection were taken.
enum Heard {
    /// All of them.
    All,
    /// All but so many at their end, which are for a later turn.
    NotNow(usize),
    /// All but so many at their end, which have to wait for the session.
    Paused(usize),
    /// The connection has to end.
    End(RejectReason),
}

/// Runs the sessions of one gateway. See the module.
#[derive(Debug)]
pub struct GatewayAgent {
    name: String,
    core: GatewayCore,
    outlet: LiveOutlet,
    log: LogSide,
    shards: Vec<ShardSide>,
    handovers: Vec<HandoverConsumer>,
    control: Consumer<Command>,
    clock: Clock,
    failure: Failure,
    options: GatewayAgentOptions,
    /// Made at the start, on the agent's own thread.
    network: Option<Box<Network>>,
    /// Nothing more is taken or said.
    halted: bool,
    due: Due,
    counters: GatewayCounters,
    session_counters: SessionCounters,
}

impl GatewayAgent {
    /// Returns the agent of gateway `number`. Its name is `gateway:{number}`, its counters begin
    /// with `gateway_{number}_`.
    #[must_use]
    pub fn new(
        number: GatewayId,
        wiring: GatewayWiring,
        options: GatewayAgentOptions,
        counters: &Counters,
    ) -> Self {
        let mut outlet = wiring.outlet;
        outlet.watch(wiring.shards.iter().map(|link| &link.marks));
        let side = |(id, link): (ShardId, ShardLink)| ShardSide {
            id,
            events: link.events,
            marks: link.marks,
            synced_seen: 0,
        };
        Self {
            name: format!("gateway:{number}"),
            session_counters: SessionCounters::new(&wiring.core, counters),
            core: wiring.core,
            log: LogSide {
                marks: outlet.log_marks().clone(),
                synced_seen: 0,
            },
            outlet,
            shards: (0..).map(ShardId).zip(wiring.shards).map(side).collect(),
            handovers: wiring.handovers,
            control: wiring.control,
            clock: wiring.clock,
            failure: wiring.failure,
            options,
            network: None,
            halted: false,
            due: Due::default(),
            counters: GatewayCounters::new(counters, &format!("gateway_{number}")),
        }
    }

    /// Returns the sessions.
    #[must_use]
    pub const fn core(&self) -> &GatewayCore {
        &self.core
    }

    fn turn(&mut self, network: &mut Network) -> usize {
        if self.must_stop() {
            return 0;
        }
        let now_ns = self.clock.now_ns();
        self.outlet.begin_turn();
        let mut work = self.end_sessions(network, now_ns);
        work += self.take_control();
        work += self.take_handovers(network, now_ns);
        work += self.take_received(network, now_ns);
        work += self.take_events();
        work += self.take_marks();
        if now_ns >= self.due.tick_ns {
            self.tick(network, now_ns);
        }
        if self.outlet.has_room_for_events() {
            self.core.end_run(&mut self.outlet);
        }
        work += self.end_sessions(network, now_ns);
        let messages = network.speak(&mut self.core, now_ns);
        self.counters.messages_out.add(count(messages));
        work += messages;
        // What a failed journal may have lost must not be said.
        if !self.must_stop()
            && let Err(error) = network.reactor.submit()
        {
            self.halt(EXIT_INPUT_OUTPUT, &error);
        }
        work
    }

    /// Returns whether nothing more may be taken or said.
    fn must_stop(&mut self) -> bool {
        self.halted |=
            self.log.marks.failed() || self.shards.iter().any(|shard| shard.marks.failed());
        self.halted
    }

    fn halt(&mut self, exit_code: u8, error: &dyn std::error::Error) {
        self.halted = true;
        self.failure
            .set(exit_code, format!("{}: {error}", self.name));
    }

    fn take_control(&mut self) -> usize {
        for taken in 0..ARRIVALS_PER_POLL_MAX {
            let Some(command) = self.control.pop() else {
                return taken;
            };
            if let Err(error) = self.core.apply_control(&command) {
                self.halt(EXIT_DAMAGED, &error);
                return taken;
            }
        }
        ARRIVALS_PER_POLL_MAX
    }

    fn take_handovers(&mut self, network: &mut Network, now_ns: u64) -> usize {
        let mut taken = 0;
        while taken < ARRIVALS_PER_POLL_MAX && self.outlet.has_room_for_client() {
            let next = self.handovers.iter_mut().find_map(HandoverConsumer::pop);
            let Some((socket, handover)) = next else {
                break;
            };
            taken += 1;
            match network.reactor.adopt(socket) {
                Ok(id) => self.log_on(network, id, &handover, now_ns),
                Err(AdoptError::Full(socket)) => {
                    let reason = RejectReason::ConnectionLimit;
                    acceptor::say_logout(&socket, &mut network.encoder, reason);
                }
                // The peer is gone already.
                Err(AdoptError::Socket(_)) => {}
            }
        }
        taken
    }

    fn log_on(
        &mut self,
        network: &mut Network,
        id: ConnectionId,
        handover: &Handover,
        now_ns: u64,
    ) {
        let logon = &handover.logon;
        let answer = self.core.logon(logon, now_ns, &mut self.outlet);
        match answer {
            Ok(session) if network.lines.knows(session) => {
                network.lines.open(id, Use::Session(session));
                self.counters.logons.increment();
            }
            Ok(session) => {
                self.core.disconnect(session, &mut self.outlet);
                self.end(network, id, RejectReason::ConnectionLimit, now_ns);
            }
            Err(reason) => self.end(network, id, reason, now_ns),
        }
    }

    fn take_received(&mut self, network: &mut Network, now_ns: u64) -> usize {
        if !network.paused.is_empty() && now_ns >= self.due.resume_ns {
            self.due.resume_ns = now_ns.saturating_add(PAUSE_NS);
            for id in network.paused.drain(..) {
                network.reactor.resume(id);
            }
        }
        if let Some(since_ns) = self.due.unread_since_ns.take() {
            self.core.on_unheard(now_ns.saturating_sub(since_ns));
        }
        network.reactor.poll();
        let mut budget = MESSAGES_PER_POLL_MAX;
        let mut work = 0;
        while budget > 0 {
            if !self.outlet.has_room_for_client() {
                self.counters.waits_for_log.increment();
                self.due.unread_since_ns = Some(now_ns);
                break;
            }
            let (id, heard) = match network.reactor.next_event() {
                Some(ReactorEvent::Received(id, bytes)) => {
                    let heard = self.hear((&mut network.lines, id), bytes, &mut budget, now_ns);
                    (id, heard)
                }
                Some(ReactorEvent::Closed(id, _)) => {
                    if let Some(session) = network.lines.close(id) {
                        self.disconnect(session);
                    }
                    network.paused.retain(|paused| *paused != id);
                    (id, Heard::All)
                }
                None => break,
            };
            work += 1;
            match heard {
                Heard::All => {}
                Heard::NotNow(rest) => network.reactor.leave_rest(rest),
                Heard::Paused(rest) => {
                    network.reactor.leave_rest(rest);
                    network.reactor.pause(id);
                    network.paused.push(id);
                    self.counters.pauses.increment();
                }
                Heard::End(reason) => self.end(network, id, reason, now_ns),
            }
        }
        let messages = MESSAGES_PER_POLL_MAX - budget;
        self.counters.messages_in.add(count(messages));
        work + messages
    }

    /// Takes the whole frames that came on a connection, as many as the budget and the log allow.
    fn hear(
        &mut self,
        (lines, id): (&mut Lines, ConnectionId),
        bytes: &[u8],
        budget: &mut usize,
        now_ns: u64,
    ) -> Heard {
        let Some((session, frames)) = lines.session_of(id) else {
            return Heard::All;
        };
        let mut incoming = bytes;
        let budget_end = budget.saturating_sub(MESSAGES_PER_CONNECTION_MAX);
        loop {
            if *budget <= budget_end || !self.outlet.has_room_for_client() {
                return match incoming.len() {
                    0 => Heard::All,
                    rest => Heard::NotNow(rest),
                };
            }
            let (message, frame_bytes) = match frames.next(&mut incoming) {
                Ok(Some(frame)) => (decode_client(frame), frame.len()),
                Ok(None) => return Heard::All,
                Err(reason) => {
                    self.counters.frames_refused.increment();
                    return Heard::End(reason);
                }
            };
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    self.counters.frames_refused.increment();
                    return Heard::End(error.reason);
                }
            };
            if self.outlet.orders_wait() && adds_risk(&message) {
                self.core.on_heard(session, now_ns);
                return Heard::Paused(incoming.len() + frames.unread(frame_bytes));
            }
            let intake = self
                .core
                .on_message(session, &message, now_ns, &mut self.outlet);
            match intake {
                Ok(Intake::Taken) => *budget -= 1,
                Ok(Intake::Later) => {
                    return Heard::Paused(incoming.len() + frames.unread(frame_bytes));
                }
                Err(end) => return Heard::End(end.reason),
            }
        }
    }

    fn take_events(&mut self) -> usize {
        let mut taken = 0;
        let mut fault = None;
        for shard in &mut self.shards {
            let room = self.core.event_room(shard.id).min(EVENTS_PER_POLL_MAX);
            for _ in 0..room {
                if shard.events.is_empty() {
                    break;
                }
                if !self.outlet.has_room_for_events() {
                    self.counters.waits_for_log.increment();
                    break;
                }
                let Some(event) = shard.events.pop() else {
                    break;
                };
                taken += 1;
                if let Err(error) = self.core.on_event(shard.id, &event, &mut self.outlet) {
                    fault = fault.or(Some(error));
                    break;
                }
            }
        }
        self.counters.events.add(count(taken));
        if let Some(error) = fault {
            self.halt(EXIT_DAMAGED, &error);
        }
        taken
    }

    /// Tells the core what has come to disk.
    fn take_marks(&mut self) -> usize {
        let mut work = 0;
        let mut fault = None;
        for shard in &mut self.shards {
            let synced = shard.marks.synced();
            if synced == shard.synced_seen || !self.outlet.has_room_for_events() {
                continue;
            }
            shard.synced_seen = synced;
            work += 1;
            let told = self
                .core
                .on_synced(shard.id, SequenceNumber(synced), &mut self.outlet);
            fault = fault.or(told.err());
        }
        if let Some(error) = fault {
            self.halt(EXIT_DAMAGED, &error);
        }
        let synced = self.log.marks.synced();
        if synced != self.log.synced_seen {
            self.log.synced_seen = synced;
            self.core.on_log_synced(synced);
            work += 1;
        }
        work
    }

    fn tick(&mut self, network: &mut Network, now_ns: u64) {
        self.due.tick_ns = now_ns.saturating_add(TICK_NS);
        self.core.on_tick(now_ns);
        self.session_counters.set(&self.core);
        for id in network.lines.closing_late(now_ns) {
            network.reactor.abort(id);
        }
        let counts = network.reactor.counts();
        let connections = count(network.reactor.connections());
        self.counters.connections.set(connections);
        self.counters.bytes_in.set(counts.bytes_received);
        self.counters.bytes_out.set(counts.bytes_sent);
        self.counters.receives_starved.set(counts.receives_starved);
        self.counters.enters.set(counts.enters);
    }

    /// Ends the connections that the core has done with.
    fn end_sessions(&mut self, network: &mut Network, now_ns: u64) -> usize {
        let mut ended = 0;
        while self.outlet.has_room_for_events() {
            let Some((session, reason)) = self.core.pop_ended() else {
                break;
            };
            ended += 1;
            if let Some(id) = network.lines.of_session(session) {
                self.end(network, id, reason, now_ns);
            }
        }
        ended
    }

    /// Tells a peer why its connection ends and lets the session go.
    fn end(&mut self, network: &mut Network, id: ConnectionId, reason: RejectReason, now_ns: u64) {
        let deadline_ns = now_ns.saturating_add(CLOSE_TIMEOUT_NS);
        if let Some(session) = network.lines.begin_close(id, deadline_ns) {
            self.disconnect(session);
        }
        network.say_logout(id, reason);
    }

    fn disconnect(&mut self, session: SessionId) {
        self.core.disconnect(session, &mut self.outlet);
        self.counters.sessions_ended.increment();
    }
}

impl Agent for GatewayAgent {
    fn name(&self) -> &str {
        &self.name
    }

    /// Makes the reactor, which belongs to the thread that makes it.
    fn start(&mut self) {
        match Network::new(&self.options.reactor, self.options.sessions_max) {
            Ok(network) => self.network = Some(Box::new(network)),
            Err(error) => self.halt(EXIT_CONFIGURATION, &error),
        }
    }

    /// Takes one turn. Returns how much was taken and said.
    fn poll(&mut self) -> usize {
        let Some(mut network) = self.network.take() else {
            return 0;
        };
        let work = self.turn(&mut network);
        self.network = Some(network);
        work
    }

    /// Tells every peer that the venue stops, unless a journal has failed.
    fn close(&mut self) {
        let Some(mut network) = self.network.take() else {
            return;
        };
        if self.must_stop() {
            return;
        }
        let now_ns = self.clock.now_ns();
        self.outlet.begin_turn();
        while self.outlet.has_room_for_events() {
            let Some(id) = network.lines.any_in_session() else {
                break;
            };
            self.end(&mut network, id, RejectReason::ShuttingDown, now_ns);
        }
        network.finish();
    }
}

/// Returns whether a message is one that is refused before cancels are.
const fn adds_risk(message: &ClientMessage) -> bool {
    matches!(
        message,
        ClientMessage::NewOrder(_) | ClientMessage::Replace(_)
    )
}

/// A count as counters take it.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
