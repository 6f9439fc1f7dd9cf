//! Replays order flow over a session at a venue and checks each answer against the recording.
//!
//! Commands are pipelined within a bounded window. Command n of the flow is request `base + n`,
//! so an order's request number follows from the command that entered it. The replay can stop at
//! any count of answers and go on later, over another connection or another process of the same
//! venue. It must not know a socket: requests and messages go through an [`OrderLink`].

use std::collections::{BTreeMap, VecDeque};

use matchgate_core::domain::{
    Name, OrderType, Price, Quantity, RejectReason, RequestNumber, SelfTradePrevention, Side,
    Symbol, TimeInForce,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecType, ExecutionReport, Liquidity, NewOrderRequest,
    OrderTarget, ReduceRequest, Report, ServerMessage,
};

use crate::drive::{FlowChecks, Outcome};
use crate::error::ReplayError;
use crate::flow::{Action, CommandNumber, ExecutionTotals, FlowCommand, Owner};
use crate::ledger::{Ledger, OpenOrder, RecordedOrder, Told, ToldLeg};
use crate::link::{LinkError, OrderLink, reconnect_within};
use crate::lobster::Row;
use crate::pace::{
    Latency, LatencyKind, SETTLE_MAX_NS, SILENCE_MAX_NS, SPIN_NS, Schedule, Speed, WAIT_MAX_NS,
};
use crate::recording::{Recording, RecordingTotals};
use crate::window::Window;

/// Levels of a side that are compared at the end, where the recorded book is whole.
pub const LEVELS_COMPARED_MAX: usize = 1_000;

/// How a recording is replayed over a session.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// What is traded.
    pub symbol: Symbol,
    /// Account of the recorded orders; `None` for the session's default.
    pub account: Option<Name>,
    /// Account of the seeds; `None` for the session's default.
    pub seed_account: Option<Name>,
    /// How fast.
    pub speed: Speed,
    /// Requests from the oldest unanswered to the newest, at the most; at least 1.
    pub window_max: usize,
    /// How long to try to connect anew, in nanoseconds, before the replay fails.
    pub reconnect_max_ns: u64,
}

/// Why [`WireReplay::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Every command is answered.
    Complete,
    /// As many commands are answered as were asked for. Others may be on their way.
    Stopped,
}

/// The book at the end, as a venue shows it.
pub trait FinalBook {
    /// Returns the best levels of a side, best first, at most `levels`: price and quantity.
    fn depth(&self, symbol: Symbol, side: Side, levels: usize) -> Vec<(Price, Quantity)>;

    /// Returns all live orders, where they can be seen one by one.
    fn open_orders(&self, _symbol: Symbol) -> Option<Vec<OpenOrder>> {
        None
    }
}

/// The orders at the end, which are compared with the venue's.
#[derive(Clone, Debug)]
pub struct FinalOrders {
    recorded: Vec<RecordedOrder>,
    ledger: Ledger,
}

/// What a replay over a session found.
#[derive(Clone, Debug)]
pub struct ReplaySummary {
    /// How fast.
    pub speed: Speed,
    /// What the translation met.
    pub totals: RecordingTotals,
    /// What was checked of the answers.
    pub checks: FlowChecks,
    /// Refusals by reason.
    pub refusals: BTreeMap<RejectReason, u64>,
    /// Executions as the resting orders' reports told them: the same again from the other side.
    pub resting: ExecutionTotals,
    /// Numbered messages received.
    pub reports: u64,
    /// Numbers that were left out.
    pub sequence_gaps: u64,
    /// Connections that had to be made anew.
    pub reconnects: u64,
    /// Nanoseconds from the first request to the last answer, pauses left out.
    pub elapsed_ns: u64,
    /// Round trips.
    pub latency: Latency,
    /// The recorded book after the last message, where there is one.
    pub final_row: Option<Row>,
    /// The recorded orders after the last step, and what the venue told of its own; where the
    /// recording names the orders that traded.
    pub final_orders: Option<FinalOrders>,
    /// Whether the venue's book at the end is the recorded one; `None` where it was not compared.
    pub final_book_equal: Option<bool>,
}

impl ReplaySummary {
    /// Compares the book at the end with the recorded one, where there is one: its levels, at most
    /// [`LEVELS_COMPARED_MAX`] a side, and its orders where both sides have them.
    pub fn check_final_book(&mut self, symbol: Symbol, book: &impl FinalBook) {
        if let Some(orders) = &self.final_orders {
            let levels_equal = [Side::Sell, Side::Buy].into_iter().all(|side| {
                let recorded = orders.levels(side, LEVELS_COMPARED_MAX);
                recorded == book.depth(symbol, side, LEVELS_COMPARED_MAX)
            });
            let mut orders_equal = true;
            if let (Some(open), Some(found)) = (book.open_orders(symbol), &mut self.checks.ledger) {
                let in_book =
                    orders
                        .ledger
                        .compare_resting(&orders.recorded, open.into_iter(), found);
                found.resting_in_book = Some(in_book);
                orders_equal = in_book.passed();
            }
            self.final_book_equal = Some(levels_equal && orders_equal);
            return;
        }
        let Some(row) = &self.final_row else {
            return;
        };
        let equal = [Side::Sell, Side::Buy].into_iter().all(|side| {
            let recorded = row.side(side).iter();
            let recorded = recorded.map(|level| (level.price, Quantity::new(level.quantity)));
            recorded.eq(book.depth(symbol, side, row.levels))
        });
        self.final_book_equal = Some(equal);
    }

    /// Returns whether nothing differed from the recording.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.passed()
            && self.sequence_gaps == 0
            && self.resting == self.checks.executed
            && self.final_book_equal != Some(false)
    }
}

impl FinalOrders {
    /// Returns the best recorded levels of a side, best first, at most `levels`.
    fn levels(&self, side: Side, levels: usize) -> Vec<(Price, Quantity)> {
        let mut sums: BTreeMap<Price, u64> = BTreeMap::new();
        for order in self.recorded.iter().filter(|order| order.side == side) {
            let sum = sums.entry(order.price).or_default();
            *sum = sum.saturating_add(order.leaves.get());
        }
        let level = |(price, quantity)| (price, Quantity::new(quantity));
        match side {
            Side::Buy => sums.into_iter().rev().take(levels).map(level).collect(),
            Side::Sell => sums.into_iter().take(levels).map(level).collect(),
        }
    }
}

/// One replay over a session. Between two calls of [`Self::run`] it holds everything needed to go
/// on, whatever became of the connection.
#[derive(Debug)]
pub struct WireReplay {
    recording: Box<dyn Recording>,
    options: ReplayOptions,
    base: u64,
    schedule: Schedule,
    due: VecDeque<DueCommand>,
    drained: bool,
    window: Window<InFlight>,
    /// What was told of each order, where the recording names the orders that traded.
    ledger: Option<Ledger>,
    sequence_last: Option<u64>,
    stopped_ns: Option<u64>,
    start_ns: u64,
    heard_ns: u64,
    summary: ReplaySummary,
}

/// A command whose time has a plan.
#[derive(Clone, Copy, Debug)]
struct DueCommand {
    command: FlowCommand,
    line: u64,
    due_ns: Option<u64>,
}

/// A command that was sent.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    command: FlowCommand,
    line: u64,
    from_ns: u64,
    answered: bool,
    outcome: Outcome,
}

impl WireReplay {
    /// Prepares a replay of what `recording` yields over `link`; nothing is sent yet.
    pub fn new(
        recording: impl Recording + 'static,
        options: ReplayOptions,
        link: &impl OrderLink,
    ) -> Self {
        let now_ns = link.now_ns();
        let kind = match options.speed {
            Speed::Max => LatencyKind::ServiceTime,
            Speed::Times(_) => LatencyKind::ResponseTime,
        };
        let first = link.next_request().get();
        let summary = ReplaySummary {
            speed: options.speed,
            totals: recording.totals(),
            checks: FlowChecks::default(),
            refusals: BTreeMap::new(),
            resting: ExecutionTotals::default(),
            reports: 0,
            sequence_gaps: 0,
            reconnects: 0,
            elapsed_ns: 0,
            latency: Latency::new(kind),
            final_row: None,
            final_orders: None,
            final_book_equal: None,
        };
        let decimals = summary.totals.quantity_decimals();
        let trades = recording.trades();
        Self {
            ledger: trades.map(|trades| Ledger::new(trades, decimals)),
            recording: Box::new(recording),
            base: first.saturating_sub(1),
            schedule: Schedule::new(options.speed, now_ns),
            due: VecDeque::new(),
            drained: false,
            window: Window::new(first, options.window_max.max(1)),
            sequence_last: None,
            stopped_ns: None,
            start_ns: now_ns,
            heard_ns: now_ns,
            summary,
            options,
        }
    }

    /// Returns the refusals so far, by reason.
    #[must_use]
    pub const fn refusals(&self) -> &BTreeMap<RejectReason, u64> {
        &self.summary.refusals
    }

    /// Returns how many commands are answered.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.window.completed()
    }

    /// Sends and receives until every command is answered, or `stop_after` of them are.
    ///
    /// # Errors
    ///
    /// Returns an error where the recording is damaged, the venue refuses the session, it cannot
    /// be reached for [`ReplayOptions::reconnect_max_ns`], or it leaves requests unanswered.
    pub fn run(
        &mut self,
        link: &mut impl OrderLink,
        stop_after: Option<u64>,
    ) -> Result<RunEnd, ReplayError> {
        let now_ns = link.now_ns();
        self.heard_ns = now_ns;
        if let Some(stopped_ns) = self.stopped_ns.take() {
            self.shift(now_ns.saturating_sub(stopped_ns));
        }
        loop {
            if stop_after.is_some_and(|count| self.answered() >= count) {
                self.stopped_ns = Some(link.now_ns());
                return Ok(RunEnd::Stopped);
            }
            let turn = match self.send_due(link) {
                Ok(()) if self.is_complete(link) => {
                    self.summary.elapsed_ns = link.now_ns().saturating_sub(self.start_ns);
                    return Ok(RunEnd::Complete);
                }
                Ok(()) => self.receive(link),
                Err(error) => Err(error),
            };
            match turn {
                Err(ReplayError::Link(LinkError::Lost(reason))) => {
                    reconnect_within(link, self.options.reconnect_max_ns, reason)?;
                    self.summary.reconnects += 1;
                    self.heard_ns = link.now_ns();
                }
                other => other?,
            }
        }
    }

    /// Returns whether every command is answered, and every recorded trade told to both sides: an
    /// order that rests is answered before its fills are told. A venue that makes fewer trades
    /// says nothing more.
    fn is_complete(&self, link: &impl OrderLink) -> bool {
        let answered = self.drained && self.due.is_empty() && self.window.is_empty();
        let settled = self.ledger.as_ref().is_none_or(Ledger::is_settled);
        answered && (settled || link.now_ns().saturating_sub(self.heard_ns) > SETTLE_MAX_NS)
    }

    /// Leaves a pause of the caller's out of every time that counts.
    fn shift(&mut self, pause_ns: u64) {
        self.schedule.shift(pause_ns);
        self.start_ns += pause_ns;
        for due_ns in self.due.iter_mut().filter_map(|next| next.due_ns.as_mut()) {
            *due_ns += pause_ns;
        }
        for sent in self.window.iter_mut() {
            sent.from_ns += pause_ns;
        }
    }

    /// Ends the replay and returns what it found.
    #[must_use]
    pub fn finish(mut self) -> ReplaySummary {
        self.summary.totals = self.recording.totals();
        self.summary.final_row = self.recording.last_row().cloned();
        if let Some(ledger) = self.ledger {
            let recorded = self.recording.last_orders().to_vec();
            self.summary.checks.ledger = Some(ledger.finish(&recorded));
            self.summary.final_orders = Some(FinalOrders { recorded, ledger });
        }
        self.summary
    }

    /// Sends all that is due and for which the window has room.
    fn send_due(&mut self, link: &mut impl OrderLink) -> Result<(), ReplayError> {
        let mut sent = false;
        while !self.window.is_full() {
            let Some(next) = self.next_command()? else {
                break;
            };
            let now_ns = link.now_ns();
            if next.due_ns.is_some_and(|due_ns| due_ns > now_ns) {
                break;
            }
            match link.send(&self.message(&next.command)) {
                Ok(()) => sent = true,
                Err(LinkError::Full) => break,
                Err(error) => return Err(error.into()),
            }
            self.due.pop_front();
            if let Some(due_ns) = next.due_ns {
                self.summary.latency.sent(due_ns, now_ns);
            }
            self.window.push(InFlight {
                command: next.command,
                line: next.line,
                from_ns: next.due_ns.unwrap_or(now_ns),
                answered: false,
                outcome: Outcome::default(),
            });
        }
        if sent {
            link.flush()?;
        }
        Ok(())
    }

    /// Returns the next command to be sent, which stays the next; `None` at the end.
    fn next_command(&mut self) -> Result<Option<DueCommand>, ReplayError> {
        while self.due.is_empty() && !self.drained {
            let Some(step) = self.recording.next_step()? else {
                self.drained = true;
                break;
            };
            if let (Some(ledger), Some(leaves)) = (&mut self.ledger, step.leaves) {
                ledger.recorded_leaves(leaves);
            }
            let due_ns = self.schedule.due_ns(step.time_ns);
            self.due
                .extend(step.commands.iter().map(|&command| DueCommand {
                    command,
                    line: step.line,
                    due_ns,
                }));
        }
        Ok(self.due.front().copied())
    }

    /// Takes every message that is there, after waiting for the first no longer than until the
    /// next request is due.
    fn receive(&mut self, link: &mut impl OrderLink) -> Result<(), ReplayError> {
        let now_ns = link.now_ns();
        let due_ns = match self.due.front() {
            Some(next) if !self.window.is_full() => next.due_ns,
            _ => None,
        };
        let mut wait_ns = match due_ns {
            Some(due_ns) => due_ns.saturating_sub(now_ns).saturating_sub(SPIN_NS),
            None => WAIT_MAX_NS,
        };
        wait_ns = wait_ns.min(WAIT_MAX_NS);
        while let Some(message) = link.poll(wait_ns)? {
            wait_ns = 0;
            self.heard_ns = link.now_ns();
            self.take_message(&message)?;
        }
        let silence_ns = link.now_ns().saturating_sub(self.heard_ns);
        if silence_ns > SILENCE_MAX_NS && !self.window.is_empty() {
            return Err(ReplayError::Silence {
                answered: self.answered(),
            });
        }
        Ok(())
    }

    fn take_message(&mut self, message: &ServerMessage) -> Result<(), ReplayError> {
        match message {
            ServerMessage::Report {
                sequence, report, ..
            } => {
                // After a reconnect a message may come a second time; it counts once.
                if self.sequence_last.is_some_and(|last| *sequence <= last) {
                    return Ok(());
                }
                if self.sequence_last.is_some_and(|last| *sequence > last + 1) {
                    self.summary.sequence_gaps += 1;
                }
                self.sequence_last = Some(*sequence);
                self.summary.reports += 1;
                self.take_report(report);
                Ok(())
            }
            ServerMessage::Logout { reason } => {
                Err(LinkError::Lost(reason.text().to_owned()).into())
            }
            // The answer to a repeated request comes again as the numbered message that it was.
            ServerMessage::LogonAnswer(_)
            | ServerMessage::RequestRepeated { .. }
            | ServerMessage::Heartbeat { .. } => Ok(()),
        }
    }

    fn take_report(&mut self, report: &Report) {
        match report {
            Report::Execution(report) => self.take_execution(report),
            Report::CancelReject(reject) => self.refuse(reject.request, reject.reason),
            Report::BusinessReject(reject) => self.refuse(reject.request, reject.reason),
            Report::MassCancel(_) => {}
        }
    }

    fn take_execution(&mut self, report: &ExecutionReport) {
        self.note_in_ledger(report);
        let notional = report.last_price.notional(report.last_quantity);
        match report.exec_type {
            ExecType::Trade if report.liquidity == Liquidity::Added => {
                self.summary.resting.add(report.last_quantity, notional);
            }
            ExecType::Trade => {
                let request = report.order_request;
                if let Some(pending) = self.window.get_mut(request.get()) {
                    pending.outcome.executed.add(report.last_quantity, notional);
                } else if self.recording.entries_rest() {
                    // A day order is complete once it is accepted: it must not trade on entry.
                    self.summary.checks.entries_that_traded += 1;
                } else {
                    let executed = &mut self.summary.checks.executed;
                    executed.add(report.last_quantity, notional);
                }
                if report.leaves.is_zero() {
                    self.complete(request);
                }
            }
            ExecType::New => {
                let rests = report.time_in_force == TimeInForce::Day;
                self.answer(report.request, rests);
            }
            ExecType::Rejected => {
                let reason = report.reject_reason.unwrap_or(RejectReason::Internal);
                self.refuse(report.request, reason);
            }
            ExecType::Canceled if report.request.get() == 0 => self.complete(report.order_request),
            ExecType::Canceled | ExecType::Reduced | ExecType::Replaced => {
                self.complete(report.request);
            }
            ExecType::Expired => self.complete(report.order_request),
            ExecType::Triggered | ExecType::Restated | ExecType::TradePrevented => {}
        }
    }

    fn note_in_ledger(&mut self, report: &ExecutionReport) {
        let Some(ledger) = &mut self.ledger else {
            return;
        };
        match report.exec_type {
            ExecType::New => {
                let entered = self.window.get_mut(report.request.get());
                let order = OpenOrder {
                    request: report.order_request,
                    side: report.side,
                    price: report.price,
                    leaves: report.leaves,
                };
                let id = entered.map_or(0, |entered| entered.command.id);
                ledger.told(&Told::Accepted(id, order));
            }
            ExecType::Trade => ledger.told_leg(ToldLeg {
                execution_id: report.execution_id,
                order: report.order_request,
                took: report.liquidity == Liquidity::Removed,
                price: report.last_price,
                quantity: report.last_quantity,
            }),
            ExecType::Canceled | ExecType::Expired => {
                ledger.told(&Told::Canceled(report.order_request));
            }
            ExecType::Rejected
            | ExecType::Reduced
            | ExecType::Replaced
            | ExecType::Triggered
            | ExecType::Restated
            | ExecType::TradePrevented => {}
        }
    }

    fn refuse(&mut self, request: RequestNumber, reason: RejectReason) {
        *self.summary.refusals.entry(reason).or_default() += 1;
        if let Some(pending) = self.window.get_mut(request.get()) {
            pending.outcome.refused = Some(reason);
        }
        self.complete(request);
    }

    fn complete(&mut self, request: RequestNumber) {
        self.answer(request, true);
    }

    /// Counts the first answer to a request; `done` where it is also the last.
    fn answer(&mut self, request: RequestNumber, done: bool) {
        let Some(pending) = self.window.get_mut(request.get()) else {
            return;
        };
        if !pending.answered {
            pending.answered = true;
            let from_ns = pending.from_ns;
            self.summary.latency.record(from_ns, self.heard_ns);
        }
        if done && let Some(pending) = self.window.complete(request.get()) {
            let strict = self.recording.entries_rest();
            let InFlight {
                line,
                command,
                outcome,
                ..
            } = pending;
            self.summary
                .checks
                .command(line, &command, &outcome, strict);
        }
    }

    fn message(&self, command: &FlowCommand) -> ClientMessage {
        let request = self.request(command.number);
        let target = |number| OrderTarget::Request(self.request(number));
        match command.action {
            Action::Enter {
                owner,
                side,
                price,
                quantity,
            } => ClientMessage::NewOrder(NewOrderRequest {
                account: self.account(owner),
                ..self.limit_order(request, side, price, quantity)
            }),
            Action::Post {
                side,
                price,
                quantity,
            } => ClientMessage::NewOrder(NewOrderRequest {
                post_only: true,
                ..self.limit_order(request, side, price, quantity)
            }),
            Action::Market { side, quantity } => ClientMessage::NewOrder(NewOrderRequest {
                order_type: OrderType::Market,
                time_in_force: TimeInForce::Ioc,
                ..self.limit_order(request, side, Price::new(0), quantity)
            }),
            Action::Take {
                side,
                price,
                quantity,
                ..
            } => ClientMessage::NewOrder(NewOrderRequest {
                time_in_force: TimeInForce::Ioc,
                ..self.limit_order(request, side, price, quantity)
            }),
            Action::Reduce {
                target: of,
                quantity,
            } => ClientMessage::Reduce(ReduceRequest {
                request,
                target: target(of),
                quantity,
            }),
            Action::Cancel { target: of } | Action::Withdraw { target: of } => {
                ClientMessage::Cancel(CancelRequest {
                    request,
                    target: target(of),
                })
            }
        }
    }

    /// One account plays all parts of the recorded market, so its orders trade with each other.
    const fn limit_order(
        &self,
        request: RequestNumber,
        side: Side,
        price: Price,
        quantity: Quantity,
    ) -> NewOrderRequest {
        let mut order = NewOrderRequest::limit(self.options.symbol, side, price, quantity)
            .with_self_trade(SelfTradePrevention::None);
        order.request = request;
        order.account = self.options.account;
        order
    }

    const fn account(&self, owner: Owner) -> Option<Name> {
        match owner {
            Owner::Recorded => self.options.account,
            Owner::Seed => self.options.seed_account,
        }
    }

    const fn request(&self, number: CommandNumber) -> RequestNumber {
        RequestNumber(self.base + number.0)
    }
}
