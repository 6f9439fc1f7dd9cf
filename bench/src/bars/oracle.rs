//! B25: what the book answers is what it has to: the five published hashes, the same answers as a
//! naive book and as the whole shard for a hundred other seeds, and the same from run to run and
//! over any number of shards.

use anyhow::Result;
use matchgate_subjects::book::{BookRun, Room};
use matchgate_subjects::shard::{Market, Resolved};
use matchgate_workloads::meb::{Scenario, generate};
use matchgate_workloads::report::{fold, sha256};
use matchgate_workloads::{Operation, naive};

use super::engine::MebLoad;
use super::{Run, split};
use crate::bar::{Bar, Gate};

/// Hashes, and seeds.
const HASHES: f64 = 5.0;
pub(super) const SEEDS: u32 = 100;
/// Orders of a seed.
const ORDERS: u32 = 2_000;
pub(super) const GATE: Gate = Gate::AtLeast {
    must: HASHES,
    stretch: HASHES,
};
pub(super) const GATE_SEEDS: Gate = Gate::AtLeast {
    must: SEEDS as f64,
    stretch: SEEDS as f64,
};

/// Compares them.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    Ok(vec![hashes(run), seeds(run)?, split::measure(run)?])
}

fn hashes(run: &Run) -> Bar {
    let mut equal = 0.0;
    let mut details = Vec::new();
    let mut void = None;
    for scenario in Scenario::ALL {
        let load = MebLoad::of(run, scenario);
        if !load.is_reference() {
            void = Some(format!(
                "{} orders, the hashes are of 1,000,000",
                load.orders
            ));
            break;
        }
        let mut book = BookRun::keeping(load.room);
        book.pass(0, &load.messages);
        let hash = sha256(&book.sink().reports);
        let is_equal = hash == scenario.reference();
        equal += f64::from(u8::from(is_equal));
        details.push(format!(
            "{} {hash}{}",
            scenario.name(),
            if is_equal {
                ""
            } else {
                " NOT THE PUBLISHED ONE"
            }
        ));
    }
    let what = ("B25", "W2: published SHA-256 met, of five");
    Bar::counted(what, equal, "hashes", GATE, void).with_details(details)
}

/// Returns the first of the seeds of a run.
pub(super) fn first_seed(run: &Run) -> u32 {
    u32::try_from(run.plan.seed)
        .unwrap_or(1)
        .wrapping_mul(1_000)
}

fn seeds(run: &Run) -> Result<Bar> {
    let first = first_seed(run);
    let mut equal = 0.0;
    for seed in first..first.saturating_add(SEEDS) {
        let scenario = Scenario::ALL[seed as usize % Scenario::ALL.len()];
        let messages = generate(scenario, seed, ORDERS);
        let expected = naive::answer(&messages).reports.iter().fold(0, fold);
        let room = Room::new(4_096, 2_048);
        let sums: Vec<u64> = (0..2)
            .map(|_| {
                let mut book = BookRun::folding(room);
                book.pass(0, &messages);
                book.checksum()
            })
            .collect();
        let operations: Vec<Operation> = messages.iter().map(Operation::from).collect();
        let market = Market::new(room.orders, room.levels);
        let shard = Resolved::new(market, &[], &operations)?.reports_checksum;
        let is_equal = sums.iter().all(|&sum| sum == expected) && shard == expected;
        equal += f64::from(u8::from(is_equal));
    }
    let details = vec![format!(
        "{SEEDS} seeds from {first}, {ORDERS} orders each: book twice, shard once, and the naive book"
    )];
    let what = ("B25", "W2: seeds with equal answers, of a hundred");
    Ok(Bar::counted(what, equal, "seeds", GATE_SEEDS, None).with_details(details))
}
