//! The kernel's side of the sockets: io_uring instances and the memory that they are lent.
//!
//! This is the only place of the crate with unsafe code. What it gives outwards is safe to use in
//! any order: memory that the kernel may still read or write is never handed to anybody else, and
//! outlives the last operation. It must not know what a connection is for, or what its bytes say.

mod accept_ring;
mod open_files;
mod output;
mod receive_buffers;
mod socket_ring;
mod tag;
mod uring;

pub(crate) use accept_ring::AcceptRing;
pub(crate) use open_files::raise_open_files;
pub(crate) use receive_buffers::Filled;
pub(crate) use socket_ring::socket_ring;
pub use socket_ring::{SocketConsumer, SocketProducer};
pub(crate) use uring::{Completion, Received, Uring, UringOptions};
