//! Encodes messages of the venue. Field positions are those that the schema compiler gives; a test
//! holds every frame to the bytes that the generated builder makes.

use zerocopy::IntoBytes;

use super::code;
use super::encoder::{Encoder, Part, Shape, halves, quarters};
use crate::message::{CancelReject, ExecutionReport, LogonAnswer, Report, ServerMessage};

const SERVER_FRAME: Shape = Shape {
    data_words: 2,
    pointers: 1,
};
const LOGON_ANSWER: Shape = Shape {
    data_words: 7,
    pointers: 1,
};
const EXECUTION_REPORT: Shape = Shape {
    data_words: 19,
    pointers: 4,
};
const CANCEL_REJECT: Shape = Shape {
    data_words: 4,
    pointers: 1,
};
const BUSINESS_REJECT: Shape = Shape {
    data_words: 2,
    pointers: 0,
};
const MASS_CANCEL_REPORT: Shape = Shape {
    data_words: 3,
    pointers: 0,
};
const REQUEST_REPEATED: Shape = Shape {
    data_words: 1,
    pointers: 0,
};
const SERVER_HEARTBEAT: Shape = Shape {
    data_words: 2,
    pointers: 0,
};
const SERVER_LOGOUT: Shape = Shape {
    data_words: 1,
    pointers: 0,
};

/// Union tags of `ServerFrame`.
mod tag {
    pub(super) const LOGON_ANSWER: u16 = 1;
    pub(super) const EXECUTION: u16 = 2;
    pub(super) const CANCEL_REJECT: u16 = 3;
    pub(super) const BUSINESS_REJECT: u16 = 4;
    pub(super) const MASS_CANCEL: u16 = 5;
    pub(super) const REQUEST_REPEATED: u16 = 6;
    pub(super) const HEARTBEAT: u16 = 7;
    pub(super) const LOGOUT: u16 = 8;
}

/// Encodes `message` as one whole frame, which stays readable until the encoder is used again.
#[inline]
pub fn encode_server<'a>(message: &ServerMessage, encoder: &'a mut Encoder) -> &'a [u8] {
    let root = encoder.begin(SERVER_FRAME);
    match message {
        ServerMessage::LogonAnswer(body) => {
            kind(tag::LOGON_ANSWER, root, encoder);
            logon_answer(body, root, encoder);
        }
        ServerMessage::Report {
            sequence,
            resend,
            report: body,
        } => {
            encoder.word(root, 0, *sequence);
            report(body, *resend, root, encoder);
        }
        ServerMessage::RequestRepeated { request } => {
            kind(tag::REQUEST_REPEATED, root, encoder);
            let part = encoder.part(root, 0, REQUEST_REPEATED);
            encoder.word(part, 0, request.get());
        }
        ServerMessage::Heartbeat {
            next_sequence,
            durable_through,
        } => {
            kind(tag::HEARTBEAT, root, encoder);
            let part = encoder.part(root, 0, SERVER_HEARTBEAT);
            encoder.word(part, 0, *next_sequence);
            encoder.word(part, 1, *durable_through);
        }
        ServerMessage::Logout { reason } => {
            kind(tag::LOGOUT, root, encoder);
            let part = encoder.part(root, 0, SERVER_LOGOUT);
            encoder.word(part, 0, u64::from(reason.code()));
        }
    }
    encoder.finish()
}

/// Writes the union tag of an unnumbered message.
fn kind(tag: u16, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 1, quarters([0, tag, 0, 0]));
}

fn report(body: &Report, resend: bool, root: Part, encoder: &mut Encoder) {
    let numbered = |tag| quarters([u16::from(resend), tag, 0, 0]);
    match body {
        Report::Execution(body) => {
            encoder.word(root, 1, numbered(tag::EXECUTION));
            execution_report(body, root, encoder);
        }
        Report::CancelReject(body) => {
            encoder.word(root, 1, numbered(tag::CANCEL_REJECT));
            cancel_reject(body, root, encoder);
        }
        Report::BusinessReject(body) => {
            encoder.word(root, 1, numbered(tag::BUSINESS_REJECT));
            let part = encoder.part(root, 0, BUSINESS_REJECT);
            encoder.word(part, 0, body.request.get());
            encoder.word(part, 1, u64::from(body.reason.code()));
        }
        Report::MassCancel(body) => {
            encoder.word(root, 1, numbered(tag::MASS_CANCEL));
            let part = encoder.part(root, 0, MASS_CANCEL_REPORT);
            encoder.word(part, 0, body.request.get());
            encoder.word(part, 1, body.transact_time_ns);
            encoder.word(part, 2, u64::from(body.count));
        }
    }
}

fn logon_answer(body: &LogonAnswer, root: Part, encoder: &mut Encoder) {
    let part = encoder.part(root, 0, LOGON_ANSWER);
    encoder.word(part, 0, halves(body.epoch, body.heartbeat_interval_ms));
    encoder.word(part, 1, body.replay_from);
    encoder.word(part, 2, body.next_sequence);
    encoder.word(part, 3, body.decided_through.get());
    encoder.word(part, 4, body.request_highest.get());
    encoder.word(part, 5, body.lost_from);
    let durability = u16::from(code::durability_to_wire(body.durability));
    encoder.word(part, 6, halves(body.open_orders_max, u32::from(durability)));
    let used = body
        .decided_above
        .iter()
        .rposition(|&word| word != 0)
        .map_or(0, |last| last + 1);
    encoder.words(part, 0, body.decided_above.get(..used).unwrap_or(&[]));
}

fn execution_report(body: &ExecutionReport, root: Part, encoder: &mut Encoder) {
    let part = encoder.part(root, 0, EXECUTION_REPORT);
    let numbers = [
        body.request.get(),
        body.order_request.get(),
        body.order_id.get(),
        body.price.get().cast_unsigned(),
        body.order_quantity.get(),
        body.cumulative.get(),
        body.leaves.get(),
        body.last_price.get().cast_unsigned(),
        body.last_quantity.get(),
        body.transact_time_ns,
        body.execution_id.sequence.get(),
        halves(body.execution_id.epoch.get(), body.execution_id.index),
        quarters([
            u16::from(body.execution_id.shard.get()),
            code::exec_type_to_wire(body.exec_type).into(),
            code::order_status_to_wire(body.order_status).into(),
            code::side_to_wire(body.side).into(),
        ]),
        quarters([
            code::order_type_to_wire(body.order_type).into(),
            code::time_in_force_to_wire(body.time_in_force).into(),
            code::liquidity_to_wire(body.liquidity).into(),
            body.cancel_reason
                .map_or(0, |reason| code::cancel_reason_to_wire(reason).into()),
        ]),
        quarters([
            body.reject_reason.map_or(0, |reason| reason.code()),
            body.restate_reason
                .map_or(0, |reason| code::restate_reason_to_wire(reason).into()),
            0,
            0,
        ]),
        body.stop_price.get().cast_unsigned(),
        body.display_quantity.get(),
        body.expire_time_ns,
        body.displayed.get(),
    ];
    for (word, number) in numbers.into_iter().enumerate() {
        encoder.word(part, word, number);
    }
    encoder.text(part, 0, body.client_order_id.as_bytes());
    encoder.text(part, 1, body.original_client_order_id.as_bytes());
    encoder.padded_text(part, 2, body.account.as_bytes());
    encoder.padded_text(part, 3, body.symbol.as_bytes());
}

fn cancel_reject(body: &CancelReject, root: Part, encoder: &mut Encoder) {
    let part = encoder.part(root, 0, CANCEL_REJECT);
    encoder.word(part, 0, body.request.get());
    encoder.word(part, 1, body.order_id.get());
    encoder.word(part, 2, body.transact_time_ns);
    encoder.word(part, 3, u64::from(body.reason.code()));
    encoder.text(part, 0, body.client_order_id.as_bytes());
}
