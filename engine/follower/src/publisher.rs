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
/// the aggressor, then that of the resting order; for what happened to one order its execution;
/// for all else nothing. A refusal that names no order is told to nobody: it has no account. The top
/// of the book is no matter of one event: see [`crate::top_of_book`].
pub fn publish(applied: &Applied<'_>, batch: &mut Vec<Publication>) {
    match applied.event.body {
        EventBody::Accepted { handle, .. } => {
            push_execution(applied, handle, ExecutionKind::Accepted, batch);
        }
        EventBody::Rejected { reason, .. } => push_rejected(applied, reason, batch),
        EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => push_trade(applied, [aggressor, resting], (price, quantity), batch),
        EventBody::Reduced { handle, .. } => {
            push_execution(applied, handle, ExecutionKind::Reduced, batch);
        }
        EventBody::Replaced {
            handle,
            kept_priority,
            ..
        } => {
            let kind = ExecutionKind::Replaced {
                kept_priority,
                original_client_order_id: original_id(applied, handle),
            };
            push_execution(applied, handle, kind, batch);
        }
        EventBody::Canceled {
            handle,
            quantity,
            reason,
            ..
        } => {
            let kind = ExecutionKind::Canceled {
                canceled: quantity,
                reason,
            };
            push_execution(applied, handle, kind, batch);
        }
        EventBody::CancelRejected { handle, reason, .. } => {
            push_execution(
                applied,
                handle,
                ExecutionKind::CancelRejected(reason),
                batch,
            );
        }
        EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => {}
    }
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
        price: match order.order_type {
            OrderType::Limit => order.price,
            OrderType::Market => Price::new(0),
        },
        order_quantity: order.order_quantity,
        cumulative: order.cumulative,
        leaves: order.leaves,
        kind,
    };
    push(applied, PublicationBody::Execution(execution), batch);
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
