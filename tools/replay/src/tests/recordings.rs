//! Recorded sessions through the translation into a plain book and into the engine: no row may differ.

use matchgate_core::domain::{InstrumentId, Notional, ShardId, Side};
use serde_json::Value;

use super::naive_book::NaiveBook;
use super::recorded_data::{expected, recorded};
use crate::drive::{DrivenBook, FlowChecks, drive};
use crate::flow::ExecutionTotals;
use crate::in_process::{InProcessCapacity, replay_in_process};
use crate::instrument::{DerivedInstrument, InstrumentOptions};
use crate::lobster::{Executions, MessageType, Reader, TranslationTotals, Translator};
use crate::recording::RecordingTotals;

const GOOG: &str = "LOBSTER_SampleFile_GOOG_2012-06-21_10.zip";
const AAPL: &str = "LOBSTER_SampleFile_AAPL_2012-06-21_1.zip";
const AAPL_MESSAGES_ONLY: &str = "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz";
/// 1e-9 price units in one of the recording's, which are 1e-4.
const PRICE_UNITS: i64 = 100_000;

struct Replayed {
    executions: Executions,
    checks: FlowChecks,
    totals: TranslationTotals,
    book: NaiveBook,
}

fn replay(file_name: &str, executions: Executions) -> Option<Replayed> {
    let reader = Reader::open(&recorded(file_name)?).expect("a recording");
    let mut translator = Translator::new(reader, executions);
    let mut book = NaiveBook::default();
    let checks = drive(&mut translator, &mut book).expect("an undamaged recording");
    Some(Replayed {
        executions,
        checks,
        totals: *translator.totals(),
        book,
    })
}

fn number(value: &Value, key: &str) -> u64 {
    value[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} is expected"))
}

/// Compares messages by type and sums of executions with what is expected of the recording.
fn check_totals(totals: &TranslationTotals, expected: &Value) {
    for kind in MessageType::ALL {
        let count = expected["types"][kind.number().to_string()].as_u64();
        assert_eq!(
            totals.messages[kind.index()],
            count.unwrap_or(0),
            "{kind:?}"
        );
    }
    let sums = |prefix: &str| ExecutionTotals {
        count: number(expected, &format!("{prefix}_execs")),
        quantity: number(expected, &format!("{prefix}_exec_qty")),
        notional: Notional::new(
            i128::from(
                expected[format!("{prefix}_exec_notional_x1e4")]
                    .as_i64()
                    .unwrap_or(0),
            ) * i128::from(PRICE_UNITS),
        ),
    };
    let without_notional = |totals: ExecutionTotals| ExecutionTotals {
        notional: Notional::default(),
        ..totals
    };
    let (displayed, hidden) = (sums("visible"), sums("hidden"));
    if displayed.notional == Notional::default() {
        assert_eq!(without_notional(totals.displayed), displayed);
        assert_eq!(without_notional(totals.hidden), hidden);
    } else {
        assert_eq!(totals.displayed, displayed);
        assert_eq!(totals.hidden, hidden);
    }
}

fn check_final_book(book: &NaiveBook, expected: &Value) {
    let mut levels = Vec::new();
    for (side, key) in [(Side::Sell, "final_asks"), (Side::Buy, "final_bids")] {
        let recorded: Vec<(i64, u64)> =
            serde_json::from_value(expected[key].clone()).expect("levels");
        book.best_levels(side, recorded.len(), &mut levels);
        let shown: Vec<_> = levels
            .iter()
            .map(|level| (level.price.get() / PRICE_UNITS, level.quantity))
            .collect();
        assert_eq!(shown, recorded, "{key}");
    }
}

fn check_one_by_one(file_name: &str, levels: u64, fills: u64) {
    let Some(replayed) = replay(file_name, Executions::OneByOne) else {
        return;
    };
    let expected = expected(file_name);
    let Replayed {
        checks,
        totals,
        book,
        ..
    } = &replayed;
    check_totals(totals, &expected);
    assert_eq!(checks.differences, []);
    assert!(checks.passed());
    assert_eq!(book.unknown, 0);
    assert_eq!(checks.rows, number(&expected, "rows"));
    assert_eq!(checks.levels, checks.rows * levels * 2);
    assert_eq!(
        checks.level_differences,
        number(&expected, "row_mismatches_visible_levels")
    );
    assert_eq!(checks.takes, number(&expected, "visible_execs"));
    assert_eq!(checks.executed.count, fills);
    assert_eq!(checks.executed.quantity, totals.displayed.quantity);
    assert_eq!(checks.executed.notional, totals.displayed.notional);
    assert_eq!(
        totals.levels_dropped,
        number(&expected, "levels_truncated_at_edge")
    );
    assert_eq!(
        totals.levels_revealed,
        number(&expected, "levels_revealed_at_edge")
    );
    assert_eq!(totals.at_front, number(&expected, "exec_front_of_queue"));
    assert_eq!(
        totals.not_front,
        number(&expected, "exec_not_front_known_id")
    );
    // The expected statistics begin after the first row; where the recording opens with an
    // execution, that one meets the opening seed at the best price.
    let opening = totals.displayed.count
        - totals.at_front
        - number(&expected, "exec_on_seed_quantity")
        - totals.not_front;
    assert!(opening <= 1);
    assert_eq!(
        totals.on_seed,
        number(&expected, "exec_on_seed_quantity") + opening
    );
    assert_eq!(
        totals.at_best,
        number(&expected, "exec_at_best_price") + opening
    );
    assert_eq!(totals.unmatched_quantity, 0);
    check_final_book(book, &expected);
    assert!(book.live_orders() > 0);
    check_engine(file_name, &replayed);
}

/// The engine must do exactly what the plain book did.
fn check_engine(file_name: &str, replayed: &Replayed) {
    let Some(path) = recorded(file_name) else {
        return;
    };
    let derived = DerivedInstrument::derive(&path, &InstrumentOptions::default());
    let instrument = derived
        .expect("a recording")
        .instrument(InstrumentId(0), ShardId(0));
    let reader = Reader::open(&path).expect("a recording");
    let mut translator = Translator::new(reader, replayed.executions);
    let capacity = InProcessCapacity::default();
    let summary = replay_in_process(&mut translator, &instrument, capacity);
    let summary = summary.expect("an undamaged recording");
    assert_eq!(summary.totals, RecordingTotals::Lobster(replayed.totals));
    assert_eq!(summary.checks, replayed.checks);
    assert_eq!(
        usize::try_from(summary.live_orders),
        Ok(replayed.book.live_orders())
    );
}

#[test]
fn ten_level_recording_shows_every_row() {
    check_one_by_one(GOOG, 10, 7_765);
}

#[test]
fn one_level_recording_shows_every_row() {
    check_one_by_one(AAPL, 1, 23_665);
}

#[test]
fn joined_sweeps_execute_the_same_quantity_and_notional() {
    for file_name in [GOOG, AAPL] {
        let Some(replayed) = replay(file_name, Executions::SweepsJoined) else {
            return;
        };
        let expected = expected(file_name);
        let Replayed { checks, totals, .. } = &replayed;
        check_totals(totals, &expected);
        assert_eq!(checks.differences, []);
        assert!(checks.passed());
        assert_eq!(
            checks.takes,
            number(&expected, "aggressor_groups_same_ts_same_side")
        );
        assert!(checks.takes_with_several_fills > 1_000);
        assert_eq!(checks.executed.quantity, totals.displayed.quantity);
        assert_eq!(checks.executed.notional, totals.displayed.notional);
        assert!(totals.levels_revealed_in_runs > 0);
        check_engine(file_name, &replayed);
    }
}

#[test]
fn recording_without_order_book_is_load_only() {
    let Some(replayed) = replay(AAPL_MESSAGES_ONLY, Executions::OneByOne) else {
        return;
    };
    let Replayed {
        checks,
        totals,
        book,
        ..
    } = &replayed;
    check_totals(totals, &expected(AAPL_MESSAGES_ONLY));
    assert_eq!((checks.rows, checks.level_differences), (0, 0));
    assert_eq!(book.unknown, 0);
    assert!(checks.passed());
    check_engine(AAPL_MESSAGES_ONLY, &replayed);
}
