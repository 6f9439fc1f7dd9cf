//! What the system did to a thread, and what the host took from the machine.

use std::fs::{self, File};
use std::io::Read;

use anyhow::{Context, Result, ensure};

use crate::number::float;

/// Bytes that the files of a thread do not fill.
const FILE_BYTES_MAX: usize = 4_096;

/// Minor faults and switches of one thread since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadUsage {
    /// Pages that the kernel had to give it.
    pub minor_faults: u64,
    /// Times that it gave up its cpu by itself.
    pub voluntary_switches: u64,
    /// Times that it was put off its cpu.
    pub involuntary_switches: u64,
}

impl ThreadUsage {
    /// Reads those of the calling thread, without asking for memory: what it takes would be counted
    /// as the thread's.
    ///
    /// # Errors
    ///
    /// Returns an error where /proc does not tell.
    pub fn of_this_thread() -> Result<Self> {
        let (mut stat, mut status) = ([0; FILE_BYTES_MAX], [0; FILE_BYTES_MAX]);
        let stat = read_whole("/proc/thread-self/stat", &mut stat)?;
        let status = read_whole("/proc/thread-self/status", &mut status)?;
        Self::parse(stat, status).context("/proc/thread-self cannot be read")
    }

    fn parse(stat: &str, status: &str) -> Option<Self> {
        // The name stands in parentheses and may hold anything; minor faults are the eighth
        // field behind it.
        let (_, fields) = stat.rsplit_once(')')?;
        let number = |key: &str| {
            status.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name == key).then(|| value.trim().parse().ok())?
            })
        };
        Some(Self {
            minor_faults: fields.split_whitespace().nth(7)?.parse().ok()?,
            voluntary_switches: number("voluntary_ctxt_switches")?,
            involuntary_switches: number("nonvoluntary_ctxt_switches")?,
        })
    }

    /// Returns what has come since `earlier`.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            minor_faults: self.minor_faults.saturating_sub(earlier.minor_faults),
            voluntary_switches: self
                .voluntary_switches
                .saturating_sub(earlier.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(earlier.involuntary_switches),
        }
    }
}

/// Reads a file of /proc, which gives all it has at once, into `buffer`.
fn read_whole<'a>(path: &str, buffer: &'a mut [u8; FILE_BYTES_MAX]) -> Result<&'a str> {
    let length = File::open(path)?.read(buffer)?;
    ensure!(
        length < FILE_BYTES_MAX,
        "{path} has {FILE_BYTES_MAX} bytes or more"
    );
    Ok(std::str::from_utf8(&buffer[..length])?)
}

/// Time of all cpus since the machine began, and how much of it the host took; ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steal {
    stolen: u64,
    total: u64,
}

impl Steal {
    /// Reads it; zeros where the system does not tell.
    #[must_use]
    pub fn read() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self::parse(&stat).unwrap_or_default()
    }

    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .map_while(|field| field.parse().ok())
            .collect();
        // user nice system idle iowait irq softirq steal; guest time is inside user time.
        Some(Self {
            stolen: *ticks.get(7)?,
            total: ticks.iter().take(8).sum(),
        })
    }

    /// Returns the percentage of the time since `earlier` that the host took.
    #[must_use]
    pub fn percent_since(&self, earlier: &Self) -> f64 {
        let total = self.total.saturating_sub(earlier.total);
        let stolen = self.stolen.saturating_sub(earlier.stolen);
        match total {
            0 => 0.0,
            total => 100.0 * float(stolen) / float(total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_usage_is_read_whatever_the_name_of_the_thread() {
        let stat = "4711 (a ) b (c) R 1 2 3 4 5 6 42 7 8 9 0 0";
        let status = "Name:\ta\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t5\n";
        let expected = ThreadUsage {
            minor_faults: 42,
            voluntary_switches: 17,
            involuntary_switches: 5,
        };
        assert_eq!(ThreadUsage::parse(stat, status), Some(expected));
        assert_eq!(ThreadUsage::parse("4711 (a", status), None);
    }

    #[test]
    fn touching_fresh_pages_is_seen_as_minor_faults() {
        let before = ThreadUsage::of_this_thread().unwrap();
        let mut fresh = vec![0_u8; 8 << 20];
        for page in fresh.chunks_mut(4096) {
            page[0] = 1;
        }
        std::hint::black_box(&fresh);
        let since = ThreadUsage::of_this_thread().unwrap().since(&before);
        assert!(since.minor_faults > 0, "{since:?}");
    }

    #[test]
    fn steal_is_a_share_of_the_time_between_two_looks() {
        let earlier = Steal::parse("cpu  10 0 10 70 0 0 0 10 0 0\ncpu0 1 1 1\n").unwrap();
        let later = Steal::parse("cpu  20 0 20 130 0 0 0 30 99 0\n").unwrap();
        assert!((later.percent_since(&earlier) - 20.0).abs() < 1e-9);
        assert_eq!(earlier.percent_since(&earlier), 0.0);
        assert_eq!(Steal::parse("cpu  1 2 3"), None);
    }
}
