//! The handover: a connection that has said who it is, on its way to the session's home.

use matchgate_core::domain::SessionId;
use matchgate_schema::message::Logon;

use crate::ring::{SocketConsumer, SocketProducer, socket_ring};

/// What is known of a connection when the acceptor lets go of it. The socket has nothing in
/// flight, and every byte behind the logon is still in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Its logon; protocol version and key were checked.
    pub logon: Logon,
    /// The session of that key.
    pub session: SessionId,
}

/// The acceptor's end of the way to one gateway.
pub type HandoverProducer = SocketProducer<Handover>;
/// The gateway's end of the way from the acceptor.
pub type HandoverConsumer = SocketConsumer<Handover>;

/// Returns the two ends of the way from the acceptor to one gateway, for `capacity` connections
/// that wait at one time.
#[must_use]
pub fn handover_ring(capacity: usize) -> (HandoverProducer, HandoverConsumer) {
    socket_ring(capacity)
}
