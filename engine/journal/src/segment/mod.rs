//! A segment: one file of a stream's records, named by its first sequence. Knows neither the
//! staging log nor who writes.
//!
//! The file `{first sequence, 20 digits}.mgj` is a header of 4096 bytes, records one after the
//! other, and zeros. All records of a segment have its epoch and sequences without gaps; a gap is
//! only between segments of rising epoch. All fields are little-endian.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `MGJ1` |
//! | 4 | 4 | format, 2 |
//! | 8 | 4 | CRC-32C of the 4096 bytes, this field 0 |
//! | 12 | 1 | stream kind |
//! | 13 | 1 | stream index |
//! | 14 | 2 | zeros |
//! | 16 | 16 | UUID of the data directory |
//! | 32 | 4 | epoch |
//! | 36 | 4 | zeros |
//! | 40 | 8 | first sequence |
//! | 48 | 8 | last sequence of the segment before; 0 for none |
//! | 56 | 16 | configuration hash |
//! | 72 | 32 | build id |
//! | 104 | 8 | hash of the segment before, see [`SegmentHash`]; 0 where it is not known |
//! | 112 | 16 | hash of the layouts of bodies, the caller's; zeros where it has none |
//! | 128 | 3968 | zeros |
//! | 4096 | | records |
//!
//! Format 1 has zeros from 104 on and is read too.

pub(crate) mod hash;
pub(crate) mod reader;
pub(crate) mod tail;

use std::path::{Path, PathBuf};

use crate::bytes::{put, read, read_u32, read_u64};
use crate::checksum::{crc32c, crc32c_without_field};
use crate::error::{DamageReason, JournalError, io_error};
use crate::planted::{Bug, bites};
use crate::schema_hash::SchemaHash;
use crate::storage::Storage;
use crate::stream::StreamId;
use hash::SegmentHash;

/// Bytes in a segment's header, and of the blocks that segments are written in.
pub(crate) const BLOCK_BYTES: u64 = 4096;
/// The format of segments this build writes.
pub(crate) const SEGMENT_FORMAT: u32 = 2;
/// The oldest format it reads.
pub(crate) const SEGMENT_FORMAT_MIN: u32 = 1;

const HEADER_BYTES: usize = 4096;
const MAGIC: [u8; 4] = *b"MGJ1";
const AT_FORMAT: usize = 4;
const AT_CRC: usize = 8;
const AT_KIND: usize = 12;
const AT_INDEX: usize = 13;
const AT_UUID: usize = 16;
const AT_EPOCH: usize = 32;
const AT_FIRST: usize = 40;
const AT_PREVIOUS: usize = 48;
const AT_CONFIGURATION: usize = 56;
const AT_BUILD: usize = 72;
const AT_PREVIOUS_HASH: usize = 104;
const AT_SCHEMA: usize = 112;
const EXTENSION: &str = "mgj";

/// Whose segment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uuid: [u8; 16],
    pub(crate) kind: u8,
    pub(crate) index: u8,
}

impl Owner {
    pub(crate) fn new(uuid: [u8; 16], stream: StreamId) -> Self {
        Self {
            uuid,
            kind: stream.kind.code(),
            index: stream.index,
        }
    }
}

/// What a segment's header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) owner: Owner,
    pub(crate) epoch: u32,
    pub(crate) first_sequence: u64,
    pub(crate) previous_sequence: u64,
    pub(crate) configuration_hash: [u8; 16],
    pub(crate) build_id: [u8; 32],
    /// Hash of the segment before; `None` where it is not known, or there is none.
    pub(crate) previous_hash: Option<SegmentHash>,
    /// Hash of the layouts of bodies; zeros where the caller has none.
    pub(crate) schema: SchemaHash,
}

impl SegmentHeader {
    /// Returns the header's block.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut block = vec![0_u8; HEADER_BYTES];
        put(&mut block, 0, &MAGIC);
        put(&mut block, AT_FORMAT, &SEGMENT_FORMAT.to_le_bytes());
        put(&mut block, AT_KIND, &[self.owner.kind]);
        put(&mut block, AT_INDEX, &[self.owner.index]);
        put(&mut block, AT_UUID, &self.owner.uuid);
        put(&mut block, AT_EPOCH, &self.epoch.to_le_bytes());
        put(&mut block, AT_FIRST, &self.first_sequence.to_le_bytes());
        put(
            &mut block,
            AT_PREVIOUS,
            &self.previous_sequence.to_le_bytes(),
        );
        put(&mut block, AT_CONFIGURATION, &self.configuration_hash);
        put(&mut block, AT_BUILD, &self.build_id);
        let previous = self.previous_hash.map_or(0, SegmentHash::get);
        put(&mut block, AT_PREVIOUS_HASH, &previous.to_le_bytes());
        put(&mut block, AT_SCHEMA, &self.schema.0);
        let crc = crc32c(&block);
        put(&mut block, AT_CRC, &crc.to_le_bytes());
        block
    }

    /// Reads a header's block.
    pub(crate) fn decode(block: &[u8]) -> Result<Self, HeaderError> {
        if read::<4>(block, 0) != Some(MAGIC) {
            return Err(HeaderError::Damaged(DamageReason::HeaderMagic));
        }
        let (Some(format), Some(stored), HEADER_BYTES) = (
            read_u32(block, AT_FORMAT),
            read_u32(block, AT_CRC),
            block.len(),
        ) else {
            return Err(HeaderError::Damaged(DamageReason::Truncated));
        };
        let differs = crc32c_without_field(block, AT_CRC) != stored;
        if differs && !bites(Bug::HeaderChecksumUnchecked) {
            return Err(HeaderError::Damaged(DamageReason::HeaderChecksum));
        }
        if !(SEGMENT_FORMAT_MIN..=SEGMENT_FORMAT).contains(&format) {
            return Err(HeaderError::Format(format));
        }
        Self::fields(block).ok_or(HeaderError::Damaged(DamageReason::Truncated))
    }

    fn fields(block: &[u8]) -> Option<Self> {
        Some(Self {
            owner: Owner {
                uuid: read(block, AT_UUID)?,
                kind: read::<1>(block, AT_KIND)?[0],
                index: read::<1>(block, AT_INDEX)?[0],
            },
            epoch: read_u32(block, AT_EPOCH)?,
            first_sequence: read_u64(block, AT_FIRST)?,
            previous_sequence: read_u64(block, AT_PREVIOUS)?,
            configuration_hash: read(block, AT_CONFIGURATION)?,
            build_id: read(block, AT_BUILD)?,
            previous_hash: SegmentHash::stored(read_u64(block, AT_PREVIOUS_HASH)?),
            schema: SchemaHash(read(block, AT_SCHEMA)?),
        })
    }
}

/// Returns the checksum that a header's block carries.
pub(crate) fn header_checksum(block: &[u8]) -> u32 {
    read_u32(block, AT_CRC).unwrap_or(0)
}

/// Why a header is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    Damaged(DamageReason),
    Format(u32),
}

/// Returns the name of the segment that begins with `first_sequence`.
pub(crate) fn segment_path(folder: &Path, first_sequence: u64) -> PathBuf {
    folder.join(format!("{first_sequence:020}.{EXTENSION}"))
}

/// Returns the name under which a segment is made before it has records.
pub(crate) fn temporary_path(folder: &Path) -> PathBuf {
    folder.join("segment.new")
}

/// Returns the first sequences of the segments in `folder`, rising; none where it does not exist.
pub(crate) fn list_segments(
    storage: &dyn Storage,
    folder: &Path,
) -> Result<Vec<u64>, JournalError> {
    let names = match storage.list(folder) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("listing", folder)(error)),
    };
    let mut firsts = Vec::new();
    for name in names {
        let stem = name.strip_suffix(EXTENSION);
        let stem = stem.and_then(|name| name.strip_suffix('.'));
        if let Some(first) = stem
            .filter(|stem| stem.len() == 20)
            .and_then(|stem| stem.parse().ok())
        {
            firsts.push(first);
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Makes the names in a stream's folder durable.
pub(crate) fn sync_names(storage: &dyn Storage, folder: &Path) -> Result<(), JournalError> {
    storage
        .sync_folder(folder)
        .map_err(io_error("syncing the folder", folder))
}
