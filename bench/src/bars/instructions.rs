//! B8: instructions a message, counted by callgrind: they do not depend on who else is running. What
//! the hardware counts stands beside them, where there is such a thing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use matchgate_subjects::instructions::{Counts, count};

use super::{Run, hardware};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;

pub(super) const GATE: Gate = Gate::AtMost {
    must: 200.0,
    stretch: 150.0,
};
const GATE_SHARD: Gate = Gate::AtMost {
    must: 320.0,
    stretch: 240.0,
};
/// Orders, or operations, that are counted: a model of a processor is slow.
const COUNT_MAX: usize = 200_000;

/// Counts book and shard on both workloads.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let program = subjects()?;
    let cpus = Cpus::choose()?;
    let count = run.plan.commands.min(COUNT_MAX).to_string();
    let seed = run.plan.seed.to_string();
    let loads = [
        ("W2 normal", vec!["meb", "normal", "23", &count]),
        ("W1", vec!["ec", &seed, &count]),
    ];
    let subjects = [
        ("book", "book and report", GATE),
        (
            "shard",
            "shard: sequence, checks, book, events, hashes",
            GATE_SHARD,
        ),
    ];
    let mut bars = Vec::new();
    for (subject, text, gate) in subjects {
        for (name, words) in &loads {
            let what = format!("{name}, {text}");
            let mut bar = bar(&program, (subject, words), (&what, gate))?;
            bar.details.push(hardware::line(cpus.hot, subject, words)?);
            bars.push(bar);
        }
    }
    Ok(bars)
}

fn bar(
    program: &Path,
    (subject, words): (&str, &[&str]),
    (what, gate): (&str, Gate),
) -> Result<Bar> {
    let arguments = [&[subject], words].concat();
    let counts: Counts = count(program, &arguments)?;
    let each = |count| counts.per_message(count);
    let details = vec![format!(
        "subjects {}: {} messages; {}; misses a message by callgrind's models: {:.2} of the first data \
         cache, {:.3} of 512 KiB, {:.2} branches",
        arguments.join(" "),
        counts.messages,
        counts.depth,
        each(counts.first_cache_read_misses),
        each(counts.last_cache_read_misses),
        each(counts.branch_misses)
    )];
    let figure = each(counts.instructions);
    Ok(Bar::counted(("B8", what), figure, "Ir", gate, None).with_details(details))
}

/// Returns the program that is counted, which lies beside this one.
fn subjects() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program")?;
    let mut folder = own.parent().unwrap_or(&own).to_owned();
    if folder.ends_with("deps") {
        folder.pop();
    }
    Ok(folder.join("subjects"))
}
