//! Recovery from snapshots: always the state of the full replay, or a specific error.

use std::sync::Arc;

use matchgate_core::domain::SequenceNumber;
use matchgate_follower::RecoveryError;
use matchgate_follower::snapshot::SnapshotFileProblem as Problem;
use matchgate_journal::{Storage, read_whole};

use crate::follower::{trade, two_gateways};
use crate::snapshot_support::{EPOCH, Written, assert_same, problem, random};
use crate::venue::{Ground, Venue};

/// Snapshots of one run.
const ROUNDS: usize = 60;

/// Snapshots at random sequences, and recoveries through random later ones; returns how many
/// commands stood behind them.
fn snapshot_and_tail_equal_full_replay(ground: &Ground, seed: u64) -> u64 {
    let written = Written::new(ground, 2_500);
    let storage = ground.storage();
    let mut below = random(seed);
    let mut applied = 0;
    for round in 0..ROUNDS {
        let at = 1 + below(written.last.0);
        let through = SequenceNumber(at + below(written.last.0 - at + 1));
        let snapshot = written.write(&storage, at);
        let recovered = written.recover(&storage, through);
        let name = format!("seed {seed}, round {round}: {at} and the tail to {through}");
        assert_eq!(recovered.report.snapshot, Some(snapshot), "{name}");
        assert_eq!(recovered.report.tail_commands, through.0 - at, "{name}");
        assert!(recovered.report.refused.is_empty(), "{name}");
        assert_same(&recovered.shard, &written.replay(&storage, through), &name);
        applied += recovered.report.tail_commands;
        let file = written.folder(&storage).file(snapshot.sequence);
        storage.remove(&file).expect("it was written");
    }
    applied
}

#[test]
fn snapshot_and_tail_are_the_full_replay_at_many_places_on_a_real_disk() {
    let applied = snapshot_and_tail_equal_full_replay(&Ground::new(), 0x5eed_0001);
    println!("{ROUNDS} snapshots, {applied} commands behind them");
}

#[test]
fn snapshot_and_tail_are_the_full_replay_at_many_places_on_a_simulated_disk() {
    let applied = snapshot_and_tail_equal_full_replay(&Ground::simulated(), 0x5eed_0002);
    println!("{ROUNDS} snapshots, {applied} commands behind them");
}

/// What a shard answers next is the same, not its state alone.
#[test]
fn venue_that_was_recovered_from_a_snapshot_goes_on_as_before() {
    let ground = Ground::simulated();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, 700);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    drop(venue);
    written.write(&ground.storage(), last.0 - 150);
    let mut venue = Venue::start(&ground, 256);
    assert_eq!(venue.agent.shard().last_sequence(), last);
    trade(&mut venue, &mut gateways, 700);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let storage = ground.storage();
    let replayed = written.replay(&storage, last);
    assert_same(venue.agent.shard(), &replayed, "after the restart");
    let recovered = written.recover(&storage, last);
    assert!(recovered.report.snapshot.is_some());
    assert_same(&recovered.shard, &replayed, "recovered again");
}

/// Numbers jump after a loss of power: the tail of a snapshot before the jump goes on behind it,
/// and none can end in between.
#[test]
fn tail_goes_on_behind_the_jump_after_a_loss_of_power() {
    let mut ground = Ground::simulated();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, 300);
    let before = venue.agent.shard().last_sequence();
    drop(Written::of(&venue.journal, before));
    drop(venue);
    ground.lose_power();
    let mut venue = Venue::start(&ground, 256);
    trade(&mut venue, &mut gateways, 300);
    let last = venue.agent.shard().last_sequence();
    assert!(last.0 > before.0 + 600, "no jump from {before} to {last}");
    let written = Written::of(&venue.journal, last);
    let storage = ground.storage();
    let replayed = written.replay(&storage, last);
    for at in [before.0 - 7, before.0, last.0 - 20] {
        let shard = written.replay(&storage, SequenceNumber(at));
        let epoch = matchgate_core::domain::Epoch(if at > before.0 { 2 } else { 1 });
        let mut folder = written.folder(&storage);
        folder.write(&shard, epoch, last).unwrap();
        let recovered = written.recover(&storage, last);
        let used = recovered.report.snapshot.map(|header| header.sequence.0);
        assert_eq!(used, Some(at));
        assert!(
            recovered.report.refused.is_empty(),
            "{:?}",
            recovered.report
        );
        assert_same(&recovered.shard, &replayed, &format!("from {at}"));
    }
}

#[test]
fn recovery_without_a_good_snapshot_reads_the_journal_from_its_beginning() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    for at in [50, 100, 150] {
        written.write(&storage, at);
        let file = written.folder(&storage).file(SequenceNumber(at));
        ground.disk().spoil(&file, |bytes| bytes[200] ^= 4).unwrap();
    }
    let recovered = written.recover(&storage, written.last);
    assert_eq!(recovered.report.snapshot, None);
    assert_eq!(recovered.report.tail_commands, written.last.0);
    let refused: Vec<_> = recovered.report.refused.iter().map(problem).collect();
    assert_eq!(refused, [(120, Problem::BodyChecksum); 3]);
    let expected = written.replay(&storage, written.last);
    assert_same(&recovered.shard, &expected, "from nothing");
}

#[test]
fn snapshot_above_what_is_asked_for_is_told_and_not_used() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    written.write(&storage, 60);
    written.write(&storage, 120);
    let recovered = written.recover(&storage, SequenceNumber(119));
    assert_eq!(recovered.report.beyond, [SequenceNumber(120)]);
    assert_eq!(recovered.report.tail_commands, 59);
    let recovered = written.recover(&storage, SequenceNumber(120));
    assert!(recovered.report.beyond.is_empty());
    assert_eq!(recovered.report.tail_commands, 0);
}

/// Returns where the segments begin, rising.
fn segments(storage: &dyn Storage, written: &Written) -> Vec<u64> {
    let names = storage.list(&written.segments).expect("the journal");
    let mut firsts: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".mgj")?.parse().ok())
        .collect();
    firsts.sort_unstable();
    firsts
}

#[test]
fn journal_that_does_not_reach_back_to_the_snapshot_is_a_specific_error() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 5_000);
    let storage = ground.storage();
    let expected = written.replay(&storage, written.last);
    let late = written.replay(&storage, SequenceNumber(written.last.0 - 40));
    let firsts = segments(&*storage, &written);
    let (kept, gone) = firsts.split_last().expect("some segments");
    assert!(
        !gone.is_empty() && *kept < written.last.0 - 40,
        "{firsts:?}"
    );
    let follows = written.replay(&storage, SequenceNumber(kept - 1));
    let before = written.replay(&storage, SequenceNumber(kept - 2));
    for first in gone {
        let file = written.segments.join(format!("{first:020}.mgj"));
        storage.remove(&file).unwrap();
    }
    let error = |written: &Written| {
        let folder = written.folder(&storage);
        let outcome = matchgate_follower::recover_shard_from_snapshots(
            &folder,
            &written.segments,
            written.last,
        );
        outcome.expect_err("a gap")
    };
    let RecoveryError::NotReached { snapshot, .. } = error(&written) else {
        panic!("another error");
    };
    assert_eq!(snapshot, None);
    let mut folder = written.folder(&storage);
    folder.write(&before, EPOCH, written.last).unwrap();
    let gap = error(&written);
    let text = gap.to_string();
    assert!(
        matches!(
            gap,
            RecoveryError::NotReached { snapshot: Some(at), kept_after, .. }
                if at.0 == kept - 2 && kept_after.0 == kept - 1
        ),
        "{text}"
    );
    assert!(text.contains(&format!("from {} on", kept - 1)), "{text}");
    folder.write(&follows, EPOCH, written.last).unwrap();
    let recovered = written.recover(&storage, written.last);
    assert_same(&recovered.shard, &expected, "right behind the snapshot");
    folder.write(&late, EPOCH, written.last).unwrap();
    let recovered = written.recover(&storage, written.last);
    assert_eq!(recovered.report.tail_commands, 40);
    assert_same(&recovered.shard, &expected, "from the newest");
    // The newest two spoiled, the gap is told with the reasons.
    for shard in [&late, &follows] {
        let file = folder.file(shard.last_sequence());
        ground.disk().spoil(&file, |bytes| bytes[300] ^= 1).unwrap();
    }
    let RecoveryError::NotReached { refused, .. } = error(&written) else {
        panic!("another error");
    };
    assert_eq!(refused.len(), 2);
}

/// A data directory was put back from a copy, but its newer snapshots stayed: they are good, and
/// not of the journal that went on from the copy.
#[test]
fn snapshot_of_another_history_is_refused() {
    let ground = Ground::simulated();
    let mut venue = Venue::new(&ground, 256);
    let mut gateways = two_gateways();
    trade(&mut venue, &mut gateways, 300);
    let last = venue.agent.shard().last_sequence();
    let written = Written::of(&venue.journal, last);
    let storage = ground.storage();
    written.write(&storage, 100);
    // A shard at 200 that was told something else: the same commands, at other times.
    let other = Ground::simulated();
    let mut others = Venue::new(&other, 256);
    others.time.advance_ns(5_000);
    trade(&mut others, &mut two_gateways(), 250);
    let others = Written::of(&others.journal, SequenceNumber(250));
    let foreign = others.replay(&other.storage(), SequenceNumber(200));
    let mut folder = written.folder(&storage);
    folder.write(&foreign, EPOCH, last).unwrap();
    let recovered = written.recover(&storage, last);
    let used = recovered.report.snapshot.map(|header| header.sequence.0);
    assert_eq!(used, Some(100));
    let (offset, problem) = problem(&recovered.report.refused[0]);
    assert_eq!(offset, 28);
    assert!(matches!(problem, Problem::OtherHistory { .. }), "{problem}");
    assert_same(
        &recovered.shard,
        &written.replay(&storage, last),
        "the older one",
    );
}

#[test]
fn snapshot_that_the_journal_ends_before_is_refused() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 50);
    let storage = ground.storage();
    let other = Ground::simulated();
    let longer = Written::new(&other, 200);
    let ahead = longer.replay(&other.storage(), SequenceNumber(150));
    let mut folder = written.folder(&storage);
    folder.write(&ahead, EPOCH, SequenceNumber(150)).unwrap();
    // As a check does of a journal that nobody has open.
    let recovered = written.recover(&storage, SequenceNumber(u64::MAX));
    assert_eq!(recovered.report.snapshot, None);
    let refused = problem(&recovered.report.refused[0]);
    assert_eq!(refused, (32, Problem::NotInJournal(SequenceNumber(150))));
    assert_eq!(recovered.shard.last_sequence(), written.last);
}

#[test]
fn prune_keeps_the_three_newest_good_ones_and_names_the_others() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    let places = [20, 40, 60, 80, 100, 120, 140];
    for at in places {
        written.write(&storage, at);
    }
    let mut folder = written.folder(&storage);
    storage.create(&folder.path().join("snapshot.new")).unwrap();
    // 140 is beyond what is asked, 120 and 60 are spoiled.
    for at in [120, 60] {
        let file = folder.file(SequenceNumber(at));
        ground.disk().spoil(&file, |bytes| bytes[150] ^= 1).unwrap();
    }
    let report = folder.prune(SequenceNumber(130)).unwrap();
    let numbers = |all: &[SequenceNumber]| all.iter().map(|one| one.0).collect::<Vec<_>>();
    assert_eq!(numbers(&report.kept), [100, 80, 40]);
    assert_eq!(numbers(&report.removed), [20]);
    let named: Vec<_> = report.spoiled.iter().map(problem).collect();
    assert_eq!(named, [(120, Problem::BodyChecksum); 2]);
    assert_eq!(
        numbers(&folder.list().unwrap()),
        [40, 60, 80, 100, 120, 140]
    );
    assert!(
        !storage
            .list(folder.path())
            .unwrap()
            .contains(&"snapshot.new".into())
    );
    // Nothing more goes, however often it is asked.
    let report = folder.prune(SequenceNumber(130)).unwrap();
    assert!(report.removed.is_empty());
}

#[test]
fn last_good_snapshot_stays_whatever_is_spoiled_and_spoiled_ones_do_not_pile_up() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    let mut folder = written.folder(&storage);
    written.write(&storage, 10);
    for at in 20..40 {
        written.write(&storage, at);
        let file = folder.file(SequenceNumber(at));
        ground.disk().spoil(&file, |bytes| bytes[150] ^= 1).unwrap();
        let report = folder.prune(SequenceNumber(at)).unwrap();
        assert_eq!(report.kept, [SequenceNumber(10)]);
        assert!(report.spoiled.len() <= 4);
    }
    let left: Vec<u64> = folder.list().unwrap().iter().map(|one| one.0).collect();
    assert_eq!(left, [10, 37, 38, 39]);
}

/// Its checksums fit, but no shard comes of it: three of those must not crowd out the good one.
#[test]
fn snapshot_whose_checksums_alone_are_good_does_not_count() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    written.write(&storage, 30);
    for at in [40, 50, 60] {
        let header = written.write(&storage, at);
        let file = written.folder(&storage).file(header.sequence);
        let spoiled = ground.disk().spoil(&file, |bytes| {
            bytes[48] ^= 1;
            let crc = matchgate_journal::crc32c(&bytes[..124]);
            bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        });
        spoiled.unwrap();
    }
    let report = written.folder(&storage).prune(written.last).unwrap();
    assert_eq!(report.kept, [SequenceNumber(30)]);
    assert_eq!(report.spoiled.len(), 3);
}

/// What one start has verified is looked at again, since disks forget.
#[test]
fn snapshot_that_was_good_before_and_is_spoiled_since_does_not_count() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 200);
    let storage = ground.storage();
    let mut folder = written.folder(&storage);
    for at in [30, 40, 50, 60] {
        let header = written.write(&storage, at);
        folder.verify(&header).unwrap();
    }
    let file = folder.file(SequenceNumber(50));
    ground.disk().spoil(&file, |bytes| bytes[250] ^= 1).unwrap();
    let report = folder.prune(written.last).unwrap();
    assert_eq!(report.kept, [60, 40, 30].map(SequenceNumber));
    assert!(report.removed.is_empty());
}

#[test]
fn verify_finds_a_file_that_the_disk_has_changed() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 100);
    let storage = ground.storage();
    let header = written.write(&storage, 60);
    let mut folder = written.folder(&storage);
    folder.verify(&header).unwrap();
    let file = folder.file(header.sequence);
    // Whole, and good in itself, but of another epoch than was written.
    ground
        .disk()
        .spoil(&file, |bytes| {
            bytes[28] ^= 1;
            let crc = matchgate_journal::crc32c(&bytes[..124]);
            bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        })
        .unwrap();
    let error = folder.verify(&header).unwrap_err();
    assert!(
        matches!(problem(&error).1, Problem::Disagrees(_)),
        "{error}"
    );
}

#[test]
fn folder_that_cannot_be_listed_costs_a_full_replay_alone() {
    let ground = Ground::simulated();
    let written = Written::new(&ground, 100);
    written.write(&ground.storage(), 60);
    let disk = ground.disk().after_crash(matchgate_journal::Loss::Nothing);
    disk.plan(
        1,
        matchgate_journal::Fault::Refuse(std::io::ErrorKind::Other),
    );
    let storage: Arc<dyn Storage> = Arc::new(disk);
    let recovered = written.recover(&storage, written.last);
    assert_eq!(recovered.report.snapshot, None);
    assert_eq!(recovered.report.refused.len(), 1);
    assert_eq!(recovered.report.tail_commands, written.last.0);
}

#[test]
fn file_on_a_real_disk_is_the_one_on_a_simulated_one() {
    let (real, simulated) = (Ground::new(), Ground::simulated());
    let bodies = [&real, &simulated].map(|ground| {
        let written = Written::new(ground, 150);
        let storage = ground.storage();
        written.write(&storage, 120);
        let mut folder = written.folder(&storage);
        folder.prune(written.last).unwrap();
        let file = folder.file(SequenceNumber(120));
        read_whole(&*storage, &file).unwrap().split_off(128)
    });
    assert_eq!(bodies[0], bodies[1]);
}
