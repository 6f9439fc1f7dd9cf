//! The matching engine as a pure state machine.
//!
//! A shard is told commands and answers with events. It has no clock, no I/O, no thread, no
//! float, no hash iteration, and allocates nothing after it is made: its state is a function of
//! the commands alone.
#![forbid(unsafe_code)]
#![allow(
    missing_debug_implementations,
    reason = "the zerocopy derives define helper types of their own; ours all derive Debug"
)]
#![deny(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]
#![cfg_attr(
    test,
    allow(
        clippy::wildcard_enum_match_arm,
        reason = "a test fails on whatever it does not expect"
    )
)]

pub mod domain;

pub mod capacity;
pub mod event_buffer;
pub mod mirror;
pub mod shard;
pub mod state_hash;

mod book;
mod owner_list;

pub use capacity::ShardCapacity;
pub use event_buffer::EventBuffer;
pub use mirror::{OrderMirror, OrderRecord};
pub use shard::{Level, OrderView, Progress, Shard, SlotView};

#[cfg(test)]
mod tests;
