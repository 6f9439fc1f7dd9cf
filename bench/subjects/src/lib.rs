//! What the bars measure: book, shard and rings over the workloads.
//!
//! Everything is prepared and resolved before a pass; a pass does what is asked, writes every
//! report or event and folds it, and its end is compared. It knows no clock and no policy of
//! measuring: who measures brings both.
#![forbid(unsafe_code)]
#![expect(
    clippy::inline_always,
    reason = "what a pass does is timed: a call costs as much as what is done in it"
)]

pub mod book;
pub mod ec_mix;
mod handles;
pub mod instructions;
pub mod latency_run;
pub mod load;
mod names;
pub mod peers;
pub mod ring_run;
pub mod shard;
pub mod sink;
pub mod split;
pub mod sweep_run;

pub use handles::Ranges;

#[cfg(test)]
mod tests;
