//! How far the two cores are apart: a cache line goes to and fro.
//!
//! On a virtual machine the two change place on the host, and the distance with them, by a factor
//! of ten. So it is measured before and after every figure that two cores have a part in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use matchgate_runtime::{Clock, pin_current_thread};

use super::Cpus;
use crate::latencies::Latencies;

/// Round trips that are counted.
const ROUND_TRIPS: u64 = 20_000;
/// Round trips before.
const WARM_UP: u64 = 2_000;
/// The distance has changed where it is so many times what it was.
const MODE_CHANGE: u64 = 2;
/// The value that ends the other side.
const END: u64 = u64::MAX;

/// The distance before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Nanoseconds, p50, before.
    pub before_ns: u64,
    /// Nanoseconds, p50, after.
    pub after_ns: u64,
}

impl RoundTrip {
    /// Returns whether the cores have changed place meanwhile.
    #[must_use]
    pub const fn mode_changed(&self) -> bool {
        let (near, far) = if self.before_ns < self.after_ns {
            (self.before_ns, self.after_ns)
        } else {
            (self.after_ns, self.before_ns)
        };
        far >= near.saturating_mul(MODE_CHANGE)
    }

    /// Returns both, and a word where the cores have changed place.
    #[must_use]
    pub fn line(&self) -> String {
        let (before, after) = (self.before_ns, self.after_ns);
        let changed = match self.mode_changed() {
            true => ": THE CORES HAVE CHANGED PLACE, compare within pairs only",
            false => "",
        };
        format!("core-to-core round trip {before} ns before, {after} ns after{changed}")
    }
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(AtomicU64);

/// Measures the round trip between the two cpus; nanoseconds, p50. Both have to be free of
/// spinning threads.
///
/// # Errors
///
/// Returns an error where a thread cannot be pinned.
pub fn ping_pong(cpus: Cpus) -> Result<u64> {
    let lines = Arc::new([Line::default(), Line::default()]);
    let answering = Arc::clone(&lines);
    let answerer = std::thread::Builder::new()
        .name("pong".to_owned())
        .spawn(move || {
            let pinned = pin_current_thread(cpus.hot);
            let [ping, pong] = &*answering;
            let mut last = 0;
            loop {
                let value = ping.0.load(Ordering::Acquire);
                if value == END {
                    return pinned;
                }
                if value != last {
                    last = value;
                    pong.0.store(value, Ordering::Release);
                }
                std::hint::spin_loop();
            }
        })?;
    let asker = std::thread::Builder::new()
        .name("ping".to_owned())
        .spawn(move || {
            let pinned = pin_current_thread(cpus.client);
            let round_trips = ask(&lines);
            lines[0].0.store(END, Ordering::Release);
            pinned.map(|()| round_trips)
        })?;
    let asked = asker.join().map_err(|_| anyhow!("the asker panicked"))?;
    answerer
        .join()
        .map_err(|_| anyhow!("the answerer panicked"))??;
    Ok(asked?.percentile_ns(50.0))
}

fn ask([ping, pong]: &[Line; 2]) -> Latencies {
    let clock = Clock::new();
    let mut round_trips = Latencies::new();
    for value in 1..=WARM_UP + ROUND_TRIPS {
        let start = clock.ticks();
        ping.0.store(value, Ordering::Release);
        while pong.0.load(Ordering::Acquire) != value {
            std::hint::spin_loop();
        }
        if value > WARM_UP {
            round_trips.record(clock.ticks_to_ns(start, clock.ticks()));
        }
    }
    round_trips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_far_either_way_is_a_change_of_place() {
        let trip = |before_ns, after_ns| RoundTrip {
            before_ns,
            after_ns,
        };
        assert!(!trip(44, 60).mode_changed());
        assert!(trip(44, 110).mode_changed());
        assert!(trip(540, 44).mode_changed());
        assert!(trip(44, 540).line().contains("CHANGED PLACE"));
        assert!(!trip(44, 44).line().contains("CHANGED PLACE"));
    }
}
