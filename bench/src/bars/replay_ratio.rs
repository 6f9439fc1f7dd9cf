//! B21, the engine's side: how fast a journal is replayed, over how fast the same commands were
//! applied when they came.
//!
//! The journal is written as a venue writes it, and replayed by what recovery runs: segments are
//! read, each record's sum is checked, its command decoded and applied to a new shard. The base
//! has the commands in memory. Both begin with a new shard within the clock, both let the events
//! lie where the shard writes them, and both have to come to the same state. One replay before,
//! which is not timed, counts and folds all events.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use matchgate_core::domain::{SequenceNumber, ShardId};
use matchgate_follower::{decode, recover_shard};
use matchgate_journal::{Appender, SegmentReader};
use matchgate_runtime::{Clock, on_huge_pages};
use matchgate_subjects::shard::{Resolved, ShardRun};

use super::journal_ratio::{RECORD_BYTES_MAX, append, wait_for_room};
use super::{Run, book};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{count, float};
use crate::pairs::{Arm, Pairs};
use crate::statistics::median;
use crate::wire::{Journal, pinned};

pub(super) const GATE: Gate = Gate::AtLeast {
    must: 0.6,
    stretch: 0.9,
};

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let (mix, resolved) = book::workload(run)?;
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let (mut journal, [mut log, gateway_log]) = Journal::open(&run.plan.folder, Some(cpus.cold))?;
    let journaled = pinned(cpus.hot, || journal_all(&resolved, &mut log, &clock))?;
    drop((log, gateway_log));
    let written = journal.stop()?;
    let folder = journal.shard_folder();
    let replay = Replay {
        folder: &folder,
        resolved: &resolved,
        commands: journaled,
    };
    let events = replay.counted().context("replaying, events counted")?;
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| match arm {
            Arm::Subject => replay.timed(&clock),
            Arm::Base => replay.live(&clock),
        })
    })?;
    let rate = |rate: &f64| *rate;
    let millions = |of: fn(&(f64, f64)) -> f64| {
        median(&pairs.measures().iter().map(of).collect::<Vec<_>>()) / 1e6
    };
    let [replayed, live] = [millions(|pair| pair.0), millions(|pair| pair.1)];
    let details = vec![
        format!(
            "{replayed:.2} M/s from the journal, {live:.2} M/s live: {:.1} ns a command are reading, \
             checking and decoding; {} pairs on cpu {}",
            1e3 / replayed - 1e3 / live,
            pairs.measures().len(),
            cpus.hot
        ),
        format!(
            "{journaled} commands in {} segments, {:.0} MB, read from the page cache; {events} events \
             of the {} last, their sum and the state hash of each pass the resolver's; {}",
            written.segments,
            float(written.bytes) / 1e6,
            resolved.timed.len(),
            resolved.depth
        ),
        format!("seed {}: {}", run.plan.seed, mix.shape),
    ];
    let what = ("B21", "replay of a journal / live shard, W1, rate");
    let void = pairs.void_reason(rate);
    Ok(vec![
        Bar::estimated(what, &pairs.ratio(rate), "x", GATE, void).with_details(details),
    ])
}

/// Appends all commands, as the shard agent does before it applies one; returns how many.
fn journal_all(resolved: &Resolved, log: &mut Appender, clock: &Clock) -> Result<u64> {
    let mut commands = 0;
    for command in resolved.before.iter().chain(&resolved.timed) {
        if !log.has_room(RECORD_BYTES_MAX) {
            wait_for_room(log, clock)?;
        }
        let sequence = append(log, command)?;
        ensure!(
            sequence == command.sequence.get(),
            "the journal gives a command another number than the resolver"
        );
        commands += 1;
    }
    Ok(commands)
}

/// A journal on disk, and what it was made from.
struct Replay<'a> {
    /// Of the shard's segments.
    folder: &'a Path,
    resolved: &'a Resolved,
    commands: u64,
}

impl Replay<'_> {
    /// Replays it as recovery does; returns commands a second.
    fn timed(&self, clock: &Clock) -> Result<f64> {
        let (capacity, last) = (self.resolved.market.capacity(), self.last());
        let start = clock.ticks();
        // As the server does at its start.
        let recover = || recover_shard(self.folder, ShardId(0), capacity, last);
        let shard = on_huge_pages(recover)?;
        let ns = clock.ticks_to_ns(start, clock.ticks());
        self.hold(shard.state_hash())?;
        Ok(1e9 * float(self.commands) / float(ns.max(1)))
    }

    /// Applies the same commands from memory; returns commands a second.
    fn live(&self, clock: &Clock) -> Result<f64> {
        let start = clock.ticks();
        let mut run = ShardRun::new(&self.resolved.market);
        run.pass_unfolded(std::hint::black_box(&self.resolved.before));
        run.pass_unfolded(std::hint::black_box(&self.resolved.timed));
        let ns = clock.ticks_to_ns(start, clock.ticks());
        self.hold(run.end().state_hash)?;
        Ok(1e9 * float(self.commands) / float(ns.max(1)))
    }

    /// Replays it with the sum of all events, which has to be the resolver's; returns how many
    /// events there were behind the warm-up.
    fn counted(&self) -> Result<u64> {
        let mut run = ShardRun::new(&self.resolved.market);
        let mut reader = SegmentReader::open(self.folder, 1)?;
        let (mut commands, mut events) = (0, 0);
        while let Some(record) = reader.next_record(self.last().get())? {
            if commands == count(self.resolved.before.len()) {
                run.reset_checksum();
                events = 0;
            }
            let command = decode(&record.header, record.body)?;
            run.apply_and(&command, |_| events += 1);
            commands += 1;
        }
        ensure!(
            commands == self.commands,
            "the journal has {commands} commands, {} were appended",
            self.commands
        );
        ensure!(
            (run.end(), events) == (self.resolved.end, self.resolved.event_count),
            "the replay came to another state or other events than the resolver"
        );
        Ok(events)
    }

    const fn last(&self) -> SequenceNumber {
        SequenceNumber(self.commands)
    }

    fn hold(&self, state_hash: u128) -> Result<()> {
        ensure!(
            state_hash == self.resolved.end.state_hash,
            "the pass came to another state than the resolver"
        );
        Ok(())
    }
}
