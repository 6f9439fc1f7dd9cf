//! A venue without sockets: a link whose clock and losses a test controls, and what answers.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};

use matchgate_core::domain::{
    CancelReason, ClientOrderId, EventId, Name, OrderId, OrderType, Price, Quantity, RejectReason,
    RequestNumber, SequenceNumber, Side, Symbol, TimeInForce,
};
use matchgate_schema::message::{
    CancelReject, ClientMessage, ExecType, ExecutionReport, Liquidity, NewOrderRequest,
    OrderStatus, OrderTarget, Report, ServerMessage,
};

use super::naive_book::{NaiveBook, NaiveFill};
use crate::drive::DrivenBook;
use crate::flow::{Action, CommandNumber, FlowCommand, Owner};
use crate::link::{LinkError, OrderLink};
use crate::session::FinalBook;

/// What a look at the clock costs, in nanoseconds.
const CLOCK_STEP_NS: u64 = 200;

/// What answers requests.
pub(crate) trait Answers {
    /// Puts the reports on one request into `reports`.
    fn answer(&mut self, message: &ClientMessage, reports: &mut Vec<Report>);
}

/// A venue with one session.
pub(crate) struct FakeVenue<A> {
    pub(crate) answers: A,
    now_ns: Cell<u64>,
    tail: VecDeque<ClientMessage>,
    reports: Vec<Report>,
    cursor: usize,
    next_request: u64,
    connected: bool,
    /// Counts of delivered messages after which the connection is lost.
    pub(crate) losses: BTreeSet<usize>,
    /// Tries that it takes to connect anew.
    pub(crate) reconnect_tries: u32,
    tries: u32,
}

impl<A: Answers> FakeVenue<A> {
    /// Makes a venue whose session goes on with request `next_request`.
    pub(crate) fn new(next_request: u64, answers: A) -> Self {
        Self {
            answers,
            now_ns: Cell::new(1_000_000),
            tail: VecDeque::new(),
            reports: Vec::new(),
            cursor: 0,
            next_request,
            connected: true,
            losses: BTreeSet::new(),
            reconnect_tries: 1,
            tries: 0,
        }
    }

    /// Takes the connection down, as a venue does that is killed.
    pub(crate) fn lose_connection(&mut self) {
        self.connected = false;
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, nanoseconds: u64) {
        self.now_ns.set(self.now_ns.get() + nanoseconds);
    }

    fn lost() -> LinkError {
        LinkError::Lost("as the test wants it".to_owned())
    }
}

/// A plain book that answers.
pub(crate) struct BookAnswers {
    pub(crate) book: NaiveBook,
    /// Prices above it are refused.
    pub(crate) price_max: Price,
    /// The account of each order that was entered.
    pub(crate) accounts: Vec<Option<Name>>,
    /// Fills so far, which number the executions.
    pub(crate) fills: u64,
}

impl Default for BookAnswers {
    fn default() -> Self {
        Self {
            book: NaiveBook::default(),
            price_max: Price::MAX,
            accounts: Vec::new(),
            fills: 0,
        }
    }
}

impl Answers for BookAnswers {
    fn answer(&mut self, message: &ClientMessage, reports: &mut Vec<Report>) {
        match message {
            ClientMessage::NewOrder(order) => self.enter(order, reports),
            ClientMessage::Cancel(cancel) => {
                let target = entered_by(cancel.target);
                let action = Action::Cancel { target };
                reports.push(self.shrink(cancel.request, ExecType::Canceled, action));
            }
            ClientMessage::Reduce(reduce) => {
                let target = entered_by(reduce.target);
                let quantity = reduce.quantity;
                let action = Action::Reduce { target, quantity };
                reports.push(self.shrink(reduce.request, ExecType::Reduced, action));
            }
            other => panic!("no replay sends {other:?}"),
        }
    }
}

impl BookAnswers {
    fn enter(&mut self, order: &NewOrderRequest, reports: &mut Vec<Report>) {
        self.accounts.push(order.account);
        if order.price > self.price_max {
            let mut report = execution(ExecType::Rejected, order.request, order);
            report.reject_reason = Some(RejectReason::PriceAboveMaximum);
            return reports.push(Report::Execution(report));
        }
        let (side, price, quantity) = (order.side, order.price, order.quantity);
        let is_day = order.time_in_force == TimeInForce::Day;
        let action = if order.post_only {
            Action::Post {
                side,
                price,
                quantity,
            }
        } else if order.order_type == OrderType::Market {
            Action::Market { side, quantity }
        } else if is_day {
            let owner = Owner::Recorded;
            Action::Enter {
                owner,
                side,
                price,
                quantity,
            }
        } else {
            Action::Take {
                side,
                price,
                quantity,
                expected: None,
            }
        };
        let mut report = execution(ExecType::New, order.request, order);
        if !self.carry_out(order.request, action) {
            report.exec_type = ExecType::Rejected;
            report.reject_reason = Some(RejectReason::PostOnlyWouldTake);
            return reports.push(Report::Execution(report));
        }
        reports.push(Report::Execution(report));
        let fills = std::mem::take(&mut self.book.fills);
        for fill in &fills {
            report.exec_type = ExecType::Trade;
            report.leaves = report
                .leaves
                .checked_sub(fill.quantity)
                .expect("no overfill");
            report.last_price = fill.price;
            report.last_quantity = fill.quantity;
            report.liquidity = Liquidity::Removed;
            self.fills += 1;
            report.execution_id.sequence = SequenceNumber(self.fills);
            reports.push(Report::Execution(report));
            let execution_id = report.execution_id;
            reports.push(Report::Execution(ExecutionReport {
                execution_id,
                ..resting_leg(fill, order)
            }));
        }
        if !is_day && !report.leaves.is_zero() {
            report.exec_type = ExecType::Canceled;
            report.cancel_reason = Some(CancelReason::ImmediateRemainder);
            report.leaves = Quantity::ZERO;
            report.last_quantity = Quantity::ZERO;
            reports.push(Report::Execution(report));
        }
    }

    fn shrink(&mut self, request: RequestNumber, exec_type: ExecType, action: Action) -> Report {
        if self.carry_out(request, action) {
            let report = execution_of(request);
            let order_request = match action {
                Action::Cancel { target } | Action::Reduce { target, .. } => target.0,
                other => panic!("{other:?} shrinks nothing"),
            };
            return Report::Execution(ExecutionReport {
                exec_type,
                order_request: RequestNumber(order_request),
                ..report
            });
        }
        cancel_reject(request, RejectReason::UnknownOrder)
    }

    /// Returns whether the book took it.
    fn carry_out(&mut self, request: RequestNumber, action: Action) -> bool {
        let number = CommandNumber(request.get());
        let command = FlowCommand {
            number,
            id: 0,
            action,
        };
        let outcome = self.book.carry_out(0, &command);
        outcome
            .expect("a plain book always goes on")
            .refused
            .is_none()
    }
}

impl<A: Answers> OrderLink for FakeVenue<A> {
    fn now_ns(&self) -> u64 {
        self.pass(CLOCK_STEP_NS);
        self.now_ns.get()
    }

    fn next_request(&self) -> RequestNumber {
        RequestNumber(self.next_request)
    }

    fn send(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        if !self.connected {
            return Err(Self::lost());
        }
        let number = message.request().expect("only requests are sent");
        assert_eq!(
            number,
            self.next_request(),
            "requests are numbered without gaps"
        );
        self.next_request += 1;
        self.tail.push_back(*message);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LinkError> {
        if !self.connected {
            return Err(Self::lost());
        }
        while let Some(message) = self.tail.pop_front() {
            self.answers.answer(&message, &mut self.reports);
        }
        Ok(())
    }

    fn poll(&mut self, wait_ns: u64) -> Result<Option<ServerMessage>, LinkError> {
        if self.losses.remove(&self.cursor) {
            self.connected = false;
        }
        if !self.connected {
            return Err(Self::lost());
        }
        let Some(report) = self.reports.get(self.cursor).copied() else {
            self.pass(wait_ns);
            return Ok(None);
        };
        self.cursor += 1;
        Ok(Some(ServerMessage::Report {
            sequence: u64::try_from(self.cursor).expect("few reports"),
            resend: false,
            report,
        }))
    }

    fn reconnect(&mut self) -> Result<(), LinkError> {
        self.pass(1_000_000);
        self.tries += 1;
        if self.tries < self.reconnect_tries {
            return Err(Self::lost());
        }
        self.tries = 0;
        self.connected = true;
        // The last message comes a second time, as a careful venue sends it.
        self.cursor = self.cursor.saturating_sub(1);
        self.flush()
    }
}

impl FinalBook for BookAnswers {
    fn depth(&self, _symbol: Symbol, side: Side, levels: usize) -> Vec<(Price, Quantity)> {
        let mut best = Vec::new();
        self.book.best_levels(side, levels, &mut best);
        let pairs = best.iter();
        pairs
            .map(|level| (level.price, Quantity::new(level.quantity)))
            .collect()
    }
}

fn entered_by(target: OrderTarget) -> CommandNumber {
    let OrderTarget::Request(request) = target else {
        panic!("a replay names orders by their request");
    };
    CommandNumber(request.get())
}

fn resting_leg(fill: &NaiveFill, aggressor: &NewOrderRequest) -> ExecutionReport {
    ExecutionReport {
        exec_type: ExecType::Trade,
        order_request: RequestNumber(fill.resting.0),
        request: RequestNumber(0),
        side: aggressor.side.opposite(),
        leaves: fill.leaves,
        last_price: fill.price,
        last_quantity: fill.quantity,
        liquidity: Liquidity::Added,
        ..execution_of(RequestNumber(0))
    }
}

pub(crate) fn execution(
    exec_type: ExecType,
    request: RequestNumber,
    order: &NewOrderRequest,
) -> ExecutionReport {
    ExecutionReport {
        exec_type,
        order_request: request,
        side: order.side,
        time_in_force: order.time_in_force,
        price: order.price,
        order_quantity: order.quantity,
        leaves: order.quantity,
        ..execution_of(request)
    }
}

/// Returns the refusal of a cancel, a reduce or a replace.
pub(crate) fn cancel_reject(request: RequestNumber, reason: RejectReason) -> Report {
    Report::CancelReject(CancelReject {
        request,
        reason,
        order_id: OrderId::NONE,
        client_order_id: ClientOrderId::NONE,
        transact_time_ns: 0,
    })
}

/// Returns a report that answers `request` and says nothing else.
pub(crate) fn execution_of(request: RequestNumber) -> ExecutionReport {
    ExecutionReport {
        exec_type: ExecType::New,
        order_status: OrderStatus::New,
        reject_reason: None,
        cancel_reason: None,
        restate_reason: None,
        order_id: OrderId::NONE,
        execution_id: EventId::default(),
        request,
        order_request: request,
        client_order_id: ClientOrderId::NONE,
        original_client_order_id: ClientOrderId::NONE,
        account: Name::default(),
        symbol: Symbol::default(),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Price::new(0),
        stop_price: Price::new(0),
        display_quantity: Quantity::ZERO,
        expire_time_ns: 0,
        displayed: Quantity::ZERO,
        order_quantity: Quantity::ZERO,
        cumulative: Quantity::ZERO,
        leaves: Quantity::ZERO,
        last_price: Price::new(0),
        last_quantity: Quantity::ZERO,
        liquidity: Liquidity::None,
        transact_time_ns: 0,
    }
}
