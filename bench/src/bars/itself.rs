//! AA: a thing against itself. Where its interval does not hold 1, the method or the machine
//! finds differences that are not there, and no ratio of that run is worth much.
//!
//! A 95 % interval misses once in twenty by its nature: look again before you look for a cause.

use anyhow::Result;

use super::echo_ratio::{Client, script};
use super::{Run, Surroundings, book};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::Pairs;
use crate::wire::{Backend, Echo, Window, pinned};

pub(super) const GATE: Gate = Gate::Holds(1.0);

/// Measures both.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    Ok(vec![on_one_core(run)?, over_the_wire(run)?])
}

fn on_one_core(run: &Run) -> Result<Bar> {
    let workload = book::workload(run);
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |_| {
            book::pass(&workload, &clock)
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
    Ok(Bar::estimated(what, &pairs.ratio(rate), "x", GATE, void).with_details(details))
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
    Ok(Bar::estimated(what, &pairs.ratio(p50), "x", GATE, void).with_details(details))
}
