//! The verbs of the program, one file each. Only they print.

pub mod admin;
pub mod journal;
pub mod serve;
