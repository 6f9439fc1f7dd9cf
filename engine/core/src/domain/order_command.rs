//! What clients tell a shard of orders, as it stands in the journal, byte by byte.
//!
//! Each is one fixed-layout little-endian struct; reserved bytes are zero. It must not know the
//! other commands, nor which is which: [`super::command`] does.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::ids::{
    AccountId, GatewayId, InstrumentId, OrderHandle, OrderId, RequestNumber, RingNumber, SessionId,
};
use super::price::Price;
use super::quantity::Quantity;
use super::side::{OrderType, SelfTradePrevention, Side, TimeInForce};

/// When an acknowledgement may leave.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    TryFromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(u8)]
pub enum Durability {
    /// Once the command is in the staging log, which outlives the process.
    #[default]
    Written = 1,
    /// Once the command is on disk, which outlives the machine's power.
    Synced = 2,
}

/// Where a client command came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Origin {
    /// The gateway's number of it to this shard.
    pub ring: RingNumber,
    /// The client's number of it.
    pub request: RequestNumber,
    /// The session it came over.
    pub session: SessionId,
    /// The gateway; [`GatewayId::NONE`] for an operator's act.
    pub gateway: GatewayId,
    /// When its answer may leave.
    pub durability: Durability,
    /// Zero.
    pub reserved: [u8; 2],
}

impl Origin {
    /// Returns session, gateway and durability as they stand in its last eight bytes, little-endian.
    #[inline]
    pub(crate) fn owner_word(&self) -> u64 {
        const AT: usize = std::mem::offset_of!(Origin, session);
        let bytes = self.as_bytes().last_chunk().expect("it is longer");
        const _: () = assert!(AT + 8 == size_of::<Origin>());
        u64::from_le_bytes(*bytes)
    }
}

/// What only some new orders have; zero where one has not.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct OrderTerms {
    /// Price of a trade that releases a stop order (FIX StopPx 99).
    pub stop_price: Price,
    /// How much of it is displayed at one time (FIX DisplayQty 1138); 0 for all.
    pub display_quantity: Quantity,
    /// Refused where less than this would trade at once (FIX MinQty 110); 0 for no minimum.
    pub minimum_quantity: Quantity,
    /// When a good-till-date order ends, nanoseconds since the Unix epoch (FIX ExpireTime 126).
    pub expire_time_ns: u64,
    /// Group whose orders do not trade with each other, unique over the venue, below 2^31; 0 for
    /// the account's own orders.
    pub self_trade_group: u32,
    /// Zero.
    pub reserved: [u8; 4],
}

impl OrderTerms {
    /// No further terms.
    pub const NONE: Self = Self {
        stop_price: Price::new(0),
        display_quantity: Quantity::ZERO,
        minimum_quantity: Quantity::ZERO,
        expire_time_ns: 0,
        self_trade_group: 0,
        reserved: [0; 4],
    };
}

/// A new order; the client order id follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct NewOrder {
    /// Where it came from; its durability class is the order's for life.
    pub origin: Origin,
    /// Handle that the gateway gave it.
    pub handle: OrderHandle,
    /// Limit price, or cap of a peg; not read for an order without one.
    pub price: Price,
    /// Quantity to trade.
    pub quantity: Quantity,
    /// What to trade.
    pub instrument: InstrumentId,
    /// For whom.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order.
    pub order_type: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// 1: refuse it rather than take; 0: no condition.
    pub post_only: u8,
    /// What happens where it meets an order of its own identity.
    pub self_trade: SelfTradePrevention,
    /// 1: `terms` say more; 0: they are not read.
    pub terms_given: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// Further terms.
    pub terms: OrderTerms,
}

impl NewOrder {
    /// Returns a limit order for the day, for instrument, account and session 0, as the command
    /// `ring` of gateway 0.
    #[must_use]
    pub const fn limit(
        ring: RingNumber,
        handle: OrderHandle,
        side: Side,
        price: Price,
        quantity: Quantity,
    ) -> Self {
        Self {
            origin: Origin {
                ring,
                request: RequestNumber(ring.0),
                session: SessionId(0),
                gateway: GatewayId(0),
                durability: Durability::Written,
                reserved: [0; 2],
            },
            handle,
            price,
            quantity,
            instrument: InstrumentId(0),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        }
    }

    /// Bytes of one without further terms in the journal.
    pub(super) const PLAIN_LENGTH: usize = size_of::<PlainNewOrder>();

    /// Returns side, type, time in force, post-only, self-trade prevention and whether terms are
    /// given, a byte each from the lowest on, as they stand in the journal; then what is reserved.
    #[inline]
    pub(crate) fn traits_word(&self) -> u64 {
        const AT: usize = std::mem::offset_of!(NewOrder, side);
        const _: () = assert!(AT + 8 == NewOrder::PLAIN_LENGTH);
        let plain = &self.as_bytes()[..Self::PLAIN_LENGTH];
        u64::from_le_bytes(*plain.last_chunk().expect("it is longer"))
    }

    /// Returns its further terms; none where they are not given.
    #[inline]
    #[must_use]
    pub const fn terms(&self) -> &OrderTerms {
        if self.terms_given == 0 {
            &OrderTerms::NONE
        } else {
            &self.terms
        }
    }
}

/// A [`NewOrder`] up to its further terms.
#[derive(Clone, Copy, TryFromBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(super) struct PlainNewOrder {
    origin: Origin,
    handle: OrderHandle,
    price: Price,
    quantity: Quantity,
    instrument: InstrumentId,
    account: AccountId,
    side: Side,
    order_type: OrderType,
    time_in_force: TimeInForce,
    post_only: u8,
    self_trade: SelfTradePrevention,
    terms_given: u8,
    reserved: [u8; 2],
}

impl From<PlainNewOrder> for NewOrder {
    #[inline]
    fn from(plain: PlainNewOrder) -> Self {
        Self {
            origin: plain.origin,
            handle: plain.handle,
            price: plain.price,
            quantity: plain.quantity,
            instrument: plain.instrument,
            account: plain.account,
            side: plain.side,
            order_type: plain.order_type,
            time_in_force: plain.time_in_force,
            post_only: plain.post_only,
            self_trade: plain.self_trade,
            terms_given: plain.terms_given,
            reserved: plain.reserved,
            terms: OrderTerms::NONE,
        }
    }
}

/// Takes an order out of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Cancel {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// Its id where an operator cancels, so that a wrong handle is found; else
    /// [`OrderId::NONE`].
    pub order_id: OrderId,
}

/// Makes an order smaller in place. Never grows it, never costs its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Reduce {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// The order's new TOTAL quantity, the executed part included.
    pub quantity: Quantity,
}

/// What only some replaces change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ReplaceTerms {
    /// New stop price of a stop order that waits, where `stop_price_given` is 1.
    pub stop_price: Price,
    /// New expire time of a good-till-date order, nanoseconds since the Unix epoch; else 0.
    pub expire_time_ns: u64,
    /// Number of the new [`TimeInForce`], one that rests; 0 to leave it.
    pub time_in_force: u8,
    /// 1 where the stop price is to change.
    pub stop_price_given: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

impl ReplaceTerms {
    /// Changes nothing.
    pub const NONE: Self = Self {
        stop_price: Price::new(0),
        expire_time_ns: 0,
        time_in_force: 0,
        stop_price_given: 0,
        reserved: [0; 6],
    };

    /// Returns whether they are all zero, as one look says: then they change nothing.
    #[inline]
    pub(crate) fn are_zero(&self) -> bool {
        const AT: usize = std::mem::offset_of!(ReplaceTerms, time_in_force);
        const _: () = assert!(AT + 8 == size_of::<ReplaceTerms>());
        let flags: &[u8; 8] = self.as_bytes().last_chunk().expect("it is longer");
        self.expire_time_ns | u64::from_le_bytes(*flags) == 0
    }

    /// Returns whether they change something.
    #[inline]
    #[must_use]
    pub const fn are_given(&self) -> bool {
        self.time_in_force | self.stop_price_given != 0 || self.expire_time_ns != 0
    }
}

/// Gives an order a new price or quantity; a new client order id may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Replace {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// New limit price, or cap of a peg; not read for an order without one.
    pub price: Price,
    /// New TOTAL quantity, the executed part included.
    pub quantity: Quantity,
    /// Further changes.
    pub terms: ReplaceTerms,
}

impl Replace {
    /// Bytes of one without further terms in the journal.
    pub(super) const PLAIN_LENGTH: usize = size_of::<PlainReplace>();
}

/// A [`Replace`] up to its further terms.
#[derive(Clone, Copy, TryFromBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(super) struct PlainReplace {
    origin: Origin,
    handle: OrderHandle,
    price: Price,
    quantity: Quantity,
}

impl From<PlainReplace> for Replace {
    #[inline]
    fn from(plain: PlainReplace) -> Self {
        Self {
            origin: plain.origin,
            handle: plain.handle,
            price: plain.price,
            quantity: plain.quantity,
            terms: ReplaceTerms::NONE,
        }
    }
}

/// Whose orders a mass cancel takes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum MassCancelScope {
    /// Those entered over the session.
    Session = 1,
    /// Those of the account, over whichever session.
    Account = 2,
    /// Everybody's in the instrument: an operator's act.
    Instrument = 3,
}

/// Takes many orders out, in the order of their entry, and reports how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct MassCancel {
    /// Where it came from.
    pub origin: Origin,
    /// The session of scope `Session`.
    pub session: SessionId,
    /// The account of scope `Account`.
    pub account: AccountId,
    /// The instrument of scope `Instrument`; else only this one, where `instrument_given` is 1.
    pub instrument: InstrumentId,
    /// Whose orders.
    pub scope: MassCancelScope,
    /// 1 where only one instrument is meant.
    pub instrument_given: u8,
    /// 0 both sides, else the number of the [`Side`].
    pub side: u8,
    /// Zero.
    pub reserved: u8,
}
