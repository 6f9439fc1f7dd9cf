//! A venue without a book: it knows which orders are live and answers as a venue must.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Quantity, RejectReason, RequestNumber, TimeInForce,
};
use matchgate_schema::message::{
    ClientMessage, ExecType, ExecutionReport, MassCancelReport, NewOrderRequest, OrderTarget,
    Report,
};

use super::fake_venue::{Answers, cancel_reject, execution, execution_of};

/// The live orders, by the request that entered them.
#[derive(Default)]
pub(crate) struct ObligingAnswers {
    /// Prices are whole multiples of it.
    tick: i64,
    live: BTreeMap<RequestNumber, (ClientOrderId, Quantity)>,
    /// Most orders that were live at once.
    pub(crate) live_most: usize,
    /// Requests that it answers wrongly.
    pub(crate) lies: Vec<u64>,
}

impl ObligingAnswers {
    pub(crate) fn new(tick: i64) -> Self {
        Self {
            tick,
            ..Self::default()
        }
    }

    fn find(&self, target: OrderTarget) -> Option<RequestNumber> {
        let named = |entry: &(&RequestNumber, &(ClientOrderId, Quantity))| match target {
            OrderTarget::Request(request) => *entry.0 == request,
            OrderTarget::ClientOrderId(id) => entry.1.0 == id,
            OrderTarget::OrderId(_) => false,
        };
        self.live.iter().find(named).map(|(request, _)| *request)
    }

    fn enter(&mut self, order: &NewOrderRequest, reports: &mut Vec<Report>) {
        let id = order.client_order_id;
        let refusal = if self.live.values().any(|live| live.0 == id) {
            Some(RejectReason::DuplicateClientOrderId)
        } else if order.price.get() % self.tick != 0 {
            Some(RejectReason::PriceOffTick)
        } else {
            None
        };
        let exec_type = refusal.map_or(ExecType::New, |_| ExecType::Rejected);
        let mut report = execution(exec_type, order.request, order);
        report.reject_reason = refusal;
        if refusal.is_some() {
            report.leaves = Quantity::ZERO;
        }
        reports.push(Report::Execution(report));
        if refusal.is_some() {
            return;
        }
        if order.time_in_force == TimeInForce::Ioc {
            report.exec_type = ExecType::Canceled;
            report.cancel_reason = Some(CancelReason::ImmediateRemainder);
            report.leaves = Quantity::ZERO;
            reports.push(Report::Execution(report));
            return;
        }
        self.live.insert(order.request, (id, order.quantity));
        self.live_most = self.live_most.max(self.live.len());
    }

    fn change(&mut self, request: RequestNumber, target: OrderTarget, to: Change) -> Report {
        let Some(entered) = self.find(target) else {
            return cancel_reject(request, RejectReason::UnknownOrder);
        };
        let live = self.live.get_mut(&entered).expect("it was found");
        let (exec_type, quantity, leaves) = match to {
            Change::Canceled => (ExecType::Canceled, live.1, Quantity::ZERO),
            Change::Reduced(quantity) if quantity >= live.1 => {
                return cancel_reject(request, RejectReason::ReduceNotSmaller);
            }
            Change::Reduced(quantity) => (ExecType::Reduced, quantity, quantity),
            Change::Replaced(quantity) => (ExecType::Replaced, quantity, quantity),
        };
        live.1 = quantity;
        if exec_type == ExecType::Canceled {
            self.live.remove(&entered);
        }
        Report::Execution(ExecutionReport {
            exec_type,
            order_request: entered,
            order_quantity: quantity,
            leaves,
            cancel_reason: (exec_type == ExecType::Canceled).then_some(CancelReason::Requested),
            ..execution_of(request)
        })
    }

    fn mass_cancel(&mut self, request: RequestNumber, reports: &mut Vec<Report>) {
        let live = std::mem::take(&mut self.live);
        for (entered, (_, quantity)) in &live {
            reports.push(Report::Execution(ExecutionReport {
                exec_type: ExecType::Canceled,
                cancel_reason: Some(CancelReason::MassCancel),
                order_request: *entered,
                order_quantity: *quantity,
                ..execution_of(request)
            }));
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
    Reduced(Quantity),
    Replaced(Quantity),
}

impl Answers for ObligingAnswers {
    fn answer(&mut self, message: &ClientMessage, reports: &mut Vec<Report>) {
        let request = message.request().expect("only requests are sent");
        if self.lies.contains(&request.get()) {
            return reports.push(cancel_reject(request, RejectReason::Internal));
        }
        match message {
            ClientMessage::NewOrder(order) => self.enter(order, reports),
            ClientMessage::Cancel(cancel) => {
                reports.push(self.change(request, cancel.target, Change::Canceled));
            }
            ClientMessage::Reduce(reduce) => {
                let change = Change::Reduced(reduce.quantity);
                reports.push(self.change(request, reduce.target, change));
            }
            ClientMessage::Replace(replace) => {
                let change = Change::Replaced(replace.quantity);
                reports.push(self.change(request, replace.target, change));
            }
            ClientMessage::MassCancel(_) => self.mass_cancel(request, reports),
            other => panic!("no synthetic client sends {other:?}"),
        }
    }
}
