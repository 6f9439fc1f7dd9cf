//! Where published events go: the local sink, NATS, QuestDB.
//!
//! A sink takes publications from a follower on a cold core. It may be late, never wrong: what it
//! tells is read from the journal behind the synced mark, once, in order.
#![forbid(unsafe_code)]

pub mod hub;
pub mod line_file;
pub mod local_sink;
pub mod message;
pub mod nats;
pub mod questdb;
pub mod subject;

#[cfg(test)]
mod sample;

pub use hub::{Delivery, Hub, Subscription};
pub use line_file::LineFile;
pub use local_sink::LocalSink;
pub use nats::{NatsOptions, NatsSink};
pub use questdb::{QuestDbOptions, QuestDbSink};
pub use subject::{Pattern, PatternError};
