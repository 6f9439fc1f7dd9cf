//! CRC-32C (RFC 3720, section 12.1), as records and segment headers carry it: over bytes of which
//! its own field counts as zero. Knows no layout.

#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
use crate::sys::crc32c as step;

/// Bytes of a checksum in its field.
pub(crate) const CHECKSUM_BYTES: usize = 4;

/// Returns the CRC-32C of `bytes` (Castagnoli; RFC 3720, section 12.1).
#[inline]
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    Register::new().with(bytes).end()
}

/// Returns the CRC-32C of `bytes` with zeros for the field of four bytes at `at`.
///
/// # Panics
///
/// Panics where the bytes end before the field does: `at` is a constant of a layout, never input.
#[inline]
pub(crate) fn crc32c_without_field(bytes: &[u8], at: usize) -> u32 {
    let (before, from_field) = bytes.split_at(at);
    let (_field, after) = from_field.split_at(CHECKSUM_BYTES);
    Register::new()
        .with(before)
        .with(&[0; CHECKSUM_BYTES])
        .with(after)
        .end()
}

/// The register of the checksum, between the bytes that it has seen and those that come.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
#[derive(Clone, Copy)]
struct Register(u32);

#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
impl Register {
    #[inline]
    const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Returns it after `bytes`, eight at a time: records have a few dozen, and each step waits
    /// for the one before it, three cycles.
    #[inline]
    fn with(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<8>();
        let register = words.iter().fold(u64::from(self.0), |register, word| {
            step::word(register, u64::from_le_bytes(*word))
        });
        let (half_words, rest) = rest.as_chunks::<4>();
        let register = half_words
            .iter()
            .fold(low_half(register), |register, word| {
                step::half_word(register, u32::from_le_bytes(*word))
            });
        Self(
            rest.iter()
                .fold(register, |register, byte| step::byte(register, *byte)),
        )
    }

    #[inline]
    const fn end(self) -> u32 {
        !self.0
    }
}

/// Returns the half of the instruction's result that is not zero.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
#[inline]
fn low_half(register: u64) -> u32 {
    u32::try_from(register & u64::from(u32::MAX)).expect("masked to 32 bits")
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
use LibraryRegister as Register;

/// The register of the checksum, where the processor has no instruction for it; tests have both.
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse4.2"))))]
struct LibraryRegister(crc_fast::Digest);

#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse4.2"))))]
impl LibraryRegister {
    fn new() -> Self {
        Self(crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi))
    }

    fn with(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    fn end(self) -> u32 {
        u32::try_from(self.0.finalize()).expect("a checksum of 32 bits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_bytes(count: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_left(17);
            state.to_le_bytes()[0]
        })
        .take(count)
        .collect()
    }

    /// The vectors of RFC 3720, appendix B.4.
    #[test]
    fn checksum_is_that_of_the_standard() {
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(crc32c(&rising), 0x46DD_794E);
        assert_eq!(crc32c(&falling), 0x113F_DB5C);
    }

    #[test]
    fn checksum_of_every_length_is_that_of_a_library() {
        let bytes = some_bytes(300);
        for end in 0..=bytes.len() {
            let bytes = &bytes[..end];
            assert_eq!(crc32c(bytes), crc_fast::crc32_iscsi(bytes), "{end} bytes");
        }
    }

    #[test]
    fn register_of_the_library_goes_on_where_it_was() {
        let bytes = some_bytes(300);
        for cut in 0..=bytes.len() {
            let (before, after) = bytes.split_at(cut);
            let whole = LibraryRegister::new().with(before).with(after).end();
            assert_eq!(whole, crc32c(&bytes), "cut at {cut}");
        }
    }

    #[test]
    fn field_counts_as_zero_wherever_it_stands() {
        let bytes = some_bytes(77);
        for at in 0..=bytes.len() - CHECKSUM_BYTES {
            let mut zeroed = bytes.clone();
            zeroed[at..at + CHECKSUM_BYTES].fill(0);
            assert_eq!(crc32c_without_field(&bytes, at), crc32c(&zeroed), "at {at}");
        }
    }
}
