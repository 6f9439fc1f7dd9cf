//! Drives a translated recording into a book and checks what the book does.
//!
//! It decides nothing: commands come from the translation, executions and levels from the book,
//! expectations from the recording.

use std::fmt;

use matchgate_core::domain::{RejectReason, Side};

use crate::error::ReplayError;
use crate::flow::{Action, ExecutionTotals, FlowCommand, Step};
use crate::ledger::{Ledger, LedgerChecks, OpenOrder, Told};
use crate::lobster::{Row, RowLevel};
use crate::recording::Recording;

/// Differences that are kept in words; more are only counted.
const DIFFERENCES_KEPT_MAX: usize = 16;

/// A book that can be driven command by command.
pub trait DrivenBook {
    /// Carries one command out, at `time_ns` of the recording (nanoseconds from any fixed point).
    ///
    /// # Errors
    ///
    /// Returns an error where the book cannot go on; a refusal is an [`Outcome`].
    fn carry_out(&mut self, time_ns: u64, command: &FlowCommand) -> Result<Outcome, ReplayError>;

    /// Returns what the last command did to each order, where the book can tell.
    fn told(&self) -> &[Told] {
        &[]
    }

    /// Returns all live orders, where the book can tell.
    fn open_orders(&self) -> Option<Vec<OpenOrder>> {
        None
    }

    /// Puts the best levels of a side into `out`, best first, at most `levels`.
    fn best_levels(&self, side: Side, levels: usize, out: &mut Vec<RowLevel>);
}

/// What a command did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Why it was refused.
    pub refused: Option<RejectReason>,
    /// What it executed as the aggressor; the count is that of its fills.
    pub executed: ExecutionTotals,
}

/// Drives every step of `recording` into `book` and checks executions, rows and orders.
///
/// # Errors
///
/// Returns an error where the recording is damaged or the book cannot go on.
pub fn drive<R: Recording + ?Sized, B: DrivenBook>(
    recording: &mut R,
    book: &mut B,
) -> Result<FlowChecks, ReplayError> {
    let mut checks = FlowChecks::default();
    let mut levels = Vec::new();
    let strict = recording.entries_rest();
    let decimals = recording.totals().quantity_decimals();
    let mut ledger = recording
        .trades()
        .map(|trades| Ledger::new(trades, decimals));
    while let Some(step) = recording.next_step()? {
        for command in step.commands {
            let outcome = book.carry_out(step.time_ns, command)?;
            checks.command(step.line, command, &outcome, strict);
            if let Some(ledger) = &mut ledger {
                book.told().iter().for_each(|told| ledger.told(told));
            }
        }
        if let (Some(ledger), Some(leaves)) = (&mut ledger, step.leaves) {
            ledger.recorded_leaves(leaves);
        }
        if let Some(row) = step.row {
            for side in [Side::Sell, Side::Buy] {
                book.best_levels(side, row.levels, &mut levels);
                checks.levels(&step, row, side, &levels);
            }
            checks.rows += 1;
        }
    }
    if let Some(ledger) = ledger {
        let resting = recording.last_orders();
        let mut found = ledger.finish(resting);
        if let Some(orders) = book.open_orders() {
            let in_book = ledger.compare_resting(resting, orders.into_iter(), &mut found);
            found.resting_in_book = Some(in_book);
        }
        checks.ledger = Some(found);
    }
    Ok(checks)
}

/// What was checked, and what differed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowChecks {
    /// Rows compared.
    pub rows: u64,
    /// Level places compared, both sides.
    pub levels: u64,
    /// Level places at which book and row differ.
    pub level_differences: u64,
    /// Commands carried out.
    pub commands: u64,
    /// Commands that were refused and must not be.
    pub refused: u64,
    /// Post-only orders.
    pub post_only: u64,
    /// Those that were refused because they would take.
    pub post_only_refused: u64,
    /// Their cancels that found no order: as many as were refused.
    pub withdrawals_refused: u64,
    /// Immediate-or-cancel orders.
    pub takes: u64,
    /// Those that did not execute the recorded quantity at the recorded price.
    pub takes_different: u64,
    /// Those with several fills.
    pub takes_with_several_fills: u64,
    /// Their executions.
    pub executed: ExecutionTotals,
    /// Day orders that traded on entry where the recording says that they rested.
    pub entries_that_traded: u64,
    /// What was compared order by order, where the recording names the orders that traded.
    pub ledger: Option<LedgerChecks>,
    /// The first differences in words.
    pub differences: Vec<Difference>,
}

impl FlowChecks {
    /// Returns whether nothing differed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.level_differences == 0
            && self.refused == 0
            && self.post_only_refused == self.withdrawals_refused
            && self.ledger.as_ref().is_none_or(LedgerChecks::passed)
            && self.takes_different == 0
            && self.entries_that_traded == 0
    }

    /// Counts one command. Where `strict`, the recording tells what it must have executed.
    pub fn command(&mut self, line: u64, command: &FlowCommand, outcome: &Outcome, strict: bool) {
        self.commands += 1;
        if let Some(reason) = outcome.refused {
            self.refusal(line, command, reason);
        }
        if !matches!(command.action, Action::Take { .. }) && !strict {
            self.executed.merge(&outcome.executed);
        }
        match command.action {
            Action::Take { expected, .. } => {
                self.takes += 1;
                self.takes_with_several_fills += u64::from(outcome.executed.count > 1);
                self.executed.merge(&outcome.executed);
                let Some(expected) = expected else {
                    return;
                };
                let whole = outcome.executed.quantity == expected.quantity.get()
                    && outcome.executed.notional == expected.notional;
                if !whole {
                    self.takes_different += 1;
                    let (executed, recorded) = (outcome.executed.quantity, expected.quantity.get());
                    self.keep(line, DifferenceKind::Take { executed, recorded });
                }
            }
            Action::Enter { .. } if strict && outcome.executed.count > 0 => {
                self.entries_that_traded += 1;
                self.keep(line, DifferenceKind::EntryTraded(outcome.executed.quantity));
            }
            Action::Post { .. } => self.post_only += 1,
            Action::Enter { .. }
            | Action::Market { .. }
            | Action::Reduce { .. }
            | Action::Cancel { .. }
            | Action::Withdraw { .. } => {}
        }
    }

    fn refusal(&mut self, line: u64, command: &FlowCommand, reason: RejectReason) {
        match (command.action, reason) {
            (Action::Post { .. }, RejectReason::PostOnlyWouldTake) => self.post_only_refused += 1,
            (Action::Withdraw { .. }, RejectReason::UnknownOrder | RejectReason::OrderNotLive) => {
                self.withdrawals_refused += 1;
            }
            _ => {
                self.refused += 1;
                self.keep(line, DifferenceKind::Refused(reason));
            }
        }
    }

    /// Compares one side of the book with the recorded row.
    fn levels(&mut self, step: &Step<'_>, row: &Row, side: Side, levels: &[RowLevel]) {
        let recorded = row.side(side);
        for place in 0..row.levels {
            self.levels += 1;
            let (expected, actual) = (recorded.get(place), levels.get(place));
            if expected != actual {
                self.level_differences += 1;
                let difference = LevelDifference {
                    side,
                    level: place + 1,
                    recorded: expected.copied(),
                    actual: actual.copied(),
                };
                self.keep(step.line, DifferenceKind::Level(difference));
            }
        }
    }

    fn keep(&mut self, line: u64, kind: DifferenceKind) {
        if self.differences.len() < DIFFERENCES_KEPT_MAX {
            self.differences.push(Difference { line, kind });
        }
    }
}

/// One difference between recording and book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Line of the message file after which it showed; 0 for the opening book.
    pub line: u64,
    /// What differs.
    pub kind: DifferenceKind,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// A command was refused.
    Refused(RejectReason),
    /// An immediate-or-cancel order executed another quantity, or this one at another price.
    Take {
        /// What it executed.
        executed: u64,
        /// What was recorded.
        recorded: u64,
    },
    /// A day order executed this on entry.
    EntryTraded(u64),
    /// A level of the book.
    Level(LevelDifference),
}

/// A level at which book and row differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelDifference {
    /// Its side.
    pub side: Side,
    /// Its place, from 1 for the best.
    pub level: usize,
    /// What the row shows.
    pub recorded: Option<RowLevel>,
    /// What the book shows.
    pub actual: Option<RowLevel>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        match &self.kind {
            DifferenceKind::Refused(reason) => write!(formatter, "refused: {}", reason.text()),
            DifferenceKind::Take { executed, recorded } if executed == recorded => {
                write!(
                    formatter,
                    "{executed} executed at other prices than recorded"
                )
            }
            DifferenceKind::Take { executed, recorded } => {
                write!(formatter, "{executed} executed, {recorded} recorded")
            }
            DifferenceKind::EntryTraded(quantity) => {
                write!(
                    formatter,
                    "{quantity} executed by an order that was recorded to rest"
                )
            }
            DifferenceKind::Level(level) => {
                let side = match level.side {
                    Side::Buy => "bid",
                    Side::Sell => "ask",
                };
                write!(formatter, "{side} {}: recorded ", level.level)?;
                write_level(formatter, level.recorded)?;
                formatter.write_str(", book has ")?;
                write_level(formatter, level.actual)
            }
        }
    }
}

fn write_level(formatter: &mut fmt::Formatter<'_>, level: Option<RowLevel>) -> fmt::Result {
    match level {
        Some(level) => {
            let price = crate::decimal::Decimal::price(level.price);
            write!(formatter, "{} at {price}", level.quantity)
        }
        None => formatter.write_str("no level"),
    }
}
