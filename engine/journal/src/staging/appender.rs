//! The hot end of a stream: puts records into the staging log. Makes no system call, allocates
//! nothing, computes no checksum. Knows neither segments nor what a body means.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::marks::Marks;
use super::{CLAIM_COUNT, StagingFile, WORD_ANCHORS, WORD_CLAIMED, WORD_WRITTEN};
use crate::bytes::{WORD_BYTES, to_u64, to_usize};
use crate::error::StagingFull;
use crate::record::{
    KIND_PAD, RECORD_BODY_BYTES_MAX, RECORD_HEADER_BYTES, RECORD_KIND_MAX, length_word,
    record_bytes,
};

const WORD: u64 = 8;
const HEADER_WORDS: usize = RECORD_HEADER_BYTES / WORD_BYTES;

/// The one producer of a stream's records.
#[derive(Debug)]
pub struct Appender {
    file: Arc<StagingFile>,
    epoch: u32,
    capacity: u64,
    /// Position of the next record.
    head: u64,
    /// Position before which words may be overwritten; published, so that readers notice.
    claimed_end: u64,
    /// Position that the writer has freed, as last seen.
    synced_position: u64,
    next_sequence: u64,
    /// Places remembered for readers so far, and the last of them.
    anchors: u64,
    anchor_position: u64,
}

impl Appender {
    pub(crate) fn new(file: Arc<StagingFile>) -> Self {
        let identity = *file.identity();
        let mut appender = Self {
            epoch: identity.epoch,
            capacity: identity.capacity,
            head: 0,
            claimed_end: 0,
            synced_position: 0,
            next_sequence: identity.first_sequence,
            anchors: 0,
            anchor_position: 0,
            file,
        };
        appender
            .claim(WORD)
            .expect("an empty ring has room for a word");
        appender
    }

    /// Returns the sequence that the next record gets.
    #[must_use]
    #[inline]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Returns the epoch that records get.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns the bytes of records the staging log holds at most.
    #[must_use]
    pub fn capacity_bytes(&self) -> u64 {
        self.capacity
    }

    /// Returns the stream's marks.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks::new(Arc::clone(&self.file))
    }

    /// Returns whether records of `bytes` in sum, headers and padding included (see
    /// [`record_bytes`]), can be appended now without [`StagingFull`]. True stays true until
    /// records are appended.
    #[inline]
    pub fn has_room(&mut self, bytes: usize) -> bool {
        let bytes = to_u64(bytes);
        let to_end = self.capacity - (self.head & (self.capacity - 1));
        // One of the records may not fit before the end of the ring and leave the rest of it.
        let waste = if bytes > to_end { to_end.min(bytes) } else { 0 };
        let end = self.head + bytes + waste + WORD;
        if end <= self.synced_position + self.capacity {
            return true;
        }
        self.synced_position = self.file.synced_position();
        end <= self.synced_position + self.capacity
    }

    /// Returns whether `bytes` of the staging log are free, wherever in the ring they lie: how full
    /// it is. Whether records fit is [`has_room`](Self::has_room).
    #[inline]
    pub fn has_free(&mut self, bytes: u64) -> bool {
        let end = self.head + bytes;
        if end <= self.synced_position + self.capacity {
            return true;
        }
        self.synced_position = self.file.synced_position();
        end <= self.synced_position + self.capacity
    }

    /// Appends a record with the concatenation of `parts` as its body and returns its sequence.
    ///
    /// # Errors
    ///
    /// [`StagingFull`] where the writer has not freed enough room; nothing has changed then.
    ///
    /// # Panics
    ///
    /// Panics where the body is longer than [`RECORD_BODY_BYTES_MAX`] or `kind` is above
    /// [`RECORD_KIND_MAX`]: both are the caller's constants, never input.
    #[inline]
    pub fn append(&mut self, kind: u8, time_ns: u64, parts: &[&[u8]]) -> Result<u64, StagingFull> {
        let body_bytes: usize = parts.iter().map(|part| part.len()).sum();
        assert!(
            body_bytes <= RECORD_BODY_BYTES_MAX,
            "a body within the bound"
        );
        assert!(kind <= RECORD_KIND_MAX, "a kind of the caller's own");
        let bytes = to_u64(record_bytes(body_bytes));
        let to_end = self.capacity - (self.head & (self.capacity - 1));
        let pad = if bytes > to_end { to_end } else { 0 };
        let end = self.head + pad + bytes;
        if end + WORD > self.claimed_end {
            self.claim(end + WORD)?;
        }
        if pad > 0 {
            self.store_pad(pad);
        }
        let sequence = self.next_sequence;
        // The word after the record ends the log before the record itself can be seen.
        self.file.word_at(end).store(0, Ordering::Relaxed);
        let words = self
            .file
            .ring_words(self.head + pad, to_usize(bytes) / WORD_BYTES);
        self.store_record(words, (kind, body_bytes), time_ns, parts);
        self.head = end;
        self.next_sequence = sequence + 1;
        self.file.store(WORD_WRITTEN, sequence, Ordering::Release);
        Ok(sequence)
    }

    /// Tells readers that the record `sequence` has been applied.
    #[inline]
    pub fn set_applied(&self, sequence: u64) {
        self.file
            .store(super::WORD_APPLIED, sequence, Ordering::Release);
    }

    /// Stores the record's words, the first one last.
    #[inline]
    fn store_record(
        &self,
        words: &[AtomicU64],
        (kind, body_bytes): (u8, usize),
        time_ns: u64,
        parts: &[&[u8]],
    ) {
        let (header, body) = words
            .split_first_chunk::<HEADER_WORDS>()
            .expect("a record has a header");
        let [first, sequence, epoch, time] = header;
        sequence.store(self.next_sequence.to_le(), Ordering::Relaxed);
        epoch.store(u64::from(self.epoch).to_le(), Ordering::Relaxed);
        time.store(time_ns.to_le(), Ordering::Relaxed);
        store_body(body, parts);
        let length =
            u32::try_from(RECORD_HEADER_BYTES + body_bytes).expect("a record is below 2^32 bytes");
        first.store(length_word(length, kind).to_le(), Ordering::Release);
    }

    /// Fills the ring up to its end, so that the next record begins at its start.
    #[cold]
    fn store_pad(&self, pad: u64) {
        self.file
            .word_at(self.head + pad)
            .store(0, Ordering::Relaxed);
        let length = u32::try_from(pad).expect("less than one record is left before the end");
        self.file
            .word_at(self.head)
            .store(length_word(length, KIND_PAD).to_le(), Ordering::Release);
    }

    /// Takes the right to overwrite up to `needed_end` and somewhat further, and remembers where
    /// the next record begins.
    #[cold]
    fn claim(&mut self, needed_end: u64) -> Result<(), StagingFull> {
        self.synced_position = self.file.synced_position();
        let limit = self.synced_position + self.capacity;
        if needed_end > limit {
            return Err(StagingFull {
                needed_bytes: needed_end - self.head,
                free_bytes: limit - self.head,
            });
        }
        let step_end = self.head + self.capacity / CLAIM_COUNT;
        self.claimed_end = needed_end.max(step_end).min(limit);
        self.file
            .store(WORD_CLAIMED, self.claimed_end, Ordering::Relaxed);
        // A reader that meets a word stored after this fence sees the claim after its own fence.
        fence(Ordering::Release);
        let step = self.head - self.anchor_position;
        if self.anchors == 0 || step >= self.capacity / CLAIM_COUNT {
            let entry = WORD_ANCHORS + 2 * to_usize(self.anchors % CLAIM_COUNT);
            self.file
                .store(entry, self.next_sequence, Ordering::Relaxed);
            self.file.store(entry + 1, self.head, Ordering::Release);
            self.anchors += 1;
            self.anchor_position = self.head;
        }
        Ok(())
    }
}

/// Stores the concatenation of `parts` into `words`, zero-filled to whole words.
#[inline]
fn store_body(words: &[AtomicU64], parts: &[&[u8]]) {
    let mut words = words.iter();
    let mut put = |value: u64| {
        if let Some(word) = words.next() {
            word.store(value.to_le(), Ordering::Relaxed);
        }
    };
    let mut pending = 0_u64;
    let mut pending_bits = 0_u32;
    for part in parts {
        let (whole, rest) = part.as_chunks::<8>();
        if pending_bits == 0 {
            for chunk in whole {
                put(u64::from_le_bytes(*chunk));
            }
        } else {
            for chunk in whole {
                let value = u64::from_le_bytes(*chunk);
                put(pending | (value << pending_bits));
                pending = value >> (64 - pending_bits);
            }
        }
        for byte in rest {
            pending |= u64::from(*byte) << pending_bits;
            pending_bits += 8;
            if pending_bits == 64 {
                put(pending);
                pending = 0;
                pending_bits = 0;
            }
        }
    }
    if pending_bits > 0 {
        put(pending);
    }
}
