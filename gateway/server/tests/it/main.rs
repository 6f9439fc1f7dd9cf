//! The program from outside: the real binary, real sockets, real files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    reason = "a test that fails at once is a good test, and what it counted is its result"
)]

mod admin;
mod bad_frames;
mod bad_input;
mod bitstamp;
mod clock;
mod crash;
mod data_folder;
mod downstream;
mod failed_start;
mod faults;
mod journal_at;
mod journal_bad_input;
mod journal_copy;
mod journal_diff;
mod journal_session;
mod journal_tools;
mod journal_what_if;
mod local_venue;
mod mass_cancel;
mod member;
mod metrics;
mod order_types;
mod peer;
mod published;
mod recording;
mod recordings;
mod restart;
mod synced;
mod trader;
mod venue_process;
mod write_error;
