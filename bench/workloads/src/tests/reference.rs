//! The naive book gives the answers that the public benchmark has published.

use crate::meb::{MessageKind, Scenario, generate};
use crate::naive::{Outcome, answer};
use crate::report::{ReportKind, encode, fold, sha256};

fn check_reference(scenario: Scenario, fills: usize, live_orders_max: usize) {
    let messages = generate(
        scenario,
        Scenario::REFERENCE_SEED,
        Scenario::REFERENCE_ORDERS,
    );
    assert_eq!(messages.len(), 1_996_097);
    let outcome = answer(&messages);
    assert_eq!(
        (outcome.fills, outcome.live_orders_max),
        (fills, live_orders_max)
    );
    assert_eq!(sha256(&outcome.reports), scenario.reference());
}

#[test]
fn static_scenario_has_its_published_answers() {
    check_reference(Scenario::Static, 827, 41_788);
}

#[test]
fn normal_scenario_has_its_published_answers() {
    check_reference(Scenario::Normal, 62_474, 5_502);
}

#[test]
fn swing_25_scenario_has_its_published_answers() {
    check_reference(Scenario::Swing25, 66_908, 2_577);
}

#[test]
fn swing_40_scenario_has_its_published_answers() {
    check_reference(Scenario::Swing40, 68_803, 1_422);
}

#[test]
fn flash_crash_scenario_has_its_published_answers() {
    check_reference(Scenario::FlashCrash, 70_178, 499);
}

#[test]
fn same_seed_gives_the_same_messages_and_another_one_others() {
    let messages = |seed| generate(Scenario::Swing25, seed, 5_000);
    assert!(messages(1) == messages(1));
    assert!(messages(1) != messages(2));
}

#[test]
fn an_order_s_messages_are_neighbours() {
    let messages = generate(Scenario::Normal, 7, 5_000);
    let mut lives = messages.chunk_by(|one, next| one.id == next.id);
    assert!(lives.all(|life| life[0].kind == MessageKind::New));
    let news = messages.iter().filter(|one| one.kind == MessageKind::New);
    assert_eq!(
        news.count(),
        messages.chunk_by(|one, next| one.id == next.id).count()
    );
}

#[test]
fn scenarios_are_found_by_their_names() {
    for scenario in Scenario::ALL {
        assert_eq!(Scenario::from_name(scenario.name()), Some(scenario));
    }
    assert_eq!(Scenario::from_name("calm"), None);
}

fn some() -> Outcome {
    answer(&generate(Scenario::FlashCrash, 3, 2_000))
}

#[test]
fn naive_book_answers_in_canonical_order() {
    let reports = some().reports;
    assert!(reports.is_sorted_by_key(|report| (report.sequence, report.kind)));
}

#[test]
fn text_and_hash_do_not_depend_on_the_order_within_a_sequence() {
    let reports = some().reports;
    let mut backward = reports.clone();
    for answers in backward.chunk_by_mut(|one, next| one.sequence == next.sequence) {
        answers.sort_by_key(|report| std::cmp::Reverse(report.kind));
    }
    assert!(reports != backward);
    assert!(encode(&reports) == encode(&backward));
    assert_eq!(sha256(&reports), sha256(&backward));
    assert!(!encode(&reports).ends_with('\n'));
}

#[test]
fn checksum_sees_every_field_and_the_order_of_records() {
    let reports = some().reports;
    let sum = |reports: &[_]| reports.iter().fold(0, fold);
    let whole = sum(&reports);
    let mut swapped = reports.clone();
    swapped.swap(10, 11);
    assert_ne!(sum(&swapped), whole);
    assert_ne!(sum(&reports[..reports.len() - 1]), whole);
    for change in 0..7 {
        let mut changed = reports.clone();
        let one = &mut changed[100];
        match change {
            0 => one.sequence += 1,
            1 => one.order += 1,
            2 => one.aggressor += 1,
            3 => one.price += 1,
            4 => one.quantity += 1,
            5 => one.side = one.side.opposite(),
            _ => one.kind = ReportKind::ModifyReject,
        }
        assert_ne!(sum(&changed), whole, "field {change}");
    }
}
