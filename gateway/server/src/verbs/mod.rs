//! The verbs of the program, one file each. Only they print.

pub mod admin;
pub mod demo;
pub mod journal;
pub mod replay;
pub mod serve;
mod tool_venue;
