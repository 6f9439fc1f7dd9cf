//! The `matchgate` program as a library, so that tests can drive what the binary drives.
#![forbid(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod config;
pub mod control;
pub mod exit_code;
pub mod metrics;
pub mod venue;
pub mod verbs;
