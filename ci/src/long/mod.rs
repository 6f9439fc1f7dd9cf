//! `cargo xtask long`: the checks that take hours, in pieces of at most 40 minutes.
//!
//! A piece goes on where the last one stopped: its counts are in `target/long/STAGE.json`. They
//! belong to the code that was tested, so that a change of the code starts them again.

mod chunks;
mod counts;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::process::{self, Ended, cargo};
use chunks::ChunkedTest;

/// What to run, and for how long at most.
#[derive(Debug, Args)]
pub(crate) struct LongArguments {
    /// The stage to run; all of them share the time when none is named.
    #[arg(value_enum)]
    stage: Option<Stage>,
    /// The time this run may take, in minutes.
    #[arg(long, default_value_t = MINUTES_MAX, value_parser = clap::value_parser!(u64).range(1..=MINUTES_MAX))]
    minutes: u64,
    /// The count at which a chunked stage is done, over all runs.
    #[arg(long)]
    total: Option<u64>,
}

const MINUTES_MAX: u64 = 40;

/// A newer one may know more rules; take it by a change of this line, not by chance.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// One of the long checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Licences, banned and doubled crates, sources.
    Deny,
    /// The server is ended by kill -9 over and over; no acknowledged order may be lost.
    Crash,
    /// The order book and its slow twin take the same random commands.
    Book,
    /// The power fails at each operation of a journal's recovery, from a crash at each operation.
    Points,
}

/// A kill is a whole life of the server: start, recovery, load, kill -9.
const CRASH: ChunkedTest = ChunkedTest {
    stage: "crash",
    unit: "kills",
    test: &["-p", "matchgate-server", "--test", "it", "--", "crash"],
    count_variable: "MATCHGATE_CRASH_CYCLES",
    seed_variable: "MATCHGATE_CRASH_SEED",
    said: "killed ",
    first_chunk: 20,
    chunk_max: 500,
    total: 10_000,
};

const BOOK: ChunkedTest = ChunkedTest {
    stage: "book",
    unit: "commands",
    test: &[
        "-p",
        "matchgate-core",
        "--test",
        "differential",
        "--",
        "half",
    ],
    count_variable: "MATCHGATE_DIFFERENTIAL_COMMANDS",
    seed_variable: "MATCHGATE_DIFFERENTIAL_SEED",
    said: "compared ",
    first_chunk: 1_000_000,
    chunk_max: 100_000_000,
    total: 1_000_000_000,
};

/// A piece is one in 64 of the crash points: consecutive seeds are different pieces.
const POINTS: ChunkedTest = ChunkedTest {
    stage: "points",
    unit: "pieces",
    test: &[
        "-p",
        "matchgate-journal",
        "--test",
        "it",
        "--",
        "at_every_operation",
    ],
    count_variable: "MATCHGATE_CRASH_POINT_PIECES",
    seed_variable: "MATCHGATE_CRASH_POINT_PIECE",
    said: "cut short ",
    first_chunk: 1,
    chunk_max: 1,
    total: 64,
};

/// Runs the asked stage, or all; returns whether nothing failed in the time there was.
///
/// # Errors
///
/// Returns an error when a program cannot be started, or the counts cannot be read or kept.
pub(crate) fn run(root: &Path, arguments: &LongArguments) -> Result<bool> {
    let started = Instant::now();
    let end = started + Duration::from_secs(arguments.minutes * 60);
    match arguments.stage {
        Some(Stage::Deny) => deny(root, end),
        Some(Stage::Crash) => CRASH.run(root, arguments.total, end),
        Some(Stage::Book) => BOOK.run(root, arguments.total, end),
        Some(Stage::Points) => POINTS.run(root, arguments.total, end),
        None => {
            if arguments.total.is_some() {
                bail!("--total counts what one stage does: name the stage");
            }
            let third = (end - started) / 3;
            Ok(deny(root, end)?
                && CRASH.run(root, None, started + third)?
                && BOOK.run(root, None, started + third * 2)?
                && POINTS.run(root, None, end)?)
        }
    }
}

/// Checks the dependencies by the rules of `deny.toml`, without a network once the tool is there.
fn deny(root: &Path, deadline: Instant) -> Result<bool> {
    let tools = root.join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if !program.exists() {
        let folder = tools
            .to_str()
            .context("the path of target/tools is not UTF-8")?;
        let arguments = ["install", "--locked", "--root", folder, CARGO_DENY];
        match process::stream(&mut cargo(root, &arguments), Some(deadline), &mut |_| {})? {
            Ended::Success => {}
            Ended::Failure => bail!("cargo-deny cannot be installed"),
            Ended::Deadline => bail!("cargo-deny was not installed within the time"),
        }
    }
    // The crates themselves must be on this machine before the check can go without a network.
    if !process::run(&mut cargo(root, &["fetch", "--locked"]))? {
        bail!("the dependencies cannot be fetched");
    }
    let mut command = std::process::Command::new(program);
    command
        .current_dir(root)
        .args(["--offline", "check", "--hide-inclusion-graph"])
        .args(["licenses", "bans", "sources"]);
    let success = process::run(&mut command)?;
    println!("deny: {}", if success { "ok" } else { "FAILED" });
    Ok(success)
}
