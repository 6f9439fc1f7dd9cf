//! The report store: the last numbered messages of one session, ready to be sent again.
//!
//! A bounded ring; live sending and resending both read from it. Numbers rise and leave out what
//! a power loss took. It must not know who reads.

use matchgate_schema::message::Report;

/// What a message's survival hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The record of the gateway log alone: a refusal.
    Log,
    /// A command of a shard's journal, and the record of its release.
    Command {
        /// Index of the shard.
        shard: u8,
        /// Sequence of the command.
        sequence: u64,
    },
    /// Parts of several shards: all that [`Horizon`] knows.
    Horizon,
}

/// One numbered message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Its number.
    pub(crate) sequence: u64,
    /// What it says.
    pub(crate) report: Report,
    /// What its survival hangs on.
    pub(crate) basis: Basis,
    /// Sequence of the gateway log's record that gave it its number.
    pub(crate) log_sequence: u64,
}

/// What is on disk of every stream that messages hang on.
#[derive(Clone, Debug)]
pub(crate) struct Horizon {
    /// Of the gateway log.
    pub(crate) log: u64,
    /// Of each shard.
    pub(crate) shards: Vec<u64>,
}

impl Horizon {
    /// Returns a horizon before everything.
    pub(crate) fn new(shard_count: u8) -> Self {
        Self {
            log: 0,
            shards: vec![0; usize::from(shard_count)],
        }
    }

    /// Moves one shard's mark up.
    pub(crate) fn raise(&mut self, shard: u8, sequence: u64) {
        if let Some(mark) = self.shards.get_mut(usize::from(shard)) {
            *mark = sequence.max(*mark);
        }
    }

    /// Returns whether a shard's command is on disk.
    pub(crate) fn holds_command(&self, shard: u8, sequence: u64) -> bool {
        self.shards
            .get(usize::from(shard))
            .is_some_and(|&mark| mark >= sequence)
    }

    fn covers(&self, needed: &Self) -> bool {
        self.log >= needed.log
            && self
                .shards
                .iter()
                .zip(&needed.shards)
                .all(|(have, need)| have >= need)
    }

    fn holds(&self, stored: &Stored, needed: &Self) -> bool {
        self.log >= stored.log_sequence
            && match stored.basis {
                Basis::Log => true,
                Basis::Command { shard, sequence } => self.holds_command(shard, sequence),
                Basis::Horizon => self.covers(needed),
            }
    }
}

/// The messages of one session.
pub(crate) struct ReportStore {
    ring: Vec<Stored>,
    messages_max: usize,
    /// Messages ever stored; the position of the next one.
    count: u64,
    /// Position of the first message that is not known to survive a power loss.
    durable: u64,
    /// Number of the last message that is known to.
    durable_through: u64,
    /// What messages hang on that have more than one basis, or left the ring too early.
    needed: Horizon,
}

impl ReportStore {
    /// Returns an empty store of `messages_max` messages, at least one.
    pub(crate) fn new(messages_max: usize, shard_count: u8) -> Self {
        let messages_max = messages_max.max(1);
        Self {
            ring: Vec::with_capacity(messages_max),
            messages_max,
            count: 0,
            durable: 0,
            durable_through: 0,
            needed: Horizon::new(shard_count),
        }
    }

    /// Returns the position of the oldest message that is kept.
    pub(crate) fn start(&self) -> u64 {
        let kept = u64::try_from(self.ring.len()).unwrap_or(u64::MAX);
        self.count.saturating_sub(kept)
    }

    /// Returns the message at a position, if it is kept.
    pub(crate) fn get(&self, position: u64) -> Option<&Stored> {
        if position < self.start() || position >= self.count {
            return None;
        }
        self.ring.get(self.slot(position))
    }

    /// Returns the position of the first message numbered `sequence` or above; `None` where
    /// messages from that number on are no longer kept.
    pub(crate) fn position_of(&self, sequence: u64) -> Option<u64> {
        let (mut low, mut high) = (self.start(), self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle)?.sequence < sequence {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Where even the oldest kept one is wanted, those before it may be wanted too.
        let first = low == self.start() && self.start() > 0;
        let exact = self
            .get(low)
            .is_some_and(|found| found.sequence == sequence);
        (!first || exact).then_some(low)
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, stored: Stored) {
        let slot = self.slot(self.count);
        if let Some(oldest) = self.ring.get_mut(slot) {
            // Whoever has not passed the oldest message yet waits for all that it hangs on.
            if self.durable + u64::try_from(self.messages_max).unwrap_or(u64::MAX) <= self.count {
                self.needed.log = oldest.log_sequence.max(self.needed.log);
                if let Basis::Command { shard, sequence } = oldest.basis {
                    self.needed.raise(shard, sequence);
                }
            }
            *oldest = stored;
        } else {
            self.ring.push(stored);
        }
        self.count += 1;
    }

    /// Notes that a message of several bases will hang on this command too.
    pub(crate) fn need(&mut self, shard: u8, sequence: u64) {
        self.needed.raise(shard, sequence);
    }

    /// Passes up to `steps` messages that `synced` holds, and returns the number of the last
    /// message that, with all before it, would survive a power loss.
    pub(crate) fn durable_through(&mut self, synced: &Horizon, steps: usize) -> u64 {
        if self.durable < self.start() {
            if !synced.covers(&self.needed) {
                return self.durable_through;
            }
            self.durable = self.start();
            if let Some(first) = self.get(self.durable) {
                self.durable_through = first.sequence.saturating_sub(1);
            }
        }
        for _ in 0..steps {
            let Some(stored) = self.get(self.durable) else {
                break;
            };
            if !synced.holds(stored, &self.needed) {
                break;
            }
            self.durable_through = stored.sequence;
            self.durable += 1;
        }
        self.durable_through
    }

    fn slot(&self, position: u64) -> usize {
        let messages_max = u64::try_from(self.messages_max).unwrap_or(u64::MAX);
        usize::try_from(position % messages_max).unwrap_or(0)
    }
}
