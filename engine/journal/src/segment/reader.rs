//! Reads a stream's records from its segments, in order, and follows into new segments as they
//! appear. Hands out no record that is not proven whole. Knows neither the staging log nor what a
//! body means.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::hash::SegmentHash;
use super::tail::{is_zero_from, synced_claim_after};
use super::{
    BLOCK_BYTES, HeaderError, Owner, SEGMENT_FORMAT, SegmentHeader, header_checksum, list_segments,
    segment_path,
};
use crate::bytes::to_usize;
use crate::error::{DamageReason, JournalError, io_error};
use crate::planted::{Bug, bites};
use crate::record::{
    Found, KIND_SYNCED, Parsed, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, Record, RecordHeader,
    advance, length_of, parse,
};
use crate::schema_hash::Schemas;
use crate::storage::{Storage, StoredFile, SystemStorage, read_up_to};

/// Bytes read from a segment at a time.
const WINDOW_BYTES: usize = 256 * 1024;

const _: () = assert!(WINDOW_BYTES >= RECORD_BYTES_MAX);

/// A reader of one stream's segments.
#[derive(Debug)]
pub struct SegmentReader {
    storage: Arc<dyn Storage>,
    folder: PathBuf,
    from: u64,
    /// What each segment must be; of whom, is learned from the first where nobody says.
    owner: Option<Owner>,
    schemas: Schemas,
    current: Option<OpenSegment>,
    /// Bytes of the current segment from `window_offset` on, perhaps older than the file's.
    window: Vec<u8>,
    window_offset: u64,
    last_sequence: u64,
    last_time_ns: u64,
    last_epoch: u32,
}

/// The segment being read.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    /// Of the header and the records passed.
    pub(crate) hash: SegmentHash,
    pub(crate) file: Box<dyn StoredFile>,
    pub(crate) path: PathBuf,
    pub(crate) header: SegmentHeader,
    /// Bytes from the file's start to the next record.
    pub(crate) offset: u64,
    /// Whether a record of it has been read.
    pub(crate) begun: bool,
}

/// What the segments of a stream must be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) owner: Owner,
    pub(crate) schemas: Schemas,
}

/// What is next in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A whole record, not yet consumed, at that place of the window.
    Record(usize, Found),
    /// The records end here, in the last segment there is, or there is none.
    End,
    /// What is next cannot be taken.
    Bad(DamageReason),
}

impl SegmentReader {
    /// Opens the stream in `folder` at `from_sequence`; 0 and 1 are its beginning. The folder may
    /// still be empty or missing.
    ///
    /// # Errors
    ///
    /// [`JournalError::NotKept`] where that record is no longer there; [`JournalError::Damaged`],
    /// [`JournalError::Format`] and [`JournalError::Io`] where a segment cannot be read.
    pub fn open(folder: &Path, from_sequence: u64) -> Result<Self, JournalError> {
        let storage: Arc<dyn Storage> = Arc::new(SystemStorage);
        Self::open_on(&storage, folder, from_sequence)
    }

    /// Opens a stream on another disk than this machine's file system.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_on(
        storage: &Arc<dyn Storage>,
        folder: &Path,
        from_sequence: u64,
    ) -> Result<Self, JournalError> {
        Self::open_owned(storage, folder, from_sequence, None)
    }

    /// Opens a stream whose segments must all be as expected.
    pub(crate) fn open_owned(
        storage: &Arc<dyn Storage>,
        folder: &Path,
        from_sequence: u64,
        expected: Option<Expected>,
    ) -> Result<Self, JournalError> {
        let (owner, schemas) = match expected {
            Some(expected) => (Some(expected.owner), expected.schemas),
            None => (None, Schemas::default()),
        };
        let mut reader = Self {
            storage: Arc::clone(storage),
            folder: folder.to_path_buf(),
            from: from_sequence.max(1),
            owner,
            schemas,
            current: None,
            window: Vec::with_capacity(WINDOW_BYTES),
            window_offset: 0,
            last_sequence: 0,
            last_time_ns: 0,
            last_epoch: 0,
        };
        reader.open_first()?;
        Ok(reader)
    }

    /// Returns the last sequence passed; 0 for none.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// Returns the next record with a sequence of at most `through`, or `None` where there is none
    /// yet. `through` is the synced mark of a stream that is being written, `u64::MAX` for one
    /// that is not; then a torn tail ends the stream.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] where a record that was synced is not what was written;
    /// [`JournalError::Format`] and [`JournalError::Io`] where a segment cannot be read. The reader
    /// gives the same error again then.
    pub fn next_record(&mut self, through: u64) -> Result<Option<Record<'_>>, JournalError> {
        let (at, header) = match self.take_in_window(through) {
            Some(taken) => taken,
            None => match self.find_wanted(through)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let body = self
            .window
            .get(at + RECORD_HEADER_BYTES..at + length_of(&header))
            .unwrap_or_default();
        Ok(Some(Record { header, body }))
    }

    /// Takes the record due where it is wanted and lies whole in the window, as nearly all do: the
    /// short way of [`find_wanted`](Self::find_wanted), which judges all that is left to it.
    #[inline]
    fn take_in_window(&mut self, through: u64) -> Option<(usize, RecordHeader)> {
        let segment = self.current.as_ref().filter(|segment| segment.begun)?;
        // No record has the last number there is, so this does not overflow.
        let due = self.last_sequence + 1;
        if !(self.from..=through).contains(&due) {
            return None;
        }
        let at = to_usize(segment.offset.checked_sub(self.window_offset)?);
        let Parsed::Record(found) = parse(self.window.get(at..)?) else {
            return None;
        };
        let header = found.header;
        // As `misplaced` has it, but that a header in memory is slow to read back.
        let is_due = header.sequence == due
            && due != u64::MAX
            && header.epoch == segment.header.epoch
            && header.kind != KIND_SYNCED;
        is_due.then(|| {
            self.pass(
                header.sequence,
                header.time_ns,
                found.crc,
                found.padded_bytes,
            );
            (at, header)
        })
    }

    /// Takes the next record wanted, wherever it lies.
    #[inline(never)]
    fn find_wanted(&mut self, through: u64) -> Result<Option<(usize, RecordHeader)>, JournalError> {
        loop {
            if self.last_sequence >= through {
                return Ok(None);
            }
            match self.step()? {
                Step::Record(_, found) if found.header.sequence > through => return Ok(None),
                Step::Record(at, found) => {
                    self.consume(&found);
                    if found.header.sequence >= self.from {
                        return Ok(Some((at, found.header)));
                    }
                }
                Step::End => return Ok(None),
                Step::Bad(reason) => return self.end_or_damage(reason, through).map(|()| None),
            }
        }
    }

    /// Judges what cannot be taken: an error, unless it is above all that was synced.
    fn end_or_damage(&self, reason: DamageReason, through: u64) -> Result<(), JournalError> {
        if through != u64::MAX {
            return if self.due() > through {
                Ok(())
            } else {
                Err(self.damaged(reason))
            };
        }
        let torn = match &self.current {
            Some(segment) => {
                self.is_last_segment()? && synced_claim_after(segment)? <= self.last_sequence
            }
            None => false,
        };
        if torn {
            Ok(())
        } else {
            Err(self.damaged(reason))
        }
    }

    /// Returns the sequence that the next record must have.
    pub(crate) fn due(&self) -> u64 {
        match &self.current {
            Some(segment) if !segment.begun => segment.header.first_sequence,
            Some(_) | None => self.last_sequence + 1,
        }
    }

    pub(crate) fn last_time_ns(&self) -> u64 {
        self.last_time_ns
    }

    pub(crate) fn last_epoch(&self) -> u32 {
        self.last_epoch
    }

    pub(crate) fn current(&self) -> Option<&OpenSegment> {
        self.current.as_ref()
    }

    /// Returns whether no segment follows the current one.
    pub(crate) fn is_last_segment(&self) -> Result<bool, JournalError> {
        Ok(self.following()?.is_none())
    }

    /// Returns the error that tells where reading stands.
    pub(crate) fn damaged(&self, reason: DamageReason) -> JournalError {
        let (file, offset) = match &self.current {
            Some(segment) => (segment.path.clone(), segment.offset),
            None => (self.folder.clone(), 0),
        };
        JournalError::Damaged {
            file,
            offset,
            reason,
            last_good_sequence: self.last_sequence,
        }
    }

    /// Passes over a record that [`step`](Self::step) returned.
    pub(crate) fn consume(&mut self, found: &Found) {
        let RecordHeader {
            sequence, time_ns, ..
        } = found.header;
        self.pass(sequence, time_ns, found.crc, found.padded_bytes);
    }

    /// Passes over the record of `sequence`. What it takes comes in registers: a header that was
    /// just put together is slow to read back from memory.
    #[inline]
    fn pass(&mut self, sequence: u64, time_ns: u64, crc: u32, padded_bytes: usize) {
        self.last_sequence = sequence;
        self.last_time_ns = time_ns;
        if let Some(segment) = &mut self.current {
            segment.offset = advance(segment.offset, padded_bytes);
            segment.hash = segment.hash.with(crc);
            segment.begun = true;
            self.last_epoch = segment.header.epoch;
        }
    }

    /// Finds what is next, moving on to the next segment where the current one has ended.
    pub(crate) fn step(&mut self) -> Result<Step, JournalError> {
        if self.current.is_none() && !self.open_first()? {
            return Ok(Step::End);
        }
        loop {
            match self.parse_here()? {
                (at, Parsed::Record(found)) => {
                    if let Some(reason) = self.misplaced(&found) {
                        return Ok(Step::Bad(reason));
                    }
                    if found.header.kind != KIND_SYNCED {
                        return Ok(Step::Record(at, found));
                    }
                    if let Some(segment) = &mut self.current {
                        segment.offset = advance(segment.offset, found.padded_bytes);
                    }
                }
                (_, Parsed::Bad(reason)) => return Ok(Step::Bad(reason)),
                (_, Parsed::Short(_)) => return Ok(Step::Bad(DamageReason::Truncated)),
                (_, Parsed::End) => {
                    let Some(first) = self.following()? else {
                        return Ok(Step::End);
                    };
                    // Records may have come before the segment that follows: look once more.
                    self.window.clear();
                    if matches!(self.parse_here()?, (_, Parsed::End))
                        && let Some(reason) = self.move_on(first)?
                    {
                        return Ok(Step::Bad(reason));
                    }
                }
            }
        }
    }

    /// Returns why a whole record is not the one due. The last number there is belongs to no
    /// record: none could follow it.
    fn misplaced(&self, found: &Found) -> Option<DamageReason> {
        let segment = self.current.as_ref()?;
        let due = if found.header.kind == KIND_SYNCED {
            self.last_sequence
        } else {
            self.due()
        };
        let is_due = found.header.sequence == due && due != u64::MAX;
        if !is_due && !bites(Bug::SequenceUnchecked) {
            return Some(DamageReason::Sequence);
        }
        let differs = found.header.epoch != segment.header.epoch;
        (differs && !bites(Bug::EpochUnchecked)).then_some(DamageReason::Epoch)
    }

    /// Parses what is at the current offset, reading the file anew where the window cannot tell.
    fn parse_here(&mut self) -> Result<(usize, Parsed), JournalError> {
        let Some(segment) = &self.current else {
            return Ok((0, Parsed::End));
        };
        let at = segment
            .offset
            .checked_sub(self.window_offset)
            .map_or(self.window.len(), to_usize);
        if let Some(bytes) = self.window.get(at..) {
            let parsed = parse(bytes);
            if matches!(parsed, Parsed::Record(_)) {
                return Ok((at, parsed));
            }
        }
        self.window.resize(WINDOW_BYTES, 0);
        let count = read_up_to(&*segment.file, &mut self.window, segment.offset)
            .map_err(io_error("reading", &segment.path))?;
        self.window.truncate(count);
        self.window_offset = segment.offset;
        let parsed = match parse(&self.window) {
            // The file ends here, in zeros or at once.
            Parsed::Short(_) if self.window.iter().all(|byte| *byte == 0) => Parsed::End,
            parsed @ (Parsed::Record(_) | Parsed::End | Parsed::Short(_) | Parsed::Bad(_)) => {
                parsed
            }
        };
        Ok((0, parsed))
    }

    /// Opens the segment that holds the first record wanted; false where there is none yet.
    fn open_first(&mut self) -> Result<bool, JournalError> {
        let firsts = list_segments(&*self.storage, &self.folder)?;
        let holding = firsts.iter().rev().find(|first| **first <= self.from);
        let Some(first) = holding.or(firsts.first()) else {
            return Ok(false);
        };
        let segment = self.open_segment(*first)?;
        if *first > self.from && segment.header.previous_sequence >= self.from {
            return Err(JournalError::NotKept {
                folder: self.folder.clone(),
                from: self.from,
                kept_after: segment.header.previous_sequence,
            });
        }
        self.last_sequence = segment.header.previous_sequence;
        self.enter(segment);
        Ok(true)
    }

    /// Goes on into the segment that begins with `first`; a reason where it does not fit.
    fn move_on(&mut self, first: u64) -> Result<Option<DamageReason>, JournalError> {
        if let Some(ended) = &self.current
            && !is_zero_from(&*ended.file, ended.offset)
                .map_err(io_error("reading", &ended.path))?
        {
            return Ok(Some(DamageReason::AfterEnd));
        }
        let segment = self.open_segment(first)?;
        let header = &segment.header;
        let ended = self.current.as_ref();
        let previous_epoch = ended.map_or(0, |ended| ended.header.epoch);
        let joined = header.previous_sequence == self.last_sequence
            && header.epoch >= previous_epoch
            && first > self.last_sequence
            && (first == self.last_sequence + 1 || header.epoch > previous_epoch);
        if !joined && !bites(Bug::ChainUnchecked) {
            return Ok(Some(DamageReason::SegmentChain));
        }
        let differs = ended.is_some_and(|ended| !ended.hash.is(header.previous_hash));
        if differs && !bites(Bug::HashUnchecked) {
            return Ok(Some(DamageReason::SegmentHash));
        }
        self.enter(segment);
        Ok(None)
    }

    fn enter(&mut self, segment: OpenSegment) {
        self.owner = Some(segment.header.owner);
        self.current = Some(segment);
        self.window.clear();
        self.window_offset = 0;
    }

    /// Returns the first sequence of the segment after the current one.
    fn following(&self) -> Result<Option<u64>, JournalError> {
        let current = self
            .current
            .as_ref()
            .map_or(0, |segment| segment.header.first_sequence);
        let firsts = list_segments(&*self.storage, &self.folder)?;
        Ok(firsts.into_iter().find(|first| *first > current))
    }

    fn open_segment(&self, first: u64) -> Result<OpenSegment, JournalError> {
        let path = segment_path(&self.folder, first);
        let file = self
            .storage
            .open(&path)
            .map_err(io_error("opening", &path))?;
        let mut block = vec![0_u8; to_usize(BLOCK_BYTES)];
        let count = read_up_to(&*file, &mut block, 0).map_err(io_error("reading", &path))?;
        block.truncate(count);
        let damaged = |reason| JournalError::Damaged {
            file: path.clone(),
            offset: 0,
            reason,
            last_good_sequence: self.last_sequence,
        };
        let header = match SegmentHeader::decode(&block) {
            Ok(header) => header,
            Err(HeaderError::Damaged(reason)) => return Err(damaged(reason)),
            Err(HeaderError::Format(found)) => {
                return Err(JournalError::Format {
                    file: path,
                    found,
                    known: SEGMENT_FORMAT,
                });
            }
        };
        let is_foreign = self.owner.is_some_and(|owner| owner != header.owner);
        if is_foreign && !bites(Bug::OwnerUnchecked) {
            return Err(damaged(DamageReason::HeaderForeign));
        }
        if header.first_sequence != first {
            return Err(damaged(DamageReason::HeaderName));
        }
        let reads = self.schemas.reads(header.schema);
        if !reads && !bites(Bug::SchemaUnchecked) {
            return Err(JournalError::Schema {
                file: path,
                found: header.schema,
                known: self.schemas.written,
            });
        }
        Ok(OpenSegment {
            hash: SegmentHash::begin(header_checksum(&block)),
            file,
            path,
            header,
            offset: BLOCK_BYTES,
            begun: false,
        })
    }
}
