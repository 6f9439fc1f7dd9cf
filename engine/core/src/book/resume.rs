//! Resuming a book: orders come back as they were, by the ways by which orders come.
//!
//! Each enters at the back, in the order of their stamps, so queues and levels are made anew and
//! nothing of them is stored. It must not know where the orders come from.

use super::mid_pegs::Reference;
use super::order_book::OrderBook;
use crate::domain::Price;

impl OrderBook {
    /// Gives priority stamps from behind `given` on: the next order gets the one after it.
    pub(crate) const fn resume_stamps(&mut self, given: u64) {
        self.stamps_given = given;
    }

    /// Takes over the last trade.
    pub(crate) const fn resume_last_trade(&mut self, price: Option<Price>) {
        self.last_trade = price;
    }

    /// Takes over the reference of the mid-pegs, whose prices are [`Self::reference_prices`].
    pub(crate) fn resume_reference(&mut self, reference: Option<Reference>) {
        self.pegs.resume_reference(reference);
        self.note_plain();
    }
}
