//! The book says what the naive book says, and what was published.

use matchgate_workloads::meb::{Message, Scenario, generate};
use matchgate_workloads::naive::answer;
use matchgate_workloads::report::{Report, fold, sha256};

use crate::Ranges;
use crate::book::{BookRun, Room};

const ROOM: Room = Room::new(65_536, 2_048);

fn reports(room: Room, messages: &[Message]) -> Vec<Report> {
    let mut run = BookRun::keeping(room);
    run.pass(0, messages);
    assert_eq!(run.end().refused, 0);
    run.set_sink(crate::sink::Kept::default()).reports
}

#[test]
fn reports_of_the_public_benchmark_are_those_that_were_published() {
    for scenario in Scenario::ALL {
        let messages = generate(
            scenario,
            Scenario::REFERENCE_SEED,
            Scenario::REFERENCE_ORDERS,
        );
        let kept = reports(ROOM, &messages);
        assert_eq!(sha256(&kept), scenario.reference(), "{}", scenario.name());
        let mut run = BookRun::folding(ROOM);
        run.pass(0, &messages);
        assert_eq!(run.checksum(), kept.iter().fold(0, fold));
    }
}

#[test]
fn reports_of_a_hundred_seeds_are_those_of_the_naive_book() {
    for seed in 0..100 {
        let scenario = Scenario::ALL[seed as usize % 5];
        let messages = generate(scenario, seed, 2_000);
        assert!(
            reports(Room::new(4_096, 2_048), &messages) == answer(&messages).reports,
            "{seed}"
        );
    }
}

#[test]
fn reports_do_not_depend_on_how_slots_lie() {
    let messages = generate(Scenario::Normal, 5, 20_000);
    let four = Room {
        ranges: Ranges::Four,
        hash_seed: 7,
        ..ROOM
    };
    assert!(reports(four, &messages) == reports(ROOM, &messages));
}
