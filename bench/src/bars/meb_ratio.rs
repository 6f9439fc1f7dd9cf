//! B1 and B6: the production book on the public benchmark's five scenarios, one core.
//!
//! Each message is resolved by its number, matched, and its reports are written and folded by the
//! same thread. The base is the registry's honest book on the same messages, whose history is
//! cleared as it asks of whoever runs for long; its reports are folded to the same sum, which has
//! to be equal. The worst of the five scenarios decides.

use anyhow::{Result, ensure};
use matchgate_subjects::Ranges;
use matchgate_subjects::book::{BookRun, Room};
use matchgate_subjects::peers::Peer;
use matchgate_workloads::meb::Scenario;
use matchgate_workloads::report::{fold, sha256};

use super::engine::{MebLoad, Pass, book_pass, peer_pass, shape, shard_pass, start_peers};
use super::{Plan, Run};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::pairs::{Arm, Pairs};
use crate::statistics::{Confidence, estimate, median};
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtLeast {
    must: 7.0,
    stretch: 12.0,
};
pub(super) const GATE_SPREAD: Gate = Gate::AtLeast {
    must: 0.75,
    stretch: 0.9,
};
/// Passes of a figure that is only told.
const PASSES_TOLD: usize = 5;

/// Measures B1: a line a scenario.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let mut peers = start_peers(cpus.hot)?;
    let mut bars = Vec::new();
    for scenario in Scenario::ALL {
        let load = MebLoad::of(run, scenario);
        peers.load_meb(scenario, Scenario::REFERENCE_SEED, load.orders)?;
        let plan = &run.plan;
        let clock = &run.clock;
        let peers = &mut peers;
        let first = pinned(cpus.hot, || load.pass(clock))?;
        // A peer runs on the same cpu while this thread waits for it.
        let pairs = pinned(cpus.hot, || {
            Pairs::run(plan.pairs, plan.seed, |arm| match arm {
                Arm::Subject => peer_pass(peers, Peer::NANOBOOK, first.checksum),
                Arm::Base => Ok(load.pass(clock)?.ns),
            })
        })?;
        let ns = |of: fn(&(f64, f64)) -> f64| {
            median(&pairs.measures().iter().map(of).collect::<Vec<_>>())
        };
        let what = format!("W2 {}: nanobook's time / ours", scenario.name());
        let void = pairs.void_reason(|&ns| ns);
        let ratio = pairs.ratio(|&ns| ns);
        let mut details = vec![format!(
            "{:.1} ns a message, resolver and report included; nanobook, cleared, {:.1}; {} \
             messages; {}; cpu {}",
            ns(|pair| pair.1),
            ns(|pair| pair.0),
            load.messages.len(),
            shape(&first.end),
            cpus.hot
        )];
        details.push(proof(&load, first.checksum)?);
        details.extend(told(plan, &load, cpus, run)?);
        bars.push(Bar::estimated(("B1", &what), &ratio, "x", GATE, void).with_details(details));
    }
    Ok(bars)
}

/// Returns what the sum of the timed passes stands for: the SHA-256 of the same reports, kept.
fn proof(load: &MebLoad, checksum: u64) -> Result<String> {
    let mut book = BookRun::keeping(load.room);
    book.pass(0, &load.messages);
    let reports = &book.sink().reports;
    ensure!(
        reports.iter().fold(0, fold) == checksum,
        "a pass that keeps its reports comes to another sum"
    );
    let hash = sha256(reports);
    if !load.is_reference() {
        return Ok(format!("sum of each pass {checksum:016x}, SHA-256 {hash}"));
    }
    let published = load.scenario.reference();
    ensure!(hash == published, "the SHA-256 is {hash}, not {published}");
    Ok(format!(
        "sum of each pass {checksum:016x}, SHA-256 {hash}: the published one"
    ))
}

/// What is only told: the whole shard on the same stream, and slots of four gateways.
fn told(plan: &Plan, load: &MebLoad, cpus: Cpus, run: &Run) -> Result<Vec<String>> {
    let clock = &run.clock;
    let resolved = load.resolved()?;
    let passes = PASSES_TOLD.min(plan.pairs);
    let (shard, four) = pinned(cpus.hot, || {
        let shard: Vec<f64> = (0..passes)
            .map(|_| shard_pass(&resolved, clock))
            .collect::<Result<_>>()?;
        let room = Room {
            ranges: Ranges::Four,
            ..load.room
        };
        let four: Vec<f64> = (0..passes)
            .map(|_| Ok(book_pass(room, (&[], &load.messages), clock)?.ns))
            .collect::<Result<_>>()?;
        Ok((shard, four))
    })?;
    Ok(vec![format!(
        "Shard::apply on the same stream {:.1} ns a command; book with slots in four ranges {:.1} ns \
         a message",
        median(&shard),
        median(&four)
    )])
}

/// Measures B6: how far the five scenarios are apart.
pub(super) fn measure_spread(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let loads: Vec<MebLoad> = Scenario::ALL
        .into_iter()
        .map(|scenario| MebLoad::of(run, scenario))
        .collect();
    let clock = &run.clock;
    let rounds = pinned(cpus.hot, || {
        (0..run.plan.pairs)
            .map(|_| loads.iter().map(|load| load.pass(clock)).collect())
            .collect::<Result<Vec<Vec<Pass>>>>()
    })?;
    let of_scenario = |place: usize| {
        let each: Vec<f64> = rounds.iter().map(|round| round[place].ns).collect();
        median(&each)
    };
    // The two are chosen over all rounds: the extremes of each round alone would be those of its
    // noise.
    let by_ns = |one: &usize, other: &usize| of_scenario(*one).total_cmp(&of_scenario(*other));
    let places = 0..Scenario::ALL.len();
    let fastest = places.clone().min_by(by_ns).unwrap_or(0);
    let slowest = places.max_by(by_ns).unwrap_or(0);
    let spreads: Vec<f64> = rounds
        .iter()
        .map(|round| round[fastest].ns / round[slowest].ns)
        .collect();
    let figure = estimate(&spreads, run.plan.seed, Confidence::Usual);
    let each: Vec<String> = Scenario::ALL
        .into_iter()
        .enumerate()
        .map(|(place, scenario)| format!("{} {:.1}", scenario.name(), of_scenario(place)))
        .collect();
    let mut details = vec![format!(
        "{} over {}; ns a message, median of {} rounds over all five: {}; cpu {}",
        Scenario::ALL[fastest].name(),
        Scenario::ALL[slowest].name(),
        rounds.len(),
        each.join(", "),
        cpus.hot
    )];
    let last = rounds.last().into_iter().flatten();
    details.extend(
        Scenario::ALL
            .into_iter()
            .zip(last)
            .map(|(scenario, pass)| format!("{}: {}", scenario.name(), shape(&pass.end))),
    );
    let what = ("B6", "W2: fastest scenario's ns / slowest's");
    Ok(vec![
        Bar::estimated(what, &figure, "x", GATE_SPREAD, None).with_details(details),
    ])
}
