//! Latencies: one histogram of nanoseconds, and the file that keeps it.
//!
//! Three digits over a fixed range: what is longer counts as the longest. Histograms are merged,
//! percentiles never averaged.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::number::float;

/// The longest latency that is told apart from longer ones.
pub const LATENCY_NS_MAX: u64 = 60_000_000_000;
const DIGITS: u8 = 3;
/// Nanoseconds in the unit of the log's `Interval_Max` column, milliseconds.
const LOG_MAX_DIVISOR: f64 = 1e6;

/// Nanoseconds, counted.
#[derive(Clone, Debug)]
pub struct Latencies {
    histogram: Histogram<u64>,
}

impl Latencies {
    /// Returns no latencies; all memory is set aside here.
    ///
    /// # Panics
    ///
    /// Never: the bounds are this module's own.
    #[must_use]
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LATENCY_NS_MAX, DIGITS)
            .expect("bounds and digits are valid");
        Self { histogram }
    }

    /// Counts one latency.
    #[inline]
    pub fn record(&mut self, latency_ns: u64) {
        self.histogram.saturating_record(latency_ns);
    }

    /// Adds all of `other`.
    ///
    /// # Panics
    ///
    /// Never: all histograms of this type have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        self.histogram
            .add(&other.histogram)
            .expect("the bounds are the same");
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// Returns which share of them is `latency_ns` or longer, to three digits of the latency; 0 where
    /// there are none.
    #[must_use]
    pub fn share_from(&self, latency_ns: u64) -> f64 {
        let from = self.histogram.count_between(latency_ns, LATENCY_NS_MAX);
        float(from) / float(self.len().max(1))
    }

    /// Returns the latency in nanoseconds that `percent` of all do not exceed; 0 where there are
    /// none.
    #[must_use]
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        self.histogram.value_at_percentile(percent)
    }

    /// Returns p50, p90, p99, p99.9, p99.99, the longest and the number, in microseconds.
    #[must_use]
    pub fn line(&self) -> String {
        let us = |ns: u64| {
            let (whole, rest) = (ns / 1_000, ns % 1_000);
            format!("{whole}.{rest:03}")
        };
        let at = |percent| us(self.percentile_ns(percent));
        format!(
            "us: p50 {} p90 {} p99 {} p99.9 {} p99.99 {} max {}, N {}",
            at(50.0),
            at(90.0),
            at(99.0),
            at(99.9),
            at(99.99),
            us(self.histogram.max()),
            self.len()
        )
    }

    /// Writes `named` to `path` as one interval log, V2, compressed, one tag each; any
    /// HdrHistogram tool reads it. Values are nanoseconds.
    ///
    /// # Errors
    ///
    /// Returns an error where the file cannot be written or a name cannot be a tag.
    pub fn write_log(path: &Path, named: &[(&str, &Self)], lasted: Duration) -> Result<()> {
        let mut file =
            File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
        let mut serializer = V2DeflateSerializer::new();
        let mut log = IntervalLogWriterBuilder::new()
            .add_comment("[nanoseconds]")
            .with_start_time(SystemTime::now())
            .with_max_value_divisor(LOG_MAX_DIVISOR)
            .begin_log_with(&mut file, &mut serializer)?;
        for (name, latencies) in named {
            let tag = Tag::new(name).with_context(|| format!("{name:?} is no tag"))?;
            log.write_histogram(&latencies.histogram, Duration::ZERO, lasted, Some(tag))
                .map_err(|error| anyhow::anyhow!("writing {}: {error:?}", path.display()))?;
        }
        Ok(())
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new();
        for value in values {
            latencies.record(value);
        }
        latencies
    }

    #[test]
    fn percentiles_of_one_to_ten_thousand_are_within_three_digits() {
        let latencies = of(1..=10_000);
        for (percent, expected) in [(50.0, 5_000_u64), (99.0, 9_900), (99.9, 9_990)] {
            let told = latencies.percentile_ns(percent);
            assert!(
                told.abs_diff(expected) <= expected / 500,
                "{percent}: {told}"
            );
        }
        assert_eq!(latencies.len(), 10_000);
    }

    #[test]
    fn share_from_a_latency_holds_that_latency() {
        let latencies = of([1, 999, 1_000, 1_001, u64::MAX]);
        for (from_ns, share) in [(0, 1.0), (1_000, 0.6), (1_002, 0.2)] {
            assert!((latencies.share_from(from_ns) - share).abs() < 1e-9);
        }
        assert!(Latencies::new().share_from(0).abs() < 1e-9);
    }

    #[test]
    fn longer_than_the_range_counts_as_its_end() {
        let latencies = of([u64::MAX]);
        assert_eq!(latencies.len(), 1);
        assert!(latencies.percentile_ns(100.0) >= LATENCY_NS_MAX);
    }

    #[test]
    fn merged_histogram_has_the_percentiles_of_all_values() {
        let mut low = of(1..=500);
        low.merge(&of(501..=1_000));
        assert_eq!(low.percentile_ns(50.0), of(1..=1_000).percentile_ns(50.0));
        assert_eq!(low.len(), 1_000);
    }

    #[test]
    fn log_is_read_back_with_its_tags_and_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.hlog");
        let (one, two) = (of(1..=100), of([7]));
        Latencies::write_log(
            &path,
            &[("one", &one), ("two", &two)],
            Duration::from_secs(1),
        )
        .unwrap();
        let text = std::fs::read(&path).unwrap();
        let mut read = Vec::new();
        for entry in IntervalLogIterator::new(&text) {
            if let LogEntry::Interval(interval) = entry.unwrap() {
                let bytes = base64_decode(interval.encoded_histogram());
                let histogram: Histogram<u64> = Deserializer::new()
                    .deserialize(&mut bytes.as_slice())
                    .unwrap();
                let tag = interval.tag().unwrap().as_str().to_owned();
                read.push((tag, histogram.len(), histogram.value_at_percentile(50.0)));
            }
        }
        assert_eq!(
            read,
            [("one".to_owned(), 100, 50), ("two".to_owned(), 1, 7)]
        );
    }

    fn base64_decode(text: &str) -> Vec<u8> {
        let sextet = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            other => panic!("{other} is not base64"),
        };
        let mut bytes = Vec::new();
        let (mut bits, mut held) = (0_u32, 0);
        for byte in text.trim_end_matches('=').bytes() {
            bits = (bits << 6) | u32::from(sextet(byte));
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
            }
        }
        bytes
    }
}
