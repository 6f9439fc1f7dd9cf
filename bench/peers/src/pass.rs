//! One pass of a book over a load: for time, or for the hash of all answers.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, bail};
use matchgate_workloads::OperationKind;
use matchgate_workloads::report::{Report, fold, sha256 as sha256_of};

use crate::engines::Peer;
use crate::load::Load;

/// Messages after which history is cleared.
const CLEAR_INTERVAL: u32 = 65_536;

/// Runs a timed pass in the book that `new` returns, and says what it came to.
///
/// # Errors
///
/// Returns an error when the load has an operation that the book lacks.
pub(crate) fn run<P: Peer>(new: fn(&Load) -> P, load: &Load, clear: bool) -> Result<String> {
    check::<P>(load)?;
    let mut book = new(load);
    let mut sequence = 0;
    for operation in &load.before {
        book.apply(sequence, operation, &mut |report| {
            black_box(report);
        });
        sequence += 1;
    }
    let mut checksum = 0;
    let begin = Instant::now();
    for operation in black_box(&load.timed) {
        book.apply(sequence, operation, &mut |report| {
            checksum = fold(checksum, &report);
        });
        sequence += 1;
        if clear && sequence % CLEAR_INTERVAL == 0 {
            book.clear_history();
        }
    }
    let checksum = black_box(checksum);
    let elapsed = begin.elapsed();
    Ok(format!(
        "ns={} messages={} checksum={checksum:016x} live={} levels={}",
        elapsed.as_nanos(),
        load.timed.len(),
        book.live_order_count(),
        book.level_count()
    ))
}

/// Runs an untimed pass in the book that `new` returns, and hashes all its answers.
///
/// # Errors
///
/// Returns an error when the load has an operation that the book lacks.
pub(crate) fn sha256<P: Peer>(new: fn(&Load) -> P, load: &Load, clear: bool) -> Result<String> {
    check::<P>(load)?;
    let mut book = new(load);
    let mut reports: Vec<Report> = Vec::with_capacity(load.len() * 5 / 4);
    for (sequence, operation) in (0_u32..).zip(load.all()) {
        book.apply(sequence, operation, &mut |report| reports.push(report));
        if clear && (sequence + 1) % CLEAR_INTERVAL == 0 {
            book.clear_history();
        }
    }
    Ok(sha256_of(&reports))
}

fn check<P: Peer>(load: &Load) -> Result<()> {
    if load.timed.is_empty() {
        bail!("nothing is loaded");
    }
    for operation in load.all() {
        let kind = operation.kind;
        let lacks = match kind {
            OperationKind::Fok => !P::HAS_FOK,
            OperationKind::Reduce => !P::HAS_REDUCE,
            OperationKind::CancelAll => true,
            OperationKind::New
            | OperationKind::Ioc
            | OperationKind::Cancel
            | OperationKind::Move => false,
        };
        if lacks {
            bail!("the book has no {}", kind.name());
        }
        if operation.symbol != 0 {
            bail!("the book is of one symbol");
        }
    }
    Ok(())
}
