//! What the tests of snapshots share: a venue that has traded, its states, and how they compare.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_core::Shard;
use matchgate_core::domain::{Epoch, SequenceNumber};
use matchgate_follower::snapshot::SnapshotFileProblem;
use matchgate_follower::{
    RecoveredShard, SnapshotFileError, SnapshotFolder, SnapshotHeader, SnapshotOwner,
    recover_shard_from_snapshots,
};
use matchgate_journal::Storage;

use crate::follower::{trade, two_gateways};
use crate::venue::{Ground, Journal, Venue};

/// A journal that nobody writes any more, on a disk.
pub(crate) struct Written {
    pub(crate) segments: PathBuf,
    pub(crate) snapshots: PathBuf,
    pub(crate) owner: SnapshotOwner,
    pub(crate) last: SequenceNumber,
}

impl Written {
    /// The journal of a venue in which `commands` were entered.
    pub(crate) fn new(ground: &Ground, commands: usize) -> Self {
        let mut venue = Venue::new(ground, 256);
        trade(&mut venue, &mut two_gateways(), commands);
        Self::of(&venue.journal, venue.agent.shard().last_sequence())
    }

    pub(crate) fn of(journal: &Journal, last: SequenceNumber) -> Self {
        journal.wait_until_synced();
        Self {
            segments: journal.segments(),
            snapshots: journal.snapshots().path().to_path_buf(),
            owner: journal.owner(),
            last,
        }
    }

    pub(crate) fn folder(&self, storage: &Arc<dyn Storage>) -> SnapshotFolder {
        SnapshotFolder::new(Arc::clone(storage), &self.snapshots, self.owner)
    }

    pub(crate) fn recover(
        &self,
        storage: &Arc<dyn Storage>,
        through: SequenceNumber,
    ) -> RecoveredShard {
        recover_shard_from_snapshots(&self.folder(storage), &self.segments, through)
            .expect("a sound journal")
    }

    /// Returns the shard that a replay of the whole journal leads to.
    pub(crate) fn replay(&self, storage: &Arc<dyn Storage>, through: SequenceNumber) -> Shard {
        let none = Path::new("/there/is/no/such/folder");
        let none = SnapshotFolder::new(Arc::clone(storage), none, self.owner);
        let recovered = recover_shard_from_snapshots(&none, &self.segments, through);
        let recovered = recovered.expect("a sound journal");
        assert_eq!(recovered.report.snapshot, None);
        recovered.shard
    }

    /// Writes the snapshot at `sequence`.
    pub(crate) fn write(&self, storage: &Arc<dyn Storage>, sequence: u64) -> SnapshotHeader {
        let shard = self.replay(storage, SequenceNumber(sequence));
        self.folder(storage)
            .write(&shard, EPOCH, self.last)
            .expect("the disk takes it")
    }
}

/// Epoch of a venue's first start.
pub(crate) const EPOCH: Epoch = Epoch(1);

/// Returns all that decides how a shard goes on.
pub(crate) fn saved(shard: &Shard) -> Vec<u8> {
    let mut bytes = Vec::new();
    shard.save(&mut bytes);
    bytes
}

pub(crate) fn assert_same(shard: &Shard, expected: &Shard, at: &str) {
    assert_eq!(shard.last_sequence(), expected.last_sequence(), "{at}");
    assert_eq!(shard.state_hash(), expected.state_hash(), "{at}");
    assert!(saved(shard) == saved(expected), "{at}: the bytes differ");
}

/// Returns what is wrong with a file, and at which byte.
pub(crate) fn problem(error: &SnapshotFileError) -> (u64, SnapshotFileProblem) {
    let found = match error {
        SnapshotFileError::Refused {
            offset, problem, ..
        } => Some((*offset, *problem)),
        SnapshotFileError::Io { .. } | SnapshotFileError::Ahead { .. } => None,
    };
    found.expect("a file that was read and refused")
}

/// Returns numbers drawn from a seed: xorshift.
pub(crate) fn random(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |bound| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % bound
    }
}
