//! The translation of a Bitstamp recording into order flow.
//!
//! Six rules: the rows of the opening book are limit orders, in the order of the file; opening
//! orders that were gone before the live rows began are left out; an order that comes and goes in
//! one moment is post-only, and canceled after; an order at the end of prices is a market order,
//! and where its size was told in money, its size is what it traded; a changed row is a fill, to
//! be compared; a deleted row cancels what it says was left, or is a fill where that is nothing.
//! It must not know an engine: what would execute is never asked, only what was recorded.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use matchgate_core::domain::Quantity;

use super::events::{Event, EventKind, Events};
use super::files::BitstampFiles;
use super::meta::Meta;
use super::order_row::OrderRow;
use super::stale::stale_orders;
use super::trades::Trades;
use crate::flow::{
    Action, CommandNumber, ExecutionTotals, FlowCommand, Owner, RecordedLeaves, Step,
};
use crate::ledger::{RecordedOrder, RecordedTrade};
use crate::lobster::Row;
use crate::recording::{LineFault, Recording, RecordingError, RecordingTotals};

/// What a translation met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BitstampTotals {
    /// Rows of the opening book.
    pub opening: u64,
    /// Those of them that were gone before the live rows began.
    pub stale: u64,
    /// Limit orders that came.
    pub limit: u64,
    /// Orders that came and went in one moment.
    pub post_only: u64,
    /// Market orders.
    pub market: u64,
    /// Those of them whose size was told in money.
    pub cash_sized: u64,
    /// Rows that say what a fill left, and 0 is not it.
    pub changed: u64,
    /// Orders canceled.
    pub canceled: u64,
    /// Rows that say that a fill left nothing.
    pub filled: u64,
    /// Rows that end a market order with something left, which is gone by itself.
    pub market_remainders: u64,
    /// Rows that change or end an order which never came.
    pub unknown: u64,
    /// Rows of the book at the end.
    pub closing: u64,
    /// Commands made.
    pub commands: u64,
    /// Trades of the recording.
    pub trades: ExecutionTotals,
}

/// An order of the recording that has not ended there.
#[derive(Clone, Copy, Debug)]
struct KnownOrder {
    /// The command that entered it; `None` where there was nothing to enter.
    number: Option<CommandNumber>,
    /// Whether it is a market order, which never rests.
    market: bool,
    /// Whether its size is in the recording, so that what is left of it can be compared.
    sized: bool,
}

/// Translates one recording, event by event. Memory: its live orders and all trades.
#[derive(Debug)]
pub struct BitstampTranslator {
    events: Events,
    trades: Trades,
    stale: HashSet<u64>,
    known: HashMap<u64, KnownOrder>,
    closing: Vec<RecordedOrder>,
    totals: BitstampTotals,
    commands: Vec<FlowCommand>,
}

impl BitstampTranslator {
    /// Opens a recording and reads it through once for its stale orders.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where one cannot be read or does not fit.
    pub(crate) fn open(files: &BitstampFiles) -> Result<Self, RecordingError> {
        let meta = Meta::read(&files.meta)?;
        let trades = Trades::read(files, &meta)?;
        let stale = stale_orders(Events::open(files, &meta)?, &trades)?;
        let mut totals = BitstampTotals::default();
        for trade in trades.all.iter() {
            let notional = trade.price.notional(trade.quantity);
            totals.trades.add(trade.quantity, notional);
        }
        Ok(Self {
            events: Events::open(files, &meta)?,
            trades,
            stale,
            known: HashMap::new(),
            closing: Vec::new(),
            totals,
            commands: Vec::new(),
        })
    }

    /// Returns what is to be compared.
    fn translate(&mut self, event: &Event) -> Result<Option<RecordedLeaves>, RecordingError> {
        let Event {
            line, ref order, ..
        } = *event;
        match event.kind {
            EventKind::Opening => {
                self.totals.opening += 1;
                if self.stale.contains(&order.id) {
                    self.totals.stale += 1;
                } else {
                    self.enter_limit(line, order)?;
                }
            }
            EventKind::Limit => {
                self.totals.limit += 1;
                self.enter_limit(line, order)?;
            }
            EventKind::PostOnly => self.come_and_go(line, order)?,
            EventKind::Market => self.enter_market(line, order)?,
            EventKind::Changed => {
                self.totals.changed += 1;
                return Ok(self.leaves(line, order));
            }
            EventKind::Deleted => return Ok(self.end(line, order)),
            EventKind::Closing => {
                self.totals.closing += 1;
                if !self.stale.contains(&order.id) {
                    self.closing.push(RecordedOrder {
                        id: order.id,
                        side: order.side,
                        price: order.price,
                        leaves: Quantity::new(order.quantity),
                    });
                }
            }
        }
        Ok(None)
    }

    fn enter_limit(&mut self, line: u64, order: &OrderRow) -> Result<(), RecordingError> {
        self.check_new(line, order)?;
        let action = Action::Enter {
            owner: Owner::Recorded,
            side: order.side,
            price: order.price,
            quantity: Quantity::new(order.quantity),
        };
        let number = self.push(order.id, action);
        let known = KnownOrder {
            number: Some(number),
            market: false,
            sized: true,
        };
        self.known.insert(order.id, known);
        Ok(())
    }

    fn come_and_go(&mut self, line: u64, order: &OrderRow) -> Result<(), RecordingError> {
        self.check_new(line, order)?;
        self.totals.post_only += 1;
        let action = Action::Post {
            side: order.side,
            price: order.price,
            quantity: Quantity::new(order.quantity),
        };
        let target = self.push(order.id, action);
        self.push(order.id, Action::Withdraw { target });
        Ok(())
    }

    fn enter_market(&mut self, line: u64, order: &OrderRow) -> Result<(), RecordingError> {
        self.check_new(line, order)?;
        self.totals.market += 1;
        let sized = order.quantity > 0;
        let quantity = if sized {
            order.quantity
        } else {
            self.totals.cash_sized += 1;
            self.trades.taken_by(order.id)
        };
        let action = Action::Market {
            side: order.side,
            quantity: Quantity::new(quantity),
        };
        let number = (quantity > 0).then(|| self.push(order.id, action));
        let known = KnownOrder {
            number,
            market: true,
            sized,
        };
        self.known.insert(order.id, known);
        Ok(())
    }

    fn end(&mut self, line: u64, order: &OrderRow) -> Option<RecordedLeaves> {
        let Some(known) = self.known.get(&order.id).copied() else {
            self.totals.unknown += 1;
            return None;
        };
        let leaves = if order.quantity == 0 {
            self.totals.filled += 1;
            self.leaves(line, order)
        } else if known.market {
            self.totals.market_remainders += 1;
            None
        } else {
            self.totals.canceled += 1;
            if let Some(target) = known.number {
                self.push(order.id, Action::Cancel { target });
            }
            None
        };
        self.known.remove(&order.id);
        leaves
    }

    fn leaves(&mut self, line: u64, order: &OrderRow) -> Option<RecordedLeaves> {
        let Some(known) = self.known.get(&order.id) else {
            self.totals.unknown += 1;
            return None;
        };
        known.sized.then_some(RecordedLeaves {
            line,
            id: order.id,
            leaves: Quantity::new(order.quantity),
        })
    }

    fn check_new(&self, line: u64, order: &OrderRow) -> Result<(), RecordingError> {
        if !self.known.contains_key(&order.id) {
            return Ok(());
        }
        let fault = LineFault::Contradiction {
            id: order.id,
            reason: "is created while it is live",
        };
        Err(self.events.fault_at(line, fault))
    }

    fn push(&mut self, id: u64, action: Action) -> CommandNumber {
        self.totals.commands += 1;
        let number = CommandNumber(self.totals.commands);
        self.commands.push(FlowCommand { number, id, action });
        number
    }
}

impl Recording for BitstampTranslator {
    fn next_step(&mut self) -> Result<Option<Step<'_>>, RecordingError> {
        self.commands.clear();
        let Some(event) = self.events.next_event()? else {
            return Ok(None);
        };
        let leaves = self.translate(&event)?;
        Ok(Some(Step {
            line: event.line_last,
            time_ns: event.order.time_ns,
            commands: &self.commands,
            row: None,
            leaves,
        }))
    }

    fn totals(&self) -> RecordingTotals {
        RecordingTotals::Bitstamp(self.totals)
    }

    fn entries_rest(&self) -> bool {
        false
    }

    fn last_row(&self) -> Option<&Row> {
        None
    }

    fn trades(&self) -> Option<Arc<[RecordedTrade]>> {
        Some(self.trades.all.clone())
    }

    fn last_orders(&self) -> &[RecordedOrder] {
        &self.closing
    }
}
