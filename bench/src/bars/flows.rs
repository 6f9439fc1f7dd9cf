//! W1h, W5 and W7: what the other flows come to. Told, not gated: nobody here is compared.
//!
//! Each is held to the naive market: sum of the book's reports, and of what the shard's events say
//! as reports, have to be the generator's.

use anyhow::{Context, Result, ensure};
use matchgate_subjects::book::Room;
use matchgate_subjects::ec_mix;
use matchgate_subjects::shard::{Market, Resolved, ShardRun};
use matchgate_workloads::many::{SYMBOLS, Size, Tail};
use matchgate_workloads::{Workload, cross, ec_head, many};

use super::Run;
use super::engine::{book_pass, shape, shard_pass};
use crate::bar::{Bar, Gate};
use crate::machine::{Cpus, needs_memory};
use crate::number::{float, float_of};
use crate::statistics::{Confidence, Estimate, estimate, median};
use crate::wire::pinned;

/// Resting orders that W1h aims at, as W1.
const RESTING: usize = 1_000;
/// Prices of a side of W1h: a move goes no further than the orders reach.
const LEVELS_HEAD: u32 = 4_096;
/// Prices of a side of W5: it has ten.
const LEVELS_CROSS: u32 = 64;
/// Orders in all books of W7 before the clock, and prices of a side: distances end at 500 ticks.
const RESTING_MANY: u64 = 100_000;
const LEVELS_MANY: u32 = 512;
/// What shard, commands and flow need, rounded up.
const MANY_GIB: u64 = 7;
/// Passes of what is told beside a figure.
const PASSES_BESIDE: usize = 5;

/// Measures W1h.
pub(super) fn measure_head(run: &mut Run) -> Result<Vec<Bar>> {
    let flow = ec_head::generate(run.plan.seed, RESTING, run.plan.commands);
    let room = Room::new(ec_mix::ROOM.orders, LEVELS_HEAD);
    let market = Market {
        users: ec_mix::USERS,
        ..Market::new(room.orders, room.levels)
    };
    let single = Single { flow, room, market };
    let (shard, book, lines) = single.measure(run, [run.plan.pairs, PASSES_BESIDE])?;
    let rates: Vec<f64> = shard.iter().map(|ns| 1e3 / ns).collect();
    let details = [
        format!(
            "{:.1} ns a command of the whole shard; book alone {:.1} ns an operation",
            median(&shard),
            median(&book)
        ),
        format!("seed {}: {}", run.plan.seed, single.flow.shape),
    ];
    let what = ("W1h", "shard, the mix by the rules of its source");
    Ok(vec![
        told(run, what, &rates, "M/s").with_details([details.to_vec(), lines].concat()),
    ])
}

/// Measures W5.
pub(super) fn measure_cross(run: &mut Run) -> Result<Vec<Bar>> {
    let orders = u32::try_from(run.plan.commands).context("as many orders as numbers")?;
    let single = Single {
        flow: cross::generate(run.plan.seed, run.plan.commands),
        room: Room::new(orders, LEVELS_CROSS),
        market: Market::new(orders, LEVELS_CROSS),
    };
    let (shard, book, lines) = single.measure(run, [PASSES_BESIDE, run.plan.pairs])?;
    let details = [
        format!(
            "{:.1} ns an order of the book alone, two looks at the clock a pass; the whole shard {:.1}",
            median(&book),
            median(&shard)
        ),
        format!("seed {}: {}", run.plan.seed, single.flow.shape),
    ];
    let what = ("W5", "book only, orders that cross, ns an order");
    Ok(vec![
        told(run, what, &book, "ns").with_details([details.to_vec(), lines].concat()),
    ])
}

/// Measures W7: once for each law of weights.
pub(super) fn measure_many(run: &mut Run) -> Result<Vec<Bar>> {
    [
        (Tail::Pareto, "weights 740 to 1"),
        (Tail::FourOrders, "weights 20,000 to 1"),
    ]
    .map(|(tail, weights)| many_symbols(run, tail, weights))
    .into_iter()
    .collect()
}

fn many_symbols(run: &Run, tail: Tail, weights: &str) -> Result<Bar> {
    let cpus = Cpus::choose()?;
    needs_memory(MANY_GIB)?;
    let size = Size {
        symbols: SYMBOLS,
        resting: RESTING_MANY,
        timed: run.plan.commands,
    };
    let flow = many::generate(run.plan.seed, size, tail);
    let live = flow.shape.live_orders_before.max(flow.shape.live_orders);
    let market = Market {
        instruments: SYMBOLS,
        // Some more rest meanwhile than at either end.
        ..Market::new(u32::try_from(2 * live)?, LEVELS_MANY)
    };
    let resolved = Resolved::new(market, &flow.before, &flow.timed)?;
    hold(&resolved, &flow)?;
    let (clock, parts) = (&run.clock, run.plan.pairs);
    let part = resolved.timed.len().div_ceil(parts).max(1);
    let ns = pinned(cpus.hot, || {
        // One shard for all parts: to touch its memory takes longer than to measure it.
        let mut shard = ShardRun::prepared(&resolved);
        let ns = resolved.timed.chunks(part).map(|commands| {
            let start = clock.ticks();
            shard.pass(std::hint::black_box(commands));
            float(clock.ticks_to_ns(start, clock.ticks())) / float_of(commands.len())
        });
        let ns: Vec<f64> = ns.collect();
        ensure!(shard.end() == resolved.end, "the pass came to another end");
        Ok(ns)
    })?;
    let details = vec![
        format!(
            "median of {} parts of one pass on cpu {}, {} commands each; {SYMBOLS} instruments, {}",
            ns.len(),
            cpus.hot,
            part,
            resolved.depth
        ),
        format!("seed {}: {}", run.plan.seed, flow.shape),
    ];
    let what = format!("one shard, {SYMBOLS} symbols, {weights}");
    Ok(told(run, ("W7", &what), &ns, "ns").with_details(details))
}

/// A flow over one instrument, with the room that it needs.
struct Single {
    flow: Workload,
    room: Room,
    market: Market,
}

impl Single {
    /// Lets shard and book do so many passes each; returns nanoseconds an operation of each pass
    /// of either, and what to print.
    fn measure(
        &self,
        run: &Run,
        [shard_passes, book_passes]: [usize; 2],
    ) -> Result<(Vec<f64>, Vec<f64>, Vec<String>)> {
        let cpus = Cpus::choose()?;
        let (clock, flow) = (&run.clock, &self.flow);
        let resolved = Resolved::new(self.market, &flow.before, &flow.timed)?;
        hold(&resolved, flow)?;
        let (shard, book) = pinned(cpus.hot, || {
            let shard: Vec<f64> = (0..shard_passes)
                .map(|_| shard_pass(&resolved, clock))
                .collect::<Result<_>>()?;
            let book: Vec<_> = (0..book_passes)
                .map(|_| book_pass(self.room, (&flow.before, &flow.timed), clock))
                .collect::<Result<_>>()?;
            Ok((shard, book))
        })?;
        for pass in &book {
            ensure!(
                pass.checksum == flow.checksum,
                "the book answers otherwise than the naive market"
            );
        }
        let end = book.last().map(|pass| shape(&pass.end));
        let lines = vec![format!(
            "{shard_passes} passes of the shard, {book_passes} of the book on cpu {}, the sum of \
             each the naive market's; {}",
            cpus.hot,
            end.unwrap_or_default()
        )];
        Ok((shard, book.iter().map(|pass| pass.ns).collect(), lines))
    }
}

/// Holds what a shard answers to what the naive market does.
fn hold(resolved: &Resolved, flow: &Workload) -> Result<()> {
    ensure!(
        resolved.kept_places == 0,
        "{} moves kept their place, and have none in the naive market",
        resolved.kept_places
    );
    ensure!(
        resolved.reports_checksum == flow.checksum,
        "the shard answers otherwise than the naive market"
    );
    Ok(())
}

fn told(run: &Run, what: (&'static str, &str), values: &[f64], unit: &'static str) -> Bar {
    let figure: Estimate = estimate(values, run.plan.seed, Confidence::Usual);
    Bar::estimated(what, &figure, unit, Gate::Open, None)
}
