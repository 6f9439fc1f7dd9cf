//! A running venue: started, asked, stopped.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_bridge::Hub;
use matchgate_core::domain::{Epoch, ShardId, Symbol};
use matchgate_follower::{FollowerView, SinkHealth};
use matchgate_journal::{Backend, DataDirectory, Marks, Writer, WriterStats};
use matchgate_runtime::{
    Clock, Counters, EventClock, Failure, FailureReport, Runner, RunningCores, Sampler, Stop,
    Topology, pin_current_thread,
};

use super::agents::{self, Followed, Foundation};
use super::open::Opened;
use super::recovery::{self, Control};
use super::status::{StatusSource, book_view, health_text};
use super::{ports, recovery::wait_until};
use crate::admin::message::BookView;
use crate::admin::{AdminServer, AdminSource, client::SOCKET_NAME};
use crate::config::{Config, IdleConfig, JournalBackend};
use crate::control::ControlHandle;
use crate::exit_code::{ExitCode, Fatal};

/// The journal writer's thread.
#[derive(Debug)]
struct WriterThread {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Option<WriterStats>>,
    backend: Backend,
}

/// A running venue.
#[derive(Debug)]
pub struct Venue {
    address: SocketAddr,
    directory: DataDirectory,
    writer: WriterThread,
    cores: RunningCores,
    failure: Failure,
    admin: AdminServer,
    control: ControlHandle,
    view: FollowerView,
    hub: Hub,
    shard_marks: Vec<Marks>,
    sampler: Sampler,
    start_report: Vec<String>,
    followed: Vec<Followed>,
}

impl Venue {
    /// Opens, recovers and starts everything. When it returns, clients can log on.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] with the exit code that the fault has. What the journals held before
    /// is there for the next start.
    pub fn start(config: &Config) -> Result<Self, Fatal> {
        let mut opened = Opened::open(config)?;
        let start_report = std::mem::take(&mut opened.report);
        let address = opened
            .listener
            .local_addr()
            .map_err(|error| io_fatal("listening", &error))?;
        let failure = Failure::new();
        let counters = Counters::new();
        let clock = Clock::new();
        let (event_clock, discipline) = EventClock::new(&clock, &counters);
        let mut control = Control::read(
            &opened
                .directory
                .segments_path(matchgate_journal::StreamId::CONTROL),
            opened.control.tail.last_sequence,
        )?;
        let shards = recovery::shards(&opened, config)?;
        let writer = WriterThread::start(&mut opened, config, &failure)?;
        control.follow(config, &mut opened.control, &event_clock, &failure)?;
        let sampler = counters.sampler();
        let epoch = Epoch(opened.directory.epoch());
        let foundation = Foundation {
            config,
            epoch,
            clock,
            event_clock,
            failure: &failure,
            counters: &counters,
        };
        let made = agents::make(&foundation, opened, control, shards, discipline)?;
        let status = StatusSource {
            epoch,
            backend: writer.backend,
            control: made.control.clone(),
            view: made.view.clone(),
            followed: made.followed.clone(),
            marks: made.marks,
            sampler: counters.sampler(),
        };
        let stop = Stop::new();
        let cores = Runner::start(&topology(config), made.agents, &stop, &failure, &counters)
            .map_err(|error| Fatal::new(ExitCode::Usage, format!("core: {error}")))?;
        let path = made.directory.path().to_owned();
        let admin = AdminServer::start(
            &path.join(SOCKET_NAME),
            Arc::new(status) as Arc<dyn AdminSource>,
        )
        .map_err(|error| io_fatal("admin socket", &error))?;
        ports::write(&path, &[("capnp", address)])
            .map_err(|error| io_fatal("ports.json", &error))?;
        Ok(Self {
            address,
            directory: made.directory,
            writer,
            cores,
            failure,
            admin,
            control: made.control,
            view: made.view,
            hub: made.hub,
            shard_marks: made.shard_marks,
            sampler,
            start_report,
            followed: made.followed,
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
            .followed
            .iter()
            .filter_map(|one| match one.health.get() {
                SinkHealth::Healthy => None,
                health => Some(format!("{}: {}", one.name, health_text(&health))),
            });
        ill.collect()
    }

    /// Returns where it takes orders.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its data directory.
    #[must_use]
    pub fn data_directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns what its followers see.
    #[must_use]
    pub const fn view(&self) -> &FollowerView {
        &self.view
    }

    /// Returns the subjects of its local sink.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns the control plane.
    #[must_use]
    pub const fn control(&self) -> &ControlHandle {
        &self.control
    }

    /// Returns the counters of its agents.
    #[must_use]
    pub const fn sampler(&self) -> &Sampler {
        &self.sampler
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
        self.view.book(symbol, levels).map(|book| book_view(&book))
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
            for one in &self.followed {
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
        self.admin.stop();
        self.cores.stop();
        self.writer.stop.store(true, Ordering::Release);
        let stats = self.writer.thread.join().ok().flatten();
        if let Some(report) = self.failure.report() {
            return Err(Fatal::of_failure(report));
        }
        self.directory.finish_clean()?;
        stats.ok_or_else(|| Fatal::new(ExitCode::WriteError, "the journal writer ended early"))
    }
}

impl WriterThread {
    fn start(opened: &mut Opened, config: &Config, failure: &Failure) -> Result<Self, Fatal> {
        let halves = std::mem::take(&mut opened.writer_halves);
        let backend = match config.journal.backend {
            JournalBackend::Auto => Backend::Auto,
            JournalBackend::Glommio => Backend::Glommio,
            JournalBackend::Plain => Backend::Plain,
        };
        let writer = Writer::new(halves, backend, config.journal.segment_bytes)?;
        let backend = writer.backend();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, failure, cpu) = (Arc::clone(&stop), failure.clone(), config.journal.cpu);
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                if let Some(Err(error)) = cpu.map(pin_current_thread) {
                    failure.set(ExitCode::Usage as u8, format!("journal.cpu: {error}"));
                    return None;
                }
                match writer.run(&stopped) {
                    Ok(stats) => Some(stats),
                    Err(error) => {
                        failure.set(ExitCode::WriteError as u8, format!("journal: {error}"));
                        None
                    }
                }
            })
            .map_err(|error| io_fatal("journal thread", &error))?;
        Ok(Self {
            stop,
            thread,
            backend,
        })
    }
}

fn io_fatal(what: &str, error: &std::io::Error) -> Fatal {
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
        cores: cores.collect(),
    }
}
