//! What the hardware counts of a pass that callgrind counted too.
//!
//! The pass is the one of the program `subjects`: reports are written, events left where the shard
//! writes them, nothing is folded.

use std::hint::black_box;
use std::io;

use anyhow::{Result, bail, ensure};
use matchgate_subjects::book::{BookRun, Request, Room};
use matchgate_subjects::load::{Load, Timed};
use matchgate_subjects::shard::{Resolved, ShardRun};
use matchgate_subjects::sink::Written;
use matchgate_workloads::Operation;

use crate::machine::{HardwareCounts, count_hardware};
use crate::number::count;
use crate::wire::pinned;

/// Counts a pass of a subject, `book` or `shard`, over the workload that `words` name, on a cpu;
/// returns the line to print, which says where the machine has no counters.
pub(super) fn line(cpu: usize, subject: &str, words: &[&str]) -> Result<String> {
    let load = Load::named(words)?;
    let counted = pinned(cpu, || match subject {
        "book" => match &load.timed {
            Timed::Messages(messages) => book(load.room, &[], messages),
            Timed::Operations(operations) => book(load.room, &load.before, operations),
        },
        "shard" => shard(&load),
        _ => bail!("{subject} is no subject"),
    })?;
    let messages = match &load.timed {
        Timed::Messages(messages) => messages.len(),
        Timed::Operations(operations) => operations.len(),
    };
    Ok(match counted {
        Ok(counts) => counts.line(count(messages)),
        Err(error) => format!("no hardware counters here: {error}"),
    })
}

fn book<R: Request>(
    room: Room,
    before: &[Operation],
    timed: &[R],
) -> Result<io::Result<HardwareCounts>> {
    let mut run = BookRun::new(room, Written::new());
    run.pass(0, before);
    let sequence = u32::try_from(before.len())?;
    let counted = count_hardware(|| run.pass(sequence, black_box(timed)));
    ensure!(run.end().refused == 0, "the room is too small");
    Ok(counted.map(|((), counts)| counts))
}

fn shard(load: &Load) -> Result<io::Result<HardwareCounts>> {
    let resolved = Resolved::new(load.market(), &load.before, &load.operations())?;
    let mut run = ShardRun::prepared(&resolved);
    let counted = count_hardware(|| run.pass_unfolded(black_box(&resolved.timed)));
    if counted.is_ok() {
        ensure!(
            run.end().state_hash == resolved.end.state_hash,
            "the pass came to another state"
        );
    }
    Ok(counted.map(|((), counts)| counts))
}
