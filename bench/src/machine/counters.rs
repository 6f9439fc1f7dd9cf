//! Hardware counters of the calling thread, where the machine has them and lets us read them: most
//! virtual machines have none.

use std::io;

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, Group};

use crate::number::float;

/// What was counted, user code alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardwareCounts {
    /// Instructions that retired.
    pub instructions: u64,
    /// Cycles of the core.
    pub cycles: u64,
    /// Branches that went another way than predicted.
    pub branch_misses: u64,
    /// Accesses that missed the last cache.
    pub cache_misses: u64,
}

impl HardwareCounts {
    /// Returns the line that says them a message.
    #[must_use]
    pub fn line(&self, messages: u64) -> String {
        let each = |count| float(count) / float(messages.max(1));
        format!(
            "by the hardware a message: {:.1} instructions, {:.1} cycles, {:.2} branches missed, {:.3} \
             misses of the last cache",
            each(self.instructions),
            each(self.cycles),
            each(self.branch_misses),
            each(self.cache_misses)
        )
    }
}

/// Lets the calling thread do `work`, and counts it.
///
/// # Errors
///
/// Returns an error where the system has no such counters for us; then nothing was done. Also where
/// somebody else used them meanwhile, so that not all was counted.
pub fn count_hardware<R>(work: impl FnOnce() -> R) -> io::Result<(R, HardwareCounts)> {
    let events = [
        Hardware::INSTRUCTIONS,
        Hardware::CPU_CYCLES,
        Hardware::BRANCH_MISSES,
        Hardware::CACHE_MISSES,
    ];
    let (answer, [instructions, cycles, branch_misses, cache_misses]) = count(events, work)?;
    let counts = HardwareCounts {
        instructions,
        cycles,
        branch_misses,
        cache_misses,
    };
    Ok((answer, counts))
}

/// Counts any events, all of them at the same time.
fn count<R, E: Event, const N: usize>(
    events: [E; N],
    work: impl FnOnce() -> R,
) -> io::Result<(R, [u64; N])> {
    let mut group = Group::new().map_err(refused)?;
    let mut counters = Vec::with_capacity(N);
    for event in events {
        let counter = group.add(&Builder::new(event));
        counters.push(counter.map_err(refused)?);
    }
    group.enable()?;
    let answer = work();
    group.disable()?;
    let data = group.read()?;
    if data.time_running() != data.time_enabled() {
        return Err(io::Error::other(
            "they were lent to somebody else meanwhile",
        ));
    }
    let mut counts = [0; N];
    for (count, counter) in counts.iter_mut().zip(&counters) {
        let entry = data.get(counter);
        *count = entry.map_or(0, |entry| entry.value());
    }
    Ok((answer, counts))
}

fn refused(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("perf_event_open: {error}"))
}

#[cfg(test)]
mod tests {
    use perf_event::events::Software;

    use super::*;

    #[test]
    fn faults_of_the_work_are_counted_and_those_before_are_not() {
        let touch = |pages: usize| {
            let mut fresh = vec![0_u8; pages * 4_096];
            for page in fresh.chunks_mut(4_096) {
                page[0] = 1;
            }
            std::hint::black_box(&fresh).len()
        };
        touch(4_096);
        let counted = count([Software::PAGE_FAULTS, Software::DUMMY], || touch(8_192));
        match counted {
            Ok((bytes, [faults, none])) => {
                assert_eq!(bytes, 8_192 * 4_096);
                // Pages may be larger than 4 KiB.
                assert!((1..=9_000).contains(&faults), "{faults}");
                assert_eq!(none, 0);
            }
            Err(error) => println!("skipped: the system lets us count nothing: {error}"),
        }
    }

    #[test]
    fn counts_are_told_a_message() {
        let counts = HardwareCounts {
            instructions: 1_350,
            cycles: 600,
            branch_misses: 5,
            cache_misses: 1,
        };
        assert_eq!(
            counts.line(10),
            "by the hardware a message: 135.0 instructions, 60.0 cycles, 0.50 branches missed, 0.100 \
             misses of the last cache"
        );
    }
}
