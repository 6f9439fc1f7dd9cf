//! Measures: builds the release server and the bars, and runs the latter.
//!
//! It knows how they are built and started, and which bars need no server; what is measured stands
//! in bench/.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;

/// Bars that do without the server. One that is not named here has it built first: a bar that is
/// forgotten costs time, and never measures a server of yesterday.
const SERVERLESS: [&str; 20] = [
    "AA", "B15", "B11", "B25", "B8", "B1", "B6", "B1r", "B4", "B7", "B9", "B12", "B17", "B16",
    "W1", "W1h", "W5", "W7", "B20", "B21",
];
/// Options that measure nothing.
const SAYING: [&str; 3] = ["--list", "--help", "-h"];
/// The option that names the server to measure.
const ANOTHER_SERVER: &str = "--server";

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
    let server = needs_server(&arguments.arguments).then_some("matchgate-server");
    // One after the other: built together, the server would take features that only the bars ask
    // for, and what is measured would not be what is shipped.
    for package in server
        .into_iter()
        .chain(["matchgate-subjects", "matchgate-bench"])
    {
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

/// Returns whether the server has to be built for `arguments`.
fn needs_server(arguments: &[String]) -> bool {
    let is_without = |word: &String| {
        let option = word.split('=').next().unwrap_or_default();
        SAYING.contains(&option) || option == ANOTHER_SERVER
    };
    if arguments.iter().any(is_without) {
        return false;
    }
    let mut named = false;
    let mut is_value = false;
    for word in arguments {
        let is_option = word.starts_with('-');
        if !is_option && !is_value {
            if !SERVERLESS.contains(&word.as_str()) {
                return true;
            }
            named = true;
        }
        // Each option that is left takes a value.
        is_value = is_option && word != "--" && !word.contains('=');
    }
    !named
}

#[cfg(test)]
mod tests {
    use super::needs_server;

    fn needs(line: &str) -> bool {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        needs_server(&words)
    }

    #[test]
    fn server_is_not_built_where_nothing_is_measured() {
        for line in ["--list", "--help", "-h", "B13 --list", "-- --help"] {
            assert!(!needs(line), "{line}");
        }
    }

    #[test]
    fn server_is_built_for_all_bars_and_for_those_that_measure_it() {
        for line in [
            "",
            "--seed 7",
            "--pairs=15",
            "B13",
            "W1 B14",
            "B20 --seed 1 B13",
            "B99",
        ] {
            assert!(needs(line), "{line:?}");
        }
    }

    #[test]
    fn server_is_not_built_for_bars_without_it_or_where_another_is_given() {
        for line in [
            "W1",
            "AA B15 --seconds 60",
            "--seed 1 B11",
            "-- B20",
            "B13 --server m",
        ] {
            assert!(!needs(line), "{line}");
        }
    }
}
