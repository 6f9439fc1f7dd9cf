//! Reading a snapshot file: no byte is taken for granted, and what is wrong is told with its place.
//! It must not know what else there is in the folder.

use std::io;

use matchgate_core::Shard;
use matchgate_core::domain::SequenceNumber;
use matchgate_journal::{StoredFile, crc32c};

use super::error::{SnapshotFileError, SnapshotFileProblem as Problem};
use super::folder::{SnapshotFolder, io_error};
use super::header::{
    AT_BODY_CRC, AT_DIRECTORY, AT_SEQUENCE, AT_SHARD, AT_STATE_HASH, AT_TIME,
    SNAPSHOT_HEADER_BYTES, SnapshotHeader,
};

const HEADER_BYTES: u64 = SNAPSHOT_HEADER_BYTES as u64;

impl SnapshotFolder {
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
        self.note_verified(sequence);
        Ok(())
    }

    /// Returns whether the snapshot at `sequence` is good: those that were restored before are
    /// held to their checksums alone.
    pub(super) fn check(&mut self, sequence: SequenceNumber) -> Result<(), SnapshotFileError> {
        if self.was_verified(sequence) {
            return self.load(sequence).map(drop);
        }
        self.restore(sequence)?;
        self.note_verified(sequence);
        Ok(())
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
        let file = self.storage().open(&path).map_err(reading)?;
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
        let (at, problem) = if header.directory != self.owner().directory {
            (AT_DIRECTORY, Problem::Directory)
        } else if header.shard != self.owner().shard {
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
        let owner = self.owner();
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
