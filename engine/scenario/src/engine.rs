//! What a scenario needs of an engine, and what it may ask it between commands.

use matchgate_core::OrderRecord;
use matchgate_core::domain::{
    AccountId, ClientOrderId, Command, Durability, Event, GatewayId, InstrumentId, OrderHandle,
    OrderId, OrderTerms, OrderType, Price, Quantity, RequestNumber, SelfTradePrevention, Sequenced,
    SessionId, ShardId, Side, TimeInForce,
};

/// A shard, or whatever answers commands as one.
pub trait Engine {
    /// Returns whose commands it takes.
    fn shard_id(&self) -> ShardId;

    /// Applies a command to its end, in as many steps as it takes; returns all its events.
    fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event>;

    /// Returns a live order, whether it is displayed, waits for its stop price or is pegged.
    fn order(&self, handle: OrderHandle) -> Option<LiveOrder>;

    /// Returns how many orders are live.
    fn live_order_count(&self) -> u32;

    /// Returns the displayed orders of one side, in the order in which they would trade.
    fn live_orders(&self, instrument: InstrumentId, side: Side) -> Vec<DisplayedOrder>;

    /// Returns the displayed price levels of one side, the best first.
    fn depth(&self, instrument: InstrumentId, side: Side) -> Vec<Level>;

    /// Returns the hash of an instrument's book; `None` where it is not known.
    fn book_hash(&self, instrument: InstrumentId) -> Option<u128>;

    /// Returns the hash of the whole state.
    fn state_hash(&self) -> u128;
}

/// An order in a displayed price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisplayedOrder {
    /// Slot and generation.
    pub handle: OrderHandle,
    /// What it displays.
    pub displayed: Quantity,
    /// Place in time among the orders of its book.
    pub priority_stamp: u64,
}

/// A displayed price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// What is displayed at it.
    pub quantity: u128,
    /// Orders.
    pub order_count: u32,
}

/// A live order, as an engine holds it and as the events have told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveOrder {
    /// Slot and generation.
    pub handle: OrderHandle,
    /// The venue's id.
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
    /// Stop price, display quantity and the like; zero where it has none. The minimum quantity is
    /// zero: an order that has one never rests.
    pub terms: OrderTerms,
    /// Whether a stop order was released.
    pub triggered: bool,
    /// Limit price, or cap of a peg; 0 for a stop order that has none.
    pub price: Price,
    /// Total quantity, the executed part included.
    pub order_quantity: Quantity,
    /// Executed so far.
    pub cumulative: Quantity,
    /// Still open.
    pub leaves: Quantity,
    /// When reports of it may leave.
    pub durability: Durability,
    /// Session that entered it.
    pub session: SessionId,
    /// Gateway of that session.
    pub gateway: GatewayId,
    /// Request number of the New Order.
    pub request: RequestNumber,
    /// The client's id now; empty where the client gave none.
    pub client_order_id: ClientOrderId,
}

impl From<&OrderRecord> for LiveOrder {
    fn from(record: &OrderRecord) -> Self {
        Self {
            handle: record.handle,
            order_id: record.order_id,
            account: record.account,
            instrument: record.instrument,
            side: record.side,
            order_type: record.order_type,
            time_in_force: record.time_in_force,
            post_only: record.post_only,
            self_trade: record.self_trade,
            terms: record.terms,
            triggered: record.triggered,
            price: match record.order_type {
                OrderType::Stop => Price::new(0),
                _ => record.price,
            },
            order_quantity: record.order_quantity,
            cumulative: record.cumulative,
            leaves: record.leaves,
            durability: record.durability,
            session: record.session,
            gateway: record.gateway,
            request: record.order_request,
            client_order_id: record.client_order_id,
        }
    }
}
