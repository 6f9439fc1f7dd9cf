//! Opens what must be there before anything runs: the data directory and its streams.

use std::collections::BTreeMap;
use std::net::TcpListener;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::command_layouts;
use matchgate_journal::{
    Appender, Layout, Marks, SchemaHash, Schemas, StagingOptions, StartKind, StreamId, StreamTail,
    StreamWriter, open_stream,
};
use matchgate_runtime::Failure;
use matchgate_session::gateway_log::gateway_record_layouts;

use super::journals::Journals;
use super::sinks::PreparedSink;
use crate::config::{Config, VenueLimits};
use crate::exit_code::Fatal;

/// Everything that is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) listener: TcpListener,
    pub(super) sinks: Vec<PreparedSink>,
    pub(super) journals: Journals,
    pub(super) control: Stream,
    pub(super) shards: Vec<Stream>,
    pub(super) gateways: Vec<Stream>,
    /// What recovery did, for people.
    pub(super) report: Vec<String>,
    /// For the journal writer, of all streams.
    pub(super) writer_halves: Vec<StreamWriter>,
}

/// An open stream, for its owner.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) appender: Appender,
    pub(super) marks: Marks,
    pub(super) tail: StreamTail,
}

/// Returns the capacity of each shard under `limits`.
#[must_use]
pub const fn capacity(limits: &VenueLimits) -> ShardCapacity {
    ShardCapacity {
        orders: limits.orders_per_shard_max,
        levels: limits.levels_per_side_max,
        instruments: limits.instruments_max,
        accounts: limits.accounts_max,
        sessions: limits.sessions_max,
        gateways: limits.gateways,
    }
}

impl Opened {
    /// Takes the directory and recovers every stream.
    pub(super) fn open(
        config: &Config,
        (listener, sinks): (TcpListener, Vec<PreparedSink>),
        failure: &Failure,
    ) -> Result<Self, Fatal> {
        let journals = Journals::open(config, failure)?;
        let directory = journals.directory();
        let options = StagingOptions {
            capacity_bytes: config.journal.staging_bytes,
        };
        let mut writer_halves = Vec::new();
        let kind = match directory.start_kind() {
            StartKind::New => "new data directory",
            StartKind::CleanStop => "after a clean stop",
            StartKind::SameBoot => "after a kill: staging logs are taken over",
            StartKind::PowerLoss => "after a loss of power: what was not synced is lost",
        };
        let mut report = vec![format!("epoch {}, {kind}", directory.epoch())];
        let mut open = |stream| {
            let opened = open_stream(directory, stream, options)?;
            writer_halves.push(opened.writer_half);
            report.extend(recovered(stream, &opened.tail));
            Ok::<_, Fatal>(Stream {
                appender: opened.appender,
                marks: opened.marks,
                tail: opened.tail,
            })
        };
        let control = open(StreamId::CONTROL)?;
        let shards = (0..config.venue.shards)
            .map(|shard| open(StreamId::shard(shard)))
            .collect::<Result<_, _>>()?;
        let gateways = (0..config.venue.gateways)
            .map(|gateway| open(StreamId::gateway(gateway)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            report,
            listener,
            sinks,
            journals,
            control,
            shards,
            gateways,
            writer_halves,
        })
    }
}

/// Returns what recovery did to a stream, where it did anything.
fn recovered(stream: StreamId, tail: &StreamTail) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(torn) = &tail.torn {
        lines.push(format!(
            "{stream}: torn tail cut off {} at offset {}: {}",
            torn.file.display(),
            torn.offset,
            torn.reason
        ));
    }
    if tail.recovered_from_staging > 0 {
        let (count, last) = (tail.recovered_from_staging, tail.last_sequence);
        lines.push(format!(
            "{stream}: {count} records taken over from staging, up to {last}"
        ));
    }
    lines
}

/// Returns the layout that the directory is made for, or must have been made for.
pub(super) fn layout(config: &Config) -> Layout {
    let venue = &config.venue;
    let fixed = [
        ("orders_per_shard_max", venue.orders_per_shard_max),
        ("levels_per_side_max", venue.levels_per_side_max),
        ("instruments_max", venue.instruments_max),
        ("accounts_max", venue.accounts_max),
        ("sessions_max", venue.sessions_max),
    ];
    let fixed = fixed.map(|(key, value)| (key.to_owned(), u64::from(value)));
    Layout {
        shards: venue.shards,
        gateways: venue.gateways,
        fixed: BTreeMap::from(fixed),
        configuration_hash: fingerprint(&format!("{config:?}")),
        schemas: Schemas {
            written: SchemaHash(fingerprint(&body_layouts())),
            read: Vec::new(),
        },
        segment_bytes: config.journal.segment_bytes,
    }
}

/// Returns which bodies the records of all streams have. A build that reads what this one writes
/// and writes something else names this one's hash among those it reads.
fn body_layouts() -> String {
    command_layouts() + &gateway_record_layouts()
}

/// Tells one text from another in a segment's header, a configuration's checked form or a list of
/// layouts: FNV-1a in two halves with different offsets. For people who look for what changed, not
/// against forgery.
fn fingerprint(text: &str) -> [u8; 16] {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let half = |offset: u64| {
        text.bytes().fold(offset, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        })
    };
    let mut bytes = [0; 16];
    let (low, high) = bytes.split_at_mut(8);
    low.copy_from_slice(&half(0xcbf2_9ce4_8422_2325).to_le_bytes());
    high.copy_from_slice(&half(0x9ae1_6a3b_2f90_404f).to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What segments of this build's format carry. Whoever changes a body gives it a new kind and
    /// adds the hash of before to those that are read, or journals of before are refused.
    #[test]
    fn bodies_of_records_have_the_layouts_of_their_hash() {
        let lines = [
            "1 New 64+",
            "2 Cancel 40",
            "3 Reduce 40",
            "4 Replace 48+",
            "5 MassCancel 40",
            "6 NewWithTerms 104+",
            "7 ReplaceWithTerms 72+",
            "16 DefineInstrument 104",
            "17 DefineFirm 40",
            "18 DefineAccount 48",
            "19 DefineSession 48",
            "20 LendSlots 24",
            "21 SetPhase 16",
            "22 EndDay 16",
            "32 Time 8",
            "33 StateHash 16",
            "Logon 16",
            "Disconnected 8",
            "Reserve 16",
            "Routed 24",
            "RoutedAll 24+16",
            "Refused 152",
            "Released 24",
            "Recovered 8+8",
        ];
        assert_eq!(body_layouts().lines().collect::<Vec<_>>(), lines);
        let hash = SchemaHash(fingerprint(&body_layouts()));
        assert_eq!(hash.to_string(), "fb9dc72a3eb94fa1e1c10ec03c822486");
    }
}
