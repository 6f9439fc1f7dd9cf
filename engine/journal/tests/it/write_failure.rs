//! The first write that fails stops everything.

use std::fs::OpenOptions;
use std::process::Command;
use std::time::{Duration, Instant};

use matchgate_journal::{Backend, JournalError, StreamId, open_stream};

use crate::support::*;

/// How long a writer may take to meet an error before a test says that it does not.
const FAILURE_TIME_MAX: Duration = Duration::from_secs(20);

#[test]
pub(crate) fn a_failed_write_marks_every_stream_and_syncs_nothing_more() {
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

/// A stream is held in the middle of its I/O: its segment's first name is a pipe, and the kernel
/// opens that for writing only once somebody reads. The plain backend does one stream's I/O at a
/// time, so no other stream can fail meanwhile.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a writer that never tells must end the test, not hang it"
)]
pub(crate) fn a_failure_marks_a_stream_whose_own_io_has_not_returned() {
    let home = Home::new();
    let directory = home.open();
    let mut failing = stream(&directory);
    let mut held = open_stream(&directory, StreamId::CONTROL, options()).expect("opens");
    let control_folder = home.data().join(StreamId::CONTROL.to_string());
    let pipe = control_folder.join("segment.new");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("runs");
    assert!(made.success());
    std::fs::remove_dir_all(shard_folder(&home)).expect("removed");
    std::fs::write(shard_folder(&home), b"not a folder").expect("written");
    // Both have work from the first poll on, so the one is held before the other can fail.
    append_through(&mut held.appender, 5);
    append_through(&mut failing.appender, 5);

    let halves = vec![held.writer_half, failing.writer_half];
    let writer = RunningWriter::start(halves, Backend::Glommio);
    let deadline = Instant::now() + FAILURE_TIME_MAX;
    while !held.marks.failed() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let told = held.marks.failed();
    let running = writer.is_running();
    // Lets go of the held stream; opened for both ways a pipe waits for nobody.
    let reader = OpenOptions::new().read(true).write(true).open(&pipe);
    writer.join().expect_err("a folder is gone");
    drop(reader.expect("the pipe opens"));
    assert!(told, "the held stream's marks say nothing");
    assert!(running, "the stream was not held");
    assert!(failing.marks.failed());
    assert_eq!(held.marks.synced(), 0);
}

/// The segment's room is reserved when it is made; with no room there is no segment.
#[test]
pub(crate) fn records_synced_before_a_failure_stay_readable() {
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
