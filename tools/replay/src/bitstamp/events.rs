//! A recording as a stream of events: which part of the session a row is, and what its order was.
//!
//! Constant memory: two rows at a time. It must not know a book.

use matchgate_core::domain::{Price, Side};

use super::columns::Columns;
use super::files::BitstampFiles;
use super::meta::Meta;
use super::order_row::{ORDER_COLUMNS, OrderRow, RowAction};
use crate::recording::lines::{Lines, field_fault};
use crate::recording::{LineFault, RecordingError};

/// How far the exchange's time may run backwards from row to row: rows are in the order in which
/// they arrived.
const TIME_BACK_MAX_NS: u64 = 1_000_000_000;
/// Price of a buy order without a limit; that of a sell order is 0.
const MARKET_BUY_PRICE: Price = Price::new(999_999_999 * Price::ONE);

/// What a row, or a pair of rows, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// An order of the opening book.
    Opening,
    /// A limit order came.
    Limit,
    /// A limit order came and went in one moment and whole: it was not to take.
    PostOnly,
    /// A market order came; its quantity is 0 where it was told in money.
    Market,
    /// An order traded in part.
    Changed,
    /// An order ended.
    Deleted,
    /// An order of the book at the end.
    Closing,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The line of the row.
    pub(crate) line: u64,
    /// The last line that went into it: of a pair the second.
    pub(crate) line_last: u64,
    /// What it is.
    pub(crate) kind: EventKind,
    /// The row; of a pair the first.
    pub(crate) order: OrderRow,
}

/// Part of the session to which a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Opening,
    Live,
    Closing,
}

/// Reads the order file from its first row to its last.
#[derive(Debug)]
pub(crate) struct Events {
    lines: Lines,
    columns: Columns<6>,
    meta: Meta,
    rows: u64,
    time_ns: u64,
    /// A row that was read to see what the one before it is.
    ahead: Option<(u64, Part, OrderRow)>,
}

impl Events {
    /// Opens the order file.
    ///
    /// # Errors
    ///
    /// Returns an error where it cannot be opened or lacks a column.
    pub(crate) fn open(files: &BitstampFiles, meta: &Meta) -> Result<Self, RecordingError> {
        let mut lines = files.orders.open()?;
        lines.advance()?;
        let columns = Columns::find(lines.text(), &ORDER_COLUMNS);
        let columns = columns.map_err(|fault| lines.fault(fault))?;
        Ok(Self {
            lines,
            columns,
            meta: meta.clone(),
            rows: 0,
            time_ns: 0,
            ahead: None,
        })
    }

    /// Returns the error that names a line read before.
    pub(crate) fn fault_at(&self, line: u64, fault: LineFault) -> RecordingError {
        RecordingError::Line {
            file: self.lines.file().to_owned(),
            line,
            fault,
        }
    }

    /// Reads the next event; `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where a row cannot be read or cannot stand where
    /// it does, or where there are more or fewer than the recorder counted.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, RecordingError> {
        let next = match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.next_row()?,
        };
        let Some((line, part, order)) = next else {
            return Ok(None);
        };
        let mut event = Event {
            line,
            line_last: line,
            kind: kind(part, &order),
            order,
        };
        if event.kind == EventKind::Limit {
            match self.next_row()? {
                Some((line, Part::Live, next)) if goes_at_once(&order, &next) => {
                    event.line_last = line;
                    event.kind = EventKind::PostOnly;
                }
                next => self.ahead = next,
            }
        }
        Ok(Some(event))
    }

    fn next_row(&mut self) -> Result<Option<(u64, Part, OrderRow)>, RecordingError> {
        let more = self.lines.advance()?;
        if more {
            self.rows += 1;
        }
        let counted = self.meta.rows;
        if self.rows > counted || (!more && self.rows < counted) {
            let count = if more { "more" } else { "fewer" };
            return Err(RecordingError::Files {
                path: self.lines.file().into(),
                reason: format!(
                    "holds {count} rows than the {counted} that were counted; the last is line {}",
                    self.lines.number()
                ),
            });
        }
        if !more {
            return Ok(None);
        }
        let part = if self.rows <= self.meta.opening {
            Part::Opening
        } else if self.rows > counted - self.meta.closing {
            Part::Closing
        } else {
            Part::Live
        };
        let row = OrderRow::parse(&self.columns, self.lines.text())
            .and_then(|row| self.check(part, row))
            .map_err(|fault| self.lines.fault(fault))?;
        self.time_ns = self.time_ns.max(row.time_ns);
        Ok(Some((self.lines.number(), part, row)))
    }

    /// Refuses a row that cannot stand where it does.
    fn check(&self, part: Part, row: OrderRow) -> Result<OrderRow, LineFault> {
        let [_, time, _, volume, action, _] = self.columns.pick(self.lines.text())?;
        if row.time_ns.saturating_add(TIME_BACK_MAX_NS) < self.time_ns {
            let reason = "is more than a second before a line before";
            return Err(field_fault("exchange_timestamp", time, reason));
        }
        match (part, row.action) {
            (Part::Opening, RowAction::Created)
            | (Part::Live, _)
            | (Part::Closing, RowAction::Deleted) => {}
            (Part::Opening, _) => {
                let reason = "is not created, which every row of the opening book is";
                return Err(field_fault("action", action, reason));
            }
            (Part::Closing, _) => {
                let reason = "is not deleted, which every row of the book at the end is";
                return Err(field_fault("action", action, reason));
            }
        }
        let may_be_empty = match kind(part, &row) {
            EventKind::Opening | EventKind::Limit | EventKind::PostOnly | EventKind::Closing => {
                false
            }
            EventKind::Market | EventKind::Changed | EventKind::Deleted => true,
        };
        if row.quantity == 0 && !may_be_empty {
            return Err(field_fault("volume", volume, "is not above 0"));
        }
        Ok(row)
    }
}

fn kind(part: Part, row: &OrderRow) -> EventKind {
    match (part, row.action) {
        (Part::Opening, _) => EventKind::Opening,
        (Part::Closing, _) => EventKind::Closing,
        (Part::Live, RowAction::Changed) => EventKind::Changed,
        (Part::Live, RowAction::Deleted) => EventKind::Deleted,
        (Part::Live, RowAction::Created) if has_no_limit(row) => EventKind::Market,
        (Part::Live, RowAction::Created) => EventKind::Limit,
    }
}

/// A limit order at the other side's end of prices rests; one at this side's end takes all.
fn has_no_limit(row: &OrderRow) -> bool {
    match row.side {
        Side::Buy => row.price == MARKET_BUY_PRICE,
        Side::Sell => row.price == Price::new(0),
    }
}

fn goes_at_once(created: &OrderRow, next: &OrderRow) -> bool {
    next.action == RowAction::Deleted
        && (next.id, next.time_ns, next.quantity) == (created.id, created.time_ns, created.quantity)
}
