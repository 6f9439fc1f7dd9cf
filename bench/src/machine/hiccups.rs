//! Hiccups: how late a thread is that does nothing but look at the counter.
//!
//! What the machine adds to any latency on a core: interrupts, other threads, the host. A tail is
//! read against it, so the probe is as long as what it stands beside.

use matchgate_runtime::Clock;

use crate::latencies::Latencies;

/// Spins on the calling thread for `window_ns` in probes of `probe_ns`, and adds to `hiccups` by
/// how much each probe lasted longer. Returns the longest gap between two looks, in nanoseconds.
pub fn hiccups(clock: &Clock, window_ns: u64, probe_ns: u64, hiccups: &mut Latencies) -> u64 {
    let end_ns = clock.now_ns().saturating_add(window_ns);
    let mut last_ns = clock.now_ns();
    let mut gap_max_ns = 0;
    while last_ns < end_ns {
        let due_ns = last_ns.saturating_add(probe_ns);
        loop {
            let now_ns = clock.now_ns();
            gap_max_ns = gap_max_ns.max(now_ns.saturating_sub(last_ns));
            last_ns = now_ns;
            if now_ns >= due_ns {
                break;
            }
        }
        hiccups.record(last_ns.saturating_sub(due_ns));
    }
    gap_max_ns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_filled_with_probes_each_counted_once() {
        let clock = Clock::new();
        let mut latencies = Latencies::new();
        let gap_max_ns = hiccups(&clock, 1_000_000, 1_000, &mut latencies);
        assert!(gap_max_ns > 0);
        assert!(
            (1..=1_000).contains(&latencies.len()),
            "{}",
            latencies.len()
        );
    }
}
