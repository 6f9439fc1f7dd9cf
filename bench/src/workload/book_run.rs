//! A book-only run: commands go into a shard, its events into a checksum, on one thread.

use matchgate_core::domain::{Command, Event, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_subjects::shard::fold;

use super::End;
use super::market::CAPACITY;

/// A shard and the sum over what it said.
#[derive(Debug)]
pub struct BookRun {
    shard: Shard,
    step: EventBuffer,
    checksum: u64,
    /// Events of the last command that was kept.
    kept: Vec<Event>,
}

impl BookRun {
    /// Returns an empty shard.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shard: Shard::new(ShardId(0), CAPACITY),
            step: EventBuffer::new(),
            checksum: 0,
            kept: Vec::new(),
        }
    }

    /// Applies a command and folds its events.
    #[inline]
    pub fn apply(&mut self, command: &Sequenced<Command>) {
        let mut progress = self.shard.apply(command, &mut self.step);
        loop {
            for event in self.step.as_slice() {
                self.checksum = fold(self.checksum, event);
            }
            self.step.clear();
            if progress == Progress::Done {
                return;
            }
            progress = self.shard.resume(&mut self.step);
        }
    }

    /// As [`Self::apply`], and keeps the events.
    pub fn apply_and_keep(&mut self, command: &Sequenced<Command>) {
        self.kept.clear();
        let mut progress = self.shard.apply(command, &mut self.step);
        loop {
            for event in self.step.as_slice() {
                self.checksum = fold(self.checksum, event);
                self.kept.push(*event);
            }
            self.step.clear();
            if progress == Progress::Done {
                return;
            }
            progress = self.shard.resume(&mut self.step);
        }
    }

    /// Returns the events of the last command that was kept.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.kept
    }

    /// Begins the sum anew.
    pub const fn reset_checksum(&mut self) {
        self.checksum = 0;
    }

    /// Returns what it has come to.
    #[must_use]
    pub fn end(&self) -> End {
        End {
            state_hash: self.shard.state_hash(),
            checksum: self.checksum,
        }
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }
}

impl Default for BookRun {
    fn default() -> Self {
        Self::new()
    }
}
