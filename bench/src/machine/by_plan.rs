//! Lateness by a plan: what the machine alone takes from whoever answers by a plan on two cores.
//!
//! A command that is due while either core is away waits until both are back, and so do all that
//! come due meanwhile. So each instant of the plan counts, and on whichever core it is seen last:
//! probes that begin when the last one ends would count a gap once, however long it is.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use matchgate_runtime::{Clock, pin_current_thread};

use super::Cpus;
use crate::latencies::Latencies;

/// From when both threads are there until the first instant.
const LEAD_NS: u64 = 1_000_000;

/// Spins on the hot and the client's cpu at once, through `count` instants that are `interval_ns`
/// apart; returns from each instant until both had seen it.
///
/// # Errors
///
/// Returns an error where a thread cannot be pinned.
pub fn late_by_plan(
    clock: &Clock,
    cpus: Cpus,
    interval_ns: u64,
    count: usize,
) -> Result<Latencies> {
    let there = Barrier::new(2);
    let start = AtomicU64::new(0);
    let spin = |cpu| -> Result<Vec<u32>> {
        let pinned = pin_current_thread(cpu);
        // Not zero: memory that the system gives as zeros is touched first in the loop.
        let mut late_ns = vec![u32::MAX; count];
        if there.wait().is_leader() {
            start.store(clock.now_ns().saturating_add(LEAD_NS), Ordering::Release);
        }
        let start_ns = loop {
            match start.load(Ordering::Acquire) {
                0 => std::hint::spin_loop(),
                start_ns => break start_ns,
            }
        };
        // Not before: the other thread would wait at the barrier for ever.
        pinned?;
        see(|| clock.now_ns(), start_ns, interval_ns, &mut late_ns);
        Ok(late_ns)
    };
    let [hot, client] = thread::scope(|scope| {
        [cpus.hot, cpus.client]
            .map(|cpu| scope.spawn(move || spin(cpu)))
            .map(|spinning| {
                spinning
                    .join()
                    .map_err(|_| anyhow!("a spinning thread panicked"))?
            })
    });
    let mut late = Latencies::new();
    for (hot, client) in hot?.into_iter().zip(client?) {
        late.record(hot.max(client).into());
    }
    Ok(late)
}

/// Looks at the clock until all instants have passed, and tells how late each was seen.
fn see(clock: impl Fn() -> u64, start_ns: u64, interval_ns: u64, late_ns: &mut [u32]) {
    let mut due_ns = start_ns;
    for late_ns in late_ns {
        let seen_ns = loop {
            let now_ns = clock();
            if now_ns >= due_ns {
                break now_ns;
            }
        };
        *late_ns = u32::try_from(seen_ns - due_ns).unwrap_or(u32::MAX);
        due_ns = due_ns.saturating_add(interval_ns);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn every_instant_of_a_gap_is_late_by_what_was_left_of_it() {
        let looks = Cell::new([50, 99, 101, 190, 452, 455, 456, 499, 500].into_iter());
        let clock = || {
            let mut left = looks.take();
            let now = left.next().expect("a look");
            looks.set(left);
            now
        };
        let mut late_ns = [u32::MAX; 5];
        see(clock, 100, 100, &mut late_ns);
        assert_eq!(late_ns, [1, 252, 155, 56, 0]);
    }

    #[test]
    fn both_cpus_see_the_whole_plan() {
        let clock = Clock::new();
        let late = late_by_plan(&clock, Cpus::choose().unwrap(), 1_000, 2_000).unwrap();
        assert_eq!(late.len(), 2_000);
    }
}
