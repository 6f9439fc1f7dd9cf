//! The simulated disk keeps what was synced, and of the rest what a disk may keep.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use matchgate_journal::{Fault, Gate, Loss, Operation, SimulatedDisk, Storage};

const FOLDER: &str = "/data";
const FILE: &str = "/data/file";
const OTHER: &str = "/data/other";

/// A disk with a durable folder.
fn disk() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.make_folder(Path::new(FOLDER)).expect("made");
    disk.sync_folder(Path::new("/")).expect("synced");
    disk
}

/// The same with a durable file of four sectors of ones.
fn disk_with_file() -> SimulatedDisk {
    let disk = disk();
    let file = disk.create(Path::new(FILE)).expect("made");
    file.write_at(&[1; 2048], 0).expect("written");
    file.sync().expect("synced");
    disk.sync_folder(Path::new(FOLDER)).expect("synced");
    disk
}

fn content(disk: &SimulatedDisk, path: &str) -> Option<Vec<u8>> {
    disk.content(Path::new(path)).ok()
}

/// Number of the next operation.
fn next(disk: &SimulatedDisk) -> u64 {
    u64::try_from(disk.operations().len()).expect("small") + 1
}

#[test]
fn what_was_synced_survives_and_the_rest_may_not() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    file.write_at(&[2; 100], 4000).unwrap();
    let mut seen = vec![1; 2048];
    seen.resize(4000, 0);
    seen.extend([2; 100]);
    assert_eq!(content(&disk, FILE), Some(seen.clone()));
    let killed = disk.after_crash(Loss::Nothing);
    assert_eq!(content(&killed, FILE), Some(seen.clone()));
    let lost = disk.after_crash(Loss::Unsynced);
    assert_eq!(content(&lost, FILE), Some(vec![1; 2048]));
    file.sync().unwrap();
    let synced = disk.after_crash(Loss::Unsynced);
    assert_eq!(content(&synced, FILE), Some(seen));
}

#[test]
fn any_subset_of_unsynced_sectors_may_survive() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    file.write_at(&[2; 2048], 0).unwrap();
    let mut subsets = BTreeSet::new();
    for seed in 0..400 {
        let found = content(&disk.after_crash(Loss::Some(seed)), FILE).unwrap();
        let sectors: Vec<u8> = found.chunks(512).map(|sector| sector[0]).collect();
        for (sector, first) in found.chunks(512).zip(&sectors) {
            assert!(sector.iter().all(|byte| byte == first), "a torn sector");
        }
        subsets.insert(sectors);
        let again = content(&disk.after_crash(Loss::Some(seed)), FILE).unwrap();
        assert_eq!(found, again, "the same seed draws the same");
    }
    assert_eq!(subsets.len(), 16);
}

#[test]
fn names_survive_up_to_a_point_and_from_a_sync_on() {
    let disk = disk_with_file();
    disk.create(Path::new(OTHER)).unwrap().sync().unwrap();
    disk.rename(Path::new(OTHER), Path::new(FILE)).unwrap();
    let mut found = BTreeSet::new();
    for seed in 0..100 {
        let after = disk.after_crash(Loss::Some(seed));
        let length = |path| content(&after, path).map(|bytes| bytes.len());
        found.insert((length(FILE), length(OTHER)));
    }
    let expected = [(Some(2048), None), (Some(2048), Some(0)), (Some(0), None)];
    assert_eq!(found, BTreeSet::from(expected));
    disk.sync_folder(Path::new(FOLDER)).unwrap();
    let synced = disk.after_crash(Loss::Unsynced);
    assert_eq!(content(&synced, FILE), Some(Vec::new()));
    assert_eq!(content(&synced, OTHER), None);
}

#[test]
fn folder_is_lost_with_all_that_is_in_it_until_the_one_above_is_synced() {
    let disk = disk();
    let inner = Path::new("/data/inner/deep");
    disk.make_folder(inner).unwrap();
    let path = inner.join("file");
    disk.create(&path).unwrap().sync().unwrap();
    disk.sync_folder(inner).unwrap();
    disk.sync_folder(Path::new("/data/inner")).unwrap();
    let lost = disk.after_crash(Loss::Unsynced);
    assert_eq!(lost.list(Path::new(FOLDER)).unwrap(), Vec::<String>::new());
    disk.sync_folder(Path::new(FOLDER)).unwrap();
    let kept = disk.after_crash(Loss::Unsynced);
    assert_eq!(kept.list(inner).unwrap(), ["file"]);
}

#[test]
fn failed_sync_gives_bytes_up_that_no_later_sync_brings_back() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    file.write_at(&[2; 64 * 512], 0).unwrap();
    disk.plan(next(&disk), Fault::Refuse(ErrorKind::Other));
    file.sync().expect_err("refused");
    file.sync().expect("the next one is told done");
    assert_eq!(
        content(&disk, FILE),
        Some(vec![2; 64 * 512]),
        "seen until then"
    );
    let lost = content(&disk.after_crash(Loss::Unsynced), FILE).unwrap();
    assert!(lost.iter().any(|byte| *byte != 2), "some are given up");
    assert!(lost.contains(&2), "and some are not");
}

#[test]
fn refused_write_may_have_written_half() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    disk.plan(next(&disk), Fault::Refuse(ErrorKind::StorageFull));
    let error = file.write_at(&[2; 2048], 0).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    let found = content(&disk, FILE).unwrap();
    assert_eq!(found, [[2; 1024], [1; 1024]].concat());
}

#[test]
fn forgotten_write_is_seen_until_the_crash_and_misdirected_one_is_elsewhere() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    disk.plan(next(&disk), Fault::Forget);
    file.write_at(&[2; 512], 0).unwrap();
    file.sync().unwrap();
    assert_eq!(content(&disk, FILE).unwrap()[0], 2);
    let stale = disk.after_crash(Loss::Unsynced);
    assert_eq!(content(&stale, FILE), Some(vec![1; 2048]));
    disk.plan(next(&disk), Fault::Misdirect(1024));
    file.write_at(&[3; 512], 0).unwrap();
    let found = content(&disk, FILE).unwrap();
    assert_eq!((found[0], found[1024]), (2, 3));
}

#[test]
fn without_power_nothing_is_done() {
    for fault in [Fault::PowerBefore, Fault::PowerAfter] {
        let done = matches!(fault, Fault::PowerAfter);
        let disk = disk_with_file();
        let file = disk.open_writable(Path::new(FILE)).unwrap();
        disk.plan(next(&disk), fault);
        file.set_length(10).expect_err("the power fails");
        let operations = disk.operations().len();
        file.length().expect_err("no power");
        disk.list(Path::new(FOLDER)).expect_err("no power");
        assert_eq!(disk.operations().len(), operations);
        let after = disk.after_crash(Loss::Nothing);
        let length = content(&after, FILE).unwrap().len();
        assert_eq!(length, if done { 10 } else { 2048 });
    }
}

#[test]
fn room_has_an_end_and_comes_back() {
    let disk = disk_with_file();
    disk.set_room(4096);
    let other = disk.create(Path::new(OTHER)).unwrap();
    other.reserve(2048).unwrap();
    let error = other.write_at(&[1], 2048).expect_err("full");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    disk.remove(Path::new(FILE)).unwrap();
    other.write_at(&[1], 2048).unwrap();
}

#[test]
fn lock_is_held_by_one_until_it_is_dropped() {
    let disk = disk();
    let path = Path::new("/data/LOCK");
    let lock = disk.lock(path).unwrap().expect("free");
    assert!(disk.lock(path).unwrap().is_none());
    drop(lock);
    let lock = disk.lock(path).unwrap();
    assert!(lock.is_some());
    let after = disk.after_crash(Loss::Nothing);
    assert!(after.lock(path).unwrap().is_some(), "a crash frees it");
}

#[test]
fn held_operation_waits_for_its_gate() {
    let disk = disk_with_file();
    let file = disk.open_writable(Path::new(FILE)).unwrap();
    file.write_at(&[2; 512], 0).unwrap();
    let gate = Gate::new();
    disk.plan(next(&disk), Fault::Hold(gate.clone()));
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| file.sync());
        while disk.operations().last() != Some(&Operation::Sync) {
            std::thread::yield_now();
        }
        let lost = disk.after_crash(Loss::Unsynced);
        assert_eq!(content(&lost, FILE).unwrap()[0], 1, "not yet durable");
        assert!(!syncing.is_finished());
        gate.open();
        syncing.join().unwrap().unwrap();
    });
    let kept = disk.after_crash(Loss::Unsynced);
    assert_eq!(content(&kept, FILE).unwrap()[0], 2);
}
