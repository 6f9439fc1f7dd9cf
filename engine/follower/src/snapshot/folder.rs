//! The folder of one shard's snapshots: names its files, and writes one whole and durable or not at
//! all. It must not know when a snapshot is due.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
use matchgate_core::{Shard, ShardCapacity};
use matchgate_journal::{Storage, build_id, crc32c, replace_whole};

use super::error::{SnapshotFileError, SnapshotFileProblem as Problem};
use super::header::{SNAPSHOT_HEADER_BYTES, SnapshotHeader};

const EXTENSION: &str = ".mgs";
const NAME_DIGITS: usize = 20;
/// Name of a file that is being written. There is one: a new attempt takes the place of what a
/// crash left.
const TEMPORARY: &str = "snapshot.new";

/// Whose snapshots a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotOwner {
    /// UUID of the data directory.
    pub directory: [u8; 16],
    /// The shard.
    pub shard: ShardId,
    /// Its capacity, as fixed in the data directory.
    pub capacity: ShardCapacity,
    /// Hash of the present configuration; it is noted in files and not compared.
    pub configuration_hash: [u8; 16],
}

/// The snapshots of one shard, `{sequence:020}.mgs` each. The folder must hold nothing else.
#[derive(Clone, Debug)]
pub struct SnapshotFolder {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    owner: SnapshotOwner,
    /// Those that were restored since this value was made, and were good.
    verified: BTreeSet<SequenceNumber>,
}

impl SnapshotFolder {
    /// Returns the snapshots in the folder `path`, a whole path. Touches nothing; the folder may be
    /// missing.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, path: &Path, owner: SnapshotOwner) -> Self {
        Self {
            storage,
            path: path.to_path_buf(),
            owner,
            verified: BTreeSet::new(),
        }
    }

    /// Returns the disk.
    #[must_use]
    pub const fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whose snapshots it holds.
    #[must_use]
    pub const fn owner(&self) -> &SnapshotOwner {
        &self.owner
    }

    /// Returns where the snapshot at `sequence` stands.
    #[must_use]
    pub fn file(&self, sequence: SequenceNumber) -> PathBuf {
        self.path.join(format!(
            "{:0width$}{EXTENSION}",
            sequence.get(),
            width = NAME_DIGITS
        ))
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.path.join(TEMPORARY)
    }

    /// Returns the sequences that there are files of, good or not, rising; none where there is no
    /// folder.
    ///
    /// # Errors
    ///
    /// Returns the refusal of the disk.
    pub fn list(&self) -> Result<Vec<SequenceNumber>, SnapshotFileError> {
        let names = match self.storage.list(&self.path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("listing", &self.path)(error)),
        };
        let mut sequences: Vec<_> = names.iter().filter_map(|name| sequence_of(name)).collect();
        sequences.sort_unstable();
        Ok(sequences)
    }

    /// Writes the snapshot of a shard whose last command is of `epoch`, and returns once it would
    /// survive a loss of power. It is visible only then, whole. `synced` is the synced mark of the
    /// shard's journal.
    ///
    /// The two folders above are made durable too where this makes them; what they lie in must
    /// be so already.
    ///
    /// # Errors
    ///
    /// [`SnapshotFileError::Ahead`] where the shard is ahead of the mark, else the refusal of the
    /// disk. Earlier snapshots are there as before.
    ///
    /// # Panics
    ///
    /// Panics where it is another shard, or its last command is not complete.
    pub fn write(
        &mut self,
        shard: &Shard,
        epoch: Epoch,
        synced: SequenceNumber,
    ) -> Result<SnapshotHeader, SnapshotFileError> {
        assert_eq!(shard.id(), self.owner.shard, "the folder is its own");
        let sequence = shard.last_sequence();
        if sequence > synced {
            return Err(SnapshotFileError::Ahead { sequence, synced });
        }
        self.make_durably()?;
        let (header, bytes) = self.encode(shard, epoch);
        self.verified.remove(&sequence);
        let (temporary, file) = (self.temporary(), self.file(sequence));
        match replace_whole(&*self.storage, &temporary, &file, &bytes) {
            Ok(()) => Ok(header),
            Err(error) => {
                // It would keep room taken on a full disk. Where it cannot be removed either, the
                // next attempt takes its place.
                drop(self.storage.remove(&temporary));
                Err(io_error("writing", &file)(error))
            }
        }
    }

    fn encode(&self, shard: &Shard, epoch: Epoch) -> (SnapshotHeader, Vec<u8>) {
        let mut bytes = vec![0; SNAPSHOT_HEADER_BYTES];
        shard.save(&mut bytes);
        let (block, body) = bytes.split_at_mut(SNAPSHOT_HEADER_BYTES);
        let header = SnapshotHeader {
            directory: self.owner.directory,
            shard: self.owner.shard,
            epoch,
            sequence: shard.last_sequence(),
            time_ns: shard.last_time_ns(),
            state_hash: shard.state_hash(),
            build_id: build_id(),
            configuration_hash: self.owner.configuration_hash,
            body_bytes: body.len() as u64,
            body_crc: crc32c(body),
        };
        block.copy_from_slice(&header.encode());
        (header, bytes)
    }

    /// Makes the folder, and its name and that of the folder above durable.
    fn make_durably(&self) -> Result<(), SnapshotFileError> {
        self.storage
            .make_folder(&self.path)
            .map_err(io_error("making", &self.path))?;
        // An earlier process may have made them and been killed at once: so this is done each time.
        for above in self.path.ancestors().skip(1).take(2) {
            self.storage
                .sync_folder(above)
                .map_err(io_error("syncing the folder", above))?;
        }
        Ok(())
    }

    /// Returns whether it was restored since this value was made, and was good.
    pub(super) fn was_verified(&self, sequence: SequenceNumber) -> bool {
        self.verified.contains(&sequence)
    }

    pub(super) fn note_verified(&mut self, sequence: SequenceNumber) {
        self.verified.insert(sequence);
    }

    pub(super) fn forget(&mut self, sequence: SequenceNumber) {
        self.verified.remove(&sequence);
    }

    pub(super) fn refused(
        &self,
        sequence: SequenceNumber,
        offset: u64,
        problem: Problem,
    ) -> SnapshotFileError {
        SnapshotFileError::Refused {
            file: self.file(sequence),
            offset,
            problem,
        }
    }
}

/// Returns the sequence that the name of a snapshot tells.
fn sequence_of(name: &str) -> Option<SequenceNumber> {
    let digits = name.strip_suffix(EXTENSION)?;
    let is_whole = digits.len() == NAME_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| digits.parse().ok().map(SequenceNumber))?
}

/// Makes a [`SnapshotFileError::Io`] of a refusal by the disk.
pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> SnapshotFileError {
    let path = path.to_path_buf();
    move |source| SnapshotFileError::Io {
        action,
        path,
        source,
    }
}
