//! Reports: from an event, and the record of the order that it is about, to what the client
//! reads.
//!
//! Pure functions: the same event and the same record give the same report in every process that
//! follows the journals.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, EventBody, EventId, OrderId, OrderType, Price, Quantity,
    RejectReason, RequestNumber, RestateReason as CoreRestateReason, ShardId, Symbol,
};
use matchgate_core::mirror::OrderRecord;
use matchgate_schema::message::{
    BusinessReject, CancelReject, ExecType, ExecutionReport, Liquidity, OrderStatus, Report,
    RestateReason,
};

use crate::directory::Directory;
use crate::gateway_log::{Refused, RefusedKind};
use crate::held::{Leg, Part};

/// What an event says beyond what the record shows after it.
struct Change {
    exec_type: ExecType,
    order_status: OrderStatus,
    reject_reason: Option<RejectReason>,
    cancel_reason: Option<CancelReason>,
    restate_reason: Option<RestateReason>,
    displayed: Quantity,
    last_price: Price,
    last_quantity: Quantity,
    liquidity: Liquidity,
}

impl Change {
    fn of(exec_type: ExecType, record: &OrderRecord) -> Self {
        Self {
            exec_type,
            order_status: standing(record),
            reject_reason: None,
            cancel_reason: None,
            restate_reason: None,
            displayed: Quantity::ZERO,
            last_price: Price::default(),
            last_quantity: Quantity::ZERO,
            liquidity: Liquidity::None,
        }
    }
}

/// Returns where an order stands that was not canceled or refused as a whole.
fn standing(record: &OrderRecord) -> OrderStatus {
    match (record.leaves.is_zero(), record.cumulative.is_zero()) {
        (true, true) => OrderStatus::Canceled,
        (true, false) => OrderStatus::Filled,
        (false, true) => OrderStatus::New,
        (false, false) => OrderStatus::PartiallyFilled,
    }
}

/// Tells `record` the event of a leg. Returns false for events that are about no order.
pub(crate) fn update(record: &mut OrderRecord, shard: ShardId, leg: &Leg) -> bool {
    match leg.event.body {
        EventBody::Accepted { .. } => record.accepted(shard, leg.event.header.sequence),
        EventBody::Rejected { .. } => record.rejected(),
        EventBody::Traded {
            price, quantity, ..
        } => record.traded(price, quantity),
        EventBody::Reduced {
            quantity, leaves, ..
        } => record.reduced(quantity, leaves),
        EventBody::Replaced {
            price,
            quantity,
            leaves,
            ..
        } => {
            let id = leg.cause.map(|cause| cause.client_order_id);
            record.replaced(price, quantity, leaves, id.unwrap_or_default());
        }
        EventBody::Canceled { .. } | EventBody::Expired { .. } => record.canceled(),
        EventBody::Triggered { refused: None, .. } => record.triggered(),
        EventBody::Restated { price, .. } => record.restated(price),
        EventBody::TermsReplaced {
            stop_price,
            expire_time_ns,
            time_in_force,
            ..
        } => record.terms_replaced(stop_price, expire_time_ns, time_in_force),
        // What they cost the order comes as an event of its own.
        EventBody::SelfTradePrevented { .. }
        | EventBody::Triggered {
            refused: Some(_), ..
        } => {}
        EventBody::CancelRejected { .. }
        | EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => return false,
    }
    true
}

/// Returns the report of a leg to the owner of the order; `record` has been told the event.
pub(crate) fn execution(
    record: &OrderRecord,
    shard: ShardId,
    leg: &Leg,
    directory: &Directory,
) -> ExecutionReport {
    let change = change(record, leg);
    let header = leg.event.header;
    let own_request = leg.cause.filter(|cause| cause.session == record.session);
    ExecutionReport {
        exec_type: change.exec_type,
        order_status: change.order_status,
        reject_reason: change.reject_reason,
        cancel_reason: change.cancel_reason,
        restate_reason: change.restate_reason,
        order_id: record.order_id,
        execution_id: EventId {
            epoch: leg.epoch,
            shard,
            sequence: header.sequence,
            index: header.index,
        },
        request: own_request.map_or(RequestNumber(0), |cause| cause.request),
        order_request: record.order_request,
        client_order_id: record.client_order_id,
        original_client_order_id: record.original_client_order_id,
        account: directory
            .account(record.account)
            .map(|account| account.name)
            .unwrap_or_default(),
        symbol: directory
            .instrument(record.instrument)
            .map_or_else(Symbol::default, |instrument| instrument.symbol),
        side: record.side,
        order_type: record.order_type,
        time_in_force: record.time_in_force,
        price: shown_price(record.order_type, record.price),
        stop_price: record.terms.stop_price,
        display_quantity: record.terms.display_quantity,
        expire_time_ns: record.terms.expire_time_ns,
        displayed: change.displayed,
        order_quantity: record.order_quantity,
        cumulative: record.cumulative,
        leaves: record.leaves,
        last_price: change.last_price,
        last_quantity: change.last_quantity,
        liquidity: change.liquidity,
        transact_time_ns: header.time_ns,
    }
}

fn change(record: &OrderRecord, leg: &Leg) -> Change {
    match leg.event.body {
        EventBody::Rejected { reason, .. } => Change {
            order_status: OrderStatus::Rejected,
            reject_reason: Some(reason),
            ..Change::of(ExecType::Rejected, record)
        },
        EventBody::Traded {
            price, quantity, ..
        } => Change {
            last_price: price,
            last_quantity: quantity,
            liquidity: liquidity(leg),
            ..Change::of(ExecType::Trade, record)
        },
        EventBody::Reduced { .. } => Change::of(ExecType::Reduced, record),
        EventBody::Replaced { .. } => Change::of(ExecType::Replaced, record),
        EventBody::Canceled { reason, .. } => Change {
            order_status: OrderStatus::Canceled,
            cancel_reason: Some(reason),
            ..Change::of(ExecType::Canceled, record)
        },
        EventBody::Expired { .. } => Change {
            order_status: OrderStatus::Expired,
            ..Change::of(ExecType::Expired, record)
        },
        EventBody::Triggered { refused, .. } => Change {
            reject_reason: refused,
            ..Change::of(ExecType::Triggered, record)
        },
        EventBody::Restated {
            displayed, reason, ..
        } => Change {
            restate_reason: Some(match reason {
                CoreRestateReason::DisplayRefreshed => RestateReason::DisplayRefreshed,
                CoreRestateReason::PriceAssigned => RestateReason::PriceAssigned,
            }),
            displayed,
            ..Change::of(ExecType::Restated, record)
        },
        EventBody::TermsReplaced { .. } => Change {
            restate_reason: Some(RestateReason::TermsReplaced),
            ..Change::of(ExecType::Restated, record)
        },
        EventBody::SelfTradePrevented {
            price, quantity, ..
        } => Change {
            last_price: price,
            last_quantity: quantity,
            liquidity: liquidity(leg),
            ..Change::of(ExecType::TradePrevented, record)
        },
        EventBody::Accepted { .. }
        | EventBody::CancelRejected { .. }
        | EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => Change::of(ExecType::New, record),
    }
}

fn liquidity(leg: &Leg) -> Liquidity {
    if matches!(leg.part, Part::Resting(_)) {
        Liquidity::Added
    } else {
        Liquidity::Removed
    }
}

/// Returns the report of a cancel, reduce or replace that its shard refused.
pub(crate) fn cancel_reject(
    record: &OrderRecord,
    request: RequestNumber,
    reason: RejectReason,
    time_ns: u64,
) -> CancelReject {
    CancelReject {
        request,
        reason,
        order_id: record.order_id,
        client_order_id: record.client_order_id,
        transact_time_ns: time_ns,
    }
}

/// Returns the report of a request that the gateway refused.
pub(crate) fn refusal(refused: &Refused) -> Report {
    let reason = RejectReason::from_code(refused.reason).unwrap_or(RejectReason::Internal);
    match refused.kind {
        RefusedKind::New => Report::Execution(ExecutionReport {
            exec_type: ExecType::Rejected,
            order_status: OrderStatus::Rejected,
            reject_reason: Some(reason),
            cancel_reason: None,
            restate_reason: None,
            order_id: OrderId::NONE,
            execution_id: EventId::default(),
            request: refused.request,
            order_request: refused.request,
            client_order_id: refused.client_order_id,
            original_client_order_id: ClientOrderId::NONE,
            account: refused.account,
            symbol: refused.symbol,
            side: refused.side,
            order_type: refused.order_type,
            time_in_force: refused.time_in_force,
            price: shown_price(refused.order_type, refused.price),
            stop_price: refused.stop_price,
            display_quantity: refused.display_quantity,
            expire_time_ns: refused.expire_time_ns,
            displayed: Quantity::ZERO,
            order_quantity: refused.quantity,
            cumulative: Quantity::ZERO,
            leaves: Quantity::ZERO,
            last_price: Price::default(),
            last_quantity: Quantity::ZERO,
            liquidity: Liquidity::None,
            transact_time_ns: 0,
        }),
        RefusedKind::Cancel => Report::CancelReject(CancelReject {
            request: refused.request,
            reason,
            order_id: refused.order_id,
            client_order_id: refused.client_order_id,
            transact_time_ns: 0,
        }),
        RefusedKind::MassCancel => Report::BusinessReject(BusinessReject {
            request: refused.request,
            reason,
        }),
    }
}

/// Returns the limit price or cap that a report shows; zero where the order has none.
fn shown_price(order_type: OrderType, price: Price) -> Price {
    match order_type {
        // That of a market-to-limit order is zero until it rests.
        OrderType::Limit | OrderType::StopLimit | OrderType::MarketToLimit => price,
        // No cap is the lowest or the highest price that there is.
        OrderType::MidPeg if matches!(price, Price::MIN | Price::MAX) => Price::default(),
        OrderType::MidPeg => price,
        OrderType::Market | OrderType::Stop => Price::default(),
    }
}
