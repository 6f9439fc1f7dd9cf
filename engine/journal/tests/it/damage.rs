//! Stored bytes that are not what was written are never taken for records.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use matchgate_journal::{
    DamageReason, DataDirectory, JournalError, SegmentReader, StreamId, open_stream,
};

use crate::support::*;

const RECORDS: u64 = 24;

/// A cleanly stopped directory with one small segment.
fn small_home() -> (Home, PathBuf, usize) {
    let home = Home::new();
    home.run_clean(RECORDS);
    let path = segment_one(&home);
    let end = end_of_records(&path, RECORDS);
    (home, path, end)
}

#[test]
pub(crate) fn flipped_bits_behind_the_end_never_make_a_record() {
    let (home, path, end) = small_home();
    let file = OpenOptions::new().write(true).open(&path).expect("opens");
    for at in end..end + 64 {
        for bit in 0..8 {
            let offset = u64::try_from(at).expect("small");
            file.write_all_at(&[1 << bit], offset).expect("written");
            assert_eq!(
                read_all(&shard_folder(&home)).expect("whole"),
                through(RECORDS)
            );
        }
        file.write_all_at(&[0], u64::try_from(at).expect("small"))
            .expect("written");
    }
}

#[test]
pub(crate) fn a_start_names_the_damage_and_changes_nothing() {
    let (home, path, end) = small_home();
    let bytes = std::fs::read(&path).expect("the segment");
    for at in (0..end).step_by(211) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&path, &flipped).expect("written");
        let directory = home.open();
        let error = try_stream(&directory).expect_err("damage below the last synced record");
        assert!(
            matches!(error, JournalError::Damaged { .. }),
            "byte {at}: {error}"
        );
        assert_eq!(std::fs::read(&path).expect("still there"), flipped);
    }
    std::fs::write(&path, &bytes).expect("written");
    let directory = home.open();
    assert_eq!(stream(&directory).tail.last_sequence, RECORDS);
}

#[test]
pub(crate) fn a_cut_below_the_last_synced_record_is_damage_at_a_start() {
    let (home, path, end) = small_home();
    let bytes = std::fs::read(&path).expect("the segment");
    for cut in (4096..end).step_by(173) {
        std::fs::write(&path, &bytes[..cut]).expect("written");
        let directory = home.open();
        let error = try_stream(&directory).expect_err("synced records are gone");
        assert!(
            matches!(error, JournalError::Damaged { .. }),
            "cut {cut}: {error}"
        );
    }
}

#[test]
pub(crate) fn a_missing_segment_is_damage() {
    let home = Home::new();
    for last in [20, 40, 60] {
        home.run_clean(last);
    }
    let segments = home.segments();
    assert_eq!(segments.len(), 3);
    for (missing, reason) in [(1, DamageReason::SegmentChain), (2, DamageReason::Short)] {
        let kept = std::fs::read(&segments[missing]).expect("the segment");
        std::fs::remove_file(&segments[missing]).expect("removed");
        let directory = home.open();
        let error = try_stream(&directory).expect_err("a segment is missing");
        assert!(
            matches!(error, JournalError::Damaged { reason: found, .. } if found == reason),
            "{error}"
        );
        drop(directory);
        std::fs::write(&segments[missing], kept).expect("restored");
    }
    // The oldest ones may go: what follows them is kept.
    std::fs::remove_file(&segments[0]).expect("removed");
    let directory = home.open();
    assert_eq!(stream(&directory).tail.last_sequence, 60);
    let error = SegmentReader::open(&shard_folder(&home), 20).expect_err("gone");
    assert!(
        matches!(error, JournalError::NotKept { kept_after: 20, .. }),
        "{error}"
    );
    let mut reader = SegmentReader::open(&shard_folder(&home), 21).expect("kept");
    assert!(reader.next_record(u64::MAX).expect("readable").is_some());
}

#[test]
pub(crate) fn a_segment_of_another_stream_or_name_is_refused() {
    let home = Home::new();
    home.run_clean(20);
    let path = segment_one(&home);
    let bytes = std::fs::read(&path).expect("the segment");
    let other = StreamId::shard(1);
    let folder = home.data().join(other.to_string());
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("00000000000000000001.mgj"), &bytes).expect("written");
    let directory = home.open();
    let error = open_stream(&directory, other, options()).expect_err("another stream's");
    assert_reason(&error, DamageReason::HeaderForeign);
    drop(directory);

    std::fs::rename(&path, shard_folder(&home).join("00000000000000000002.mgj")).expect("moved");
    let directory: DataDirectory = home.open();
    let error = try_stream(&directory).expect_err("another name");
    assert_reason(&error, DamageReason::HeaderName);
}

#[test]
pub(crate) fn a_segment_of_a_later_format_is_named_as_such() {
    let (home, path, _) = small_home();
    let mut bytes = std::fs::read(&path).expect("the segment");
    bytes[4..8].copy_from_slice(&3_u32.to_le_bytes());
    bytes[8..12].fill(0);
    let crc = crc32c(&bytes[..4096]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    let error = SegmentReader::open(&shard_folder(&home), 1).expect_err("a later format");
    assert!(
        matches!(
            error,
            JournalError::Format {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
pub(crate) fn record_of_another_epoch_is_damage() {
    let (home, path, _) = small_home();
    let mut bytes = std::fs::read(&path).expect("the segment");
    let (start, end) = (end_of_records(&path, 8), end_of_records(&path, 9));
    let record = &mut bytes[start..end];
    let length = u32::from_le_bytes(record[0..4].try_into().expect("four bytes"));
    record[16..20].copy_from_slice(&7_u32.to_le_bytes());
    record[20..24].fill(0);
    let crc = crc32c(&record[..usize::try_from(length).expect("small")]);
    record[20..24].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    let mut reader = SegmentReader::open(&shard_folder(&home), 9).expect("opens");
    let error = reader.next_record(RECORDS).expect_err("another epoch");
    assert_reason(&error, DamageReason::Epoch);
}

#[test]
pub(crate) fn record_of_the_last_number_there_is_is_none() {
    let (home, path, _) = small_home();
    let mut bytes = std::fs::read(&path).expect("the segment");
    let numbers = [(40, u64::MAX), (48, u64::MAX - 1), (4096 + 8, u64::MAX)];
    for (at, number) in numbers {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let length = 4096 + 32 + body(1).len();
    for (from, end) in [(0, 4096), (4096, length)] {
        let at = from + if from == 0 { 8 } else { 20 };
        bytes[at..at + 4].fill(0);
        let crc = crc32c(&bytes[from..end]);
        bytes[at..at + 4].copy_from_slice(&crc.to_le_bytes());
    }
    std::fs::remove_file(&path).expect("removed");
    let path = path.with_file_name(format!("{}.mgj", u64::MAX));
    std::fs::write(path, bytes).expect("written");
    let mut reader = SegmentReader::open(&shard_folder(&home), u64::MAX).expect("opens");
    let next = reader.next_record(u64::MAX);
    assert_eq!(next.expect("a torn tail"), None, "none could follow it");
}

fn assert_reason(error: &JournalError, expected: DamageReason) {
    assert!(
        matches!(error, JournalError::Damaged { reason, .. } if *reason == expected),
        "{error}"
    );
}
