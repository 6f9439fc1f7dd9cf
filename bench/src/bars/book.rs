//! W1: how fast one book is under the EC mix. Told, not gated: machines differ.
//!
//! Commands are resolved before the clock runs, events go into a sum within the timed part, and a
//! pass that does not come to the right state and sum is void.

use anyhow::Result;
use matchgate_runtime::Clock;
use matchgate_subjects::ec_mix::{EcMix, MARKET};
use matchgate_subjects::shard::Resolved;

use super::Run;
use super::engine::shard_pass;
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::statistics::{Confidence, estimate};
use crate::wire::pinned;

/// Commands that a pass runs before those that are timed.
pub(super) const WARM_UP: usize = 500_000;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let (mix, resolved) = workload(run)?;
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let passes = run.plan.pairs;
    let rates = pinned(cpus.hot, || {
        (0..passes)
            .map(|_| pass(&resolved, &clock))
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
        format!("seed {}: {}", run.plan.seed, mix.shape),
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

/// Returns the mix of a run, and what a shard is told in its place.
pub(super) fn workload(run: &Run) -> Result<(EcMix, Resolved)> {
    let mix = EcMix::new(run.plan.seed, warm_up(run), run.plan.commands);
    let resolved = Resolved::new(MARKET, &mix.before, &mix.timed)?;
    Ok((mix, resolved))
}

/// Runs one pass in a new book; returns millions of commands a second.
pub(super) fn pass(resolved: &Resolved, clock: &Clock) -> Result<f64> {
    Ok(1e3 / shard_pass(resolved, clock)?)
}
