//! The follower: reads a shard's journal, behind its synced or its applied mark, and applies it to
//! a state of its own. Recovery is a follower that reads to the end.
//!
//! It must not know who leads, nor what is done with the events.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_core::domain::{Command, Epoch, SequenceNumber, Sequenced, ShardId, TimeAdvance};
use matchgate_core::{EventBuffer, Shard, ShardCapacity};
use matchgate_journal::{
    Marks, RecordHeader, SegmentReader, StagingReader, Storage, SystemStorage,
};

use crate::error::FollowerError;
use crate::followed_state::{Applied, FollowedState};
use crate::replay::Replay;
use crate::view::ShardPosition;

/// Commands that one poll of a follower applies at the most.
pub const COMMANDS_PER_POLL_MAX: usize = 256;

/// Which mark a follower stays behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowMode {
    /// Behind what is on disk: it never learns of what a power loss could take back.
    Synced,
    /// Behind what the live shard has applied. Reads the staging log, and segments where it was
    /// overtaken there.
    Applied,
}

/// What a follower reads.
#[derive(Clone, Debug)]
pub struct FollowedJournal {
    /// Number of the shard.
    pub shard: ShardId,
    /// Its capacity, as fixed in the data directory.
    pub capacity: ShardCapacity,
    /// Folder of its segments.
    pub segments: PathBuf,
    /// Marks of its stream.
    pub marks: Marks,
}

/// Where the next record comes from.
#[derive(Debug)]
enum Source {
    /// Nothing is open: the next poll opens the segments.
    Closed,
    Segments(Box<SegmentReader>),
    Staging(StagingReader),
}

/// What a look for the next record found.
enum Next {
    Command(Sequenced<Command>),
    /// Nothing behind the mark.
    Nothing,
    /// Another source has to be opened.
    Reopen(Source),
}

/// Follows one shard.
#[derive(Debug)]
pub struct Follower {
    journal: FollowedJournal,
    mode: FollowMode,
    source: Source,
    state: FollowedState,
    events: EventBuffer,
    body: Vec<u8>,
    epoch: Epoch,
    last_index: u32,
}

impl Follower {
    /// Returns a follower that stands before the first command of the journal.
    #[must_use]
    pub fn new(journal: FollowedJournal, mode: FollowMode) -> Self {
        let state = FollowedState::new(journal.shard, journal.capacity);
        Self {
            journal,
            mode,
            source: Source::Closed,
            state,
            events: EventBuffer::new(),
            body: Vec::new(),
            epoch: Epoch(0),
            last_index: 0,
        }
    }

    /// Returns the number of the shard.
    #[must_use]
    pub const fn shard_id(&self) -> ShardId {
        self.journal.shard
    }

    /// Returns the state.
    #[must_use]
    pub const fn state(&self) -> &FollowedState {
        &self.state
    }

    /// Returns the marks of the stream.
    #[must_use]
    pub const fn marks(&self) -> &Marks {
        &self.journal.marks
    }

    /// Returns where it stands.
    #[must_use]
    pub fn position(&self) -> ShardPosition {
        let shard = self.state.shard();
        ShardPosition {
            shard: self.journal.shard,
            epoch: self.epoch,
            sequence: shard.last_sequence(),
            time_ns: shard.last_time_ns(),
            state_hash: shard.state_hash(),
            live_orders: shard.live_order_count(),
        }
    }

    /// Returns the index of the last event of the last command; 0 where it had none.
    #[must_use]
    pub const fn last_index(&self) -> u32 {
        self.last_index
    }

    /// Applies up to [`COMMANDS_PER_POLL_MAX`] commands behind its mark, shows each of their
    /// events to `observe` and returns how many commands there were.
    ///
    /// # Errors
    ///
    /// Returns a [`FollowerError`] where the journal cannot be read or says otherwise than this
    /// state. The commands before that are applied; the follower must not be polled again.
    pub fn poll(&mut self, observe: &mut dyn FnMut(&Applied<'_>)) -> Result<usize, FollowerError> {
        let mut applied = 0;
        let mut reopened = 0;
        while applied < COMMANDS_PER_POLL_MAX {
            match self.next()? {
                Next::Command(command) => {
                    self.apply(&command, observe)?;
                    applied += 1;
                    reopened = 0;
                }
                Next::Nothing => break,
                // Twice without a command between: the rest is left to the next poll.
                Next::Reopen(_) if reopened == 2 => break,
                Next::Reopen(source) => {
                    self.source = source;
                    reopened += 1;
                }
            }
        }
        Ok(applied)
    }

    fn apply(
        &mut self,
        command: &Sequenced<Command>,
        observe: &mut dyn FnMut(&Applied<'_>),
    ) -> Result<(), FollowerError> {
        self.epoch = command.epoch;
        let mut last_index = 0;
        let outcome = self.state.apply(command, &mut self.events, &mut |applied| {
            last_index = applied.event.header.index;
            observe(applied);
        });
        self.last_index = last_index;
        outcome
    }

    fn next(&mut self) -> Result<Next, FollowerError> {
        let due = self.state.shard().last_sequence().0.saturating_add(1);
        let marks = &self.journal.marks;
        match &mut self.source {
            Source::Closed => {
                let segments = SegmentReader::open(&self.journal.segments, due)?;
                Ok(Next::Reopen(Source::Segments(Box::new(segments))))
            }
            Source::Segments(segments) => match segments.next_record(marks.synced())? {
                Some(record) => decode(&record.header, record.body).map(Next::Command),
                None if self.mode == FollowMode::Synced || marks.applied() < due => {
                    Ok(Next::Nothing)
                }
                None => Ok(match StagingReader::open(marks, due) {
                    Ok(staging) => Next::Reopen(Source::Staging(staging)),
                    // It has left the staging log since, so segments will show it.
                    Err(_lapped) => Next::Nothing,
                }),
            },
            Source::Staging(staging) => match staging.next(&mut self.body) {
                Ok(Some(header)) => decode(&header, &self.body).map(Next::Command),
                Ok(None) => Ok(Next::Nothing),
                Err(_lapped) => Ok(Next::Reopen(Source::Closed)),
            },
        }
    }
}

/// Returns the command that a record of a shard's journal holds.
///
/// # Errors
///
/// Returns [`FollowerError::Command`] where it holds none that this build reads.
pub fn decode(header: &RecordHeader, body: &[u8]) -> Result<Sequenced<Command>, FollowerError> {
    let mut command = no_command();
    read_command(header, body, &mut command)?;
    Ok(command)
}

/// Makes `command` the one that [`decode`] returns, or leaves it where there is none.
#[inline]
pub(crate) fn read_command(
    header: &RecordHeader,
    body: &[u8],
    command: &mut Sequenced<Command>,
) -> Result<(), FollowerError> {
    let sequence = SequenceNumber(header.sequence);
    command
        .body
        .read(header.kind, body)
        .map_err(|error| FollowerError::Command { sequence, error })?;
    command.sequence = sequence;
    command.epoch = Epoch(header.epoch);
    command.time_ns = header.time_ns;
    Ok(())
}

/// Returns room for a command.
pub(crate) const fn no_command() -> Sequenced<Command> {
    Sequenced {
        sequence: SequenceNumber(0),
        epoch: Epoch(0),
        time_ns: 0,
        body: Command::Time(TimeAdvance { time_ns: 0 }),
    }
}

/// Returns the shard that the segments in `folder` lead to, up to and with sequence `through`.
/// State hashes in the journal are compared on the way.
///
/// # Errors
///
/// Returns a [`FollowerError`] where the segments cannot be read or do not lead to the state that
/// they say.
pub fn recover_shard(
    folder: &Path,
    shard: ShardId,
    capacity: ShardCapacity,
    through: SequenceNumber,
) -> Result<Shard, FollowerError> {
    let storage: Arc<dyn Storage> = Arc::new(SystemStorage);
    let mut replay = Replay::of_all(Shard::new(shard, capacity), &storage, folder)?;
    replay.run(through, usize::MAX)?;
    Ok(replay.into_shard())
}
