//! The state hash: which words are mixed for what, and how.
//!
//! A hash is a wrapping 128-bit sum of one mixed word an item, so an item enters and leaves it at
//! the cost of one addition, in any order. Everything that decides how a shard will answer is an
//! item. This page is the whole rule; whoever keeps the same items computes the same hash.
//!
//! The word of an item is a [`Mix`] started with the item's [`Tag`], told these 64-bit words in
//! this order:
//!
//! - order fields: account + side << 32 + type << 40 + time in force << 48 + post-only << 56;
//!   length of the client id in bytes, then its bytes as little-endian words, the last one zero
//!   padded; price (two's complement); order quantity; leaves; priority stamp.
//! - `BookOrder`: order fields.
//! - `StateOrder`: instrument; order id; slot << 32 + generation; request number;
//!   session + gateway << 32 + durability << 40; order fields.
//! - `Slot`, each slot that was used: slot << 32 + last generation.
//! - `Instrument`: its 88 bytes as little-endian words; phase.
//! - `Account`: its 36 bytes as little-endian words, the last one zero padded.
//! - `Lent`, each range: first slot << 32 + slots; gateway.
//! - `Stamps`, each instrument: instrument; the mixed word is then multiplied (wrapping) by the
//!   number of priority stamps given.
//! - `Ring`, each gateway heard from: gateway; its last ring number.
//! - `Shard`: shard; last sequence; last time; last control number.
//!
//! `book_hash` of an instrument is the sum over its live orders' `BookOrder` words: it knows no
//! order id, handle, time, epoch or sequence, so it is equal wherever the same flow has met the
//! same book. `state_hash` is the sum of all other words.

use zerocopy::IntoBytes;

use crate::domain::{Account, ClientOrderId, Instrument, Phase};

/// What kind of item a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Tag {
    /// A live order in its book's hash.
    BookOrder = 1,
    /// A live order in the state hash.
    StateOrder = 2,
    /// The last generation of a slot.
    Slot = 3,
    /// An instrument and its phase.
    Instrument = 4,
    /// An account.
    Account = 5,
    /// Slots lent to a gateway.
    Lent = 6,
    /// Priority stamps given by a book.
    Stamps = 7,
    /// Last ring number of a gateway.
    Ring = 8,
    /// The shard's own counters.
    Shard = 9,
}

/// A running mix of 64-bit words into 128 bits: two lanes, each of which multiplies and shifts
/// with constants of its own.
///
/// Each step is a bijection of the lane for a given word, and of the word for a given lane. So
/// two items of one kind whose words differ in one place never have the same mixed word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    high: u64,
    low: u64,
}

impl Mix {
    const HIGH_SEED: u64 = 0x243f_6a88_85a3_08d3;
    const LOW_SEED: u64 = 0x1319_8a2e_0370_7344;
    const HIGH_FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    const LOW_FACTOR: u64 = 0xc2b2_ae3d_27d4_eb4f;
    const HIGH_FINAL: u64 = 0xff51_afd7_ed55_8ccd;
    const LOW_FINAL: u64 = 0xc4ce_b9fe_1a85_ec53;

    /// Starts the word of an item.
    #[inline]
    #[must_use]
    pub const fn new(tag: Tag) -> Self {
        Self {
            high: Self::HIGH_SEED,
            low: Self::LOW_SEED,
        }
        .and(tag as u64)
    }

    /// Mixes in one more word.
    #[inline]
    #[must_use]
    pub const fn and(self, word: u64) -> Self {
        let high = (self.high ^ word).wrapping_mul(Self::HIGH_FACTOR);
        let low = (self.low.rotate_left(23) ^ word).wrapping_mul(Self::LOW_FACTOR);
        Self {
            high: high ^ (high >> 32),
            low: low ^ (low >> 29),
        }
    }

    /// Mixes in bytes as little-endian words, the last one zero padded.
    #[inline]
    #[must_use]
    pub fn and_bytes(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<8>();
        let mix = words
            .iter()
            .fold(self, |mix, word| mix.and(u64::from_le_bytes(*word)));
        if rest.is_empty() {
            return mix;
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        mix.and(u64::from_le_bytes(last))
    }

    /// Returns the mixed word.
    #[inline]
    #[must_use]
    pub const fn finish(self) -> u128 {
        let high = (self.high ^ (self.high >> 33)).wrapping_mul(Self::HIGH_FINAL);
        let low = (self.low ^ (self.low >> 31)).wrapping_mul(Self::LOW_FINAL);
        (((high ^ (high >> 29)) as u128) << 64) | ((low ^ (low >> 32)) as u128)
    }
}

/// A hash: the wrapping sum of its items' words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HashSum(u128);

impl HashSum {
    /// Takes an item in.
    #[inline]
    pub(crate) const fn insert(&mut self, word: u128) {
        self.0 = self.0.wrapping_add(word);
    }

    /// Takes an item out.
    #[inline]
    pub(crate) const fn remove(&mut self, word: u128) {
        self.0 = self.0.wrapping_sub(word);
    }

    /// Returns the sum.
    #[inline]
    pub(crate) const fn get(self) -> u128 {
        self.0
    }
}

/// Mixes in a client order id.
#[inline]
pub(crate) fn and_client_order_id(mix: Mix, id: &ClientOrderId) -> Mix {
    let bytes = id.as_bytes();
    mix.and(bytes.len() as u64).and_bytes(bytes)
}

/// Returns the word of an instrument in a phase.
pub(crate) fn instrument_word(instrument: &Instrument, phase: Phase) -> u128 {
    Mix::new(Tag::Instrument)
        .and_bytes(instrument.as_bytes())
        .and(phase as u64)
        .finish()
}

/// Returns the word of an account.
pub(crate) fn account_word(account: &Account) -> u128 {
    Mix::new(Tag::Account)
        .and_bytes(account.as_bytes())
        .finish()
}

/// Returns the word of a slot that was last used with `generation`.
#[inline]
pub(crate) const fn slot_word(slot: u32, generation: u32) -> u128 {
    Mix::new(Tag::Slot).and(pair(slot, generation)).finish()
}

/// Returns two 32-bit numbers as one word.
#[inline]
pub(crate) const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}
