//! What tests of other crates need of the tooling: real servers, started and stopped.
//!
//! The stages of continuous integration are the program of this package, not this library.
#![forbid(unsafe_code)]

pub mod services;
