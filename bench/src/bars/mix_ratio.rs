//! B4: the production book under the EC mix against the best right book of the registry.
//!
//! The peers are handed the very operations from a file; of those that answer them rightly the
//! faster one of the pair counts.

use anyhow::{Context, Result};
use matchgate_subjects::load::{Load, Timed};
use matchgate_subjects::peers::Peer;
use matchgate_workloads::file;

use super::Run;
use super::engine::{book_pass, peer_pass, shape, start_peers};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::pairs::{Arm, Pairs};
use crate::statistics::median;
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtLeast {
    must: 4.0,
    stretch: 8.0,
};
/// Those that are right on moves and cancels in any order.
const PEERS: [Peer; 2] = [Peer::NANOBOOK_REPAIRED, Peer::RUST_OB];

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let load = Load::ec_mix(run.plan.seed, run.plan.commands);
    let timed = match &load.timed {
        Timed::Operations(operations) => operations.as_slice(),
        Timed::Messages(_) => &[],
    };
    let path = run.plan.folder.join("ec-mix.operations");
    file::write(&path, &load.before, timed).context("writing the operations")?;
    let mut peers = start_peers(cpus.hot)?;
    peers.load_file(&path)?;
    let clock = &run.clock;
    let first = pinned(cpus.hot, || {
        book_pass(load.room, (&load.before, timed), clock)
    })?;
    let peers = &mut peers;
    let pairs = pinned(cpus.hot, || {
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| match arm {
            Arm::Subject => {
                let mut best = f64::INFINITY;
                for peer in PEERS {
                    best = best.min(peer_pass(peers, peer, first.checksum)?);
                }
                Ok(best)
            }
            Arm::Base => Ok(book_pass(load.room, (&load.before, timed), clock)?.ns),
        })
    })?;
    std::fs::remove_file(&path).context("removing the operations")?;
    let ns =
        |of: fn(&(f64, f64)) -> f64| median(&pairs.measures().iter().map(of).collect::<Vec<_>>());
    let details = vec![format!(
        "{:.1} ns an operation, resolver and report included; the faster of nanobook, repaired and \
         cleared, and rust_ob {:.1}; {} operations; {}; cpu {}",
        ns(|pair| pair.1),
        ns(|pair| pair.0),
        timed.len(),
        shape(&first.end),
        cpus.hot
    )];
    let what = ("B4", "W1, book only: best right peer's time / ours");
    let void = pairs.void_reason(|&ns| ns);
    Ok(vec![
        Bar::estimated(what, &pairs.ratio(|&ns| ns), "x", GATE, void).with_details(details),
    ])
}
