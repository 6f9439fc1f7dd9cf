//! What the bars of the engine share: passes of the production book and shard over the workloads,
//! and the peers that run beside them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use matchgate_runtime::Clock;
use matchgate_subjects::book::{BookEnd, BookRun, Request, Room};
use matchgate_subjects::load::{Load, Timed};
use matchgate_subjects::peers::{self, Peer, PeerPass, Peers};
use matchgate_subjects::shard::{Depth, Resolved, ShardRun};
use matchgate_subjects::sink::Folded;
use matchgate_workloads::Operation;
use matchgate_workloads::meb::{Message, Scenario};

use super::Run;
use crate::number::{float, float_of};

/// Orders of a scenario where the plan has as many commands or more: those of the published hashes.
const ORDERS: u32 = Scenario::REFERENCE_ORDERS;

/// One pass, timed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// Nanoseconds a message, report included.
    pub(super) ns: f64,
    pub(super) checksum: u64,
    pub(super) end: BookEnd,
}

/// A scenario of the public benchmark.
pub(super) struct MebLoad {
    pub(super) scenario: Scenario,
    pub(super) orders: u32,
    pub(super) messages: Vec<Message>,
    pub(super) room: Room,
}

impl MebLoad {
    /// Returns a scenario of the seed of the published hashes, as large as the plan has it.
    pub(super) fn of(run: &Run, scenario: Scenario) -> Self {
        let orders = u32::try_from(run.plan.commands).map_or(ORDERS, |count| count.min(ORDERS));
        let load = Load::meb(scenario, Scenario::REFERENCE_SEED, orders);
        let messages = match load.timed {
            Timed::Messages(messages) => messages,
            Timed::Operations(_) => Vec::new(),
        };
        Self {
            scenario,
            orders,
            messages,
            room: load.room,
        }
    }

    /// Returns whether the published hash is that of this load.
    pub(super) const fn is_reference(&self) -> bool {
        self.orders == ORDERS
    }

    /// Lets the production book do a pass.
    pub(super) fn pass(&self, clock: &Clock) -> Result<Pass> {
        book_pass(self.room, (&[], &self.messages), clock)
    }

    /// Returns what a shard is told in its place.
    pub(super) fn resolved(&self) -> Result<Resolved> {
        let operations: Vec<Operation> = self.messages.iter().map(Operation::from).collect();
        let load = Load::meb(self.scenario, Scenario::REFERENCE_SEED, 0);
        let market = matchgate_subjects::shard::Market {
            orders: self.room.orders,
            levels: self.room.levels,
            ..load.market()
        };
        Resolved::new(market, &[], &operations).context("resolving a scenario")
    }
}

/// Lets the production book do what comes before the clock, and then a timed pass: each message
/// resolved by its number, its reports written and folded on the same thread.
pub(super) fn book_pass<R: Request>(
    room: Room,
    (before, timed): (&[R], &[R]),
    clock: &Clock,
) -> Result<Pass> {
    let mut book = BookRun::folding(room);
    book.pass(0, before);
    book.set_sink(Folded::new());
    let sequence = u32::try_from(before.len())?;
    let start = clock.ticks();
    book.pass(sequence, std::hint::black_box(timed));
    let ns = clock.ticks_to_ns(start, clock.ticks());
    let end = book.end();
    ensure!(
        end.refused == 0,
        "the book had no room for {} messages",
        end.refused
    );
    Ok(Pass {
        ns: float(ns) / float_of(timed.len().max(1)),
        checksum: book.checksum(),
        end,
    })
}

/// Lets a shard do a timed pass; returns nanoseconds a command, events folded.
pub(super) fn shard_pass(resolved: &Resolved, clock: &Clock) -> Result<f64> {
    let mut shard = ShardRun::prepared(resolved);
    let start = clock.ticks();
    shard.pass(std::hint::black_box(&resolved.timed));
    let ns = clock.ticks_to_ns(start, clock.ticks());
    ensure!(
        shard.end() == resolved.end,
        "the shard came to another state or other events than the resolver"
    );
    Ok(float(ns) / float_of(resolved.timed.len().max(1)))
}

/// Returns the root of the repository.
pub(super) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Builds and starts the peers on a cpu.
pub(super) fn start_peers(cpu: usize) -> Result<Peers> {
    let program = peers::build(&root()).context("building the peers")?;
    Peers::start(&program, Some(cpu)).context("starting the peers")
}

/// Lets a peer do a timed pass, and compares its answers with ours.
pub(super) fn peer_pass(peers: &mut Peers, peer: Peer, checksum: u64) -> Result<f64> {
    let pass: PeerPass = peers.run(peer)?;
    ensure!(
        pass.checksum == checksum,
        "{} answers otherwise than the book: sum {:016x}, not {checksum:016x}",
        peer.book,
        pass.checksum
    );
    Ok(float(pass.ns) / float(pass.messages.max(1)))
}

/// Returns what a book holds at the end of a pass, in words.
pub(super) fn shape(end: &BookEnd) -> String {
    Depth::from(end).to_string()
}
