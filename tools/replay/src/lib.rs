//! Recorded sessions against the real gateway: readers, order flow, checks, reports.
#![forbid(unsafe_code)]

pub mod bitstamp;
pub mod client_link;
mod decimal;
pub mod drive;
pub mod error;
pub mod flow;
pub mod in_process;
pub mod instrument;
pub mod ledger;
pub mod link;
pub mod lobster;
pub mod pace;
pub mod recording;
pub mod report;
pub mod session;
pub mod synthetic;
#[cfg(test)]
mod tests;
mod window;
