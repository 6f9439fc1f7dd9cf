//! The hash of a segment, which the next one's header carries: so that a segment which is not the
//! one that stood there is found, though it is whole. Knows no file.

use std::num::NonZeroU64;

/// An odd number without a pattern: the golden ratio's fraction in 64 bits.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// A running hash: begun with the CRC-32C of the segment's header, told that of each record in
/// turn. Records that only tell what is synced are no part of it.
///
/// Each step is `h = (h xor crc) * 0x9E3779B97F4A7C15`, then `h = h xor (h >> 32)`, in 64 bits
/// without carry; what is 0 in the end counts as 1. It finds what was lost or mixed up, and is no
/// defence against bytes that were made to collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHash(u64);

impl SegmentHash {
    /// Begins with the header's checksum.
    #[inline]
    pub(crate) fn begin(header_crc: u32) -> Self {
        Self(0).with(header_crc)
    }

    /// Returns the hash with the next record's checksum.
    #[inline]
    #[must_use]
    pub(crate) fn with(self, crc: u32) -> Self {
        let mixed = (self.0 ^ u64::from(crc)).wrapping_mul(FACTOR);
        Self(mixed ^ (mixed >> 32))
    }

    /// Returns it as it is stored, never 0.
    pub(crate) fn get(self) -> u64 {
        self.0.max(1)
    }

    /// Returns the stored one; `None` for 0, which is none.
    pub(crate) fn stored(value: u64) -> Option<Self> {
        NonZeroU64::new(value).map(|value| Self(value.get()))
    }

    /// Returns whether `stored`, where it is known, is this hash.
    pub(crate) fn is(self, stored: Option<Self>) -> bool {
        stored.is_none_or(|stored| stored.get() == self.get())
    }
}
