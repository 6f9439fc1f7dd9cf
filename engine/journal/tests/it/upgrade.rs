//! A build reads what the one before it wrote, goes on behind it, and refuses what a later one did.
//! Segments form a chain: one that is whole, but not the one that stood there, is found.

use std::path::{Path, PathBuf};

use matchgate_journal::{
    Backend, DamageReason, JournalError, Layout, SchemaHash, Schemas, SegmentReader, open_stream,
};

use crate::support::*;

/// A segment of 12 records as format 1 was written by the build of that time.
const FORMAT_1: &[u8] = include_bytes!("golden/format-1.mgj");
/// Two segments of 8 and 4 records as format 2 is written.
const FORMAT_2: [(&str, &[u8]); 2] = [
    (
        "00000000000000000001.mgj",
        include_bytes!("golden/format-2-first.mgj"),
    ),
    (
        "00000000000000000009.mgj",
        include_bytes!("golden/format-2-second.mgj"),
    ),
];

/// Makes a segment of what it holds, as format 1 has it.
fn to_format_1(path: &Path) {
    let mut bytes = std::fs::read(path).expect("the segment");
    bytes[4..8].copy_from_slice(&1_u32.to_le_bytes());
    bytes[104..128].fill(0);
    seal_header(&mut bytes);
    std::fs::write(path, bytes).expect("written");
}

/// Puts the checksum of a header that was changed into it.
fn seal_header(bytes: &mut [u8]) {
    bytes[8..12].fill(0);
    let crc = crc32c(&bytes[..4096]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
}

#[test]
pub(crate) fn golden_segments_of_each_format_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join(FORMAT_2[0].0);
    std::fs::write(&first, FORMAT_1).expect("written");
    assert_eq!(read_all(folder.path()).expect("format 1"), through(12));
    for (name, bytes) in FORMAT_2 {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    assert_eq!(read_all(folder.path()).expect("format 2"), through(12));
}

/// The golden files are what this build writes, but for what differs from directory to directory
/// and from build to build: uuid, build id, and the checksums and hashes over them.
#[test]
pub(crate) fn this_build_writes_format_2_as_its_golden_segments_have_it() {
    let home = Home::new();
    home.run_clean(8);
    home.run_clean(12);
    for ((_, golden), path) in FORMAT_2.into_iter().zip(home.segments()) {
        let mut bytes = std::fs::read(path).expect("the segment");
        // The last one has room set aside behind its records.
        let room = bytes.split_off(golden.len());
        assert!(room.iter().all(|byte| *byte == 0));
        for own in [8..12, 16..32, 72..104] {
            bytes[own.clone()].copy_from_slice(&golden[own]);
        }
        if bytes[104..112] != [0; 8] {
            bytes[104..112].copy_from_slice(&golden[104..112]);
        }
        assert!(bytes == golden);
    }
}

#[test]
pub(crate) fn stream_of_format_1_goes_on_in_format_2() {
    let home = Home::new();
    home.run_clean(20);
    to_format_1(&segment_one(&home));
    home.run_clean(40);
    home.run_clean(60);
    let formats: Vec<u8> = home
        .segments()
        .iter()
        .map(|path| std::fs::read(path).expect("the segment")[4])
        .collect();
    assert_eq!(formats, [1, 2, 2]);
    assert_eq!(read_all(&shard_folder(&home)).expect("whole"), through(60));
}

#[test]
pub(crate) fn segment_in_the_place_of_another_is_found() {
    let home = Home::new();
    home.run_clean(20);
    let before = copy_of(&home, "before");
    home.run_clean(40);
    let second = home.segments()[1].clone();
    let kept = std::fs::read(&second).expect("the segment");
    home.run_clean(60);
    // Another history of the same directory, epoch and numbers: each segment of it is whole.
    let other = copy_of(&home, "other");
    restore(&home, &before);
    let directory = home.open();
    let mut opened = stream(&directory);
    for _ in 0..20 {
        opened.appender.append(3, 1, &[b"another"]).expect("room");
    }
    drain(opened.writer_half, Backend::Plain);
    directory.finish_clean().expect("drained");
    drop(directory);
    let foreign = std::fs::read(&second).expect("the other segment");
    assert!(foreign != kept);
    restore(&home, &other);
    std::fs::write(&second, &foreign).expect("written");
    let directory = home.open();
    let error = try_stream(&directory).expect_err("another segment stands there");
    assert!(
        matches!(
            &error,
            JournalError::Damaged {
                reason: DamageReason::SegmentHash,
                last_good_sequence: 40,
                ..
            }
        ),
        "{error}"
    );
    std::fs::write(&second, &kept).expect("written");
    assert_eq!(stream(&directory).tail.last_sequence, 60);
}

fn copy_of(home: &Home, name: &str) -> PathBuf {
    let target = home.data().with_file_name(name);
    copy_tree(&home.data(), &target);
    target
}

fn restore(home: &Home, copy: &Path) {
    std::fs::remove_dir_all(home.data()).expect("removed");
    copy_tree(copy, &home.data());
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
pub(crate) fn bodies_of_layouts_that_this_build_does_not_read_are_refused_by_name() {
    let home = Home::new();
    home.run_clean(20);
    let opens = |written: u8, read: &[u8]| {
        let schemas = Schemas {
            written: SchemaHash([written; 16]),
            read: read.iter().map(|hash| SchemaHash([*hash; 16])).collect(),
        };
        let layout = Layout {
            schemas,
            ..layout()
        };
        let directory = home.try_open(&layout).expect("the directory opens");
        let opened = open_stream(&directory, STREAM, options());
        opened.map(|opened| opened.tail.last_sequence)
    };
    let error = opens(6, &[4]).expect_err("written by another build");
    let JournalError::Schema { found, known, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((found.0, known.0), ([5; 16], [6; 16]));
    assert_eq!(opens(6, &[4, 5]).expect("an earlier build's"), 20);
    assert_eq!(opens(5, &[]).expect("its own"), 20);
    assert_eq!(opens(0, &[]).expect("asks for none"), 20);
    let segment = SegmentReader::open(&shard_folder(&home), 1).expect("whoever reads bytes only");
    assert_eq!(segment.last_sequence(), 0);
}
