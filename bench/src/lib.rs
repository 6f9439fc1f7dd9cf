//! Measures what the gateway costs: bars, each a figure with a bound.
//!
//! A bar compares, in one run and in interleaved pairs, what is measured with a base that does the
//! least that could be done instead; or it counts what must not happen. What the machine adds is
//! measured beside it. How to run and read it stands in bench/README.md.
#![forbid(unsafe_code)]

pub mod bar;
pub mod bars;
pub mod latencies;
pub mod machine;
pub mod number;
pub mod open_loop;
pub mod pairs;
pub mod statistics;
pub mod wire;
