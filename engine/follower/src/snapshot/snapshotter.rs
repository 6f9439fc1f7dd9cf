//! The snapshotter: follows one shard behind its synced mark on a cold core and saves it now and
//! then. Whatever fails here stops nobody: the shard, its journal and the other agents do not know
//! of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use matchgate_core::domain::SequenceNumber;
use matchgate_journal::Marks;
use matchgate_runtime::{Agent, Clock, Counter, Counters};

use super::error::{RecoveryError, SnapshotFileError};
use super::folder::SnapshotFolder;
use super::recover::{RecoveryReport, begin};
use crate::error::FollowerError;
use crate::follower::{COMMANDS_PER_POLL_MAX, FollowedJournal};
use crate::follower_agent::HealthHandle;
use crate::replay::Replay;
use crate::sink::SinkHealth;

/// Longest time between two snapshots of a shard that is told anything, nanoseconds.
pub const SNAPSHOT_INTERVAL_NS: u64 = 60_000_000_000;
/// Most commands between two snapshots of a shard.
pub const SNAPSHOT_INTERVAL_COMMANDS: u64 = 5_000_000;

/// When a snapshot is due: whichever of the two comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotInterval {
    /// Nanoseconds of the agent's clock since the last attempt.
    pub time_ns: u64,
    /// Commands since the last attempt.
    pub commands: u64,
}

impl Default for SnapshotInterval {
    fn default() -> Self {
        Self {
            time_ns: SNAPSHOT_INTERVAL_NS,
            commands: SNAPSHOT_INTERVAL_COMMANDS,
        }
    }
}

/// Follows one shard and saves it.
#[derive(Debug)]
pub struct Snapshotter {
    name: String,
    segments: PathBuf,
    marks: Marks,
    folder: SnapshotFolder,
    interval: SnapshotInterval,
    clock: Clock,
    /// `None` until a place to begin at was found.
    replay: Option<Replay>,
    /// When a begin is tried again.
    begin_ns: u64,
    /// When the last attempt was made, and commands since.
    attempt_ns: u64,
    commands: u64,
    /// Whether anything was applied that no good snapshot has.
    is_unsaved: bool,
    has_stopped: bool,
    health: HealthHandle,
    /// Spoiled files of which an operator has been told.
    told: BTreeSet<String>,
    written: Counter,
    failed: Counter,
}

impl Snapshotter {
    /// Returns an agent named `snapshots:{shard}` that saves the shard of `journal` into `folder`,
    /// which must be of that shard. It counts as `snapshots_{shard}_written` and
    /// `snapshots_{shard}_failed`, and reads no disk before it is started.
    ///
    /// # Panics
    ///
    /// Panics where the folder is another shard's.
    #[must_use]
    pub fn new(
        journal: FollowedJournal,
        folder: SnapshotFolder,
        interval: SnapshotInterval,
        clock: Clock,
        counters: &Counters,
    ) -> Self {
        let shard = journal.shard;
        assert_eq!(folder.owner().shard, shard, "the folder is the shard's");
        assert_eq!(folder.owner().capacity, journal.capacity, "its capacity");
        let counter = |what| counters.counter(&format!("snapshots_{shard}_{what}"));
        Self {
            name: format!("snapshots:{shard}"),
            segments: journal.segments,
            marks: journal.marks,
            folder,
            interval,
            attempt_ns: clock.now_ns(),
            clock,
            replay: None,
            begin_ns: 0,
            commands: 0,
            is_unsaved: false,
            has_stopped: false,
            health: HealthHandle::default(),
            told: BTreeSet::new(),
            written: counter("written"),
            failed: counter("failed"),
        }
    }

    /// Returns what tells how it is: waiting where the last attempt failed, which the next one may
    /// mend; stopped where the journal cannot be followed.
    #[must_use]
    pub fn health(&self) -> HealthHandle {
        self.health.clone()
    }

    /// Returns the last command that it has applied; 0 before the first.
    #[must_use]
    pub fn sequence(&self) -> SequenceNumber {
        let replay = self.replay.as_ref();
        replay.map_or(SequenceNumber(0), |replay| replay.shard().last_sequence())
    }

    fn synced(&self) -> SequenceNumber {
        SequenceNumber(self.marks.synced())
    }

    /// Finds where to begin: behind the newest good snapshot, or at the journal's beginning.
    fn begin(&mut self, now_ns: u64) {
        if let Err(error) = self.folder.remove_leftover() {
            self.tell(&error);
        }
        match begin(&self.folder, &self.segments, self.synced()) {
            Ok((replay, report)) => {
                self.tell_report(&report);
                self.replay = Some(replay);
                self.health.set(SinkHealth::Healthy);
            }
            Err(error) => self.leave(&error, now_ns),
        }
    }

    fn tell_report(&mut self, report: &RecoveryReport) {
        for error in &report.refused {
            self.tell(error);
        }
        for sequence in &report.beyond {
            let file = self.folder.file(*sequence);
            let synced = self.synced();
            self.health.note(format!(
                "snapshot {} is ahead of the journal, which is synced to {synced}: it is neither \
                 used nor removed",
                file.display()
            ));
        }
    }

    /// Tells an operator once what is the matter with a file.
    fn tell(&mut self, error: &SnapshotFileError) {
        let text = error.to_string();
        if self.told.insert(text.clone()) {
            self.health.note(text);
        }
    }

    fn is_due(&self, now_ns: u64) -> bool {
        self.is_unsaved
            && (self.commands >= self.interval.commands
                || now_ns.saturating_sub(self.attempt_ns) >= self.interval.time_ns)
    }

    /// Makes a snapshot, or tells why there is none.
    fn attempt(&mut self, now_ns: u64) {
        self.attempt_ns = now_ns;
        self.commands = 0;
        match self.save() {
            Ok(()) => {
                self.is_unsaved = false;
                self.written.increment();
                self.health.set(SinkHealth::Healthy);
            }
            Err(error) => self.fail(&error.to_string()),
        }
        // Also after a failure: files that cannot be used must not fill the disk.
        match self.folder.prune(self.sequence()) {
            Ok(report) => report.spoiled.iter().for_each(|error| self.tell(error)),
            Err(error) => self.tell(&error),
        }
    }

    fn save(&mut self) -> Result<(), SnapshotFileError> {
        let synced = self.synced();
        let Some(replay) = &self.replay else {
            return Ok(());
        };
        let written = self.folder.write(replay.shard(), replay.epoch(), synced)?;
        self.folder.verify(&written)
    }

    fn fail(&self, reason: &str) {
        self.failed.increment();
        self.health.note(reason.to_owned());
        self.health.set(SinkHealth::Waiting(reason.to_owned()));
    }

    /// Gives up the shard that it has. Where the disk has refused, it begins again later; what the
    /// journal says does not change, so else it stops for good. Nobody else is concerned.
    fn leave(&mut self, error: &RecoveryError, now_ns: u64) {
        self.replay = None;
        self.fail(&error.to_string());
        let refused = FollowerError::is_refused_by_disk;
        if matches!(error, RecoveryError::Follower(error) if refused(error)) {
            self.begin_ns = now_ns.saturating_add(self.interval.time_ns);
        } else {
            self.has_stopped = true;
            self.health.set(SinkHealth::Stopped(error.to_string()));
        }
    }
}

impl Agent for Snapshotter {
    fn name(&self) -> &str {
        &self.name
    }

    /// Takes one turn. The one in which a snapshot is due takes as long as that does.
    fn poll(&mut self) -> usize {
        if self.has_stopped {
            return 0;
        }
        let now_ns = self.clock.now_ns();
        if self.replay.is_none() && now_ns >= self.begin_ns {
            self.begin(now_ns);
        }
        let synced = self.synced();
        let Some(replay) = &mut self.replay else {
            return 0;
        };
        let left = self.interval.commands.saturating_sub(self.commands);
        let count_max = usize::try_from(left.max(1)).unwrap_or(COMMANDS_PER_POLL_MAX);
        match replay.run(synced, count_max.min(COMMANDS_PER_POLL_MAX)) {
            Ok(applied) => {
                self.commands = self.commands.saturating_add(applied as u64);
                self.is_unsaved |= applied > 0;
                if self.is_due(now_ns) {
                    self.attempt(now_ns);
                    return applied + 1;
                }
                applied
            }
            Err(error) => {
                self.leave(&error.into(), now_ns);
                0
            }
        }
    }
}
