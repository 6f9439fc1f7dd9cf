//! A scripted venue: a thread that plays one script against whoever connects.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use matchgate_core::domain::{
    Durability, Name, Price, Quantity, RejectReason, RequestNumber, Side, Symbol,
};
use matchgate_schema::capnp::{Encoder, decode_client, encode_server, frame};
use matchgate_schema::message::{
    BusinessReject, ClientMessage, DECIDED_BITMAP_BITS, Logon, LogonAnswer, NewOrderRequest,
    Report, ServerMessage,
};

use crate::ClientOptions;

/// Longer than any test takes: a script that hangs fails instead.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A running script and where to connect to it.
pub(super) struct Venue<T> {
    pub(super) address: SocketAddr,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Venue<T> {
    pub(super) fn start(script: impl FnOnce(&mut Peer) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            let mut peer = Peer::accept(listener);
            script(&mut peer)
        });
        Self { address, thread }
    }

    /// Waits for the end of the script.
    pub(super) fn finish(self) -> T {
        self.thread.join().unwrap()
    }
}

/// The venue's end of a connection.
pub(super) struct Peer {
    listener: TcpListener,
    stream: TcpStream,
    bytes: Vec<u8>,
    encoder: Encoder,
}

impl Peer {
    fn accept(listener: TcpListener) -> Self {
        let stream = accept_one(&listener);
        Self {
            listener,
            stream,
            bytes: Vec::new(),
            encoder: Encoder::new(),
        }
    }

    /// Drops the connection and takes the next one.
    pub(super) fn accept_again(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Both).unwrap();
        self.stream = accept_one(&self.listener);
        self.bytes.clear();
    }

    /// Reads the next message that is no heartbeat.
    pub(super) fn read(&mut self) -> ClientMessage {
        loop {
            match self.read_any() {
                Some(ClientMessage::Heartbeat) => {}
                Some(message) => return message,
                None => panic!("client closed"),
            }
        }
    }

    /// Reads the next message; `None` where the client closed.
    pub(super) fn read_any(&mut self) -> Option<ClientMessage> {
        loop {
            if let Some(one) = frame::next(&self.bytes).unwrap() {
                let (message, length) = (decode_client(one).unwrap(), one.len());
                self.bytes.drain(..length);
                return Some(message);
            }
            let mut some = [0; 4096];
            let count = self.stream.read(&mut some).unwrap_or(0);
            if count == 0 {
                return None;
            }
            self.bytes.extend_from_slice(&some[..count]);
        }
    }

    /// Reads the numbers of the next `count` requests.
    pub(super) fn read_requests(&mut self, count: usize) -> Vec<u64> {
        (0..count)
            .map(|_| self.read().request().unwrap().get())
            .collect()
    }

    pub(super) fn read_logon(&mut self) -> Logon {
        match self.read() {
            ClientMessage::Logon(logon) => logon,
            other => panic!("no logon: {other:?}"),
        }
    }

    pub(super) fn log_on(&mut self, answer: LogonAnswer) -> Logon {
        let logon = self.read_logon();
        self.send(&ServerMessage::LogonAnswer(answer));
        logon
    }

    pub(super) fn send(&mut self, message: &ServerMessage) {
        let bytes = encode_server(message, &mut self.encoder);
        self.stream.write_all(bytes).unwrap();
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Waits until the client has closed.
    pub(super) fn read_to_end(&mut self) {
        while self.read_any().is_some() {}
    }
}

fn accept_one(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The answer to the first logon of a new session.
pub(super) fn first_answer() -> LogonAnswer {
    LogonAnswer {
        epoch: 1,
        replay_from: 1,
        next_sequence: 1,
        decided_through: RequestNumber(0),
        request_highest: RequestNumber(0),
        decided_above: [0; DECIDED_BITMAP_BITS / 64],
        durability: Durability::Written,
        heartbeat_interval_ms: 10_000,
        open_orders_max: 1000,
        lost_from: 0,
    }
}

/// A numbered message that answers `request`.
pub(super) fn report(sequence: u64, request: u64) -> ServerMessage {
    ServerMessage::Report {
        sequence,
        resend: false,
        report: Report::BusinessReject(BusinessReject {
            request: RequestNumber(request),
            reason: RejectReason::Busy,
        }),
    }
}

pub(super) fn encoded(message: &ServerMessage) -> Vec<u8> {
    encode_server(message, &mut Encoder::new()).to_vec()
}

pub(super) fn options() -> ClientOptions {
    ClientOptions {
        next_expected: 1,
        ..ClientOptions::new(Name::new(b"desk-1").unwrap())
    }
}

/// An order whose price tells it from others.
pub(super) fn order(price: i64) -> NewOrderRequest {
    NewOrderRequest::limit(
        Symbol::new(b"AAPL").unwrap(),
        Side::Buy,
        Price::new(price),
        Quantity::new(100),
    )
}
