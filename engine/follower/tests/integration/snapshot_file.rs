//! The file of a snapshot: its bytes, and that no other bytes are taken for one.

use std::path::Path;
use std::sync::Arc;

use matchgate_core::domain::{SequenceNumber, Sequenced, ShardId, Side};
use matchgate_core::{EventBuffer, Progress, Shard};
use matchgate_follower::snapshot::{
    RecoveryReport, SNAPSHOT_HEADER_BYTES, SnapshotFileProblem as Problem,
};
use matchgate_follower::{SnapshotFileError, SnapshotFolder, SnapshotOwner};
use matchgate_journal::{SimulatedDisk, Storage, crc32c, read_whole};

use crate::gateway::Gateway;
use crate::snapshot_support::{EPOCH, Written, assert_same, problem};
use crate::venue::{CAPACITY, Ground, SHARD, definitions};

/// A journal with two snapshots, the newer one small.
struct Two {
    ground: Ground,
    written: Written,
    newer: SequenceNumber,
    older: SequenceNumber,
}

impl Two {
    fn new() -> Self {
        let ground = Ground::simulated();
        let written = Written::new(&ground, 12);
        let [older, newer] = [9, 15].map(SequenceNumber);
        let two = Self {
            ground,
            written,
            newer,
            older,
        };
        two.written.write(&two.storage(), older.0);
        two.written.write(&two.storage(), newer.0);
        two
    }

    fn storage(&self) -> Arc<dyn Storage> {
        self.ground.storage()
    }

    fn folder(&self) -> SnapshotFolder {
        self.written.folder(&self.storage())
    }

    fn bytes(&self) -> Vec<u8> {
        let file = self.folder().file(self.newer);
        self.ground.disk().content(&file).expect("the newer one")
    }

    fn put(&self, bytes: &[u8]) {
        let file = self.folder().file(self.newer);
        let spoiled = self.ground.disk().spoil(&file, |stored| {
            stored.clear();
            stored.extend_from_slice(bytes);
        });
        spoiled.expect("there is such a file");
    }

    /// Returns why the newer one is not taken as it stands.
    fn refusal(&self) -> SnapshotFileError {
        self.folder().restore(self.newer).expect_err("no snapshot")
    }

    /// Puts bytes in its place, and returns why they are not taken.
    fn refusal_of(&self, bytes: &[u8]) -> (u64, Problem) {
        self.put(bytes);
        problem(&self.refusal())
    }

    /// Recovers, and checks that it is the state of the full replay from the older one.
    fn recover_from_older(&self, at: &str) -> RecoveryReport {
        let last = self.written.last;
        let recovered = self.written.recover(&self.storage(), last);
        let expected = self.written.replay(&self.storage(), last);
        assert_same(&recovered.shard, &expected, at);
        let used = recovered.report.snapshot.map(|header| header.sequence);
        assert_eq!(used, Some(self.older), "{at}");
        assert_eq!(recovered.report.refused.len(), 1, "{at}");
        recovered.report
    }
}

/// Makes both checksums of changed bytes fit.
fn seal(bytes: &mut [u8]) {
    let body = crc32c(&bytes[SNAPSHOT_HEADER_BYTES..]);
    bytes[120..124].copy_from_slice(&body.to_le_bytes());
    let header = crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&header.to_le_bytes());
}

fn sealed(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    seal(&mut bytes);
    bytes
}

/// Returns a shard with instruments, accounts, lent slots and two orders, at times of its own.
fn small_shard(owner: &SnapshotOwner) -> Shard {
    let mut commands = definitions();
    let mut gateway = Gateway::new(0, 0, 4, 1);
    commands.push(gateway.new_order(0, Side::Buy, 9_990, 10));
    commands.push(gateway.new_order(1, Side::Sell, 10_010, 20));
    let mut shard = Shard::new(owner.shard, owner.capacity);
    let mut events = EventBuffer::new();
    for (sequence, body) in (1..).zip(commands) {
        let command = Sequenced {
            sequence: SequenceNumber(sequence),
            epoch: EPOCH,
            time_ns: 1_700_000_000_000_000_000 + sequence,
            body,
        };
        assert_eq!(shard.apply(&command, &mut events), Progress::Done);
        events.clear();
    }
    shard
}

/// The build alone differs with each run.
#[test]
fn bytes_of_a_file_are_those_of_the_golden_one() {
    let owner = SnapshotOwner {
        directory: [0xD1; 16],
        shard: SHARD,
        capacity: CAPACITY,
        configuration_hash: [0xC0; 16],
    };
    let shard = small_shard(&owner);
    let storage: Arc<dyn Storage> = Arc::new(SimulatedDisk::new());
    let path = Path::new("/data/snapshots/shard-0");
    let mut folder = SnapshotFolder::new(Arc::clone(&storage), path, owner);
    let at = shard.last_sequence();
    folder.write(&shard, EPOCH, at).unwrap();
    let file = folder.file(at);
    assert_eq!(file, path.join("00000000000000000008.mgs"));
    let mut bytes = read_whole(&*storage, &file).unwrap();
    bytes[64..96].fill(0xB1);
    seal(&mut bytes);
    let golden = include_bytes!("../golden/snapshot.mgs");
    assert!(bytes == golden, "{bytes:?}");
    // And it is read by a build that did not write it.
    let stored = storage.create(&file).unwrap();
    stored.write_at(golden, 0).unwrap();
    let (header, restored) = folder.restore(at).unwrap();
    assert_eq!(header.build_id, [0xB1; 32]);
    assert_eq!(header.epoch, EPOCH);
    assert_same(&restored, &shard, "golden");
}

#[test]
fn file_cut_short_anywhere_is_refused_and_the_older_one_is_used() {
    let two = Two::new();
    let bytes = two.bytes();
    for length in 0..bytes.len() {
        let (offset, problem) = two.refusal_of(&bytes[..length]);
        let end = if length < SNAPSHOT_HEADER_BYTES {
            SNAPSHOT_HEADER_BYTES
        } else {
            bytes.len()
        };
        let missing = u64::try_from(end - length).unwrap();
        assert_eq!(problem, Problem::Truncated { missing }, "{length} bytes");
        assert_eq!(offset, u64::try_from(length).unwrap());
        if length % 29 == 0 {
            two.recover_from_older(&format!("{length} bytes"));
        }
    }
    let longer = [&bytes[..], &[0; 3]].concat();
    let (offset, problem) = two.refusal_of(&longer);
    assert_eq!(problem, Problem::TrailingBytes { count: 3 });
    assert_eq!(offset, u64::try_from(bytes.len()).unwrap());
    two.recover_from_older("longer");
    println!("{} truncations", bytes.len());
}

#[test]
fn file_with_any_one_bit_changed_is_refused_and_the_older_one_is_used() {
    let two = Two::new();
    let bytes = two.bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let (offset, problem) = two.refusal_of(&changed);
        let expected = match bit / 8 {
            0..4 => (0, Problem::Magic),
            4..SNAPSHOT_HEADER_BYTES => (124, Problem::HeaderChecksum),
            _ => (120, Problem::BodyChecksum),
        };
        assert_eq!((offset, problem), expected, "bit {bit}");
        if bit % 97 == 0 {
            two.recover_from_older(&format!("bit {bit}"));
        }
    }
    println!("{} bits", bytes.len() * 8);
}

/// Whoever can write the file can make the checksums fit: then the body is judged, and what is taken
/// has the state hash that the journal goes on from.
#[test]
fn changed_byte_whose_checksums_fit_is_refused_or_is_the_same_state() {
    let two = Two::new();
    let bytes = two.bytes();
    let (header, _) = two.folder().restore(two.newer).unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        let changed = sealed(&bytes, |bytes| bytes[at] ^= 1 << (at % 8));
        two.put(&changed);
        match two.folder().restore(two.newer) {
            Ok((_, shard)) => assert_eq!(shard.state_hash(), header.state_hash, "byte {at}"),
            Err(error) => {
                refused += 1;
                let (offset, _) = problem(&error);
                assert!(offset <= u64::try_from(bytes.len()).unwrap(), "{error}");
            }
        }
    }
    println!("{refused} of {} changes are refused", bytes.len());
    assert!(refused > bytes.len() / 2, "{refused} of {}", bytes.len());
}

#[test]
fn what_is_wrong_is_told_with_the_file_and_the_byte() {
    let two = Two::new();
    let bytes = two.bytes();
    let file = two.folder().file(two.newer);
    let cases: [(&str, u64, Vec<u8>); 9] = [
        ("another data directory", 8, sealed(&bytes, |b| b[8] ^= 1)),
        ("belongs to shard 3", 24, sealed(&bytes, |b| b[24] = 3)),
        ("not zero", 25, sealed(&bytes, |b| b[27] = 1)),
        (
            "holds the snapshot at 14, its name",
            32,
            sealed(&bytes, |b| b[32] = 14),
        ),
        (
            "the time in the header is not",
            40,
            sealed(&bytes, |b| b[40] ^= 1),
        ),
        ("the state hash is", 48, sealed(&bytes, |b| b[48] ^= 1)),
        (
            "format 2, but this build reads format 1",
            4,
            sealed(&bytes, |b| b[4] = 2),
        ),
        // The body's own format, and the capacity of another layout.
        (
            "no snapshot of this shard: format 7",
            128,
            sealed(&bytes, |b| b[128] = 7),
        ),
        (
            "no snapshot of this shard: it is of a shard of",
            133,
            sealed(&bytes, |b| b[136] ^= 1),
        ),
    ];
    for (words, offset, changed) in cases {
        let (at, _) = two.refusal_of(&changed);
        let text = two.refusal().to_string();
        assert!(text.contains(words), "{text}");
        assert!(text.contains(&file.display().to_string()), "{text}");
        assert!(text.contains(&format!("at byte {at}")), "{text}");
        if !words.contains("of a shard of") {
            assert_eq!(at, offset, "{text}");
        }
        two.recover_from_older(words);
    }
}

/// A file that is good in itself, of a shard that another sequence was written over.
#[test]
fn snapshot_under_another_name_is_refused() {
    let two = Two::new();
    let folder = two.folder();
    let older = two.ground.disk().content(&folder.file(two.older)).unwrap();
    let (offset, found) = two.refusal_of(&older);
    assert_eq!((offset, found), (32, Problem::Name(two.older)));
    two.recover_from_older("another name");
}

#[test]
fn snapshot_of_another_shard_or_directory_is_refused() {
    let two = Two::new();
    let mut owner = two.written.owner;
    owner.shard = ShardId(1);
    let path = two.written.snapshots.clone();
    let others = SnapshotFolder::new(two.storage(), &path, owner);
    let error = others.restore(two.newer).unwrap_err();
    assert_eq!(problem(&error).1, Problem::Shard(two.written.owner.shard));
    let mut owner = two.written.owner;
    owner.directory = [9; 16];
    let others = SnapshotFolder::new(two.storage(), &path, owner);
    let error = others.restore(two.newer).unwrap_err();
    assert_eq!(problem(&error).1, Problem::Directory);
}

#[test]
fn shard_ahead_of_the_synced_mark_is_not_saved() {
    let two = Two::new();
    let shard = two.written.replay(&two.storage(), SequenceNumber(12));
    let before = two.folder().list().unwrap();
    let error = two
        .folder()
        .write(&shard, EPOCH, SequenceNumber(11))
        .unwrap_err();
    assert!(matches!(
        error,
        SnapshotFileError::Ahead {
            sequence: SequenceNumber(12),
            synced: SequenceNumber(11),
        }
    ));
    assert_eq!(two.folder().list().unwrap(), before);
}

#[test]
fn names_that_are_no_snapshot_are_passed_over() {
    let two = Two::new();
    let folder = two.folder();
    for name in [
        "snapshot.new",
        "1.mgs",
        "+0000000000000000007.mgs",
        "99999999999999999999.mgs",
        "00000000000000000007.mgj",
        "notes",
    ] {
        two.storage().create(&folder.path().join(name)).unwrap();
    }
    assert_eq!(folder.list().unwrap(), [two.older, two.newer]);
}
