//! The client library: logon, orders, reports, resume.
#![forbid(unsafe_code)]

mod client;
mod error;
mod link;
mod liveness;
mod options;
mod state;
mod tail;

pub use client::{Client, Resumption};
pub use error::{ClientError, StateError};
pub use options::ClientOptions;
pub use state::ClientState;
