//! The state hash: which words are mixed for what, and how.
//!
//! A hash is a wrapping 128-bit sum of one mixed word an item, so an item enters and leaves it at
//! the cost of one addition, in any order. Everything that decides how a shard will answer is an
//! item. This page is the whole rule; whoever keeps the same items computes the same hash.
//!
//! The word of an item is a [`Mix`] started with the item's [`Tag`], told these pairs of 64-bit
//! words in this order (a lone word is paired with 0):
//!
//! - `BookOrder`, each order that rests, waits for its stop price or is pegged: side + type << 8 +
//!   time in force << 16 + post-only << 24 + self-trade prevention << 32 + 1 << 40 where it has
//!   further terms + triggered << 48 + length of the client id in bytes << 56, its number among
//!   those that its book has taken + account << 40; then the client id's bytes as little-endian
//!   words, the last one zero padded, in pairs; where it has further terms: stop price, display
//!   quantity; expire time, self-trade group; then of every order: its price (two's complement; 0
//!   where it has none), priority stamp; order quantity, leaves; then, where it has further terms:
//!   displayed quantity, 0.
//! - `StateOrder`, each of them: order id, slot << 32 + generation; request number, session +
//!   gateway << 32 + durability << 40 + instrument << 42.
//! - `StateOrder` again, each order that was ever accepted, with its word of then. So slots that are
//!   vacant count with their last generation. It is the one part that is not of what is there: a
//!   running sum, which whoever takes a state over takes over too.
//! - `Instrument`, each: its 96 bytes as little-endian words in pairs; phase.
//! - `Account`, each: its 36 bytes as little-endian words, the last one zero padded, in pairs.
//! - `Lent`, each range: first slot << 32 + slots, gateway; the same in the other order.
//! - `Pair`, each pair of session and account that an order was accepted of: session, account;
//!   account, session.
//! - `Book`, each instrument: instrument, orders taken; low and high half of its book hash;
//!   priority stamps given, 1 where there was a trade; price of the last trade.
//! - `Reference`, each instrument whose mid-pegs have a reference price: instrument, the price of
//!   its buying pegs; the price of its selling pegs, 1 where the former fell last + 2 where the
//!   latter rose last; stamps given when the former, and when the latter, changed last.
//! - `Ring`, each gateway heard from: gateway, its last ring number; the same in the other order.
//! - `Shard`: shard, last sequence; last time, last control number.
//!
//! `book_hash` of an instrument is the sum over its `BookOrder` words: it knows no order id,
//! handle, time, epoch or sequence, so it is equal wherever the same flow has met the same book.
//! `state_hash` is the sum of all other words.

use zerocopy::IntoBytes;

use crate::domain::{Account, Instrument, Phase};

/// What kind of item a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Tag {
    /// An order in its book's hash.
    BookOrder = 1,
    /// What an order is to its shard, beside its book; and that it was there.
    StateOrder = 2,
    /// An instrument and its phase.
    Instrument = 4,
    /// An account.
    Account = 5,
    /// Slots lent to a gateway.
    Lent = 6,
    /// A book: its orders, counters and last trade.
    Book = 7,
    /// Last ring number of a gateway.
    Ring = 8,
    /// The shard's own counters.
    Shard = 9,
    /// The reference price of a book's mid-pegs.
    Reference = 10,
    /// A session that has entered orders for an account.
    Pair = 11,
}

/// A running mix of 64-bit words into 128 bits, two words at a time: one widening multiplication,
/// whose halves are added crosswise to its factors, so that a factor of zero loses nothing.
///
/// That is what a command can afford; it finds a state that went wrong, and is no defence against
/// one that was made to collide: whoever can write a journal needs no collision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    high: u64,
    low: u64,
}

impl Mix {
    const HIGH_SEED: u64 = 0x243f_6a88_85a3_08d3;
    const LOW_SEED: u64 = 0x1319_8a2e_0370_7344;

    /// Starts the word of an item.
    #[inline]
    #[must_use]
    pub const fn new(tag: Tag) -> Self {
        Self {
            high: Self::HIGH_SEED,
            low: Self::LOW_SEED ^ ((tag as u64) << 56),
        }
    }

    /// Mixes in two more words.
    #[inline]
    #[must_use]
    pub const fn and(self, one: u64, other: u64) -> Self {
        let one = self.high ^ one;
        let other = self.low ^ other;
        let product = (one as u128) * (other as u128);
        Self {
            high: low_half(product).wrapping_add(other),
            low: high_half(product).wrapping_add(one),
        }
    }

    /// Mixes in bytes as little-endian words, the last one zero padded, in pairs, a lone last word
    /// with 0.
    #[inline]
    #[must_use]
    pub fn and_bytes(self, bytes: &[u8]) -> Self {
        let (pairs, rest) = bytes.as_chunks::<16>();
        let mix = pairs.iter().fold(self, |mix, pair| mix.and_pair(pair));
        if rest.is_empty() {
            return mix;
        }
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        mix.and_pair(&last)
    }

    /// Returns the mixed word: what was told last is multiplied by what all before it came to, so
    /// nothing more is needed where two pairs or more were told.
    #[inline]
    #[must_use]
    pub const fn finish(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }

    #[inline]
    const fn and_pair(self, pair: &[u8; 16]) -> Self {
        let both = u128::from_le_bytes(*pair);
        self.and(low_half(both), high_half(both))
    }
}

/// Returns the low half of a hash.
#[inline]
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
pub const fn low_half(hash: u128) -> u64 {
    hash as u64
}

/// Returns the high half of a hash.
#[inline]
#[must_use]
pub const fn high_half(hash: u128) -> u64 {
    (hash >> 64) as u64
}

/// A hash: the wrapping sum of its items' words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HashSum(u128);

impl HashSum {
    /// Returns a sum that was taken over.
    pub(crate) const fn of(sum: u128) -> Self {
        Self(sum)
    }

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

/// Returns the word of an instrument in a phase.
pub(crate) fn instrument_word(instrument: &Instrument, phase: Phase) -> u128 {
    Mix::new(Tag::Instrument)
        .and_bytes(instrument.as_bytes())
        .and(phase as u64, 0)
        .finish()
}

/// Returns the word of an account.
pub(crate) fn account_word(account: &Account) -> u128 {
    Mix::new(Tag::Account)
        .and_bytes(account.as_bytes())
        .finish()
}

/// Returns two 32-bit numbers as one word.
#[inline]
pub(crate) const fn packed(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}
