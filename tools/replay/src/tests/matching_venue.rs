//! A venue with a plain matching book of several symbols, for one session that trades with itself.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, OrderType, Price, Quantity, RejectReason, RequestNumber, Side,
    Symbol, TimeInForce,
};
use matchgate_schema::message::{
    ClientMessage, ExecType, ExecutionReport, Liquidity, MassCancelReport, NewOrderRequest,
    OrderTarget, Report,
};

use super::fake_venue::{Answers, cancel_reject, execution_of};

/// What the venue does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It does not tell resting orders that they are filled.
    HidesEnds,
    /// It does not know live orders, every hundredth time.
    Forgets,
    /// It cancels orders that are filled.
    Revives,
    /// It cancels another order than it was told to, every hundredth time.
    MistakesOrders,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    request: RequestNumber,
    id: ClientOrderId,
    symbol: Symbol,
    side: Side,
    price: Price,
    total: u64,
    cumulative: u64,
}

/// The live orders, in the order in which they joined their prices.
pub(crate) struct MatchingAnswers {
    tick: i64,
    fault: Fault,
    changes: u64,
    live: Vec<Order>,
    /// Live orders after each request.
    pub(crate) live_counts: Vec<usize>,
}

impl MatchingAnswers {
    pub(crate) fn new(tick: i64, fault: Fault) -> Self {
        Self {
            tick,
            fault,
            changes: 0,
            live: Vec::new(),
            live_counts: Vec::new(),
        }
    }

    fn enter(&mut self, entered: &NewOrderRequest, reports: &mut Vec<Report>) {
        let mut order = Order {
            request: entered.request,
            id: entered.client_order_id,
            symbol: entered.symbol,
            side: entered.side,
            price: entered.price,
            total: entered.quantity.get(),
            cumulative: 0,
        };
        let is_market = entered.order_type == OrderType::Market;
        if is_market {
            order.price = match order.side {
                Side::Buy => Price::MAX,
                Side::Sell => Price::new(0),
            };
        }
        let meets = self.best_opposite(&order).is_some();
        let refusal = if self.live.iter().any(|live| live.id == order.id) {
            Some(RejectReason::DuplicateClientOrderId)
        } else if !is_market && entered.price.get() % self.tick != 0 {
            Some(RejectReason::PriceOffTick)
        } else if entered.post_only && meets {
            Some(RejectReason::PostOnlyWouldTake)
        } else if is_market && !meets {
            Some(RejectReason::NoLiquidity)
        } else {
            None
        };
        if let Some(reason) = refusal {
            let mut report = report(ExecType::Rejected, order.request, &order, 0);
            report.reject_reason = Some(reason);
            return reports.push(Report::Execution(report));
        }
        let accepted = report(ExecType::New, order.request, &order, order.total);
        reports.push(Report::Execution(accepted));
        self.execute(&mut order, reports);
        if order.cumulative == order.total {
            return;
        }
        if entered.time_in_force == TimeInForce::Ioc {
            let mut report = report(ExecType::Canceled, order.request, &order, 0);
            report.cancel_reason = Some(CancelReason::ImmediateRemainder);
            return reports.push(Report::Execution(report));
        }
        self.live.push(order);
    }

    fn execute(&mut self, order: &mut Order, reports: &mut Vec<Report>) {
        while order.cumulative < order.total {
            let Some(at) = self.best_opposite(order) else {
                return;
            };
            let resting = &mut self.live[at];
            let open = resting.total - resting.cumulative;
            let traded = open.min(order.total - order.cumulative);
            for (side, liquidity) in [
                (&mut *order, Liquidity::Removed),
                (&mut *resting, Liquidity::Added),
            ] {
                side.cumulative += traded;
                let leaves = side.total - side.cumulative;
                let mut leg = report(ExecType::Trade, RequestNumber(0), side, leaves);
                leg.last_quantity = Quantity::new(traded);
                leg.liquidity = liquidity;
                if liquidity == Liquidity::Removed || leaves > 0 || self.fault != Fault::HidesEnds {
                    reports.push(Report::Execution(leg));
                }
            }
            let price = resting.price;
            for report in reports.iter_mut().rev().take(2) {
                if let Report::Execution(report) = report
                    && report.exec_type == ExecType::Trade
                {
                    report.last_price = price;
                }
            }
            if open == traded {
                self.live.remove(at);
            }
        }
    }

    /// Returns where the order is that `order` would trade with first.
    fn best_opposite(&self, order: &Order) -> Option<usize> {
        let meets = |live: &Order| {
            live.symbol == order.symbol
                && match order.side {
                    Side::Buy => live.side == Side::Sell && live.price <= order.price,
                    Side::Sell => live.side == Side::Buy && live.price >= order.price,
                }
        };
        let met = self.live.iter().enumerate().filter(|(_, live)| meets(live));
        met.min_by_key(|(_, live)| match order.side {
            Side::Buy => live.price.get(),
            Side::Sell => -live.price.get(),
        })
        .map(|(at, _)| at)
    }

    fn change(
        &mut self,
        request: RequestNumber,
        target: OrderTarget,
        to: Change,
        reports: &mut Vec<Report>,
    ) {
        self.changes += 1;
        let is_hundredth = self.changes.is_multiple_of(100);
        let mut found = self.live.iter().position(|live| match target {
            OrderTarget::Request(entered) => live.request == entered,
            OrderTarget::ClientOrderId(id) => live.id == id,
            OrderTarget::OrderId(_) => false,
        });
        if self.fault == Fault::MistakesOrders && is_hundredth {
            found = found.map(|at| (at + 1) % self.live.len());
        }
        let Some(at) = found.filter(|_| !(self.fault == Fault::Forgets && is_hundredth)) else {
            if self.fault == Fault::Revives
                && let OrderTarget::Request(order_request) = target
            {
                return reports.push(Report::Execution(ExecutionReport {
                    exec_type: ExecType::Canceled,
                    cancel_reason: Some(CancelReason::Requested),
                    order_quantity: Quantity::new(1),
                    order_request,
                    ..execution_of(request)
                }));
            }
            return reports.push(cancel_reject(request, RejectReason::UnknownOrder));
        };
        let mut order = self.live[at];
        match to {
            Change::Canceled => {
                self.live.remove(at);
                let mut done = report(ExecType::Canceled, request, &order, 0);
                done.cancel_reason = Some(CancelReason::Requested);
                reports.push(Report::Execution(done));
            }
            Change::Reduced(quantity) if quantity >= order.total => {
                reports.push(cancel_reject(request, RejectReason::ReduceNotSmaller));
            }
            Change::Reduced(quantity) => {
                order.total = quantity.max(order.cumulative);
                let leaves = order.total - order.cumulative;
                let done = report(ExecType::Reduced, request, &order, leaves);
                reports.push(Report::Execution(done));
                if leaves == 0 {
                    self.live.remove(at);
                } else {
                    self.live[at] = order;
                }
            }
            Change::Replaced(price, quantity) => {
                self.live.remove(at);
                order.price = price;
                order.total = quantity.max(order.cumulative);
                let leaves = order.total - order.cumulative;
                let done = report(ExecType::Replaced, request, &order, leaves);
                reports.push(Report::Execution(done));
                self.execute(&mut order, reports);
                if order.cumulative < order.total {
                    self.live.push(order);
                }
            }
        }
    }

    fn mass_cancel(&mut self, request: RequestNumber, reports: &mut Vec<Report>) {
        let live = std::mem::take(&mut self.live);
        for order in &live {
            let mut done = report(ExecType::Canceled, request, order, 0);
            done.cancel_reason = Some(CancelReason::MassCancel);
            reports.push(Report::Execution(done));
        }
        reports.push(Report::MassCancel(MassCancelReport {
            request,
            count: u32::try_from(live.len()).expect("few orders"),
            transact_time_ns: 0,
        }));
    }
}

#[derive(Clone, Copy)]
enum Change {
    Canceled,
    Reduced(u64),
    Replaced(Price, u64),
}

impl Answers for MatchingAnswers {
    fn answer(&mut self, message: &ClientMessage, reports: &mut Vec<Report>) {
        match message {
            ClientMessage::NewOrder(order) => self.enter(order, reports),
            ClientMessage::Cancel(cancel) => {
                self.change(cancel.request, cancel.target, Change::Canceled, reports);
            }
            ClientMessage::Reduce(reduce) => {
                let change = Change::Reduced(reduce.quantity.get());
                self.change(reduce.request, reduce.target, change, reports);
            }
            ClientMessage::Replace(replace) => {
                let change = Change::Replaced(replace.price, replace.quantity.get());
                self.change(replace.request, replace.target, change, reports);
            }
            ClientMessage::MassCancel(cancel) => self.mass_cancel(cancel.request, reports),
            other => panic!("no synthetic client sends {other:?}"),
        }
        self.live_counts.push(self.live.len());
    }
}

/// Returns a report on `order`, of which `leaves` is open.
fn report(
    exec_type: ExecType,
    request: RequestNumber,
    order: &Order,
    leaves: u64,
) -> ExecutionReport {
    ExecutionReport {
        exec_type,
        order_request: order.request,
        client_order_id: order.id,
        symbol: order.symbol,
        side: order.side,
        price: order.price,
        order_quantity: Quantity::new(order.total),
        cumulative: Quantity::new(order.cumulative),
        leaves: Quantity::new(leaves),
        ..execution_of(request)
    }
}
