//! Recorded sessions against the real gateway: readers, order flow, checks, reports.
#![forbid(unsafe_code)]

mod decimal;
pub mod drive;
pub mod error;
pub mod flow;
pub mod in_process;
pub mod instrument;
pub mod lobster;
#[cfg(test)]
mod tests;
