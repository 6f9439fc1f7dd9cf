//! Each flow is what its module says it is, and the same for the same seed.

use std::ops::RangeInclusive;

use crate::naive::Naive;
use crate::report::fold;
use crate::sweep::{Book, Strike};
use crate::{Operation, OperationKind, Workload, cross, deep, ec_head, many, sweep};

/// Returns what a new book comes to.
fn checksum_of(before: &[Operation], timed: &[Operation]) -> u64 {
    let mut book = Naive::new();
    let mut answers = Vec::new();
    let mut checksum = 0;
    for (sequence, operation) in (0..).zip(before.iter().chain(timed)) {
        answers.clear();
        book.apply(sequence, operation, &mut answers);
        if sequence as usize >= before.len() {
            checksum = answers.iter().fold(checksum, fold);
        }
    }
    checksum
}

fn check_repeats(make: impl Fn(u64) -> Workload) {
    let (one, same, other) = (make(1), make(1), make(2));
    assert!(one.before == same.before && one.timed == same.timed);
    assert_eq!((one.checksum, one.shape), (same.checksum, same.shape));
    assert_eq!(checksum_of(&one.before, &one.timed), one.checksum);
    assert_ne!(one.checksum, other.checksum);
    let news = one.before.iter().chain(&one.timed).filter(|operation| {
        use OperationKind::{Fok, Ioc, New};
        matches!(operation.kind, New | Ioc | Fok)
    });
    let is_dense = news
        .zip(0..)
        .all(|(operation, number)| operation.order == number);
    assert!(is_dense);
}

#[test]
fn same_seed_gives_the_same_flow_and_the_checksum_of_a_right_book() {
    check_repeats(|seed| ec_head::generate(seed, 1_000, 10_000));
    check_repeats(|seed| deep::generate(seed, 10_000, 10_000));
    check_repeats(|seed| cross::generate(seed, 10_000));
    let size = many::Size {
        symbols: 100,
        resting: 5_000,
        timed: 10_000,
    };
    check_repeats(|seed| many::generate(seed, size, many::Tail::Pareto));
}

/// Asserts a share, in hundredths of a percent.
fn check_share(workload: &Workload, kind: OperationKind, wanted: RangeInclusive<u64>) {
    let share = workload.shape.share(kind);
    let name = kind.name();
    assert!(wanted.contains(&share), "{name}: {}", workload.shape);
}

#[test]
fn ec_head_has_the_shares_of_the_source_s_rules() {
    // First prices from low to high.
    for seed in [14, 11, 3, 1] {
        let workload = ec_head::generate(seed, 1_000, 150_000);
        let shape = workload.shape;
        check_share(&workload, OperationKind::New, 1_190..=1_600);
        check_share(&workload, OperationKind::Ioc, 90..=200);
        check_share(&workload, OperationKind::Fok, 2..=8);
        check_share(&workload, OperationKind::Cancel, 690..=900);
        check_share(&workload, OperationKind::Reduce, 690..=900);
        check_share(&workload, OperationKind::Move, 6_600..=7_200);
        assert!((190..=260).contains(&shape.part(shape.trading)), "{shape}");
        assert!((380..=500).contains(&shape.part(shape.fills)), "{shape}");
        assert!((940..=1_040).contains(&shape.live_orders), "{shape}");
        assert!((270..=850).contains(&shape.levels), "{shape}");
        assert_eq!(shape.rejected, 0, "{shape}");
    }
}

#[test]
fn deep_has_its_shares_over_nearly_all_its_prices() {
    let workload = deep::generate(1, 300_000, 100_000);
    let shape = workload.shape;
    check_share(&workload, OperationKind::New, 4_450..=4_550);
    check_share(&workload, OperationKind::Cancel, 4_750..=4_850);
    check_share(&workload, OperationKind::Move, 470..=530);
    check_share(&workload, OperationKind::Ioc, 180..=220);
    assert_eq!((shape.live_orders_before, shape.rejected), (300_000, 0));
    assert!((285_000..300_000).contains(&shape.live_orders), "{shape}");
    assert!((15_000..=20_000).contains(&shape.levels), "{shape}");
}

#[test]
fn a_quarter_of_the_orders_that_deep_enters_is_gone_within_the_median_life() {
    let workload = deep::generate(1, 50_000, 40_000);
    let first = workload.before.len();
    let ends = workload.timed.iter().enumerate();
    let cancels = ends.filter(|(_, one)| one.kind == OperationKind::Cancel);
    let mut end_of = vec![usize::MAX; first + workload.timed.len()];
    for (at, cancel) in cancels {
        end_of[cancel.order as usize] = at;
    }
    let early = workload.timed[..20_000].iter().enumerate();
    let news: Vec<_> = early
        .filter(|(_, one)| one.kind == OperationKind::New)
        .collect();
    let short = news
        .iter()
        .filter(|(at, one)| end_of[one.order as usize] < at + 5_000);
    // Half of the short-lived half, and a few of all others.
    let percent = 100 * short.count() / news.len();
    assert!((24..=29).contains(&percent), "{percent}");
}

#[test]
fn sweep_trades_with_exactly_as_many_orders_as_it_says() {
    let book = Book {
        makers: 1_000,
        levels: 20,
    };
    for swept in [100, 1_000] {
        let rounds = sweep::generate(1, book, Strike::Sweep(swept), 5);
        assert_eq!(rounds.shape.fills, 5 * swept as u64);
        assert_eq!(rounds.shape.trading, 5);
        assert_eq!(rounds.shape.live_orders, 1_000 - swept);
        assert_eq!(rounds.rounds[4].fill.len(), swept);
        let all = rounds
            .rounds
            .iter()
            .flat_map(|round| round.fill.iter().copied().chain([round.strike]));
        assert_eq!(checksum_of(&[], &all.collect::<Vec<_>>()), rounds.checksum);
    }
}

#[test]
fn cancel_all_strikes_one_account_and_leaves_the_other() {
    let book = Book {
        makers: 1_000,
        levels: 20,
    };
    let rounds = sweep::generate(1, book, Strike::CancelAll, 3);
    assert_eq!(rounds.shape.count(OperationKind::CancelAll), 3);
    assert_eq!(rounds.shape.count(OperationKind::New), 4_000);
    assert_eq!(rounds.shape.live_orders, 1_000);
}

#[test]
fn cross_trades_on_the_prices_that_both_sides_have() {
    let shape = cross::generate(1, 100_000).shape;
    assert_eq!(shape.count(OperationKind::New), 100_000);
    assert!(
        (2_500..=3_000).contains(&shape.part(shape.trading)),
        "{shape}"
    );
    assert!(shape.levels <= 14, "{shape}");
}

#[test]
fn many_spreads_operations_over_symbols_by_their_weight() {
    let size = many::Size {
        symbols: 1_000,
        resting: 20_000,
        timed: 200_000,
    };
    let busiest_over_median = |tail| {
        let workload = many::generate(1, size, tail);
        let mut counts = vec![0_u32; 1_000];
        for operation in &workload.timed {
            counts[operation.symbol as usize] += 1;
        }
        counts.sort_unstable();
        assert_eq!(workload.shape.rejected, 0);
        let kept = workload
            .shape
            .live_orders_before
            .abs_diff(workload.shape.live_orders);
        assert!(kept < 1_500, "{}", workload.shape);
        counts[999] / counts[500].max(1)
    };
    // The first quantile over the median: (2000 / 2) to the power of 1 / 1.5, and of 1.
    let pareto = busiest_over_median(many::Tail::Pareto);
    assert!((80..=120).contains(&pareto), "{pareto}");
    let four_orders = busiest_over_median(many::Tail::FourOrders);
    assert!((700..=1_400).contains(&four_orders), "{four_orders}");
}

#[test]
fn order_that_many_moves_gets_another_price() {
    let size = many::Size {
        symbols: 20,
        resting: 500,
        timed: 20_000,
    };
    let flow = many::generate(3, size, many::Tail::Pareto);
    let mut book = Naive::new();
    let mut moves = 0;
    for (sequence, operation) in (0..).zip(flow.before.iter().chain(&flow.timed)) {
        if operation.kind == OperationKind::Move {
            let (_, price, _) = book.resting(operation.order).unwrap();
            assert_ne!(price, operation.price);
            moves += 1;
        }
        book.apply(sequence, operation, &mut Vec::new());
    }
    assert!(moves > 500, "{moves}");
}
