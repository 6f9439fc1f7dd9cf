//! What a start finds after the machine was restarted: segments alone tell.

use matchgate_journal::{Backend, JournalError, StartKind};

use crate::support::*;

/// Sequences that a lost staging log of the tests' size may have held.
const SKIPPED: u64 = STAGING_BYTES / 32;

#[test]
pub(crate) fn numbers_of_records_lost_with_the_power_never_come_again() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 50);
    drain(opened.writer_half, Backend::Plain);
    append_through(&mut opened.appender, 90);
    drop((opened.appender, opened.marks, directory));
    home.change_boot_id();

    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::PowerLoss);
    let opened = stream(&directory);
    assert_eq!(opened.tail.last_sequence, 50);
    assert_eq!(opened.tail.next_sequence, 51 + SKIPPED);
    assert_eq!(opened.marks.written(), 50 + SKIPPED);
    drop((opened, directory));

    // Killed before anything was appended: still not again.
    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::SameBoot);
    let mut opened = stream(&directory);
    assert_eq!(opened.tail.next_sequence, 51 + SKIPPED);
    opened.appender.append(3, 1, &[b"lost next"]).expect("room");
    drop((opened, directory));
    home.change_boot_id();

    // Lost once more before anything was synced: later numbers again.
    let directory = home.open();
    let opened = stream(&directory);
    assert_eq!(opened.tail.last_sequence, 50);
    assert_eq!(opened.tail.next_sequence, 51 + 2 * SKIPPED);
    drain(opened.writer_half, Backend::Plain);
    directory.finish_clean().expect("drained");
    drop(directory);

    // Nor after a clean stop without a record.
    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::CleanStop);
    let mut opened = stream(&directory);
    let next = 51 + 2 * SKIPPED;
    assert_eq!(opened.tail.next_sequence, next);
    append_through(&mut opened.appender, next + 9);
    drain(opened.writer_half, Backend::Plain);
    directory.finish_clean().expect("drained");
    drop(directory);

    let directory = home.open();
    assert_eq!(stream(&directory).tail.last_sequence, next + 9);
    let mut all = through(50);
    all.extend(next..=next + 9);
    assert_eq!(read_all(&shard_folder(&home)).expect("readable"), all);
}

#[test]
pub(crate) fn a_start_killed_before_it_opened_the_stream_still_skips() {
    let home = Home::new();
    home.run_clean(5);
    let directory = home.open();
    drop(stream(&directory));
    drop(directory);
    home.change_boot_id();
    drop(home.open());
    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::SameBoot);
    assert_eq!(stream(&directory).tail.next_sequence, 6 + SKIPPED);
}

/// Nothing tells that the last batch was synced: each cut of it is a torn tail.
#[test]
pub(crate) fn a_tail_torn_anywhere_in_the_last_batch_is_cut_off_and_reported() {
    let home = Home::new();
    home.run_clean(10);
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 40);
    drain(opened.writer_half, Backend::Plain);
    drop((opened.appender, opened.marks, directory));
    let meta = std::fs::read_to_string(home.data().join("meta.toml")).expect("meta.toml");
    let path = home.segments()[1].clone();
    let bytes = std::fs::read(&path).expect("the segment");
    let end = end_of_records(&path, 40);

    for cut in (4096..end).step_by(167) {
        for path in home.segments().split_off(1) {
            std::fs::remove_file(path).expect("removed");
        }
        let mut torn = bytes.clone();
        // What never reached the disk reads as whatever was there: zeros, or old bytes.
        torn[cut..].fill(0);
        torn[cut + 4..cut + 8].fill(0xEE);
        std::fs::write(&path, &torn).expect("written");
        std::fs::write(home.data().join("meta.toml"), &meta).expect("written");
        home.change_boot_id();
        let directory = home.open();
        let opened = stream(&directory);
        let last = opened.tail.last_sequence;
        assert!((10..40).contains(&last), "cut at {cut}: {last}");
        let report = opened.tail.torn.expect("reported");
        assert_eq!(report.file, path);
        assert_eq!(report.last_good_sequence, last);
        assert_eq!(opened.tail.next_sequence, last + 1 + SKIPPED);
        assert_eq!(
            read_all(&shard_folder(&home)).expect("readable"),
            through(last)
        );
    }
}

/// A later batch tells what was synced before it: damage below is not taken for a torn tail.
#[test]
pub(crate) fn damage_below_what_the_segment_tells_synced_is_refused() {
    for backend in BACKENDS {
        let home = Home::new();
        let directory = home.open();
        let mut opened = stream(&directory);
        let writer = RunningWriter::start(vec![opened.writer_half], backend);
        append_waiting(&mut opened.appender, 20);
        wait_synced(&opened.marks);
        append_waiting(&mut opened.appender, 40);
        writer.stop().expect("written");
        drop((opened.appender, opened.marks, directory));
        let path = segment_one(&home);
        let bytes = std::fs::read(&path).expect("the segment");

        let mut damaged = bytes.clone();
        damaged[end_of_records(&path, 19) + 40] ^= 1;
        std::fs::write(&path, &damaged).expect("written");
        home.change_boot_id();
        let directory = home.open();
        let error = try_stream(&directory).expect_err("record 20 was synced");
        let is_named = matches!(
            error,
            JournalError::Damaged {
                last_good_sequence: 19,
                ..
            }
        );
        assert!(is_named, "{error}");
        drop(directory);

        let mut torn = bytes.clone();
        torn[end_of_records_in(&bytes, 39) + 40] ^= 1;
        std::fs::write(&path, &torn).expect("written");
        let directory = home.open();
        let opened = stream(&directory);
        assert_eq!(opened.tail.last_sequence, 39);
        assert!(opened.tail.torn.is_some());
    }
}

#[test]
pub(crate) fn a_quiet_stream_tells_its_end_synced() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    let writer = RunningWriter::start(vec![opened.writer_half], Backend::Plain);
    append_waiting(&mut opened.appender, 20);
    wait_synced(&opened.marks);
    let path = segment_one(&home);
    let end = end_of_records(&path, 20);
    // The record that tells it has kind 0xF1 and follows without any further append.
    while std::fs::read(&path).expect("the segment")[end + 4] != 0xF1 {
        std::thread::yield_now();
    }
    writer.stop().expect("written");
    drop((opened.appender, opened.marks, directory));
    let mut bytes = std::fs::read(&path).expect("the segment");
    bytes[end_of_records(&path, 19) + 40] ^= 1;
    std::fs::write(&path, &bytes).expect("written");
    home.change_boot_id();
    let directory = home.open();
    let error = try_stream(&directory).expect_err("record 20 was synced");
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}
