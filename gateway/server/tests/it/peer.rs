//! The other end of a connection, byte by byte: it may say what no client would.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use matchgate_core::domain::{Durability, RejectReason};
use matchgate_schema::capnp::{Encoder, decode_server, encode_client, frame};
use matchgate_schema::message::{
    ClientMessage, Logon, LogonAnswer, PROTOCOL_VERSION, Report, ServerMessage,
};

use crate::trader::{PATIENCE, name};

/// Returns the logon of a session that lacks message `next_expected`.
pub(crate) fn logon(key: &str, next_expected: u64) -> Logon {
    Logon {
        protocol_version: PROTOCOL_VERSION,
        key: name(key),
        next_expected,
        durability: Durability::Written,
    }
}

/// Returns a message as a frame.
pub(crate) fn frame_of(message: &ClientMessage) -> Vec<u8> {
    encode_client(message, &mut Encoder::new()).to_vec()
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Peer {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Peer {
    /// Connects and says nothing.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let bytes = Vec::new();
        Self { stream, bytes }
    }

    /// Connects and logs on.
    pub(crate) fn log_on(address: SocketAddr, logon: Logon) -> (Self, LogonAnswer) {
        let mut peer = Self::connect(address);
        peer.say(&ClientMessage::Logon(logon));
        match peer.hear() {
            Some(ServerMessage::LogonAnswer(answer)) => (peer, answer),
            other => panic!("no answer to the logon: {other:?}"),
        }
    }

    /// Writes bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).unwrap();
    }

    /// Writes bytes, unless the venue has closed.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says a message.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        self.write(&frame_of(message));
    }

    /// Returns the next message that is no heartbeat; `None` where the venue has closed.
    pub(crate) fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            while let Some(one) = frame::next_from_server(&self.bytes).unwrap() {
                let (message, length) = (decode_server(one).unwrap(), one.len());
                self.bytes.drain(..length);
                if !matches!(message, ServerMessage::Heartbeat { .. }) {
                    return Some(message);
                }
            }
            let mut some = [0; 4096];
            match self.stream.read(&mut some) {
                Ok(0) => return None,
                Ok(count) => self.bytes.extend_from_slice(&some[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the venue neither speaks nor closes: {error}"),
            }
        }
    }

    /// Returns the next report.
    pub(crate) fn report(&mut self) -> Report {
        match self.hear() {
            Some(ServerMessage::Report { report, .. }) => report,
            other => panic!("no report: {other:?}"),
        }
    }

    /// Hears that the venue ends the connection for a reason, and sees it do so.
    pub(crate) fn hears_logout(mut self, reason: RejectReason) {
        assert_eq!(self.hear(), Some(ServerMessage::Logout { reason }));
        assert_eq!(self.hear(), None);
    }

    /// Ends our side and waits until the venue has ended its own.
    pub(crate) fn close(mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
        while self.hear().is_some() {}
    }
}
