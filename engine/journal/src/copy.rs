//! Copies a data directory up to where its records can be read, or to an earlier place: what is left
//! of a damaged one, or what one was. The original is only read. Knows not what a record means.
//!
//! The copy has the original's name (its segments carry it), no staging log and no clean stop: its
//! next start is one after a loss of power, which passes over numbers that may have been given and
//! tells clients what was lost.

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use crate::bytes::{round_up, to_u64, to_usize};
use crate::directory::LOCK_FILE;
use crate::directory::lock::take_lock;
use crate::directory::meta::Meta;
use crate::error::{DirectoryError, JournalError, directory_io_error, io_error};
use crate::segment::reader::SegmentReader;
use crate::segment::{BLOCK_BYTES, list_segments, segment_path};
use crate::storage::{Lock, Storage, StoredFile, read_up_to};
use crate::stream::StreamId;

/// Bytes that are copied at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// What was copied of one stream.
#[derive(Debug)]
pub struct CopiedStream {
    /// The stream.
    pub stream: StreamId,
    /// Last sequence of the copy; 0 for none.
    pub last_sequence: u64,
    /// Last sequence that the original is known to have had synced; above `last_sequence` where
    /// records are missing, or were not wanted.
    pub known_last: u64,
    /// Segments of the copy.
    pub segments: usize,
    /// What ended the copy, where it was damage: [`JournalError::Damaged`].
    pub damage: Option<JournalError>,
}

/// Copies the data directory at `from`, which nobody may have open, to `to`, which must be missing or
/// empty; of each stream the records through the sequence that `through` tells for it, as far as they
/// can be read. The copy is durable, and is no data directory before it is complete.
///
/// # Errors
///
/// [`DirectoryError::NotEmpty`] where something is at `to`, [`DirectoryError::NoDirectory`] where
/// nothing is at `from`; [`JournalError::Format`] and [`JournalError::Io`] where a segment cannot be
/// read or the copy not written. Damage is no error: it ends the copy of its stream.
pub fn copy_directory(
    storage: &Arc<dyn Storage>,
    from: &Path,
    to: &Path,
    through: &dyn Fn(StreamId) -> u64,
) -> Result<Vec<CopiedStream>, JournalError> {
    let meta = Meta::read(&**storage, from)?;
    let mut meta = meta.ok_or_else(|| DirectoryError::NoDirectory {
        path: from.to_path_buf(),
    })?;
    let _lock = prepare(&**storage, to)?;
    let shards = (0..meta.shards).map(StreamId::shard);
    let gateways = (0..meta.gateways).map(StreamId::gateway);
    let streams = shards.chain(gateways).chain([StreamId::CONTROL]);
    let mut copied = Vec::new();
    for stream in streams {
        let name = stream.to_string();
        let (source, target) = (from.join(&name), to.join(&name));
        let known = meta.streams.entry(name).or_default();
        let one = copy_stream(storage, &source, &target, through(stream))?;
        copied.push(CopiedStream {
            stream,
            known_last: known.last,
            ..one
        });
        let copied = copied.last().map_or(0, |one| one.last_sequence);
        known.last = known.last.min(copied);
    }
    meta.clean = false;
    // No kernel has it: the next start is one on another machine.
    meta.boot_id = Uuid::nil();
    meta.write(&**storage, to)?;
    Ok(copied)
}

/// Makes the folder of the copy, and takes its lock.
fn prepare(storage: &dyn Storage, to: &Path) -> Result<Lock, JournalError> {
    storage
        .make_folder(to)
        .map_err(directory_io_error("making", to))?;
    let names = storage
        .list(to)
        .map_err(directory_io_error("listing", to))?;
    if !names.is_empty() {
        return Err(JournalError::Directory(DirectoryError::NotEmpty {
            path: to.to_path_buf(),
        }));
    }
    if let Some(above) = to.parent() {
        storage
            .sync_folder(above)
            .map_err(io_error("syncing the folder", above))?;
    }
    Ok(take_lock(storage, &to.join(LOCK_FILE))?)
}

/// Copies the segments of a stream through `through`, or up to damage.
fn copy_stream(
    storage: &Arc<dyn Storage>,
    from: &Path,
    to: &Path,
    through: u64,
) -> Result<CopiedStream, JournalError> {
    storage.make_folder(to).map_err(io_error("making", to))?;
    let firsts = list_segments(&**storage, from)?;
    let oldest = firsts.first().copied().unwrap_or(1);
    let mut copied = CopiedStream {
        stream: StreamId::CONTROL,
        last_sequence: 0,
        known_last: 0,
        segments: 0,
        damage: None,
    };
    let mut reader = match SegmentReader::open_on(storage, from, oldest) {
        Ok(reader) => reader,
        Err(error) => {
            copied.damage = Some(damage_or_error(error)?);
            return Ok(copied);
        }
    };
    loop {
        match reader.next_record(through) {
            Ok(Some(record)) => copied.last_sequence = record.header.sequence,
            Ok(None) => break,
            Err(error) => {
                copied.damage = Some(damage_or_error(error)?);
                break;
            }
        }
    }
    // The segment in which reading ended is copied as far as it was read, those before it whole.
    let ended = reader.current().map(|current| {
        let begun = if current.begun { current.offset } else { 0 };
        (current.header.first_sequence, begun)
    });
    for first in firsts {
        let bytes = match ended {
            Some((last, _)) if first < last => u64::MAX,
            Some((last, begun)) if first == last => begun,
            Some(_) | None => 0,
        };
        if bytes > 0 {
            let source = storage
                .open(&segment_path(from, first))
                .map_err(io_error("opening", segment_path(from, first)))?;
            copy_file(&**storage, &*source, bytes, &segment_path(to, first))?;
            copied.segments += 1;
        }
    }
    storage
        .sync_folder(to)
        .map_err(io_error("syncing the folder", to))?;
    Ok(copied)
}

/// Returns the damage, or the error that is none.
fn damage_or_error(error: JournalError) -> Result<JournalError, JournalError> {
    if matches!(error, JournalError::Damaged { .. }) {
        Ok(error)
    } else {
        Err(error)
    }
}

/// Copies the first `bytes` of a file, at the most, and fills up to a whole block with zeros.
fn copy_file(
    storage: &dyn Storage,
    source: &dyn StoredFile,
    bytes: u64,
    path: &Path,
) -> Result<(), JournalError> {
    let copy = || {
        let target = storage.create(path)?;
        let end = source.length()?.min(bytes);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut at = 0;
        while at < end {
            let left = to_usize(end - at).min(CHUNK_BYTES);
            let count = read_up_to(source, chunk.get_mut(..left).unwrap_or_default(), at)?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            target.write_at(chunk.get(..count).unwrap_or_default(), at)?;
            at += to_u64(count);
        }
        target.set_length(round_up(end, BLOCK_BYTES))?;
        target.sync()
    };
    copy().map_err(io_error("copying to", path))
}
