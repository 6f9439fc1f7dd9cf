//! The order slab: one place for every order, found by the slot of its handle.
//!
//! A slot is used again and again; its generation rises with each use, so a handle of an order
//! that has ended never names another one. What a cancel needs stands in one cache line, the rest
//! aside. It must not know prices' order or queues: it only keeps the links.

use super::NONE;
use crate::domain::{
    AccountId, ClientOrderId, Durability, GatewayId, InstrumentId, OrderHandle, OrderId, OrderType,
    Price, Quantity, RequestNumber, SessionId, Side, TimeInForce,
};
use crate::state_hash::{HashSum, Mix, Tag, and_client_order_id, pair, slot_word};

/// What matching reads and writes of an order: one cache line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Limit price; without meaning for a market order.
    pub(crate) price: Price,
    /// Total quantity, the executed part included.
    pub(crate) order_quantity: Quantity,
    /// Still open; `order_quantity - leaves` is executed.
    pub(crate) leaves: Quantity,
    /// Place in time among the orders of its book; given when it starts to rest.
    pub(crate) priority_stamp: u64,
    /// Uses of the slot so far.
    pub(crate) generation: u32,
    /// Level in which it rests.
    pub(crate) level: u32,
    /// Next order at its price; `NONE` for the last.
    pub(crate) next: u32,
    /// Order before it at its price; `NONE` for the first.
    pub(crate) previous: u32,
    /// What is traded.
    pub(crate) instrument: InstrumentId,
    /// For whom.
    pub(crate) account: AccountId,
    /// Buy or sell.
    pub(crate) side: Side,
    /// Limit or market.
    pub(crate) order_type: OrderType,
    /// Day or immediate-or-cancel.
    pub(crate) time_in_force: TimeInForce,
    /// When reports of it may leave.
    pub(crate) durability: Durability,
    /// Gateway that entered it.
    pub(crate) gateway: GatewayId,
    /// Whether it refuses to take.
    pub(crate) post_only: bool,
    /// Whether an order lives here.
    pub(crate) live: bool,
}

const _: () = assert!(size_of::<Order>() == 64, "an order is one cache line");

impl Order {
    const VACANT: Self = Self {
        price: Price::new(0),
        order_quantity: Quantity::ZERO,
        leaves: Quantity::ZERO,
        priority_stamp: 0,
        generation: 0,
        level: NONE,
        next: NONE,
        previous: NONE,
        instrument: InstrumentId(NONE),
        account: AccountId(NONE),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        durability: Durability::Written,
        gateway: GatewayId::NONE,
        post_only: false,
        live: false,
    };

    /// Returns what was executed.
    #[inline]
    pub(crate) fn cumulative(&self) -> Quantity {
        self.order_quantity
            .checked_sub(self.leaves)
            .expect("leaves is at most the order quantity")
    }
}

/// What only entry, reports and hashes read of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderDetails {
    /// The venue's id.
    pub(crate) order_id: OrderId,
    /// Request number of the New Order.
    pub(crate) request: RequestNumber,
    /// Session that entered it.
    pub(crate) session: SessionId,
    /// The client's id now.
    pub(crate) client_order_id: ClientOrderId,
}

const NO_DETAILS: OrderDetails = OrderDetails {
    order_id: OrderId::NONE,
    request: RequestNumber(0),
    session: SessionId(0),
    client_order_id: ClientOrderId::NONE,
};

/// The mixes of an order's fields that do not change while it rests, and its words in the sums.
#[derive(Clone, Copy, Debug)]
struct OrderHash {
    book_mix: Mix,
    state_mix: Mix,
    book_word: u128,
    state_word: u128,
}

/// All orders of a shard.
#[derive(Debug)]
pub(crate) struct OrderSlab {
    orders: Vec<Order>,
    details: Vec<OrderDetails>,
    hashes: Vec<OrderHash>,
    lent_to: Vec<GatewayId>,
    state_sum: HashSum,
    live_count: u32,
}

impl OrderSlab {
    /// Returns a slab of `slots` vacant slots.
    pub(crate) fn new(slots: u32) -> Self {
        let no_hash = OrderHash {
            book_mix: Mix::new(Tag::BookOrder),
            state_mix: Mix::new(Tag::StateOrder),
            book_word: 0,
            state_word: 0,
        };
        Self {
            orders: vec![Order::VACANT; slots as usize],
            details: vec![NO_DETAILS; slots as usize],
            hashes: vec![no_hash; slots as usize],
            lent_to: vec![GatewayId::NONE; slots as usize],
            state_sum: HashSum::default(),
            live_count: 0,
        }
    }

    /// Returns the order in a slot that is known to exist.
    #[inline]
    pub(crate) fn order(&self, slot: u32) -> &Order {
        &self.orders[slot as usize]
    }

    /// Returns the order in a slot that is known to exist, to be changed.
    #[inline]
    pub(crate) fn order_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.orders[slot as usize]
    }

    /// Returns the rest of what is known of the order in a slot that exists.
    #[inline]
    pub(crate) fn details(&self, slot: u32) -> &OrderDetails {
        &self.details[slot as usize]
    }

    /// Returns the slot's order, vacant ones included; `None` where there is no such slot.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&Order> {
        self.orders.get(slot as usize)
    }

    /// Returns the live order that `handle` names, if there is one.
    #[inline]
    pub(crate) fn live(&self, handle: OrderHandle) -> Option<&Order> {
        self.get(handle.slot)
            .filter(|order| order.live && order.generation == handle.generation)
    }

    /// Returns the handle of the order in a slot that exists.
    #[inline]
    pub(crate) fn handle(&self, slot: u32) -> OrderHandle {
        OrderHandle {
            slot,
            generation: self.order(slot).generation,
        }
    }

    /// Returns how many orders are live.
    #[inline]
    pub(crate) const fn live_count(&self) -> u32 {
        self.live_count
    }

    /// Returns who may use a slot; `None` where there is no such slot or nobody may.
    #[inline]
    pub(crate) fn lent_to(&self, slot: u32) -> Option<GatewayId> {
        self.lent_to
            .get(slot as usize)
            .copied()
            .filter(|&gateway| gateway != GatewayId::NONE)
    }

    /// Lends a range of slots; returns whether it did: the range must exist and be lent to
    /// nobody.
    pub(crate) fn lend(&mut self, first: u32, count: u32, gateway: GatewayId) -> bool {
        let Some(end) = first.checked_add(count) else {
            return false;
        };
        let Some(range) = self.lent_to.get_mut(first as usize..end as usize) else {
            return false;
        };
        let free = range.iter().all(|&lent_to| lent_to == GatewayId::NONE);
        if free {
            range.fill(gateway);
        }
        free
    }

    /// Puts a new order into its slot, which the caller has found free for this generation.
    #[inline]
    pub(crate) fn open(&mut self, slot: u32, order: Order, details: OrderDetails) {
        let last = &mut self.orders[slot as usize];
        if last.generation != 0 {
            self.state_sum.remove(slot_word(slot, last.generation));
        }
        self.state_sum.insert(slot_word(slot, order.generation));
        *last = order;
        self.details[slot as usize] = details;
        self.live_count += 1;
    }

    /// Ends the order in a slot. It has left its book before.
    #[inline]
    pub(crate) fn close(&mut self, slot: u32) {
        let order = &mut self.orders[slot as usize];
        debug_assert!(order.live);
        order.live = false;
        self.live_count -= 1;
    }

    /// Gives an order a new client order id; the hash learns of it by [`Self::hash_in`].
    pub(crate) fn set_client_order_id(&mut self, slot: u32, id: ClientOrderId) {
        self.details[slot as usize].client_order_id = id;
    }

    /// Takes an order that begins to rest, or whose client order id changed, into both sums.
    #[inline]
    pub(crate) fn hash_in(&mut self, slot: u32, book_sum: &mut HashSum) {
        let order = &self.orders[slot as usize];
        let details = &self.details[slot as usize];
        let hash = &mut self.hashes[slot as usize];
        hash.book_mix = and_fixed_fields(Mix::new(Tag::BookOrder), order, details);
        let identity = Mix::new(Tag::StateOrder)
            .and(u64::from(order.instrument.get()))
            .and(details.order_id.get())
            .and(pair(slot, order.generation))
            .and(details.request.get())
            .and(
                u64::from(details.session.get())
                    | u64::from(order.gateway.get()) << 32
                    | u64::from(order.durability as u8) << 40,
            );
        hash.state_mix = and_fixed_fields(identity, order, details);
        self.hash_words_in(slot, book_sum);
    }

    /// Takes an order out of both sums.
    #[inline]
    pub(crate) fn hash_out(&mut self, slot: u32, book_sum: &mut HashSum) {
        let hash = &self.hashes[slot as usize];
        book_sum.remove(hash.book_word);
        self.state_sum.remove(hash.state_word);
    }

    /// Tells both sums that a resting order's quantities changed.
    #[inline]
    pub(crate) fn hash_quantities(&mut self, slot: u32, book_sum: &mut HashSum) {
        self.hash_out(slot, book_sum);
        self.hash_words_in(slot, book_sum);
    }

    /// Tells the state sum that a book gave one more priority stamp; `word` is the book's.
    #[inline]
    pub(crate) const fn hash_stamp(&mut self, word: u128) {
        self.state_sum.insert(word);
    }

    /// Returns the sum over orders, slots and priority stamps for the state hash.
    #[inline]
    pub(crate) const fn state_sum(&self) -> u128 {
        self.state_sum.get()
    }

    #[inline]
    fn hash_words_in(&mut self, slot: u32, book_sum: &mut HashSum) {
        let order = &self.orders[slot as usize];
        let hash = &mut self.hashes[slot as usize];
        hash.book_word = and_moving_fields(hash.book_mix, order).finish();
        hash.state_word = and_moving_fields(hash.state_mix, order).finish();
        book_sum.insert(hash.book_word);
        self.state_sum.insert(hash.state_word);
    }
}

#[inline]
fn and_fixed_fields(mix: Mix, order: &Order, details: &OrderDetails) -> Mix {
    let kind = u64::from(order.account.get())
        | u64::from(order.side as u8) << 32
        | u64::from(order.order_type as u8) << 40
        | u64::from(order.time_in_force as u8) << 48
        | u64::from(order.post_only) << 56;
    and_client_order_id(mix.and(kind), &details.client_order_id)
}

#[inline]
const fn and_moving_fields(mix: Mix, order: &Order) -> Mix {
    mix.and(order.price.get().cast_unsigned())
        .and(order.order_quantity.get())
        .and(order.leaves.get())
        .and(order.priority_stamp)
}
