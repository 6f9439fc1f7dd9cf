//! A follower that a verb moves through one shard's journal, command by command, from the
//! beginning. It must not know what is made of what it shows.

use matchgate_core::domain::{Command, SequenceNumber, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Shard};
use matchgate_follower::{Applied, FollowedState, decode};
use matchgate_journal::{StreamId, record_bytes};

use super::open::Opened;
use super::records::Records;
use crate::exit_code::{ExitCode, Fatal};

/// One shard's journal and the state that it leads to.
#[derive(Debug)]
pub(super) struct ShardRun {
    records: Records,
    state: FollowedState,
    events: EventBuffer,
    /// Bytes of the last record returned, padding included.
    last_bytes: usize,
}

impl ShardRun {
    /// Returns a run that stands before the first command.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where the first segment cannot be read.
    pub(super) fn open(opened: &Opened, shard: ShardId) -> Result<Self, Fatal> {
        Ok(Self {
            records: opened.records(StreamId::shard(shard.get()))?,
            state: FollowedState::new(shard, opened.capacity()),
            events: EventBuffer::new(),
            last_bytes: 0,
        })
    }

    /// Returns the next command, which is not applied yet; `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where the journal is damaged.
    pub(super) fn next(&mut self) -> Result<Option<Sequenced<Command>>, Fatal> {
        let Some(record) = self.records.next()? else {
            return Ok(None);
        };
        self.last_bytes = record_bytes(record.body.len());
        let command = decode(&record.header, record.body)?;
        let last_time_ns = self.state.shard().last_time_ns();
        if command.time_ns < last_time_ns {
            let (sequence, time_ns) = (command.sequence, command.time_ns);
            let message = format!(
                "record {sequence}: its time, {time_ns} ns, is before {last_time_ns} ns, that of \
                 the record before"
            );
            return Err(Fatal::new(ExitCode::Damaged, message));
        }
        Ok(Some(command))
    }

    /// Applies the command that was returned last.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where it is a state hash and this state has another.
    pub(super) fn apply(
        &mut self,
        command: &Sequenced<Command>,
        observe: &mut dyn FnMut(&Applied<'_>),
    ) -> Result<(), Fatal> {
        Ok(self.state.apply(command, &mut self.events, observe)?)
    }

    /// Returns bytes of the last record in the journal.
    pub(super) const fn last_bytes(&self) -> usize {
        self.last_bytes
    }

    pub(super) const fn state(&self) -> &FollowedState {
        &self.state
    }

    pub(super) const fn shard(&self) -> &Shard {
        self.state.shard()
    }

    pub(super) const fn last_sequence(&self) -> SequenceNumber {
        self.state.shard().last_sequence()
    }
}
