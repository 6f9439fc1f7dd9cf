//! A market: the listing of an instrument, its book, and the hash of that.

use super::listing::Listing;
use super::plain_range::PlainRange;
use crate::book::OrderBook;
use crate::domain::InstrumentId;
use crate::state_hash::{HashSum, Mix, Tag, high_half, low_half};

/// One instrument's part of a shard.
#[derive(Debug)]
pub(super) struct Market {
    /// `None` until the instrument is defined.
    pub(super) listing: Option<Listing>,
    /// That of the listing as it is; closed where there is none.
    pub(super) plain: PlainRange,
    pub(super) book: OrderBook,
    /// Sum of book words.
    pub(super) hash: HashSum,
    /// New orders accepted.
    pub(super) orders_taken: u64,
    /// Whether it has mid-pegs, or had some when it was finished last: what may touch all markets
    /// finishes no other.
    pub(super) is_pegged: bool,
}

impl Market {
    /// Returns one that is not listed, with room for `level_count_max` levels a side.
    pub(super) fn new(level_count_max: u32) -> Self {
        Self {
            listing: None,
            plain: PlainRange::CLOSED,
            book: OrderBook::new(level_count_max),
            hash: HashSum::default(),
            orders_taken: 0,
            is_pegged: false,
        }
    }

    /// Lists an instrument, or lists it anew.
    pub(super) fn list(&mut self, listing: Listing) {
        self.plain = listing.plain_range();
        self.listing = Some(listing);
    }

    /// Counts an order that is accepted; returns its number.
    #[inline]
    pub(super) const fn take_number(&mut self) -> u64 {
        // 2^64 of them are never taken.
        self.orders_taken = self.orders_taken.wrapping_add(1);
        self.orders_taken
    }

    /// Returns the word of the whole for the state hash.
    pub(super) fn word(&self, instrument: InstrumentId) -> u128 {
        let instrument = u64::from(instrument.get());
        let hash = self.hash.get();
        let last = self.book.last_trade();
        let word = Mix::new(Tag::Book)
            .and(instrument, self.orders_taken)
            .and(low_half(hash), high_half(hash))
            .and(self.book.stamps_given(), u64::from(last.is_some()))
            .and(last.unwrap_or_default().get().cast_unsigned(), 0)
            .finish();
        let Some(reference) = self.book.pegs().reference() else {
            return word;
        };
        let flags = u64::from(reference.buy_fell) | u64::from(reference.sell_rose) << 1;
        let reference = Mix::new(Tag::Reference)
            .and(instrument, reference.buy.get().cast_unsigned())
            .and(reference.sell.get().cast_unsigned(), flags)
            .and(reference.buy_changed, reference.sell_changed)
            .finish();
        word.wrapping_add(reference)
    }
}
