//! The admin socket: a Unix socket in the data directory, one JSON line in, one JSON line out.

pub mod client;
pub mod message;
pub mod socket;

pub use client::AdminClient;
pub use message::{AdminReply, AdminRequest};
pub use socket::{AdminServer, AdminSource};
