//! Measures: builds the release server and the bars, and runs the latter.
//!
//! It knows how they are built and started; what is measured stands in bench/.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;

/// What is handed on to the `bars` program.
#[derive(Debug, Args)]
pub(crate) struct BarsArguments {
    /// Bars and options; `--list` says which bars there are, `-- --help` which options.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the bars and returns their exit code: 0 where every gate is met, 1 where one is missed or
/// something did not build, 2 for a bar that there is not, 3 where a figure is void.
///
/// # Errors
///
/// Returns an error when cargo cannot be started.
pub(crate) fn run(root: &Path, arguments: &BarsArguments) -> Result<ExitCode> {
    // One after the other: built together, the server would take features that only the bars ask
    // for, and what is measured would not be what is shipped.
    for package in ["matchgate-server", "matchgate-bench"] {
        let build = ["build", "--release", "-p", package];
        if !process::run(&mut process::cargo(root, &build))? {
            return Ok(ExitCode::FAILURE);
        }
    }
    let run = [
        "run",
        "--quiet",
        "--release",
        "-p",
        "matchgate-bench",
        "--bin",
        "bars",
        "--",
    ];
    let status = process::cargo(root, &run)
        .args(&arguments.arguments)
        .status()
        .context("cannot start cargo run")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
