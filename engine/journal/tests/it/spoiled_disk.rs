//! A disk that spoils what was written, behind the journal's back: each bit, each length, each
//! block that is not where it belongs or not what it was. Nothing of it is ever read as a record
//! that was not written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_journal::{
    Backend, DataDirectory, Host, JournalError, SegmentReader, SimulatedDisk, Storage, Writer,
    open_stream,
};
use tempfile::TempDir;

use crate::support::*;

const DATA: &str = "/venue/data";
/// Bytes of a segment's header.
const HEADER_BYTES: usize = 4096;
/// Bytes that are flipped in the middle of the segment, and as many at its end.
const REGION_BYTES: usize = 6 * 1024;

/// A disk with one segment of nearly 64 KiB, whose records are all synced and cleanly stopped.
struct Spoiled {
    disk: SimulatedDisk,
    memory: TempDir,
    segment: PathBuf,
    bytes: Vec<u8>,
    last: u64,
    end: usize,
}

impl Spoiled {
    fn new() -> Self {
        let disk = SimulatedDisk::new();
        let memory = tempfile::tempdir_in(matchgate_journal::STAGING_ROOT).expect("shared memory");
        let segment = PathBuf::from(DATA).join("shard-0/00000000000000000001.mgj");
        let mut spoiled = Self {
            disk,
            memory,
            segment,
            bytes: Vec::new(),
            last: 0,
            end: 0,
        };
        let directory = spoiled.open();
        let opened = open_stream(&directory, STREAM, options()).expect("opens");
        let mut appender = opened.appender;
        let mut writer =
            Writer::new(vec![opened.writer_half], Backend::Plain, SEGMENT_BYTES).expect("bounds");
        let mut length = HEADER_BYTES;
        // Every seventh record a batch of its own, each with a record that tells what is synced.
        while length + 1024 < usize::try_from(SEGMENT_BYTES).expect("small") {
            let next = appender.next_sequence();
            append_through(&mut appender, next);
            length += record_length(next);
            if next.is_multiple_of(7) {
                while writer.poll().expect("written") {}
                length += record_length(0);
            }
        }
        while writer.poll().expect("written") {}
        spoiled.last = appender.next_sequence() - 1;
        directory.finish_clean().expect("drained");
        drop(directory);
        spoiled.bytes = spoiled.disk.content(&spoiled.segment).expect("the segment");
        spoiled.end = end_of_records_in(&spoiled.bytes, spoiled.last);
        spoiled
    }

    fn open(&self) -> DataDirectory {
        let host = Host {
            storage: Arc::new(self.disk.clone()),
            staging_root: self.memory.path().to_path_buf(),
            boot_id: uuid::Uuid::from_u128(1),
        };
        DataDirectory::open_on(&host, Path::new(DATA), &layout()).expect("the directory opens")
    }

    /// Puts the segment back as it was but for `change`.
    fn spoil(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let spoilt = self.disk.spoil(&self.segment, |bytes| {
            bytes.clone_from(&self.bytes);
            change(bytes);
        });
        spoilt.expect("the segment");
    }

    /// Reads the stream through `through`; each record must be what was appended. Returns the last
    /// sequence, and what ended it.
    fn read(&self, through: u64) -> (u64, Option<JournalError>) {
        let storage: Arc<dyn Storage> = Arc::new(self.disk.clone());
        let folder = self.segment.parent().expect("a folder");
        let mut reader = match SegmentReader::open_on(&storage, folder, 1) {
            Ok(reader) => reader,
            Err(error) => return (0, Some(error)),
        };
        let mut last = 0;
        loop {
            match reader.next_record(through) {
                Ok(Some(record)) => {
                    last += 1;
                    assert_eq!(record.header.sequence, last);
                    assert_eq!(record.header.kind, 3, "kind of {last}");
                    assert_eq!(record.header.time_ns, time_ns(last), "time of {last}");
                    assert_eq!(record.body, body(last), "body of {last}");
                }
                Ok(None) => return (last, None),
                Err(error) => return (last, Some(error)),
            }
        }
    }

    /// Asserts that records are missing, and that a reader or, where zeros look like an end, at least
    /// a start says so.
    fn assert_found(&self, what: &str) {
        let (last, error) = self.read(self.last);
        assert!(last < self.last, "{what}: nothing is missing");
        if error.is_none() {
            let refused = open_stream(&self.open(), STREAM, options());
            let error = refused.expect_err(what);
            assert!(
                matches!(error, JournalError::Damaged { .. }),
                "{what}: {error}"
            );
        }
    }

    /// Bytes in which a bit is flipped: header, middle, end.
    fn flipped(&self) -> impl Iterator<Item = usize> + use<> {
        let middle = self.end / 2;
        let end = self.end - REGION_BYTES;
        (0..HEADER_BYTES)
            .chain(middle..middle + REGION_BYTES)
            .chain(end..end + REGION_BYTES)
    }
}

/// Every bit of header, middle and end, 131,072 of them. Read as a stream whose records are all
/// synced, each is found; read as one of which nothing is known, none makes a record that was not
/// written.
#[test]
pub(crate) fn every_flipped_bit_of_16_kib_is_found() {
    let spoiled = Spoiled::new();
    assert_eq!(spoiled.read(u64::MAX).0, spoiled.last);
    let mut flips = 0;
    for at in spoiled.flipped() {
        for bit in 0..8 {
            spoiled.spoil(|bytes| bytes[at] ^= 1 << bit);
            let (last, error) = spoiled.read(spoiled.last);
            let is_named = match &error {
                Some(JournalError::Damaged {
                    file,
                    offset,
                    last_good_sequence,
                    ..
                }) => {
                    *file == spoiled.segment
                        && usize::try_from(*offset).expect("small") <= at
                        && *last_good_sequence == last
                }
                Some(_) | None => false,
            };
            // A record that tells what is synced is nobody's: reading stops before it or behind.
            let is_mark = last == spoiled.last;
            assert!(is_named || is_mark, "byte {at} bit {bit}: {error:?}");
            assert!(
                !is_mark || at >= spoiled.end - 64,
                "byte {at} bit {bit} is not found"
            );
            let (unknown, _) = spoiled.read(u64::MAX);
            assert!(unknown <= spoiled.last);
            flips += 1;
        }
    }
    assert_eq!(flips, 131_072);
    println!("{flips} bits flipped, each found");
}

#[test]
pub(crate) fn every_truncation_of_64_kib_is_found_or_a_shorter_stream() {
    let spoiled = Spoiled::new();
    let mut cuts = 0;
    for cut in (0..spoiled.bytes.len()).rev() {
        spoiled.spoil(|bytes| bytes.truncate(cut));
        let (last, error) = spoiled.read(u64::MAX);
        if cut < HEADER_BYTES {
            assert!(error.is_some(), "cut at {cut}");
        } else {
            let end = match last {
                0 => HEADER_BYTES,
                last => end_of_records_in(&spoiled.bytes, last),
            };
            assert!(end <= cut && error.is_none(), "cut at {cut}: {error:?}");
        }
        let (last, error) = spoiled.read(spoiled.last);
        assert_eq!(
            last == spoiled.last,
            cut >= spoiled.end,
            "cut at {cut}: {error:?}"
        );
        cuts += 1;
    }
    println!("{cuts} truncations, each found or a shorter stream");
}

/// What a start says of a flipped bit, at one byte in so many: it refuses and changes nothing.
#[test]
pub(crate) fn start_on_a_flipped_bit_is_refused_and_changes_nothing() {
    let spoiled = Spoiled::new();
    for at in spoiled.flipped().step_by(61).filter(|at| *at < spoiled.end) {
        spoiled.spoil(|bytes| bytes[at] ^= 1 << (at % 8));
        let found = spoiled.disk.content(&spoiled.segment).expect("the segment");
        let directory = spoiled.open();
        let error = open_stream(&directory, STREAM, options()).expect_err("damage is refused");
        assert!(
            matches!(error, JournalError::Damaged { .. }),
            "byte {at}: {error}"
        );
        let left = spoiled.disk.content(&spoiled.segment).expect("the segment");
        assert!(left == found, "byte {at}: the segment has changed");
    }
}

/// A block that lies elsewhere too, is missing, or is as it was before its last write.
#[test]
pub(crate) fn moved_and_stale_sectors_are_found() {
    const SECTOR: usize = 512;
    let spoiled = Spoiled::new();
    let sectors = spoiled.end / SECTOR;
    let mut moves = 0;
    for from in (0..sectors).step_by(3) {
        for to in (0..sectors).filter(|to| *to != from) {
            let sector = |at: usize| at * SECTOR..(at + 1) * SECTOR;
            if spoiled.bytes[sector(from)] == spoiled.bytes[sector(to)] {
                continue;
            }
            spoiled.spoil(|bytes| bytes.copy_within(sector(from), to * SECTOR));
            spoiled.assert_found(&format!("sector {from} at the place of {to}"));
            moves += 1;
        }
    }
    for stale in HEADER_BYTES / SECTOR..sectors {
        spoiled.spoil(|bytes| bytes[stale * SECTOR..(stale + 1) * SECTOR].fill(0));
        spoiled.assert_found(&format!("sector {stale} was never written"));
    }
    println!("{moves} sectors in another's place, each found");
}
