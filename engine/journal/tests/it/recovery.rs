//! What a start finds after every kind of stop.

use matchgate_journal::StartKind;

use crate::support::*;

#[test]
fn records_come_back_in_order_after_a_clean_stop() {
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
        let all: Vec<u64> = (1..=500).collect();
        assert_eq!(read_all(&shard_folder(&home)).expect("readable"), all);
    }
}

#[test]
fn records_that_only_the_staging_log_holds_survive_a_kill() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 200);
    drop((opened, directory));

    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::SameBoot);
    let opened = stream(&directory);
    assert_eq!(opened.tail.recovered_from_staging, 200);
    assert_eq!(opened.tail.last_sequence, 200);
    assert_eq!(opened.marks.synced(), 200);
    let all: Vec<u64> = (1..=200).collect();
    assert_eq!(read_all(&shard_folder(&home)).expect("readable"), all);
}
