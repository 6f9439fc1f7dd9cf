//! B16: the tail of the shard between two rings, with a client that sends by a plan, a million a
//! second; beside it what the machine alone takes from that plan.

use anyhow::{Result, ensure};
use matchgate_runtime::pin_current_thread;
use matchgate_subjects::ring_run::{OpenLoop, Plan, open_loop};

use super::engine_tail::resolved;
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::{ByPlan, Cpus, late_by_plan};
use crate::number::float;
use crate::statistics::{Confidence, estimate};
use crate::wire::pinned;

const MUST_RATIO: f64 = 3.0;
const MUST_TAIL_NS: f64 = 2_000.0;
pub(super) const GATE: Gate = Gate::AtMost {
    must: MUST_RATIO,
    stretch: 2.0,
};
const GATE_TAIL: Gate = Gate::AtMost {
    must: MUST_TAIL_NS,
    stretch: 1_000.0,
};
/// Commands a second.
const RATE: u64 = 1_000_000;
/// Slots of each ring.
const SLOTS: usize = 4_096;
/// A sender that is late in more of its intervals than the machine alone measures itself.
const LATE_SHARE_MAX: f64 = 0.01;

/// Measures B16.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let resolved = resolved(run)?;
    let clock = &run.clock;
    let surroundings = Surroundings::before(cpus)?;
    let plan = Plan {
        rate: RATE,
        slots: SLOTS,
    };
    let mut open = Open::new();
    for _ in 0..run.plan.pairs {
        let pass = pinned(cpus.client, || {
            let mut pinning = Ok(());
            let begin = || pinning = pin_current_thread(cpus.hot);
            let pass = open_loop(&resolved, plan, || clock.now_ns(), begin);
            pinning?;
            ensure!(pass.end == resolved.end, "the pass came to another end");
            let answered = pass.latencies_ns.len();
            ensure!(
                answered == resolved.timed.len(),
                "{answered} of {} commands were answered",
                resolved.timed.len()
            );
            Ok(pass)
        })?;
        let machine = late_by_plan(clock, cpus, plan.interval_ns(), resolved.timed.len())?;
        open.add(&pass, &machine);
    }
    let (mut details, _) = surroundings.after()?;
    details.truncate(1);
    details.extend(open.details());
    details.extend([
        resolved.depth.to_string(),
        format!(
            "{RATE} commands a second, {} a pass; shard on cpu {}, client on cpu {}",
            resolved.timed.len(),
            cpus.hot,
            cpus.client
        ),
    ]);
    let of = |values: &[f64]| estimate(values, run.plan.seed, Confidence::Usual);
    let ratio = ("B16", "ring, shard, ring at 1 M/s: p99 / p50");
    let tail = ("B16", "the same: p99.9 less the machine's by the plan");
    let (ratios, tails) = (of(&open.ratios), of(&open.tails));
    Ok(vec![
        Bar::estimated(ratio, &ratios, "x", GATE, open.ratio_void()),
        Bar::estimated(tail, &tails, "ns", GATE_TAIL, open.tail_void()).with_details(details),
    ])
}

/// What the passes of B16 came to, and the machine alone in turn with them.
struct Open {
    ratios: Vec<f64>,
    tails: Vec<f64>,
    all: Latencies,
    /// Commands that were sent a whole interval late, or more.
    late: u64,
    machine: Latencies,
    machine_late: u64,
}

impl Open {
    fn new() -> Self {
        Self {
            ratios: Vec::new(),
            tails: Vec::new(),
            all: Latencies::new(),
            late: 0,
            machine: Latencies::new(),
            machine_late: 0,
        }
    }

    fn add(&mut self, pass: &OpenLoop, machine: &ByPlan) {
        let mut latencies = Latencies::new();
        for &ns in &pass.latencies_ns {
            latencies.record(ns);
        }
        let p = |percent| float(latencies.percentile_ns(percent));
        self.ratios.push(p(99.0) / p(50.0).max(1.0));
        let machine_tail = float(machine.late_ns.percentile_ns(99.9));
        self.tails.push(p(99.9) - machine_tail);
        self.all.merge(&latencies);
        self.late += pass.late;
        self.machine.merge(&machine.late_ns);
        self.machine_late += machine.late;
    }

    /// Returns the shares of the plan in which the sender, and the machine alone, were late.
    fn late_shares(&self) -> [f64; 2] {
        [(self.late, &self.all), (self.machine_late, &self.machine)]
            .map(|(late, of)| float(late) / float(of.len().max(1)))
    }

    fn details(&self) -> [String; 3] {
        let [sender, machine] = self.late_shares().map(|share| 100.0 * share);
        [
            format!("from the planned time: {}", self.all.line()),
            format!("both cpus with nothing to do: {}", self.machine.line()),
            format!(
                "late by an interval or more: {sender:.2} % of what was sent, {machine:.2} % of \
                 what was seen with nothing to do"
            ),
        ]
    }

    /// Returns why the sender measures itself, where it does.
    fn sender_void(&self) -> Option<String> {
        let [sender, machine] = self.late_shares();
        (sender - machine > LATE_SHARE_MAX).then(|| {
            format!(
                "the sender was late in {:.1} % of its intervals, the machine alone in {:.1} %",
                100.0 * sender,
                100.0 * machine
            )
        })
    }

    /// Returns why the ratio says nothing: with nothing to do, the machine exceeds it.
    fn ratio_void(&self) -> Option<String> {
        let longest_ns = MUST_RATIO * float(self.all.percentile_ns(50.0));
        let machine_ns = float(self.machine.percentile_ns(99.0));
        let exceeds = machine_ns > longest_ns;
        self.sender_void().or_else(|| {
            exceeds.then(|| {
                format!(
                    "with nothing to do the machine's p99 is {:.1} us, must is {:.1}",
                    machine_ns / 1e3,
                    longest_ns / 1e3
                )
            })
        })
    }

    /// Returns why the tail says nothing: what is added may hide below what the machine takes
    /// anyway, where that is longer than the gate.
    fn tail_void(&self) -> Option<String> {
        let machine_ns = float(self.machine.percentile_ns(99.9));
        let exceeds = machine_ns > MUST_TAIL_NS;
        self.sender_void().or_else(|| {
            exceeds.then(|| {
                format!(
                    "with nothing to do the machine's p99.9 is {:.0} us, more than must",
                    machine_ns / 1e3
                )
            })
        })
    }
}
