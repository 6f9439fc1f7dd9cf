//! Recovery from a snapshot and the tail of the journal behind it. What it returns is what a replay
//! of the whole journal would: it must not take a snapshot for the truth.

use std::path::Path;

use matchgate_core::Shard;
use matchgate_core::domain::{Epoch, SequenceNumber};
use matchgate_journal::{JournalError, SegmentReader};

use super::error::{RecoveryError, SnapshotFileError, SnapshotFileProblem as Problem};
use super::folder::SnapshotFolder;
use super::header::{AT_EPOCH, AT_SEQUENCE, SnapshotHeader};
use crate::error::FollowerError;
use crate::replay::Replay;

/// A shard, and how it was recovered.
#[derive(Debug)]
pub struct RecoveredShard {
    /// The shard.
    pub shard: Shard,
    /// How it came to be.
    pub report: RecoveryReport,
}

/// How a shard was recovered.
#[derive(Debug, Default)]
pub struct RecoveryReport {
    /// The snapshot that it began with; `None` where it began with nothing.
    pub snapshot: Option<SnapshotHeader>,
    /// What is newer and was not used, newest first, and why: to be told to an operator. A folder
    /// that cannot be listed is told here too.
    pub refused: Vec<SnapshotFileError>,
    /// Snapshots above what was asked for. At a start, where all of the journal is asked for, they
    /// tell that it has lost what it once had.
    pub beyond: Vec<SequenceNumber>,
    /// Commands that were applied after that.
    pub tail_commands: u64,
}

/// Returns the shard that the segments in `segments` lead to, up to and with sequence `through`, as
/// [`crate::recover_shard`] does, but from the newest good snapshot at or below it: only commands
/// behind that are applied. Where one is not good, the next older one is taken, and where none is,
/// the journal is read from its beginning.
///
/// # Errors
///
/// [`RecoveryError::NotReached`] where the journal no longer goes back to the snapshot's end;
/// [`RecoveryError::Follower`] where segments cannot be read or do not lead to the state that they
/// say.
pub fn recover_shard_from_snapshots(
    snapshots: &SnapshotFolder,
    segments: &Path,
    through: SequenceNumber,
) -> Result<RecoveredShard, RecoveryError> {
    let (mut replay, mut report) = begin(snapshots, segments, through)?;
    report.tail_commands = replay.run(through, usize::MAX)? as u64;
    let shard = replay.into_shard();
    Ok(RecoveredShard { shard, report })
}

/// Stands behind the newest good snapshot at or below `through`, or before the first command.
pub(super) fn begin(
    snapshots: &SnapshotFolder,
    segments: &Path,
    through: SequenceNumber,
) -> Result<(Replay, RecoveryReport), RecoveryError> {
    let mut report = RecoveryReport::default();
    let sequences = snapshots.list().unwrap_or_else(|error| {
        report.refused.push(error);
        Vec::new()
    });
    for sequence in sequences.into_iter().rev() {
        if sequence > through {
            report.beyond.push(sequence);
            continue;
        }
        let (header, body) = match snapshots.load(sequence) {
            Ok(loaded) => loaded,
            Err(error) => {
                report.refused.push(error);
                continue;
            }
        };
        let tail = match open_behind(snapshots, segments, &header)? {
            Tail::Open(tail) => tail,
            Tail::Foreign(at, problem) => {
                let error = snapshots.refused(sequence, at as u64, problem);
                report.refused.push(error);
                continue;
            }
            // Good or not, no older one helps.
            Tail::NotKept(kept_after) => {
                let good = snapshots.restore_body(&header, &body);
                let snapshot = good.is_ok().then_some(sequence);
                report.refused.extend(good.err());
                return Err(not_reached(segments, snapshot, kept_after, report));
            }
        };
        match snapshots.restore_body(&header, &body) {
            Ok(shard) => {
                report.snapshot = Some(header);
                return Ok((Replay::behind(shard, header.epoch, *tail), report));
            }
            Err(error) => report.refused.push(error),
        }
    }
    let owner = snapshots.owner();
    match SegmentReader::open_on(snapshots.storage(), segments, 1) {
        Ok(all) => {
            let shard = Shard::new(owner.shard, owner.capacity);
            Ok((Replay::behind(shard, Epoch(0), all), report))
        }
        Err(JournalError::NotKept { kept_after, .. }) => {
            Err(not_reached(segments, None, kept_after, report))
        }
        Err(error) => Err(FollowerError::from(error).into()),
    }
}

/// What the journal has behind a snapshot.
enum Tail {
    /// The next record is the one behind the snapshot's last.
    Open(Box<SegmentReader>),
    /// The journal says that the snapshot is not of it: what is wrong, and at which byte.
    Foreign(usize, Problem),
    /// It begins behind that sequence, and more is missing.
    NotKept(u64),
}

/// Opens the journal behind a snapshot whose last command it has to have, where it still goes back
/// so far: a folder may have been put back from a copy while its snapshots stayed.
fn open_behind(
    snapshots: &SnapshotFolder,
    segments: &Path,
    header: &SnapshotHeader,
) -> Result<Tail, RecoveryError> {
    let SnapshotHeader { sequence, .. } = *header;
    let open = |from| SegmentReader::open_on(snapshots.storage(), segments, from);
    let mut tail = match open(sequence.get()) {
        Ok(tail) => tail,
        Err(JournalError::NotKept { .. }) => {
            return match open(sequence.get().saturating_add(1)) {
                Ok(tail) => Ok(Tail::Open(Box::new(tail))),
                Err(JournalError::NotKept { kept_after, .. }) => Ok(Tail::NotKept(kept_after)),
                Err(error) => Err(FollowerError::from(error).into()),
            };
        }
        Err(error) => return Err(FollowerError::from(error).into()),
    };
    let record = tail
        .next_record(sequence.get())
        .map_err(FollowerError::from)?;
    let Some(record) = record.filter(|record| record.header.sequence == sequence.get()) else {
        return Ok(Tail::Foreign(AT_SEQUENCE, Problem::NotInJournal(sequence)));
    };
    let (epoch, time_ns) = (Epoch(record.header.epoch), record.header.time_ns);
    if (epoch, time_ns) != (header.epoch, header.time_ns) {
        let problem = Problem::OtherHistory {
            sequence,
            epoch,
            time_ns,
        };
        return Ok(Tail::Foreign(AT_EPOCH, problem));
    }
    Ok(Tail::Open(Box::new(tail)))
}

fn not_reached(
    segments: &Path,
    snapshot: Option<SequenceNumber>,
    kept_after: u64,
    report: RecoveryReport,
) -> RecoveryError {
    RecoveryError::NotReached {
        segments: segments.to_path_buf(),
        snapshot,
        kept_after: SequenceNumber(kept_after),
        refused: report.refused,
    }
}
