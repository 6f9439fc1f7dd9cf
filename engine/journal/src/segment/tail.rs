//! Judges and trims the end of a stream's last segment. Knows not why the last process ended.
//!
//! The tail rule: what cannot be read is a torn tail, cut off and reported, unless something tells
//! that it was synced: the staging log's mark, the mark of a clean stop, or a later record in the
//! same segment which the writer leaves to say through which sequence all is synced. Records of
//! one batch may reach the disk in any order, so a whole record after a bad one says nothing.

use super::reader::OpenSegment;
use super::{BLOCK_BYTES, sync_names};
use crate::bytes::{read_u64, round_up, to_u64, to_usize};
use crate::error::{JournalError, io_error};
use crate::planted::{Bug, bites};
use crate::record::{
    KIND_SYNCED, Parsed, length_of, may_begin_record, parse, split_length_word, synced_claim,
};
use crate::storage::{Storage, StoredFile, read_up_to};

const CHUNK_BYTES: usize = 1 << 20;

/// Returns whether `file` holds nothing but zeros from `offset` on.
pub(crate) fn is_zero_from(file: &dyn StoredFile, offset: u64) -> std::io::Result<bool> {
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    let mut at = offset;
    loop {
        let count = read_up_to(file, &mut chunk, at)?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if count < CHUNK_BYTES {
            return Ok(true);
        }
        at += to_u64(count);
    }
}

/// Returns the highest synced sequence that a record after the reader's place in `segment` tells;
/// 0 for none.
pub(crate) fn synced_claim_after(segment: &OpenSegment) -> Result<u64, JournalError> {
    let path = &segment.path;
    let length = segment.file.length().map_err(io_error("reading", path))?;
    let mut bytes = vec![0_u8; to_usize(length.saturating_sub(segment.offset))];
    let count = read_up_to(&*segment.file, &mut bytes, segment.offset)
        .map_err(io_error("reading", path))?;
    bytes.truncate(count);
    let mut highest = 0;
    let mut at = 0;
    while let Some(word) = read_u64(&bytes, at) {
        if let Some(rest) = bytes.get(at..).filter(|_| is_synced_word(word))
            && let Parsed::Record(found) = parse(rest)
            && found.header.epoch == segment.header.epoch
        {
            let claim = rest.get(..length_of(&found.header)).and_then(synced_claim);
            highest = highest.max(claim.unwrap_or(0));
        }
        at += 8;
    }
    Ok(highest)
}

fn is_synced_word(word: u64) -> bool {
    may_begin_record(word)
        && split_length_word(word).is_some_and(|(_, kind, _)| kind == KIND_SYNCED)
}

/// Cuts the segment off after its last record and makes what is left durable. A segment without
/// records is removed.
pub(crate) fn seal(storage: &dyn Storage, segment: &OpenSegment) -> Result<(), JournalError> {
    let path = &segment.path;
    if !segment.begun {
        storage.remove(path).map_err(io_error("removing", path))?;
    } else {
        let file = storage
            .open_writable(path)
            .map_err(io_error("opening", path))?;
        // Shortened first and lengthened after, so that the rest of the last block is zeros.
        let end = match bites(Bug::TornTailKept) {
            true => file.length().unwrap_or(segment.offset),
            false => segment.offset,
        };
        file.set_length(end)
            .and_then(|()| file.set_length(round_up(end, BLOCK_BYTES)))
            .and_then(|()| match bites(Bug::CutNotSynced) {
                true => Ok(()),
                false => file.sync(),
            })
            .map_err(io_error("trimming", path))?;
    }
    match path.parent() {
        Some(folder) => sync_names(storage, folder),
        None => Ok(()),
    }
}
