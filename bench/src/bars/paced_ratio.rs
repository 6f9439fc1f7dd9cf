//! B14: tails over the wire at half of what each end can do, by a plan of sends.
//!
//! The same ends as in B13. What each can do is what one connection with 32 requests on their way
//! comes to, the client's own work included.

use anyhow::Result;

use super::duel::{Duel, Line, base_void};
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::Cpus;
use crate::number::{float, rounded};
use crate::open_loop::lateness;
use crate::pairs::{Arm, Pairs};
use crate::wire::{Paced, measure_paced, pinned, saturate};

pub(super) const GATE_P99: Gate = Gate::AtMost {
    must: 1.25,
    stretch: 1.1,
};
const GATE_P999: Gate = Gate::AtMost {
    must: 1.5,
    stretch: 1.2,
};
/// The planned rate is this share of what an end can do.
const LOAD: f64 = 0.5;
/// Bytes journaled a message may be so far apart: one record releases all answers of a turn, and
/// an end that is slower has more of them in a turn.
const UNEQUAL_PERCENT_MAX: f64 = 10.0;
/// Windows in which an end shows what it can do; the best counts.
const SATURATION_WINDOWS: u32 = 3;

/// Measures it; after the echo's own bar where that was not measured in this run.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let base_void = base_void(run)?;
    let cpus = Cpus::choose()?;
    let mut duel = Duel::start(run, cpus)?;
    let mut surroundings = Surroundings::before(cpus)?;
    let window_ns = run.window_ns();
    let clock = run.clock.clone();
    let ([subject_rate, base_rate], pairs) = pinned(cpus.client, || {
        let rates = [
            saturation(&mut duel, Arm::Subject, window_ns)?,
            saturation(&mut duel, Arm::Base, window_ns)?,
        ];
        let pairs = Pairs::run(run.plan.pairs, run.plan.seed, |arm| {
            let rate = match arm {
                Arm::Subject => rates[0],
                Arm::Base => rates[1],
            };
            let interval_ns = rounded(1e9 / (LOAD * rate));
            let window = duel.in_turn(arm, |line| {
                let Line {
                    client,
                    traffic,
                    answered,
                } = line;
                measure_paced(client, traffic, *answered, (interval_ns, window_ns))
            })?;
            surroundings.spin(&clock, window_ns, window.latencies.percentile_ns(50.0));
            Ok(window)
        })?;
        Ok((rates, pairs))
    })?;
    let (ends, unequal) = duel.finish(UNEQUAL_PERCENT_MAX)?;
    let (mut details, hiccups) = surroundings.after()?;
    details.push(format!(
        "{} pairs of {:.0} ms windows at half of what each can do: gateway {subject_rate:.0}/s, \
         echo {base_rate:.0}/s (open loop, from the planned send)",
        pairs.measures().len(),
        float(window_ns) / 1e6,
    ));
    details.extend(ends);
    report(run, &pairs, (details, base_void.or(unequal)), &hiccups)
}

fn saturation(duel: &mut Duel, arm: Arm, window_ns: u64) -> Result<f64> {
    let mut best: f64 = 1.0;
    for _ in 0..SATURATION_WINDOWS {
        let rate = duel.in_turn(arm, |line| {
            let Line {
                client,
                traffic,
                answered,
            } = line;
            saturate(client, traffic, *answered, window_ns)
        })?;
        best = best.max(rate);
    }
    Ok(best)
}

fn report(
    run: &Run,
    pairs: &Pairs<Paced>,
    (details, base_void): (Vec<String>, Option<String>),
    hiccups: &Latencies,
) -> Result<Vec<Bar>> {
    let mut merged = [Latencies::new(), Latencies::new()];
    for (subject, base) in pairs.measures() {
        merged[0].merge(&subject.latencies);
        merged[1].merge(&base.latencies);
    }
    let late = lateness(pairs.measures().iter().map(|pair| &pair.0.plan))
        .or_else(|| lateness(pairs.measures().iter().map(|pair| &pair.1.plan)));
    let [subject, base] = &merged;
    let mut bars = Vec::new();
    for (percent, gate) in [(50.0, Gate::Open), (99.0, GATE_P99), (99.9, GATE_P999)] {
        let at = |window: &Paced| float(window.latencies.percentile_ns(percent));
        let what = format!("gateway / echo at half load, p{percent}");
        let void = late
            .clone()
            .or_else(|| pairs.void_reason(at))
            .or_else(|| base_void.clone());
        let bar = Bar::estimated(("B14", &what), &pairs.ratio(at), "x", gate, void);
        bars.push(bar);
    }
    bars[0].details = vec![
        format!("gateway, {}", subject.line()),
        format!("echo,    {}", base.line()),
    ];
    if let Some(last) = bars.last_mut() {
        last.details.extend(details);
    }
    let named = [("gateway", subject), ("echo", base), ("hiccups", hiccups)];
    run.write_log("B14.hlog", &named)?;
    Ok(bars)
}
