//! Decodes frames of the venue, for clients. The mirror image of the encoder beside it.

use matchgate_core::domain::{
    Epoch, EventId, OrderId, Price, Quantity, RejectReason, RequestNumber, SequenceNumber, ShardId,
};

use super::error::DecodeError;
use super::matchgate_capnp::{self as wire, server_frame};
use super::{code, frame, read};
use crate::message::{
    BusinessReject, CancelReject, DECIDED_BITMAP_BITS, ExecutionReport, LogonAnswer,
    MassCancelReport, Report, ServerMessage,
};

const MALFORMED: RejectReason = RejectReason::MalformedFrame;

/// Decodes one whole frame of the venue, its segment table included.
///
/// # Errors
///
/// The frame is malformed, or holds a message or a code that this protocol version does not know.
/// The error carries no request: the stream should end.
#[inline]
pub fn decode_server(bytes: &[u8]) -> Result<ServerMessage, DecodeError> {
    let reader = read::open(bytes, frame::next_from_server).map_err(DecodeError::of_frame)?;
    let root = reader
        .get_root::<server_frame::Reader<'_>>()
        .map_err(|_| DecodeError::of_frame(MALFORMED))?;
    message(root).map_err(DecodeError::of_frame)
}

fn message(root: server_frame::Reader<'_>) -> Result<ServerMessage, RejectReason> {
    let Ok(which) = root.which() else {
        return Err(RejectReason::UnknownMessage);
    };
    let report = match which {
        server_frame::Unspecified(()) => return Err(RejectReason::UnknownMessage),
        server_frame::LogonAnswer(part) => {
            let answer = logon_answer(part.map_err(|_| MALFORMED)?)?;
            return Ok(ServerMessage::LogonAnswer(answer));
        }
        server_frame::RequestRepeated(part) => {
            let request = RequestNumber(part.map_err(|_| MALFORMED)?.get_request());
            return Ok(ServerMessage::RequestRepeated { request });
        }
        server_frame::Heartbeat(part) => {
            let part = part.map_err(|_| MALFORMED)?;
            return Ok(ServerMessage::Heartbeat {
                next_sequence: part.get_next_sequence(),
                durable_through: part.get_durable_through(),
            });
        }
        server_frame::Logout(part) => {
            let reason = code::reason(part.map_err(|_| MALFORMED)?.get_reason())?;
            return Ok(ServerMessage::Logout { reason });
        }
        server_frame::Execution(part) => {
            Report::Execution(execution_report(part.map_err(|_| MALFORMED)?)?)
        }
        server_frame::CancelReject(part) => {
            Report::CancelReject(cancel_reject(part.map_err(|_| MALFORMED)?)?)
        }
        server_frame::BusinessReject(part) => {
            let part = part.map_err(|_| MALFORMED)?;
            Report::BusinessReject(BusinessReject {
                request: RequestNumber(part.get_request()),
                reason: code::reason(part.get_reason())?,
            })
        }
        server_frame::MassCancel(part) => {
            let part = part.map_err(|_| MALFORMED)?;
            Report::MassCancel(MassCancelReport {
                request: RequestNumber(part.get_request()),
                count: part.get_count(),
                transact_time_ns: part.get_transact_time_ns(),
            })
        }
    };
    Ok(ServerMessage::Report {
        sequence: root.get_sequence(),
        resend: root.get_resend(),
        report,
    })
}

fn logon_answer(part: wire::logon_answer::Reader<'_>) -> Result<LogonAnswer, RejectReason> {
    let words = part.get_decided_above().map_err(|_| MALFORMED)?;
    let mut decided_above = [0; DECIDED_BITMAP_BITS / 64];
    if usize::try_from(words.len()).is_ok_and(|given| given > decided_above.len()) {
        return Err(MALFORMED);
    }
    for (to, from) in decided_above.iter_mut().zip(words.iter()) {
        *to = from;
    }
    Ok(LogonAnswer {
        epoch: part.get_epoch(),
        replay_from: part.get_replay_from(),
        next_sequence: part.get_next_sequence(),
        decided_through: RequestNumber(part.get_decided_through()),
        request_highest: RequestNumber(part.get_request_highest()),
        decided_above,
        durability: code::durability_from_wire(part.get_durability()).ok_or(MALFORMED)?,
        heartbeat_interval_ms: part.get_heartbeat_interval_ms(),
        open_orders_max: part.get_open_orders_max(),
        lost_from: part.get_lost_from(),
    })
}

fn execution_report(
    part: wire::execution_report::Reader<'_>,
) -> Result<ExecutionReport, RejectReason> {
    let id = part.get_execution_id();
    Ok(ExecutionReport {
        exec_type: code::exec_type_from_wire(part.get_exec_type()).ok_or(MALFORMED)?,
        order_status: code::order_status_from_wire(part.get_order_status()).ok_or(MALFORMED)?,
        reject_reason: code::optional_reason(part.get_reject_reason())?,
        cancel_reason: code::optional_cancel_reason(part.get_cancel_reason())?,
        restate_reason: code::optional_restate_reason(part.get_restate_reason())?,
        order_id: OrderId::from_wire(part.get_order_id()),
        execution_id: EventId {
            epoch: Epoch(id.get_epoch()),
            shard: ShardId(id.get_shard()),
            sequence: SequenceNumber(id.get_sequence()),
            index: id.get_index(),
        },
        request: RequestNumber(part.get_request()),
        order_request: RequestNumber(part.get_order_request()),
        client_order_id: read::client_order_id(part.get_client_order_id())?,
        original_client_order_id: read::client_order_id(part.get_original_client_order_id())?,
        account: read::name(part.get_account(), RejectReason::InvalidAccount)?,
        symbol: read::symbol(part.get_symbol())?,
        side: code::side_from_wire(part.get_side()).ok_or(MALFORMED)?,
        order_type: code::order_type_from_wire(part.get_order_type()).ok_or(MALFORMED)?,
        time_in_force: code::time_in_force_from_wire(part.get_time_in_force()).ok_or(MALFORMED)?,
        price: Price::new(part.get_price()),
        stop_price: Price::new(part.get_stop_price()),
        display_quantity: Quantity::new(part.get_display_quantity()),
        expire_time_ns: part.get_expire_time_ns(),
        displayed: Quantity::new(part.get_displayed()),
        order_quantity: Quantity::new(part.get_order_quantity()),
        cumulative: Quantity::new(part.get_cumulative()),
        leaves: Quantity::new(part.get_leaves()),
        last_price: Price::new(part.get_last_price()),
        last_quantity: Quantity::new(part.get_last_quantity()),
        liquidity: code::liquidity_from_wire(part.get_liquidity()).ok_or(MALFORMED)?,
        transact_time_ns: part.get_transact_time_ns(),
    })
}

fn cancel_reject(part: wire::cancel_reject::Reader<'_>) -> Result<CancelReject, RejectReason> {
    Ok(CancelReject {
        request: RequestNumber(part.get_request()),
        reason: code::reason(part.get_reason())?,
        order_id: OrderId::from_wire(part.get_order_id()),
        client_order_id: read::client_order_id(part.get_client_order_id())?,
        transact_time_ns: part.get_transact_time_ns(),
    })
}
