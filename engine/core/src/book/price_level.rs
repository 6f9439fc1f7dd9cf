//! A price level: the orders at one price of one side, first come first served.
//!
//! The queue is a chain through the orders' own links. It must not know other levels.

use super::NONE;
use super::order_slab::OrderSlab;

/// The queue of orders at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceLevel {
    /// Slot of the order that trades first; [`NONE`] where the queue is empty.
    pub first: u32,
    /// Slot of the order that trades last.
    pub last: u32,
    /// Sum of what the queue displays, in quantity units.
    pub displayed: u64,
}

impl PriceLevel {
    /// An empty queue.
    pub(super) const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
        displayed: 0,
    };

    /// Returns whether nobody is in the queue.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// Returns the slots in the queue, the first to trade first.
    pub fn slots(self, slab: &OrderSlab) -> impl Iterator<Item = u32> {
        let link = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(link(self.first), move |&slot| link(slab.order(slot).next))
    }

    /// Returns the queue of one order.
    #[inline(always)]
    pub(super) const fn of_one(slot: u32, displayed: u64) -> Self {
        Self {
            first: slot,
            last: slot,
            displayed,
        }
    }

    /// Counts an order in at the back, which the caller links; returns the slot of the one before
    /// it. The sum of what is displayed fits, as was checked.
    #[inline(always)]
    pub(super) const fn join(&mut self, slot: u32, displayed: u64) -> u32 {
        let last = self.last;
        self.last = slot;
        self.displayed += displayed;
        last
    }

    /// Counts an order out that stands between two others, whom the caller links. Returns whether
    /// it was the only one: then the queue is as it was, and to be forgotten.
    #[inline(always)]
    pub(super) fn leave(&mut self, previous: u32, next: u32, displayed: u64) -> bool {
        if self.first == self.last {
            return true;
        }
        if previous == NONE {
            self.first = next;
        }
        if next == NONE {
            self.last = previous;
        }
        self.displayed -= displayed;
        false
    }
}
