//! What a start finds after a clean stop and after a kill.

use std::path::Path;

use matchgate_journal::{DamageReason, JournalError, SegmentReader, StartKind};

use crate::support::*;

#[test]
pub(crate) fn records_come_back_in_order_after_a_clean_stop() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        assert_eq!(directory.start_kind(), StartKind::New);
        let mut opened = stream(&directory);
        append_through(&mut opened.appender, 500);
        let stats = drain(opened.writer_half, backend);
        assert_eq!((stats.backend, stats.records), (backend, 500));
        directory.finish_clean().expect("drained");
        drop(directory);

        let directory = home.open();
        assert_eq!(directory.start_kind(), StartKind::CleanStop);
        let opened = stream(&directory);
        assert_eq!(opened.tail.last_sequence, 500);
        assert_eq!(opened.tail.last_time_ns, time_ns(500));
        assert_eq!(opened.tail.next_sequence, 501);
        assert_eq!(opened.tail.torn, None);
        assert_eq!(
            read_all(&shard_folder(&home)).expect("readable"),
            through(500)
        );
    }
}

#[test]
pub(crate) fn a_kill_at_any_point_between_append_and_sync_loses_nothing() {
    for n in [0_u64, 1, 2, 3, 50, 200] {
        for k in [0, 1, 2, 3, 49, 50, 51, 120, 199, 200] {
            if k > n {
                continue;
            }
            let home = Home::new();
            let directory = home.open();
            let mut opened = stream(&directory);
            append_through(&mut opened.appender, k);
            drain(opened.writer_half, BACKENDS[0]);
            append_through(&mut opened.appender, n);
            drop((opened.appender, opened.marks, directory));

            let directory = home.open();
            assert_eq!(directory.start_kind(), StartKind::SameBoot);
            let opened = stream(&directory);
            assert_eq!(opened.tail.last_sequence, n, "synced {k} of {n}");
            assert_eq!(opened.tail.next_sequence, n + 1);
            assert_eq!(opened.tail.recovered_from_staging, n - k);
            assert_eq!(opened.tail.torn, None);
            assert_eq!(opened.marks.synced(), n);
            assert_eq!(
                read_all(&shard_folder(&home)).expect("readable"),
                through(n)
            );
        }
    }
}

/// A writer that was killed inside a batch: the segment holds some bytes above the synced mark.
#[test]
pub(crate) fn a_kill_inside_a_batch_loses_nothing_wherever_the_batch_was_cut() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 60);
    let writer = RunningWriter::start(vec![opened.writer_half], BACKENDS[0]);
    wait_synced(&opened.marks);
    let synced_bytes = end_of_records(&home.segments()[0], 60);
    let before = std::fs::read(home.staging_file()).expect("the staging file");
    append_through(&mut opened.appender, 90);
    let after = std::fs::read(home.staging_file()).expect("the staging file");
    writer.stop().expect("written");
    let end = end_of_records(&home.segments()[0], 90);
    // As the staging log was: records through 90, the marks of 60.
    let mut staging = after;
    staging[512..640].copy_from_slice(&before[512..640]);
    let segment = std::fs::read(&home.segments()[0]).expect("the segment");
    let meta = std::fs::read(home.data().join("meta.toml")).expect("meta.toml");
    drop((opened.appender, opened.marks, directory));

    for cut in (synced_bytes..=end + 48).step_by(53) {
        for path in home.segments() {
            std::fs::remove_file(path).expect("removed");
        }
        let mut torn = segment[..cut].to_vec();
        torn.resize(segment.len(), 0);
        std::fs::write(segment_one(&home), &torn).expect("written");
        std::fs::write(home.staging_file(), &staging).expect("written");
        std::fs::write(home.data().join("meta.toml"), &meta).expect("written");
        let directory = home.open();
        let opened = stream(&directory);
        assert_eq!(opened.tail.last_sequence, 90, "cut at {cut}");
        assert_eq!(
            read_all(&shard_folder(&home)).expect("readable"),
            through(90)
        );
    }
}

#[test]
pub(crate) fn a_second_kill_right_after_recovery_finds_the_same_records() {
    let home = Home::new();
    let mut last = 0;
    for epoch in 1..=6 {
        let directory = home.open();
        assert_eq!(directory.epoch(), epoch);
        let mut opened = stream(&directory);
        assert_eq!(opened.tail.last_sequence, last);
        // Every other process is killed before it appends.
        if epoch % 2 == 1 {
            last += 25;
            append_through(&mut opened.appender, last);
        }
    }
    let directory = home.open();
    stream(&directory);
    assert_eq!(
        read_all(&shard_folder(&home)).expect("readable"),
        through(75)
    );
    let mut reader = SegmentReader::open(&shard_folder(&home), 60).expect("opens");
    let record = reader
        .next_record(u64::MAX)
        .expect("readable")
        .expect("there");
    assert_eq!(record.header.epoch, 5);
}

#[test]
pub(crate) fn a_start_killed_before_it_opened_the_stream_refuses_nothing() {
    let home = Home::new();
    home.run_clean(10);
    for _ in 0..3 {
        drop(home.open());
    }
    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::SameBoot);
    assert_eq!(stream(&directory).tail.last_sequence, 10);
}

#[test]
pub(crate) fn a_segment_left_half_made_is_removed() {
    let home = Home::new();
    home.run_clean(10);
    let left = shard_folder(&home).join("segment.new");
    std::fs::write(&left, b"half a header").expect("written");
    let directory = home.open();
    assert_eq!(stream(&directory).tail.last_sequence, 10);
    assert!(!left.exists());
}

#[test]
pub(crate) fn segments_that_lack_what_the_staging_log_says_is_synced_are_damage() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 30);
    drain(opened.writer_half, BACKENDS[0]);
    drop((opened.appender, opened.marks, directory));
    let path = segment_one(&home);
    let whole = std::fs::read(&path).expect("the segment");
    let cut = end_of_records(&path, 29);
    let mut short = whole;
    short[cut..].fill(0);
    std::fs::write(&path, short).expect("written");

    let directory = home.open();
    let error = try_stream(&directory).expect_err("a synced record is gone");
    assert_damaged(&error, &path, cut, DamageReason::Short, 29);
}

#[test]
pub(crate) fn a_staging_log_that_lacks_an_acknowledged_record_is_damage() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 30);
    drop((opened, directory));
    let path = home.staging_file();
    let mut staging = std::fs::read(&path).expect("the staging file");
    let at: usize = 4096 + (1..=12).map(record_length).sum::<usize>();
    staging[at..at + 8].fill(0);
    std::fs::write(&path, staging).expect("written");

    let directory = home.open();
    let error = try_stream(&directory).expect_err("acknowledged records are gone");
    assert_damaged(&error, &path, at, DamageReason::Short, 12);
}

fn assert_damaged(error: &JournalError, path: &Path, at: usize, why: DamageReason, good: u64) {
    let is_named = matches!(error,
        JournalError::Damaged { file, offset, reason, last_good_sequence }
            if file == path
                && *offset == u64::try_from(at).expect("small")
                && *reason == why
                && *last_good_sequence == good);
    assert!(is_named, "{error}; expected {why} at {at} after {good}");
}
