//! Stop orders: which of them a print releases, and in which order they go on.
//!
//! They wait in ladders of their own, by stop price. A print moves whole levels to the end of one
//! queue, so its work is by level, not by order. It must not know what a released order does.

use super::NONE;
use super::order_book::OrderBook;
use super::order_slab::OrderSlab;
use super::price_level::PriceLevel;
use crate::domain::{Price, Side};

impl OrderBook {
    /// Notes a print at a tick and its price: stop orders that it reaches are released.
    #[inline(always)]
    pub(super) fn print(&mut self, slab: &mut OrderSlab, tick: i64, price: Price) {
        self.last_trade = Some(price);
        if self.has_stops() {
            self.release(slab, tick, tick);
        }
    }

    /// As [`Self::print`] at a price that may lie between two ticks.
    pub(super) fn print_between(&mut self, slab: &mut OrderSlab, price: Price) {
        self.last_trade = Some(price);
        let (below, above) = self.ticks_around(price);
        self.release(slab, below, above);
    }

    /// Returns whether the last trade has reached the stop price of an order.
    pub(crate) fn is_reached(&self, side: Side, stop_tick: i64) -> bool {
        let Some(last) = self.last_trade else {
            return false;
        };
        match side {
            Side::Buy => last >= self.price(stop_tick),
            Side::Sell => last <= self.price(stop_tick),
        }
    }

    /// Takes the first of the released orders from their queue; it is in no queue then.
    pub(crate) fn pop_released(&mut self, slab: &mut OrderSlab) -> Option<u32> {
        let (first, last) = self.released;
        if first == NONE {
            return None;
        }
        let order = slab.order_mut(first);
        order.place = super::Place::Incoming;
        self.released = match order.next {
            NONE => (NONE, NONE),
            next => (next, last),
        };
        self.note_plain();
        Some(first)
    }

    /// Moves the levels that a price reaches to the queue; `below` and `above` are the ticks around
    /// it, equal where it is one.
    #[inline(never)]
    fn release(&mut self, slab: &mut OrderSlab, below: i64, above: i64) {
        while self.stops(Side::Sell).reaches(above) {
            let level = self.stops_mut(Side::Sell).take_best();
            self.queue_released(slab, level);
        }
        while self.stops(Side::Buy).reaches(below) {
            let level = self.stops_mut(Side::Buy).take_best();
            self.queue_released(slab, level);
        }
        self.note_stops();
        self.note_plain();
    }

    fn queue_released(&mut self, slab: &mut OrderSlab, level: Option<PriceLevel>) {
        let Some(level) = level else {
            return;
        };
        let (first, last) = self.released;
        if first == NONE {
            self.released = (level.first, level.last);
        } else {
            slab.order_mut(last).next = level.first;
            self.released = (first, level.last);
        }
    }

    const fn ticks_around(&self, price: Price) -> (i64, i64) {
        let below = price.get().div_euclid(self.tick_size());
        let between = price.get().rem_euclid(self.tick_size()) != 0;
        (below, below + between as i64)
    }
}
