//! Counts what a pass executes: runs the program `subjects` under callgrind and reads its totals.
//!
//! Counts do not depend on the machine's load, and little on the machine. Caches and branch
//! predictor are callgrind's models: good for comparing two versions, not for predicting a time.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Output};

use crate::shard::Depth;

/// The functions of the program that are counted, as callgrind names them.
const COUNTED: &str = "*counted_*";
/// First-level data cache that is modelled: size, ways, line.
const FIRST_CACHE: &str = "32768,8,64";
/// Last cache that is modelled, as [`FIRST_CACHE`]: a second-level cache, since that is where a live
/// set has to stay.
const LAST_CACHE: &str = "524288,8,64";

/// What a pass comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages, or commands.
    pub messages: u64,
    /// What rests at the end of it.
    pub depth: Depth,
    /// Instructions (`Ir`).
    pub instructions: u64,
    /// Reads that miss the first data cache (`D1mr`).
    pub first_cache_read_misses: u64,
    /// Reads that miss the last cache, of 512 KiB (`DLmr`).
    pub last_cache_read_misses: u64,
    /// Conditional branches that go another way than predicted (`Bcm`).
    pub branch_misses: u64,
}

impl Counts {
    /// Returns `count` a message.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn per_message(&self, count: u64) -> f64 {
        count as f64 / self.messages.max(1) as f64
    }
}

/// Why there are no counts.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// There is no valgrind.
    #[error("valgrind is not installed: nothing can be counted")]
    NoValgrind,
    /// A program could not be started, or its files not be read.
    #[error("cannot run {program}")]
    Io {
        /// Which program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The program ended with an error.
    #[error("counting {arguments:?} failed: {message}")]
    Failed {
        /// What the program was told.
        arguments: Vec<String>,
        /// The end of what it said.
        message: String,
    },
    /// The output has not the form that is known.
    #[error("{what} is missing in what was counted of {arguments:?}")]
    Missing {
        /// What the program was told.
        arguments: Vec<String>,
        /// What is missing.
        what: &'static str,
    },
}

/// Runs `program`, which is `subjects`, with `arguments` under callgrind.
///
/// # Errors
///
/// Returns an error where there is no valgrind, the pass fails or nothing was counted.
pub fn count(program: &Path, arguments: &[&str]) -> Result<Counts, CountError> {
    let io = |source: io::Error| CountError::Io {
        program: program.display().to_string(),
        source,
    };
    let folder = tempfile::tempdir().map_err(io)?;
    let file = folder.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--cache-sim=yes", "--branch-sim=yes"])
        .arg(format!("--D1={FIRST_CACHE}"))
        .arg(format!("--LL={LAST_CACHE}"))
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|source| match source.kind() {
            ErrorKind::NotFound => CountError::NoValgrind,
            _ => io(source),
        })?;
    let owned = || arguments.iter().map(|&word| word.to_owned()).collect();
    if !output.status.success() {
        return Err(CountError::Failed {
            arguments: owned(),
            message: last_lines(&output),
        });
    }
    let missing = |what| CountError::Missing {
        arguments: owned(),
        what,
    };
    let line = String::from_utf8_lossy(&output.stdout);
    let told = |key, what| number(&line, key).ok_or_else(|| missing(what));
    let messages = told("messages=", "the number of messages")?;
    let depth = Depth {
        live_orders: told("live=", "the number of orders")?,
        levels: told("levels=", "the number of levels")?,
    };
    let text = std::fs::read_to_string(&file).map_err(io)?;
    let counts = totals(&text, messages).ok_or_else(|| missing("the line of totals"))?;
    if counts.instructions == 0 {
        return Err(missing("the counted function"));
    }
    Ok(Counts { depth, ..counts })
}

/// Returns the number behind `key` in the line that the program prints.
fn number(line: &str, key: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    words.find_map(|word| word.strip_prefix(key))?.parse().ok()
}

/// Returns the totals of a file of callgrind's: names in the line `events:`, counts in `totals:`,
/// or in `summary:` where there is no such line.
fn totals(text: &str, messages: u64) -> Option<Counts> {
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let names = line("events:")?.split_whitespace();
    let totals = line("totals:").or_else(|| line("summary:"))?;
    let mut totals = totals.split_whitespace();
    let mut counts = Counts {
        messages,
        ..Counts::default()
    };
    for name in names {
        // Zeros at the end of the line are left away.
        let count = totals.next().unwrap_or("0").parse().ok()?;
        match name {
            "Ir" => counts.instructions = count,
            "D1mr" => counts.first_cache_read_misses = count,
            "DLmr" => counts.last_cache_read_misses = count,
            "Bcm" => counts.branch_misses = count,
            _ => {}
        }
    }
    Some(counts)
}

fn last_lines(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().rev().take(3).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: 1\nevents: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim\n\
                        fn=(1) some\n12 34\n\ntotals: 1000 200 100 1 50 5 1 7 0 60 9\n";

    #[test]
    fn totals_are_found_by_the_names_of_events() {
        let counts = totals(TEXT, 10).unwrap();
        let wanted = Counts {
            messages: 10,
            depth: Depth::default(),
            instructions: 1_000,
            first_cache_read_misses: 50,
            last_cache_read_misses: 7,
            branch_misses: 9,
        };
        assert_eq!(counts, wanted);
        assert_eq!(
            counts.per_message(counts.instructions).to_bits(),
            100_f64.to_bits()
        );
        assert_eq!(totals("events: Ir\n", 10), None);
    }

    #[test]
    fn numbers_are_found_in_the_line_by_their_keys() {
        let line = "messages=42 checksum=00ff live=7 levels=3\n";
        let numbers = ["messages=", "live=", "levels="].map(|key| number(line, key));
        assert_eq!(numbers, [Some(42), Some(7), Some(3)]);
        assert_eq!(number("checksum=00ff\n", "messages="), None);
    }

    #[test]
    fn program_that_is_not_there_is_told() {
        let error = count(Path::new("/nowhere/subjects"), &["book"]).unwrap_err();
        assert!(
            matches!(error, CountError::NoValgrind | CountError::Failed { .. }),
            "{error}"
        );
    }
}
