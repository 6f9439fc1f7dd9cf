//! What is appended is what is read, however it was cut into parts and segments.

use matchgate_journal::{
    RECORD_BODY_BYTES_MAX, RECORD_KIND_MAX, SegmentReader, StagingFull, record_bytes,
};
use proptest::prelude::*;

use crate::support::*;

#[test]
fn segments_roll_over_and_read_as_one_stream() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let mut opened = stream(&directory);
        let writer = RunningWriter::start(vec![opened.writer_half], backend);
        append_waiting(&mut opened.appender, 3000);
        let stats = writer.stop().expect("written");
        assert!(stats.segments > 4, "{stats:?}");
        assert_eq!(stats.records, 3000);
        assert_eq!(
            home.segments().len(),
            usize::try_from(stats.segments).expect("few")
        );
        let all: Vec<u64> = (1..=3000).collect();
        assert_eq!(read_all(&shard_folder(&home)).expect("readable"), all);
        // Reading may begin anywhere.
        for from in [1, 2, 700, 1501, 2999, 3000] {
            let mut reader = SegmentReader::open(&shard_folder(&home), from).expect("opens");
            let record = reader
                .next_record(u64::MAX)
                .expect("readable")
                .expect("there");
            assert_eq!(record.header.sequence, from);
            assert_eq!(record.header.epoch, 1);
        }
        let mut reader = SegmentReader::open(&shard_folder(&home), 3001).expect("opens");
        assert_eq!(reader.next_record(u64::MAX).expect("readable"), None);
    }
}

#[test]
fn longest_and_empty_bodies_wrap_the_ring_many_times() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let long = vec![0xA5_u8; RECORD_BODY_BYTES_MAX];
    let writer = RunningWriter::start(vec![opened.writer_half], BACKENDS[0]);
    for turn in 0..40_u64 {
        for body in [&long[..], &[], &long[..9000], &[1]] {
            while !opened.appender.has_room(record_bytes(body.len())) {
                std::thread::yield_now();
            }
            opened
                .appender
                .append(RECORD_KIND_MAX, turn, &[body])
                .expect("has_room said so");
        }
    }
    writer.stop().expect("written");
    let mut reader = SegmentReader::open(&shard_folder(&home), 1).expect("opens");
    for turn in 0..40_u64 {
        for body in [&long[..], &[], &long[..9000], &[1]] {
            let record = reader
                .next_record(u64::MAX)
                .expect("readable")
                .expect("there");
            assert_eq!(record.body, body);
            assert_eq!(record.header.time_ns, turn);
            assert_eq!(record.header.kind, RECORD_KIND_MAX);
        }
    }
}

#[test]
fn a_full_staging_log_refuses_and_changes_nothing() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let body = [9_u8; 96];
    let mut appended = 0;
    let full = loop {
        let had_room = opened.appender.has_room(record_bytes(body.len()));
        match opened.appender.append(1, 0, &[&body]) {
            Ok(sequence) => {
                assert!(had_room, "the log took what has_room refused");
                appended = sequence;
            }
            Err(full) => {
                assert!(!had_room, "the log refused what has_room promised");
                break full;
            }
        }
    };
    assert_eq!(appended, STAGING_BYTES / 128 - 1);
    let expected = StagingFull {
        needed_bytes: 136,
        free_bytes: 128,
    };
    assert_eq!(full, expected);
    assert_eq!(opened.marks.written(), appended);
    drain(opened.writer_half, BACKENDS[0]);
    assert_eq!(opened.marks.synced(), appended);
    assert!(opened.appender.has_room(record_bytes(body.len())));
    assert_eq!(opened.appender.append(1, 0, &[&body]), Ok(appended + 1));
}

#[test]
fn free_bytes_are_those_that_no_record_waits_in() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let record = u64::try_from(record_bytes(96)).unwrap();
    let claimed_ahead = STAGING_BYTES / 16;
    assert_eq!(opened.marks.capacity_bytes(), STAGING_BYTES);
    let mut free = STAGING_BYTES;
    while opened.appender.append(1, 0, &[&[9_u8; 96]]).is_ok() {
        free -= record;
        assert!(opened.appender.has_free(free));
        assert!(!opened.appender.has_free(free + 1));
        let seen = opened.marks.free_bytes();
        assert!(seen <= free, "never more than there are");
        assert!(seen + claimed_ahead + 8 >= free, "{seen} of {free}");
    }
    drain(opened.writer_half, BACKENDS[0]);
    assert!(opened.appender.has_free(STAGING_BYTES));
    assert!(opened.marks.free_bytes() >= STAGING_BYTES - claimed_ahead - 8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn bodies_are_the_concatenation_of_their_parts(
        records in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5),
            1..30,
        )
    ) {
        let home = Home::new();
        let directory = home.open();
        let mut opened = stream(&directory);
        for parts in &records {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            opened.appender.append(1, 5, &parts).expect("room");
        }
        drain(opened.writer_half, BACKENDS[0]);
        let mut reader = SegmentReader::open(&shard_folder(&home), 1).expect("opens");
        for parts in &records {
            let record = reader.next_record(u64::MAX).expect("readable").expect("there");
            prop_assert_eq!(record.body, parts.concat());
        }
    }
}
