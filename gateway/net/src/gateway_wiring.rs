//! What a gateway agent is connected to, sized by, and counts.

use matchgate_core::domain::{Command, Event};
use matchgate_journal::Marks;
use matchgate_runtime::{Clock, Consumer, Counter, Counters, Failure};
use matchgate_session::GatewayCore;

use crate::handover::HandoverConsumer;
use crate::live_outlet::LiveOutlet;
use crate::reactor_options::ReactorOptions;

/// What comes to a gateway from one shard.
#[derive(Debug)]
pub struct ShardLink {
    /// Its events.
    pub events: Consumer<Event>,
    /// Marks of its journal.
    pub marks: Marks,
}

/// What a gateway agent is connected to.
#[derive(Debug)]
pub struct GatewayWiring {
    /// The sessions, recovered.
    pub core: GatewayCore,
    /// Log and rings, through which the sessions were recovered.
    pub outlet: LiveOutlet,
    /// The shards, in the order of their numbers.
    pub shards: Vec<ShardLink>,
    /// Connections from each acceptor.
    pub handovers: Vec<HandoverConsumer>,
    /// Records of the control journal, synced and in order.
    pub control: Consumer<Command>,
    /// Measures heartbeats and time-outs.
    pub clock: Clock,
    /// Where a failure is reported.
    pub failure: Failure,
}

/// Sizes of a gateway agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayAgentOptions {
    /// Sizes of its reactor.
    pub reactor: ReactorOptions,
    /// Sessions of the venue; a session's number is below it.
    pub sessions_max: u32,
}

/// What a gateway agent counts.
#[derive(Debug)]
pub(crate) struct GatewayCounters {
    pub(crate) messages_in: Counter,
    pub(crate) messages_out: Counter,
    pub(crate) events: Counter,
    pub(crate) logons: Counter,
    pub(crate) sessions_ended: Counter,
    pub(crate) frames_refused: Counter,
    pub(crate) pauses: Counter,
    pub(crate) waits_for_log: Counter,
    pub(crate) connections: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) receives_starved: Counter,
    pub(crate) enters: Counter,
}

impl GatewayCounters {
    /// Makes the counters, with labels that begin with `{name}_`.
    pub(crate) fn new(counters: &Counters, name: &str) -> Self {
        let counter = |what: &str| counters.counter(&format!("{name}_{what}"));
        Self {
            messages_in: counter("messages_in"),
            messages_out: counter("messages_out"),
            events: counter("events"),
            logons: counter("logons"),
            sessions_ended: counter("sessions_ended"),
            frames_refused: counter("frames_refused"),
            pauses: counter("pauses"),
            waits_for_log: counter("waits_for_log"),
            connections: counter("connections"),
            bytes_in: counter("bytes_in"),
            bytes_out: counter("bytes_out"),
            receives_starved: counter("receives_starved"),
            enters: counter("enters"),
        }
    }
}
