//! The tail rule: what cannot be read is a torn tail where nothing says that it was synced, and damage
//! where anything does.

use matchgate_journal::{JournalError, Loss};

use crate::machine::*;
use crate::support::*;

/// Records of the batch that a later one tells synced, and of both.
const TOLD: u64 = 20;
const ALL: u64 = 40;

/// Two batches of the first stream, the later of which tells that the earlier is synced; then the
/// power fails.
fn two_batches() -> Machine {
    let machine = Machine::fresh();
    let mut seen = Seen::default();
    let mut life = Life::begin(&machine, &mut seen).expect("opens");
    for last in [TOLD, ALL] {
        while seen.appended[0] < last {
            life.append(0, &mut seen);
        }
        while life.poll(&mut seen).expect("written") {}
    }
    assert_eq!(seen.synced[0], ALL);
    machine.restarted(Loss::Unsynced)
}

#[test]
pub(crate) fn damage_at_or_below_the_synced_mark_is_refused_and_above_it_is_a_torn_tail() {
    let found = two_batches();
    let segment = found.segment(0, 1);
    let bytes = found.disk.content(&segment).expect("the segment");
    for bad in 1..=ALL {
        let at = end_of_records_in(&bytes, bad) - 8;
        let spoil = |spoilt: &mut Vec<u8>| {
            spoilt.clone_from(&bytes);
            spoilt[at] ^= 1;
        };
        let machine = found.restarted(Loss::Unsynced);
        machine.disk.spoil(&segment, spoil).expect("the segment");
        let before = machine.disk.content(&segment).expect("the segment");
        match Life::begin(&machine, &mut Seen::default()) {
            Ok(life) => {
                assert!(bad > TOLD, "record {bad} was told synced");
                let torn = life.tails[0].torn.clone().expect("reported");
                assert_eq!(
                    (torn.last_good_sequence, torn.file),
                    (bad - 1, segment.clone())
                );
                assert_eq!(life.tails[0].last_sequence, bad - 1);
            }
            Err(JournalError::Damaged {
                last_good_sequence,
                file,
                ..
            }) => {
                assert!(bad <= TOLD, "nothing tells that record {bad} was synced");
                assert_eq!((last_good_sequence, file), (bad - 1, segment.clone()));
                let after = machine.disk.content(&segment).expect("the segment");
                assert!(after == before, "a refused start changes nothing");
            }
            Err(error) => unreachable!("{error}"),
        }
    }
}
