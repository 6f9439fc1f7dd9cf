//! The only unsafe code of this crate: a shared mapping seen as atomic words, room reserved in a
//! file, and the processor's checksum instruction. Knows no layout.
#![expect(
    unsafe_code,
    reason = "a shared mapping as atomic words, fallocate and an instruction have no safe form"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::AtomicU64;

use memmap2::{MmapOptions, MmapRaw};

use crate::bytes::{WORD_BYTES, to_usize};

/// A file mapped shared and writable, seen only as atomic words.
#[derive(Debug)]
pub(crate) struct WordMap {
    mapping: MmapRaw,
    words: usize,
}

impl WordMap {
    /// Maps the first `bytes` of `file`, a multiple of the word's size, and asks the kernel to
    /// have the pages ready.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or `InvalidInput` where the file is shorter.
    pub(crate) fn map(file: &File, bytes: u64) -> io::Result<Self> {
        if file.metadata()?.len() < bytes || !bytes.is_multiple_of(8) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let length = to_usize(bytes);
        let mapping = MmapOptions::new().len(length).populate().map_raw(file)?;
        Ok(Self {
            mapping,
            words: length / WORD_BYTES,
        })
    }

    /// Returns the mapping's words.
    #[inline]
    pub(crate) fn words(&self) -> &[AtomicU64] {
        let pointer = self.mapping.as_mut_ptr().cast::<AtomicU64>();
        // SAFETY: the mapping is live as long as `self`, is `words * 8` bytes long, and begins at
        // a page, so the pointer is aligned for a word; any bit pattern is a valid word; the
        // mapping is writable and this crate reaches it only through these atomics, in this
        // process and in others, so no access is a data race.
        unsafe { std::slice::from_raw_parts(pointer, self.words) }
    }
}

/// Reserves `bytes` from the start of `file`, which then has at least that length and reads as
/// zeros where nothing was written.
///
/// # Errors
///
/// Returns the system's refusal, above all that no room is left.
pub(crate) fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    let length = libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the descriptor is open for as long as `file` is borrowed; the call touches no memory
    // of this process.
    let status = unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, length) };
    if status == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Steps of the CRC-32C register, over eight bytes, four and one.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
pub(crate) mod crc32c {
    use std::arch::x86_64::{_mm_crc32_u8, _mm_crc32_u32, _mm_crc32_u64};

    #[inline]
    pub(crate) fn word(register: u64, bytes: u64) -> u64 {
        // SAFETY: the instruction touches no memory, and this is compiled for a target that has it.
        unsafe { _mm_crc32_u64(register, bytes) }
    }

    #[inline]
    pub(crate) fn half_word(register: u32, bytes: u32) -> u32 {
        // SAFETY: as for a word.
        unsafe { _mm_crc32_u32(register, bytes) }
    }

    #[inline]
    pub(crate) fn byte(register: u32, byte: u8) -> u32 {
        // SAFETY: as for a word.
        unsafe { _mm_crc32_u8(register, byte) }
    }
}
