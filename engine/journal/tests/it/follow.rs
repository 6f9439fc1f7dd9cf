//! Readers beside a running stream.

use matchgate_journal::{Lapped, Marks, SegmentReader, StagingReader};

use crate::support::*;

/// Records appended while readers watch.
const LAST: u64 = 6000;

#[test]
fn the_synced_mark_is_never_above_what_a_fresh_reader_reads() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let opened = stream(&directory);
        let writer = RunningWriter::start(vec![opened.writer_half], backend);
        let marks = opened.marks.clone();
        let mut appender = opened.appender;
        let appending = std::thread::spawn(move || append_waiting(&mut appender, LAST));
        let mut checks = 0;
        loop {
            let synced = marks.synced();
            let from = synced.saturating_sub(40).max(1);
            let mut reader = SegmentReader::open(&shard_folder(&home), from).expect("opens");
            let mut last = from - 1;
            while let Some(record) = reader.next_record(synced).expect("readable") {
                assert_eq!(record.header.sequence, last + 1);
                assert_eq!(record.body, body(last + 1));
                last += 1;
            }
            assert_eq!(last, synced);
            checks += 1;
            marks.request_sync(LAST);
            if synced == LAST {
                break;
            }
        }
        assert!(checks > 1);
        appending.join().expect("appended");
        writer.stop().expect("written");
    }
}

#[test]
fn a_segment_reader_follows_the_synced_mark_through_new_segments() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let opened = stream(&directory);
        // Opened before there is a segment.
        let mut reader = SegmentReader::open(&shard_folder(&home), 1).expect("opens");
        assert_eq!(
            reader.next_record(opened.marks.synced()).expect("empty"),
            None
        );
        let writer = RunningWriter::start(vec![opened.writer_half], backend);
        let marks = opened.marks.clone();
        let mut appender = opened.appender;
        let appending = std::thread::spawn(move || append_waiting(&mut appender, LAST));
        while reader.last_sequence() < LAST {
            let synced = marks.synced();
            let due = reader.last_sequence() + 1;
            match reader.next_record(synced).expect("readable") {
                Some(record) => {
                    assert_eq!(record.header.sequence, due);
                    assert!(due <= synced);
                    assert_eq!(record.body, body(due));
                }
                None => assert_eq!(reader.last_sequence(), synced),
            }
        }
        appending.join().expect("appended");
        writer.stop().expect("written");
        assert!(home.segments().len() > 8);
    }
}

#[test]
fn a_staging_reader_sees_what_is_applied_and_no_more() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 100);
    let mut reader = StagingReader::open(&opened.marks, 1).expect("nothing was overwritten");
    let mut bytes = Vec::new();
    assert_eq!(reader.next(&mut bytes), Ok(None));
    opened.appender.set_applied(40);
    for sequence in 1..=40 {
        let header = reader
            .next(&mut bytes)
            .expect("not lapped")
            .expect("applied");
        assert_eq!(header.sequence, sequence);
        assert_eq!(header.time_ns, time_ns(sequence));
        assert_eq!(bytes, body(sequence));
    }
    assert_eq!(reader.next(&mut bytes), Ok(None));
    opened.appender.set_applied(100);
    // From another process, by the path, and from the middle.
    let marks = Marks::attach(&directory.staging_path(STREAM)).expect("mapped");
    assert_eq!(
        (marks.written(), marks.applied(), marks.synced()),
        (100, 100, 0)
    );
    for from in [1, 2, 41, 99, 100] {
        let mut reader = StagingReader::open(&marks, from).expect("nothing was overwritten");
        let header = reader
            .next(&mut bytes)
            .expect("not lapped")
            .expect("applied");
        assert_eq!(header.sequence, from);
        assert_eq!(bytes, body(from));
    }
    let mut reader = StagingReader::open(&marks, 101).expect("still to come");
    assert_eq!(reader.next(&mut bytes), Ok(None));
}

#[test]
fn a_staging_reader_that_keeps_up_reads_every_record_over_many_wraps() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let writer = RunningWriter::start(vec![opened.writer_half], BACKENDS[0]);
    let marks = opened.marks.clone();
    let mut reader = StagingReader::open(&marks, 1).expect("opens");
    let mut bytes = Vec::new();
    let mut seen = 0;
    while opened.appender.next_sequence() <= LAST {
        let next = opened.appender.next_sequence() + 99;
        append_waiting(&mut opened.appender, next.min(LAST));
        opened.appender.set_applied(marks.written());
        while let Some(header) = reader.next(&mut bytes).expect("never lapped") {
            seen += 1;
            assert_eq!(header.sequence, seen);
            assert_eq!(bytes, body(seen));
        }
    }
    assert_eq!(seen, LAST);
    writer.stop().expect("written");
}

#[test]
fn a_lapped_staging_reader_is_told_and_finds_the_rest_in_segments() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let mut slow = StagingReader::open(&opened.marks, 1).expect("opens");
    let writer = RunningWriter::start(vec![opened.writer_half], BACKENDS[0]);
    append_waiting(&mut opened.appender, LAST);
    opened.appender.set_applied(LAST);
    let mut bytes = Vec::new();
    assert_eq!(slow.next(&mut bytes), Err(Lapped { sequence: 1 }));
    assert_eq!(
        StagingReader::open(&opened.marks, 1).map(|reader| reader.next_sequence()),
        Err(Lapped { sequence: 1 })
    );
    wait_synced(&opened.marks);
    let mut segments = SegmentReader::open(&shard_folder(&home), 1).expect("opens");
    while segments
        .next_record(LAST - 300)
        .expect("readable")
        .is_some()
    {}
    // The last records are still in the ring, and the two meet.
    let due = segments.last_sequence() + 1;
    let mut reader = StagingReader::open(&opened.marks, due).expect("still there");
    for sequence in due..=LAST {
        let header = reader
            .next(&mut bytes)
            .expect("not lapped")
            .expect("applied");
        assert_eq!(header.sequence, sequence);
        assert_eq!(bytes, body(sequence));
    }
    writer.stop().expect("written");
}

/// A reader beside an appender that laps it: every record it gives is whole.
#[test]
fn a_staging_reader_beside_a_fast_appender_never_gives_a_torn_record() {
    let home = Home::new();
    let directory = home.open();
    let opened = stream(&directory);
    let writer = RunningWriter::start(vec![opened.writer_half], BACKENDS[0]);
    let marks = opened.marks.clone();
    let mut appender = opened.appender;
    let appending = std::thread::spawn(move || {
        while appender.next_sequence() <= LAST {
            let next = appender.next_sequence();
            append_waiting(&mut appender, next);
            appender.set_applied(next);
        }
    });
    let mut bytes = Vec::new();
    let mut due = 1;
    while due <= LAST {
        let Ok(mut reader) = StagingReader::open(&marks, due) else {
            due += 1;
            continue;
        };
        while let Ok(next) = reader.next(&mut bytes) {
            if let Some(header) = next {
                assert_eq!(header.sequence, due);
                assert_eq!(bytes, body(due));
                due += 1;
            }
            if due > LAST {
                break;
            }
        }
    }
    appending.join().expect("appended");
    writer.stop().expect("written");
}

#[test]
fn readers_pass_over_the_gap_that_a_loss_of_power_leaves() {
    let home = Home::new();
    home.run_clean(10);
    let directory = home.open();
    drop(stream(&directory));
    drop(directory);
    home.change_boot_id();
    let directory = home.open();
    let mut opened = stream(&directory);
    let first = opened.tail.next_sequence;
    assert!(first > 11);
    let mut reader = SegmentReader::open(&shard_folder(&home), 10).expect("opens");
    let marks = opened.marks.clone();
    assert!(
        reader
            .next_record(marks.synced())
            .expect("readable")
            .is_some()
    );
    assert_eq!(reader.next_record(marks.synced()).expect("readable"), None);
    append_through(&mut opened.appender, first + 4);
    opened.appender.set_applied(first + 4);
    let mut bytes = Vec::new();
    for from in [11, first - 1, first] {
        let mut staging = StagingReader::open(&marks, from).expect("opens");
        let header = staging
            .next(&mut bytes)
            .expect("not lapped")
            .expect("applied");
        assert_eq!(header.sequence, first);
    }
    drain(opened.writer_half, BACKENDS[0]);
    let record = reader
        .next_record(marks.synced())
        .expect("readable")
        .expect("there");
    assert_eq!(record.header.sequence, first);
    let mut reader = SegmentReader::open(&shard_folder(&home), first - 3).expect("opens");
    let record = reader
        .next_record(marks.synced())
        .expect("readable")
        .expect("there");
    assert_eq!(record.header.sequence, first);
}
