//! Publications: what downstream systems are told of an event, as owned plain data. They must not
//! know how they travel.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, EventId, InstrumentId, Name, OrderId, OrderType, Price, Quantity,
    RejectReason, RequestNumber, SessionId, Side, Symbol, TimeInForce,
};

use crate::decimal::decimal_text;

/// Decimal exponent of a price unit: prices are in 1e-9 units.
const PRICE_EXPONENT: i8 = -9;

/// One thing that downstream is told. Publications of one event share its id: at most one fill and
/// one execution for each of its orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Id of the event.
    pub id: EventId,
    /// Event time, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// What happened.
    pub body: PublicationBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationBody {
    /// Two orders traded. One a trade.
    Fill(Fill),
    /// Something happened to one order. Two a trade.
    Execution(Execution),
}

/// What is traded, and the unit of its quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// Number of the instrument.
    pub instrument: InstrumentId,
    /// Its symbol.
    pub symbol: Symbol,
    /// A quantity unit is 10^this of the base.
    pub quantity_exponent: i8,
}

impl Product {
    /// Returns a quantity as a decimal number of the base.
    #[must_use]
    pub fn quantity_text(&self, quantity: Quantity) -> String {
        decimal_text(i128::from(quantity.get()), self.quantity_exponent)
    }
}

/// Returns a price as a decimal number of the quote currency.
#[must_use]
pub fn price_text(price: Price) -> String {
    decimal_text(i128::from(price.get()), PRICE_EXPONENT)
}

/// Who an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The venue's id of the order; [`OrderId::NONE`] for a refused new order.
    pub order_id: OrderId,
    /// Its account.
    pub account: Name,
    /// The client's id of it; may be none.
    pub client_order_id: ClientOrderId,
    /// Session over which it was entered.
    pub session: SessionId,
    /// Request by which it was entered.
    pub order_request: RequestNumber,
}

/// A trade with both its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What was traded.
    pub product: Product,
    /// Price: the resting order's.
    pub price: Price,
    /// Quantity.
    pub quantity: Quantity,
    /// Side of the aggressor.
    pub aggressor_side: Side,
    /// The incoming order.
    pub aggressor: Party,
    /// The order that was in the book.
    pub resting: Party,
}

/// What happened to one order, and where it stands after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What it is for.
    pub product: Product,
    /// Who it is.
    pub party: Party,
    /// Its side.
    pub side: Side,
    /// Its type.
    pub order_type: OrderType,
    /// How long it works.
    pub time_in_force: TimeInForce,
    /// Its limit price; zero for a market order.
    pub price: Price,
    /// Its total quantity.
    pub order_quantity: Quantity,
    /// What was traded of it.
    pub cumulative: Quantity,
    /// What is open of it; 0 where it has ended.
    pub leaves: Quantity,
    /// What happened.
    pub kind: ExecutionKind,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionKind {
    /// It was taken.
    Accepted,
    /// It was refused as a new order.
    Rejected(RejectReason),
    /// It traded.
    Traded {
        /// Price of the trade.
        last_price: Price,
        /// Quantity of the trade.
        last_quantity: Quantity,
        /// Whether it was the incoming order.
        is_aggressor: bool,
    },
    /// It was made smaller in place.
    Reduced,
    /// It has a new price or quantity.
    Replaced {
        /// Whether it kept its place in the queue.
        kept_priority: bool,
        /// The client's id of it before.
        original_client_order_id: ClientOrderId,
    },
    /// What was open of it is gone.
    Canceled {
        /// What was open.
        canceled: Quantity,
        /// Why.
        reason: CancelReason,
    },
    /// A cancel, reduce or replace of it was refused; it is as before.
    CancelRejected(RejectReason),
}
