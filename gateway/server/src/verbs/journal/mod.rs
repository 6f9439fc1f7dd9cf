//! `matchgate journal`: read the journal of a data directory, with no venue running on it. Nothing
//! of it changes; two verbs make a copy elsewhere.
//!
//! Each verb has a file of its own; `open` is where they all come in, `shard_run` is the follower
//! that those of shards move through the journal.

mod at;
mod at_account;
mod at_book;
mod at_order;
mod cat;
mod change_fields;
mod change_file;
mod changed_run;
mod command_words;
mod copy;
mod diff;
mod event_words;
mod gateway_words;
mod line;
mod names;
mod open;
mod output;
mod records;
mod shard_run;
mod stats;
mod stats_shard;
mod utc;
mod value_names;
mod verify;
mod what_if;

use std::io::Write;

pub use verify::{VerifiedShard, verify};

use crate::cli::{Journal, JournalVerb};
use crate::exit_code::Fatal;
use output::Output;

/// Does what the verb says. Where nobody reads `out` any more, it ends early and all is well.
///
/// # Errors
///
/// Returns a [`Fatal`] where the journal is damaged, in use, or no journal, where what is asked for
/// is not in it, or, after it was printed, where two journals differ.
pub fn journal(options: &Journal, out: &mut dyn Write) -> Result<(), Fatal> {
    let mut out = Output::new(out);
    let done = match &options.verb {
        JournalVerb::Verify { data, json } => verify::run(data, *json, &mut out),
        JournalVerb::Cat(options) => cat::run(options, &mut out),
        JournalVerb::Stats(options) => stats::run(options, &mut out),
        JournalVerb::At(options) => at::run(options, &mut out),
        JournalVerb::Diff(options) => diff::run(options, &mut out),
        JournalVerb::WhatIf(options) => what_if::run(options, &mut out),
        JournalVerb::Salvage(options) => copy::salvage(options, &mut out),
        JournalVerb::Cut(options) => copy::cut(options, &mut out),
    };
    out.finish(done)
}
