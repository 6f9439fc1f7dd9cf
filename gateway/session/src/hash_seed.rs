//! The hash of names, keyed with a seed of the process.
//!
//! Clients choose ids. Whoever knows the hash can choose them so that they fall on one cell of a
//! table and every look there is slow; with a seed that nobody outside knows, ids that collide
//! cannot be computed. It must not know what is hashed: callers give words.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// Steps of the generator that makes the two keys of a seed.
const GENERATOR_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A seed of the hash of names. Nothing that leaves a core depends on it.
///
/// Each word of eight bytes costs one widening multiplication by a secret factor, whose halves are
/// folded together, so that every bit of the word reaches all of the result. One more with another
/// secret ends it: keys in sequence would be a lattice without, and gather under an unlucky factor.
/// That is no more than an unkeyed hash costs and far less than a cryptographic one such as
/// `SipHash`; an attacker sees no hash here, only that an answer took some nanoseconds more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashSeed {
    start: u64,
    factor: u64,
}

impl HashSeed {
    /// Returns a seed from the operating system's random numbers. For the start of a process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::fixed(RandomState::new().hash_one(GENERATOR_STEP))
    }

    /// Returns the seed of a number: the same one each time, for tests.
    #[must_use]
    pub const fn fixed(number: u64) -> Self {
        Self {
            start: spread(number.wrapping_add(GENERATOR_STEP)),
            // Odd, so that no bit of a word is multiplied away.
            factor: spread(number.wrapping_add(GENERATOR_STEP.wrapping_mul(2))) | 1,
        }
    }

    /// Returns the hash of `words`, of which all bits are good.
    #[inline]
    pub(crate) fn hash(self, words: impl Iterator<Item = u64>) -> u64 {
        let state = words.fold(self.start, |state, word| folded(state ^ word, self.factor));
        folded(state, self.start | 1)
    }
}

/// A seed in a log would not be a secret.
impl fmt::Debug for HashSeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HashSeed").finish_non_exhaustive()
    }
}

/// Returns the two halves of a product, folded together.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let (low, high) = one.carrying_mul(other, 0);
    low ^ high
}

/// Makes numbers that are near each other differ in half of their bits.
const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
