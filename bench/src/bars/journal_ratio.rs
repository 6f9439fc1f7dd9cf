//! B20, its first half: what the journal takes from a shard's throughput.
//!
//! On one side each command is appended to the staging log before it is applied, and the writer
//! brings it to disk from the other core; on the other side there is no journal. The sender goes
//! as fast as it can, so where the disk is slower than that the shard waits for room: the share of
//! such waits says whether the figure is the appender's or the disk's.

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{Command, Sequenced};
use matchgate_journal::{Appender, Marks};
use matchgate_runtime::Clock;
use matchgate_subjects::shard::{Resolved, ShardRun};

use super::{Run, Surroundings, book};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{float, float_of};
use crate::pairs::{Arm, Pairs};
use crate::statistics::median;
use crate::wire::{Journal, pinned};

pub(super) const GATE: Gate = Gate::AtLeast {
    must: 0.9,
    stretch: 0.97,
};
/// Room that one record needs at the most.
pub(super) const RECORD_BYTES_MAX: usize = 256;
/// The journal is given so long to come to rest between two windows.
const REST_NS_MAX: u64 = 60_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Pass {
    commands_per_second: f64,
    /// Share of the time in which the staging log had no room.
    waited: f64,
}

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let (_, resolved) = book::workload(run)?;
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let surroundings = Surroundings::before(cpus)?;
    let (journal, [mut log, gateway_log]) = Journal::open(&run.plan.folder, Some(cpus.cold))?;
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| match arm {
            Arm::Subject => {
                let pass = journaled_pass(&resolved, &mut log, &clock)?;
                come_to_rest(&log.marks(), &clock)?;
                Ok(pass)
            }
            Arm::Base => Ok(Pass {
                commands_per_second: 1e6 * book::pass(&resolved, &clock)?,
                waited: 0.0,
            }),
        })
    })?;
    drop((log, gateway_log));
    let written = journal.finish()?;
    let rate = |pass: &Pass| pass.commands_per_second;
    let rates = |of: fn(&(Pass, Pass)) -> f64| -> f64 {
        median(&pairs.measures().iter().map(of).collect::<Vec<_>>())
    };
    let (mut details, _) = surroundings.after()?;
    // The hiccups of this figure are in its pairs: nothing spins on the client's cpu here.
    details.truncate(1);
    details.extend([
        format!(
            "{} pairs of {} commands on cpu {}, journal writer on cpu {}: {:.2} M/s with, {:.2} \
             M/s without",
            pairs.measures().len(),
            run.plan.commands,
            cpus.hot,
            cpus.cold,
            rates(|pair| pair.0.commands_per_second) / 1e6,
            rates(|pair| pair.1.commands_per_second) / 1e6
        ),
        format!(
            "of the time with journal {:.1} % was spent waiting for room in the staging log; {} \
             records, {:.0} MB, {} syncs, {:?}",
            100.0 * rates(|pair| pair.0.waited),
            written.records,
            float(written.bytes) / 1e6,
            written.syncs,
            written.backend
        ),
    ]);
    let what = ("B20", "shard with journal / without, rate");
    let void = pairs.void_reason(rate);
    Ok(vec![
        Bar::estimated(what, &pairs.ratio(rate), "x", GATE, void).with_details(details),
    ])
}

fn journaled_pass(resolved: &Resolved, log: &mut Appender, clock: &Clock) -> Result<Pass> {
    let mut shard = ShardRun::prepared(resolved);
    let mut waited_ns = 0;
    let start_ns = clock.now_ns();
    for command in std::hint::black_box(&resolved.timed) {
        if !log.has_room(RECORD_BYTES_MAX) {
            waited_ns += wait_for_room(log, clock)?;
        }
        append(log, command)?;
        shard.apply(command);
    }
    let ns = clock.now_ns().saturating_sub(start_ns).max(1);
    ensure!(
        shard.end() == resolved.end,
        "the pass came to another state or other events than the resolver"
    );
    Ok(Pass {
        commands_per_second: 1e9 * float_of(resolved.timed.len()) / float(ns),
        waited: float(waited_ns) / float(ns),
    })
}

/// Appends a command; returns the number that it has in the journal.
#[inline]
pub(super) fn append(log: &mut Appender, command: &Sequenced<Command>) -> Result<u64> {
    let (kind, parts) = command.body.parts();
    let sequence = log.append(kind as u8, command.time_ns, &parts)?;
    log.set_applied(sequence);
    Ok(sequence)
}

/// Waits until the staging log has room for a record; returns for how long, nanoseconds.
#[cold]
pub(super) fn wait_for_room(log: &mut Appender, clock: &Clock) -> Result<u64> {
    let began_ns = clock.now_ns();
    loop {
        if log.has_room(RECORD_BYTES_MAX) {
            return Ok(clock.now_ns().saturating_sub(began_ns));
        }
        if log.marks().failed() {
            bail!("the journal's writer has failed");
        }
        std::hint::spin_loop();
    }
}

/// Waits until everything appended is on disk, so that the writer does nothing in the next
/// window.
fn come_to_rest(marks: &Marks, clock: &Clock) -> Result<()> {
    let began_ns = clock.now_ns();
    while marks.synced() < marks.written() {
        if marks.failed() || clock.now_ns().saturating_sub(began_ns) > REST_NS_MAX {
            bail!("the journal does not come to rest");
        }
        std::thread::yield_now();
    }
    Ok(())
}
