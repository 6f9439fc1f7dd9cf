//! The closing line counts what ran, what failed and what did not run.

use super::{TestReport, Totals};

fn totals(output: &str) -> Totals {
    let mut report = TestReport::default();
    for line in output.lines() {
        report.line(line);
    }
    report.totals()
}

#[test]
fn results_of_all_binaries_are_summed() {
    let output = "\
running 2 tests
test a ... ok
test b ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.10s
";
    assert_eq!(
        totals(output),
        Totals {
            passed: 3,
            failed: 1,
            skipped: 0
        }
    );
}

#[test]
fn failed_tests_are_named() {
    let mut report = TestReport::default();
    for line in [
        "test a ... ok",
        "test b::c ... FAILED",
        "test result: FAILED. 1 passed; 1 failed",
    ] {
        report.line(line);
    }
    assert_eq!(report.failed_tests(), ["b::c"]);
}

#[test]
fn skipped_test_is_not_counted_as_passed() {
    let output = "\
test drift ... ok

successes:

---- drift stdout ----
skipped: capnp is not on PATH

---- other stdout ----
hello

successes:
    drift
    other

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
    assert_eq!(
        totals(output),
        Totals {
            passed: 1,
            failed: 0,
            skipped: 1
        }
    );
}

#[test]
fn test_with_two_skip_lines_is_taken_off_once() {
    let output = "\
successes:
---- recorded stdout ----
skipped: first file is missing
skipped: second file is missing
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
    assert_eq!(
        totals(output),
        Totals {
            passed: 2,
            failed: 0,
            skipped: 2
        }
    );
}

#[test]
fn skip_line_of_a_failed_test_leaves_the_passed_ones_alone() {
    let output = "\
failures:
---- broken stdout ----
skipped: half of it
test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
    assert_eq!(
        totals(output),
        Totals {
            passed: 4,
            failed: 1,
            skipped: 1
        }
    );
}

#[test]
fn ignored_tests_are_skipped_tests() {
    let output = "test result: ok. 0 passed; 0 failed; 5 ignored; 0 measured; 0 filtered out";
    assert_eq!(
        totals(output),
        Totals {
            passed: 0,
            failed: 0,
            skipped: 5
        }
    );
}

#[test]
fn word_in_the_middle_of_a_line_is_no_skip() {
    assert_eq!(totals("3 were skipped: see above"), Totals::default());
}

#[test]
fn closing_line_reads_as_promised() {
    let totals = Totals {
        passed: 812,
        failed: 0,
        skipped: 3,
    };
    assert_eq!(totals.to_string(), "812 passed, 0 failed, 3 skipped");
}

#[test]
fn totals_of_two_runs_are_added_by_outcome() {
    let mut totals = Totals {
        passed: 3,
        failed: 1,
        skipped: 2,
    };
    totals += Totals {
        passed: 4,
        failed: 0,
        skipped: 5,
    };
    assert_eq!(totals.to_string(), "7 passed, 1 failed, 7 skipped");
}
