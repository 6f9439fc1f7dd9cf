//! Decodes frames of a client. What it returns needs no further check of form; whether it is
//! allowed is the session's to say.

use matchgate_core::domain::{OrderId, Price, Quantity, RejectReason, RequestNumber};

use super::error::DecodeError;
use super::matchgate_capnp::{self as wire, client_frame};
use super::{code, frame, read};
use crate::message::{
    CancelRequest, ClientMessage, Logon, MassCancelRequest, NewOrderRequest, OrderTarget,
    ReduceRequest, ReplaceRequest,
};

/// Decodes one whole frame of a client, its segment table included.
///
/// # Errors
///
/// The first thing that is wrong. Where the request number could be read the error carries it, so
/// that the request can be refused by its number; else the frame as a whole is bad and the stream
/// should end.
#[inline]
pub fn decode_client(bytes: &[u8]) -> Result<ClientMessage, DecodeError> {
    let reader = read::open(bytes, frame::next).map_err(DecodeError::of_frame)?;
    let root = reader
        .get_root::<client_frame::Reader<'_>>()
        .map_err(|_| malformed())?;
    let Ok(which) = root.which() else {
        return Err(DecodeError::of_frame(RejectReason::UnknownMessage));
    };
    match which {
        client_frame::Unspecified(()) => Err(DecodeError::of_frame(RejectReason::UnknownMessage)),
        client_frame::Logon(part) => logon(part.map_err(|_| malformed())?)
            .map(ClientMessage::Logon)
            .map_err(DecodeError::of_frame),
        client_frame::Heartbeat(()) => Ok(ClientMessage::Heartbeat),
        client_frame::Logout(()) => Ok(ClientMessage::Logout),
        client_frame::NewOrder(part) => new_order(part.map_err(|_| malformed())?),
        client_frame::Cancel(part) => cancel(part.map_err(|_| malformed())?),
        client_frame::Reduce(part) => reduce(part.map_err(|_| malformed())?),
        client_frame::Replace(part) => replace(part.map_err(|_| malformed())?),
        client_frame::MassCancel(part) => mass_cancel(part.map_err(|_| malformed())?),
    }
}

const fn malformed() -> DecodeError {
    DecodeError::of_frame(RejectReason::MalformedFrame)
}

/// Adds the number of the request to what is wrong with a field of it.
fn about(request: RequestNumber) -> impl Fn(RejectReason) -> DecodeError + Copy {
    move |reason| DecodeError::of_request(reason, request)
}

fn logon(part: wire::logon::Reader<'_>) -> Result<Logon, RejectReason> {
    Ok(Logon {
        protocol_version: part.get_protocol_version(),
        key: read::name(part.get_key(), RejectReason::InvalidKey)?,
        next_expected: part.get_next_expected(),
        durability: code::durability_from_wire(part.get_durability())
            .ok_or(RejectReason::InvalidChoice)?,
    })
}

fn new_order(part: wire::new_order::Reader<'_>) -> Result<ClientMessage, DecodeError> {
    let request = RequestNumber(part.get_request());
    let refuse = about(request);
    Ok(ClientMessage::NewOrder(NewOrderRequest {
        request,
        client_order_id: read::client_order_id(part.get_client_order_id()).map_err(refuse)?,
        account: read::optional_account(part.get_account()).map_err(refuse)?,
        symbol: read::symbol(part.get_symbol()).map_err(refuse)?,
        side: code::side_from_wire(part.get_side())
            .ok_or_else(|| refuse(RejectReason::InvalidSide))?,
        order_type: code::order_type_from_wire(part.get_order_type())
            .ok_or_else(|| refuse(RejectReason::InvalidOrderType))?,
        time_in_force: code::time_in_force_from_wire(part.get_time_in_force())
            .ok_or_else(|| refuse(RejectReason::InvalidTimeInForce))?,
        post_only: part.get_post_only(),
        price: Price::new(part.get_price()),
        quantity: Quantity::new(part.get_quantity()),
        stop_price: Price::new(part.get_stop_price()),
        display_quantity: Quantity::new(part.get_display_quantity()),
        minimum_quantity: Quantity::new(part.get_minimum_quantity()),
        expire_time_ns: part.get_expire_time_ns(),
        self_trade: code::self_trade_from_wire(part.get_self_trade_prevention())
            .ok_or_else(|| refuse(RejectReason::InvalidChoice))?,
        self_trade_group: part.get_self_trade_group(),
    }))
}

/// The union `target` is spelled out in three messages, so each has generated types of its own.
macro_rules! target {
    ($part:expr, $module:ident) => {
        match $part.get_target().which() {
            Ok(wire::$module::target::Request(number)) => {
                named(OrderTarget::Request(RequestNumber(number)))
            }
            Ok(wire::$module::target::ClientOrderId(text)) => {
                read::client_order_id(text).and_then(|id| named(OrderTarget::ClientOrderId(id)))
            }
            Ok(wire::$module::target::OrderId(id)) => {
                named(OrderTarget::OrderId(OrderId::from_wire(id)))
            }
            Ok(wire::$module::target::Unspecified(())) | Err(_) => Err(RejectReason::InvalidTarget),
        }
    };
}

fn named(target: OrderTarget) -> Result<OrderTarget, RejectReason> {
    if target.is_name() {
        Ok(target)
    } else {
        Err(RejectReason::InvalidTarget)
    }
}

fn cancel(part: wire::cancel::Reader<'_>) -> Result<ClientMessage, DecodeError> {
    let request = RequestNumber(part.get_request());
    Ok(ClientMessage::Cancel(CancelRequest {
        request,
        target: target!(part, cancel).map_err(about(request))?,
    }))
}

fn reduce(part: wire::reduce::Reader<'_>) -> Result<ClientMessage, DecodeError> {
    let request = RequestNumber(part.get_request());
    Ok(ClientMessage::Reduce(ReduceRequest {
        request,
        target: target!(part, reduce).map_err(about(request))?,
        quantity: Quantity::new(part.get_quantity()),
    }))
}

fn replace(part: wire::replace::Reader<'_>) -> Result<ClientMessage, DecodeError> {
    let request = RequestNumber(part.get_request());
    let refuse = about(request);
    Ok(ClientMessage::Replace(ReplaceRequest {
        request,
        target: target!(part, replace).map_err(refuse)?,
        client_order_id: read::client_order_id(part.get_client_order_id()).map_err(refuse)?,
        price: Price::new(part.get_price()),
        quantity: Quantity::new(part.get_quantity()),
        stop_price: part
            .get_changes_stop_price()
            .then(|| Price::new(part.get_stop_price())),
        time_in_force: code::optional_time_in_force(part.get_time_in_force()).map_err(refuse)?,
        expire_time_ns: part.get_expire_time_ns(),
    }))
}

fn mass_cancel(part: wire::mass_cancel::Reader<'_>) -> Result<ClientMessage, DecodeError> {
    let request = RequestNumber(part.get_request());
    let refuse = about(request);
    let side = match part.get_side() {
        Ok(wire::Side::Unspecified) => None,
        given => {
            Some(code::side_from_wire(given).ok_or_else(|| refuse(RejectReason::InvalidSide))?)
        }
    };
    Ok(ClientMessage::MassCancel(MassCancelRequest {
        request,
        scope: code::scope_from_wire(part.get_scope())
            .ok_or_else(|| refuse(RejectReason::InvalidScope))?,
        account: read::optional_account(part.get_account()).map_err(refuse)?,
        symbol: read::optional_symbol(part.get_symbol()).map_err(refuse)?,
        side,
    }))
}
