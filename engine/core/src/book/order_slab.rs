//! The order slab: one place for every order, found by the slot of its handle.
//!
//! A slot is used again and again; its generation rises with each use, so a handle of an order
//! that has ended never names another one. All that matching reads and writes of an order stands
//! in one cache line; what only some orders have stands aside. It must not know prices' order or
//! queues: it only keeps the links.

use super::NONE;
use crate::domain::{Durability, OrderHandle, OrderTerms, SelfTradePrevention, Side};

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
    /// Nowhere: the slot holds no live order.
    Vacant,
    /// On its way: in no queue of its book.
    Incoming,
    /// In the ladder of its side.
    Displayed,
    /// Waiting for its stop price, or released and queued.
    Waiting,
    /// Among the mid-pegs of its side.
    Pegged,
}

/// What matching reads and writes of an order: one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Order {
    /// Price in ticks: its limit; its stop price while it waits; its cap while it is pegged.
    pub tick: i64,
    /// Still open; `order_quantity - leaves` is executed.
    pub leaves: u64,
    /// What its level shows of it; 0 where it is not displayed.
    pub displayed: u64,
    /// Total quantity, the executed part included.
    pub order_quantity: u64,
    /// Place in time among the orders of its book; given when it begins to rest, wait or peg.
    pub stamp: u64,
    /// Next order in its queue; [`NONE`] for the last.
    pub next: u32,
    /// Order before it in its queue; [`NONE`] for the first.
    pub previous: u32,
    /// Uses of the slot so far.
    pub generation: u32,
    /// Number of the instrument.
    pub instrument: u32,
    /// Whose it is for self-trade prevention: orders of one number do not trade with each other.
    pub identity: u32,
    /// Buy or sell.
    pub side: Side,
    /// Where it is.
    pub place: Place,
    /// What happens where it meets an order of its own identity.
    pub self_trade: SelfTradePrevention,
    /// When reports of it may leave.
    pub durability: Durability,
}

const _: () = assert!(size_of::<Order>() == 64, "an order is one cache line");

impl Order {
    /// No order.
    pub const VACANT: Self = Self {
        tick: 0,
        leaves: 0,
        displayed: 0,
        order_quantity: 0,
        stamp: 0,
        next: NONE,
        previous: NONE,
        generation: 0,
        instrument: NONE,
        identity: NONE,
        side: Side::Buy,
        place: Place::Vacant,
        self_trade: SelfTradePrevention::None,
        durability: Durability::Written,
    };

    /// Returns whether an order lives here.
    #[inline]
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !matches!(self.place, Place::Vacant)
    }

    /// Returns what was executed.
    #[inline]
    #[must_use]
    pub const fn cumulative(&self) -> u64 {
        self.order_quantity - self.leaves
    }
}

/// What only some orders have, as the book reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// As they were given; zero where they were not.
    pub(crate) given: OrderTerms,
    /// Limit of a stop-limit order while its `tick` is its stop price.
    pub(crate) limit_tick: i64,
}

/// All orders of a shard.
#[derive(Debug)]
pub struct OrderSlab {
    orders: Vec<Order>,
    terms: Vec<Terms>,
    live_count: u32,
}

impl OrderSlab {
    /// Returns a slab of `slots` vacant slots.
    #[must_use]
    pub fn new(slots: u32) -> Self {
        let no_terms = Terms {
            given: OrderTerms::NONE,
            limit_tick: 0,
        };
        Self {
            orders: vec![Order::VACANT; slots as usize],
            terms: vec![no_terms; slots as usize],
            live_count: 0,
        }
    }

    /// Returns the order in a slot that is known to exist.
    ///
    /// # Panics
    ///
    /// Panics if there is no such slot.
    #[inline(always)]
    #[must_use]
    pub fn order(&self, slot: u32) -> &Order {
        &self.orders[slot as usize]
    }

    /// Returns the order in a slot that is known to exist, to be changed.
    ///
    /// # Panics
    ///
    /// Panics if there is no such slot.
    #[inline(always)]
    pub fn order_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.orders[slot as usize]
    }

    /// Returns the slot's order, vacant ones included; `None` where there is no such slot.
    #[inline]
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<&Order> {
        self.orders.get(slot as usize)
    }

    /// Returns the live order that `handle` names, if there is one.
    #[inline]
    #[must_use]
    pub fn live(&self, handle: OrderHandle) -> Option<&Order> {
        self.get(handle.slot)
            .filter(|order| order.generation == handle.generation && order.is_live())
    }

    /// Returns the handle of the order in a slot that exists.
    #[inline]
    #[must_use]
    pub fn handle(&self, slot: u32) -> OrderHandle {
        OrderHandle {
            slot,
            generation: self.order(slot).generation,
        }
    }

    /// Returns how many slots there are.
    #[must_use]
    pub fn slot_count(&self) -> u32 {
        u32::try_from(self.orders.len()).unwrap_or(u32::MAX)
    }

    /// Returns how many orders are live.
    #[inline]
    #[must_use]
    pub const fn live_count(&self) -> u32 {
        self.live_count
    }

    /// Puts an order into its slot, which is vacant.
    #[inline(always)]
    pub fn open(&mut self, slot: u32, order: Order) {
        self.orders[slot as usize] = order;
        // Bounded by the number of slots.
        self.live_count = self.live_count.wrapping_add(1);
    }

    /// Uses a slot, which is vacant, for an order that is over before it is in it.
    #[inline]
    pub(crate) fn use_up(&mut self, handle: OrderHandle) {
        self.orders[handle.slot as usize].generation = handle.generation;
    }

    /// Returns the slots that were used, by rising number, and their orders, of which some live.
    pub(crate) fn used(&self) -> impl Iterator<Item = (u32, &Order)> {
        let slots = (0..).zip(&self.orders);
        slots.filter(|(_, order)| order.generation != 0)
    }

    /// Links two orders of a queue between which one has left; [`NONE`] for an end of it.
    #[inline(always)]
    pub(super) fn join_neighbours(&mut self, (previous, next): (u32, u32)) {
        if previous != NONE {
            self.order_mut(previous).next = next;
        }
        if next != NONE {
            self.order_mut(next).previous = previous;
        }
    }

    /// Ends the order in a slot. It has left its book before.
    #[inline(always)]
    pub fn close(&mut self, slot: u32) {
        self.orders[slot as usize].place = Place::Vacant;
        self.live_count = self.live_count.wrapping_sub(1);
    }

    /// Returns what only some orders have. It is written with [`Self::set_terms`], and not read of
    /// an order for which it was not.
    #[inline]
    pub(crate) fn terms(&self, slot: u32) -> &Terms {
        &self.terms[slot as usize]
    }

    /// Writes what only some orders have.
    #[inline]
    pub(crate) fn set_terms(&mut self, slot: u32, terms: Terms) {
        self.terms[slot as usize] = terms;
    }
}
