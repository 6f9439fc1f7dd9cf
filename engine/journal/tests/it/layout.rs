//! Every field stands where the format's page says: other programs read these files.

use matchgate_journal::{Marks, build_id};

use crate::support::*;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn crc_without(bytes: &[u8], at: usize) -> u32 {
    let mut bytes = bytes.to_vec();
    bytes[at..at + 4].fill(0);
    crc32c(&bytes)
}

/// The hash that the segment after one with these bytes carries, by the format's page.
fn hash_of_segment(bytes: &[u8]) -> u64 {
    let mut crcs = vec![u32_at(bytes, 8)];
    let mut at = 4096;
    while at < bytes.len() && u32_at(bytes, at) != 0 {
        if bytes[at + 4] < 0xF0 {
            crcs.push(u32_at(bytes, at + 20));
        }
        at += to_usize(u32_at(bytes, at)).next_multiple_of(8);
    }
    let mix = |hash: u64, crc: &u32| {
        let mixed = (hash ^ u64::from(*crc)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 32)
    };
    crcs.iter().fold(0, mix).max(1)
}

#[test]
fn segment_fields_stand_at_their_offsets() {
    let home = Home::new();
    home.run_clean(3);
    let directory = home.open();
    let mut opened = stream(&directory);
    opened
        .appender
        .append(0x51, 0x0102_0304_0506_0708, &[b"hel", b"lo"])
        .expect("room");
    drain(opened.writer_half, BACKENDS[0]);
    let bytes = std::fs::read(&home.segments()[1]).expect("the segment");
    assert!(home.segments()[1].ends_with("00000000000000000004.mgj"));
    assert_eq!(&bytes[0..4], b"MGJ1");
    assert_eq!(u32_at(&bytes, 4), 2);
    assert_eq!(u32_at(&bytes, 8), crc_without(&bytes[..4096], 8));
    assert_eq!(bytes[12..16], [1, 0, 0, 0]);
    assert_eq!(bytes[16..32], directory.uuid());
    assert_eq!((u32_at(&bytes, 32), u32_at(&bytes, 36)), (2, 0));
    assert_eq!((u64_at(&bytes, 40), u64_at(&bytes, 48)), (4, 3));
    assert_eq!(bytes[56..72], [7; 16]);
    assert_eq!(bytes[72..104], build_id());
    let before = std::fs::read(&home.segments()[0]).expect("the segment before");
    assert_eq!(u64_at(&bytes, 104), hash_of_segment(&before));
    assert_eq!(u64_at(&before, 104), 0, "it is the first");
    assert_eq!(bytes[112..128], [5; 16]);
    assert!(bytes[128..4096].iter().all(|byte| *byte == 0));
    let record = &bytes[4096..4096 + 40];
    assert_eq!((u32_at(record, 0), record[4], record[5]), (37, 0x51, 1));
    assert_eq!(record[6..8], [0, 0]);
    assert_eq!((u64_at(record, 8), u32_at(record, 16)), (4, 2));
    assert_eq!(u32_at(record, 20), crc_without(&record[..37], 20));
    assert_eq!(u64_at(record, 24), 0x0102_0304_0506_0708);
    assert_eq!(&record[32..40], b"hello\0\0\0");
}

#[test]
fn staging_fields_stand_at_their_offsets() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 9);
    opened.appender.set_applied(8);
    opened.marks.request_sync(7);
    let bytes = std::fs::read(home.staging_file()).expect("the staging file");
    assert_eq!(&bytes[0..8], b"MGSTAGE1");
    assert_eq!(u32_at(&bytes, 8), 1);
    assert_eq!(bytes[12..16], [1, 0, 0, 0]);
    assert_eq!(bytes[16..32], directory.uuid());
    assert_eq!(bytes[32..48], directory.boot_id());
    assert_eq!((u64_at(&bytes, 48), u64_at(&bytes, 56)), (1, STAGING_BYTES));
    assert_eq!((u64_at(&bytes, 64), u64_at(&bytes, 72)), (1, 0));
    assert_eq!(u64_at(&bytes, 80), u64::from(crc32c(&bytes[..80])));
    assert_eq!((u64_at(&bytes, 256), u64_at(&bytes, 384)), (9, 8));
    assert_eq!((u64_at(&bytes, 512), u64_at(&bytes, 520)), (0, 0));
    assert_eq!((u64_at(&bytes, 640), u64_at(&bytes, 768)), (7, 0));
    assert_eq!(u64_at(&bytes, 896), STAGING_BYTES / 16);
    assert_eq!((u64_at(&bytes, 1024), u64_at(&bytes, 1032)), (1, 0));
    let first = &bytes[4096..];
    assert_eq!(to_usize(u32_at(first, 0)), 32 + body(1).len());
    assert_eq!(
        (u64_at(first, 8), u32_at(first, 16), u32_at(first, 20)),
        (1, 1, 0)
    );
    assert_eq!(first[32..32 + body(1).len()], body(1));
    let marks = Marks::attach(&home.staging_file()).expect("mapped");
    assert_eq!((marks.stream(), marks.first_sequence()), (STREAM, 1));
    drain(opened.writer_half, BACKENDS[0]);
    let bytes = std::fs::read(home.staging_file()).expect("the staging file");
    let end: usize = (1..=9).map(record_length).sum();
    assert_eq!(u64_at(&bytes, 512), 9);
    assert_eq!(usize::try_from(u64_at(&bytes, 520)), Ok(end));
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).expect("small")
}
