//! How long each command takes in a shard: one look at the clock a command, which is the begin of
//! the next one.
//!
//! Stamps go into memory that was touched before; what is made of them is made afterwards.

use matchgate_core::domain::{Command, EventBody, Sequenced};

use crate::shard::{End, Resolved, ShardRun};

/// Whether a stamp is that of a command that traded.
const TRADED: u64 = 1 << 63;

/// How long one command took, the look at the clock included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// In units of the clock.
    pub ticks: u64,
    /// Whether it traded.
    pub traded: bool,
}

/// A shard, and room for the stamps of a pass.
#[derive(Debug)]
pub struct LatencyRun {
    run: ShardRun,
    start: u64,
    stamps: Vec<u64>,
    count: usize,
}

impl LatencyRun {
    /// Returns a shard that was told all that comes before the clock.
    #[must_use]
    pub fn prepared(resolved: &Resolved) -> Self {
        Self {
            run: ShardRun::prepared(resolved),
            start: 0,
            // Not zero: memory that the system gives as zeros is touched first in the pass.
            stamps: vec![u64::MAX; resolved.timed.len()],
            count: 0,
        }
    }

    /// Applies commands, at most as many as the pass has, and stamps the end of each with `clock`,
    /// which counts up and stays below 2^63.
    #[inline(never)]
    pub fn pass(&mut self, commands: &[Sequenced<Command>], mut clock: impl FnMut() -> u64) {
        self.start = clock();
        self.count = commands.len().min(self.stamps.len());
        for (command, stamp) in commands.iter().zip(&mut self.stamps) {
            let mut traded = 0;
            self.run.apply_and(command, |event| {
                if let EventBody::Traded { .. } = event.body {
                    traded = TRADED;
                }
            });
            *stamp = clock() | traded;
        }
    }

    /// Returns how long each command took, in their order.
    pub fn latencies(&self) -> impl Iterator<Item = Latency> {
        let mut before = self.start;
        self.stamps[..self.count].iter().map(move |&stamp| {
            let now = stamp & !TRADED;
            let ticks = now.saturating_sub(before);
            before = now;
            Latency {
                ticks,
                traded: stamp & TRADED != 0,
            }
        })
    }

    /// Returns what the shard has come to.
    #[must_use]
    pub fn end(&self) -> End {
        self.run.end()
    }
}
