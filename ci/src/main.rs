//! Every stage of continuous integration, as one command.
//!
//! `cargo xtask ci` is what the shared machine runs and what a desk runs: the same stages, in the
//! same order, with the same commands. It knows how the repository is built and checked, and
//! nothing of what the product does.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user by printing"
)]

mod bars;
mod long;
mod process;
mod provide;
mod stages;
mod test_report;
mod tidy;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, checks and tests the repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs the named stages, or all of them in order, and stops at the first that fails.
    Ci {
        /// The stages to run.
        #[arg(value_enum)]
        stages: Vec<stages::Stage>,
    },
    /// Checks what no compiler checks: the crate graph, file sizes, forbidden words.
    Tidy,
    /// Installs the real servers that tests use, or runs them for a developer.
    Services(provide::ServicesArguments),
    /// Runs the checks that are too long for every change; each goes on where it stopped.
    Long(long::LongArguments),
    /// Measures the release build against its bars.
    Bars(bars::BarsArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = repository_root();
    let outcome = match arguments.verb {
        Verb::Ci { stages } => stages::run(&root, &stages).map(exit_code),
        Verb::Tidy => tidy::run(&root).map(exit_code),
        Verb::Services(services) => provide::run(&services).map(exit_code),
        Verb::Long(long) => long::run(&root, &long).map(exit_code),
        Verb::Bars(bars) => bars::run(&root, &bars),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn exit_code(succeeded: bool) -> ExitCode {
    match succeeded {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Returns the folder that holds the workspace manifest.
///
/// Cargo tells a program it runs where its manifest is; the path fixed at compile time serves a
/// binary that was started by hand.
fn repository_root() -> PathBuf {
    let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir
        .parent()
        .map_or(manifest_dir.clone(), PathBuf::from)
}
