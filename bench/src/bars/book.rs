//! W1: how fast one book is under the EC mix. Told, not gated: machines differ.
//!
//! Commands are resolved before the clock runs, events go into a sum within the timed part, and a
//! pass that does not come to the right state and sum is void.

use anyhow::{Result, ensure};
use matchgate_runtime::Clock;

use super::Run;
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{float, float_of};
use crate::statistics::{Confidence, estimate};
use crate::wire::pinned;
use crate::workload::{BookRun, Resolved};

/// Commands that a pass runs before those that are timed.
pub(super) const WARM_UP: usize = 500_000;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let workload = workload(run);
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let passes = run.plan.pairs;
    let rates = pinned(cpus.hot, || {
        (0..passes)
            .map(|_| pass(&workload, &clock))
            .collect::<Result<Vec<f64>>>()
    })?;
    let rate = estimate(&rates, run.plan.seed, Confidence::Usual);
    let details = vec![
        format!(
            "{:.1} ns a command, median of {passes} passes on cpu {}, each after {} commands of \
             warm-up in a new book; state hash and checksum equal in each",
            1e3 / rate.median,
            cpus.hot,
            warm_up(run)
        ),
        format!("seed {}: {}", run.plan.seed, workload.shape.line()),
    ];
    let what = ("W1", "book only, EC mix");
    Ok(vec![
        Bar::estimated(what, &rate, "M/s", Gate::Open, None).with_details(details),
    ])
}

/// Returns the warm-up of a run: shorter where its passes are.
pub(super) fn warm_up(run: &Run) -> usize {
    WARM_UP.min(run.plan.commands)
}

/// Returns the workload of a run.
pub(super) fn workload(run: &Run) -> Resolved {
    Resolved::ec_mix(run.plan.seed, warm_up(run), run.plan.commands)
}

/// Runs one pass in a new book; returns millions of commands a second.
pub(super) fn pass(workload: &Resolved, clock: &Clock) -> Result<f64> {
    let mut book = BookRun::new();
    for command in &workload.before {
        book.apply(command);
    }
    book.reset_checksum();
    let start = clock.ticks();
    for command in std::hint::black_box(&workload.timed) {
        book.apply(command);
    }
    let ns = clock.ticks_to_ns(start, clock.ticks());
    ensure!(
        book.end() == workload.end,
        "the pass came to another state or other events than the generator"
    );
    Ok(1e3 * float_of(workload.timed.len()) / float(ns.max(1)))
}
