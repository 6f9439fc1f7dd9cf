//! What a run of stages tells its reader.

use std::time::Duration;

use super::{Outcome, Stage, closing_line, table};

fn outcome(stage: Stage, seconds: u64, success: bool) -> Outcome {
    Outcome {
        stage,
        elapsed: Duration::from_secs(seconds),
        success,
    }
}

#[test]
fn slow_build_is_warned_about_and_still_succeeds() {
    let line = closing_line(&outcome(Stage::Build, 421, true));
    assert_eq!(
        line,
        "build: ok in 421.0 s\nwarning: build is over its budget of 420 s"
    );
}

#[test]
fn stage_within_its_budget_is_one_line() {
    assert_eq!(
        closing_line(&outcome(Stage::Test, 600, true)),
        "test: ok in 600.0 s"
    );
    assert_eq!(
        closing_line(&outcome(Stage::Clippy, 9000, true)),
        "clippy: ok in 9000.0 s"
    );
}

#[test]
fn table_names_the_stages_that_did_not_run() {
    let outcomes = [
        outcome(Stage::Fmt, 1, true),
        outcome(Stage::Clippy, 62, false),
    ];
    let expected = "\
stage     seconds  result
fmt           1.0  ok
clippy       62.0  FAILED
tidy            -  not run
";
    assert_eq!(
        table(&outcomes, &[Stage::Fmt, Stage::Clippy, Stage::Tidy]),
        expected
    );
}

#[test]
fn every_stage_runs_when_none_is_named() {
    let names = Stage::ALL.map(Stage::name);
    let expected = [
        "fmt", "clippy", "tidy", "build", "services", "test", "peers", "loom", "doc",
    ];
    assert_eq!(names, expected);
}
