//! B25, its third figure: what an instrument comes to does not depend on how many shards there are,
//! nor on the run.

use anyhow::{Result, ensure};
use matchgate_subjects::shard::Market;
use matchgate_subjects::split::SplitFlow;
use matchgate_workloads::many::{Size, Tail, generate};

use super::Run;
use super::oracle::{GATE_SEEDS, SEEDS, first_seed};
use crate::bar::Bar;
use crate::number::{count, float};

/// Instruments, and what is asked of them.
const SIZE: Size = Size {
    symbols: 16,
    resting: 400,
    timed: 4_000,
};
/// Room for the orders of all of them.
const ORDERS: u32 = 4_096;
/// No side of a book has more prices than the flow's distances from the mid.
const LEVELS: u32 = 512;
/// Shards that own the instruments between them.
const SHARDS: u8 = 2;

/// Compares book hashes and events of every instrument.
pub(super) fn measure(run: &Run) -> Result<Bar> {
    let first = first_seed(run);
    let (mut equal, mut events, mut commands) = (0.0, 0, [0, 0]);
    for seed in first..first.saturating_add(SEEDS) {
        let tail = match seed % 2 {
            0 => Tail::Pareto,
            _ => Tail::FourOrders,
        };
        let flow = generate(u64::from(seed), SIZE, tail);
        let market = Market {
            instruments: SIZE.symbols,
            ..Market::new(ORDERS, LEVELS)
        };
        let flow = SplitFlow::new(market, &[flow.before, flow.timed].concat())?;
        let [one, one_again] = [flow.run(1), flow.run(1)];
        let [split, split_again] = [flow.run(SHARDS), flow.run(SHARDS)];
        ensure!(
            split.commands.len() == usize::from(SHARDS)
                && split.commands.iter().all(|&count| count > 0),
            "a shard got no command: nothing was split"
        );
        let is_whole = one.streams.iter().all(|one| one.book_hash.is_some());
        let is_equal =
            is_whole && one == one_again && split == split_again && one.streams == split.streams;
        equal += f64::from(u8::from(is_equal));
        events += one
            .streams
            .iter()
            .map(|one| count(one.events.len()))
            .sum::<u64>();
        for (sum, of_seed) in commands.iter_mut().zip(&split.commands) {
            *sum += of_seed;
        }
    }
    let details = vec![format!(
        "{SEEDS} seeds from {first}: {} instruments as in W7, {:.0} events a seed; book hash and all \
         events of each, without sequence and order id, by one shard and by two that own half each \
         ({} and {} commands in all), each twice",
        SIZE.symbols,
        float(events) / f64::from(SEEDS),
        commands[0],
        commands[1]
    )];
    let what = ("B25", "one shard and two: seeds with equal streams");
    Ok(Bar::counted(what, equal, "seeds", GATE_SEEDS, None).with_details(details))
}
