//! The traits of an order: what it is but for prices, quantities and names, in one word.
//!
//! It is the last eight bytes of a plain new order as they stand in the journal, so that a new order
//! is looked at, written down and hashed as one word. It must not know what follows from a trait.

use crate::domain::{NewOrder, OrderType, TimeInForce};

/// Side in byte 0, then type, time in force, post-only, self-trade prevention and whether it has
/// further terms; whether it was released, and whether a market-to-limit order has been given its
/// limit. Side and self-trade prevention are only hashed: the book has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrderTraits(u64);

const fn byte(number: u32) -> u64 {
    0xff << (8 * number)
}

const ORDER_TYPE: u32 = 1;
const TIME_IN_FORCE: u32 = 2;
const POST_ONLY: u32 = 3;
const HAS_TERMS: u32 = 5;
const TRIGGERED: u32 = 6;
const GIVEN_LIMIT: u32 = 7;
const DAY: u8 = TimeInForce::Day as u8;
const GOOD_TILL_CANCEL: u8 = TimeInForce::Gtc as u8;
/// What the journal reserves.
const RESERVED: u64 = byte(TRIGGERED) | byte(GIVEN_LIMIT);

impl OrderTraits {
    /// Of no order: a limit order for the day.
    pub(super) const VACANT: Self = Self(
        (OrderType::Limit as u64) << (8 * ORDER_TYPE)
            | (TimeInForce::Day as u64) << (8 * TIME_IN_FORCE),
    );

    /// Returns those of a new order.
    #[inline(always)]
    pub(super) fn of(order: &NewOrder) -> Self {
        Self(order.traits_word() & !RESERVED)
    }

    /// Returns those of an order that lives: side, type, time in force, post-only, self-trade
    /// prevention, whether it has further terms and whether it was released, in this order. One that
    /// is market-to-limit has been given its limit by now.
    pub(super) fn of_live([side, order_type, others @ ..]: [u8; 7]) -> Self {
        let [time_in_force, post_only, self_trade, has_terms, triggered] = others;
        let given_limit = u8::from(order_type == OrderType::MarketToLimit as u8);
        Self(u64::from_le_bytes([
            side,
            order_type,
            time_in_force,
            post_only,
            self_trade,
            has_terms,
            triggered,
            given_limit,
        ]))
    }

    /// Returns whether it is a limit order without further terms that rests until it is filled or
    /// canceled: what nearly every order is.
    #[inline(always)]
    pub(super) const fn are_common(self) -> bool {
        // A post-only that is neither 0 nor 1 is nothing common either.
        const MASK: u64 = byte(ORDER_TYPE) | byte(HAS_TERMS) | (0xfe << (8 * POST_ONLY));
        const LIMIT: u64 = (OrderType::Limit as u64) << (8 * ORDER_TYPE);
        self.0 & MASK == LIMIT && matches!(self.number(TIME_IN_FORCE), DAY | GOOD_TILL_CANCEL)
    }

    /// Returns the type.
    #[inline]
    pub(super) fn order_type(self) -> OrderType {
        OrderType::from_number(self.number(ORDER_TYPE)).expect("it was written from one")
    }

    /// Returns the time in force.
    #[inline]
    pub(super) fn time_in_force(self) -> TimeInForce {
        TimeInForce::from_number(self.number(TIME_IN_FORCE)).expect("it was written from one")
    }

    /// Returns whether it is good till a date.
    #[inline(always)]
    pub(super) const fn is_good_till_date(self) -> bool {
        self.number(TIME_IN_FORCE) == TimeInForce::Gtd as u8
    }

    /// Returns these with another time in force.
    pub(super) const fn with_time_in_force(self, time_in_force: TimeInForce) -> Self {
        let others = self.0 & !byte(TIME_IN_FORCE);
        Self(others | (time_in_force as u64) << (8 * TIME_IN_FORCE))
    }

    /// Returns whether it refuses to take.
    #[inline]
    pub(super) const fn is_post_only(self) -> bool {
        self.0 & byte(POST_ONLY) != 0
    }

    /// Returns whether it was given further terms.
    #[inline(always)]
    pub(super) const fn has_terms(self) -> bool {
        self.0 & byte(HAS_TERMS) != 0
    }

    /// Returns these of an order that was given further terms.
    pub(super) const fn with_terms(self) -> Self {
        Self(self.0 & !byte(HAS_TERMS) | 1 << (8 * HAS_TERMS))
    }

    /// Returns whether it is a stop order that was released.
    #[inline]
    pub(super) const fn is_triggered(self) -> bool {
        self.0 & byte(TRIGGERED) != 0
    }

    /// Returns these of a stop order that was released.
    pub(super) const fn triggered(self) -> Self {
        Self(self.0 | 1 << (8 * TRIGGERED))
    }

    /// Returns whether it has a limit price, or has been given one.
    #[inline]
    pub(super) fn has_limit(self) -> bool {
        let has_own = matches!(self.order_type(), OrderType::Limit | OrderType::StopLimit);
        has_own || self.0 & byte(GIVEN_LIMIT) != 0
    }

    /// Returns these of a market-to-limit order that was given its limit.
    pub(super) const fn given_limit(self) -> Self {
        Self(self.0 | 1 << (8 * GIVEN_LIMIT))
    }

    /// Returns what of them is hashed: all but the last byte, which the price says.
    #[inline(always)]
    pub(super) const fn hashed(self) -> u64 {
        self.0 & !byte(GIVEN_LIMIT)
    }

    #[inline(always)]
    const fn number(self, byte: u32) -> u8 {
        (self.0 >> (8 * byte) & 0xff) as u8
    }
}
