//! Reads the staging log along behind the applied mark, as the one who falls behind. Knows no
//! segment: a reader that was lapped goes there itself.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use super::marks::Marks;
use super::{CLAIM_COUNT, Slot, StagingFile, WORD_ANCHORS, WORD_APPLIED, WORD_CLAIMED};
use crate::bytes::{read_u64, to_usize};
use crate::error::Lapped;
use crate::record::{RECORD_HEADER_BYTES, RecordHeader, advance, header_of, record_bytes};

/// A reader of one stream's staging log; any number may read, none holds the appender up.
#[derive(Debug)]
pub struct StagingReader {
    file: Arc<StagingFile>,
    /// Position of the record `at_sequence`, or of a pad before it.
    position: u64,
    at_sequence: u64,
    next_sequence: u64,
}

impl StagingReader {
    /// Opens the staging log at `from_sequence`. Where that lies between the last record before
    /// this start of the process and the first of it, reading begins at the first.
    ///
    /// # Errors
    ///
    /// [`Lapped`] where the record has left the log or is of an earlier start.
    pub fn open(marks: &Marks, from_sequence: u64) -> Result<Self, Lapped> {
        let file = Arc::clone(&marks.file);
        let identity = *file.identity();
        let lapped = Lapped {
            sequence: from_sequence,
        };
        if from_sequence <= identity.prior_sequence && identity.prior_sequence > 0 {
            return Err(lapped);
        }
        let next_sequence = from_sequence.max(identity.first_sequence);
        let mut best: Option<(u64, u64)> = None;
        for entry in 0..to_usize(CLAIM_COUNT) {
            let at = WORD_ANCHORS + 2 * entry;
            let position = file.load(at + 1, Ordering::Acquire);
            let sequence = file.load(at, Ordering::Relaxed);
            let usable = (1..=next_sequence).contains(&sequence)
                && best.is_none_or(|(known, _)| sequence > known)
                && begins_at(&file, position, sequence);
            if usable {
                best = Some((sequence, position));
            }
        }
        let (at_sequence, position) = best.ok_or(lapped)?;
        Ok(Self {
            file,
            position,
            at_sequence,
            next_sequence,
        })
    }

    /// Returns the sequence of the record that is due.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Puts the body of the next record into `body`, which is cleared first, and returns its
    /// header; `None` where it has not been applied yet.
    ///
    /// # Errors
    ///
    /// [`Lapped`] where the record has left the log; the reader is of no use any more.
    pub fn next(&mut self, body: &mut Vec<u8>) -> Result<Option<RecordHeader>, Lapped> {
        body.clear();
        loop {
            if self.at_sequence > self.file.load(WORD_APPLIED, Ordering::Acquire) {
                return self.check().map(|()| None);
            }
            match self.file.slot(self.position) {
                Slot::Pad(bytes) => {
                    self.check()?;
                    self.position += bytes;
                }
                Slot::Record(length) => {
                    if let Some(header) = self.take(length, body)? {
                        return Ok(Some(header));
                    }
                }
                // An applied record is there unless its place has been written over.
                Slot::Empty | Slot::Invalid => return Err(self.lapped()),
            }
        }
    }

    /// Copies the record at the position; `None` where it is before the one that is due.
    fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Result<Option<RecordHeader>, Lapped> {
        body.clear();
        let wanted = self.at_sequence == self.next_sequence;
        if wanted {
            self.file.copy_record(self.position, length, body);
        }
        self.check()?;
        let padded = record_bytes(length - RECORD_HEADER_BYTES);
        self.position = advance(self.position, padded);
        let sequence = self.at_sequence;
        self.at_sequence += 1;
        if !wanted {
            return Ok(None);
        }
        let header = header_of(body).filter(|header| header.sequence == sequence);
        let header = header.ok_or(Lapped { sequence })?;
        body.truncate(length);
        body.drain(..RECORD_HEADER_BYTES);
        self.next_sequence += 1;
        Ok(Some(header))
    }

    /// Confirms that nothing read at the position so far can have been overwritten.
    fn check(&self) -> Result<(), Lapped> {
        if is_intact(&self.file, self.position) {
            Ok(())
        } else {
            Err(self.lapped())
        }
    }

    fn lapped(&self) -> Lapped {
        Lapped {
            sequence: self.next_sequence,
        }
    }
}

/// Returns whether what was read at and after `position` before the call had not been overwritten.
fn is_intact(file: &StagingFile, position: u64) -> bool {
    fence(Ordering::Acquire);
    file.load(WORD_CLAIMED, Ordering::Relaxed) <= position + file.identity().capacity
}

/// Returns whether the record `sequence`, or the room for it, is the next from `position` on.
fn begins_at(file: &StagingFile, position: u64, sequence: u64) -> bool {
    let record_at = match file.slot(position) {
        Slot::Pad(bytes) => position + bytes,
        Slot::Record(_) | Slot::Empty | Slot::Invalid => position,
    };
    let stands = match file.slot(record_at) {
        Slot::Record(_) => {
            let mut header = Vec::with_capacity(RECORD_HEADER_BYTES);
            file.copy_record(record_at, RECORD_HEADER_BYTES, &mut header);
            read_u64(&header, 8) == Some(sequence)
        }
        // Only the place of a record still to come is empty.
        Slot::Empty => true,
        Slot::Pad(_) | Slot::Invalid => false,
    };
    stands && is_intact(file, position)
}
