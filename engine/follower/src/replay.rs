//! The replay: a shard that applies what segments hold, and nothing beside. Recovery runs it to the
//! end, the snapshotter behind the synced mark. It must not know where the shard began.

use std::path::Path;
use std::sync::Arc;

use matchgate_core::domain::{Command, Epoch, SequenceNumber, Sequenced};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_journal::{SegmentReader, Storage};

use crate::error::FollowerError;
use crate::followed_state::check_hash;
use crate::follower::{no_command, read_command};

/// A shard and the segments that it is told.
#[derive(Debug)]
pub(crate) struct Replay {
    shard: Shard,
    segments: SegmentReader,
    events: EventBuffer,
    command: Sequenced<Command>,
}

impl Replay {
    /// Returns the replay that begins with a new shard at the journal's beginning.
    pub(crate) fn of_all(
        shard: Shard,
        storage: &Arc<dyn Storage>,
        folder: &Path,
    ) -> Result<Self, FollowerError> {
        let segments = SegmentReader::open_on(storage, folder, 1)?;
        Ok(Self::behind(shard, Epoch(0), segments))
    }

    /// Returns the replay of a shard whose last command is of `epoch` and whose next one is the next
    /// record of `segments`.
    pub(crate) fn behind(shard: Shard, epoch: Epoch, segments: SegmentReader) -> Self {
        let command = Sequenced {
            epoch,
            ..no_command()
        };
        Self {
            shard,
            segments,
            events: EventBuffer::new(),
            command,
        }
    }

    /// Returns the shard.
    pub(crate) const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Returns the shard.
    pub(crate) fn into_shard(self) -> Shard {
        self.shard
    }

    /// Returns the epoch of the last command; 0 before the first.
    pub(crate) const fn epoch(&self) -> Epoch {
        self.command.epoch
    }

    /// Applies up to `count_max` commands at or below `through` and returns how many there were.
    ///
    /// # Errors
    ///
    /// Returns a [`FollowerError`] where the segments cannot be read or do not lead to the state
    /// that they say. It must not be run again.
    pub(crate) fn run(
        &mut self,
        through: SequenceNumber,
        count_max: usize,
    ) -> Result<usize, FollowerError> {
        let Self {
            shard,
            segments,
            events,
            command,
        } = self;
        let mut count = 0;
        while count < count_max
            && let Some(record) = segments.next_record(through.0)?
        {
            read_command(&record.header, record.body, command)?;
            let mut progress = shard.apply(command, events);
            // Nothing else makes an event that compares hashes.
            if matches!(command.body, Command::StateHash(_)) {
                check_hash(events.as_slice())?;
            }
            while progress == Progress::More {
                events.clear();
                progress = shard.resume(events);
            }
            events.clear();
            count += 1;
        }
        Ok(count)
    }
}
