//! A reader has a short way for a record that lies where the one before it was read. What it gives
//! is what a reader gives that comes to the record by itself.

use matchgate_journal::{RecordHeader, SegmentReader};

use crate::support::*;

/// Bytes of a segment: several of a reader's windows.
const LONG_SEGMENT_BYTES: u64 = 2 << 20;
/// Records of each of two starts.
const RECORDS: u64 = 200;
/// Records after which all is synced, so that the next ones come behind a mark.
const BETWEEN_MARKS: u64 = 20;

type Owned = (RecordHeader, Vec<u8>);

/// Reads from `from` through `through`, to the end.
fn read(home: &Home, from: u64, through: u64) -> Vec<Owned> {
    let mut reader = SegmentReader::open(&shard_folder(home), from).expect("opens");
    let mut records = Vec::new();
    while let Some(record) = reader.next_record(through).expect("whole") {
        records.push((record.header, record.body.to_vec()));
    }
    records
}

/// Appends a start's records, of up to 13 KB, with marks between them.
fn run(home: &Home, last: u64) {
    let directory = home.open();
    let mut opened = stream(&directory);
    let halves = vec![opened.writer_half];
    let writer = RunningWriter::start_with(halves, BACKENDS[0], LONG_SEGMENT_BYTES);
    while opened.appender.next_sequence() <= last {
        let sequence = opened.appender.next_sequence();
        let body = body(sequence).repeat(usize::try_from(sequence % 59).expect("small"));
        while !opened
            .appender
            .has_room(matchgate_journal::record_bytes(body.len()))
        {
            std::thread::yield_now();
        }
        let appended = opened.appender.append(3, time_ns(sequence), &[&body]);
        assert_eq!(appended, Ok(sequence));
        if sequence.is_multiple_of(BETWEEN_MARKS) {
            wait_synced(&opened.marks);
        }
    }
    writer.stop().expect("written");
    directory.finish_clean().expect("drained");
}

#[test]
fn record_read_in_passing_is_the_one_that_a_reader_opened_for_it_gives() {
    let home = Home::new();
    run(&home, RECORDS);
    run(&home, 2 * RECORDS);
    let first = std::fs::read(segment_one(&home)).expect("the segment");
    let end = end_of_records_in(&first, RECORDS);
    assert!(end > 512 * 1024, "{end} bytes are not some windows");
    let marks = first[..end].windows(6).filter(|at| at[..] == MARK).count();
    assert!(marks > 4, "{marks} marks stand between the records");

    let all = read(&home, 1, u64::MAX);
    let numbers: Vec<u64> = all.iter().map(|(header, _)| header.sequence).collect();
    assert_eq!(numbers, through(2 * RECORDS));
    assert_eq!((all[0].0.epoch, all[399].0.epoch), (1, 2));
    for (at, record) in (1_u64..).zip(&all) {
        assert_eq!(
            read(&home, at, at),
            std::slice::from_ref(record),
            "opened for {at}"
        );
        let at_index = usize::try_from(at).expect("small");
        if at.is_multiple_of(13) {
            assert_eq!(read(&home, 1, at), all[..at_index], "through {at}");
            assert_eq!(read(&home, at, u64::MAX), all[at_index - 1..], "from {at}");
            // Asked too early, a reader stands before what it was opened for.
            let mut early = SegmentReader::open(&shard_folder(&home), at).expect("opens");
            assert_eq!(early.next_record(at - 7).expect("whole"), None);
            let next = early.next_record(u64::MAX).expect("whole").expect("there");
            assert_eq!(next.header, record.0, "from {at}, asked too early");
        }
    }
}

/// How the record begins that tells what is synced: 40 bytes, its kind, its version.
const MARK: [u8; 6] = [40, 0, 0, 0, 0xF1, 1];
