//! Snapshots: a shard that was restored answers as the one that was saved, and bytes that are no
//! snapshot are refused.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails on whatever it does not expect"
)]

mod changed;
mod damage;
mod equality;
mod numbers;
mod order_problems;
mod problems;
mod subject;
