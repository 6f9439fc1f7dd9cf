//! The publisher: turns an applied event into what downstream is told of it. It must not know who
//! is told.

use matchgate_core::OrderRecord;
use matchgate_core::domain::{
    ClientOrderId, Command, EventBody, Instrument, InstrumentId, NewOrder, OrderHandle, OrderId,
    OrderType, Price, Quantity, RejectReason,
};

use crate::followed_state::{Applied, FollowedState};
use crate::publication::{
    Execution, ExecutionKind, Fill, Party, Product, Publication, PublicationBody,
};

/// Appends the publications of an event to `batch`: for a trade the fill, then the execution of
/// the aggressor, then that of the resting order; for a trade that was prevented these two
/// executions; for what happened to one order its execution; for all else nothing. A refusal that names no order is told to nobody: it has no account. The top
/// of the book is no matter of one event: see [`crate::top_of_book`].
pub fn publish(applied: &Applied<'_>, batch: &mut Vec<Publication>) {
    match applied.event.body {
        EventBody::Rejected { reason, .. } => push_rejected(applied, reason, batch),
        EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => push_trade(applied, [aggressor, resting], (price, quantity), batch),
        EventBody::SelfTradePrevented {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => {
            for (handle, is_aggressor) in [(aggressor, true), (resting, false)] {
                let kind = ExecutionKind::TradePrevented {
                    price,
                    quantity,
                    is_aggressor,
                };
                push_execution(applied, handle, kind, batch);
            }
        }
        EventBody::Accepted { handle, .. }
        | EventBody::Reduced { handle, .. }
        | EventBody::Replaced { handle, .. }
        | EventBody::Canceled { handle, .. }
        | EventBody::Expired { handle, .. }
        | EventBody::Triggered { handle, .. }
        | EventBody::Restated { handle, .. }
        | EventBody::TermsReplaced { handle, .. }
        | EventBody::CancelRejected { handle, .. } => {
            if let Some(kind) = kind_of_one(applied, handle) {
                push_execution(applied, handle, kind, batch);
            }
        }
        EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => {}
    }
}

/// Returns what happened to the one order that an event is about; `None` for other events.
fn kind_of_one(applied: &Applied<'_>, handle: OrderHandle) -> Option<ExecutionKind> {
    Some(match applied.event.body {
        EventBody::Accepted { .. } => ExecutionKind::Accepted,
        EventBody::Reduced { .. } => ExecutionKind::Reduced,
        EventBody::Replaced { kept_priority, .. } => ExecutionKind::Replaced {
            kept_priority,
            original_client_order_id: original_id(applied, handle),
        },
        EventBody::Canceled {
            quantity, reason, ..
        } => ExecutionKind::Canceled {
            canceled: quantity,
            reason,
        },
        EventBody::Expired { quantity, .. } => ExecutionKind::Expired { expired: quantity },
        EventBody::Triggered { refused, .. } => ExecutionKind::Triggered { refused },
        EventBody::Restated {
            displayed, reason, ..
        } => ExecutionKind::Restated { displayed, reason },
        EventBody::TermsReplaced { .. } => ExecutionKind::TermsReplaced,
        EventBody::CancelRejected { reason, .. } => ExecutionKind::CancelRejected(reason),
        EventBody::Rejected { .. }
        | EventBody::Traded { .. }
        | EventBody::SelfTradePrevented { .. }
        | EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => return None,
    })
}

/// Returns the client's id before this replace; the present one where the request gave no new one.
fn original_id(applied: &Applied<'_>, handle: OrderHandle) -> ClientOrderId {
    let Some(order) = applied.state.order(handle) else {
        return ClientOrderId::NONE;
    };
    let brought_one = matches!(&applied.command.body, Command::Replace(_, id) if !id.is_empty());
    if brought_one {
        order.original_client_order_id
    } else {
        order.client_order_id
    }
}

fn push(applied: &Applied<'_>, body: PublicationBody, batch: &mut Vec<Publication>) {
    batch.push(Publication {
        id: applied.id,
        time_ns: applied.event.header.time_ns,
        body,
    });
}

fn product(state: &FollowedState, instrument: InstrumentId) -> Option<Product> {
    let (instrument, _) = state.shard().instrument(instrument)?;
    Some(product_of(instrument))
}

pub(crate) const fn product_of(instrument: &Instrument) -> Product {
    Product {
        instrument: instrument.id,
        symbol: instrument.symbol,
        quantity_exponent: instrument.quantity_exponent,
        tick: instrument.tick,
        lot: instrument.lot,
    }
}

fn party(state: &FollowedState, order: &OrderRecord) -> Party {
    Party {
        order_id: order.order_id,
        account: state.account_name(order.account),
        client_order_id: order.client_order_id,
        session: order.session,
        order_request: order.order_request,
    }
}

fn push_execution(
    applied: &Applied<'_>,
    handle: OrderHandle,
    kind: ExecutionKind,
    batch: &mut Vec<Publication>,
) {
    let Some(order) = applied.state.order(handle) else {
        return;
    };
    push_record(applied, order, kind, batch);
}

fn push_record(
    applied: &Applied<'_>,
    order: &OrderRecord,
    kind: ExecutionKind,
    batch: &mut Vec<Publication>,
) {
    let Some(product) = product(applied.state, order.instrument) else {
        return;
    };
    let execution = Execution {
        product,
        party: party(applied.state, order),
        side: order.side,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        price: shown_price(order),
        stop_price: order.terms.stop_price,
        display_quantity: order.terms.display_quantity,
        expire_time_ns: order.terms.expire_time_ns,
        order_quantity: order.order_quantity,
        cumulative: order.cumulative,
        leaves: order.leaves,
        kind,
    };
    push(applied, PublicationBody::Execution(execution), batch);
}

/// Returns the limit price or cap of an order; zero where it has none.
fn shown_price(order: &OrderRecord) -> Price {
    match order.order_type {
        OrderType::Limit | OrderType::StopLimit | OrderType::MarketToLimit => order.price,
        // No cap is the lowest or the highest price that there is.
        OrderType::MidPeg if matches!(order.price, Price::MIN | Price::MAX) => Price::new(0),
        OrderType::MidPeg => order.price,
        OrderType::Market | OrderType::Stop => Price::new(0),
    }
}

/// A refused order is in no record: its slot may hold another, live one.
fn push_rejected(applied: &Applied<'_>, reason: RejectReason, batch: &mut Vec<Publication>) {
    let Command::New(order, id) = &applied.command.body else {
        return;
    };
    let record = refused(order, *id);
    push_record(applied, &record, ExecutionKind::Rejected(reason), batch);
}

fn refused(order: &NewOrder, client_order_id: ClientOrderId) -> OrderRecord {
    let mut record = OrderRecord::pending(order, client_order_id);
    record.rejected();
    debug_assert!(record.order_id == OrderId::NONE);
    record
}

fn push_trade(
    applied: &Applied<'_>,
    handles: [OrderHandle; 2],
    (price, quantity): (Price, Quantity),
    batch: &mut Vec<Publication>,
) {
    let [Some(aggressor), Some(resting)] = handles.map(|handle| applied.state.order(handle)) else {
        return;
    };
    if let Some(product) = product(applied.state, aggressor.instrument) {
        let fill = Fill {
            product,
            price,
            quantity,
            aggressor_side: aggressor.side,
            aggressor: party(applied.state, aggressor),
            resting: party(applied.state, resting),
        };
        push(applied, PublicationBody::Fill(fill), batch);
    }
    for (order, is_aggressor) in [(aggressor, true), (resting, false)] {
        let kind = ExecutionKind::Traded {
            last_price: price,
            last_quantity: quantity,
            is_aggressor,
        };
        push_record(applied, order, kind, batch);
    }
}
