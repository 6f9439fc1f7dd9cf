//! `matchgate journal stats`: what is in every stream, counted.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use matchgate_core::domain::{Command, SequenceNumber, ShardId};
use matchgate_follower::{FollowerError, decimal_text};
use matchgate_journal::{RecordHeader, StreamId, StreamKind, record_bytes};
use matchgate_session::GatewayRecord;
use serde::Serialize;

use super::gateway_words::record_kind;
use super::open::Opened;
use super::stats_shard::{ShardStats, count_shard};
use super::utc::utc_text;
use super::value_names::kind_of;
use crate::cli::JournalStats;
use crate::exit_code::{ExitCode, Fatal};

/// What is in one stream.
#[derive(Debug, Default, Serialize)]
pub(super) struct StreamStats {
    /// Its folder's name.
    stream: String,
    /// Segment files, and bytes of them on disk.
    segments: u64,
    segment_bytes: u64,
    records: u64,
    /// Bytes of the records, headers and padding included.
    record_bytes: u64,
    /// The same a record, a decimal.
    bytes_per_record: String,
    /// 0 where there is no record.
    first_sequence: u64,
    last_sequence: u64,
    epochs: Vec<EpochStats>,
    gaps: Vec<Gap>,
    /// Records by kind.
    kinds: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<ShardStats>,
}

/// What one start of the venue has written.
#[derive(Debug, Serialize)]
struct EpochStats {
    epoch: u32,
    first_sequence: u64,
    last_sequence: u64,
    first_time: String,
    first_time_ns: u64,
    last_time: String,
    last_time_ns: u64,
}

/// Sequences that were never given: a loss of power came between.
#[derive(Debug, Serialize)]
struct Gap {
    /// The last sequence before it.
    after: u64,
    /// The first one behind it.
    before: u64,
    /// Sequences between the two.
    sequences: u64,
}

impl StreamStats {
    /// Takes a record into account.
    pub(super) fn count(
        &mut self,
        (sequence, epoch, time_ns): (u64, u32, u64),
        kind: &'static str,
        bytes: usize,
    ) {
        if self.records == 0 {
            self.first_sequence = sequence;
        } else if sequence > self.last_sequence + 1 {
            self.gaps.push(Gap {
                after: self.last_sequence,
                before: sequence,
                sequences: sequence - self.last_sequence - 1,
            });
        }
        self.last_sequence = sequence;
        self.records += 1;
        self.record_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        *self.kinds.entry(kind).or_default() += 1;
        match self.epochs.last_mut() {
            Some(last) if last.epoch == epoch => {
                last.last_sequence = sequence;
                last.last_time_ns = time_ns;
            }
            Some(_) | None => self.epochs.push(EpochStats {
                epoch,
                first_sequence: sequence,
                last_sequence: sequence,
                first_time: utc_text(time_ns),
                first_time_ns: time_ns,
                last_time: String::new(),
                last_time_ns: time_ns,
            }),
        }
    }

    fn count_record(&mut self, header: &RecordHeader, kind: &'static str, body: &[u8]) {
        let place = (header.sequence, header.epoch, header.time_ns);
        self.count(place, kind, record_bytes(body.len()));
    }

    /// Makes up what follows from the counts.
    fn finish(mut self, folder: &Path) -> Result<Self, Fatal> {
        for epoch in &mut self.epochs {
            epoch.last_time = utc_text(epoch.last_time_ns);
        }
        self.bytes_per_record = ratio(self.record_bytes, self.records);
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            // Opening the stream has seen to it that none is missing.
            Err(_none) => return Ok(self),
        };
        for entry in entries {
            let entry = entry?;
            if entry.path().extension().is_some_and(|name| name == "mgj") {
                self.segments += 1;
                self.segment_bytes += entry.metadata()?.len();
            }
        }
        Ok(self)
    }
}

/// Returns `sum` / `count` with one digit behind the point.
fn ratio(sum: u64, count: u64) -> String {
    let tenths = u128::from(sum) * 10 / u128::from(count.max(1));
    decimal_text(i128::try_from(tenths).unwrap_or(i128::MAX), -1)
}

pub(super) fn run(options: &JournalStats, out: &mut dyn Write) -> Result<(), Fatal> {
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    let streams = opened
        .streams()
        .map(|stream| stats_of(&opened, stream))
        .collect::<Result<Vec<_>, _>>()?;
    if options.json {
        let text = serde_json::to_string_pretty(&streams).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
        return Ok(());
    }
    for (number, stream) in streams.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        print(stream, out)?;
    }
    Ok(())
}

fn stats_of(opened: &Opened, stream: StreamId) -> Result<StreamStats, Fatal> {
    let mut stats = StreamStats {
        stream: stream.to_string(),
        ..StreamStats::default()
    };
    if stream.kind == StreamKind::Shard {
        stats.shard = Some(count_shard(opened, ShardId(stream.index), &mut stats)?);
        return stats.finish(&opened.folder(stream));
    }
    let mut records = opened.records(stream)?;
    while let Some(record) = records.next()? {
        let header = record.header;
        let kind = if stream.kind == StreamKind::Control {
            let sequence = SequenceNumber(header.sequence);
            let command = Command::decode(header.kind, record.body)
                .map_err(|error| FollowerError::Command { sequence, error })?;
            kind_of(&command)
        } else {
            let told = GatewayRecord::decode(header.kind, record.body);
            let told = told.map_err(|error| {
                let message = format!("{stream}: record {}: {error}", header.sequence);
                Fatal::new(ExitCode::Damaged, message)
            })?;
            record_kind(&told)
        };
        stats.count_record(&header, kind, record.body);
    }
    stats.finish(&opened.folder(stream))
}

fn print(stats: &StreamStats, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {} records in {} segments, {} bytes of {} on disk, {} a record",
        stats.stream,
        stats.records,
        stats.segments,
        stats.record_bytes,
        stats.segment_bytes,
        stats.bytes_per_record
    )?;
    if stats.records > 0 {
        let (first, last) = (stats.first_sequence, stats.last_sequence);
        writeln!(out, "  {:<17} {first} to {last}", "sequences")?;
    }
    for epoch in &stats.epochs {
        writeln!(
            out,
            "  {:<17} {} to {}, {} to {}",
            format!("epoch {}", epoch.epoch),
            epoch.first_sequence,
            epoch.last_sequence,
            epoch.first_time,
            epoch.last_time
        )?;
    }
    for gap in &stats.gaps {
        writeln!(
            out,
            "  {:<17} {} sequences between {} and {}",
            "gap", gap.sequences, gap.after, gap.before
        )?;
    }
    for (kind, count) in &stats.kinds {
        writeln!(out, "  {:<17} {count}", kind.replace('_', " "))?;
    }
    stats
        .shard
        .as_ref()
        .map_or(Ok(()), |shard| shard.print(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_epochs_are_seen_in_the_sequences() {
        let mut stats = StreamStats::default();
        for place in [(1, 1, 10), (2, 1, 20), (100, 2, 30), (101, 3, 40)] {
            stats.count(place, "time", 40);
        }
        let epochs: Vec<_> = stats
            .epochs
            .iter()
            .map(|one| (one.epoch, one.first_sequence, one.last_sequence))
            .collect();
        assert_eq!(epochs, [(1, 1, 2), (2, 100, 100), (3, 101, 101)]);
        let gaps: Vec<_> = stats
            .gaps
            .iter()
            .map(|gap| (gap.after, gap.before, gap.sequences))
            .collect();
        assert_eq!(gaps, [(2, 100, 97)]);
        assert_eq!((stats.first_sequence, stats.last_sequence), (1, 101));
    }

    #[test]
    fn ratio_has_one_digit_behind_the_point() {
        assert_eq!(ratio(1234, 10), "123.4");
        assert_eq!(ratio(0, 0), "0");
    }
}
