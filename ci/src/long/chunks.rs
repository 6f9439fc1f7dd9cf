//! Runs one test over and over, a chunk of work at a time, until its count or its time is up.
//!
//! The test takes how much to do and from which seed out of its environment, and prints how much
//! it has done; a chunk counts only when the test passed, and for what it printed.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::counts::{Counts, code_identity, counts_path};
use crate::process::{self, Ended, cargo};
use crate::test_report::{TestReport, Totals};
use crate::tree::Tree;

/// A chunk aims at this time: long enough that starting it costs nothing, short enough that
/// little is lost when it is cut off.
const CHUNK_MS: u64 = 120_000;

/// A chunk that takes this long will never end, and has failed.
const CHUNK_MAX: Duration = Duration::from_secs(600);

const _: () = assert!(CHUNK_MAX.as_millis() >= 5 * CHUNK_MS as u128);

/// A test whose amount of work its environment decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkedTest {
    pub(super) stage: &'static str,
    /// What is counted, in the plural.
    pub(super) unit: &'static str,
    /// The arguments of `cargo test` that choose the test.
    pub(super) test: &'static [&'static str],
    /// The variable that says how many units to do.
    pub(super) count_variable: &'static str,
    /// The variable that says from which seed.
    pub(super) seed_variable: &'static str,
    /// How a line begins that says how many units were done; the number follows.
    pub(super) said: &'static str,
    /// Units of the first chunk, before the pace is known.
    pub(super) first_chunk: u64,
    /// Units of a chunk at the most: what the test keeps in memory grows with them.
    pub(super) chunk_max: u64,
    /// Units after which the stage is done, over all runs.
    pub(super) total: u64,
}

/// How one chunk ended.
enum Chunk {
    Passed { done: u64, elapsed: Duration },
    Failed,
    CutOff,
}

impl ChunkedTest {
    /// Runs chunks until `total` units are done, `deadline` has come or a chunk fails; returns
    /// whether none failed.
    ///
    /// # Errors
    ///
    /// Returns an error when the test cannot be built or started, when it does not run at all, or
    /// when the counts cannot be read or kept.
    pub(super) fn run(&self, root: &Path, total: Option<u64>, deadline: Instant) -> Result<bool> {
        let total = total.unwrap_or(self.total);
        let path = counts_path(root, self.stage);
        let mut counts = Counts::load(&path, code_identity(&Tree::load(root)?))?;
        if !self.build(root, deadline)? {
            return Ok(false);
        }
        while counts.done < total && has_time(&counts, deadline) {
            let left = total - counts.done;
            let units = next_chunk(&counts, self.first_chunk)
                .min(self.chunk_max)
                .min(left);
            let seed = counts.next_seed();
            match self.chunk(root, units, seed, deadline)? {
                Chunk::Passed { done, elapsed } => {
                    counts.chunks += 1;
                    counts.asked += units;
                    counts.done += done;
                    counts.elapsed_ms += u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                }
                Chunk::Failed => counts.failed_seeds.push(seed),
                Chunk::CutOff => {
                    println!("{}: the time is up; this chunk is not counted", self.stage);
                }
            }
            counts.save(&path)?;
            println!("so far: {}", self.summary(&counts, total));
            if counts.failed_seeds.contains(&seed) {
                println!("to repeat it: {}", self.repeat_line(units, seed));
                break;
            }
        }
        let open = counts.done < total && counts.failed_seeds.is_empty();
        let advice = if open { "; run again to go on" } else { "" };
        println!("{}{advice}", self.summary(&counts, total));
        Ok(counts.failed_seeds.is_empty())
    }

    fn command(&self, root: &Path) -> Command {
        let mut command = cargo(root, &["test", "--locked", "--release"]);
        command.args(self.test);
        command
    }

    /// Builds first, so that the time of a chunk is the time of its work.
    fn build(&self, root: &Path, deadline: Instant) -> Result<bool> {
        let mut command = cargo(root, &["test", "--locked", "--release", "--no-run"]);
        command.args(self.test.iter().take_while(|argument| **argument != "--"));
        match process::stream(&mut command, Some(deadline), &mut |_| {})? {
            Ended::Success => Ok(true),
            Ended::Failure => {
                println!("{}: the test does not compile", self.stage);
                Ok(false)
            }
            Ended::Deadline => bail!("{}: not built within the time", self.stage),
        }
    }

    fn chunk(&self, root: &Path, units: u64, seed: u64, deadline: Instant) -> Result<Chunk> {
        let mut command = self.command(root);
        command
            .arg("--show-output")
            .env(self.count_variable, units.to_string())
            .env(self.seed_variable, seed.to_string());
        let started = Instant::now();
        let hung = started + CHUNK_MAX;
        let end = deadline.min(hung);
        let mut report = TestReport::default();
        let mut done = 0;
        let ended = process::stream(&mut command, Some(end), &mut |line| {
            report.line(line);
            done += said(line, self.said).unwrap_or(0);
        })?;
        match ended {
            Ended::Deadline if end == hung => {
                println!("{}: no end after {} s", self.stage, CHUNK_MAX.as_secs());
                Ok(Chunk::Failed)
            }
            Ended::Deadline => Ok(Chunk::CutOff),
            Ended::Failure => Ok(Chunk::Failed),
            Ended::Success => match report.totals() {
                Totals {
                    passed: 1..,
                    skipped: 0,
                    ..
                } if done > 0 => Ok(Chunk::Passed {
                    done,
                    elapsed: started.elapsed(),
                }),
                totals => bail!(
                    "{}: no test said how many {} it did: {totals}",
                    self.stage,
                    self.unit
                ),
            },
        }
    }

    fn repeat_line(&self, units: u64, seed: u64) -> String {
        let Self {
            count_variable,
            seed_variable,
            ..
        } = self;
        let test = self.test.join(" ");
        format!("{count_variable}={units} {seed_variable}={seed} cargo test --release {test}")
    }

    fn summary(&self, counts: &Counts, total: u64) -> String {
        let Counts {
            chunks,
            done,
            elapsed_ms,
            failed_seeds,
            ..
        } = counts;
        let (stage, unit, failed) = (self.stage, self.unit, failed_seeds.len());
        let seconds = elapsed_ms / 1000;
        format!(
            "{stage}: {done} of {total} {unit} in {chunks} chunks, {failed} failed, \
             {seconds} s"
        )
    }
}

/// Returns the number that follows `beginning` at the start of `line`.
fn said(line: &str, beginning: &str) -> Option<u64> {
    let rest = line.strip_prefix(beginning)?;
    let end = rest
        .find(|each: char| !each.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Returns how many units the next chunk should do to take about [`CHUNK_MS`].
///
/// It grows to four times the mean at most, so that one lucky chunk cannot make the next one
/// endless.
fn next_chunk(counts: &Counts, first: u64) -> u64 {
    if counts.chunks == 0 {
        return first;
    }
    let at_this_pace = counts.asked.saturating_mul(CHUNK_MS) / counts.elapsed_ms.max(1);
    let mean = counts.asked / counts.chunks;
    at_this_pace.min(mean.saturating_mul(4)).max(1)
}

/// Returns whether a chunk like those before would end before `deadline`.
fn has_time(counts: &Counts, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    left > Duration::from_millis(counts.elapsed_ms / counts.chunks.max(1))
}

#[cfg(test)]
#[path = "../tests/chunks.rs"]
mod tests;
