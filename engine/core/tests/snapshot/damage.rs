//! Damage: bytes that are not those of a snapshot are refused, or restore a shard that keeps every
//! bound and has just these bytes as its snapshot.

use std::panic::{AssertUnwindSafe, catch_unwind};

use matchgate_core::domain::{Command, Sequenced, ShardId};
use matchgate_core::{Shard, SnapshotProblem};
use matchgate_twin::differential::SHARD;
use matchgate_twin::generator::Flow;

use super::subject::{Random, SMALL, Sections, Subject, commands, saved, small_shard};

#[test]
fn every_truncation_is_refused() {
    let bytes = saved(&small_shard());
    for length in 0..bytes.len() {
        let error = Shard::restore(ShardId(0), SMALL, &bytes[..length]).unwrap_err();
        let due = if length < 128 { 128 } else { bytes.len() };
        let missing = (due - length) as u64;
        assert_eq!(error.offset, length);
        assert_eq!(error.problem, SnapshotProblem::Ends { missing });
    }
}

/// The state hash does not know to whom a slot is lent that holds no live order, nor the generation
/// of a vacant one: it has both in running sums, which are stored. Whoever stores a snapshot guards
/// its bytes; all that this shows is that nothing else gets past the hash.
#[test]
fn every_bit_flip_is_refused_or_is_in_what_the_state_hash_knows_by_a_sum_alone() {
    let bytes = saved(&small_shard());
    let sections = Sections::of(&bytes);
    let in_sums = [sections.ranges.clone(), sections.vacant.clone()];
    let mut taken = 0;
    for bit in 0..bytes.len() * 8 {
        let (at, mask) = (bit / 8, 1 << (bit % 8));
        let mut flipped = bytes.clone();
        flipped[at] ^= mask;
        let Ok(shard) = Shard::restore(ShardId(0), SMALL, &flipped) else {
            continue;
        };
        taken += 1;
        assert!(in_sums.iter().any(|sums| sums.contains(&at)), "bit {bit}");
        assert_eq!(shard.state_hash(), small_shard().state_hash());
        assert!(saved(&shard) == flipped, "bit {bit} is not saved again");
    }
    println!("{} bits, {taken} taken", bytes.len() * 8);
}

/// Changes a few numbers of a snapshot; sequence and time stay, which its reader knows.
fn change(bytes: &mut [u8], random: &mut Random) {
    const SEQUENCE_AND_TIME: std::ops::Range<usize> = 56..72;
    let numbers = [
        0,
        1,
        2,
        5,
        u64::MAX,
        1 << 63,
        (1 << 63) - 1,
        1 << 62,
        10_000_000,
    ];
    for _ in 0..=random.below(3) {
        // Every second change is of an order, or of what stands near the end.
        let from = if random.below(2) == 0 {
            bytes.len() / 2
        } else {
            0
        };
        let at = (from + random.below(bytes.len() - from)) & !7;
        let Some(field) = bytes.get_mut(at..at + 8) else {
            continue;
        };
        if SEQUENCE_AND_TIME.contains(&at) {
            continue;
        }
        let number = numbers[random.below(numbers.len())].to_le_bytes();
        match random.below(4) {
            0 => field[random.below(8)] = number[0],
            1 => field[random.below(8)] ^= 1 << random.below(8),
            2 => field[..4].copy_from_slice(&number[..4]),
            _ => field.copy_from_slice(&number),
        }
    }
}

/// Restores a shard of bytes, whose state hash is made to fit where that is all that is wrong.
fn restored_with_a_hash_that_fits(bytes: &mut [u8], flow: Flow) -> Option<Shard> {
    let error = match Shard::restore(SHARD, flow.capacity(), bytes) {
        Ok(shard) => return Some(shard),
        Err(error) => error,
    };
    let SnapshotProblem::StateHash { computed, .. } = error.problem else {
        return None;
    };
    bytes[80..96].copy_from_slice(&computed.to_le_bytes());
    Some(Shard::restore(SHARD, flow.capacity(), bytes).expect("nothing else was wrong"))
}

/// Damages snapshots of a flow; returns how many of how many were taken.
fn damage(flow: Flow, seed: u64, tries: usize) -> (usize, usize) {
    const BEFORE: usize = 1_500;
    const AFTER: usize = 150;
    let commands: Vec<Sequenced<Command>> = commands(seed, flow, BEFORE + AFTER);
    let (before, after) = commands.split_at(BEFORE);
    let mut subject = Subject::new(Shard::new(SHARD, flow.capacity()));
    let mut random = Random(seed);
    let (mut taken, mut tried) = (0, 0);
    for (index, command) in before.iter().enumerate() {
        subject.apply(command);
        if index % 25 != 24 {
            continue;
        }
        let bytes = saved(&subject.shard);
        for _ in 0..tries {
            tried += 1;
            let mut changed = bytes.clone();
            change(&mut changed, &mut random);
            let Some(shard) = restored_with_a_hash_that_fits(&mut changed, flow) else {
                continue;
            };
            taken += 1;
            assert!(
                saved(&shard) == changed,
                "seed {seed}: other bytes are saved"
            );
            let mut other = Subject::new(shard);
            let told = catch_unwind(AssertUnwindSafe(|| {
                for command in after {
                    other.apply(command);
                }
            }));
            assert!(told.is_ok(), "seed {seed}: after {index} commands");
        }
    }
    (taken, tried)
}

#[test]
fn damaged_snapshot_whose_hash_fits_restores_a_shard_that_never_panics() {
    for flow in [Flow::Mixed, Flow::Wide, Flow::Pegs] {
        let (mut taken, mut tried) = (0, 0);
        for seed in 1..=6 {
            let of_seed = damage(flow, seed, 40);
            taken += of_seed.0;
            tried += of_seed.1;
        }
        println!("{flow:?}: {tried} damaged, {taken} taken");
        assert!(taken > 500);
    }
}
