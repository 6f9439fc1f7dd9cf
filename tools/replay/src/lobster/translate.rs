//! The translation of a LOBSTER recording into order flow.
//!
//! Six rules: the opening book is the first row with the first message undone, one seed order a
//! level; a message is one command or none; a cancel that the shadow cannot serve from its order
//! takes from the seed at the price, then from the newest; an execution is one
//! immediate-or-cancel order that takes whoever is in front; after each message levels leave and
//! enter at the edge of the recorded range, and only there; the rest is for the engine to show.
//! It must not know an engine: what would execute is never asked, only what was recorded.

use matchgate_core::domain::{Price, Quantity, Side};

use super::message::{Message, MessageType};
use super::reader::Reader;
use super::row::{Row, RowLevel, is_worse};
use super::shadow::{QueuePlace, Shadow, ShadowOrder, Withdrawal};
use crate::flow::{
    Action, CommandNumber, ExecutionTotals, ExpectedExecution, FlowCommand, Owner, Step,
};
use crate::recording::{LineFault, Recording, RecordingError, RecordingTotals};

/// What becomes of recorded executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Executions {
    /// Each is one immediate-or-cancel order.
    #[default]
    OneByOne,
    /// A run of the same nanosecond and side is one immediate-or-cancel order at its worst price;
    /// hidden executions may stand between. Levels that came into view inside the run are entered
    /// before it, and the book is compared after its last message only.
    SweepsJoined,
}

/// What a translation met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TranslationTotals {
    /// Messages of each type, in the order of [`MessageType::ALL`].
    pub messages: [u64; 7],
    /// Commands made.
    pub commands: u64,
    /// Levels of the opening book.
    pub opening_levels: u64,
    /// Executions of displayed orders.
    pub displayed: ExecutionTotals,
    /// Executions of hidden orders; they make no command.
    pub hidden: ExecutionTotals,
    /// Immediate-or-cancel orders made.
    pub takes: u64,
    /// Executions at the best price of the recorded book.
    pub at_best: u64,
    /// Executions whose named order was first in its recorded queue.
    pub at_front: u64,
    /// Executions whose named order is part of a seed.
    pub on_seed: u64,
    /// Executions whose named order had another one before it.
    pub not_front: u64,
    /// Levels that left at the edge.
    pub levels_dropped: u64,
    /// Levels that came into view at the edge.
    pub levels_revealed: u64,
    /// Those of them that came into view inside a joined run.
    pub levels_revealed_in_runs: u64,
    /// Canceled quantity of which the shadow knew nothing at the price.
    pub unmatched_quantity: u64,
}

/// Translates one recording, message by message. Memory: the live orders of the recorded range.
#[derive(Debug)]
pub struct Translator {
    reader: Reader,
    executions: Executions,
    /// What was sent: executions take whoever is in front.
    sent: Shadow,
    /// What was recorded: executions take the order that they name. Statistics only.
    recorded: Shadow,
    totals: TranslationTotals,
    commands: Vec<FlowCommand>,
    withdrawals: Vec<Withdrawal>,
    /// The first message of the next step, where it is read already.
    ahead: Option<Message>,
    opened: bool,
    /// The row after the last message of the step.
    row: Row,
}

/// Executions of one nanosecond and side that become one order.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: Message,
    worst: Price,
    totals: ExecutionTotals,
    line: u64,
    edge: Option<Price>,
}

impl Translator {
    /// Translates what `reader` reads; it must not have been read from.
    #[must_use]
    pub fn new(reader: Reader, executions: Executions) -> Self {
        Self {
            reader,
            executions,
            sent: Shadow::default(),
            recorded: Shadow::default(),
            totals: TranslationTotals::default(),
            commands: Vec::new(),
            withdrawals: Vec::new(),
            ahead: None,
            opened: false,
            row: Row::default(),
        }
    }

    /// Returns what was met so far.
    #[must_use]
    pub const fn totals(&self) -> &TranslationTotals {
        &self.totals
    }

    /// Returns whether there is a book to compare with.
    #[must_use]
    pub const fn has_order_book(&self) -> bool {
        self.reader.has_order_book()
    }

    /// Returns the recorded book after the last step, where there is one.
    #[must_use]
    pub fn last_row(&self) -> Option<&Row> {
        (self.has_order_book() && self.totals.messages != [0; 7]).then_some(&self.row)
    }

    /// Returns the next step; `None` at the end. The first step is the opening book, where the
    /// recording has one.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where a line cannot be read or contradicts the
    /// lines before it.
    pub fn next_step(&mut self) -> Result<Option<Step<'_>>, RecordingError> {
        self.commands.clear();
        if !self.opened {
            self.opened = true;
            self.ahead = self.reader.next_message()?;
            if let (Some(first), true) = (self.ahead, self.reader.has_order_book()) {
                self.open_book(&first)?;
                return Ok(Some(Step {
                    line: 0,
                    time_ns: first.time_ns,
                    commands: &self.commands,
                    row: None,
                    leaves: None,
                }));
            }
        }
        let message = match self.ahead.take() {
            Some(message) => message,
            None => match self.reader.next_message()? {
                Some(message) => message,
                None => return Ok(None),
            },
        };
        let joins = self.executions == Executions::SweepsJoined;
        if joins && message.kind == MessageType::Execution {
            return self.joined_run(&message).map(Some);
        }
        self.translate(&message)?;
        self.reader.swap_row(&mut self.row);
        self.repair();
        Ok(Some(self.step(self.reader.line(), message.time_ns)))
    }

    /// Enters the first row with the first message undone.
    fn open_book(&mut self, first: &Message) -> Result<(), RecordingError> {
        let Some(row) = self.reader.row() else {
            return Ok(());
        };
        let mut opening = row.clone();
        undo(&mut opening, first).map_err(|fault| self.reader.fault(fault))?;
        for side in [Side::Sell, Side::Buy] {
            for level in opening.side(side) {
                self.totals.opening_levels += 1;
                self.enter(side, level.price, level.quantity, None);
            }
        }
        Ok(())
    }

    fn translate(&mut self, message: &Message) -> Result<(), RecordingError> {
        self.totals.messages[message.kind.index()] += 1;
        match message.kind {
            MessageType::Add => self.add(message),
            MessageType::PartialCancel | MessageType::Delete => self.withdraw(message),
            MessageType::Execution => {
                self.count_execution(message);
                let notional = message.price.notional(Quantity::new(message.quantity));
                let totals = ExecutionTotals {
                    count: 1,
                    quantity: message.quantity,
                    notional,
                };
                self.take(message.side, message.price, &totals);
                Ok(())
            }
            MessageType::HiddenExecution => {
                self.count_hidden(message);
                Ok(())
            }
            MessageType::Cross | MessageType::Halt => Ok(()),
        }
    }

    fn add(&mut self, message: &Message) -> Result<(), RecordingError> {
        if self.sent.knows(message.id) || self.recorded.knows(message.id) {
            return Err(self.contradiction(message, "is added while it is live"));
        }
        self.enter(
            message.side,
            message.price,
            message.quantity,
            Some(message.id),
        );
        Ok(())
    }

    fn withdraw(&mut self, message: &Message) -> Result<(), RecordingError> {
        let level = (message.side, message.price);
        if self
            .sent
            .place(message.id)
            .is_some_and(|place| place != level)
        {
            return Err(self.contradiction(message, "is canceled at another price or side"));
        }
        self.withdraw_recorded(message);
        let mut withdrawals = std::mem::take(&mut self.withdrawals);
        let quantity = message.quantity;
        self.totals.unmatched_quantity +=
            self.sent
                .withdraw(message.id, level, quantity, &mut withdrawals);
        for withdrawal in withdrawals.drain(..) {
            let action = match withdrawal {
                Withdrawal::Cancel(target) => Action::Cancel { target },
                Withdrawal::Reduce(target, quantity) => Action::Reduce {
                    target,
                    quantity: Quantity::new(quantity),
                },
            };
            self.push(message.id, action);
        }
        self.withdrawals = withdrawals;
        Ok(())
    }

    fn withdraw_recorded(&mut self, message: &Message) {
        let level = (message.side, message.price);
        let quantity = message.quantity;
        self.recorded
            .withdraw(message.id, level, quantity, &mut self.withdrawals);
        self.withdrawals.clear();
    }

    fn count_execution(&mut self, message: &Message) {
        let quantity = Quantity::new(message.quantity);
        let notional = message.price.notional(quantity);
        self.totals.displayed.add(quantity, notional);
        let best = self.recorded.best(message.side) == Some(message.price);
        self.totals.at_best += u64::from(best);
        let place = self
            .recorded
            .queue_place(message.id, message.side, message.price);
        self.withdraw_recorded(message);
        match place {
            QueuePlace::Front => self.totals.at_front += 1,
            QueuePlace::Seed => self.totals.on_seed += 1,
            QueuePlace::NotFront => self.totals.not_front += 1,
        }
    }

    fn count_hidden(&mut self, message: &Message) {
        let quantity = Quantity::new(message.quantity);
        self.totals
            .hidden
            .add(quantity, message.price.notional(quantity));
    }

    /// Makes one immediate-or-cancel order against `resting` of what `recorded` executed.
    fn take(&mut self, resting: Side, limit: Price, recorded: &ExecutionTotals) {
        let side = resting.opposite();
        let quantity = Quantity::new(recorded.quantity);
        self.sent.take(side, limit, recorded.quantity);
        self.totals.takes += 1;
        // Without the opening book there is less to take than there was.
        let expected = self.reader.has_order_book().then_some(ExpectedExecution {
            quantity,
            notional: recorded.notional,
        });
        let action = Action::Take {
            side,
            price: limit,
            quantity,
            expected,
        };
        self.push(0, action);
    }

    /// Reads a run of executions to its end and makes one order of it.
    fn joined_run(&mut self, first: &Message) -> Result<Step<'_>, RecordingError> {
        let mut run = Run {
            first: *first,
            worst: first.price,
            totals: ExecutionTotals::default(),
            line: 0,
            edge: self.sent.worst(first.side),
        };
        let mut message = *first;
        loop {
            self.absorb(&mut run, &message);
            self.reader.swap_row(&mut self.row);
            let next = self.reader.next_message()?;
            let Some(next) = next.filter(|next| run.takes_in(next)) else {
                self.ahead = next;
                break;
            };
            // What the row in between shows beyond the edge must be there for the rest to meet.
            self.reveal_in_run(&mut run);
            message = next;
        }
        self.take(run.first.side, run.worst, &run.totals);
        self.repair();
        Ok(self.step(run.line, run.first.time_ns))
    }

    fn absorb(&mut self, run: &mut Run, message: &Message) {
        self.totals.messages[message.kind.index()] += 1;
        run.line = self.reader.line();
        if message.kind == MessageType::HiddenExecution {
            self.count_hidden(message);
            return;
        }
        self.count_execution(message);
        let quantity = Quantity::new(message.quantity);
        run.totals.add(quantity, message.price.notional(quantity));
        if is_worse(message.side, message.price, run.worst) {
            run.worst = message.price;
        }
    }

    fn reveal_in_run(&mut self, run: &mut Run) {
        if !self.reader.has_order_book() {
            return;
        }
        let side = run.first.side;
        let row = std::mem::take(&mut self.row);
        for level in row.side(side) {
            if run
                .edge
                .is_none_or(|edge| is_worse(side, level.price, edge))
            {
                run.edge = Some(level.price);
                self.totals.levels_revealed += 1;
                self.totals.levels_revealed_in_runs += 1;
                self.enter(side, level.price, level.quantity, None);
            }
        }
        self.row = row;
    }

    /// Lets levels leave and enter at the edge of the recorded range, nowhere else.
    fn repair(&mut self) {
        let row = std::mem::take(&mut self.row);
        if self.reader.has_order_book() {
            self.repair_side(Side::Sell, &row.asks);
            self.repair_side(Side::Buy, &row.bids);
        }
        self.row = row;
    }

    fn repair_side(&mut self, side: Side, levels: &[RowLevel]) {
        // A row without a level says nothing of an edge: what is left then is a difference.
        let Some(last) = levels.last() else {
            return;
        };
        self.recorded.drop_beyond(side, last.price);
        let (levels_dropped, orders) = self.sent.drop_beyond(side, last.price);
        self.totals.levels_dropped += levels_dropped;
        for target in orders {
            self.push(0, Action::Cancel { target });
        }
        let edge = self.sent.worst(side);
        for level in levels {
            if edge.is_none_or(|edge| is_worse(side, level.price, edge)) {
                self.totals.levels_revealed += 1;
                self.enter(side, level.price, level.quantity, None);
            }
        }
    }

    fn step(&self, line: u64, time_ns: u64) -> Step<'_> {
        Step {
            line,
            time_ns,
            commands: &self.commands,
            row: self.reader.has_order_book().then_some(&self.row),
            leaves: None,
        }
    }

    fn enter(&mut self, side: Side, price: Price, quantity: u64, id: Option<u64>) {
        let action = Action::Enter {
            owner: id.map_or(Owner::Seed, |_| Owner::Recorded),
            side,
            price,
            quantity: Quantity::new(quantity),
        };
        let number = self.push(id.unwrap_or(0), action);
        let order = ShadowOrder {
            number,
            id,
            order_quantity: quantity,
            leaves: quantity,
        };
        self.sent.enter(side, price, order);
        self.recorded.enter(side, price, order);
    }

    fn push(&mut self, id: u64, action: Action) -> CommandNumber {
        self.totals.commands += 1;
        let number = CommandNumber(self.totals.commands);
        self.commands.push(FlowCommand { number, id, action });
        number
    }

    fn contradiction(&self, message: &Message, reason: &'static str) -> RecordingError {
        self.reader.fault(LineFault::Contradiction {
            id: message.id,
            reason,
        })
    }
}

impl Run {
    fn takes_in(&self, next: &Message) -> bool {
        let together = next.time_ns == self.first.time_ns;
        match next.kind {
            MessageType::Execution => together && next.side == self.first.side,
            MessageType::HiddenExecution => together,
            MessageType::Add
            | MessageType::PartialCancel
            | MessageType::Delete
            | MessageType::Cross
            | MessageType::Halt => false,
        }
    }
}

impl Recording for Translator {
    fn next_step(&mut self) -> Result<Option<Step<'_>>, RecordingError> {
        Self::next_step(self)
    }

    fn totals(&self) -> RecordingTotals {
        RecordingTotals::Lobster(self.totals)
    }

    fn entries_rest(&self) -> bool {
        self.has_order_book()
    }

    fn last_row(&self) -> Option<&Row> {
        Self::last_row(self)
    }
}

/// Turns the row after `message` into the row before it.
fn undo(row: &mut Row, message: &Message) -> Result<(), LineFault> {
    let levels = row.side_mut(message.side);
    let at = levels.partition_point(|level| is_worse(message.side, message.price, level.price));
    let there = levels
        .get_mut(at)
        .filter(|level| level.price == message.price);
    match message.kind {
        MessageType::PartialCancel | MessageType::Delete | MessageType::Execution => match there {
            Some(level) => level.quantity = level.quantity.saturating_add(message.quantity),
            None => levels.insert(
                at,
                RowLevel {
                    price: message.price,
                    quantity: message.quantity,
                },
            ),
        },
        MessageType::Add => {
            let left = there.and_then(|level| {
                level.quantity = level.quantity.checked_sub(message.quantity)?;
                Some(level.quantity)
            });
            match left {
                Some(0) => drop(levels.remove(at)),
                Some(_) => {}
                None => {
                    return Err(LineFault::Contradiction {
                        id: message.id,
                        reason: "is added by the first message but not in the first row",
                    });
                }
            }
        }
        MessageType::HiddenExecution | MessageType::Cross | MessageType::Halt => {}
    }
    Ok(())
}
