//! B17 and B16: tails. B17 is the shard alone, one look at the clock a command; B16 the shard
//! between two rings, with a client that sends by a plan, a million a second.

use anyhow::{Result, ensure};
use matchgate_runtime::pin_current_thread;
use matchgate_subjects::latency_run::LatencyRun;
use matchgate_subjects::load::Load;
use matchgate_subjects::ring_run::{Plan, open_loop};
use matchgate_subjects::shard::Resolved;

use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::{Cpus, hiccups};
use crate::number::float;
use crate::statistics::{Confidence, estimate, median};
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtMost {
    must: 200.0,
    stretch: 100.0,
};
pub(super) const GATE_OPEN: Gate = Gate::AtMost {
    must: 3.0,
    stretch: 2.0,
};
const GATE_OPEN_TAIL: Gate = Gate::AtMost {
    must: 2_000.0,
    stretch: 1_000.0,
};
/// Commands a second of the open loop.
const RATE: u64 = 1_000_000;
/// Slots of each of its rings.
const SLOTS: usize = 4_096;
/// A probe of hiccups lasts as long as some commands.
const PROBE_NS: u64 = 100;
/// A sender that is late in more of its intervals measures itself.
const LATE_SHARE_MAX: f64 = 0.01;

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
            tails.push(float(tail.saturating_sub(machine.percentile_ns(99.9))));
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
    let what = ("B17", "shard, W1, no fill: p99.9 less hiccups' p99.9");
    Ok(vec![
        Bar::estimated(what, &figure, "ns", GATE, None).with_details(details),
    ])
}

/// Measures B16.
pub(super) fn measure_open(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let resolved = resolved(run)?;
    let clock = &run.clock;
    let surroundings = Surroundings::before(cpus)?;
    let plan = Plan {
        rate: RATE,
        slots: SLOTS,
    };
    let (mut ratios, mut tails, mut lates) = (Vec::new(), Vec::new(), Vec::new());
    let (mut all, mut machine) = (Latencies::new(), Latencies::new());
    for _ in 0..run.plan.pairs {
        let (pass, late) = pinned(cpus.client, || {
            let mut pinning = Ok(());
            let begin = || pinning = pin_current_thread(cpus.hot);
            let pass = open_loop(&resolved, plan, || clock.now_ns(), begin);
            pinning?;
            ensure!(pass.end == resolved.end, "the pass came to another end");
            let mut late = Latencies::new();
            hiccups(clock, run.window_ns() / 4, PROBE_NS, &mut late);
            Ok((pass, late))
        })?;
        let mut latencies = Latencies::new();
        for &ns in &pass.latencies_ns {
            latencies.record(ns);
        }
        let p = |percent| float(latencies.percentile_ns(percent));
        ratios.push(p(99.0) / p(50.0).max(1.0));
        tails.push((p(99.9) - float(late.percentile_ns(99.9))).max(0.0));
        lates.push(float(pass.late) / float(latencies.len().max(1)));
        all.merge(&latencies);
        machine.merge(&late);
    }
    let (mut details, _) = surroundings.after()?;
    details.truncate(1);
    let late = median(&lates);
    details.extend([
        format!("from the planned time: {}", all.line()),
        format!("hiccups of the client's cpu: {}", machine.line()),
        resolved.depth.to_string(),
        format!(
            "{RATE} commands a second, {} a pass; sent late {:.2} % of them; shard on cpu {}, \
             client on cpu {}",
            resolved.timed.len(),
            100.0 * late,
            cpus.hot,
            cpus.client
        ),
    ]);
    let void = (late > LATE_SHARE_MAX).then(|| {
        format!(
            "the sender was late in {:.1} % of its intervals",
            100.0 * late
        )
    });
    let of = |values: &[f64]| estimate(values, run.plan.seed, Confidence::Usual);
    let ratio = ("B16", "ring, shard, ring at 1 M/s: p99 / p50");
    let tail = ("B16", "the same: p99.9 less hiccups' p99.9");
    Ok(vec![
        Bar::estimated(ratio, &of(&ratios), "x", GATE_OPEN, void.clone()),
        Bar::estimated(tail, &of(&tails), "ns", GATE_OPEN_TAIL, void).with_details(details),
    ])
}

fn resolved(run: &Run) -> Result<Resolved> {
    let load = Load::ec_mix(run.plan.seed, run.plan.commands);
    Ok(Resolved::new(
        load.market(),
        &load.before,
        &load.operations(),
    )?)
}
