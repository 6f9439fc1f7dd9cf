//! B17: the tail of the shard alone, one look at the clock a command.

use anyhow::{Result, ensure};
use matchgate_subjects::latency_run::LatencyRun;
use matchgate_subjects::load::Load;
use matchgate_subjects::shard::Resolved;

use super::Run;
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::{Cpus, hiccups};
use crate::number::float;
use crate::statistics::{Confidence, estimate};
use crate::wire::pinned;

const MUST_NS: f64 = 200.0;
pub(super) const GATE: Gate = Gate::AtMost {
    must: MUST_NS,
    stretch: 100.0,
};
/// A probe of hiccups lasts as long as some commands.
const PROBE_NS: u64 = 100;

/// Measures B17.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let resolved = resolved(run)?;
    let clock = &run.clock;
    let passes = run.plan.pairs;
    let window_ns = run.window_ns() / 4;
    let (all, traded, late, tails) = pinned(cpus.hot, || {
        let (mut all, mut traded, mut late) =
            (Latencies::new(), Latencies::new(), Latencies::new());
        let mut tails = Vec::with_capacity(passes);
        for _ in 0..passes {
            let mut pass = LatencyRun::prepared(&resolved);
            pass.pass(&resolved.timed, || clock.ticks_in_order(), || clock.ticks());
            ensure!(pass.end() == resolved.end, "the pass came to another end");
            let mut plain = Latencies::new();
            for latency in pass.latencies() {
                let ns = clock.ticks_to_ns(0, latency.ticks);
                if latency.traded {
                    traded.record(ns);
                } else {
                    plain.record(ns);
                }
            }
            let mut machine = Latencies::new();
            hiccups(clock, window_ns, PROBE_NS, &mut machine);
            let tail = plain.percentile_ns(99.9);
            tails.push(float(tail) - float(machine.percentile_ns(99.9)));
            all.merge(&plain);
            late.merge(&machine);
        }
        Ok((all, traded, late, tails))
    })?;
    let figure = estimate(&tails, run.plan.seed, Confidence::Usual);
    let details = vec![
        format!("without a fill: {}", all.line()),
        format!("with a fill: {}", traded.line()),
        format!(
            "hiccups of the same cpu, probes of {PROBE_NS} ns: {}",
            late.line()
        ),
        resolved.depth.to_string(),
        format!(
            "the look at the clock is in each; p99.9 / p50 {:.1}; {passes} passes on cpu {}",
            float(all.percentile_ns(99.9)) / float(all.percentile_ns(50.0).max(1)),
            cpus.hot
        ),
    ];
    // What is added may hide below what the machine takes anyway.
    let machine_ns = float(late.percentile_ns(99.9));
    let void = (machine_ns > MUST_NS)
        .then(|| format!("the machine's own p99.9 is {machine_ns:.0} ns, more than must"));
    let what = ("B17", "shard, W1, no fill: p99.9 less hiccups' p99.9");
    Ok(vec![
        Bar::estimated(what, &figure, "ns", GATE, void).with_details(details),
    ])
}

/// Returns the load of a tail, resolved.
pub(super) fn resolved(run: &Run) -> Result<Resolved> {
    let load = Load::ec_mix(run.plan.seed, run.plan.commands);
    Ok(Resolved::new(
        load.market(),
        &load.before,
        &load.operations(),
    )?)
}
