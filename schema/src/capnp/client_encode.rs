//! Encodes messages of a client. Field positions are those that the schema compiler gives; a test
//! holds every frame to the bytes that the generated builder makes.

use zerocopy::IntoBytes;

use super::code;
use super::encoder::{Encoder, Part, Shape, quarters};
use crate::message::{
    CancelRequest, ClientMessage, Logon, MassCancelRequest, NewOrderRequest, OrderTarget,
    ReduceRequest, ReplaceRequest,
};

const CLIENT_FRAME: Shape = Shape {
    data_words: 1,
    pointers: 1,
};
const LOGON: Shape = Shape {
    data_words: 2,
    pointers: 1,
};
const NEW_ORDER: Shape = Shape {
    data_words: 9,
    pointers: 3,
};
const CANCEL: Shape = Shape {
    data_words: 3,
    pointers: 1,
};
const REDUCE: Shape = Shape {
    data_words: 4,
    pointers: 1,
};
const REPLACE: Shape = Shape {
    data_words: 7,
    pointers: 2,
};
const MASS_CANCEL: Shape = Shape {
    data_words: 2,
    pointers: 2,
};

/// Union tags of `ClientFrame`.
mod tag {
    pub(super) const LOGON: u64 = 1;
    pub(super) const HEARTBEAT: u64 = 2;
    pub(super) const LOGOUT: u64 = 3;
    pub(super) const NEW_ORDER: u64 = 4;
    pub(super) const CANCEL: u64 = 5;
    pub(super) const REDUCE: u64 = 6;
    pub(super) const REPLACE: u64 = 7;
    pub(super) const MASS_CANCEL: u64 = 8;
}

/// Encodes `message` as one whole frame, which stays readable until the encoder is used again.
#[inline]
pub fn encode_client<'a>(message: &ClientMessage, encoder: &'a mut Encoder) -> &'a [u8] {
    let root = encoder.begin(CLIENT_FRAME);
    match message {
        ClientMessage::Logon(body) => logon(body, root, encoder),
        ClientMessage::Heartbeat => encoder.word(root, 0, tag::HEARTBEAT),
        ClientMessage::Logout => encoder.word(root, 0, tag::LOGOUT),
        ClientMessage::NewOrder(body) => new_order(body, root, encoder),
        ClientMessage::Cancel(body) => cancel(body, root, encoder),
        ClientMessage::Reduce(body) => reduce(body, root, encoder),
        ClientMessage::Replace(body) => replace(body, root, encoder),
        ClientMessage::MassCancel(body) => mass_cancel(body, root, encoder),
    }
    encoder.finish()
}

fn logon(body: &Logon, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::LOGON);
    let part = encoder.part(root, 0, LOGON);
    let durability = code::durability_to_wire(body.durability).into();
    encoder.word(part, 0, quarters([body.protocol_version, durability, 0, 0]));
    encoder.word(part, 1, body.next_expected);
    encoder.padded_text(part, 0, body.key.as_bytes());
}

fn new_order(body: &NewOrderRequest, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::NEW_ORDER);
    let part = encoder.part(root, 0, NEW_ORDER);
    encoder.word(part, 0, body.request.get());
    encoder.word(part, 1, body.price.get().cast_unsigned());
    encoder.word(part, 2, body.quantity.get());
    let terms = [
        code::side_to_wire(body.side).into(),
        code::order_type_to_wire(body.order_type).into(),
        code::time_in_force_to_wire(body.time_in_force).into(),
        u16::from(body.post_only),
    ];
    encoder.word(part, 3, quarters(terms));
    encoder.word(part, 4, body.stop_price.get().cast_unsigned());
    encoder.word(part, 5, body.display_quantity.get());
    encoder.word(part, 6, body.minimum_quantity.get());
    encoder.word(part, 7, body.expire_time_ns);
    let self_trade = code::self_trade_to_wire(body.self_trade).into();
    encoder.word(part, 8, quarters([self_trade, body.self_trade_group, 0, 0]));
    encoder.padded_text(part, 0, body.symbol.as_bytes());
    encoder.text(part, 1, body.client_order_id.as_bytes());
    if let Some(account) = &body.account {
        encoder.padded_text(part, 2, account.as_bytes());
    }
}

/// Writes the union `target`: its tag into data word `word`, its number into the one behind it,
/// its text behind pointer 0.
fn target(body: &OrderTarget, part: Part, word: usize, encoder: &mut Encoder) {
    encoder.word(part, word, target_tag(body).into());
    match body {
        OrderTarget::Request(request) => encoder.word(part, word + 1, request.get()),
        OrderTarget::ClientOrderId(id) => encoder.text(part, 0, id.as_bytes()),
        OrderTarget::OrderId(id) => encoder.word(part, word + 1, id.get()),
    }
}

const fn target_tag(body: &OrderTarget) -> u16 {
    match body {
        OrderTarget::Request(_) => 1,
        OrderTarget::ClientOrderId(_) => 2,
        OrderTarget::OrderId(_) => 3,
    }
}

fn cancel(body: &CancelRequest, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::CANCEL);
    let part = encoder.part(root, 0, CANCEL);
    encoder.word(part, 0, body.request.get());
    target(&body.target, part, 1, encoder);
}

fn reduce(body: &ReduceRequest, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::REDUCE);
    let part = encoder.part(root, 0, REDUCE);
    encoder.word(part, 0, body.request.get());
    encoder.word(part, 1, body.quantity.get());
    target(&body.target, part, 2, encoder);
}

fn replace(body: &ReplaceRequest, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::REPLACE);
    let part = encoder.part(root, 0, REPLACE);
    encoder.word(part, 0, body.request.get());
    encoder.word(part, 1, body.price.get().cast_unsigned());
    encoder.word(part, 2, body.quantity.get());
    target(&body.target, part, 3, encoder);
    // The rest of the word that begins with the union's tag.
    let changes = [
        target_tag(&body.target),
        u16::from(body.stop_price.is_some()),
        body.time_in_force
            .map_or(0, |given| code::time_in_force_to_wire(given).into()),
        0,
    ];
    encoder.word(part, 3, quarters(changes));
    let stop_price = body.stop_price.unwrap_or_default();
    encoder.word(part, 5, stop_price.get().cast_unsigned());
    encoder.word(part, 6, body.expire_time_ns);
    encoder.text(part, 1, body.client_order_id.as_bytes());
}

fn mass_cancel(body: &MassCancelRequest, root: Part, encoder: &mut Encoder) {
    encoder.word(root, 0, tag::MASS_CANCEL);
    let part = encoder.part(root, 0, MASS_CANCEL);
    encoder.word(part, 0, body.request.get());
    let scope = code::scope_to_wire(body.scope).into();
    let side = body.side.map_or(0, |side| code::side_to_wire(side).into());
    encoder.word(part, 1, quarters([scope, side, 0, 0]));
    if let Some(account) = &body.account {
        encoder.padded_text(part, 0, account.as_bytes());
    }
    if let Some(symbol) = &body.symbol {
        encoder.padded_text(part, 1, symbol.as_bytes());
    }
}
