//! Two shards that own half of the instruments each say what one says that owns all of them.

use matchgate_workloads::{Operation, OperationKind, many};

use crate::shard::Market;
use crate::split::SplitFlow;

const SYMBOLS: u32 = 12;

fn operations(seed: u64) -> Vec<Operation> {
    let size = many::Size {
        symbols: SYMBOLS,
        resting: 200,
        timed: 3_000,
    };
    let flow = many::generate(seed, size, many::Tail::Pareto);
    [flow.before, flow.timed].concat()
}

fn flow(operations: &[Operation]) -> SplitFlow {
    let market = Market {
        instruments: SYMBOLS,
        ..Market::new(4_096, 512)
    };
    SplitFlow::new(market, operations).unwrap()
}

#[test]
fn streams_do_not_depend_on_who_owns_an_instrument() {
    for seed in 0..10 {
        let flow = flow(&operations(seed));
        let [one, again] = [flow.run(1), flow.run(1)];
        let two = flow.run(2);
        assert_eq!(one, again);
        assert!(one.streams == two.streams, "{seed}");
        assert_eq!(two.commands.iter().sum::<u64>(), one.commands[0]);
        assert!(two.commands.iter().all(|&count| count > 500), "{two:?}");
        assert!(one.streams.iter().all(|one| one.book_hash.is_some()));
    }
}

#[test]
fn order_that_is_missing_changes_its_own_instrument_alone() {
    let all = operations(1);
    let missing = all
        .iter()
        .rposition(|one| one.kind == OperationKind::New && one.symbol == 3);
    let missing = missing.unwrap();
    let kept: Vec<Operation> = (0..all.len())
        .filter(|&at| at != missing)
        .map(|at| all[at])
        .collect();
    // Handles come from one stock, so only those of before are the same in both.
    let hashes = |operations: &[Operation], shards| {
        let streams = flow(operations).run(shards).streams;
        streams.iter().map(|one| one.book_hash).collect::<Vec<_>>()
    };
    let (whole, less) = (hashes(&all, 1), hashes(&kept, 2));
    let unequal: Vec<usize> = (0..whole.len())
        .filter(|&at| whole[at] != less[at])
        .collect();
    assert_eq!(unequal, [3]);
}
