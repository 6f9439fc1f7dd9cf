//! AA: a thing against itself. Where its interval does not hold 1, the method or the machine
//! finds differences that are not there, and no ratio of that run is worth much.
//!
//! An interval misses at times by its nature. There are two here, so they are of 99 %, where all
//! others are of 95 %: else a run in which nothing is wrong would fail one time in ten.

use anyhow::Result;

use super::echo_ratio::{Client, script};
use super::{Run, Surroundings, book};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::Pairs;
use crate::statistics::Confidence;
use crate::wire::{Backend, Echo, Window, pinned};

pub(super) const GATE: Gate = Gate::Holds(1.0);
const CONFIDENCE: Confidence = Confidence::High;

/// Measures both.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    Ok(vec![on_one_core(run)?, over_the_wire(run)?])
}

fn on_one_core(run: &Run) -> Result<Bar> {
    let (_, resolved) = book::workload(run)?;
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |_| {
            book::pass(&resolved, &clock)
        })
    })?;
    let rate = |&rate: &f64| rate;
    let details = vec![format!(
        "{} pairs of passes over {} commands on cpu {}",
        pairs.measures().len(),
        run.plan.commands,
        cpus.hot
    )];
    let what = ("AA", "book under the EC mix / itself, rate");
    let void = pairs.void_reason(rate);
    let ratio = pairs.ratio_at(CONFIDENCE, rate);
    Ok(Bar::estimated(what, &ratio, "x", GATE, void).with_details(details))
}

fn over_the_wire(run: &Run) -> Result<Bar> {
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let mut surroundings = Surroundings::before(cpus)?;
    let echo = Echo::start(Backend::Plain, script()?, cpus.hot)?;
    echo.pause()?;
    let window_ns = run.window_ns();
    let pairs = pinned(cpus.client, || {
        let mut client = Client::connect(&echo, &clock)?;
        Pairs::run(run.plan.pairs, run.plan.seed, |_| {
            let window = client.window(window_ns)?;
            surroundings.spin(&clock, window_ns, window.new.percentile_ns(50.0));
            Ok(window)
        })
    })?;
    echo.stop()?;
    let (details, _) = surroundings.after()?;
    let p50 = |window: &Window| float(window.new.percentile_ns(50.0));
    let what = ("AA", "plain echo / itself, p50");
    let void = pairs.void_reason(p50);
    let ratio = pairs.ratio_at(CONFIDENCE, p50);
    Ok(Bar::estimated(what, &ratio, "x", GATE, void).with_details(details))
}
