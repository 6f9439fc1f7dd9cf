//! The staging log: a ring of records in a file of shared memory that outlives the process. Knows
//! not what comes after it.
//!
//! One thread appends ([`Appender`]), one moves records to segments and frees their room, any
//! number read along ([`StagingReader`]). The file is a header of 4096 bytes and a ring of
//! `capacity` bytes. Words are little-endian and 64 bits; a *position* counts the bytes appended
//! since the file was made, so its place in the ring is `position mod capacity`.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | magic `MGSTAGE1` |
//! | 8 | 4 | format, 1 |
//! | 12 | 1 | stream kind |
//! | 13 | 1 | stream index |
//! | 14 | 2 | zeros |
//! | 16 | 16 | UUID of the data directory |
//! | 32 | 16 | boot id of the kernel |
//! | 48 | 8 | epoch |
//! | 56 | 8 | capacity, a power of two |
//! | 64 | 8 | first sequence of this file |
//! | 72 | 8 | last sequence before this file that a record has |
//! | 80 | 8 | CRC-32C of the 80 bytes before |
//! | 256 | 8 | mark: last sequence appended |
//! | 384 | 8 | mark: last sequence applied |
//! | 512 | 8 | mark: last sequence synced to segments |
//! | 520 | 8 | position after the last record synced to segments |
//! | 640 | 8 | mark: last sequence somebody waits for to be synced |
//! | 768 | 8 | mark: 1 once a write or sync has failed |
//! | 896 | 8 | position up to which the appender may overwrite |
//! | 1024 | 256 | 16 entries of 8 bytes sequence, 8 bytes position: where records begin |
//! | 4096 | capacity | the ring |
//!
//! A record's words are stored first, the word after it is zeroed, and its first word, which is
//! not zero, is stored last with release order: whoever sees it sees the record, in this process
//! or, after a kill, in the next. A record never wraps; a pad record fills the ring up to its end.

pub(crate) mod appender;
pub(crate) mod marks;
pub(crate) mod reader;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bytes::{WORD_BYTES, round_up, to_u64, to_usize};
use crate::checksum::crc32c;
use crate::record::{
    KIND_PAD, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, RECORD_VERSION, split_length_word,
};
use crate::stream::StreamId;
use crate::sys::{WordMap, reserve};

/// Bytes in the smallest ring of a staging log.
pub const STAGING_BYTES_MIN: u64 = 128 * 1024;
/// Bytes in the largest ring of a staging log.
pub const STAGING_BYTES_MAX: u64 = 1 << 32;

const _: () = assert!(
    RECORD_BYTES_MAX * 4 == 128 * 1024,
    "the longest record and its pad leave half of the smallest ring"
);

const HEADER_BYTES: u64 = 4096;
const MAGIC: u64 = u64::from_le_bytes(*b"MGSTAGE1");
const FORMAT: u64 = 1;

/// Words before the checksum; they are fixed when the file is made.
const IDENTITY_WORDS: usize = 10;
const WORD_CRC: usize = IDENTITY_WORDS;

const WORD_WRITTEN: usize = 256 / WORD_BYTES;
const WORD_APPLIED: usize = 384 / WORD_BYTES;
const WORD_SYNCED: usize = 512 / WORD_BYTES;
const WORD_SYNCED_POSITION: usize = 520 / WORD_BYTES;
const WORD_WANTED: usize = 640 / WORD_BYTES;
const WORD_FAILED: usize = 768 / WORD_BYTES;
const WORD_CLAIMED: usize = 896 / WORD_BYTES;
const WORD_ANCHORS: usize = 1024 / WORD_BYTES;
const WORD_RING: usize = 4096 / WORD_BYTES;

/// Parts of the ring that the appender claims at a time, and places it remembers where a reader
/// may enter.
const CLAIM_COUNT: u64 = 16;

/// How large a staging log is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagingOptions {
    /// Bytes of records it holds, rounded up to a power of two; from [`STAGING_BYTES_MIN`] to
    /// [`STAGING_BYTES_MAX`].
    pub capacity_bytes: u64,
}

/// What a staging file is for; fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) stream: StreamId,
    pub(crate) uuid: [u8; 16],
    pub(crate) boot_id: [u8; 16],
    pub(crate) epoch: u32,
    pub(crate) capacity: u64,
    pub(crate) first_sequence: u64,
    /// Last sequence that a record before this file has; 0 for none.
    pub(crate) prior_sequence: u64,
}

impl Identity {
    fn words(&self) -> [u64; IDENTITY_WORDS] {
        let [uuid_low, uuid_high] = halves(&self.uuid);
        let [boot_low, boot_high] = halves(&self.boot_id);
        let stream = FORMAT
            | (u64::from(self.stream.kind.code()) << 32)
            | (u64::from(self.stream.index) << 40);
        [
            MAGIC,
            stream,
            uuid_low,
            uuid_high,
            boot_low,
            boot_high,
            u64::from(self.epoch),
            self.capacity,
            self.first_sequence,
            self.prior_sequence,
        ]
    }
}

fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let value = u128::from_le_bytes(*bytes);
    let low = u64::try_from(value & u128::from(u64::MAX)).expect("masked to 64 bits");
    let high = u64::try_from(value >> 64).expect("the upper 64 of 128 bits");
    [low, high]
}

fn crc_of_words(words: &[u64; IDENTITY_WORDS]) -> u64 {
    let mut bytes = Vec::with_capacity(80);
    for word in words {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    u64::from(crc32c(&bytes))
}

/// What stands at a position of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Nothing yet.
    Empty,
    /// A filler of so many bytes.
    Pad(u64),
    /// A record of so many bytes without padding.
    Record(usize),
    /// Nothing an appender writes.
    Invalid,
}

/// One mapped staging file.
#[derive(Debug)]
pub(crate) struct StagingFile {
    map: WordMap,
    identity: Identity,
}

impl StagingFile {
    /// Makes a fresh file at `path` by way of a temporary name, every page of it touched.
    pub(crate) fn create(path: &Path, identity: Identity) -> io::Result<Self> {
        let temporary = path.with_extension("new");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        let bytes = HEADER_BYTES + identity.capacity;
        reserve(&file, bytes)?;
        let map = WordMap::map(&file, bytes)?;
        for page in map.words().chunks(to_usize(HEADER_BYTES) / WORD_BYTES) {
            if let Some(word) = page.first() {
                word.store(0, Ordering::Relaxed);
            }
        }
        let staging = Self { map, identity };
        let words = identity.words();
        for (at, word) in words.iter().enumerate() {
            staging.store(at, *word, Ordering::Relaxed);
        }
        staging.store(WORD_CRC, crc_of_words(&words), Ordering::Relaxed);
        let before = identity.first_sequence - 1;
        for mark in [WORD_WRITTEN, WORD_APPLIED, WORD_SYNCED, WORD_WANTED] {
            staging.store(mark, before, Ordering::Relaxed);
        }
        std::fs::rename(&temporary, path)?;
        Ok(staging)
    }

    /// Maps the file at `path` whoever made it; `Err(reason)` inside where it is not a staging
    /// file of this format.
    pub(crate) fn open(path: &Path) -> io::Result<Result<Self, &'static str>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let bytes = file.metadata()?.len();
        if bytes < HEADER_BYTES + STAGING_BYTES_MIN {
            return Ok(Err("it is too short"));
        }
        let map = WordMap::map(&file, bytes & !(to_u64(WORD_BYTES) - 1))?;
        Ok(Self::of_map(map, bytes))
    }

    fn of_map(map: WordMap, bytes: u64) -> Result<Self, &'static str> {
        let mut words = [0_u64; IDENTITY_WORDS];
        for (word, stored) in words.iter_mut().zip(map.words()) {
            *word = u64::from_le(stored.load(Ordering::Relaxed));
        }
        let [
            magic,
            stream,
            uuid_low,
            uuid_high,
            boot_low,
            boot_high,
            epoch,
            capacity,
            first,
            prior,
        ] = words;
        if magic != MAGIC {
            return Err("it does not begin with the magic number");
        }
        if stream & u64::from(u32::MAX) != FORMAT {
            return Err("its format is unknown");
        }
        let crc = map
            .words()
            .get(WORD_CRC)
            .map(|word| u64::from_le(word.load(Ordering::Relaxed)));
        if crc != Some(crc_of_words(&words)) {
            return Err("its header does not meet its checksum");
        }
        let [_, _, _, _, kind, index, ..] = stream.to_le_bytes();
        let stream = stream_of(kind, index).ok_or("its stream kind is unknown")?;
        if !capacity.is_power_of_two() || capacity + HEADER_BYTES > bytes || first == 0 {
            return Err("its capacity does not fit its size");
        }
        let identity = Identity {
            stream,
            uuid: join(uuid_low, uuid_high),
            boot_id: join(boot_low, boot_high),
            epoch: u32::try_from(epoch).map_err(|_| "its epoch is out of range")?,
            capacity,
            first_sequence: first,
            prior_sequence: prior,
        };
        Ok(Self { map, identity })
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the last sequence appended, or the one before the first.
    pub(crate) fn written(&self) -> u64 {
        self.load(WORD_WRITTEN, Ordering::Acquire)
    }

    /// Returns the last sequence that is synced to segments.
    pub(crate) fn synced(&self) -> u64 {
        self.load(WORD_SYNCED, Ordering::Acquire)
    }

    /// Returns the position after the last record that is synced to segments.
    pub(crate) fn synced_position(&self) -> u64 {
        self.load(WORD_SYNCED_POSITION, Ordering::Acquire)
    }

    /// Frees the room before `position`, the place after record `sequence`, which is synced.
    pub(crate) fn publish_synced(&self, sequence: u64, position: u64) {
        // A kill between the two leaves the position behind, never ahead: recovery then meets
        // records again that segments hold, and passes over them.
        self.store(WORD_SYNCED, sequence, Ordering::Release);
        self.store(WORD_SYNCED_POSITION, position, Ordering::Release);
    }

    /// Returns what stands at `position`, which must be the place of a record.
    pub(crate) fn slot(&self, position: u64) -> Slot {
        let word = u64::from_le(self.word_at(position).load(Ordering::Acquire));
        if word == 0 {
            return Slot::Empty;
        }
        let Some((length, kind, version)) = split_length_word(word) else {
            return Slot::Invalid;
        };
        let to_end = self.identity.capacity - (position & (self.identity.capacity - 1));
        let length = u64::from(length);
        if version != RECORD_VERSION || round_up(length, 8) > to_end {
            return Slot::Invalid;
        }
        if kind == KIND_PAD {
            return if length == to_end {
                Slot::Pad(length)
            } else {
                Slot::Invalid
            };
        }
        let length = to_usize(length);
        if (RECORD_HEADER_BYTES..=RECORD_BYTES_MAX).contains(&length) {
            Slot::Record(length)
        } else {
            Slot::Invalid
        }
    }

    /// Appends the record of `length` bytes at `position`, with its padding, to `out`.
    pub(crate) fn copy_record(&self, position: u64, length: usize, out: &mut Vec<u8>) {
        let words = length.div_ceil(WORD_BYTES);
        for word in self.ring_words(position, words) {
            out.extend_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
    }

    /// Returns the `count` words from `position` on.
    ///
    /// # Panics
    ///
    /// Panics where they cross the end of the ring; a record never does.
    #[inline]
    fn ring_words(&self, position: u64, count: usize) -> &[AtomicU64] {
        let start = self.ring_index(position);
        self.map
            .words()
            .get(start..start + count)
            .expect("a record lies inside the ring")
    }

    #[inline]
    fn word_at(&self, position: u64) -> &AtomicU64 {
        let index = self.ring_index(position);
        self.map
            .words()
            .get(index)
            .expect("a position is masked to the ring")
    }

    #[inline]
    fn ring_index(&self, position: u64) -> usize {
        WORD_RING + to_usize(position & (self.identity.capacity - 1)) / WORD_BYTES
    }

    #[inline]
    fn load(&self, at: usize, order: Ordering) -> u64 {
        u64::from_le(self.header_word(at).load(order))
    }

    #[inline]
    fn store(&self, at: usize, value: u64, order: Ordering) {
        self.header_word(at).store(value.to_le(), order);
    }

    #[inline]
    fn header_word(&self, at: usize) -> &AtomicU64 {
        self.map
            .words()
            .get(at)
            .expect("header offsets lie below the smallest file's length")
    }
}

fn join(low: u64, high: u64) -> [u8; 16] {
    (u128::from(low) | (u128::from(high) << 64)).to_le_bytes()
}

fn stream_of(kind: u8, index: u8) -> Option<StreamId> {
    match kind {
        1 => Some(StreamId::shard(index)),
        2 => Some(StreamId::gateway(index)),
        3 => Some(StreamId::CONTROL),
        _ => None,
    }
}
