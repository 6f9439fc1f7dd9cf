//! Runs one pass of a subject over a workload, for tools that count what it executes.
//!
//! ```text
//! subjects book|shard [folded] meb SCENARIO SEED ORDERS
//! subjects book|shard [folded] ec|ec-head|deep|cross SEED OPERATIONS
//! ```
//!
//! What is to be counted is one function: `counted_book` or `counted_shard`. In it reports or events
//! are written, and with `folded` also folded into a sum, as in a pass that is timed. Either way a
//! folded pass is made, compared and told, in one line of `key=value`.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::Write;

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{Command, Sequenced};
use matchgate_runtime::huge_pages::PagedAllocator;
use matchgate_subjects::book::{BookRun, Request};
use matchgate_subjects::load::{Load, Timed};
use matchgate_subjects::shard::{Resolved, ShardRun};
use matchgate_subjects::sink::{Folded, Sink, Written};

/// The product's.
#[global_allocator]
static ALLOCATOR: PagedAllocator = PagedAllocator;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (subject, folds, load) = match words.as_slice() {
        [subject, "folded", load @ ..] => (*subject, true, load),
        [subject, load @ ..] => (*subject, false, load),
        [] => bail!("what is to be run?"),
    };
    let load = Load::named(load)?;
    let line = match subject {
        "book" => match &load.timed {
            Timed::Messages(messages) => book(&load, messages, folds)?,
            Timed::Operations(operations) => book(&load, operations, folds)?,
        },
        "shard" => shard(&load, folds)?,
        _ => bail!("{subject} is no subject: book or shard"),
    };
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn book<R: Request>(load: &Load, timed: &[R], folds: bool) -> Result<String> {
    let sequence = u32::try_from(load.before.len())?;
    let mut run = BookRun::folding(load.room);
    run.pass(0, &load.before);
    run.set_sink(Folded::new());
    if folds {
        counted_book(&mut run, sequence, timed);
    } else {
        run.pass(sequence, timed);
        let mut written = BookRun::new(load.room, Written::new());
        written.pass(0, &load.before);
        counted_book(&mut written, sequence, timed);
        ensure!(written.end() == run.end(), "the passes differ");
    }
    let (checksum, end) = (run.checksum(), run.end());
    let refused = end.refused;
    ensure!(refused == 0, "{refused} refused: the room is too small");
    let wanted = load.checksum.unwrap_or(checksum);
    ensure!(
        checksum == wanted,
        "the sum is {checksum:016x} and should be {wanted:016x}"
    );
    Ok(format!(
        "messages={} checksum={checksum:016x} live={} levels={}",
        timed.len(),
        end.live_orders,
        end.levels
    ))
}

fn shard(load: &Load, folds: bool) -> Result<String> {
    let resolved = Resolved::new(load.market(), &load.before, &load.operations())?;
    if let Some(wanted) = load.checksum.filter(|_| resolved.kept_places == 0) {
        ensure!(
            resolved.reports_checksum == wanted,
            "the shard does not answer as a right book"
        );
    }
    let mut run = ShardRun::prepared(&resolved);
    counted_shard(&mut run, &resolved.timed, folds);
    let end = run.end();
    ensure!(
        end.state_hash == resolved.end.state_hash && (!folds || end == resolved.end),
        "the pass came to another end"
    );
    Ok(format!(
        "messages={} checksum={:016x} state={:032x} events={} reports={:016x} kept={} live={} \
         levels={}",
        resolved.timed.len(),
        resolved.end.checksum,
        end.state_hash,
        resolved.event_count,
        resolved.reports_checksum,
        resolved.kept_places,
        resolved.depth.live_orders,
        resolved.depth.levels
    ))
}

/// What is to be counted of a book. It uses what the pass has come to, so that it stays a function
/// of its own.
#[inline(never)]
fn counted_book<S: Sink, R: Request>(run: &mut BookRun<S>, sequence: u32, requests: &[R]) {
    run.pass(sequence, black_box(requests));
    black_box(run.sink());
}

/// The same of a shard.
#[inline(never)]
fn counted_shard(run: &mut ShardRun, commands: &[Sequenced<Command>], folds: bool) {
    if folds {
        run.pass(black_box(commands));
    } else {
        run.pass_unfolded(black_box(commands));
    }
    black_box(run.shard());
}
