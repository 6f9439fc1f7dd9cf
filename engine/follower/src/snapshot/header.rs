//! The header of a snapshot file: 128 bytes, see `schema/docs/snapshot.md`. It must not know what
//! the body is.

use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
use matchgate_journal::crc32c;

use super::error::SnapshotFileProblem as Problem;

/// Format of the files that this build writes, and the only one that it reads.
pub const SNAPSHOT_FILE_FORMAT: u32 = 1;
/// Bytes before the body.
pub const SNAPSHOT_HEADER_BYTES: usize = 128;

const MAGIC: [u8; 4] = *b"MGS1";
const AT_FORMAT: usize = 4;
pub(super) const AT_DIRECTORY: usize = 8;
pub(super) const AT_SHARD: usize = 24;
const AT_ZEROS: usize = 25;
pub(super) const AT_EPOCH: usize = 28;
pub(super) const AT_SEQUENCE: usize = 32;
pub(super) const AT_TIME: usize = 40;
pub(super) const AT_STATE_HASH: usize = 48;
const AT_BUILD: usize = 64;
const AT_CONFIGURATION: usize = 96;
const AT_BODY_BYTES: usize = 112;
pub(super) const AT_BODY_CRC: usize = 120;
const AT_CRC: usize = 124;

const _: () = assert!(AT_CRC + 4 == SNAPSHOT_HEADER_BYTES);

/// What a snapshot file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// UUID of the data directory.
    pub directory: [u8; 16],
    /// The shard.
    pub shard: ShardId,
    /// Epoch of the last command.
    pub epoch: Epoch,
    /// Place of the last command.
    pub sequence: SequenceNumber,
    /// Time of the last command, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// State hash after it.
    pub state_hash: u128,
    /// Which build wrote the file.
    pub build_id: [u8; 32],
    /// Hash of the configuration that it ran with.
    pub configuration_hash: [u8; 16],
    /// Bytes of the body.
    pub body_bytes: u64,
    /// CRC-32C of the body.
    pub body_crc: u32,
}

/// What is wrong with a header, and at which byte.
pub(super) type HeaderError = (usize, Problem);

impl SnapshotHeader {
    pub(super) fn encode(&self) -> [u8; SNAPSHOT_HEADER_BYTES] {
        let mut block = [0; SNAPSHOT_HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| {
            block[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0, &MAGIC);
        put(AT_FORMAT, &SNAPSHOT_FILE_FORMAT.to_le_bytes());
        put(AT_DIRECTORY, &self.directory);
        put(AT_SHARD, &[self.shard.get()]);
        put(AT_EPOCH, &self.epoch.get().to_le_bytes());
        put(AT_SEQUENCE, &self.sequence.get().to_le_bytes());
        put(AT_TIME, &self.time_ns.to_le_bytes());
        put(AT_STATE_HASH, &self.state_hash.to_le_bytes());
        put(AT_BUILD, &self.build_id);
        put(AT_CONFIGURATION, &self.configuration_hash);
        put(AT_BODY_BYTES, &self.body_bytes.to_le_bytes());
        put(AT_BODY_CRC, &self.body_crc.to_le_bytes());
        let crc = crc32c(&block[..AT_CRC]);
        block[AT_CRC..].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Returns the header that a block holds. Whose it is, is left to the caller.
    pub(super) fn decode(block: &[u8; SNAPSHOT_HEADER_BYTES]) -> Result<Self, HeaderError> {
        if block[..AT_FORMAT] != MAGIC {
            return Err((0, Problem::Magic));
        }
        if crc32c(&block[..AT_CRC]) != u32::from_le_bytes(field(block, AT_CRC)) {
            return Err((AT_CRC, Problem::HeaderChecksum));
        }
        let found = u32::from_le_bytes(field(block, AT_FORMAT));
        if found != SNAPSHOT_FILE_FORMAT {
            let known = SNAPSHOT_FILE_FORMAT;
            return Err((AT_FORMAT, Problem::Format { found, known }));
        }
        if field(block, AT_ZEROS) != [0; AT_EPOCH - AT_ZEROS] {
            return Err((AT_ZEROS, Problem::NotZero));
        }
        Ok(Self {
            directory: field(block, AT_DIRECTORY),
            shard: ShardId(block[AT_SHARD]),
            epoch: Epoch(u32::from_le_bytes(field(block, AT_EPOCH))),
            sequence: SequenceNumber(u64::from_le_bytes(field(block, AT_SEQUENCE))),
            time_ns: u64::from_le_bytes(field(block, AT_TIME)),
            state_hash: u128::from_le_bytes(field(block, AT_STATE_HASH)),
            build_id: field(block, AT_BUILD),
            configuration_hash: field(block, AT_CONFIGURATION),
            body_bytes: u64::from_le_bytes(field(block, AT_BODY_BYTES)),
            body_crc: u32::from_le_bytes(field(block, AT_BODY_CRC)),
        })
    }
}

/// Returns the `N` bytes at `at`.
fn field<const N: usize>(block: &[u8; SNAPSHOT_HEADER_BYTES], at: usize) -> [u8; N] {
    *block[at..]
        .first_chunk()
        .expect("the layout's constant offsets lie inside its block")
}
