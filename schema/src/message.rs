//! Messages: what client and venue say to each other, whichever encoding carries it.
//!
//! An encoding turns bytes into a [`ClientMessage`] and a [`ServerMessage`] into bytes; it knows
//! no rule of the session. Prices are 1e-9 units, times nanoseconds since the Unix epoch.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Durability, EventId, MassCancelScope, Name, OrderId, OrderType,
    Price, Quantity, RejectReason, RequestNumber, SelfTradePrevention, Side, Symbol, TimeInForce,
};

/// Version of the session rules that this build speaks.
pub const PROTOCOL_VERSION: u16 = 1;
/// Bytes in the longest frame of a client.
pub const CLIENT_FRAME_BYTES_MAX: usize = 1024;
/// Bytes in the longest frame of the venue.
pub const SERVER_FRAME_BYTES_MAX: usize = 1024;
/// Requests above the decided prefix that a logon answer can tell apart.
pub const DECIDED_BITMAP_BITS: usize = 2048;

/// First message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logon {
    /// [`PROTOCOL_VERSION`] of the client.
    pub protocol_version: u16,
    /// Key of the session.
    pub key: Name,
    /// Sequence of the first server message that the client lacks; 1 for all, 0 for none older
    /// than now.
    pub next_expected: u64,
    /// When acknowledgements may leave on this session until it logs on anew.
    pub durability: Durability,
}

/// How a request names an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderTarget {
    /// By the number of the request that entered it, on this session.
    Request(RequestNumber),
    /// By its client order id, within the firm.
    ClientOrderId(ClientOrderId),
    /// By the venue's id.
    OrderId(OrderId),
}

impl OrderTarget {
    /// Returns whether it can name an order at all: neither number nor id is zero or empty.
    #[must_use]
    pub const fn is_name(&self) -> bool {
        match self {
            Self::Request(request) => request.get() != 0,
            Self::ClientOrderId(id) => !id.is_empty(),
            Self::OrderId(id) => id.get() != 0,
        }
    }
}

/// Enters an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrderRequest {
    /// Number of the request.
    pub request: RequestNumber,
    /// Client order id; empty where the request number is name enough.
    pub client_order_id: ClientOrderId,
    /// Account; `None` for the session's default.
    pub account: Option<Name>,
    /// What to trade.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order.
    pub order_type: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Refuse it rather than take.
    pub post_only: bool,
    /// Limit price of a limit or stop-limit order, or cap of a mid-peg ([`Price::MAX`] of a buy and
    /// [`Price::MIN`] of a sell for none); not read for others.
    pub price: Price,
    /// Quantity to trade.
    pub quantity: Quantity,
    /// Price of a trade that releases a stop order; else 0.
    pub stop_price: Price,
    /// How much of it is displayed at one time; 0 for all.
    pub display_quantity: Quantity,
    /// Refuse it where less than this would trade at once; 0 for no minimum.
    pub minimum_quantity: Quantity,
    /// When a good-till-date order ends, nanoseconds since the Unix epoch; else 0.
    pub expire_time_ns: u64,
    /// What happens where it meets an order of its own group or account.
    pub self_trade: SelfTradePrevention,
    /// The firm's own number of a group whose orders do not trade with each other; 0 for the
    /// orders of its account.
    pub self_trade_group: u16,
}

impl NewOrderRequest {
    /// Returns a plain limit order for the day, for the session's default account and named by its
    /// request number alone; number 0 until the sender gives it one.
    #[must_use]
    pub const fn limit(symbol: Symbol, side: Side, price: Price, quantity: Quantity) -> Self {
        Self {
            request: RequestNumber(0),
            client_order_id: ClientOrderId::NONE,
            account: None,
            symbol,
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: false,
            price,
            quantity,
            stop_price: Price::new(0),
            display_quantity: Quantity::ZERO,
            minimum_quantity: Quantity::ZERO,
            expire_time_ns: 0,
            self_trade: SelfTradePrevention::CancelNewest,
            self_trade_group: 0,
        }
    }

    /// Returns a market order, immediate or cancel; else as [`Self::limit`].
    #[must_use]
    pub const fn market(symbol: Symbol, side: Side, quantity: Quantity) -> Self {
        let mut order = Self::limit(symbol, side, Price::new(0), quantity);
        order.order_type = OrderType::Market;
        order.time_in_force = TimeInForce::Ioc;
        order
    }

    /// Returns a market-to-limit order for the day; else as [`Self::limit`].
    #[must_use]
    pub const fn market_to_limit(symbol: Symbol, side: Side, quantity: Quantity) -> Self {
        let mut order = Self::limit(symbol, side, Price::new(0), quantity);
        order.order_type = OrderType::MarketToLimit;
        order
    }

    /// Returns a stop order for the day, released by a trade at `stop_price`; else as
    /// [`Self::limit`].
    #[must_use]
    pub const fn stop(symbol: Symbol, side: Side, stop_price: Price, quantity: Quantity) -> Self {
        let mut order = Self::limit(symbol, side, Price::new(0), quantity);
        order.order_type = OrderType::Stop;
        order.stop_price = stop_price;
        order
    }

    /// Returns a mid-peg for the day, without a cap; else as [`Self::limit`].
    #[must_use]
    pub const fn mid_peg(symbol: Symbol, side: Side, quantity: Quantity) -> Self {
        let no_cap = match side {
            Side::Buy => Price::MAX,
            Side::Sell => Price::MIN,
        };
        let mut order = Self::limit(symbol, side, no_cap, quantity);
        order.order_type = OrderType::MidPeg;
        order
    }

    /// Returns it with a time in force; one of [`TimeInForce::Gtd`] has an expire time too, see
    /// [`Self::until`].
    #[must_use]
    pub const fn with_time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.time_in_force = time_in_force;
        self
    }

    /// Returns it as a limit order that waits until a trade reaches `stop_price`.
    #[must_use]
    pub const fn with_stop(mut self, stop_price: Price) -> Self {
        self.order_type = OrderType::StopLimit;
        self.stop_price = stop_price;
        self
    }

    /// Returns it as good till `expire_time_ns`, nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn until(mut self, expire_time_ns: u64) -> Self {
        self.time_in_force = TimeInForce::Gtd;
        self.expire_time_ns = expire_time_ns;
        self
    }

    /// Returns it as an iceberg that displays `quantity` at one time.
    #[must_use]
    pub const fn displaying(mut self, quantity: Quantity) -> Self {
        self.display_quantity = quantity;
        self
    }

    /// Returns it as immediate or cancel, refused where less than `quantity` would trade.
    #[must_use]
    pub const fn at_least(mut self, quantity: Quantity) -> Self {
        self.time_in_force = TimeInForce::Ioc;
        self.minimum_quantity = quantity;
        self
    }

    /// Returns it with a choice for where it meets an order of its own account.
    #[must_use]
    pub const fn with_self_trade(mut self, choice: SelfTradePrevention) -> Self {
        self.self_trade = choice;
        self
    }

    /// Returns it as one of the firm's group `group`, above 0: the orders of the group do not trade
    /// with each other, whatever their accounts.
    #[must_use]
    pub const fn in_self_trade_group(mut self, group: u16) -> Self {
        self.self_trade_group = group;
        self
    }
}

/// Cancels one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelRequest {
    /// Number of the request.
    pub request: RequestNumber,
    /// The order.
    pub target: OrderTarget,
}

/// Makes one order smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReduceRequest {
    /// Number of the request.
    pub request: RequestNumber,
    /// The order.
    pub target: OrderTarget,
    /// New TOTAL quantity, the executed part included.
    pub quantity: Quantity,
}

/// Gives one order a new price, quantity, stop price or time in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaceRequest {
    /// Number of the request.
    pub request: RequestNumber,
    /// The order.
    pub target: OrderTarget,
    /// New client order id; empty to keep the old one.
    pub client_order_id: ClientOrderId,
    /// New limit price, or cap of a mid-peg; not read for an order without one.
    pub price: Price,
    /// New TOTAL quantity, the executed part included.
    pub quantity: Quantity,
    /// New stop price of a stop order that waits; `None` to keep it.
    pub stop_price: Option<Price>,
    /// New time in force, one that rests; `None` to keep it and its expire time.
    pub time_in_force: Option<TimeInForce>,
    /// Expire time of a new time in force good-till-date, nanoseconds since the Unix epoch; else
    /// 0.
    pub expire_time_ns: u64,
}

impl ReplaceRequest {
    /// Returns one that gives an order a new price and total quantity and leaves all else as it
    /// is; number 0 until the sender gives it one.
    #[must_use]
    pub const fn new(target: OrderTarget, price: Price, quantity: Quantity) -> Self {
        Self {
            request: RequestNumber(0),
            target,
            client_order_id: ClientOrderId::NONE,
            price,
            quantity,
            stop_price: None,
            time_in_force: None,
            expire_time_ns: 0,
        }
    }

    /// Returns it with a new client order id.
    #[must_use]
    pub const fn with_id(mut self, client_order_id: ClientOrderId) -> Self {
        self.client_order_id = client_order_id;
        self
    }

    /// Returns it with a new stop price.
    #[must_use]
    pub const fn with_stop(mut self, stop_price: Price) -> Self {
        self.stop_price = Some(stop_price);
        self
    }

    /// Returns it with a new time in force; for good-till-date see [`Self::until`].
    #[must_use]
    pub const fn with_time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.time_in_force = Some(time_in_force);
        self
    }

    /// Returns it as good till `expire_time_ns`, nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn until(mut self, expire_time_ns: u64) -> Self {
        self.time_in_force = Some(TimeInForce::Gtd);
        self.expire_time_ns = expire_time_ns;
        self
    }
}

/// Cancels many orders, stop orders that wait and mid-pegs among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassCancelRequest {
    /// Number of the request.
    pub request: RequestNumber,
    /// Those of the session, or of an account.
    pub scope: MassCancelScope,
    /// The account of that scope; `None` for the session's default.
    pub account: Option<Name>,
    /// Only this symbol.
    pub symbol: Option<Symbol>,
    /// Only this side.
    pub side: Option<Side>,
}

/// What a client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Logs on.
    Logon(Logon),
    /// Shows that the client lives.
    Heartbeat,
    /// Ends the connection in good order.
    Logout,
    /// Enters an order.
    NewOrder(NewOrderRequest),
    /// Cancels one.
    Cancel(CancelRequest),
    /// Makes one smaller.
    Reduce(ReduceRequest),
    /// Replaces one.
    Replace(ReplaceRequest),
    /// Cancels many.
    MassCancel(MassCancelRequest),
}

impl ClientMessage {
    /// Returns the number of the request; `None` where the message is none.
    #[inline]
    #[must_use]
    pub const fn request(&self) -> Option<RequestNumber> {
        match self {
            Self::Logon(_) | Self::Heartbeat | Self::Logout => None,
            Self::NewOrder(body) => Some(body.request),
            Self::Cancel(body) => Some(body.request),
            Self::Reduce(body) => Some(body.request),
            Self::Replace(body) => Some(body.request),
            Self::MassCancel(body) => Some(body.request),
        }
    }

    /// Returns the message as request `number`; as it is where it is no request.
    #[inline]
    #[must_use]
    pub const fn with_request(mut self, number: RequestNumber) -> Self {
        match &mut self {
            Self::Logon(_) | Self::Heartbeat | Self::Logout => {}
            Self::NewOrder(body) => body.request = number,
            Self::Cancel(body) => body.request = number,
            Self::Reduce(body) => body.request = number,
            Self::Replace(body) => body.request = number,
            Self::MassCancel(body) => body.request = number,
        }
        self
    }
}

/// Answer to a logon. What follows on the connection is every message from `replay_from` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogonAnswer {
    /// The process's epoch: another one than before means that it was started anew.
    pub epoch: u32,
    /// First server sequence that will be sent again; equals `next_sequence` where none is.
    pub replay_from: u64,
    /// Sequence of the next message that is not yet numbered.
    pub next_sequence: u64,
    /// Every request up to this one is decided.
    pub decided_through: RequestNumber,
    /// Highest request number ever taken; the next new one is one above.
    pub request_highest: RequestNumber,
    /// Bit i set: request `decided_through + 1 + i` is decided. Others up to `request_highest` are
    /// not; sent again they are executed where they had no effect, and answered as repeated where
    /// their answer is on the way.
    pub decided_above: [u64; DECIDED_BITMAP_BITS / 64],
    /// Class in force.
    pub durability: Durability,
    /// Milliseconds between heartbeats, both ways; the peer is dead after 2.5 of them.
    pub heartbeat_interval_ms: u32,
    /// Live orders that the default account may have.
    pub open_orders_max: u32,
    /// 0, or the first sequence whose message a power loss took.
    pub lost_from: u64,
}

impl LogonAnswer {
    /// Returns whether `request` is decided: it had its effect, or was refused, for good. One that
    /// is not may be sent again.
    #[must_use]
    pub fn is_decided(&self, request: RequestNumber) -> bool {
        let Some(above) = request.get().checked_sub(self.decided_through.get()) else {
            return true;
        };
        let Some(bit) = above.checked_sub(1) else {
            return true;
        };
        usize::try_from(bit / 64)
            .ok()
            .and_then(|word| self.decided_above.get(word))
            .is_some_and(|word| (word >> (bit % 64)) & 1 == 1)
    }
}

/// What just happened to an order (FIX ExecType 150).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExecType {
    /// The order was taken.
    New = 0,
    /// What was open is gone.
    Canceled = 4,
    /// It has a new price or quantity.
    Replaced = 5,
    /// It was refused.
    Rejected = 8,
    /// The end of the day or its expire time has come.
    Expired = 12,
    /// It has changed on its own, or in more than price and quantity.
    Restated = 13,
    /// It was made smaller and kept its priority.
    Reduced = 14,
    /// It traded.
    Trade = 15,
    /// A trade has reached its stop price.
    Triggered = 16,
    /// It met an order of its own group or account and did not trade.
    TradePrevented = 17,
}

/// Where an order stands now (FIX OrdStatus 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OrderStatus {
    /// Live, nothing traded.
    New = 0,
    /// Live, some traded.
    PartiallyFilled = 1,
    /// Ended, nothing open.
    Filled = 2,
    /// Ended, the rest canceled.
    Canceled = 4,
    /// Never was live.
    Rejected = 8,
    /// Ended, the rest expired.
    Expired = 12,
}

/// What an order that is restated has anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RestateReason {
    /// The next part of an iceberg is displayed, at the back of the queue.
    DisplayRefreshed = 1,
    /// A market-to-limit order has its limit price.
    PriceAssigned = 2,
    /// A replace changed its stop price, time in force or expire time.
    TermsReplaced = 3,
}

/// Whether a fill, or a trade that was prevented, made or took liquidity (FIX LastLiquidityInd 851).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Liquidity {
    /// Neither.
    None = 0,
    /// The order was resting.
    Added = 1,
    /// The order was the aggressor.
    Removed = 2,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionReport {
    /// What happened.
    pub exec_type: ExecType,
    /// Where the order stands.
    pub order_status: OrderStatus,
    /// Why, where it was refused, as a new order or as a stop order that was released.
    pub reject_reason: Option<RejectReason>,
    /// Why, where it was canceled.
    pub cancel_reason: Option<CancelReason>,
    /// What is new, where it was restated.
    pub restate_reason: Option<RestateReason>,
    /// The venue's id; [`OrderId::NONE`] where it was refused.
    pub order_id: OrderId,
    /// Id of the event; all zero where the gateway refused it.
    pub execution_id: EventId,
    /// The request that this answers; 0 where none did (a fill of a resting order, and whatever
    /// happens to an order on its own).
    pub request: RequestNumber,
    /// The request that entered the order.
    pub order_request: RequestNumber,
    /// The order's client order id.
    pub client_order_id: ClientOrderId,
    /// Where a replace gave a new one: the id before.
    pub original_client_order_id: ClientOrderId,
    /// Its account.
    pub account: Name,
    /// Its symbol.
    pub symbol: Symbol,
    /// Its side.
    pub side: Side,
    /// Its type.
    pub order_type: OrderType,
    /// Its time in force.
    pub time_in_force: TimeInForce,
    /// Its limit price, or cap of a mid-peg; zero where it has none.
    pub price: Price,
    /// Its stop price; zero where it has none.
    pub stop_price: Price,
    /// How much of it is displayed at one time; 0 for all.
    pub display_quantity: Quantity,
    /// When it ends, if it is good till date; else 0.
    pub expire_time_ns: u64,
    /// What it displays now, where it was restated by the venue; else 0.
    pub displayed: Quantity,
    /// Its total quantity.
    pub order_quantity: Quantity,
    /// What traded so far.
    pub cumulative: Quantity,
    /// What is open; 0 when the order has ended.
    pub leaves: Quantity,
    /// Price of this fill, or of a trade that was prevented.
    pub last_price: Price,
    /// Quantity of this fill, or of a trade that was prevented; else 0.
    pub last_quantity: Quantity,
    /// Of this fill, or of a trade that was prevented.
    pub liquidity: Liquidity,
    /// Event time; 0 where the gateway refused it.
    pub transact_time_ns: u64,
}

/// A cancel, reduce or replace was refused; the order is as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelReject {
    /// The request refused.
    pub request: RequestNumber,
    /// Why.
    pub reason: RejectReason,
    /// The order where it is known; else [`OrderId::NONE`].
    pub order_id: OrderId,
    /// Its client order id where it is known or was named.
    pub client_order_id: ClientOrderId,
    /// Event time; 0 where the gateway refused it.
    pub transact_time_ns: u64,
}

/// A request other than for one order was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessReject {
    /// The request refused.
    pub request: RequestNumber,
    /// Why.
    pub reason: RejectReason,
}

/// A mass cancel is complete in every shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassCancelReport {
    /// The request.
    pub request: RequestNumber,
    /// Orders canceled by it.
    pub count: u32,
    /// Event time of the last shard's part.
    pub transact_time_ns: u64,
}

/// A numbered message: it keeps its number for good and can be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// What happened to an order.
    Execution(ExecutionReport),
    /// A cancel, reduce or replace was refused.
    CancelReject(CancelReject),
    /// Another request was refused.
    BusinessReject(BusinessReject),
    /// A mass cancel is complete.
    MassCancel(MassCancelReport),
}

impl Report {
    /// Returns the request that this answers; 0 where none did (a fill of a resting order).
    #[inline]
    #[must_use]
    pub const fn request(&self) -> RequestNumber {
        match self {
            Self::Execution(body) => body.request,
            Self::CancelReject(body) => body.request,
            Self::BusinessReject(body) => body.request,
            Self::MassCancel(body) => body.request,
        }
    }
}

/// What the venue says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// Answers a logon.
    LogonAnswer(LogonAnswer),
    /// A numbered message. `resend` is set where it was numbered before this logon.
    Report {
        /// Its number, from 1, without gaps but those a logon answer announces.
        sequence: u64,
        /// Whether it may have been sent before.
        resend: bool,
        /// What it says.
        report: Report,
    },
    /// Not numbered: a repeat of a request that was decided before changed nothing.
    RequestRepeated {
        /// The request.
        request: RequestNumber,
    },
    /// Shows that the venue lives.
    Heartbeat {
        /// Sequence that the next message gets; those below it may still be on their way.
        next_sequence: u64,
        /// Every message up to this one would survive a power loss.
        durable_through: u64,
    },
    /// Ends the connection.
    Logout {
        /// Why.
        reason: RejectReason,
    },
}
