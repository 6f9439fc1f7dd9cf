//! B1r: as B1, the reports handed through a ring to a reader on the other core, which keeps the
//! raw records in memory set aside before and folds them. What is hashed after the clock are
//! exactly those records. The base hands nothing over: its reports stay on its own core.

use anyhow::{Result, ensure};
use matchgate_runtime::{Clock, pin_current_thread};
use matchgate_subjects::peers::Peer;
use matchgate_subjects::ring_run::{HandOverRoom, hand_over};
use matchgate_workloads::meb::Scenario;
use matchgate_workloads::report::sha256;

use super::engine::{MebLoad, Pass, peer_pass, shape, start_peers};
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{float, float_of};
use crate::pairs::{Arm, Pairs};
use crate::statistics::median;
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtLeast {
    must: 4.0,
    stretch: 8.0,
};
/// Slots of the ring: all of it stays in a second-level cache.
const SLOTS: usize = 4_096;
/// Reports of a message at the most, on the average, that are kept.
const REPORTS_PER_MESSAGE: usize = 2;

/// Measures it: a line a scenario.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let mut peers = start_peers(cpus.hot)?;
    let mut bars = Vec::new();
    for scenario in Scenario::ALL {
        let load = MebLoad::of(run, scenario);
        peers.load_meb(scenario, Scenario::REFERENCE_SEED, load.orders)?;
        let clock = &run.clock;
        let peers = &mut peers;
        let surroundings = Surroundings::before(cpus)?;
        let first = pinned(cpus.hot, || load.pass(clock))?;
        let pairs = pinned(cpus.hot, || {
            Pairs::run(run.plan.pairs, run.plan.seed, |arm| match arm {
                Arm::Subject => peer_pass(peers, Peer::NANOBOOK, first.checksum),
                Arm::Base => handed(&load, clock, cpus, &first),
            })
        })?;
        let (mut details, _) = surroundings.after()?;
        details.truncate(1);
        let ns = |of: fn(&(f64, f64)) -> f64| {
            median(&pairs.measures().iter().map(of).collect::<Vec<_>>())
        };
        details.insert(
            0,
            format!(
                "{:.1} ns a message until the reader on cpu {} has the last report; nanobook, \
                 cleared, on one core {:.1}; {}; {}",
                ns(|pair| pair.1),
                cpus.client,
                ns(|pair| pair.0),
                shape(&first.end),
                if load.is_reference() {
                    "the SHA-256 of each pass's records is the published one"
                } else {
                    "too short for the published SHA-256: sums compared only"
                }
            ),
        );
        let what = format!("W2 {}: nanobook / ours through a ring", scenario.name());
        let void = pairs.void_reason(|&ns| ns);
        let ratio = pairs.ratio(|&ns| ns);
        bars.push(Bar::estimated(("B1r", &what), &ratio, "x", GATE, void).with_details(details));
    }
    Ok(bars)
}

/// Lets the book hand its reports over, and compares what it comes to with `first`, a pass on one
/// core; returns nanoseconds a message.
fn handed(load: &MebLoad, clock: &Clock, cpus: Cpus, first: &Pass) -> Result<f64> {
    let room = HandOverRoom {
        book: load.room,
        slots: SLOTS,
        reports: REPORTS_PER_MESSAGE * load.messages.len(),
    };
    let mut pinning = Ok(());
    let begin_reader = || pinning = pin_current_thread(cpus.client);
    let done = hand_over(room, (&[], &load.messages), || clock.ticks(), begin_reader);
    pinning?;
    ensure!(
        (done.checksum, done.end) == (first.checksum, first.end),
        "the reader folded to another sum, or the book came to another end"
    );
    ensure!(
        done.report_count == done.reports.len(),
        "there were {} reports, more than there was room for",
        done.report_count
    );
    if load.is_reference() {
        let hash = sha256(&done.reports);
        let published = load.scenario.reference();
        ensure!(hash == published, "the SHA-256 is {hash}, not {published}");
    }
    let ns = clock.ticks_to_ns(0, done.ticks);
    Ok(float(ns) / float_of(load.messages.len().max(1)))
}
