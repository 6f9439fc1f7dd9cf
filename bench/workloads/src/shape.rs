//! What a workload came to, in a line that can be printed beside a figure.

use std::fmt::{self, Display, Formatter};

use crate::OperationKind;
use crate::report::{Report, ReportKind};

/// Counts over the timed operations, and the book before and after them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Operations, by the number of their kind.
    pub kinds: [u64; 7],
    /// Operations that traded.
    pub trading: u64,
    /// Trades.
    pub fills: u64,
    /// Operations that were refused.
    pub rejected: u64,
    /// Orders that rested when the clock began.
    pub live_orders_before: usize,
    /// Orders that rest at the end.
    pub live_orders: usize,
    /// Prices with orders at the end, over both sides of all symbols.
    pub levels: usize,
}

impl Shape {
    /// Returns how many operations there are.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.kinds.iter().sum()
    }

    /// Returns how many operations of a kind there are.
    #[must_use]
    pub const fn count(&self, kind: OperationKind) -> u64 {
        self.kinds[kind as usize]
    }

    /// Returns the share of a kind, in hundredths of a percent.
    #[must_use]
    pub fn share(&self, kind: OperationKind) -> u64 {
        self.part(self.count(kind))
    }

    /// Returns what part `count` is of all operations, in hundredths of a percent.
    #[must_use]
    pub fn part(&self, count: u64) -> u64 {
        10_000 * count / self.operations().max(1)
    }

    /// Counts an operation and what was answered to it.
    pub(crate) fn add(&mut self, kind: OperationKind, answers: &[Report]) {
        self.kinds[kind as usize] += 1;
        let count = |wanted: fn(ReportKind) -> bool| {
            answers.iter().filter(|one| wanted(one.kind)).count() as u64
        };
        let fills = count(|kind| kind == ReportKind::Trade);
        self.fills += fills;
        self.trading += u64::from(fills > 0);
        self.rejected +=
            count(|kind| matches!(kind, ReportKind::CancelReject | ReportKind::ModifyReject));
    }
}

impl Display for Shape {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} operations:", self.operations())?;
        let mut separator = "";
        for kind in OperationKind::ALL {
            if self.count(kind) > 0 {
                let percent = Percent(self.share(kind));
                write!(formatter, "{separator} {} {percent}", kind.name())?;
                separator = ",";
            }
        }
        write!(
            formatter,
            "; {} trade, {} fills, {} refused; {} orders before, {} after, on {} levels",
            Percent(self.part(self.trading)),
            self.fills,
            self.rejected,
            self.live_orders_before,
            self.live_orders,
            self.levels
        )
    }
}

/// Hundredths of a percent, to print.
struct Percent(u64);

impl Display for Percent {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}
