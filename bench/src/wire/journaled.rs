//! What two ends brought to their journals, read from the segments, so that it can be said whether
//! both wrote as much.

use std::path::Path;

use anyhow::{Context, Result};
use matchgate_journal::{SegmentReader, StreamId, record_bytes};

use crate::number::float;

/// Records of a shard's stream and of its gateway's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Journaled {
    /// Records.
    pub records: u64,
    /// Their bytes, headers and padding included.
    pub bytes: u64,
}

impl Journaled {
    /// Reads the streams in the data directory `data`, which no one writes any more.
    ///
    /// # Errors
    ///
    /// Returns an error where a stream is missing or damaged.
    pub fn read(data: &Path) -> Result<Self> {
        let mut sum = Self::default();
        for stream in [StreamId::shard(0), StreamId::gateway(0)] {
            let folder = data.join(stream.to_string());
            let mut reader = SegmentReader::open(&folder, 1)
                .with_context(|| format!("reading {}", folder.display()))?;
            while let Some(record) = reader.next_record(u64::MAX)? {
                sum.records += 1;
                sum.bytes += u64::try_from(record_bytes(record.body.len()))?;
            }
        }
        Ok(sum)
    }

    /// Returns bytes a message, and records a message; no number where there was no message.
    #[must_use]
    pub fn per_message(&self, messages: u64) -> [f64; 2] {
        [self.bytes, self.records].map(|count| float(count) / float(messages))
    }
}

/// Returns the line that says what both ends journaled, the gateway first, each with its messages.
#[must_use]
pub fn journaled_line(ends: [(Journaled, u64); 2]) -> String {
    let [gateway, echo] = ends.map(|(journaled, messages)| {
        let [bytes, records] = journaled.per_message(messages);
        format!("{bytes:.2} bytes, {records:.3} records a message ({messages} messages)")
    });
    format!("journaled: gateway {gateway}; echo {echo}")
}

/// Returns why a comparison of two ends is void, where their bytes a message are more than
/// `percent_max` apart.
#[must_use]
pub fn journaled_void(ends: [(Journaled, u64); 2], percent_max: f64) -> Option<String> {
    let [gateway, echo] = ends.map(|(journaled, messages)| journaled.per_message(messages)[0]);
    let percent = 100.0 * (gateway / echo - 1.0);
    // So that what is no number is void too.
    let is_equal = percent.abs() <= percent_max;
    (!is_equal).then(|| {
        format!(
            "the gateway journals {gateway:.1} bytes a message, the echo {echo:.1}: more than \
             {percent_max} % apart"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(bytes: u64, messages: u64) -> (Journaled, u64) {
        (Journaled { records: 3, bytes }, messages)
    }

    #[test]
    fn ends_that_journal_unequal_bytes_a_message_are_not_compared() {
        assert_eq!(journaled_void([end(2_019, 10), end(1_000, 5)], 1.0), None);
        assert_eq!(journaled_void([end(1_981, 10), end(1_000, 5)], 1.0), None);
        assert_eq!(
            journaled_void([end(2_022, 10), end(1_000, 5)], 1.0).unwrap(),
            "the gateway journals 202.2 bytes a message, the echo 200.0: more than 1 % apart"
        );
        assert!(journaled_void([end(1_978, 10), end(1_000, 5)], 1.0).is_some());
        assert!(journaled_void([end(0, 0), end(0, 0)], 1.0).is_some());
    }
}
