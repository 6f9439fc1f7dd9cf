//! Counts what the test runner says it ran: passed, failed and skipped.
//!
//! A test that cannot run on this machine prints a line that begins with `skipped:` and returns.
//! The runner counts such a test as passed; here it counts as skipped, so that a green run never
//! claims more than it did. It reads lines and starts nothing.

use std::fmt;
use std::ops::AddAssign;

/// The tests of a run, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Tests that ran to their end.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
    /// Tests that said `skipped:`, and tests that the runner ignored.
    pub(crate) skipped: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {skipped} skipped"
        )
    }
}

/// Reads the output of `cargo test -- --show-output`, line by line.
#[derive(Debug, Default)]
pub(crate) struct TestReport {
    totals: Totals,
    failed_tests: Vec<String>,
    /// Passed for the runner, skipped for us; taken off at the next result line.
    skipped_but_passed: u64,
    in_successes: bool,
    skip_seen_in_block: bool,
}

impl TestReport {
    /// Returns what was counted so far.
    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Returns the names of the tests that failed, in the order of the run.
    pub(crate) fn failed_tests(&self) -> &[String] {
        &self.failed_tests
    }

    /// Takes the next line.
    pub(crate) fn line(&mut self, line: &str) {
        if line == "successes:" {
            self.in_successes = true;
        } else if line == "failures:" {
            self.in_successes = false;
        } else if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            self.skip_seen_in_block = false;
        } else if line.starts_with("skipped:") {
            self.skip();
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.result(result);
        } else if let Some(name) = line.strip_suffix(" ... FAILED") {
            let name = name.strip_prefix("test ").unwrap_or(name);
            self.failed_tests.push(name.to_owned());
        }
    }

    fn skip(&mut self) {
        self.totals.skipped += 1;
        if self.in_successes && !self.skip_seen_in_block {
            self.skip_seen_in_block = true;
            self.skipped_but_passed += 1;
        }
    }

    fn result(&mut self, result: &str) {
        let passed = count_before(result, "passed");
        self.totals.passed += passed.saturating_sub(self.skipped_but_passed);
        self.totals.failed += count_before(result, "failed");
        self.totals.skipped += count_before(result, "ignored");
        self.skipped_but_passed = 0;
        self.in_successes = false;
    }
}

/// Returns the number that stands before `word`, or 0 when there is none.
fn count_before(result: &str, word: &str) -> u64 {
    let words: Vec<&str> = result
        .split([' ', ';', '.'])
        .filter(|part| !part.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
#[path = "tests/test_report.rs"]
mod tests;
