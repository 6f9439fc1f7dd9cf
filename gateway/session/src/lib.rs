//! The session: a state machine of messages, events and time in, and messages, commands and log
//! records out.
//!
//! [`GatewayCore`] is the home of the sessions of one gateway agent. It numbers what a client is
//! told, so that every number is given once and can be sent again as it was, also by the next
//! process: every session's outbound stream is a function of control journal, gateway log and
//! shard journals. It has no clock, no socket, no thread and no file; time is an argument, and
//! log and rings stand behind [`Outlet`].
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::as_conversions)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "a test that fails at once is a good test"
    )
)]
#![allow(
    missing_debug_implementations,
    reason = "the zerocopy derives define helper types of their own"
)]

pub mod bounds;
mod checks;
mod directory;
mod gateway_core;
pub mod gateway_log;
mod hash_seed;
mod heartbeat;
mod held;
mod in_flight;
mod logon;
mod mass_cancel;
mod outbound;
mod outlet;
mod recovery;
mod recovery_requests;
mod recovery_shard;
mod release;
mod report_store;
mod reports;
mod request_window;
mod requests;
mod resolver;
mod session_state;
mod slots;
mod table;

pub use directory::ControlError;
pub use gateway_core::{GatewayCore, GatewayOptions, Intake, SessionEnd, SessionView, StreamFault};
pub use gateway_log::GatewayRecord;
pub use hash_seed::HashSeed;
pub use outlet::{LogFailed, Outlet, Priority};
pub use recovery::{RecoveredShard, RecoveryError, RecoveryInput, ShardHistory, SourceError};

#[cfg(test)]
mod tests;
