//! A disk that refuses: one operation at a time, at each place of a run, and one that is full.
//! Nothing is told synced behind the refusal, and a new start finds everything.

use std::io::ErrorKind;

use matchgate_journal::{DirectoryError, Fault, JournalError, Operation};

use crate::machine::*;
use crate::support::SEGMENT_BYTES;

/// Records of the script.
const RECORDS: u64 = 1_000;
/// Kinds of refusal.
const REFUSALS: [ErrorKind; 2] = [ErrorKind::Other, ErrorKind::StorageFull];

/// Returns what the operating system said where an error is its.
fn refusal(error: &JournalError) -> Option<ErrorKind> {
    match error {
        JournalError::Io { source, .. }
        | JournalError::Directory(DirectoryError::Io { source, .. }) => Some(source.kind()),
        _ => None,
    }
}

/// Where a new directory cannot be made, what was made of it is removed. That is all.
fn assert_nothing_tried_behind(machine: &Machine, number: u64, at: &str) {
    let refused = usize::try_from(number).expect("small");
    let behind = machine.disk.operations().split_off(refused);
    let allowed = behind.iter().all(|one| *one == Operation::Remove);
    assert!(allowed && behind.len() <= 1, "{at}: behind it {behind:?}");
}

#[test]
pub(crate) fn refused_operation_at_every_place_ends_the_run_and_loses_nothing() {
    let whole = Machine::fresh();
    run_script(&whole, RECORDS, &mut Seen::default()).expect("a run without faults");
    let operations = whole.disk.operations();
    let mut refused = 0;
    for (number, operation) in (1..).zip(&operations) {
        for kind in REFUSALS {
            let at = format!("operation {number}, {operation:?}, {kind:?}");
            let machine = Machine::fresh();
            machine.disk.plan(number, Fault::Refuse(kind));
            let mut seen = Seen::default();
            let error = run_script(&machine, RECORDS, &mut seen).expect_err(&at);
            assert_eq!(refusal(&error), Some(kind), "{at}: {error}");
            assert_nothing_tried_behind(&machine, number, &at);
            for (point, crash) in crashes(refused).into_iter().enumerate() {
                let at = format!("{at}, crash {point}");
                check(&machine.after(crash), crash, &seen, &at);
            }
            refused += 1;
        }
    }
    println!("{refused} refusals at {} operations", operations.len());
}

/// The disk gives bytes up when it refuses to sync them, and would tell the next sync done.
#[test]
pub(crate) fn refused_sync_is_not_tried_again() {
    let whole = Machine::fresh();
    run_script(&whole, RECORDS, &mut Seen::default()).expect("a run without faults");
    let operations = whole.disk.operations();
    let syncs = (1..)
        .zip(&operations)
        .filter(|(_, one)| **one == Operation::Sync);
    let mut tried = 0;
    for (number, _) in syncs {
        let machine = Machine::fresh();
        machine.disk.plan(number, Fault::Refuse(ErrorKind::Other));
        let mut seen = Seen::default();
        run_script(&machine, RECORDS, &mut seen).expect_err("refused");
        assert_nothing_tried_behind(&machine, number, "a sync");
        tried += 1;
    }
    assert!(tried > 100, "{tried} syncs");
}

#[test]
pub(crate) fn full_disk_ends_the_run_and_room_brings_everything_back() {
    let mut ended = 0;
    for room in [0, 3_000, 70_000, 140_000, 200_000, 270_000] {
        let machine = Machine::fresh();
        machine.disk.set_room(room);
        let mut seen = Seen::default();
        let error = run_script(&machine, RECORDS, &mut seen).expect_err("the disk is full");
        assert_eq!(refusal(&error), Some(ErrorKind::StorageFull), "{error}");
        machine.disk.set_room(u64::MAX);
        check(
            &machine.after(Crash::Kill),
            Crash::Kill,
            &seen,
            &format!("room for {room}"),
        );
        ended += u64::from(seen.synced.iter().sum::<u64>() > 0);
    }
    assert!(
        ended >= 2,
        "with room for {SEGMENT_BYTES} and more, records are synced first"
    );
}
