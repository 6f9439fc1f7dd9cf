//! A whole shard: commands that were resolved before any clock go in, its events are folded.
//!
//! [`Resolved`] is a workload as the shard is told it, with what it has to come to; [`ShardRun`]
//! is one run of it. What the events say of orders is also told as reports, so that they can be
//! compared with those of any book.

mod answers;
mod depth;
mod events;
mod market;
mod resolve;
mod resolved;
mod run;

pub use depth::Depth;
pub use events::fold;
pub use market::Market;
pub use resolve::{NoSlotError, Resolver};
pub use resolved::Resolved;
pub use run::{End, ShardRun};
