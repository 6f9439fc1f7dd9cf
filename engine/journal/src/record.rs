//! The record: one header of 32 bytes and a body, the same in the staging log and in segments.
//! Knows neither files nor what a body means.
//!
//! All fields are little-endian.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | length: header and body, without padding; 0 = no record |
//! | 4 | 1 | kind |
//! | 5 | 1 | version, 1 |
//! | 6 | 2 | reserved, 0 |
//! | 8 | 8 | sequence |
//! | 16 | 4 | epoch |
//! | 20 | 4 | CRC-32C over header (this field 0) and body; 0 in the staging log |
//! | 24 | 8 | time, ns |
//! | 32 | n | body |
//! | 32 + n | 0-7 | zeros up to a multiple of 8 |

use crate::bytes::{put, read_u16, read_u32, read_u64, to_u64, to_usize};
use crate::checksum::{crc32c, crc32c_without_field};
use crate::error::DamageReason;
use crate::planted::{Bug, bites};

/// Bytes in a record's header.
pub const RECORD_HEADER_BYTES: usize = 32;
/// Bytes in the longest body of a record.
pub const RECORD_BODY_BYTES_MAX: usize = RECORD_BYTES_MAX - RECORD_HEADER_BYTES;
/// Bytes in the longest record, header and padding included.
pub const RECORD_BYTES_MAX: usize = 32 * 1024;
/// The largest kind a caller may give; the kinds above it are the journal's own.
pub const RECORD_KIND_MAX: u8 = 0xEF;

/// The version of the record header this build writes and reads.
pub(crate) const RECORD_VERSION: u8 = 1;
/// Kind of the record that fills the staging log up to its end; it has a length word only.
pub(crate) const KIND_PAD: u8 = 0xF0;
/// Kind of the record that tells, in a segment, through which sequence all is synced. It has the
/// sequence of the record before it and a body of 8 bytes, the synced sequence; readers skip it.
pub(crate) const KIND_SYNCED: u8 = 0xF1;
/// Bytes of the record that tells the synced sequence.
pub(crate) const SYNCED_RECORD_BYTES: usize = RECORD_HEADER_BYTES + 8;

const AT_LENGTH: usize = 0;
const AT_KIND: usize = 4;
const AT_VERSION: usize = 5;
const AT_RESERVED: usize = 6;
const AT_SEQUENCE: usize = 8;
const AT_EPOCH: usize = 16;
pub(crate) const AT_CRC: usize = 20;
const AT_TIME: usize = 24;

const _: () = assert!(AT_TIME + 8 == RECORD_HEADER_BYTES);
const _: () = assert!(RECORD_BYTES_MAX.is_multiple_of(8));

/// What a record's header tells its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What the body is, by the caller's own numbering.
    pub kind: u8,
    /// Place in the stream, from 1 without gaps inside an epoch.
    pub sequence: u64,
    /// The start of the process that appended it.
    pub epoch: u32,
    /// When it was appended, in the caller's nanoseconds.
    pub time_ns: u64,
    /// Bytes in the body.
    pub body_length: u32,
}

/// One record as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its header.
    pub header: RecordHeader,
    /// Its body.
    pub body: &'a [u8],
}

/// Returns the bytes a record with a body of `body_bytes` takes, header and padding included.
#[must_use]
#[inline]
pub const fn record_bytes(body_bytes: usize) -> usize {
    (RECORD_HEADER_BYTES + body_bytes).next_multiple_of(8)
}

/// Returns the first word of a record: its length, kind and version.
#[inline]
pub(crate) fn length_word(length: u32, kind: u8) -> u64 {
    u64::from(length) | (u64::from(kind) << 32) | (u64::from(RECORD_VERSION) << 40)
}

/// Splits a first word into its length, kind and version; `None` where its reserved bits are set.
#[inline]
pub(crate) fn split_length_word(word: u64) -> Option<(u32, u8, u8)> {
    let [a, b, c, d, kind, version, reserved_low, reserved_high] = word.to_le_bytes();
    (reserved_low == 0 && reserved_high == 0).then_some((
        u32::from_le_bytes([a, b, c, d]),
        kind,
        version,
    ))
}

/// Appends the record that tells the synced sequence.
pub(crate) fn push_synced_record(out: &mut Vec<u8>, epoch: u32, sequence: u64, synced: u64) {
    let mut record = [0_u8; SYNCED_RECORD_BYTES];
    let length = u32::try_from(SYNCED_RECORD_BYTES).expect("a constant below 2^32");
    put(
        &mut record,
        AT_LENGTH,
        &length_word(length, KIND_SYNCED).to_le_bytes(),
    );
    put(&mut record, AT_SEQUENCE, &sequence.to_le_bytes());
    put(&mut record, AT_EPOCH, &epoch.to_le_bytes());
    put(&mut record, RECORD_HEADER_BYTES, &synced.to_le_bytes());
    let crc = crc32c(&record);
    put(&mut record, AT_CRC, &crc.to_le_bytes());
    out.extend_from_slice(&record);
}

/// A record found in bytes, by its place in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its header.
    pub(crate) header: RecordHeader,
    /// Its checksum.
    pub(crate) crc: u32,
    /// Bytes from its start to the next record.
    pub(crate) padded_bytes: usize,
}

/// What stands at a place where a record may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A record that meets its checksum.
    Record(Found),
    /// Zeros: the records end here.
    End,
    /// The bytes given end before the record does; so many are needed to tell.
    Short(usize),
    /// Not a record.
    Bad(DamageReason),
}

/// Reads the record at the start of `bytes`. Sequence and epoch are the caller's to check.
#[inline]
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let Some(word) = read_u64(bytes, AT_LENGTH) else {
        return Parsed::Short(8);
    };
    if word == 0 {
        return Parsed::End;
    }
    let (length, padded_bytes) = match plausible(word) {
        Ok(lengths) => lengths,
        Err(reason) => return Parsed::Bad(reason),
    };
    let Some((record, padding)) = bytes
        .get(..padded_bytes)
        .and_then(|padded| padded.split_at_checked(length))
    else {
        return Parsed::Short(padded_bytes);
    };
    let (Some(header), Some(crc)) = (header_of(record), read_u32(record, AT_CRC)) else {
        return Parsed::Bad(DamageReason::Length);
    };
    let differs = crc32c_without_field(record, AT_CRC) != crc;
    if differs && !bites(Bug::ChecksumUnchecked) {
        return Parsed::Bad(DamageReason::Checksum);
    }
    let is_filled = padding.iter().any(|byte| *byte != 0);
    if is_filled && !bites(Bug::PaddingUnchecked) {
        return Parsed::Bad(DamageReason::Padding);
    }
    Parsed::Record(Found {
        header,
        crc,
        padded_bytes,
    })
}

/// Returns the length without and with padding that a first word tells, if a record may have it.
#[inline]
fn plausible(word: u64) -> Result<(usize, usize), DamageReason> {
    let (length, _, version) = split_length_word(word).ok_or(DamageReason::Version)?;
    let length = to_usize(u64::from(length));
    if !(RECORD_HEADER_BYTES..=RECORD_BYTES_MAX).contains(&length) {
        return Err(DamageReason::Length);
    }
    if version != RECORD_VERSION {
        return Err(DamageReason::Version);
    }
    Ok((length, length.next_multiple_of(8)))
}

/// Returns whether `word` may be the first word of a record.
pub(crate) fn may_begin_record(word: u64) -> bool {
    plausible(word).is_ok()
}

/// Reads the header of `record`, which holds the whole record without its padding.
#[inline]
pub(crate) fn header_of(record: &[u8]) -> Option<RecordHeader> {
    let word = read_u64(record, AT_LENGTH)?;
    let (length, kind, _) = split_length_word(word)?;
    debug_assert_eq!(read_u16(record, AT_RESERVED), Some(0));
    debug_assert_eq!(record.get(AT_KIND).copied(), Some(kind));
    debug_assert_eq!(record.get(AT_VERSION).copied(), Some(RECORD_VERSION));
    Some(RecordHeader {
        kind,
        sequence: read_u64(record, AT_SEQUENCE)?,
        epoch: read_u32(record, AT_EPOCH)?,
        time_ns: read_u64(record, AT_TIME)?,
        body_length: length.checked_sub(u32::try_from(RECORD_HEADER_BYTES).ok()?)?,
    })
}

/// Returns the synced sequence that a record of that kind tells.
pub(crate) fn synced_claim(record: &[u8]) -> Option<u64> {
    read_u64(record, RECORD_HEADER_BYTES)
}

/// Returns the bytes of the whole record that a header belongs to, without padding.
#[inline]
pub(crate) fn length_of(header: &RecordHeader) -> usize {
    RECORD_HEADER_BYTES + to_usize(u64::from(header.body_length))
}

/// Returns `offset` advanced over a record of `padded_bytes`.
#[inline]
pub(crate) fn advance(offset: u64, padded_bytes: usize) -> u64 {
    offset + to_u64(padded_bytes)
}
