//! The stages of `cargo xtask ci`: what each runs, in which order, and the table at the end.
//!
//! A stage is a few commands. The first stage that fails ends the run. The last line printed is
//! always `N passed, N failed, N skipped`: the tests of the stages `test` and `peers` by outcome,
//! and one failure more when another stage failed.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::process::{self, Ended, cargo};
use crate::provide;
use crate::test_report::{TestReport, Totals};
use crate::tidy;

/// One stage of continuous integration; the order here is the order of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The code is laid out as rustfmt does.
    Fmt,
    /// No lint fires in any target.
    Clippy,
    /// The repository checks of `cargo xtask tidy`.
    Tidy,
    /// The release server and all test programs compile.
    Build,
    /// The real servers that some tests start are installed.
    Services,
    /// Every test passes.
    Test,
    /// So do those of the books to compare with, a workspace of their own.
    Peers,
    /// The ring holds in every interleaving of its two threads that the memory model allows.
    Loom,
    /// The documentation compiles without a warning.
    Doc,
}

impl Stage {
    const ALL: [Self; 9] = [
        Self::Fmt,
        Self::Clippy,
        Self::Tidy,
        Self::Build,
        Self::Services,
        Self::Test,
        Self::Peers,
        Self::Loom,
        Self::Doc,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Tidy => "tidy",
            Self::Build => "build",
            Self::Services => "services",
            Self::Test => "test",
            Self::Peers => "peers",
            Self::Loom => "loom",
            Self::Doc => "doc",
        }
    }

    /// Returns the time above which the stage is reported as slow.
    fn budget(self) -> Option<Duration> {
        match self {
            Self::Build => Some(Duration::from_secs(7 * 60)),
            Self::Services => Some(Duration::from_secs(60)),
            Self::Test => Some(Duration::from_secs(10 * 60)),
            Self::Peers => Some(Duration::from_secs(2 * 60)),
            Self::Loom => Some(Duration::from_secs(3 * 60)),
            Self::Fmt | Self::Clippy | Self::Tidy | Self::Doc => None,
        }
    }
}

/// One line of the closing table.
#[derive(Debug)]
struct Outcome {
    stage: Stage,
    elapsed: Duration,
    success: bool,
}

/// Runs `stages`, or all when it is empty; returns whether all succeeded.
///
/// # Errors
///
/// Returns an error when a stage's program cannot be started.
pub(crate) fn run(root: &Path, stages: &[Stage]) -> Result<bool> {
    let stages = if stages.is_empty() {
        &Stage::ALL
    } else {
        stages
    };
    let mut totals = Totals::default();
    let mut outcomes = Vec::new();
    for &stage in stages {
        println!("== {}", stage.name());
        let started = Instant::now();
        let success = run_stage(root, stage, &mut totals).unwrap_or_else(|error| {
            println!("{}: {error:#}", stage.name());
            false
        });
        let outcome = Outcome {
            stage,
            elapsed: started.elapsed(),
            success,
        };
        println!("== {}", closing_line(&outcome));
        outcomes.push(outcome);
        if !success {
            break;
        }
    }
    let success = outcomes.iter().all(|outcome| outcome.success);
    if !success && totals.failed == 0 {
        totals.failed = 1;
    }
    print!("{}", table(&outcomes, stages));
    println!("{totals}");
    Ok(success)
}

fn run_stage(root: &Path, stage: Stage, totals: &mut Totals) -> Result<bool> {
    match stage {
        Stage::Fmt => process::run(&mut cargo(root, &["fmt", "--all", "--check"])),
        Stage::Clippy => process::run(&mut cargo(
            root,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
        )),
        Stage::Tidy => tidy::run(root),
        Stage::Build => build(root),
        // A server that cannot be had is said, here and by each test that is skipped for it.
        Stage::Services => provide::install().map(|_| true),
        Stage::Test => test(root, totals),
        Stage::Peers => peers(root, totals),
        Stage::Loom => loom(root),
        Stage::Doc => {
            let mut doc = cargo(root, &["doc", "--workspace", "--no-deps", "--locked"]);
            process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
        }
    }
}

fn build(root: &Path) -> Result<bool> {
    let server = ["build", "--locked", "--release", "-p", "matchgate-server"];
    let tests = ["test", "--locked", "--workspace", "--no-run"];
    Ok(process::run(&mut cargo(root, &server))? && process::run(&mut cargo(root, &tests))?)
}

fn test(root: &Path, totals: &mut Totals) -> Result<bool> {
    // Shown output is what carries the `skipped:` lines; without the fail-fast rule the totals
    // are those of the whole workspace, whatever fails.
    let arguments = [
        "test",
        "--locked",
        "--workspace",
        "--no-fail-fast",
        "--",
        "--show-output",
    ];
    counted(&mut cargo(root, &arguments), totals)
}

/// Runs the tests of `bench/peers`, which has a lock file of its own, in a target folder of its
/// own: where the bars build it too.
fn peers(root: &Path, totals: &mut Totals) -> Result<bool> {
    let arguments = ["test", "--locked", "--no-fail-fast", "--manifest-path"];
    let mut tests = cargo(root, &arguments);
    tests.arg("bench/peers/Cargo.toml");
    tests.arg("--target-dir").arg(root.join("target/peers"));
    tests.args(["--", "--show-output"]);
    counted(&mut tests, totals)
}

/// Runs tests and adds them to `totals`, by outcome; returns whether all passed.
fn counted(tests: &mut Command, totals: &mut Totals) -> Result<bool> {
    let mut report = TestReport::default();
    let ended = process::stream(tests, None, &mut |line| report.line(line))?;
    let mut counts = report.totals();
    for name in report.failed_tests() {
        println!("failed: {name}");
    }
    let success = ended == Ended::Success;
    if !success && counts.failed == 0 {
        println!("a test program did not compile, or ended without a result");
        counts.failed = 1;
    }
    println!("{counts}");
    *totals += counts;
    Ok(success && counts.failed == 0)
}

/// Runs the ring's tests with the atomics of `loom`, in a target folder of their own: the flag
/// would otherwise have everything compiled again, here and in the next run.
fn loom(root: &Path) -> Result<bool> {
    let arguments = [
        "test",
        "--locked",
        "--release",
        "-p",
        "matchgate-ring",
        "--lib",
    ];
    let mut tests = cargo(root, &arguments);
    tests.env("RUSTFLAGS", "--cfg loom");
    tests.env("CARGO_TARGET_DIR", root.join("target/loom"));
    process::run(&mut tests)
}

fn closing_line(outcome: &Outcome) -> String {
    let name = outcome.stage.name();
    let result = if outcome.success { "ok" } else { "FAILED" };
    let mut line = format!("{name}: {result} in {:.1} s", outcome.elapsed.as_secs_f64());
    if let Some(budget) = outcome
        .stage
        .budget()
        .filter(|&budget| outcome.elapsed > budget)
    {
        line += &format!(
            "\nwarning: {name} is over its budget of {} s",
            budget.as_secs()
        );
    }
    line
}

fn table(outcomes: &[Outcome], asked: &[Stage]) -> String {
    let mut text = format!("{:<8} {:>8}  result\n", "stage", "seconds");
    for outcome in outcomes {
        let result = if outcome.success { "ok" } else { "FAILED" };
        let (name, seconds) = (outcome.stage.name(), outcome.elapsed.as_secs_f64());
        text += &format!("{name:<8} {seconds:>8.1}  {result}\n");
    }
    for stage in asked.iter().skip(outcomes.len()) {
        text += &format!("{:<8} {:>8}  not run\n", stage.name(), "-");
    }
    text
}

#[cfg(test)]
#[path = "tests/stages.rs"]
mod tests;
