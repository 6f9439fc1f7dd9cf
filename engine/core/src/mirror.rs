//! The order mirror: what one knows of orders from commands and events alone.
//!
//! A gateway keeps one over its own slots, a follower one over all slots; both call the same
//! methods, so their reports agree. It must not know a book: it never asks who trades with whom,
//! it writes down what the events say. Every event names its order by handle; the caller finds
//! the record with [`OrderMirror::get_mut`] and tells it.

use crate::domain::bounds::SHARDS_MAX;
use crate::domain::command::{Durability, NewOrder, OrderTerms};
use crate::domain::{
    AccountId, ClientOrderId, GatewayId, InstrumentId, Notional, OrderHandle, OrderId, OrderType,
    Price, Quantity, RequestNumber, SelfTradePrevention, SequenceNumber, SessionId, ShardId, Side,
    TimeInForce,
};

/// One order as its reports show it. Working: `order_quantity == cumulative + leaves`; ended:
/// `leaves == 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Slot and generation.
    pub handle: OrderHandle,
    /// The venue's id; [`OrderId::NONE`] until the order is accepted.
    pub order_id: OrderId,
    /// For whom.
    pub account: AccountId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order.
    pub order_type: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Whether it refuses to take.
    pub post_only: bool,
    /// What happens where it meets an order of its own identity.
    pub self_trade: SelfTradePrevention,
    /// Stop price, display quantity and the like; zero where it has none.
    pub terms: OrderTerms,
    /// Whether a stop order was released.
    pub triggered: bool,
    /// Limit price, or cap of a peg; without meaning for an order that has none.
    pub price: Price,
    /// Total quantity, the executed part included.
    pub order_quantity: Quantity,
    /// Executed so far.
    pub cumulative: Quantity,
    /// Still open.
    pub leaves: Quantity,
    /// Sum of price x quantity over the fills.
    pub notional: Notional,
    /// When reports of it may leave.
    pub durability: Durability,
    /// Session that entered it.
    pub session: SessionId,
    /// Gateway of that session.
    pub gateway: GatewayId,
    /// Request number of the New Order.
    pub order_request: RequestNumber,
    /// The client's id now; empty where the client gave none.
    pub client_order_id: ClientOrderId,
    /// The client's id before the last replace that changed it; empty before any.
    pub original_client_order_id: ClientOrderId,
    /// Whether the order is pending or working. It is pending while `order_id` is none.
    pub live: bool,
}

impl OrderRecord {
    const fn vacant(slot: u32) -> Self {
        Self {
            handle: OrderHandle {
                slot,
                generation: 0,
            },
            order_id: OrderId::NONE,
            account: AccountId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: false,
            self_trade: SelfTradePrevention::None,
            terms: OrderTerms::NONE,
            triggered: false,
            price: Price::new(0),
            order_quantity: Quantity::ZERO,
            cumulative: Quantity::ZERO,
            leaves: Quantity::ZERO,
            notional: Notional::new(0),
            durability: Durability::Written,
            session: SessionId(0),
            gateway: GatewayId::NONE,
            order_request: RequestNumber(0),
            client_order_id: ClientOrderId::NONE,
            original_client_order_id: ClientOrderId::NONE,
            live: false,
        }
    }

    /// Returns the record of a new order that is not decided yet.
    #[must_use]
    pub const fn pending(order: &NewOrder, client_order_id: ClientOrderId) -> Self {
        Self {
            handle: order.handle,
            order_id: OrderId::NONE,
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
            post_only: order.post_only != 0,
            self_trade: order.self_trade,
            terms: *order.terms(),
            triggered: false,
            price: order.price,
            order_quantity: order.quantity,
            cumulative: Quantity::ZERO,
            leaves: order.quantity,
            notional: Notional::new(0),
            durability: order.origin.durability,
            session: order.origin.session,
            gateway: order.origin.gateway,
            order_request: order.origin.request,
            client_order_id,
            original_client_order_id: ClientOrderId::NONE,
            live: true,
        }
    }

    /// Returns whether the shard has not answered the new order yet.
    #[inline]
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.live && self.order_id == OrderId::NONE
    }

    /// Notes that command `sequence` of `shard` took the order.
    #[inline]
    pub fn accepted(&mut self, shard: ShardId, sequence: SequenceNumber) {
        debug_assert!(usize::from(shard.0) < SHARDS_MAX);
        self.order_id = OrderId::of(shard, sequence);
    }

    /// Notes that the new order was refused; the record has ended.
    #[inline]
    pub fn rejected(&mut self) {
        self.end();
    }

    /// Notes a fill of `quantity` at `price`, on whichever side of the trade the order was.
    ///
    /// # Panics
    ///
    /// Panics if `quantity` is more than what is open: the events are not those of this order.
    #[inline]
    pub fn traded(&mut self, price: Price, quantity: Quantity) {
        self.leaves = self
            .leaves
            .checked_sub(quantity)
            .expect("a fill is at most what is open");
        self.cumulative = self
            .cumulative
            .checked_add(quantity)
            .expect("cumulative is at most the order quantity");
        self.notional = self
            .notional
            .checked_add(price.notional(quantity))
            .expect("|price| < 2^63 and quantity < 2^64, so the sum over an order fits i128");
        self.live = !self.leaves.is_zero();
    }

    /// Notes that the total quantity is now `quantity`, of which `leaves` are open.
    #[inline]
    pub fn reduced(&mut self, quantity: Quantity, leaves: Quantity) {
        self.order_quantity = quantity;
        self.leaves = leaves;
        self.live = !leaves.is_zero();
    }

    /// Notes a replace: `price`, total `quantity` and `leaves` as in the event, and the client
    /// order id that came with the request; an empty one leaves the ids as they are.
    #[inline]
    pub fn replaced(
        &mut self,
        price: Price,
        quantity: Quantity,
        leaves: Quantity,
        client_order_id: ClientOrderId,
    ) {
        self.price = price;
        self.reduced(quantity, leaves);
        if !client_order_id.is_empty() {
            self.original_client_order_id = self.client_order_id;
            self.client_order_id = client_order_id;
        }
    }

    /// Notes what a replace changed beside price and quantity, as in the event.
    #[inline]
    pub fn terms_replaced(
        &mut self,
        stop_price: Price,
        expire_time_ns: u64,
        time_in_force: TimeInForce,
    ) {
        self.terms.stop_price = stop_price;
        self.terms.expire_time_ns = expire_time_ns;
        self.time_in_force = time_in_force;
    }

    /// Notes that the order, a stop order, was released.
    #[inline]
    pub fn triggered(&mut self) {
        self.triggered = true;
    }

    /// Notes the limit price that the order has now.
    #[inline]
    pub fn restated(&mut self, price: Price) {
        self.price = price;
    }

    /// Notes that what was open is gone: canceled or expired.
    #[inline]
    pub fn canceled(&mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.leaves = Quantity::ZERO;
        self.live = false;
    }
}

/// One record a slot, over a range of a shard's slots. The record of an ended order stays
/// readable until its slot is opened again.
#[derive(Debug)]
pub struct OrderMirror {
    slot_first: u32,
    records: Vec<OrderRecord>,
}

impl OrderMirror {
    /// Returns a mirror of the slots `slot_first..slot_first + slot_count`; allocates once.
    ///
    /// # Panics
    ///
    /// Panics if the range does not end below 2^32.
    #[must_use]
    pub fn new(slot_first: u32, slot_count: u32) -> Self {
        let slot_end = slot_first
            .checked_add(slot_count)
            .expect("a range of slots ends below 2^32");
        Self {
            slot_first,
            records: (slot_first..slot_end).map(OrderRecord::vacant).collect(),
        }
    }

    /// Returns the first slot.
    #[must_use]
    pub const fn slot_first(&self) -> u32 {
        self.slot_first
    }

    /// Returns how many slots there are.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.records.len()
    }

    /// Writes the record of a new order, in place of its slot's last one; `None` where the slot
    /// is not of this mirror.
    ///
    /// A gateway calls it as it sends the order, a follower once it has seen that the shard
    /// accepted it: a refused order may name a slot in which another one lives.
    pub fn open(
        &mut self,
        order: &NewOrder,
        client_order_id: ClientOrderId,
    ) -> Option<&mut OrderRecord> {
        let record = self.record_of_slot_mut(order.handle.slot)?;
        *record = OrderRecord::pending(order, client_order_id);
        Some(record)
    }

    /// Returns the record of an order, ended ones included; `None` where its slot is not of this
    /// mirror or holds another order.
    #[inline]
    #[must_use]
    pub fn get(&self, handle: OrderHandle) -> Option<&OrderRecord> {
        self.record_of_slot(handle.slot)
            .filter(|record| record.handle == handle)
    }

    /// Returns the record of an order, to tell it an event; `None` as for [`Self::get`].
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, handle: OrderHandle) -> Option<&mut OrderRecord> {
        self.record_of_slot_mut(handle.slot)
            .filter(|record| record.handle == handle)
    }

    /// Returns what was last written for a slot (generation 0 where nothing was); `None` where
    /// the slot is not of this mirror.
    #[inline]
    #[must_use]
    pub fn record_of_slot(&self, slot: u32) -> Option<&OrderRecord> {
        let index = slot.checked_sub(self.slot_first)?;
        self.records.get(index as usize)
    }

    /// Returns the live records, in the order of their slots.
    pub fn live(&self) -> impl Iterator<Item = &OrderRecord> {
        self.records.iter().filter(|record| record.live)
    }

    fn record_of_slot_mut(&mut self, slot: u32) -> Option<&mut OrderRecord> {
        let index = slot.checked_sub(self.slot_first)?;
        self.records.get_mut(index as usize)
    }
}
