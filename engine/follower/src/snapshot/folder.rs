//! The folder of one shard's snapshots: writes a file whole and durable or not at all, and takes no
//! byte of one for granted. It must not know when a snapshot is due.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
use matchgate_core::{Shard, ShardCapacity};
use matchgate_journal::{Storage, StoredFile, build_id, crc32c, replace_whole};

use super::error::{SnapshotFileError, SnapshotFileProblem as Problem};
use super::header::{
    AT_BODY_CRC, AT_DIRECTORY, AT_SEQUENCE, AT_SHARD, AT_STATE_HASH, AT_TIME,
    SNAPSHOT_HEADER_BYTES, SnapshotHeader,
};

const EXTENSION: &str = ".mgs";
const NAME_DIGITS: usize = 20;
/// Name of a file that is being written. There is one: a new attempt takes the place of what a
/// crash left.
const TEMPORARY: &str = "snapshot.new";
const HEADER_BYTES: u64 = SNAPSHOT_HEADER_BYTES as u64;

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

    /// Reads the snapshot at `sequence` back and compares what it makes with `expected`, which
    /// [`write`](Self::write) returned.
    ///
    /// # Errors
    ///
    /// As for [`restore`](Self::restore).
    pub fn verify(&mut self, expected: &SnapshotHeader) -> Result<(), SnapshotFileError> {
        let sequence = expected.sequence;
        let (header, shard) = self.restore(sequence)?;
        if header != *expected {
            let problem = Problem::Disagrees("header that was written");
            return Err(self.refused(sequence, 0, problem));
        }
        self.check_hash(sequence, expected.state_hash, &shard)?;
        self.verified.insert(sequence);
        Ok(())
    }

    /// Returns whether the snapshot at `sequence` is good: those that were restored before are
    /// held to their checksums alone.
    pub(super) fn check(&mut self, sequence: SequenceNumber) -> Result<(), SnapshotFileError> {
        if self.verified.contains(&sequence) {
            return self.load(sequence).map(drop);
        }
        self.restore(sequence)?;
        self.verified.insert(sequence);
        Ok(())
    }

    pub(super) fn forget(&mut self, sequence: SequenceNumber) {
        self.verified.remove(&sequence);
    }

    /// Returns the shard of the snapshot at `sequence`, and what its file says of itself.
    ///
    /// # Errors
    ///
    /// Returns the first thing found that makes the file no snapshot of this shard, or the refusal
    /// of the disk.
    pub fn restore(
        &self,
        sequence: SequenceNumber,
    ) -> Result<(SnapshotHeader, Shard), SnapshotFileError> {
        let (header, body) = self.load(sequence)?;
        let shard = self.restore_body(&header, &body)?;
        Ok((header, shard))
    }

    /// Returns the header and the body, which both meet their checksums.
    pub(super) fn load(
        &self,
        sequence: SequenceNumber,
    ) -> Result<(SnapshotHeader, Vec<u8>), SnapshotFileError> {
        let path = self.file(sequence);
        let reading = |error| io_error("reading", &path)(error);
        let file = self.storage.open(&path).map_err(reading)?;
        let length = file.length().map_err(reading)?;
        let mut block = [0; SNAPSHOT_HEADER_BYTES];
        let count = read_up_to(&*file, &mut block, 0).map_err(reading)?;
        if count < SNAPSHOT_HEADER_BYTES {
            let missing = (SNAPSHOT_HEADER_BYTES - count) as u64;
            return Err(self.refused(sequence, count as u64, Problem::Truncated { missing }));
        }
        let header = SnapshotHeader::decode(&block)
            .map_err(|(at, problem)| self.refused(sequence, at as u64, problem))?;
        self.check_owner(sequence, &header)?;
        // Before room for the body is asked for.
        let held = length.saturating_sub(HEADER_BYTES);
        if held < header.body_bytes {
            let missing = header.body_bytes - held;
            return Err(self.refused(sequence, length, Problem::Truncated { missing }));
        }
        let end = HEADER_BYTES + header.body_bytes;
        if held > header.body_bytes {
            let count = held - header.body_bytes;
            return Err(self.refused(sequence, end, Problem::TrailingBytes { count }));
        }
        let mut body = vec![0; usize::try_from(held).expect("a usize has 64 bits")];
        let count = read_up_to(&*file, &mut body, HEADER_BYTES).map_err(reading)?;
        if count < body.len() {
            let missing = (body.len() - count) as u64;
            return Err(self.refused(sequence, end - missing, Problem::Truncated { missing }));
        }
        if crc32c(&body) != header.body_crc {
            return Err(self.refused(sequence, AT_BODY_CRC as u64, Problem::BodyChecksum));
        }
        Ok((header, body))
    }

    fn check_owner(
        &self,
        sequence: SequenceNumber,
        header: &SnapshotHeader,
    ) -> Result<(), SnapshotFileError> {
        let (at, problem) = if header.directory != self.owner.directory {
            (AT_DIRECTORY, Problem::Directory)
        } else if header.shard != self.owner.shard {
            (AT_SHARD, Problem::Shard(header.shard))
        } else if header.sequence != sequence {
            (AT_SEQUENCE, Problem::Name(header.sequence))
        } else {
            return Ok(());
        };
        Err(self.refused(sequence, at as u64, problem))
    }

    /// Returns the shard that a body makes, which must be the one that the header tells of.
    pub(super) fn restore_body(
        &self,
        header: &SnapshotHeader,
        body: &[u8],
    ) -> Result<Shard, SnapshotFileError> {
        let sequence = header.sequence;
        let owner = &self.owner;
        let shard = Shard::restore(owner.shard, owner.capacity, body).map_err(|error| {
            let offset = HEADER_BYTES + error.offset as u64;
            self.refused(sequence, offset, Problem::Body(error.problem))
        })?;
        if shard.last_sequence() != sequence {
            let problem = Problem::Disagrees("sequence");
            return Err(self.refused(sequence, AT_SEQUENCE as u64, problem));
        }
        if shard.last_time_ns() != header.time_ns {
            let problem = Problem::Disagrees("time");
            return Err(self.refused(sequence, AT_TIME as u64, problem));
        }
        self.check_hash(sequence, header.state_hash, &shard)?;
        Ok(shard)
    }

    fn check_hash(
        &self,
        sequence: SequenceNumber,
        stored: u128,
        shard: &Shard,
    ) -> Result<(), SnapshotFileError> {
        let restored = shard.state_hash();
        if restored == stored {
            return Ok(());
        }
        let problem = Problem::StateHash { stored, restored };
        Err(self.refused(sequence, AT_STATE_HASH as u64, problem))
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

/// Reads as many bytes at `offset` as `bytes` holds and the file has; returns how many.
fn read_up_to(file: &dyn StoredFile, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match file.read_at(&mut bytes[count..], offset + count as u64) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
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
