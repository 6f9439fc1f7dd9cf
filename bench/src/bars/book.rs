//! W1: how fast one book is under the EC mix. Told, not gated: machines differ.
//!
//! Commands are resolved before the clock runs, events go into a sum within the timed part, and a
//! pass that does not come to the right state and sum is void.

use anyhow::Result;
use matchgate_runtime::Clock;
use matchgate_subjects::ec_mix::{EcMix, ROOM, USERS};
use matchgate_subjects::shard::{Market, Resolved};
use matchgate_workloads::OperationKind;

use super::Run;
use super::engine::shard_pass;
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{float, float_of};
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
        format!("seed {}: {}", run.plan.seed, shape(&mix)),
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
    resolved_mix(run.plan.seed, warm_up(run), run.plan.commands)
}

/// Returns a mix, and what a shard is told in its place.
pub(super) fn resolved_mix(
    seed: u64,
    warm_up: usize,
    commands: usize,
) -> Result<(EcMix, Resolved)> {
    let mix = EcMix::new(seed, warm_up, commands);
    let market = Market {
        users: USERS,
        ..Market::new(ROOM.orders, ROOM.levels)
    };
    let resolved = Resolved::new(market, &mix.before, &mix.timed)?;
    Ok((mix, resolved))
}

/// Runs one pass in a new book; returns millions of commands a second.
pub(super) fn pass(resolved: &Resolved, clock: &Clock) -> Result<f64> {
    Ok(1e3 / shard_pass(resolved, clock)?)
}

/// Returns a mix's shares, its orders and its levels in words.
pub(super) fn shape(mix: &EcMix) -> String {
    let all = float_of(mix.timed.len().max(1));
    let share = |kind| {
        let of_kind = mix.timed.iter().filter(|one| one.kind == kind);
        100.0 * float_of(of_kind.count()) / all
    };
    format!(
        "{} commands: new {:.1} %, take {:.1} %, cancel {:.1} %, move {:.1} %; {:.1} % trade, {:.3} \
         fills a command; at the end {} live orders on {} levels",
        mix.timed.len(),
        share(OperationKind::New),
        share(OperationKind::Ioc),
        share(OperationKind::Cancel),
        share(OperationKind::Move),
        100.0 * float(mix.trading) / all,
        float(mix.fills) / all,
        mix.live_orders,
        mix.levels
    )
}
