//! `cargo xtask services`: installs the real servers that tests use, and runs them by hand.

mod install;
mod run;

use anyhow::Result;
use clap::{Args, Subcommand};

pub(crate) use install::run as install;

/// What to do about the servers.
#[derive(Debug, Args)]
pub(crate) struct ServicesArguments {
    #[command(subcommand)]
    verb: Option<ServicesVerb>,
}

#[derive(Debug, Subcommand)]
enum ServicesVerb {
    /// Installs nats-server and QuestDB under target/tools; does nothing where they are.
    Install,
    /// Starts both under target/services and keeps them until Ctrl-C; the default.
    Run,
}

/// Does what was asked; returns whether every server could be had.
///
/// # Errors
///
/// Returns an error when a server that is there cannot be started.
pub(crate) fn run(arguments: &ServicesArguments) -> Result<bool> {
    match arguments.verb {
        Some(ServicesVerb::Install) => install(),
        Some(ServicesVerb::Run) | None => run::run(),
    }
}
