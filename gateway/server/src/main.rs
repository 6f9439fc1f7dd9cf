//! The `matchgate` binary: one verb, one exit code.
#![forbid(unsafe_code)]

use std::io::{Write, stderr, stdout};
use std::process::ExitCode as ProcessExitCode;

use clap::Parser;
use matchgate_runtime::huge_pages::PagedAllocator;
use matchgate_server::cli::{Cli, Verb};
use matchgate_server::config::DEFAULT_TOML;
use matchgate_server::exit_code::Fatal;
use matchgate_server::verbs;

/// Large tables on huge pages, where they are asked for.
#[global_allocator]
static ALLOCATOR: PagedAllocator = PagedAllocator;

fn main() -> ProcessExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ProcessExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done where even this cannot be said.
            drop(writeln!(stderr(), "matchgate: {error}"));
            ProcessExitCode::from(error.code as u8)
        }
    }
}

fn run(cli: &Cli) -> Result<(), Fatal> {
    let mut out = stdout();
    match &cli.verb {
        Verb::Serve(options) => verbs::serve::serve(options, &mut out),
        Verb::Admin(options) => verbs::admin::admin(options, &mut out),
        Verb::Journal(options) => verbs::journal::journal(options, &mut out),
        Verb::Demo(options) => verbs::demo::demo(options, &mut out),
        Verb::Replay(options) => verbs::replay::replay(options, &mut out),
        Verb::Config => Ok(out.write_all(DEFAULT_TOML.as_bytes())?),
    }
}
