//! Decides what to write next of one stream: which records, where in which segment, and what may
//! be told synced after. Does no I/O, so both backends share it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::WriterStats;
use crate::bytes::{put, round_up, to_u64, to_usize};
use crate::checksum::crc32c;
use crate::error::{DamageReason, JournalError};
use crate::planted::{Bug, bites};
use crate::record::{
    AT_CRC, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, SYNCED_RECORD_BYTES, advance, header_of,
    push_synced_record, record_bytes,
};
use crate::segment::hash::SegmentHash;
use crate::segment::{BLOCK_BYTES, SegmentHeader, header_checksum, segment_path, temporary_path};
use crate::staging::marks::Marks;
use crate::staging::{Slot, StagingFile};
use crate::storage::Storage;

/// Bytes of records in one batch at the most, but for the record that passes it.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Passes without a record after which the stream's end is told synced in the segment itself.
const PASSES_BEFORE_MARK: u32 = 16;

/// The writer's half of an open stream.
#[derive(Debug)]
pub struct StreamWriter {
    storage: Arc<dyn Storage>,
    log: Arc<StagingFile>,
    staging: PathBuf,
    folder: PathBuf,
    header: SegmentHeader,
    segment_bytes: u64,
    /// Whether a segment has been opened.
    in_segment: bool,
    /// Of the segment that is written, or of the one that is planned.
    hash: SegmentHash,
    /// Position in the staging log after the last record collected.
    position: u64,
    next_sequence: u64,
    /// Last sequence that a record has, of those collected and of those synced; 0 for none.
    last_sequence: u64,
    synced_sequence: u64,
    /// Synced sequence that the segment tells already.
    told_sequence: u64,
    /// Bytes of the segment from `block_offset`, a block's start, on.
    block: Vec<u8>,
    block_offset: u64,
    /// Bytes of `block` that are records; zeros follow while it is being written.
    record_bytes: usize,
    idle_passes: u32,
    records: u64,
    bytes: u64,
    syncs: u64,
    segments: u64,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing: no record waits.
    Nothing,
    /// Make the segment, durably, then call [`StreamWriter::segment_begun`].
    Segment(SegmentPlan),
    /// Write [`StreamWriter::batch`], sync it where `sync` says so, then call
    /// [`StreamWriter::batch_done`].
    Write {
        /// Whether the records may be told synced only after a sync.
        sync: bool,
    },
}

/// A segment to be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SegmentPlan {
    /// Name to make it under; it gets its own name once the header is durable.
    pub(crate) temporary: PathBuf,
    /// Its own name.
    pub(crate) path: PathBuf,
    /// Bytes to reserve for it.
    pub(crate) bytes: u64,
    /// Its first block.
    pub(crate) header: Vec<u8>,
}

impl StreamWriter {
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        log: Arc<StagingFile>,
        staging: &Path,
        folder: &Path,
        header: SegmentHeader,
    ) -> Self {
        let identity = *log.identity();
        Self {
            storage,
            log,
            staging: staging.to_path_buf(),
            folder: folder.to_path_buf(),
            header,
            segment_bytes: 0,
            in_segment: false,
            hash: SegmentHash::begin(0),
            position: 0,
            next_sequence: identity.first_sequence,
            last_sequence: identity.prior_sequence,
            synced_sequence: identity.prior_sequence,
            told_sequence: identity.prior_sequence,
            block: Vec::with_capacity(BATCH_BYTES_MAX + RECORD_BYTES_MAX + to_usize(BLOCK_BYTES)),
            block_offset: 0,
            record_bytes: 0,
            idle_passes: 0,
            records: 0,
            bytes: 0,
            syncs: 0,
            segments: 0,
        }
    }

    /// Returns the stream's marks.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks::new(Arc::clone(&self.log))
    }

    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn set_segment_bytes(&mut self, bytes: u64) {
        self.segment_bytes = bytes;
    }

    pub(crate) fn idle_passes(&self) -> u32 {
        self.idle_passes
    }

    /// Returns whether somebody waits for records to be synced that were appended.
    pub(crate) fn is_awaited(&self) -> bool {
        self.marks().wanted() > self.log.synced()
    }

    pub(crate) fn add_to(&self, stats: &mut WriterStats) {
        stats.records += self.records;
        stats.bytes += self.bytes;
        stats.syncs += self.syncs;
        stats.segments += self.segments;
    }

    /// Decides what is to be done next; it must be done before the next call.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] where the staging log holds what no appender writes.
    pub(crate) fn next_work(&mut self) -> Result<Work, JournalError> {
        let Some(length) = self.waiting()? else {
            return Ok(self.idle());
        };
        self.idle_passes = 0;
        if !self.in_segment || !self.has_room(SYNCED_RECORD_BYTES + padded(length)) {
            return Ok(Work::Segment(self.plan_segment()));
        }
        self.tell_synced();
        let limit = self.block.len() + BATCH_BYTES_MAX;
        let mut waiting = Some(length);
        while let Some(length) = waiting {
            if self.block.len() >= limit || !self.has_room(padded(length)) {
                break;
            }
            self.collect(length)?;
            waiting = self.waiting()?;
        }
        self.fill_block();
        if bites(Bug::SyncedBeforeWrite) {
            self.log.publish_synced(self.last_sequence, self.position);
        }
        Ok(Work::Write { sync: true })
    }

    /// Returns the bytes to write, whole blocks, and their offset in the segment.
    pub(crate) fn batch(&self) -> (&[u8], u64) {
        (&self.block, self.block_offset)
    }

    /// Notes that the planned segment is there, durably.
    pub(crate) fn segment_begun(&mut self) {
        self.in_segment = true;
        self.segments += 1;
        self.block.clear();
        self.record_bytes = 0;
        self.block_offset = BLOCK_BYTES;
        // What segments before this one hold needs no telling: it is synced, as there is a later one.
        self.told_sequence = self.synced_sequence;
    }

    /// Notes that the batch is written, and where it was to be synced, synced.
    pub(crate) fn batch_done(&mut self, synced: bool) {
        self.bytes += to_u64(self.block.len());
        let whole = self.record_bytes & !(to_usize(BLOCK_BYTES) - 1);
        self.block.truncate(self.record_bytes);
        self.block.drain(..whole);
        self.record_bytes -= whole;
        self.block_offset += to_u64(whole);
        if synced {
            self.syncs += 1;
            self.synced_sequence = self.last_sequence;
            self.log.publish_synced(self.last_sequence, self.position);
        }
    }

    /// Returns the length of the record that waits, passing over a pad before it.
    fn waiting(&mut self) -> Result<Option<usize>, JournalError> {
        loop {
            match self.log.slot(self.position) {
                Slot::Empty => return Ok(None),
                Slot::Pad(bytes) => self.position += bytes,
                Slot::Record(length) => return Ok(Some(length)),
                Slot::Invalid => return Err(self.damaged(DamageReason::Length)),
            }
        }
    }

    /// Moves the waiting record of `length` bytes into the block, with its checksum.
    fn collect(&mut self, length: usize) -> Result<(), JournalError> {
        let start = self.block.len();
        self.log.copy_record(self.position, length, &mut self.block);
        let record = self
            .block
            .get_mut(start..start + length)
            .unwrap_or_default();
        let header = header_of(record);
        let crc = crc32c(record);
        put(record, AT_CRC, &crc.to_le_bytes());
        self.hash = self.hash.with(crc);
        if header.is_none_or(|header| header.sequence != self.next_sequence) {
            return Err(self.damaged(DamageReason::Sequence));
        }
        self.last_sequence = self.next_sequence;
        self.next_sequence += 1;
        self.position = advance(self.position, padded(length));
        self.records += 1;
        Ok(())
    }

    /// Leaves a record that tells what is synced, once the stream has been quiet for a while. It
    /// needs no sync: it only helps a later start to tell damage from a torn tail.
    fn idle(&mut self) -> Work {
        self.idle_passes = self.idle_passes.saturating_add(1);
        let due = self.idle_passes == PASSES_BEFORE_MARK
            && self.in_segment
            && self.told_sequence != self.synced_sequence
            && self.has_room(SYNCED_RECORD_BYTES);
        if !due {
            return Work::Nothing;
        }
        self.tell_synced();
        self.fill_block();
        Work::Write { sync: false }
    }

    fn tell_synced(&mut self) {
        if self.told_sequence == self.synced_sequence {
            return;
        }
        self.told_sequence = self.synced_sequence;
        if bites(Bug::ClaimsNotWritten) {
            return;
        }
        let epoch = self.header.epoch;
        push_synced_record(
            &mut self.block,
            epoch,
            self.last_sequence,
            self.synced_sequence,
        );
    }

    fn fill_block(&mut self) {
        self.record_bytes = self.block.len();
        let whole = round_up(to_u64(self.record_bytes), BLOCK_BYTES);
        self.block.resize(to_usize(whole), 0);
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.block_offset + to_u64(self.block.len() + bytes) <= self.segment_bytes
    }

    fn plan_segment(&mut self) -> SegmentPlan {
        self.header.first_sequence = self.next_sequence;
        self.header.previous_sequence = self.last_sequence;
        if self.in_segment {
            self.header.previous_hash = Some(self.hash);
        }
        let header = self.header.encode();
        self.hash = SegmentHash::begin(header_checksum(&header));
        SegmentPlan {
            temporary: temporary_path(&self.folder),
            path: segment_path(&self.folder, self.next_sequence),
            bytes: self.segment_bytes,
            header,
        }
    }

    fn damaged(&self, reason: DamageReason) -> JournalError {
        let in_ring = self.position & (self.log.identity().capacity - 1);
        JournalError::Damaged {
            file: self.staging.clone(),
            offset: BLOCK_BYTES + in_ring,
            reason,
            last_good_sequence: self.last_sequence,
        }
    }
}

/// Returns the bytes that a record of `length` bytes takes.
fn padded(length: usize) -> usize {
    record_bytes(length - RECORD_HEADER_BYTES)
}
