//! B7: what a million resting orders cost over a thousand: the workload that misses every cache
//! against the EC mix, the same book in both.

use anyhow::Result;
use matchgate_subjects::load::{Load, Timed};
use matchgate_workloads::Operation;

use super::Run;
use super::engine::{book_pass, shape};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::pairs::{Arm, Pairs};
use crate::statistics::{Confidence, estimate, median};
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtMost {
    must: 4.0,
    stretch: 2.5,
};
/// Or so many nanoseconds an operation, whatever the ratio is.
const NS_MAX: f64 = 60.0;
/// The book thins out, so no more are timed.
const OPERATIONS_MAX: usize = 500_000;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let count = run.plan.commands.min(OPERATIONS_MAX);
    let (seed, operations) = (run.plan.seed.to_string(), count.to_string());
    let deep = Load::named(&["deep", &seed, &operations])?;
    let mix = Load::ec_mix(run.plan.seed, run.plan.commands);
    let clock = &run.clock;
    let pass = |load: &Load| book_pass(load.room, (&load.before, timed(load)), clock);
    let first = pinned(cpus.hot, || pass(&deep))?;
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| {
            let load = match arm {
                Arm::Subject => &deep,
                Arm::Base => &mix,
            };
            Ok(pass(load)?.ns)
        })
    })?;
    let of_deep: Vec<f64> = pairs.measures().iter().map(|pair| pair.0).collect();
    let of_mix: Vec<f64> = pairs.measures().iter().map(|pair| pair.1).collect();
    let ns = estimate(&of_deep, run.plan.seed, Confidence::Usual);
    let ratio = pairs.ratio(|&ns| ns);
    let details = vec![format!(
        "{:.1} ns an operation with a million orders, {:.1} with a thousand; {} operations; {}; cpu {}",
        median(&of_deep),
        median(&of_mix),
        count,
        shape(&first.end),
        cpus.hot
    )];
    let void = pairs.void_reason(|&ns| ns);
    let told = Bar::estimated(
        ("B7", "W3 / W1, ns an operation"),
        &ratio,
        "x",
        GATE,
        void.clone(),
    );
    if ns.interval.high <= NS_MAX && ratio.interval.high > 4.0 {
        let gate = Gate::AtMost {
            must: NS_MAX,
            stretch: 0.0,
        };
        let bar = Bar::estimated(("B7", "W3, ns an operation"), &ns, "ns", gate, void);
        let mut details = details;
        details.push(format!(
            "the ratio is {:.2}; so many ns or less do as well",
            ratio.median
        ));
        return Ok(vec![bar.with_details(details)]);
    }
    Ok(vec![told.with_details(details)])
}

fn timed(load: &Load) -> &[Operation] {
    match &load.timed {
        Timed::Operations(operations) => operations,
        Timed::Messages(_) => &[],
    }
}
