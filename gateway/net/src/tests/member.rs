//! A member: says requests over TCP and hears what the venue says.

use std::net::SocketAddr;

use matchgate_core::domain::{Durability, Name, Price, Quantity, RequestNumber, Side, Symbol};
use matchgate_schema::capnp::{Encoder, decode_server, encode_client, frame};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, Logon, NewOrderRequest, OrderTarget, PROTOCOL_VERSION,
    ReplaceRequest, Report, ServerMessage,
};

use super::peer::Peer;

/// The other end of a session.
pub(super) struct Member {
    pub(super) peer: Peer,
    encoder: Encoder,
    parsed: usize,
    /// Everything heard so far.
    pub(super) heard: Vec<ServerMessage>,
}

impl Member {
    pub(super) fn connect(address: SocketAddr) -> Self {
        Self::of(Peer::connect(address))
    }

    pub(super) fn of(peer: Peer) -> Self {
        Self {
            peer,
            encoder: Encoder::new(),
            parsed: 0,
            heard: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, message: &ClientMessage) {
        let frame = encode_client(message, &mut self.encoder).to_vec();
        self.peer.write_all(&frame);
    }

    /// Takes what has come, whole messages only.
    pub(super) fn listen(&mut self) {
        self.peer.read();
        while let Some(frame) = frame::next_from_server(&self.peer.received[self.parsed..]).unwrap()
        {
            self.parsed += frame.len();
            self.heard.push(decode_server(frame).unwrap());
        }
    }

    /// Returns the numbered messages heard so far.
    pub(super) fn reports(&self) -> Vec<(u64, Report)> {
        let of = |message: &ServerMessage| match message {
            ServerMessage::Report {
                sequence, report, ..
            } => Some((*sequence, *report)),
            _ => None,
        };
        self.heard.iter().filter_map(of).collect()
    }
}

pub(super) fn frame_of(message: &ClientMessage) -> Vec<u8> {
    encode_client(message, &mut Encoder::new()).to_vec()
}

pub(super) fn logon(key: &str, durability: Durability) -> ClientMessage {
    ClientMessage::Logon(Logon {
        protocol_version: PROTOCOL_VERSION,
        key: Name::new(key.as_bytes()).unwrap(),
        next_expected: 1,
        durability,
    })
}

pub(super) fn cancel(request: u64, target: u64) -> ClientMessage {
    ClientMessage::Cancel(CancelRequest {
        request: RequestNumber(request),
        target: OrderTarget::Request(RequestNumber(target)),
    })
}

pub(super) fn replace(request: u64, target: u64, price: i64) -> ClientMessage {
    let target = OrderTarget::Request(RequestNumber(target));
    let replace = ReplaceRequest::new(target, Price::new(price), Quantity::new(1));
    ClientMessage::Replace(replace).with_request(RequestNumber(request))
}

/// A day limit order for the session's default account.
pub(super) fn limit_order(request: u64, side: Side, price: i64, quantity: u64) -> ClientMessage {
    let symbol = Symbol::new(b"ACME").unwrap();
    let order = NewOrderRequest::limit(symbol, side, Price::new(price), Quantity::new(quantity));
    ClientMessage::NewOrder(order).with_request(RequestNumber(request))
}
