//! Who leads and who follows a journal: the shard agent, followers, sinks, hash check.
//!
//! The [`ShardAgent`] gives commands their order and journals them before it applies them. Whoever
//! wants to know what happened reads that journal and applies it to a state of its own: a
//! [`Follower`]. So recovery, publication and an operator's questions are one thing.
#![forbid(unsafe_code)]
#![deny(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]

mod audience;
pub mod cursor;
mod decimal;
pub mod error;
pub mod followed_state;
pub mod follower;
pub mod follower_agent;
mod history;
pub mod publication;
pub mod publisher;
mod replay;
pub mod shard_agent;
pub mod sink;
pub mod snapshot;
pub mod top_of_book;
pub mod view;

pub use cursor::{Cursor, CursorError, CursorFile, ShardCursor};
pub use decimal::decimal_text;
pub use error::FollowerError;
pub use followed_state::{Applied, FollowedState};
pub use follower::{FollowMode, FollowedJournal, Follower, decode, recover_shard};
pub use follower_agent::{FollowerAgent, HealthHandle};
pub use publication::{Publication, PublicationBody};
pub use publisher::publish;
pub use shard_agent::{GatewayRings, RingCommand, ShardAgent};
pub use sink::{HeldEvent, Sink, SinkError, SinkHealth};
pub use snapshot::{
    RecoveredShard, RecoveryError, RecoveryReport, SnapshotFileError, SnapshotFolder,
    SnapshotHeader, SnapshotInterval, SnapshotOwner, Snapshotter, recover_shard_from_snapshots,
};
pub use view::{BookView, FollowerView, InstrumentView, ShardPosition};
