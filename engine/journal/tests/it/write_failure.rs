//! The first write that fails stops everything.

use matchgate_journal::{JournalError, StreamId, open_stream};

use crate::support::*;

#[test]
fn a_failed_write_marks_every_stream_and_syncs_nothing_more() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let mut opened = stream(&directory);
        let other = open_stream(&directory, StreamId::CONTROL, options()).expect("opens");
        std::fs::remove_dir_all(shard_folder(&home)).expect("removed");
        std::fs::write(shard_folder(&home), b"not a folder").expect("written");
        let halves = vec![other.writer_half, opened.writer_half];
        let writer = RunningWriter::start(halves, backend);
        assert!(!opened.marks.failed());
        append_through(&mut opened.appender, 5);
        opened.marks.request_sync(5);
        let error = writer.join().expect_err("the folder is gone");
        assert!(matches!(error, JournalError::Io { .. }), "{error}");
        assert!(opened.marks.failed());
        assert!(other.marks.failed(), "streams of one process fail together");
        assert_eq!(opened.marks.synced(), 0);
        assert!(
            directory.finish_clean().is_err(),
            "a failed stop is not a clean one"
        );
    }
}

/// The segment's room is reserved when it is made; with no room there is no segment.
#[test]
fn records_synced_before_a_failure_stay_readable() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let mut opened = stream(&directory);
        let writer = RunningWriter::start(vec![opened.writer_half], backend);
        append_waiting(&mut opened.appender, 50);
        wait_synced(&opened.marks);
        // The next segment cannot be made: its first name is taken by a folder.
        std::fs::create_dir(shard_folder(&home).join("segment.new")).expect("made");
        let body = [1_u8; 4096];
        while opened.appender.append(3, 0, &[&body]).is_ok() && !opened.marks.failed() {}
        writer.join().expect_err("no segment can be made");
        assert!(opened.marks.failed());
        let mut reader =
            matchgate_journal::SegmentReader::open(&shard_folder(&home), 1).expect("opens");
        let synced = opened.marks.synced();
        assert!(synced >= 50);
        while reader.next_record(synced).expect("readable").is_some() {}
        assert_eq!(reader.last_sequence(), synced);
    }
}
