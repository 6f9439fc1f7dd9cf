//! A shard agent with a real journal behind it, and followers of that journal.

mod allocations;
mod expiry;
mod follower;
mod follower_agent;
mod gateway;
mod shard_agent;
mod snapshot_crash;
mod snapshot_file;
mod snapshot_recovery;
mod snapshot_support;
mod snapshotter;
mod top_of_book;
mod venue;
