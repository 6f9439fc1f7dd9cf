//! One run of a shard.

use matchgate_core::domain::{Command, Event, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_runtime::on_huge_pages;

use super::events::fold;
use super::market::Market;
use super::resolved::Resolved;

/// What a shard comes to: the same in every pass, or the pass is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Hash of its whole state.
    pub state_hash: u128,
    /// Sum over all events of the timed commands.
    pub checksum: u64,
}

/// A shard, the events of one step, and the sum over all of them.
#[derive(Debug)]
pub struct ShardRun {
    shard: Shard,
    step: EventBuffer,
    checksum: u64,
}

impl ShardRun {
    /// Returns a shard that was told nothing yet.
    #[must_use]
    pub fn new(market: &Market) -> Self {
        Self::numbered(ShardId(0), market)
    }

    /// Returns a shard of another number, likewise.
    #[must_use]
    pub fn numbered(shard: ShardId, market: &Market) -> Self {
        Self {
            shard: on_huge_pages(|| Shard::new(shard, market.capacity())),
            step: EventBuffer::new(),
            checksum: 0,
        }
    }

    /// Returns a shard that was told all that comes before the clock.
    #[must_use]
    pub fn prepared(resolved: &Resolved) -> Self {
        let mut run = Self::new(&resolved.market);
        run.pass(&resolved.before);
        run.checksum = 0;
        run
    }

    /// Applies commands, and folds their events.
    #[inline(never)]
    pub fn pass(&mut self, commands: &[Sequenced<Command>]) {
        for command in commands {
            self.apply(command);
        }
    }

    /// Applies commands, and leaves their events where the shard writes them: what is executed is
    /// the shard's own.
    #[inline(never)]
    pub fn pass_unfolded(&mut self, commands: &[Sequenced<Command>]) {
        for command in commands {
            let mut progress = self.shard.apply(command, &mut self.step);
            self.step.clear();
            while progress == Progress::More {
                progress = self.shard.resume(&mut self.step);
                self.step.clear();
            }
        }
    }

    /// Applies a command, and folds its events.
    #[inline]
    pub fn apply(&mut self, command: &Sequenced<Command>) {
        let checksum = &mut self.checksum;
        Self::drive(&mut self.shard, &mut self.step, command, |event| {
            *checksum = fold(*checksum, event);
        });
    }

    /// As [`Self::apply`], and shows each event to `visit`.
    pub fn apply_and(&mut self, command: &Sequenced<Command>, mut visit: impl FnMut(&Event)) {
        let checksum = &mut self.checksum;
        Self::drive(&mut self.shard, &mut self.step, command, |event| {
            *checksum = fold(*checksum, event);
            visit(event);
        });
    }

    /// Applies a command, and shows each event to `visit` instead of folding it.
    #[inline]
    pub fn tell(&mut self, command: &Sequenced<Command>, visit: impl FnMut(&Event)) {
        Self::drive(&mut self.shard, &mut self.step, command, visit);
    }

    /// Returns what it has come to.
    #[must_use]
    pub fn end(&self) -> End {
        End {
            state_hash: self.shard.state_hash(),
            checksum: self.checksum,
        }
    }

    /// Returns the sum over the events since it was begun anew.
    #[must_use]
    pub const fn checksum(&self) -> u64 {
        self.checksum
    }

    /// Begins the sum anew.
    pub const fn reset_checksum(&mut self) {
        self.checksum = 0;
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    #[inline]
    fn drive(
        shard: &mut Shard,
        step: &mut EventBuffer,
        command: &Sequenced<Command>,
        mut visit: impl FnMut(&Event),
    ) {
        let mut progress = shard.apply(command, step);
        loop {
            for event in step.as_slice() {
                visit(event);
            }
            step.clear();
            if progress == Progress::Done {
                return;
            }
            progress = shard.resume(step);
        }
    }
}
