//! Flows of operations: the book answers as the naive book does, and the mix is what it says.

use matchgate_workloads::naive::Naive;
use matchgate_workloads::report::fold;
use matchgate_workloads::sweep::{self, Book, Strike};
use matchgate_workloads::{Operation, OperationKind, cross, deep, ec_head};

use crate::book::{BookRun, Room};
use crate::ec_mix::{self, EcMix, EcStream};
use crate::sink::Folded;

fn checksum(room: Room, before: &[Operation], timed: &[Operation]) -> u64 {
    let mut run = BookRun::folding(room);
    run.pass(0, before);
    run.set_sink(Folded::new());
    run.pass(u32::try_from(before.len()).unwrap(), timed);
    assert_eq!(run.end().refused, 0);
    run.checksum()
}

#[test]
fn book_is_right_on_reduces_and_all_or_nothing_orders() {
    for seed in [1, 3, 11, 14] {
        let flow = ec_head::generate(seed, 1_000, 50_000);
        let sum = checksum(Room::new(4_096, 4_096), &flow.before, &flow.timed);
        assert_eq!(sum, flow.checksum, "{seed}");
    }
}

#[test]
fn book_is_right_where_orders_overlap() {
    for seed in 0..5 {
        let flow = deep::generate(seed, 20_000, 50_000);
        let sum = checksum(Room::new(32_768, 16_384), &flow.before, &flow.timed);
        assert_eq!(sum, flow.checksum, "{seed}");
    }
}

#[test]
fn book_is_right_where_nothing_is_canceled() {
    let flow = cross::generate(1, 30_000);
    assert_eq!(
        checksum(Room::new(32_768, 64), &[], &flow.timed),
        flow.checksum
    );
}

#[test]
fn book_is_right_on_sweeps_and_on_a_cancel_of_all_of_an_account() {
    let book = Book {
        makers: 1_000,
        levels: 100,
    };
    for strike in [Strike::Sweep(100), Strike::Sweep(1_000), Strike::CancelAll] {
        let rounds = sweep::generate(1, book, strike, 5);
        let all: Vec<Operation> = rounds
            .rounds
            .iter()
            .flat_map(|round| round.fill.iter().chain([&round.strike]))
            .copied()
            .collect();
        let room = Room {
            accounts: 2,
            ..Room::new(4_096, 128)
        };
        assert_eq!(checksum(room, &[], &all), rounds.checksum, "{strike:?}");
    }
}

#[test]
fn full_book_refuses_and_says_so() {
    let flow = cross::generate(1, 1_000);
    let mut run = BookRun::folding(Room::new(8, 64));
    run.pass(0, &flow.timed);
    assert!(run.end().refused > 0);
    let mut run = BookRun::folding(Room::new(1_024, 2));
    run.pass(0, &flow.timed);
    assert!(run.end().refused > 0);
    assert!(run.end().levels <= 4);
}

#[test]
fn mix_is_answered_as_the_naive_book_answers_it() {
    let mix = EcMix::new(1, 1_000, 20_000);
    let mut naive = Naive::new();
    let (mut answers, mut sum) = (Vec::new(), 0);
    for (sequence, operation) in (0..).zip(mix.before.iter().chain(&mix.timed)) {
        answers.clear();
        naive.apply(sequence, operation, &mut answers);
        if sequence as usize >= mix.before.len() {
            sum = answers.iter().fold(sum, fold);
        }
    }
    assert_eq!(sum, mix.checksum);
    assert_eq!(
        checksum(ec_mix::ROOM, &mix.before, &mix.timed),
        mix.checksum
    );
}

#[test]
fn mix_has_the_shares_and_the_book_that_its_page_has() {
    let mix = EcMix::new(3, 20_000, 100_000);
    let shape = &mix.shape;
    for (kind, percent) in [
        (OperationKind::New, 9),
        (OperationKind::Ioc, 3),
        (OperationKind::Cancel, 6),
        (OperationKind::Move, 82),
    ] {
        let count = mix.timed.iter().filter(|one| one.kind == kind).count() as u64;
        assert_eq!(shape.count(kind), count);
        assert!(count.abs_diff(percent * 1_000) < 500, "{kind:?}");
    }
    assert!((4_000..8_000).contains(&shape.trading), "{shape}");
    for orders in [shape.live_orders_before, shape.live_orders] {
        assert!((900..1_100).contains(&orders), "{shape}");
    }
    assert!((600..900).contains(&shape.levels), "{shape}");
}

#[test]
fn mix_in_blocks_is_the_mix_at_once() {
    let mix = EcMix::new(6, 500, 3_000);
    let mut stream = EcStream::new(6);
    assert_eq!(stream.before(500), mix.before);
    let blocks: Vec<Operation> = [1_000, 0, 2_000]
        .into_iter()
        .flat_map(|count| stream.block(count))
        .collect();
    assert_eq!(blocks, mix.timed);
    assert_eq!(stream.shape(), mix.shape);
    assert_eq!(stream.checksum(), mix.checksum);
}
