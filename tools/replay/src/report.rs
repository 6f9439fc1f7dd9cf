//! Plain text summaries of replays and demos, for a person to read.
//!
//! It computes nothing but rates and verdicts: the numbers come from the summaries.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use matchgate_core::domain::{Notional, RejectReason};

use crate::bitstamp::{self, BitstampTotals};
use crate::decimal::Decimal;
use crate::drive::FlowChecks;
use crate::flow::ExecutionTotals;
use crate::in_process::InProcessSummary;
use crate::ledger::{LedgerChecks, RestingChecks};
use crate::lobster::{MessageType, TranslationTotals};
use crate::pace::{LATE_SEND_NS, Latency, LatencyKind};
use crate::recording::RecordingTotals;
use crate::session::ReplaySummary;
use crate::synthetic::{ActionKind, SyntheticSummary};

const LABEL_WIDTH: usize = 20;
const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was found is what must be.
    Pass,
    /// It is not.
    Fail,
    /// There was nothing to compare with.
    NotMade,
}

impl Verdict {
    /// Returns pass or fail.
    #[must_use]
    pub const fn of(passed: bool) -> Self {
        if passed { Self::Pass } else { Self::Fail }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NotMade => "----",
        })
    }
}

/// One line of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What became of it.
    pub verdict: Verdict,
    /// What was compared, in a word or two.
    pub name: String,
    /// What was found.
    pub found: String,
}

impl Check {
    /// Makes a check.
    #[must_use]
    pub fn new(verdict: Verdict, name: &str, found: String) -> Self {
        Self {
            verdict,
            name: name.to_owned(),
            found,
        }
    }
}

/// Returns the summary of an in-process replay under `title`.
#[must_use]
pub fn in_process_report(title: &str, summary: &InProcessSummary) -> String {
    let mut text = Text::new(title);
    flow_lines(&mut text, &summary.totals, &summary.checks);
    text.line("refused", &grouped(summary.checks.refused));
    text.line("live at the end", &grouped(u64::from(summary.live_orders)));
    text.line("book hash", &format!("{:032x}", summary.book_hash));
    let mut checks = flow_checks(&summary.checks);
    checks.push(row_check(&summary.checks));
    text.checks(&checks);
    text.differences(summary.checks.differences.iter());
    let ledger = summary.checks.ledger.iter();
    text.differences(ledger.flat_map(|ledger| &ledger.differences));
    text.finish()
}

/// Returns the summary of a replay over a session under `title`; `more` are checks of the
/// caller's.
#[must_use]
pub fn replay_report(title: &str, summary: &ReplaySummary, more: &[Check]) -> String {
    let mut text = Text::new(title);
    flow_lines(&mut text, &summary.totals, &summary.checks);
    text.refusals(&summary.refusals);
    text.line("speed", &summary.speed.to_string());
    text.rate(summary.checks.commands, summary.elapsed_ns);
    text.latency(&summary.latency);
    text.reports(summary.reports, summary.reconnects);
    let mut checks = flow_checks(&summary.checks);
    checks.push(both_sides(&summary.checks.executed, &summary.resting));
    checks.push(Check::new(
        Verdict::of(summary.sequence_gaps == 0),
        "numbering",
        format!("{} gaps in the reports", grouped(summary.sequence_gaps)),
    ));
    let (verdict, found) = match summary.final_book_equal {
        Some(true) => (Verdict::Pass, "the recorded one"),
        Some(false) => (Verdict::Fail, "not the recorded one"),
        None => (Verdict::NotMade, "not compared"),
    };
    checks.push(Check::new(verdict, "final book", found.to_owned()));
    checks.extend_from_slice(more);
    text.checks(&checks);
    text.differences(summary.checks.differences.iter());
    let ledger = summary.checks.ledger.iter();
    text.differences(ledger.flat_map(|ledger| &ledger.differences));
    text.finish()
}

/// Returns the summary of a demo under `title`: all clients together; `more` are checks of the
/// caller's.
#[must_use]
pub fn demo_report(title: &str, summary: &SyntheticSummary, more: &[Check]) -> String {
    let mut text = Text::new(title);
    text.line("requests", &grouped(summary.requests()));
    for (kind, count) in &summary.actions {
        text.line(&format!("  {}", action_name(*kind)), &grouped(*count));
    }
    text.line("fills", &executions(&summary.aggressor, 0));
    text.refusals(&summary.refusals);
    text.rate(summary.requests(), summary.elapsed_ns);
    text.latency(&summary.latency);
    text.reports(summary.reports, summary.reconnects);
    let mut checks = vec![
        Check::new(
            Verdict::of(summary.unexpected == 0 && summary.expected == summary.requests()),
            "answers",
            format!(
                "{} as they must be, {} not",
                grouped(summary.expected),
                grouped(summary.unexpected)
            ),
        ),
        Check::new(
            Verdict::of(summary.inconsistent == 0),
            "quantities",
            format!("{} reports do not add up", grouped(summary.inconsistent)),
        ),
        both_sides(&summary.aggressor, &summary.resting),
        Check::new(
            Verdict::of(summary.mass_canceled == summary.mass_canceled_reports),
            "mass cancels",
            format!(
                "{} orders counted, {} reported",
                grouped(summary.mass_canceled),
                grouped(summary.mass_canceled_reports)
            ),
        ),
    ];
    checks.extend_from_slice(more);
    text.checks(&checks);
    text.differences(summary.unexpected_kept.iter());
    text.finish()
}

fn flow_lines(text: &mut Text, totals: &RecordingTotals, checks: &FlowChecks) {
    match totals {
        RecordingTotals::Lobster(totals) => lobster_lines(text, totals, checks),
        RecordingTotals::Bitstamp(totals) => bitstamp_lines(text, totals, checks),
    }
}

fn lobster_lines(text: &mut Text, totals: &TranslationTotals, checks: &FlowChecks) {
    let messages: u64 = totals.messages.iter().sum();
    text.line("messages", &grouped(messages));
    for kind in MessageType::ALL {
        let count = totals.messages[kind.index()];
        if count > 0 {
            text.line(&format!("  {}", message_name(kind)), &grouped(count));
        }
    }
    text.line("commands", &grouped(checks.commands));
    let adds = totals.messages[MessageType::Add.index()];
    let entered = adds + totals.opening_levels + totals.levels_revealed + totals.takes;
    text.line("orders", &grouped(entered));
    text.line("fills", &executions(&checks.executed, 0));
    text.line("hidden executions", &executions(&totals.hidden, 0));
    text.line(
        "queue places",
        &format!(
            "{} front, {} on seed, {} not front",
            grouped(totals.at_front),
            grouped(totals.on_seed),
            grouped(totals.not_front)
        ),
    );
    text.line(
        "edge repairs",
        &format!(
            "{} levels dropped, {} revealed ({} inside sweeps)",
            grouped(totals.levels_dropped),
            grouped(totals.levels_revealed),
            grouped(totals.levels_revealed_in_runs)
        ),
    );
    if totals.unmatched_quantity > 0 {
        text.line("unknown canceled", &grouped(totals.unmatched_quantity));
    }
}

fn bitstamp_lines(text: &mut Text, totals: &BitstampTotals, checks: &FlowChecks) {
    let plain = |text: &mut Text, label: &str, count| text.line(label, &grouped(count));
    text.line(
        "opening book",
        &format!(
            "{} orders, {} left out: gone before",
            grouped(totals.opening),
            grouped(totals.stale)
        ),
    );
    plain(text, "limit orders", totals.limit);
    text.line(
        "post-only orders",
        &format!(
            "{}: {} would have taken, {} came and went",
            grouped(totals.post_only),
            grouped(checks.post_only_refused),
            grouped(totals.post_only.saturating_sub(checks.post_only_refused))
        ),
    );
    text.line(
        "market orders",
        &format!(
            "{} ({} sized in money)",
            grouped(totals.market),
            grouped(totals.cash_sized)
        ),
    );
    plain(text, "cancels", totals.canceled);
    text.line(
        "fill rows",
        &format!(
            "{} with something left, {} with nothing",
            grouped(totals.changed),
            grouped(totals.filled)
        ),
    );
    text.line(
        "rows left out",
        &format!(
            "{} of orders that never came, {} of market orders",
            grouped(totals.unknown),
            grouped(totals.market_remainders)
        ),
    );
    plain(text, "commands", checks.commands);
    text.line(
        "fills",
        &executions(&checks.executed, bitstamp::QUANTITY_DECIMALS),
    );
}

fn flow_checks(checks: &FlowChecks) -> Vec<Check> {
    if let Some(ledger) = &checks.ledger {
        return ledger_checks(checks, ledger);
    }
    vec![
        Check::new(
            Verdict::of(checks.takes_different == 0),
            "executions",
            format!(
                "{} orders took what was recorded, {} did not",
                grouped(checks.takes - checks.takes_different),
                grouped(checks.takes_different)
            ),
        ),
        Check::new(
            Verdict::of(checks.entries_that_traded == 0),
            "resting orders",
            format!("{} traded on entry", grouped(checks.entries_that_traded)),
        ),
        Check::new(
            Verdict::of(checks.refused == 0),
            "requests",
            format!("{} refused", grouped(checks.refused)),
        ),
    ]
}

fn ledger_checks(checks: &FlowChecks, ledger: &LedgerChecks) -> Vec<Check> {
    let LedgerChecks {
        trades_recorded,
        trades_equal,
        leaves_recorded,
        leaves_equal,
        ..
    } = *ledger;
    let trades = ledger.trades.count;
    let whole = ledger.trades_half_told == 0;
    let mut made = vec![
        Check::new(
            Verdict::of(whole && trades_equal == trades_recorded && trades_equal == trades),
            "trades",
            format!(
                "{} of {} in sequence: price, size, maker, taker; {} made",
                grouped(trades_equal),
                grouped(trades_recorded),
                grouped(trades)
            ),
        ),
        Check::new(
            Verdict::of(leaves_equal == leaves_recorded),
            "fill rows",
            format!(
                "{} of {} are what a fill left",
                grouped(leaves_equal),
                grouped(leaves_recorded)
            ),
        ),
        Check::new(
            Verdict::of(checks.post_only_refused == checks.withdrawals_refused),
            "post-only orders",
            format!(
                "{} refused, {} cancels found none",
                grouped(checks.post_only_refused),
                grouped(checks.withdrawals_refused)
            ),
        ),
        Check::new(
            Verdict::of(checks.refused == 0),
            "requests",
            format!("{} others refused", grouped(checks.refused)),
        ),
        resting_check("orders told", Some(ledger.resting_told)),
    ];
    made.push(resting_check("orders in book", ledger.resting_in_book));
    made
}

fn resting_check(name: &str, resting: Option<RestingChecks>) -> Check {
    let Some(resting) = resting else {
        return Check::new(Verdict::NotMade, name, "not seen".to_owned());
    };
    let found = format!(
        "{} of {} rest as recorded, {} others",
        grouped(resting.equal),
        grouped(resting.recorded),
        grouped(resting.found.saturating_sub(resting.equal))
    );
    Check::new(Verdict::of(resting.passed()), name, found)
}

fn row_check(checks: &FlowChecks) -> Check {
    let verdict = match checks.rows {
        0 => Verdict::NotMade,
        _ => Verdict::of(checks.level_differences == 0),
    };
    let found = format!(
        "{} rows, {} levels, {} differences",
        grouped(checks.rows),
        grouped(checks.levels),
        grouped(checks.level_differences)
    );
    Check::new(verdict, "book rows", found)
}

fn both_sides(aggressor: &ExecutionTotals, resting: &ExecutionTotals) -> Check {
    let found = format!(
        "{} fills told to aggressors, {} to resting orders",
        grouped(aggressor.count),
        grouped(resting.count)
    );
    Check::new(Verdict::of(aggressor == resting), "both sides", found)
}

fn executions(totals: &ExecutionTotals, quantity_decimals: u8) -> String {
    let quantity = Decimal::quantity(totals.quantity, quantity_decimals).to_string();
    format!(
        "{} of {} for {}",
        grouped(totals.count),
        group_whole(&quantity),
        money(totals.notional, quantity_decimals)
    )
}

/// A report as it grows.
struct Text {
    text: String,
    failed: bool,
}

impl Text {
    fn new(title: &str) -> Self {
        Self {
            text: format!("{title}\n"),
            failed: false,
        }
    }

    fn line(&mut self, label: &str, value: &str) {
        self.write(format_args!("{label:<LABEL_WIDTH$}{value}\n"));
    }

    fn refusals(&mut self, refusals: &BTreeMap<RejectReason, u64>) {
        self.line("refused", &grouped(refusals.values().sum()));
        for (reason, count) in refusals {
            self.line(
                &format!("  {}", reason.code()),
                &format!("{} {}", grouped(*count), reason.text()),
            );
        }
    }

    fn rate(&mut self, requests: u64, elapsed_ns: u64) {
        let milliseconds = elapsed_ns / 1_000_000;
        let per_second =
            u128::from(requests) * NANOSECONDS_PER_SECOND / u128::from(elapsed_ns.max(1));
        let per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
        self.line(
            "rate",
            &format!(
                "{}/s over {} ms",
                grouped(per_second),
                grouped(milliseconds)
            ),
        );
    }

    fn latency(&mut self, latency: &Latency) {
        let from = match latency.kind {
            LatencyKind::ResponseTime => "response time, from the planned send",
            LatencyKind::ServiceTime => "service time, from the actual send",
        };
        let round_trip = &latency.round_trip_ns;
        self.line(
            "round trip",
            &format!("{from}; {} samples", grouped(round_trip.len())),
        );
        let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
        for (name, quantile) in quantiles {
            let value = microseconds(round_trip.value_at_quantile(quantile));
            self.line(&format!("  {name}"), &value);
        }
        self.line("  max", &microseconds(round_trip.max()));
        if latency.kind == LatencyKind::ResponseTime {
            let late = grouped(latency.late_sends);
            let bound = microseconds(LATE_SEND_NS);
            self.line(
                "late sends",
                &format!("{late} more than {bound} after plan"),
            );
        }
    }

    fn reports(&mut self, reports: u64, reconnects: u64) {
        self.line("reports", &grouped(reports));
        self.line("reconnects", &grouped(reconnects));
    }

    fn checks(&mut self, checks: &[Check]) {
        self.write(format_args!("\n"));
        for check in checks {
            self.failed |= check.verdict == Verdict::Fail;
            let Check {
                verdict,
                name,
                found,
            } = check;
            self.write(format_args!("{verdict}  {name:<18}{found}\n"));
        }
    }

    fn differences<D: fmt::Display>(&mut self, differences: impl Iterator<Item = D>) {
        for difference in differences {
            self.write(format_args!("      {difference}\n"));
        }
    }

    fn finish(mut self) -> String {
        let verdict = Verdict::of(!self.failed);
        self.write(format_args!("{verdict}\n"));
        self.text
    }

    fn write(&mut self, arguments: fmt::Arguments<'_>) {
        self.text
            .write_fmt(arguments)
            .expect("a string takes what is written");
    }
}

const fn message_name(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Add => "adds",
        MessageType::PartialCancel => "partial cancels",
        MessageType::Delete => "deletes",
        MessageType::Execution => "executions",
        MessageType::HiddenExecution => "hidden",
        MessageType::Cross => "crosses",
        MessageType::Halt => "halts",
    }
}

const fn action_name(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Anchor => "anchors",
        ActionKind::Passive => "passive",
        ActionKind::PostOnly => "post-only",
        ActionKind::Cancel => "cancels",
        ActionKind::Replace => "replaces",
        ActionKind::Reduce => "reduces",
        ActionKind::Take => "takes",
        ActionKind::Market => "market",
        ActionKind::OffTick => "off tick",
        ActionKind::DuplicateId => "duplicate ids",
        ActionKind::UnknownOrder => "unknown orders",
        ActionKind::MassCancel => "mass cancels",
    }
}

/// Returns a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    group(&number.to_string())
}

fn money(notional: Notional, quantity_decimals: u8) -> String {
    group_whole(&Decimal::money(notional, quantity_decimals).to_string())
}

/// Groups the digits before the decimal point.
fn group_whole(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, cents)) => format!("{}.{cents}", group(whole)),
        None => group(text),
    }
}

fn group(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn microseconds(nanoseconds: u64) -> String {
    format!(
        "{}.{:03} us",
        grouped(nanoseconds / 1_000),
        nanoseconds % 1_000
    )
}
