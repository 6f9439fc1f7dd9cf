//! Makes the agents and the rings between them.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;

use matchgate_bridge::Hub;
use matchgate_core::Shard;
use matchgate_core::domain::{Command, Epoch, Event, GatewayId, Name, ShardId};
use matchgate_follower::{FollowedJournal, FollowerAgent, FollowerView, GatewayRings, ShardAgent};
use matchgate_journal::{DataDirectory, Marks, StreamId};
use matchgate_net::{
    Acceptor, AcceptorOptions, AcceptorWiring, Directory, DirectoryEntry, GatewayAgent,
    GatewayAgentOptions, GatewayWiring, HandoverConsumer, HandoverProducer, LiveOutlet,
    ReactorOptions, ShardLink, handover_ring,
};
use matchgate_runtime::{
    Agent, Clock, ClockDiscipline, Consumer, Counters, EventClock, Failure, Producer, ring,
};

use super::gateways::{self, Sources};
use super::journals::Journals;
use super::observed::Followed;
use super::open::{Opened, Stream, capacity};
use super::recovery::Control;
use super::sinks::PreparedSink;
use crate::config::Config;
use crate::control::{ControlAgent, ControlHandle};
use crate::exit_code::{ExitCode, Fatal};

/// Control commands that may wait for one agent.
const CONTROL_RING: usize = 256;
/// Connections that may wait for one gateway.
const HANDOVER_RING: usize = 64;

/// What every agent is made with.
#[derive(Debug)]
pub(super) struct Foundation<'a> {
    pub(super) config: &'a Config,
    pub(super) epoch: Epoch,
    pub(super) clock: Clock,
    pub(super) event_clock: EventClock,
    pub(super) failure: &'a Failure,
    pub(super) counters: &'a Counters,
}

/// The agents, and what others see of them.
pub(super) struct Made {
    pub(super) agents: Vec<Box<dyn Agent + Send>>,
    pub(super) journals: Journals,
    pub(super) control: ControlHandle,
    pub(super) view: FollowerView,
    pub(super) followed: Vec<Followed>,
    pub(super) hub: Hub,
    pub(super) marks: Vec<Marks>,
    pub(super) shard_marks: Vec<Marks>,
}

/// The ring ends of one gateway.
struct GatewayEnds {
    to_shards: Vec<Producer<Command>>,
    from_shards: Vec<Consumer<Event>>,
    handovers: HandoverConsumer,
    control: Consumer<Command>,
}

/// All rings, by the end that each side holds.
struct Rings {
    at_gateways: Vec<GatewayEnds>,
    /// By shard, then by gateway.
    at_shards: Vec<Vec<GatewayRings>>,
    /// From the acceptor, by gateway.
    handovers: Vec<HandoverProducer>,
    /// From the control agent, to gateways.
    control: Vec<Producer<Command>>,
}

impl Rings {
    fn new(config: &Config) -> Self {
        let mut rings = Self {
            at_gateways: Vec::new(),
            at_shards: Vec::new(),
            handovers: Vec::new(),
            control: Vec::new(),
        };
        for _ in 0..config.venue.gateways {
            let (handovers_in, handovers) = handover_ring(HANDOVER_RING);
            let (control_in, control) = ring(CONTROL_RING);
            rings.handovers.push(handovers_in);
            rings.control.push(control_in);
            let (to_shards, from_shards) = (Vec::new(), Vec::new());
            rings.at_gateways.push(GatewayEnds {
                to_shards,
                from_shards,
                handovers,
                control,
            });
        }
        for _ in 0..config.venue.shards {
            let mut at_shard = Vec::new();
            for gateway in &mut rings.at_gateways {
                let (commands_in, commands) = ring(config.rings.commands);
                let (events, events_out) = ring(config.rings.events);
                gateway.to_shards.push(commands_in);
                gateway.from_shards.push(events_out);
                at_shard.push(GatewayRings { commands, events });
            }
            rings.at_shards.push(at_shard);
        }
        rings
    }
}

/// Returns a shard's control ring with the commands that its journal lacks already in it. A shard
/// takes control before anything of a gateway's.
fn control_ring(shard: &Shard, control: &Control) -> (Producer<Command>, Consumer<Command>) {
    let known = shard.last_control();
    let missing = || {
        let commands = control.commands.iter();
        commands.filter(|one| one.control() > Some(known))
    };
    let (mut producer, consumer) = ring(missing().count().max(CONTROL_RING));
    for command in missing() {
        producer
            .try_push(*command)
            .expect("the ring was made for all of them");
    }
    (producer, consumer)
}

/// Returns the agents that follow all shards: the operators' view, and one a sink.
fn followers(
    foundation: &Foundation<'_>,
    directory: &DataDirectory,
    marks: &[Marks],
    (sinks, hub): (Vec<PreparedSink>, &Hub),
) -> (Vec<Box<dyn Agent + Send>>, FollowerView, Vec<Followed>) {
    let journals: Vec<FollowedJournal> = (0..)
        .zip(marks)
        .map(|(shard, marks)| FollowedJournal {
            shard: ShardId(shard),
            capacity: capacity(&foundation.config.venue),
            segments: directory.segments_path(StreamId::shard(shard)),
            marks: marks.clone(),
        })
        .collect();
    let clock = &foundation.clock;
    let view = FollowerAgent::new(journals.clone(), clock.clone(), foundation.counters);
    let shown = view.view();
    let cursors = directory.path().join("cursors");
    let mut agents = vec![view];
    let uuid = directory.uuid_text();
    for sink in sinks {
        agents.push(FollowerAgent::with_sink(
            journals.clone(),
            sink.make(hub, &uuid),
            &cursors,
            clock.clone(),
            foundation.counters,
        ));
    }
    let followed = agents
        .iter()
        .map(|one| Followed {
            name: one.name().to_owned(),
            view: one.view(),
            health: one.health(),
        })
        .collect();
    let agents = agents
        .into_iter()
        .map(|one| Box::new(one) as Box<dyn Agent + Send>);
    (agents.collect(), shown, followed)
}

/// Returns which key opens which session on which gateway. A key that the configuration no longer
/// names opens nothing, whatever the control journal remembers of its session.
fn open_sessions(config: &Config, control: &Control) -> Vec<DirectoryEntry> {
    let named: BTreeSet<Name> = config.sessions.iter().map(|session| session.key).collect();
    let sessions = control.state.sessions().iter();
    let open = sessions.filter(|session| named.contains(&session.key));
    open.map(|session| DirectoryEntry {
        key: session.key,
        session: session.id,
        gateway: control.state.home(session),
    })
    .collect()
}

/// Returns one recovered gateway agent for each log.
fn make_gateways(
    foundation: &Foundation<'_>,
    folders: &Folders<'_>,
    logs: Vec<Stream>,
    (control, shards, open): (&Control, &[Shard], &[DirectoryEntry]),
    ends: Vec<GatewayEnds>,
) -> Result<Vec<GatewayAgent>, Fatal> {
    let mut agents = Vec::new();
    for ((gateway, log), ends) in (0..).map(GatewayId).zip(logs).zip(ends) {
        let Stream { appender, tail, .. } = log;
        let mut outlet = LiveOutlet::new(appender, ends.to_shards, foundation.event_clock.clone());
        let sources = Sources {
            control,
            log_folder: folders
                .directory
                .segments_path(StreamId::gateway(gateway.get())),
            log_tail: &tail,
            shard_folders: folders.shards(shards.len()),
            shards,
        };
        let core = gateways::recover(foundation, gateway, sources, &mut outlet)?;
        let links = ends.from_shards.into_iter().zip(folders.shard_marks);
        let wiring = GatewayWiring {
            core,
            outlet,
            shards: links
                .map(|(events, marks)| ShardLink {
                    events,
                    marks: marks.clone(),
                })
                .collect(),
            handovers: vec![ends.handovers],
            control: ends.control,
            clock: foundation.clock.clone(),
            failure: foundation.failure.clone(),
        };
        let options = GatewayAgentOptions {
            reactor: ReactorOptions::for_sessions(homed(open, gateway)),
            sessions_max: foundation.config.venue.sessions_max,
        };
        agents.push(GatewayAgent::new(
            gateway,
            wiring,
            options,
            foundation.counters,
        ));
    }
    Ok(agents)
}

/// Returns how many of the sessions have a gateway as their home.
fn homed(open: &[DirectoryEntry], gateway: GatewayId) -> u32 {
    let homed = open.iter().filter(|session| session.gateway == gateway);
    u32::try_from(homed.count()).unwrap_or(u32::MAX)
}

/// Where the streams of shards are.
struct Folders<'a> {
    directory: &'a DataDirectory,
    shard_marks: &'a [Marks],
}

impl Folders<'_> {
    fn shards(&self, count: usize) -> Vec<PathBuf> {
        let numbers = (0..).take(count);
        numbers
            .map(|shard| self.directory.segments_path(StreamId::shard(shard)))
            .collect()
    }
}

/// Returns one agent for each shard, which has every control command.
fn make_shards(
    foundation: &Foundation<'_>,
    (shards, streams): (Vec<Shard>, Vec<Stream>),
    rings: Vec<Vec<GatewayRings>>,
    control: &Control,
    control_rings: &mut Vec<Producer<Command>>,
) -> Vec<Box<dyn Agent + Send>> {
    let parts = shards.into_iter().zip(streams).zip(rings);
    parts
        .map(|((shard, stream), at_shard)| {
            let (producer, consumer) = control_ring(&shard, control);
            let clock = foundation.event_clock.clone();
            let rings = (at_shard, consumer);
            let mut agent =
                ShardAgent::new(shard, stream.appender, clock, rings, foundation.counters);
            // Before clients are let in; what finds no room yet is taken first on its own thread.
            while agent.poll() > 0 {}
            control_rings.push(producer);
            Box::new(agent) as Box<dyn Agent + Send>
        })
        .collect()
}

/// Makes every agent. The journal writer runs; nothing else does.
pub(super) fn make(
    foundation: &Foundation<'_>,
    opened: Opened,
    control: Control,
    shards: Vec<Shard>,
    discipline: ClockDiscipline,
) -> Result<Made, Fatal> {
    let Opened {
        listener,
        sinks,
        journals,
        control: control_stream,
        shards: streams,
        gateways,
        ..
    } = opened;
    let marks_of = |streams: &[Stream]| -> Vec<Marks> {
        streams.iter().map(|one| one.marks.clone()).collect()
    };
    let shard_marks = marks_of(&streams);
    let mut marks = vec![control_stream.marks.clone()];
    marks.extend(shard_marks.iter().cloned().chain(marks_of(&gateways)));
    let rings = Rings::new(foundation.config);
    let folders = Folders {
        directory: journals.directory(),
        shard_marks: &shard_marks,
    };
    let open = open_sessions(foundation.config, &control);
    let recovered = (&control, shards.as_slice(), open.as_slice());
    let mut control_rings = rings.control;
    let gateways = make_gateways(foundation, &folders, gateways, recovered, rings.at_gateways)?;
    let mut agents = make_shards(
        foundation,
        (shards, streams),
        rings.at_shards,
        &control,
        &mut control_rings,
    );
    agents.extend(
        gateways
            .into_iter()
            .map(|one| Box::new(one) as Box<dyn Agent + Send>),
    );
    agents.push(Box::new(acceptor(
        foundation,
        listener,
        open,
        rings.handovers,
    )?));
    agents.push(Box::new(discipline));
    let hub = Hub::default();
    let (followers, view, followed) = followers(
        foundation,
        journals.directory(),
        &shard_marks,
        (sinks, &hub),
    );
    agents.extend(followers);
    let (control_agent, handle) = ControlAgent::new(
        control.state,
        control_stream.appender,
        control_stream.marks,
        foundation.event_clock.clone(),
        control_rings,
    );
    agents.push(Box::new(control_agent));
    Ok(Made {
        agents,
        journals,
        control: handle,
        view,
        followed,
        hub,
        marks,
        shard_marks,
    })
}

fn acceptor(
    foundation: &Foundation<'_>,
    listener: TcpListener,
    open: Vec<DirectoryEntry>,
    gateways: Vec<HandoverProducer>,
) -> Result<Acceptor, Fatal> {
    let directory =
        Directory::new(open).map_err(|error| Fatal::new(ExitCode::Mismatch, error.to_string()))?;
    let clock = foundation.clock.clone();
    let wiring = AcceptorWiring {
        listener,
        directory,
        gateways,
        clock,
    };
    Acceptor::new(
        "acceptor",
        wiring,
        AcceptorOptions::default(),
        foundation.counters,
    )
    .map_err(|error| Fatal::new(ExitCode::WriteError, format!("acceptor: {error}")))
}
