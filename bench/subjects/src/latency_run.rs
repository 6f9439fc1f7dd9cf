//! How long each command takes in a shard: one look at the clock a command, which is the begin of
//! the next one of its batch.
//!
//! Latencies go into memory that was touched before; what is made of them is made afterwards.

use matchgate_core::domain::{Command, EventBody, Sequenced};
use matchgate_runtime::on_huge_pages;

use crate::shard::{End, Resolved, ShardRun};

/// Commands that are handed over at once, as the agent of a shard takes them from a ring.
const BATCH: usize = 32;
/// Whether a latency is that of a command that traded.
const TRADED: u64 = 1 << 63;

/// How long one command took, the look at the clock included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// In units of the clock.
    pub ticks: u64,
    /// Whether it traded.
    pub traded: bool,
}

/// A shard, and room for the latencies of a pass.
#[derive(Debug)]
pub struct LatencyRun {
    run: ShardRun,
    latencies: Vec<u64>,
    count: usize,
}

impl LatencyRun {
    /// Returns a shard that was told all that comes before the clock.
    #[must_use]
    pub fn prepared(resolved: &Resolved) -> Self {
        Self {
            run: ShardRun::prepared(resolved),
            // Not zero: memory that the system gives as zeros is touched first in the pass.
            latencies: on_huge_pages(|| vec![u64::MAX; resolved.timed.len()]),
            count: 0,
        }
    }

    /// Applies commands, at most as many as the pass has, and looks at `clock` at the end of each.
    /// `begin` is the same clock, but waits for all that comes before it. It counts up and stays
    /// below 2^63.
    ///
    /// They are handed over in batches, out of the time of any: a command is in the cache when its
    /// time begins, as one that was just taken from a ring. Read where it lies, one in 24 would wait
    /// for memory at the begin of a page, and that would be the tail.
    #[inline(never)]
    pub fn pass(
        &mut self,
        commands: &[Sequenced<Command>],
        begin: impl Fn() -> u64,
        clock: impl Fn() -> u64,
    ) {
        let count = commands.len().min(self.latencies.len());
        let mut latencies = self.latencies.iter_mut();
        let mut batch = Vec::with_capacity(BATCH);
        for some in commands[..count].chunks(BATCH) {
            batch.clear();
            batch.extend_from_slice(some);
            let mut before = begin();
            for (command, latency) in batch.iter().zip(&mut latencies) {
                let mut traded = 0;
                self.run.apply_and(command, |event| {
                    if let EventBody::Traded { .. } = event.body {
                        traded = TRADED;
                    }
                });
                let now = clock();
                *latency = now.saturating_sub(before) | traded;
                before = now;
            }
        }
        self.count = count;
    }

    /// Returns how long each command took, in their order.
    pub fn latencies(&self) -> impl Iterator<Item = Latency> {
        self.latencies[..self.count].iter().map(|&latency| Latency {
            ticks: latency & !TRADED,
            traded: latency & TRADED != 0,
        })
    }

    /// Returns what the shard has come to.
    #[must_use]
    pub fn end(&self) -> End {
        self.run.end()
    }
}
