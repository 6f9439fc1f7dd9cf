//! Sockets: the io_uring reactor, the acceptor, the gateway agent.
//!
//! The only crate that touches a socket. What the bytes mean is decided by `matchgate-schema`,
//! what they cause by `matchgate-session`.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "a test that is out of bounds fails, as it should"
    )
)]

pub mod acceptor;
mod connection;
pub mod directory;
mod frame_buffer;
pub mod gateway_agent;
pub mod gateway_wiring;
pub mod handover;
mod line;
pub mod live_outlet;
mod network;
pub mod reactor;
pub mod reactor_options;
mod receive_queues;
#[expect(
    unsafe_code,
    reason = "io_uring shares memory with the kernel; the module keeps it sound"
)]
mod ring;

mod session_counters;

pub use acceptor::{Acceptor, AcceptorOptions, AcceptorWiring};
pub use connection::{CloseCause, ConnectionId};
pub use directory::{Directory, DirectoryEntry, DuplicateKey};
pub use gateway_agent::GatewayAgent;
pub use gateway_wiring::{GatewayAgentOptions, GatewayWiring, ShardLink};
pub use handover::{Handover, HandoverConsumer, HandoverProducer, handover_ring};
pub use live_outlet::LiveOutlet;
pub use reactor::{Reactor, ReactorEvent};
pub use reactor_options::{
    AdoptError, CLOSING_CONNECTIONS, CONNECTIONS_MAX, ReactorCounts, ReactorError, ReactorOptions,
    SESSIONS_PER_GATEWAY_MAX,
};
pub use ring::{SocketConsumer, SocketProducer};

#[cfg(test)]
mod tests;
