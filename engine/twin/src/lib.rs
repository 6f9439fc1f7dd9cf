//! The slow twin: a naive engine after the rule book, flows of commands that make orders meet in
//! every way, and a comparison with any engine, whose differences it makes small.
//!
//! It is for tests. It must share no code with the shard beyond the domain types, the capacity
//! and the published mixing function: what both had in common, no comparison would find.
#![forbid(unsafe_code)]

pub mod coverage;
pub mod differential;
pub mod generator;
pub mod planted;
pub mod reference;

#[cfg(test)]
mod tests;
