//! Little-endian fields at byte offsets, and exact conversions of sizes. Knows no layout.

const _: () = assert!(
    size_of::<usize>() == size_of::<u64>(),
    "positions and sizes are 64 bits on every host this runs on"
);

/// Bytes in one machine word of the staging log.
pub(crate) const WORD_BYTES: usize = 8;

/// Returns `value` as a 64-bit count.
#[inline]
pub(crate) fn to_u64(value: usize) -> u64 {
    u64::try_from(value).expect("a usize has 64 bits")
}

/// Returns `value` as a size in memory.
#[inline]
pub(crate) fn to_usize(value: u64) -> usize {
    usize::try_from(value).expect("a usize has 64 bits")
}

/// Returns `value` rounded up to a multiple of `unit`, a power of two.
#[inline]
pub(crate) const fn round_up(value: u64, unit: u64) -> u64 {
    (value + unit - 1) & !(unit - 1)
}

/// Returns the 16-bit field at `at`, or `None` where the bytes end before it does.
#[inline]
pub(crate) fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    read::<2>(bytes, at).map(u16::from_le_bytes)
}

/// Returns the 32-bit field at `at`, or `None` where the bytes end before it does.
#[inline]
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    read::<4>(bytes, at).map(u32::from_le_bytes)
}

/// Returns the 64-bit field at `at`, or `None` where the bytes end before it does.
#[inline]
pub(crate) fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    read::<8>(bytes, at).map(u64::from_le_bytes)
}

/// Returns the `N` bytes at `at`, or `None` where the bytes end before they do.
#[inline]
pub(crate) fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// Writes `value` at `at`.
///
/// # Panics
///
/// Panics where the value does not fit: offsets are constants of a layout, never input.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes
        .get_mut(at..at + value.len())
        .expect("the layout's constant offsets lie inside its block")
        .copy_from_slice(value);
}
