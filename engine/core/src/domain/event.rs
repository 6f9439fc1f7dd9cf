//! Events: what a command did. They are computed, never journaled; 64 bytes each.

use super::command::Durability;
use super::ids::{AccountId, InstrumentId, OrderHandle, SequenceNumber};
use super::instrument::Phase;
use super::price::Price;
use super::quantity::Quantity;
use super::reject_reason::RejectReason;
use super::side::TimeInForce;

/// Why an order was canceled. The numbers stand on the wire and are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CancelReason {
    /// Its owner asked for it.
    Requested = 1,
    /// Rest of an immediate-or-cancel order.
    ImmediateRemainder = 2,
    /// Rest of a market order.
    MarketRemainder = 3,
    /// A mass cancel took it.
    MassCancel = 4,
    /// Rest of a market order whose protection ended it before the book did.
    PriceProtection = 5,
    /// It met, or was met by, an order of its own identity.
    SelfTradePrevention = 6,
    /// A triggered stop order was refused; the event before says why.
    Refused = 7,
}

/// Why an order is told anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RestateReason {
    /// The displayed part was used up; the next one is displayed, at the back of the queue.
    DisplayRefreshed = 1,
    /// A market-to-limit order has its limit price now.
    PriceAssigned = 2,
}

/// Which event, of which command, when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventHeader {
    /// Place of the causing command in its shard's order.
    pub sequence: SequenceNumber,
    /// Event time of that command, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Low half of the ring number of that command; 0 where no gateway sent it.
    pub ring_tag: u32,
    /// Counts the events of that command, from 0.
    pub index: u32,
}

/// What happened. `durability` is the class of the order that the event is about (of the request
/// where there is no such order): its report may leave once the causing command meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventBody {
    /// A new order was taken. Its fills and the fate of its rest follow.
    Accepted {
        /// The order.
        handle: OrderHandle,
        /// Its class.
        durability: Durability,
    },
    /// A new order was refused; the state is as before.
    Rejected {
        /// The handle that stays free.
        handle: OrderHandle,
        /// Why.
        reason: RejectReason,
        /// Class of the request.
        durability: Durability,
    },
    /// Two orders traded, at the resting order's price.
    Traded {
        /// The incoming order.
        aggressor: OrderHandle,
        /// The order that was in the book.
        resting: OrderHandle,
        /// Price of the trade: the resting order's.
        price: Price,
        /// Quantity of the trade.
        quantity: Quantity,
        /// Class of the aggressor.
        aggressor_durability: Durability,
        /// Class of the resting order.
        resting_durability: Durability,
    },
    /// An order was made smaller in place and kept its priority.
    Reduced {
        /// The order.
        handle: OrderHandle,
        /// Its total quantity now.
        quantity: Quantity,
        /// What is open now; 0 ends the order.
        leaves: Quantity,
        /// Its class.
        durability: Durability,
    },
    /// An order has a new price or quantity. Fills may follow.
    Replaced {
        /// The order.
        handle: OrderHandle,
        /// Its price now.
        price: Price,
        /// Its total quantity now.
        quantity: Quantity,
        /// What is open before any fill that follows; 0 ends the order.
        leaves: Quantity,
        /// Whether it kept its place in the queue.
        kept_priority: bool,
        /// Its class.
        durability: Durability,
    },
    /// What was open of an order is gone; the order has ended.
    Canceled {
        /// The order.
        handle: OrderHandle,
        /// What was open.
        quantity: Quantity,
        /// Why.
        reason: CancelReason,
        /// Its class.
        durability: Durability,
    },
    /// The end of the day or its expire time has come for an order; it has ended.
    Expired {
        /// The order.
        handle: OrderHandle,
        /// What was open.
        quantity: Quantity,
        /// Its class.
        durability: Durability,
    },
    /// A stop order was released. Its fills and the fate of its rest follow.
    Triggered {
        /// The order.
        handle: OrderHandle,
        /// Why it does not go on, where it does not; its cancel follows.
        refused: Option<RejectReason>,
        /// Its class.
        durability: Durability,
    },
    /// An order has changed on its own.
    Restated {
        /// The order.
        handle: OrderHandle,
        /// Its limit price now.
        price: Price,
        /// What it displays now.
        displayed: Quantity,
        /// Why.
        reason: RestateReason,
        /// Its class.
        durability: Durability,
    },
    /// An aggressor met a resting order of its own identity and did not trade. What it costs
    /// either of them follows: a cancel, or a reduce.
    SelfTradePrevented {
        /// The incoming order.
        aggressor: OrderHandle,
        /// The order that was in the book.
        resting: OrderHandle,
        /// Price at which they would have traded.
        price: Price,
        /// Quantity that they would have traded.
        quantity: Quantity,
        /// Class of the aggressor.
        aggressor_durability: Durability,
        /// Class of the resting order.
        resting_durability: Durability,
    },
    /// A replace changed more than price and quantity; comes after its `Replaced`.
    TermsReplaced {
        /// The order.
        handle: OrderHandle,
        /// Its stop price now; 0 where it has none.
        stop_price: Price,
        /// Its expire time now, nanoseconds since the Unix epoch; 0 where it has none.
        expire_time_ns: u64,
        /// Its time in force now.
        time_in_force: TimeInForce,
        /// Its class.
        durability: Durability,
    },
    /// A cancel, reduce or replace was refused; the order is as before.
    CancelRejected {
        /// The handle that the request named.
        handle: OrderHandle,
        /// Why.
        reason: RejectReason,
        /// Class of the request.
        durability: Durability,
    },
    /// A mass cancel is complete; its cancels came before.
    MassCanceled {
        /// Orders canceled by it in this shard.
        count: u32,
        /// Class of the request.
        durability: Durability,
    },
    /// An instrument entered a phase.
    PhaseChanged {
        /// The instrument.
        instrument: InstrumentId,
        /// Its phase now.
        phase: Phase,
    },
    /// An instrument became known or has new limits.
    InstrumentChanged {
        /// The instrument.
        instrument: InstrumentId,
    },
    /// An account became known or has new limits.
    AccountChanged {
        /// The account.
        account: AccountId,
    },
    /// The answer to a hash check. Where the two differ, state and journal disagree.
    HashRecord {
        /// The hash in the journal.
        expected: [u64; 2],
        /// The hash of this shard.
        actual: [u64; 2],
    },
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which one, when.
    pub header: EventHeader,
    /// What happened.
    pub body: EventBody,
}

const _: () = assert!(size_of::<Event>() <= 64, "an event fills one cache line");
