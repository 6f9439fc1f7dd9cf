//! Bitstamp recordings, made up and real: what orders they stand for, and that the engine does
//! what was recorded.

use std::io::Write;

use matchgate_core::domain::{
    InstrumentId, Notional, Price, Quantity, RejectReason, ShardId, Side, Symbol,
};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::fake_venue::{BookAnswers, FakeVenue};
use super::naive_book::NaiveBook;
use super::recorded_data::{expected, recorded};
use super::written_bitstamp::{OPENING, WrittenBitstamp, session};
use crate::bitstamp::BitstampTotals;
use crate::drive::{FlowChecks, drive};
use crate::flow::{Action, ExecutionTotals, Owner, RecordedLeaves};
use crate::in_process::{InProcessCapacity, InProcessSummary, replay_in_process};
use crate::instrument::{DerivedInstrument, InstrumentOptions};
use crate::ledger::{LedgerChecks, RestingChecks};
use crate::lobster::Executions;
use crate::pace::Speed;
use crate::recording::{self, Recording, RecordingTotals};
use crate::report::{in_process_report, replay_report};
use crate::session::{ReplayOptions, ReplaySummary, RunEnd, WireReplay};

const REAL: &str = "bitstamp_btcusd_20260502";
const CENT: i64 = Price::ONE / 100;

fn open(written: &WrittenBitstamp) -> Box<dyn Recording> {
    recording::open(written.folder(), Executions::OneByOne).expect("a recording")
}

fn bitstamp(totals: RecordingTotals) -> BitstampTotals {
    let RecordingTotals::Bitstamp(totals) = totals else {
        panic!("a Bitstamp recording");
    };
    totals
}

fn price(cents: i64) -> Price {
    Price::new(cents * CENT)
}

fn in_engine(path: &std::path::Path) -> InProcessSummary {
    let derived = DerivedInstrument::derive(path, &InstrumentOptions::default());
    let instrument = derived
        .expect("a recording")
        .instrument(InstrumentId(0), ShardId(0));
    let mut opened = recording::open(path, Executions::OneByOne).expect("a recording");
    let capacity = InProcessCapacity::default();
    replay_in_process(&mut opened, &instrument, capacity).expect("an undamaged recording")
}

fn over_a_session(written: &WrittenBitstamp, answers: BookAnswers) -> ReplaySummary {
    let mut venue = FakeVenue::new(77, answers);
    let symbol = Symbol::new(b"ABCUSD").expect("a symbol");
    let options = ReplayOptions {
        symbol,
        account: None,
        seed_account: None,
        speed: Speed::Times(1),
        window_max: 4,
        reconnect_max_ns: 1_000_000_000,
    };
    let mut replay = WireReplay::new(open(written), options, &venue);
    let end = replay.run(&mut venue, None).expect("nothing is lost");
    assert_eq!(end, RunEnd::Complete);
    let mut summary = replay.finish();
    summary.check_final_book(symbol, &venue.answers);
    summary
}

fn enter(side: Side, cents: i64, units: u64) -> Action {
    Action::Enter {
        owner: Owner::Recorded,
        side,
        price: price(cents),
        quantity: Quantity::new(units),
    }
}

fn post(side: Side, cents: i64, units: u64) -> Action {
    Action::Post {
        side,
        price: price(cents),
        quantity: Quantity::new(units),
    }
}

fn market(side: Side, units: u64) -> Action {
    Action::Market {
        side,
        quantity: Quantity::new(units),
    }
}

const fn left(line: u64, id: u64, units: u64) -> RecordedLeaves {
    RecordedLeaves {
        line,
        id,
        leaves: Quantity::new(units),
    }
}

#[test]
fn each_rule_makes_its_commands() {
    let written = WrittenBitstamp::new(&session());
    let mut opened = open(&written);
    let mut made = Vec::new();
    let mut leaves = Vec::new();
    let mut last = 0;
    while let Some(step) = opened.next_step().expect("an undamaged recording") {
        for command in step.commands {
            last += 1;
            assert_eq!(command.number.0, last);
            made.push((step.line, command.id, command.action));
        }
        leaves.extend(step.leaves);
    }
    let number = crate::flow::CommandNumber;
    let expected = [
        (2, 11, enter(Side::Buy, 10_000, 150_000_000)),
        (3, 12, enter(Side::Buy, 0, 2_000)),
        (4, 13, enter(Side::Sell, 10_100, 100_000_000)),
        (6, 15, enter(Side::Sell, 48_398_000_000, 1)),
        (8, 21, post(Side::Buy, 10_100, 5_000_000)),
        (8, 21, Action::Withdraw { target: number(5) }),
        (10, 22, post(Side::Buy, 9_900, 5_000_000)),
        (10, 22, Action::Withdraw { target: number(7) }),
        (11, 23, enter(Side::Buy, 10_100, 40_000_000)),
        (14, 24, market(Side::Sell, 50_000_000)),
        (17, 25, market(Side::Buy, 60_000_000)),
        (22, 26, enter(Side::Sell, 10_000, 120_000_000)),
        (25, 26, Action::Cancel { target: number(12) }),
        (26, 27, enter(Side::Buy, 9_950, 30_000_000)),
    ];
    assert_eq!(made, expected);
    let expected = [
        left(12, 13, 60_000_000),
        left(13, 23, 0),
        left(15, 11, 100_000_000),
        left(16, 24, 0),
        left(20, 13, 0),
        left(23, 26, 20_000_000),
        left(24, 11, 0),
    ];
    assert_eq!(leaves, expected);
    let totals = bitstamp(opened.totals());
    let expected = BitstampTotals {
        opening: 5,
        stale: 1,
        limit: 3,
        post_only: 2,
        market: 2,
        cash_sized: 1,
        changed: 4,
        canceled: 1,
        filled: 4,
        market_remainders: 1,
        unknown: 1,
        closing: 4,
        commands: 14,
        trades: totals.trades,
    };
    assert_eq!(totals, expected);
    assert_eq!(
        (totals.trades.count, totals.trades.quantity),
        (4, 250_000_000)
    );
}

fn as_recorded(checks: &FlowChecks, trades: u64, resting: u64) -> LedgerChecks {
    let ledger = checks.ledger.clone().expect("orders are compared");
    assert_eq!(ledger.differences, [] as [&str; 0]);
    assert!(checks.passed(), "{checks:?}");
    assert_eq!(ledger.trades_recorded, trades);
    assert_eq!(ledger.trades_equal, trades);
    assert_eq!(ledger.trades, checks.executed);
    assert_eq!(ledger.leaves_equal, ledger.leaves_recorded);
    let all = RestingChecks {
        recorded: resting,
        found: resting,
        equal: resting,
    };
    assert_eq!(ledger.resting_told, all);
    ledger
}

#[test]
fn engine_trades_and_rests_as_recorded() {
    let written = WrittenBitstamp::new(&session());
    let summary = in_engine(written.folder());
    let ledger = as_recorded(&summary.checks, 4, 3);
    assert_eq!(ledger.resting_in_book, Some(ledger.resting_told));
    assert_eq!(ledger.leaves_recorded, 7);
    let checks = &summary.checks;
    assert_eq!((checks.post_only, checks.post_only_refused), (2, 1));
    assert_eq!((checks.withdrawals_refused, checks.refused), (1, 0));
    let report = in_process_report("In process: ABCUSD", &summary);
    assert!(
        report.contains("PASS  trades            4 of 4 in sequence: price, size, maker, taker"),
        "{report}"
    );
}

#[test]
fn plain_book_without_orders_to_show_still_does_as_recorded() {
    let written = WrittenBitstamp::new(&session());
    let mut opened = open(&written);
    let mut book = NaiveBook::default();
    let checks = drive(&mut opened, &mut book).expect("an undamaged recording");
    assert_eq!(checks.executed.count, 4);
    assert_eq!(book.live_orders(), 3);
}

#[test]
fn session_trades_and_rests_as_recorded_at_the_recorded_pace() {
    let written = WrittenBitstamp::new(&session());
    let summary = over_a_session(&written, BookAnswers::default());
    as_recorded(&summary.checks, 4, 3);
    assert!(summary.passed(), "{summary:?}");
    assert_eq!(summary.final_book_equal, Some(true));
    assert_eq!(
        summary.refusals.get(&RejectReason::PostOnlyWouldTake),
        Some(&1)
    );
    // From the opening book to the last order pass four seconds of the exchange's time.
    assert!(
        (4_000_000_000..4_100_000_000).contains(&summary.elapsed_ns),
        "{}",
        summary.elapsed_ns
    );
    let report = replay_report("Replay of ABCUSD", &summary, &[]);
    let lines = [
        "opening book        5 orders, 1 left out: gone before\n",
        "post-only orders    2: 1 would have taken, 1 came and went\n",
        "market orders       2 (1 sized in money)\n",
        "fills               4 of 2.5 for 251.00\n",
        "PASS  fill rows         7 of 7 are what a fill left\n",
        "PASS  post-only orders  1 refused, 1 cancels found none\n",
        "PASS  orders told       3 of 3 rest as recorded, 0 others\n",
    ];
    for line in lines {
        assert!(report.contains(line), "{line}{report}");
    }
    assert!(report.ends_with("PASS\n"), "{report}");
}

/// Returns the differences of a session with one line changed, which must be some.
fn differences(part: usize, line: usize, text: &str) -> Vec<String> {
    let mut parts = session();
    parts[part][line - 1] = text.to_owned();
    let written = WrittenBitstamp::new(&parts);
    let summary = in_engine(written.folder());
    assert!(!summary.checks.passed(), "{text}");
    let over_session = over_a_session(&written, BookAnswers::default());
    assert!(!over_session.passed(), "{text}");
    summary
        .checks
        .ledger
        .expect("orders are compared")
        .differences
}

#[test]
fn trade_with_any_field_otherwise_than_recorded_is_a_difference() {
    for text in [
        "1,5,2000,101.01,0.4,23,13,buy",
        "1,5,2000,101.0,0.39,23,13,buy",
        "1,5,2000,101.0,0.4,23,15,buy",
        "1,5,2000,101.0,0.4,22,13,buy",
        "1,5,2000,101.0,0.4,23,13,sell",
    ] {
        let found = differences(1, 2, text);
        assert!(
            found[0].starts_with("trade: recorded line 2: order "),
            "{found:?}"
        );
        assert!(
            found[0].ends_with("the venue's is line 2: order 23 buys 0.4 at 101 from order 13"),
            "{found:?}"
        );
    }
}

#[test]
fn order_that_rests_otherwise_than_recorded_is_a_difference() {
    for (text, difference) in [
        (
            "27,6,5500,99.5,0.31,deleted,bid",
            "order 27: recorded to rest with 0.31 at 99.5 (bid), rests with 0.3 at 99.5 (bid)",
        ),
        (
            "27,6,5500,99.51,0.3,deleted,bid",
            "order 27: recorded to rest with 0.3 at 99.51 (bid), rests with 0.3 at 99.5 (bid)",
        ),
        (
            "28,6,5500,99.5,0.3,deleted,bid",
            "order 28: recorded to rest with 0.3 at 99.5 (bid), rests not",
        ),
    ] {
        let found = differences(0, 30, text);
        assert!(found.iter().any(|found| found == difference), "{found:?}");
    }
}

#[test]
fn fill_that_left_something_else_is_a_difference() {
    let found = differences(0, 12, "13,5,2000,101.0,0.5,changed,ask");
    let expected = [
        "line 12: no fill left 0.5 of order 13",
        "line 20: no fill left 0 of order 13",
    ];
    assert_eq!(found, expected);
}

#[test]
fn venue_that_makes_fewer_trades_fails_the_replay() {
    let written = WrittenBitstamp::new(&session());
    let answers = BookAnswers {
        price_max: price(10_050),
        ..BookAnswers::default()
    };
    let summary = over_a_session(&written, answers);
    assert!(!summary.passed());
    let ledger = summary.checks.ledger.expect("orders are compared");
    assert!(ledger.trades_equal < ledger.trades_recorded);
}

#[test]
fn instrument_holds_every_resting_price_and_counts_small_units() {
    let written = WrittenBitstamp::new(&session());
    let derived = DerivedInstrument::derive(written.folder(), &InstrumentOptions::default());
    assert_eq!(
        derived.expect("a recording").to_toml(),
        "[[instrument]]\n\
         symbol = \"ABCUSD\"\n\
         tick = \"0.01\"\n\
         price_min = \"0\"\n\
         price_max = \"483980000\"\n\
         lot = \"0.00000001\"\n\
         quantity_min = \"0.00000001\"\n\
         quantity_max = \"10\"\n\
         notional_max = \"4839800000.00\"\n\
         quantity_exponent = -8\n"
    );
    let options = InstrumentOptions {
        symbol: Some("BTC".to_owned()),
        tick: Some("0.001".to_owned()),
    };
    let derived = DerivedInstrument::derive(written.folder(), &options).expect("both fit");
    assert_eq!(derived.symbol.as_str(), "BTC");
    assert_eq!(derived.tick, Price::new(Price::ONE / 1_000));
}

#[test]
fn opening_book_with_finer_prices_makes_a_finer_tick() {
    let mut parts = session();
    parts[0][2] = "12,1,1000,0.0123,2e-05,created,bid".to_owned();
    let written = WrittenBitstamp::new(&parts);
    let derived = DerivedInstrument::derive(written.folder(), &InstrumentOptions::default());
    let tick = derived.expect("a recording").tick;
    assert_eq!(tick, Price::new(Price::ONE / 10_000));
}

#[test]
fn recording_is_found_by_any_of_its_files_whatever_they_are_called() {
    let written = WrittenBitstamp::new(&session());
    let renamed = ["a.bin", "b", "c.csv"];
    for (from, to) in WrittenBitstamp::NAMES.iter().zip(renamed) {
        let (from, to) = (written.file(from), written.file(to));
        std::fs::rename(from, to).expect("renamed");
    }
    std::fs::write(written.file("notes.txt"), "id,of nothing\n").expect("written");
    for name in renamed {
        let summary = in_engine(&written.file(name));
        as_recorded(&summary.checks, 4, 3);
    }
}

#[test]
fn recording_in_a_zip_is_found_and_a_cut_one_is_an_error() {
    let written = WrittenBitstamp::new(&session());
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in WrittenBitstamp::NAMES {
        let entry = archive.start_file(format!("session/{name}"), SimpleFileOptions::default());
        entry.expect("an entry");
        let bytes = std::fs::read(written.file(name)).expect("readable");
        archive.write_all(&bytes).expect("written");
    }
    let whole = archive.finish().expect("a whole archive").into_inner();
    let path = written.file("recording");
    std::fs::write(&path, &whole).expect("written");
    as_recorded(&in_engine(&path).checks, 4, 3);
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).expect("written");
        DerivedInstrument::derive(&path, &InstrumentOptions::default()).expect_err("a cut archive");
    }
}

#[test]
fn columns_are_found_by_name_in_any_order_and_beside_others() {
    let mut parts = session();
    for line in &mut parts[1] {
        let fields: Vec<_> = line.split(',').rev().collect();
        *line = format!("{},x", fields.join(","));
    }
    let written = WrittenBitstamp::new(&parts);
    as_recorded(&in_engine(written.folder()).checks, 4, 3);
}

#[test]
fn sweeps_of_a_recording_that_names_takers_cannot_be_joined() {
    let written = WrittenBitstamp::new(&session());
    let error = recording::open(written.folder(), Executions::SweepsJoined);
    let error = error.expect_err("there is nothing to join").to_string();
    assert!(error.ends_with("none can be joined"), "{error}");
}

/// Returns how many opening orders are left out where one order comes and stays, without a trade.
fn stale_beside(row: &str) -> u64 {
    let [mut orders, mut trades] = session();
    orders.truncate(OPENING.len());
    orders.push(row.to_owned());
    trades.truncate(1);
    let mut opened = open(&WrittenBitstamp::closing_with(&[orders, trades], 0));
    while opened.next_step().expect("undamaged").is_some() {}
    let totals = bitstamp(opened.totals());
    assert_eq!((totals.opening, totals.limit), (5, 1));
    totals.stale
}

#[test]
fn opening_order_that_an_open_order_must_have_met_was_gone_before() {
    assert_eq!(stale_beside("27,5,2000,100.5,0.1,created,bid"), 1);
    assert_eq!(stale_beside("27,5,2000,100.0,0.1,created,ask"), 1);
    assert_eq!(stale_beside("27,5,2000,100.49,0.1,created,bid"), 0);
    assert_eq!(stale_beside("27,5,2000,100.01,0.1,created,ask"), 0);
}

fn number(value: &Value, key: &str) -> u64 {
    value[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} is expected"))
}

#[test]
fn recorded_session_trades_and_rests_as_recorded() {
    let Some(path) = recorded(REAL) else {
        return;
    };
    let expected = expected(REAL);
    let started = std::time::Instant::now();
    let summary = in_engine(&path);
    println!("{} ms in all", started.elapsed().as_millis());
    let trades = number(&expected, "trades");
    let resting = number(&expected, "engine_resting_orders_at_end");
    let ledger = as_recorded(&summary.checks, trades, resting);
    assert_eq!(ledger.resting_in_book, Some(ledger.resting_told));
    assert_eq!(u64::from(summary.live_orders), resting);
    let units = i128::from(number(&expected, "trade_notional_1e-10"));
    let sums = ExecutionTotals {
        count: trades,
        quantity: number(&expected, "trade_qty_1e-8"),
        // Of 1e-17, which is a price of 1e-9 for a quantity of 1e-8.
        notional: Notional::new(units * 10_000_000),
    };
    assert_eq!(summary.checks.executed, sums);
    let totals = bitstamp(summary.totals);
    assert_eq!(totals.trades, sums);
    assert_eq!(totals.opening, number(&expected, "snapshot_created"));
    let stale = expected["stale_snapshot_ids_to_drop"].as_array();
    assert_eq!(usize::try_from(totals.stale), Ok(stale.expect("ids").len()));
    assert_eq!(
        totals.limit + totals.post_only + totals.market,
        number(&expected, "live_created")
    );
    assert_eq!(totals.changed, number(&expected, "live_changed"));
    let deleted = totals.post_only
        + totals.canceled
        + totals.filled
        + totals.market_remainders
        + totals.unknown;
    assert_eq!(deleted, number(&expected, "live_deleted"));
    assert_eq!(
        totals.closing,
        number(&expected, "synthetic_deletes_at_end")
    );
    assert_eq!(totals.post_only, number(&expected, "post_only_style_pairs"));
    assert_eq!(summary.checks.post_only, totals.post_only);
    assert_eq!(
        summary.checks.post_only_refused,
        number(&expected, "post_only_crossing_rejects")
    );
    assert_eq!((totals.market, totals.cash_sized), (7, 2));
    assert_eq!((totals.unknown, totals.market_remainders), (13, 1));
}
