//! A copy of a data directory holds what can be read, or what was wanted, and starts as one that has
//! lost the rest; the original stays as it is.

use std::path::Path;
use std::sync::Arc;

use matchgate_journal::{
    CopiedStream, DirectoryError, Fault, JournalError, Loss, SegmentReader, StartKind, Storage,
    StreamId, copy_directory,
};

use crate::machine::*;
use crate::support::*;

const RECORDS: u64 = 1_000;
const COPY: &str = "/venue/copy";

/// A machine on which the script has run to its end.
fn machine() -> (Machine, Seen) {
    let machine = Machine::fresh();
    let mut seen = Seen::default();
    run_script(&machine, RECORDS, &mut seen).expect("a run without faults");
    (machine, seen)
}

fn copy(
    machine: &Machine,
    through: &dyn Fn(StreamId) -> u64,
) -> Result<Vec<CopiedStream>, JournalError> {
    let storage: Arc<dyn Storage> = Arc::new(machine.disk.clone());
    copy_directory(&storage, Path::new(DATA), Path::new(COPY), through)
}

fn lasts(copied: &[CopiedStream]) -> Vec<u64> {
    copied.iter().map(|one| one.last_sequence).collect()
}

/// Opens the copy as after a loss of power, and checks that it goes on behind what it holds.
fn assert_starts(machine: &Machine, copied: &[CopiedStream]) {
    let later = machine.restarted(Loss::Unsynced);
    let directory = later.open_at(COPY).expect("the copy opens");
    assert_eq!(directory.start_kind(), StartKind::PowerLoss);
    for one in copied {
        let opened = matchgate_journal::open_stream(&directory, one.stream, options());
        let tail = opened.expect("the stream opens").tail;
        assert_eq!(tail.last_sequence, one.last_sequence, "{}", one.stream);
        assert!(tail.next_sequence > one.known_last, "{}", one.stream);
        let storage: Arc<dyn Storage> = Arc::new(later.disk.clone());
        let folder = Path::new(COPY).join(one.stream.to_string());
        let mut reader = SegmentReader::open_on(&storage, &folder, 1).expect("readable");
        for sequence in 1..=one.last_sequence {
            let record = reader.next_record(u64::MAX).expect("readable");
            let record = record.expect("there");
            assert_eq!(
                (record.header.sequence, record.body),
                (sequence, &*body(sequence))
            );
        }
    }
}

#[test]
fn copy_of_a_whole_directory_holds_every_record() {
    let (machine, seen) = machine();
    let copied = copy(&machine, &|_| u64::MAX).expect("copied");
    assert_eq!(lasts(&copied), seen.synced);
    assert!(
        copied
            .iter()
            .all(|one| one.damage.is_none() && one.segments > 0)
    );
    assert_starts(&machine, &copied);
}

#[test]
fn copy_of_a_damaged_directory_ends_before_the_damage_and_names_it() {
    let (machine, seen) = machine();
    let segment = machine.segment(0, 1);
    let bytes = machine.disk.content(&segment).expect("the segment");
    for bad in [1, 2, 77, 150] {
        let at = end_of_records_in(&bytes, bad) - 8;
        let spoil = |spoilt: &mut Vec<u8>| {
            spoilt.clone_from(&bytes);
            spoilt[at] ^= 1;
        };
        let machine = machine.restarted(Loss::Unsynced);
        machine.disk.spoil(&segment, spoil).expect("the segment");
        let before = machine.disk.content(&segment).expect("the segment");
        let copied = copy(&machine, &|_| u64::MAX).expect("copied");
        assert_eq!(lasts(&copied), [bad - 1, seen.synced[1], seen.synced[2]]);
        let damage = copied[0].damage.as_ref().expect("named");
        assert!(
            matches!(damage, JournalError::Damaged { last_good_sequence, file, .. }
                if *last_good_sequence == bad - 1 && *file == segment),
            "{damage}"
        );
        assert_eq!(copied[0].known_last, seen.synced[0]);
        assert_starts(&machine, &copied);
        let after = machine.disk.content(&segment).expect("the segment");
        assert!(after == before, "the original has changed");
    }
}

#[test]
fn copy_through_a_sequence_holds_nothing_behind_it() {
    let (machine, seen) = machine();
    for wanted in [0, 1, 300, 480, seen.synced[0]] {
        let machine = machine.restarted(Loss::Unsynced);
        let through = |stream| {
            if stream == StreamId::shard(0) {
                wanted
            } else {
                u64::MAX
            }
        };
        let copied = copy(&machine, &through).expect("copied");
        assert_eq!(lasts(&copied), [wanted, seen.synced[1], seen.synced[2]]);
        assert_starts(&machine, &copied);
    }
}

#[test]
fn copy_that_is_cut_short_is_no_data_directory() {
    let (whole, _) = machine();
    let first = whole.next_operation();
    let through = |_| u64::MAX;
    copy(&whole, &through).expect("copied");
    let last = whole.next_operation();
    let (mut complete, mut points) = (0, 0);
    for (point, number) in (first..last).enumerate() {
        let (machine, _) = machine();
        machine.disk.plan(number, Fault::PowerAfter);
        copy(&machine, &through).expect_err("the power fails");
        for crash in crashes(point) {
            let after = machine.after(crash);
            let is_there = after
                .disk
                .content(&Path::new(COPY).join("meta.toml"))
                .is_ok();
            if is_there {
                let storage: Arc<dyn Storage> = Arc::new(after.disk.clone());
                for stream in STREAMS {
                    let folder = Path::new(COPY).join(stream.to_string());
                    let mut reader = SegmentReader::open_on(&storage, &folder, 1).expect("whole");
                    while reader.next_record(u64::MAX).expect("whole").is_some() {}
                }
                complete += 1;
            }
            points += 1;
        }
    }
    assert!(complete > 0 && complete < 12, "{complete} of {points}");
}

#[test]
fn copy_over_something_or_of_nothing_is_refused() {
    let (machine, _) = machine();
    copy(&machine, &|_| u64::MAX).expect("copied");
    let again = copy(&machine, &|_| u64::MAX).expect_err("the copy is there");
    assert!(
        matches!(
            again,
            JournalError::Directory(DirectoryError::NotEmpty { .. })
        ),
        "{again}"
    );
    let storage: Arc<dyn Storage> = Arc::new(machine.disk.clone());
    let nothing = Path::new("/venue/nothing");
    let error = copy_directory(&storage, nothing, Path::new("/venue/other"), &|_| 0);
    let error = error.expect_err("nothing to copy");
    assert!(
        matches!(
            error,
            JournalError::Directory(DirectoryError::NoDirectory { .. })
        ),
        "{error}"
    );
}
