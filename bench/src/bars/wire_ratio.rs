//! B13: what an order costs over the wire, one in flight, beside an echo that journals as much.

use anyhow::Result;

use super::duel::{Duel, Line, base_void};
use super::echo_ratio::both;
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::Pairs;
use crate::wire::{Window, measure_window, pinned};

pub(super) const GATE_P50: Gate = Gate::AtMost {
    must: 1.18,
    stretch: 1.08,
};
const GATE_P99: Gate = Gate::AtMost {
    must: 1.25,
    stretch: 1.1,
};

/// Bytes journaled a message may be so far apart: logons, and state hashes of the shard.
const UNEQUAL_PERCENT_MAX: f64 = 1.0;

/// Which round trips of a window.
type Pick = fn(&Window) -> &Latencies;

const FIGURES: [(&str, Pick); 2] = [
    ("new order", |window| &window.new),
    ("new and cancel", |window| &window.pair),
];

/// Measures it; after the echo's own bar where that was not measured in this run.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let void = base_void(run)?;
    let cpus = Cpus::choose()?;
    let mut duel = Duel::start(run, cpus)?;
    let mut surroundings = Surroundings::before(cpus)?;
    let window_ns = run.window_ns();
    let clock = run.clock.clone();
    let pairs = pinned(cpus.client, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| {
            let window = duel.in_turn(arm, |line| {
                let Line {
                    client,
                    traffic,
                    answered,
                } = line;
                measure_window(client, traffic, *answered, window_ns)
            })?;
            surroundings.spin(&clock, window_ns, window.new.percentile_ns(50.0));
            Ok(window)
        })
    })?;
    let (ends, unequal) = duel.finish(UNEQUAL_PERCENT_MAX)?;
    let (mut details, hiccups) = surroundings.after()?;
    details.push(format!(
        "{} pairs of {:.0} ms windows, one request in flight (closed loop, service time)",
        pairs.measures().len(),
        float(window_ns) / 1e6
    ));
    details.extend(ends);
    report(run, &pairs, (details, void.or(unequal)), &hiccups)
}

fn report(
    run: &Run,
    pairs: &Pairs<Window>,
    (details, base_void): (Vec<String>, Option<String>),
    hiccups: &Latencies,
) -> Result<Vec<Bar>> {
    let mut bars = Vec::new();
    let mut logs = Vec::new();
    for (name, of) in FIGURES {
        let [subject, base] = both(pairs, of);
        let lines = vec![
            format!("gateway, {}", subject.line()),
            format!("echo,    {}", base.line()),
        ];
        for (percent, gate) in [(50.0, GATE_P50), (99.0, GATE_P99), (99.9, Gate::Open)] {
            let at = |window: &Window| float(of(window).percentile_ns(percent));
            let what = format!("gateway / echo, {name}, p{percent}");
            let void = pairs.void_reason(at).or_else(|| base_void.clone());
            let bar = Bar::estimated(("B13", &what), &pairs.ratio(at), "x", gate, void);
            bars.push(bar.with_details(match percent {
                50.0 => lines.clone(),
                _ => Vec::new(),
            }));
        }
        let tag = name.replace(' ', "-");
        logs.push((format!("gateway-{tag}"), subject));
        logs.push((format!("echo-{tag}"), base));
    }
    let mut named: Vec<(&str, &Latencies)> = logs
        .iter()
        .map(|(name, latencies)| (name.as_str(), latencies))
        .collect();
    named.push(("hiccups", hiccups));
    run.write_log("B13.hlog", &named)?;
    if let Some(last) = bars.last_mut() {
        last.details.extend(details);
    }
    Ok(bars)
}
