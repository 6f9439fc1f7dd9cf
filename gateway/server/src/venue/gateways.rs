//! Recovers a gateway's sessions: reads its log and the shards' journals for the session layer,
//! which knows no files.

use std::path::PathBuf;

use matchgate_core::domain::{Command, Event, GatewayId, Sequenced, ShardId};
use matchgate_core::{EventBuffer, Shard, ShardCapacity};
use matchgate_follower::FollowedState;
use matchgate_journal::{SegmentReader, StreamId, StreamTail};
use matchgate_net::LiveOutlet;
use matchgate_session::{
    GatewayCore, GatewayOptions, GatewayRecord, RecoveredShard, RecoveryError, RecoveryInput,
    ShardHistory, SourceError,
};

use super::agents::Foundation;
use super::open::capacity;
use super::recovery::Control;
use crate::exit_code::{ExitCode, Fatal};

/// A shard's journal, applied to a shard of its own.
struct History {
    reader: SegmentReader,
    through: u64,
    state: FollowedState,
    buffer: EventBuffer,
}

impl History {
    fn open(
        shard: ShardId,
        capacity: ShardCapacity,
        folder: &std::path::Path,
        through: u64,
    ) -> Result<Self, Fatal> {
        Ok(Self {
            reader: SegmentReader::open(folder, 1)?,
            through,
            state: FollowedState::new(shard, capacity),
            buffer: EventBuffer::new(),
        })
    }
}

impl ShardHistory for History {
    fn next(&mut self, events: &mut Vec<Event>) -> Result<Option<Sequenced<Command>>, SourceError> {
        events.clear();
        let Some(record) = self.reader.next_record(self.through)? else {
            return Ok(None);
        };
        let command = matchgate_follower::decode(&record.header, record.body)?;
        self.state
            .apply(&command, &mut self.buffer, &mut |applied| {
                events.push(*applied.event);
            })?;
        Ok(Some(command))
    }
}

/// Everything that a gateway's sessions are recovered from.
pub(super) struct Sources<'a> {
    pub(super) control: &'a Control,
    /// Folder of the gateway's log.
    pub(super) log_folder: PathBuf,
    pub(super) log_tail: &'a StreamTail,
    /// Folders of the shards' journals.
    pub(super) shard_folders: Vec<PathBuf>,
    pub(super) shards: &'a [Shard],
}

/// Returns the sessions of one gateway as its log leaves them.
pub(super) fn recover(
    foundation: &Foundation<'_>,
    gateway: GatewayId,
    sources: Sources<'_>,
    outlet: &mut LiveOutlet,
) -> Result<GatewayCore, Fatal> {
    let venue = &foundation.config.venue;
    let mut histories = (0..)
        .map(ShardId)
        .zip(&sources.shard_folders)
        .zip(sources.shards)
        .map(|((number, folder), shard)| {
            History::open(number, capacity(venue), folder, shard.last_sequence().get())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let shards = sources.shards.iter().zip(&mut histories);
    let shards = shards
        .map(|(shard, history)| RecoveredShard {
            shard,
            history: history as &mut dyn ShardHistory,
        })
        .collect();
    let tail = sources.log_tail;
    let mut reader = SegmentReader::open(&sources.log_folder, 1)?;
    let mut log = std::iter::from_fn(|| next_record(&mut reader, tail.last_sequence).transpose());
    let input = RecoveryInput {
        options: GatewayOptions::new(gateway, foundation.epoch, venue.shards),
        controls: &mut sources.control.commands.iter().copied(),
        log: &mut log,
        log_next: tail.next_sequence,
        shards,
    };
    GatewayCore::recover(input, outlet).map_err(|error| {
        let stream = StreamId::gateway(gateway.get());
        let code = match error {
            RecoveryError::LogFailed(_) => ExitCode::WriteError,
            _ => ExitCode::Damaged,
        };
        Fatal::new(code, format!("{stream}: {error}"))
    })
}

fn next_record(
    reader: &mut SegmentReader,
    through: u64,
) -> Result<Option<(u64, GatewayRecord)>, SourceError> {
    let Some(record) = reader.next_record(through)? else {
        return Ok(None);
    };
    let decoded = GatewayRecord::decode(record.header.kind, record.body)?;
    Ok(Some((record.header.sequence, decoded)))
}
