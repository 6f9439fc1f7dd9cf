//! B16: the tail of the shard between two rings, with a client that sends by a plan, a million a
//! second; beside it what the machine alone takes from that plan.

use anyhow::{Result, ensure};
use matchgate_runtime::pin_current_thread;
use matchgate_subjects::ring_run::{OpenLoop, Plan, open_loop};

use super::engine_tail::resolved;
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::{Cpus, late_by_plan};
use crate::number::float;
use crate::pairs::PAIRS_MIN;
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
/// From one command to the next.
const INTERVAL_NS: u64 = 1_000_000_000 / RATE;
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
        let machine = late_by_plan(clock, cpus, INTERVAL_NS, resolved.timed.len())?;
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
    let must_ns = MUST_RATIO * float(open.all.percentile_ns(50.0));
    let ratio_void = open.void(99.0, must_ns);
    let tail_void = open.void(99.9, MUST_TAIL_NS);
    Ok(vec![
        Bar::estimated(ratio, &ratios, "x", GATE, ratio_void),
        Bar::estimated(tail, &tails, "ns", GATE_TAIL, tail_void).with_details(details),
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
}

impl Open {
    fn new() -> Self {
        Self {
            ratios: Vec::new(),
            tails: Vec::new(),
            all: Latencies::new(),
            late: 0,
            machine: Latencies::new(),
        }
    }

    fn add(&mut self, pass: &OpenLoop, machine: &Latencies) {
        let mut latencies = Latencies::new();
        for &ns in &pass.latencies_ns {
            latencies.record(ns);
        }
        let p = |percent| float(latencies.percentile_ns(percent));
        self.ratios.push(p(99.0) / p(50.0).max(1.0));
        self.tails
            .push(p(99.9) - float(machine.percentile_ns(99.9)));
        self.all.merge(&latencies);
        self.late += pass.late;
        self.machine.merge(machine);
    }

    /// Returns the shares of the plan in which the sender, and the machine alone, were late by an
    /// interval or more.
    fn late_shares(&self) -> [f64; 2] {
        let sender = float(self.late) / float(self.all.len().max(1));
        [sender, self.machine.share_from(INTERVAL_NS)]
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

    /// Returns why a figure says nothing, where it does: too few passes, a sender that measures
    /// itself, or a machine that with nothing to do is already above `must_ns` at that percentile;
    /// what is added may hide below that.
    fn void(&self, percent: f64, must_ns: f64) -> Option<String> {
        let passes = self.ratios.len();
        if passes < PAIRS_MIN {
            return Some(format!("{passes} passes, at least {PAIRS_MIN} are needed"));
        }
        let [sender, machine] = self.late_shares();
        if sender - machine > LATE_SHARE_MAX {
            return Some(format!(
                "the sender was late in {:.1} % of its intervals, the machine alone in {:.1} %",
                100.0 * sender,
                100.0 * machine
            ));
        }
        let machine_ns = float(self.machine.percentile_ns(percent));
        (machine_ns > must_ns).then(|| {
            format!(
                "with nothing to do the machine's p{percent} is {:.1} us, must is {:.1}",
                machine_ns / 1e3,
                must_ns / 1e3
            )
        })
    }
}
