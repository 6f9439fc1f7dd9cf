//! The shard's events say what the book's reports say, and every pass comes to the same end.

use matchgate_workloads::meb::{Scenario, generate};
use matchgate_workloads::report::{Report, fold};
use matchgate_workloads::{Operation, OperationKind, Side, deep, ec_head, many};

use crate::book::{BookRun, Room};
use crate::ec_mix::{self, EcMix};
use crate::load::Load;
use crate::shard::{Depth, Market, Resolved, Resolver, ShardRun};
use crate::sink::Kept;

fn shard_reports(market: Market, operations: &[Operation]) -> Vec<Report> {
    let mut resolver = Resolver::new(market);
    resolver.setup();
    let mut reports = Vec::new();
    for operation in operations {
        resolver.resolve(operation, &mut reports).unwrap();
    }
    reports
}

#[test]
fn shard_reports_what_the_book_reports_on_the_public_benchmark() {
    for (scenario, seed) in Scenario::ALL
        .into_iter()
        .flat_map(|one| (0..6).map(move |seed| (one, seed)))
    {
        let messages = generate(scenario, seed, 5_000);
        let mut run = BookRun::keeping(Room::new(4_096, 2_048));
        run.pass(0, &messages);
        let of_book = run.set_sink(Kept::default()).reports;
        let operations: Vec<Operation> = messages.iter().map(Operation::from).collect();
        let of_shard = shard_reports(Market::new(4_096, 2_048), &operations);
        assert!(of_book == of_shard, "{} {seed}", scenario.name());
    }
}

#[test]
fn shard_answers_as_the_naive_book_on_the_mixes() {
    let market = Market {
        users: 1_000,
        ..Market::new(4_096, 4_096)
    };
    let mix = EcMix::new(5, 1_000, 50_000);
    let resolved = Resolved::new(market, &mix.before, &mix.timed).unwrap();
    assert_eq!(resolved.reports_checksum, mix.checksum);
    let head = ec_head::generate(11, 1_000, 50_000);
    let resolved = Resolved::new(market, &head.before, &head.timed).unwrap();
    assert_eq!(resolved.reports_checksum, head.checksum);
}

#[test]
fn shard_answers_as_the_naive_book_over_many_symbols() {
    let size = many::Size {
        symbols: 40,
        resting: 1_000,
        timed: 20_000,
    };
    let flow = many::generate(1, size, many::Tail::Pareto);
    let market = Market {
        instruments: size.symbols,
        ..Market::new(4_096, 512)
    };
    let resolved = Resolved::new(market, &flow.before, &flow.timed).unwrap();
    assert_eq!(resolved.reports_checksum, flow.checksum);
}

#[test]
fn move_to_the_same_price_that_is_not_larger_is_told_to_keep_its_place() {
    let order = |kind, order, quantity| Operation {
        quantity,
        price: 100,
        order,
        symbol: 0,
        account: 0,
        kind,
        side: Side::Buy,
    };
    let kept_places = |quantity| {
        let operations = [
            order(OperationKind::New, 0, 5),
            order(OperationKind::Move, 0, quantity),
        ];
        let resolved = Resolved::new(Market::new(4, 4), &[], &operations).unwrap();
        resolved.kept_places
    };
    assert_eq!([4, 5, 6].map(kept_places), [1, 1, 0]);
}

#[test]
fn every_pass_comes_to_the_end_of_the_resolver() {
    let flow = deep::generate(1, 5_000, 20_000);
    let resolved = Resolved::new(Market::new(8_192, 16_384), &flow.before, &flow.timed).unwrap();
    for _ in 0..2 {
        let mut run = ShardRun::prepared(&resolved);
        run.pass(&resolved.timed);
        assert_eq!(run.end(), resolved.end);
    }
}

#[test]
fn another_event_is_another_end() {
    let load = Load::named(&["meb", "normal", "23", "2000"]).unwrap();
    let resolved = Resolved::new(load.market(), &load.before, &load.operations()).unwrap();
    let mut run = ShardRun::prepared(&resolved);
    run.pass(&resolved.timed[..resolved.timed.len() - 1]);
    assert_ne!(run.end().checksum, resolved.end.checksum);
    assert_ne!(run.end().state_hash, resolved.end.state_hash);
}

#[test]
fn market_without_a_free_slot_is_an_error() {
    let load = Load::named(&["meb", "static", "1", "1000"]).unwrap();
    let error = Resolved::new(Market::new(4, 64), &[], &load.operations()).unwrap_err();
    assert!(error.to_string().starts_with("no slot is free for order"));
}

#[test]
fn words_that_name_no_workload_are_told() {
    for words in [
        &["meb", "calm", "1", "9"][..],
        &["ec", "x", "9"],
        &["w9", "1", "9"],
        &[],
    ] {
        assert!(Load::named(words).is_err());
    }
    let sum = Load::named(&["ec", "1", "100"]).unwrap().checksum;
    assert_ne!(sum, Some([].iter().fold(0, fold)));
}

#[test]
fn depth_of_a_shard_is_that_of_the_books_in_it() {
    let mix = EcMix::new(5, 1_000, 5_000);
    let resolved = Resolved::new(ec_mix::MARKET, &mix.before, &mix.timed);
    let wanted = Depth {
        live_orders: mix.shape.live_orders as u64,
        levels: mix.shape.levels as u64,
    };
    assert_eq!(resolved.unwrap().depth, wanted);
    let size = many::Size {
        symbols: 40,
        resting: 1_000,
        timed: 2_000,
    };
    let flow = many::generate(1, size, many::Tail::Pareto);
    let market = Market {
        instruments: size.symbols,
        ..Market::new(4_096, 512)
    };
    let resolved = Resolved::new(market, &flow.before, &flow.timed).unwrap();
    let depth = resolved.depth;
    // What keeps its place by a shard's rule still rests where it rested.
    assert_eq!(depth.live_orders, flow.shape.live_orders as u64);
    assert_eq!(depth.levels, flow.shape.levels as u64);
    let mut run = ShardRun::prepared(&resolved);
    run.pass(&resolved.timed);
    assert_eq!(run.depth(), depth);
}
