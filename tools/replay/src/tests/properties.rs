//! What holds for any recording, sensible or not.

use proptest::prelude::*;

use super::naive_book::NaiveBook;
use super::written::Written;
use crate::drive::drive;
use crate::flow::Action;
use crate::lobster::{Executions, Reader, Translator};

/// One message of any kind, about few ids and prices, so that much goes wrong.
fn message() -> impl Strategy<Value = (u8, u64, u64, i64, bool)> {
    let kinds =
        prop_oneof![6 => 1..=1_u8, 2 => 2..=2_u8, 3 => 3..=3_u8, 5 => 4..=4_u8, 1 => 5..=7_u8];
    (kinds, 0..12_u64, 1..60_u64, 100..112_i64, any::<bool>())
}

/// Rows of up to two levels a side, in order, which have nothing to do with the messages.
fn row() -> impl Strategy<Value = [Option<(i64, u64)>; 4]> {
    let level = (0..3_i64, 1..100_u64);
    (
        0..=2_usize,
        0..=2_usize,
        106..112_i64,
        100..106_i64,
        proptest::array::uniform4(level),
    )
        .prop_map(|(asks, bids, ask, bid, [a, b, c, d])| {
            let second_ask = ask + 1 + b.0;
            let second_bid = bid - 1 - d.0;
            [
                (asks > 0).then_some((ask, a.1)),
                (bids > 0).then_some((bid, c.1)),
                (asks > 1).then_some((second_ask, b.1)),
                (bids > 1).then_some((second_bid, d.1)),
            ]
        })
}

fn row_text(levels: &[Option<(i64, u64)>; 4]) -> String {
    let texts: Vec<_> = levels
        .iter()
        .zip(["9999999999,0", "-9999999999,0"].into_iter().cycle())
        .map(|(level, none)| match level {
            Some((price, size)) => format!("{price},{size}"),
            None => none.to_owned(),
        })
        .collect();
    texts.join(",")
}

type AnyMessage = (u8, u64, u64, i64, bool);
type AnyRow = [Option<(i64, u64)>; 4];

/// Writes the messages that do not contradict each other; the last lines of a run share a time.
fn write(lines: &[(AnyMessage, AnyRow, bool)], with_rows: bool) -> Written {
    let mut time_ns = 34_200_000_000_000_u64;
    let mut messages = Vec::new();
    let mut rows = Vec::new();
    for ((kind, id, size, price, buy), row, same_time) in lines {
        time_ns += u64::from(!same_time);
        // An id stands for one side and price, and an add for an id of its own.
        let id = if *kind == 1 {
            1_000 + u64::try_from(messages.len()).unwrap()
        } else {
            *id
        };
        let side = if *buy { 1 } else { -1 };
        let (seconds, fraction) = (time_ns / 1_000_000_000, time_ns % 1_000_000_000);
        messages.push(format!(
            "{seconds}.{fraction:09},{kind},{id},{size},{price},{side}"
        ));
        rows.push(row_text(row));
    }
    // The first message must fit the first row: a hidden execution fits any.
    messages.insert(0, "34200,5,0,1,100,1".to_owned());
    rows.insert(0, "110,5,101,5,9999999999,0,-9999999999,0".to_owned());
    let messages: Vec<_> = messages.iter().map(String::as_str).collect();
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    Written::new(&messages, if with_rows { &rows } else { &[] }, 2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn cancels_and_reduces_name_live_orders_and_numbers_rise_by_one(
        lines in prop::collection::vec((message(), row(), any::<bool>()), 1..60),
        with_rows in any::<bool>(),
        joined in any::<bool>(),
    ) {
        let written = write(&lines, with_rows);
        let executions = if joined { Executions::SweepsJoined } else { Executions::OneByOne };
        let reader = Reader::open(&written.path()).unwrap();
        let mut translator = Translator::new(reader, executions);
        let mut book = NaiveBook::default();
        // The book asserts that each reduce makes its order smaller.
        let checks = drive(&mut translator, &mut book).unwrap();
        prop_assert_eq!(book.unknown, 0);
        prop_assert_eq!(checks.commands, translator.totals().commands);
        let lines_read: u64 = translator.totals().messages.iter().sum();
        prop_assert_eq!(lines_read, u64::try_from(lines.len()).unwrap() + 1);

        let reader = Reader::open(&written.path()).unwrap();
        let mut again = Translator::new(reader, executions);
        let mut last = 0;
        while let Some(step) = again.next_step().unwrap() {
            for command in step.commands {
                prop_assert_eq!(command.number.0, last + 1);
                last += 1;
                if let Action::Cancel { target } | Action::Reduce { target, .. } = command.action {
                    prop_assert!(target < command.number);
                }
            }
        }
        prop_assert_eq!(last, checks.commands);
    }

    #[test]
    fn bytes_of_any_kind_are_an_error_or_a_recording(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        book in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let written = Written::new(&[], &[], 1);
        let stem = super::written::STEM;
        std::fs::write(written.file(&format!("{stem}_message_1.csv")), &bytes).unwrap();
        std::fs::write(written.file(&format!("{stem}_orderbook_1.csv")), &book).unwrap();
        if let Ok(reader) = Reader::open(&written.path()) {
            let mut translator = Translator::new(reader, Executions::OneByOne);
            while let Ok(Some(_)) = translator.next_step() {}
        }
    }
}
