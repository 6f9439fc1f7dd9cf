//! A price level: the orders at one price of one side, first come first served.
//!
//! The queue is a chain through the orders' own links. It must not know other levels.

use super::NONE;
use super::order_slab::OrderSlab;
use crate::domain::{Price, Quantity};

/// The queue of orders at one price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PriceLevel {
    /// The price.
    pub(crate) price: Price,
    /// Slot of the order that trades first.
    pub(crate) first: u32,
    /// Slot of the order that trades last.
    pub(crate) last: u32,
    /// Orders in the queue.
    pub(crate) order_count: u32,
    /// Sum of what is open over the queue.
    pub(crate) leaves: u128,
}

impl PriceLevel {
    /// Returns an empty queue at a price.
    pub(crate) const fn new(price: Price) -> Self {
        Self {
            price,
            first: NONE,
            last: NONE,
            order_count: 0,
            leaves: 0,
        }
    }

    /// Puts an order at the back.
    #[inline]
    pub(crate) fn append(&mut self, slab: &mut OrderSlab, slot: u32) {
        let last = self.last;
        let order = slab.order_mut(slot);
        order.previous = last;
        order.next = NONE;
        self.leaves += u128::from(order.leaves.get());
        if last == NONE {
            self.first = slot;
        } else {
            slab.order_mut(last).next = slot;
        }
        self.last = slot;
        self.order_count += 1;
    }

    /// Takes an order out, wherever it stands.
    #[inline]
    pub(crate) fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let order = slab.order(slot);
        let (previous, next, leaves) = (order.previous, order.next, order.leaves);
        if previous == NONE {
            self.first = next;
        } else {
            slab.order_mut(previous).next = next;
        }
        if next == NONE {
            self.last = previous;
        } else {
            slab.order_mut(next).previous = previous;
        }
        self.shrink(leaves);
        self.order_count -= 1;
    }

    /// Notes that `quantity` of what is open in the queue is gone.
    #[inline]
    pub(crate) fn shrink(&mut self, quantity: Quantity) {
        self.leaves = self
            .leaves
            .checked_sub(u128::from(quantity.get()))
            .expect("a level holds at least what any of its orders has open");
    }
}
