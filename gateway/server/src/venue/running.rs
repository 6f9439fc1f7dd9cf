//! A running venue: started, asked, stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use matchgate_bridge::Hub;
use matchgate_core::domain::{Epoch, ShardId, Symbol};
use matchgate_follower::{FollowerView, SinkHealth};
use matchgate_journal::{Marks, StreamId, WriterStats};
use matchgate_runtime::{
    Clock, Counters, EventClock, Failure, FailureReport, Runner, RunningCores, Sampler, Stop,
    Topology,
};

use super::agents::{self, Foundation};
use super::journals::Journals;
use super::listeners::Listeners;
use super::observed::Observed;
use super::open::Opened;
use super::recovery::{self, Control};
use super::status::{book_view, health_text};
use super::{ports, recovery::wait_until, sinks};
use crate::admin::message::BookView;
use crate::admin::{AdminServer, AdminSource, client::SOCKET_NAME};
use crate::config::{Config, IdleConfig};
use crate::control::ControlHandle;
use crate::exit_code::{ExitCode, Fatal};
use crate::metrics::MetricsServer;

/// The cores; they end when it is dropped.
#[derive(Debug)]
struct Cores {
    running: Option<RunningCores>,
}

impl Drop for Cores {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

/// Who answers operators and monitoring.
#[derive(Debug)]
struct Servers {
    /// Held for its end.
    _admin: AdminServer,
    metrics: MetricsServer,
}

impl Servers {
    fn start(listener: TcpListener, directory: &Path, observed: &Observed) -> Result<Self, Fatal> {
        let source: Arc<dyn AdminSource> = Arc::new(observed.clone());
        let admin = AdminServer::start(&directory.join(SOCKET_NAME), source)
            .map_err(|error| io_fatal("admin socket", &error))?;
        let metrics = MetricsServer::start(listener, observed.clone())
            .map_err(|error| io_fatal("listen.admin", &error))?;
        let _admin = admin;
        Ok(Self { _admin, metrics })
    }
}

/// A running venue. Dropped, it stops as [`Self::stop`] does and says nothing of it.
#[derive(Debug)]
pub struct Venue {
    address: SocketAddr,
    // In this order they end: who asks, who appends, who writes.
    servers: Servers,
    cores: Cores,
    journals: Journals,
    failure: Failure,
    observed: Observed,
    hub: Hub,
    shard_marks: Vec<Marks>,
    start_report: Vec<String>,
}

impl Venue {
    /// Opens, recovers and starts everything. When it returns, clients can log on.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] with the exit code that the fault has. What the journals held before
    /// is there for the next start.
    pub fn start(config: &Config) -> Result<Self, Fatal> {
        let failure = Failure::new();
        let sinks = sinks::prepare(&config.sinks)?;
        let listeners = Listeners::take(config)?;
        let mut opened = Opened::open(config, (listeners.capnp, sinks), &failure)?;
        let mut start_report = std::mem::take(&mut opened.report);
        let address = opened
            .listener
            .local_addr()
            .map_err(|error| io_fatal("listening", &error))?;
        let counters = Counters::new();
        let clock = Clock::new();
        let (event_clock, discipline) = EventClock::new(&clock, &counters);
        let directory = opened.journals.directory();
        let mut control = Control::read(
            &directory.segments_path(StreamId::CONTROL),
            opened.control.tail.last_sequence,
        )?;
        let shards = recovery::shards(&opened, config)?;
        start_report.extend(recovery::clocks_behind(&shards, event_clock.now_ns()));
        let halves = std::mem::take(&mut opened.writer_halves);
        let backend = opened.journals.start_writer(halves, config)?;
        control.follow(config, &mut opened.control, &event_clock, &failure)?;
        let epoch = Epoch(opened.journals.directory().epoch());
        let foundation = Foundation {
            config,
            epoch,
            clock,
            event_clock,
            failure: &failure,
            counters: &counters,
        };
        let made = agents::make(&foundation, opened, control, shards, discipline)?;
        let observed = Observed {
            epoch,
            backend,
            control: made.control,
            view: made.view,
            followed: made.followed,
            marks: made.marks,
            sampler: counters.sampler(),
        };
        let stop = Stop::new();
        let running = Runner::start(&topology(config), made.agents, &stop, &failure, &counters)
            .map_err(|error| Fatal::new(ExitCode::Usage, format!("core: {error}")))?;
        // From here on whatever fails ends the cores before the writer.
        let cores = Cores {
            running: Some(running),
        };
        let path = made.journals.path().to_owned();
        let servers = Servers::start(listeners.admin, &path, &observed)?;
        let metrics_address = servers.metrics.address();
        ports::write(&path, &[("capnp", address), ("admin", metrics_address)])
            .map_err(|error| io_fatal("ports.json", &error))?;
        Ok(Self {
            address,
            servers,
            cores,
            journals: made.journals,
            failure,
            observed,
            hub: made.hub,
            shard_marks: made.shard_marks,
            start_report,
        })
    }

    /// Returns what recovery did, a line each.
    #[must_use]
    pub fn start_report(&self) -> &[String] {
        &self.start_report
    }

    /// Returns what an operator must be told now: followers and sinks that wait or have stopped.
    #[must_use]
    pub fn alarms(&self) -> Vec<String> {
        let ill = self
            .observed
            .followed
            .iter()
            .filter_map(|one| match one.health.get() {
                SinkHealth::Healthy => None,
                health => Some(format!("{}: {}", one.name, health_text(&health))),
            });
        ill.collect()
    }

    /// Returns what an operator must be told once, such as that a sink begins again, and forgets
    /// it.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        let followed = self.observed.followed.iter();
        followed
            .flat_map(|one| {
                let notices = one.health.take_notices().into_iter();
                notices.map(move |notice| format!("{}: {notice}", one.name))
            })
            .collect()
    }

    /// Returns where it takes orders.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where it serves metrics.
    #[must_use]
    pub const fn admin_address(&self) -> SocketAddr {
        self.servers.metrics.address()
    }

    /// Returns its data directory.
    #[must_use]
    pub fn data_directory(&self) -> &Path {
        self.journals.path()
    }

    /// Returns what its followers see.
    #[must_use]
    pub const fn view(&self) -> &FollowerView {
        &self.observed.view
    }

    /// Returns the subjects of its local sink.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns the control plane.
    #[must_use]
    pub const fn control(&self) -> &ControlHandle {
        &self.observed.control
    }

    /// Returns the counters of its agents.
    #[must_use]
    pub const fn sampler(&self) -> &Sampler {
        &self.observed.sampler
    }

    /// Returns the marks of each shard's journal.
    #[must_use]
    pub fn shard_marks(&self) -> &[Marks] {
        &self.shard_marks
    }

    /// Returns what failed, if anything did: the venue must be stopped then.
    #[must_use]
    pub fn failure(&self) -> Option<&FailureReport> {
        self.failure.report()
    }

    /// Returns the best levels of a book, as the operators' follower has it.
    #[must_use]
    pub fn book(&self, symbol: &Symbol, levels: usize) -> Option<BookView> {
        self.observed
            .view
            .book(symbol, levels)
            .map(|book| book_view(&book))
    }

    /// Waits until every follower has everything that shards have sequenced so far.
    ///
    /// # Errors
    ///
    /// Returns the failure of a venue that failed meanwhile, or says which follower has stopped.
    pub fn wait_for_followers(&self) -> Result<(), Fatal> {
        for (shard, marks) in (0..).map(ShardId).zip(&self.shard_marks) {
            let last = marks.last_record();
            marks.request_sync(last);
            for one in &self.observed.followed {
                wait_until(&self.failure, || {
                    let position = one.view.position(shard);
                    position.is_some_and(|at| at.sequence.get() >= last)
                        || matches!(one.health.get(), SinkHealth::Stopped(_))
                })?;
                if let SinkHealth::Stopped(reason) = one.health.get() {
                    let message = format!("{} has stopped: {reason}", one.name);
                    return Err(Fatal::new(ExitCode::Disagreement, message));
                }
            }
        }
        Ok(())
    }

    /// Stops: agents close, everything is synced, and the data directory is marked clean.
    ///
    /// # Errors
    ///
    /// Returns the failure, where one ended the venue or the stop.
    pub fn stop(self) -> Result<WriterStats, Fatal> {
        let Self {
            servers,
            cores,
            journals,
            ..
        } = self;
        drop(servers);
        drop(cores);
        journals.stop()
    }
}

pub(super) fn io_fatal(what: &str, error: &std::io::Error) -> Fatal {
    Fatal::new(ExitCode::WriteError, format!("{what}: {error}"))
}

fn topology(config: &Config) -> Topology {
    let cores = config.cores.iter().map(|core| matchgate_runtime::CoreSpec {
        cpu: core.cpu,
        agents: core.agents.clone(),
        idle: match core.idle {
            IdleConfig::Spin => matchgate_runtime::Idle::Spin,
            IdleConfig::Yield => matchgate_runtime::Idle::Yield,
            IdleConfig::Park => matchgate_runtime::Idle::Park,
        },
    });
    Topology {
        cores: cores.chain(sinks::cores(&config.sinks)).collect(),
    }
}
