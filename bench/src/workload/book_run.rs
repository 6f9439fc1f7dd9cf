//! A book-only run: commands go into a shard, its events into a checksum, on one thread.

use matchgate_core::domain::{Command, Event, EventBody, OrderHandle, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Progress, Shard};

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

/// Returns the sum with an event in it: which command, and everything the event says of orders.
#[inline]
#[must_use]
pub fn fold(sum: u64, event: &Event) -> u64 {
    let sum = mix(
        sum,
        event.header.sequence.get(),
        u64::from(event.header.index),
    );
    match &event.body {
        EventBody::Accepted { handle, .. } => mix(sum, 1, word(*handle)),
        EventBody::Rejected { handle, reason, .. } => mix(sum, 2 + code(*reason), word(*handle)),
        EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => {
            let sum = mix(sum, word(*aggressor), word(*resting));
            mix(sum, price.get().unsigned_abs(), quantity.get())
        }
        EventBody::Reduced {
            handle,
            quantity,
            leaves,
            ..
        } => mix(mix(sum, 4, word(*handle)), quantity.get(), leaves.get()),
        EventBody::Replaced {
            handle,
            price,
            leaves,
            ..
        } => {
            let sum = mix(sum, 5, word(*handle));
            mix(sum, price.get().unsigned_abs(), leaves.get())
        }
        EventBody::Canceled {
            handle, quantity, ..
        } => mix(sum, word(*handle), quantity.get()),
        EventBody::CancelRejected { handle, reason, .. } => {
            mix(sum, 7 + code(*reason), word(*handle))
        }
        EventBody::MassCanceled { count, .. } => mix(sum, 8, u64::from(*count)),
        EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => mix(sum, 9, 0),
    }
}

#[inline]
const fn mix(sum: u64, one: u64, other: u64) -> u64 {
    let sum = (sum.rotate_left(5) ^ one).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (sum.rotate_left(5) ^ other).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn word(handle: OrderHandle) -> u64 {
    u64::from(handle.slot) << 32 | u64::from(handle.generation)
}

#[inline]
fn code(reason: matchgate_core::domain::RejectReason) -> u64 {
    u64::from(reason.code()) << 8
}
