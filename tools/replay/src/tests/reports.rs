//! What a person reads of a replay or a demo, word for word.

use std::collections::BTreeMap;

use matchgate_core::domain::{Notional, Price, RejectReason, Side};

use crate::drive::{Difference, DifferenceKind, FlowChecks, LevelDifference};
use crate::flow::ExecutionTotals;
use crate::in_process::InProcessSummary;
use crate::lobster::{RowLevel, TranslationTotals};
use crate::pace::{Latency, LatencyKind, Speed};
use crate::recording::RecordingTotals;
use crate::report::{Check, Verdict, demo_report, in_process_report, replay_report};
use crate::session::ReplaySummary;
use crate::synthetic::{ActionKind, SyntheticSummary};

fn executed(count: u64) -> ExecutionTotals {
    ExecutionTotals {
        count,
        quantity: count * 100,
        notional: Notional::new(i128::from(count) * 5_000_120_000_000),
    }
}

fn totals() -> RecordingTotals {
    RecordingTotals::Lobster(TranslationTotals {
        messages: [71_258, 19, 64_961, 7_765, 3_913, 0, 0],
        commands: 235_647,
        opening_levels: 20,
        displayed: executed(7_765),
        hidden: executed(3_913),
        takes: 7_765,
        at_best: 7_765,
        at_front: 6_944,
        on_seed: 816,
        not_front: 5,
        levels_dropped: 45_108,
        levels_revealed: 44_451,
        levels_revealed_in_runs: 0,
        unmatched_quantity: 0,
    })
}

fn checks() -> FlowChecks {
    FlowChecks {
        rows: 147_916,
        levels: 2_958_320,
        commands: 235_647,
        takes: 7_765,
        executed: executed(7_765),
        ..FlowChecks::default()
    }
}

fn latency(kind: LatencyKind) -> Latency {
    let mut latency = Latency::new(kind);
    for microseconds in 1..=1_000 {
        latency.record(0, microseconds * 1_000);
    }
    latency
}

fn replay_summary() -> ReplaySummary {
    ReplaySummary {
        speed: Speed::Max,
        totals: totals(),
        checks: checks(),
        refusals: BTreeMap::new(),
        resting: executed(7_765),
        reports: 251_177,
        sequence_gaps: 0,
        reconnects: 1,
        elapsed_ns: 2_356_470_000,
        latency: latency(LatencyKind::ServiceTime),
        final_row: None,
        final_orders: None,
        final_book_equal: Some(true),
    }
}

const FLOW: &str = "\
messages            147,916
  adds              71,258
  partial cancels   19
  deletes           64,961
  executions        7,765
  hidden            3,913
commands            235,647
orders              123,494
fills               7,765 of 776,500 for 38,825,931.80
hidden executions   3,913 of 391,300 for 19,565,469.56
queue places        6,944 front, 816 on seed, 5 not front
edge repairs        45,108 levels dropped, 44,451 revealed (0 inside sweeps)
";

#[test]
fn replay_report_shows_flow_latency_and_checks() {
    let more = [Check::new(Verdict::Pass, "journal", "verified".to_owned())];
    let expected = format!(
        "Replay of XYZ\n{FLOW}\
refused             0
speed               max
rate                100,000/s over 2,356 ms
round trip          service time, from the actual send; 1,000 samples
  p50               500.223 us
  p90               900.095 us
  p99               990.207 us
  p99.9             999.423 us
  max               1,000.447 us
reports             251,177
reconnects          1

PASS  executions        7,765 orders took what was recorded, 0 did not
PASS  resting orders    0 traded on entry
PASS  requests          0 refused
PASS  both sides        7,765 fills told to aggressors, 7,765 to resting orders
PASS  numbering         0 gaps in the reports
PASS  final book        the recorded one
PASS  journal           verified
PASS
"
    );
    assert_eq!(
        replay_report("Replay of XYZ", &replay_summary(), &more),
        expected
    );
}

#[test]
fn replay_report_tells_what_failed() {
    let mut summary = replay_summary();
    summary.speed = Speed::Times(10);
    summary.latency = latency(LatencyKind::ResponseTime);
    summary.latency.late_sends = 12;
    summary.refusals = BTreeMap::from([(RejectReason::Busy, 2_000)]);
    summary.checks.refused = 2_000;
    summary.checks.takes_different = 1;
    summary.checks.differences = vec![Difference {
        line: 17,
        kind: DifferenceKind::Take {
            executed: 20,
            recorded: 100,
        },
    }];
    summary.resting = executed(7_764);
    summary.final_book_equal = None;
    let expected = format!(
        "Replay of XYZ\n{FLOW}\
refused             2,000
  900               2,000 busy
speed               x10
rate                100,000/s over 2,356 ms
round trip          response time, from the planned send; 1,000 samples
  p50               500.223 us
  p90               900.095 us
  p99               990.207 us
  p99.9             999.423 us
  max               1,000.447 us
late sends          12 more than 100.000 us after plan
reports             251,177
reconnects          1

FAIL  executions        7,764 orders took what was recorded, 1 did not
PASS  resting orders    0 traded on entry
FAIL  requests          2,000 refused
FAIL  both sides        7,765 fills told to aggressors, 7,764 to resting orders
PASS  numbering         0 gaps in the reports
----  final book        not compared
      line 17: 20 executed, 100 recorded
FAIL
"
    );
    assert_eq!(replay_report("Replay of XYZ", &summary, &[]), expected);
}

#[test]
fn in_process_report_shows_the_row_check() {
    let mut summary = InProcessSummary {
        totals: totals(),
        checks: checks(),
        live_orders: 123,
        book_hash: 0xabc,
    };
    let expected = |rows: &str, end: &str| {
        format!(
            "In process: XYZ\n{FLOW}\
refused             0
live at the end     123
book hash           00000000000000000000000000000abc

PASS  executions        7,765 orders took what was recorded, 0 did not
PASS  resting orders    0 traded on entry
PASS  requests          0 refused
{rows}
{end}
"
        )
    };
    assert_eq!(
        in_process_report("In process: XYZ", &summary),
        expected(
            "PASS  book rows         147,916 rows, 2,958,320 levels, 0 differences",
            "PASS"
        )
    );
    let level = RowLevel {
        price: Price::new(500_020_000_000),
        quantity: 300,
    };
    summary.checks.level_differences = 1;
    summary.checks.differences = vec![Difference {
        line: 9,
        kind: DifferenceKind::Level(LevelDifference {
            side: Side::Sell,
            level: 2,
            recorded: Some(level),
            actual: None,
        }),
    }];
    assert_eq!(
        in_process_report("In process: XYZ", &summary),
        expected(
            "FAIL  book rows         147,916 rows, 2,958,320 levels, 1 differences\n      \
             line 9: ask 2: recorded 300 at 500.02, book has no level",
            "FAIL"
        )
    );
}

#[test]
fn demo_report_shows_actions_refusals_and_checks() {
    let mut summary = SyntheticSummary::new(LatencyKind::ResponseTime);
    summary.actions = BTreeMap::from([
        (ActionKind::Anchor, 4),
        (ActionKind::Passive, 40_000),
        (ActionKind::MassCancel, 4),
    ]);
    summary.expected = 40_008;
    summary.aggressor = executed(12_345);
    summary.resting = executed(12_345);
    summary.refusals = BTreeMap::from([
        (RejectReason::UnknownOrder, 530),
        (RejectReason::PriceOffTick, 560),
    ]);
    summary.mass_canceled = 900;
    summary.mass_canceled_reports = 900;
    summary.reports = 70_000;
    summary.elapsed_ns = 10_000_000_000;
    summary.latency = latency(LatencyKind::ResponseTime);
    let report = demo_report("Demo", &summary, &[]);
    let expected = "Demo
requests            40,008
  anchors           4
  passive           40,000
  mass cancels      4
fills               12,345 of 1,234,500 for 61,726,481.40
refused             1,090
  202               530 unknown order
  303               560 price is off tick
rate                4,000/s over 10,000 ms
round trip          response time, from the planned send; 1,000 samples
  p50               500.223 us
  p90               900.095 us
  p99               990.207 us
  p99.9             999.423 us
  max               1,000.447 us
late sends          0 more than 100.000 us after plan
reports             70,000
reconnects          0

PASS  answers           40,008 as they must be, 0 not
PASS  quantities        0 reports do not add up
PASS  both sides        12,345 fills told to aggressors, 12,345 to resting orders
PASS  mass cancels      900 orders counted, 900 reported
PASS
";
    assert_eq!(report, expected);
    summary.unexpected = 1;
    summary.unexpected_kept = vec!["request 5, Take: Accepted was due".to_owned()];
    let report = demo_report("Demo", &summary, &[]);
    assert!(report.contains("FAIL  answers           40,008 as they must be, 1 not\n"));
    assert!(report.ends_with("      request 5, Take: Accepted was due\nFAIL\n"));
}
