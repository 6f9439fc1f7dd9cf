//! The power fails, or the disk refuses, at each operation of writing and pruning: recovery always
//! reaches the state of the full replay, no snapshot is torn, and none that was told done is lost.

use std::io::ErrorKind;
use std::sync::Arc;

use matchgate_core::Shard;
use matchgate_core::domain::SequenceNumber;
use matchgate_follower::SnapshotFileError;
use matchgate_journal::{Fault, Loss, Operation, SimulatedDisk, Storage};

use crate::snapshot_support::{EPOCH, Written, assert_same};
use crate::venue::Ground;

/// A journal with no snapshots, and shards along it.
struct Script {
    ground: Ground,
    written: Written,
    shards: Vec<Shard>,
    last: Shard,
}

impl Script {
    fn new() -> Self {
        let ground = Ground::simulated();
        let written = Written::new(&ground, 300);
        let storage = ground.storage();
        let at = [40, 90, 140, 190, 240].map(SequenceNumber);
        let shards = at.map(|at| written.replay(&storage, at)).into();
        let last = written.replay(&storage, written.last);
        Self {
            ground,
            written,
            shards,
            last,
        }
    }

    /// A disk with the journal alone.
    fn disk(&self) -> SimulatedDisk {
        self.ground.disk().after_crash(Loss::Nothing)
    }

    /// Writes, verifies and prunes, one snapshot after the other; `told` is the last one that was
    /// told written.
    fn run(&self, disk: &SimulatedDisk, told: &mut u64) -> Result<(), SnapshotFileError> {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let mut folder = self.written.folder(&storage);
        for shard in &self.shards {
            let header = folder.write(shard, EPOCH, self.written.last)?;
            *told = header.sequence.0;
            folder.verify(&header)?;
            folder.prune(header.sequence)?;
        }
        Ok(())
    }

    /// Checks a recovery from what is on the disk; returns the snapshot that it used.
    fn check(&self, disk: &SimulatedDisk, at: &str) -> u64 {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let recovered = self.written.recover(&storage, self.written.last);
        assert_same(&recovered.shard, &self.last, at);
        let refused = &recovered.report.refused;
        assert!(refused.is_empty(), "{at}: {refused:?}");
        let used = recovered.report.snapshot;
        used.map_or(0, |header| header.sequence.0)
    }

    /// Checks that all goes on as if nothing had been.
    fn check_goes_on(&self, disk: &SimulatedDisk, at: &str) {
        self.run(disk, &mut 0).expect(at);
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let folder = self.written.folder(&storage);
        let names = storage.list(folder.path()).expect(at);
        assert_eq!(names.len(), 3, "{at}: {names:?}");
        assert_eq!(self.check(disk, at), 240, "{at}");
    }
}

#[test]
fn crash_at_every_operation_leaves_no_torn_snapshot_and_loses_none_that_was_told() {
    let script = Script::new();
    let rehearsal = script.disk();
    script
        .run(&rehearsal, &mut 0)
        .expect("a run without faults");
    let operations = rehearsal.operations();
    let mut recoveries = 0_u64;
    for (number, operation) in (1..).zip(&operations) {
        if !operation.changes() {
            continue;
        }
        for fault in [Fault::PowerBefore, Fault::PowerAfter] {
            let disk = script.disk();
            disk.plan(number, fault.clone());
            let mut told = 0;
            script.run(&disk, &mut told).expect_err("the power fails");
            for loss in [Loss::Nothing, Loss::Unsynced, Loss::Some(recoveries + 1)] {
                let at = format!("operation {number} {operation:?} {fault:?}, {loss:?}");
                let after = disk.after_crash(loss);
                let used = script.check(&after, &at);
                assert!(used >= told, "{at}: {told} was told, {used} is there");
                script.check_goes_on(&after, &at);
                recoveries += 1;
            }
        }
    }
    println!("{recoveries} recoveries at {} operations", operations.len());
    assert!(recoveries > 200, "{recoveries}");
}

#[test]
fn refused_operation_is_told_and_earlier_snapshots_stay() {
    let script = Script::new();
    let rehearsal = script.disk();
    script
        .run(&rehearsal, &mut 0)
        .expect("a run without faults");
    let operations = rehearsal.operations();
    let mut refusals = 0;
    for (number, operation) in (1..).zip(&operations) {
        for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
            let at = format!("operation {number} {operation:?} {kind:?}");
            let disk = script.disk();
            disk.plan(number, Fault::Refuse(kind));
            let mut told = 0;
            let outcome = script.run(&disk, &mut told);
            // Pruning judges what it cannot read, and goes on.
            let is_read = matches!(
                operation,
                Operation::Open | Operation::Read | Operation::Length
            );
            match outcome {
                Ok(()) => assert!(is_read, "{at}: nobody is told"),
                Err(error) => assert!(
                    matches!(&error, SnapshotFileError::Io { source, .. } if source.kind() == kind),
                    "{at}: {error}"
                ),
            }
            let used = script.check(&disk, &at);
            assert!(used >= told, "{at}: {told} was told, {used} is there");
            for loss in [Loss::Unsynced, Loss::Some(number)] {
                let after = disk.after_crash(loss);
                let used = script.check(&after, &at);
                assert!(used >= told, "{at}, {loss:?}: {used} of {told}");
            }
            script.check_goes_on(&disk, &at);
            refusals += 1;
        }
    }
    println!("{refusals} refusals at {} operations", operations.len());
}

#[test]
fn full_disk_is_told_and_room_brings_the_next_snapshot() {
    let script = Script::new();
    let disk = script.disk();
    let mut told = 0;
    let length = |disk: &SimulatedDisk| {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let folder = script.written.folder(&storage);
        let file = folder.file(SequenceNumber(40));
        u64::try_from(disk.content(&file).expect("the first").len()).expect("small")
    };
    let rehearsal = script.disk();
    script
        .run(&rehearsal, &mut 0)
        .expect("a run without faults");
    // Room for the journal, the first snapshot and a part of the second one.
    let journal: u64 = {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let names = ["meta.toml", "LOCK"].map(|name| script.ground.data().join(name));
        let segments = storage.list(&script.written.segments).expect("segments");
        let segments = segments
            .iter()
            .map(|name| script.written.segments.join(name));
        let files = names.into_iter().chain(segments);
        files
            .map(|file| disk.content(&file).map_or(0, |bytes| bytes.len() as u64))
            .sum()
    };
    let first = script.disk();
    let storage: Arc<dyn Storage> = Arc::new(first.clone());
    let mut folder = script.written.folder(&storage);
    folder
        .write(&script.shards[0], EPOCH, script.written.last)
        .expect("room");
    disk.set_room(journal + length(&first) + 100);
    let error = script.run(&disk, &mut told).expect_err("no room");
    assert!(
        matches!(error, SnapshotFileError::Io { source, .. } if source.kind() == ErrorKind::StorageFull)
    );
    assert_eq!(told, 40);
    assert_eq!(script.check(&disk, "full"), 40);
    // What was begun does not keep room taken.
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let names = storage.list(&script.written.snapshots).expect("the folder");
    assert_eq!(names.len(), 1, "{names:?}");
    disk.set_room(u64::MAX);
    script.check_goes_on(&disk, "room again");
}
