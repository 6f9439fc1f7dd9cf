//! Codes: the enumerants of the schema and the domain's values, both ways.
//!
//! A value from the wire is a `u16` that may be no enumerant; each table turns it into a domain
//! value or `None`.

use ::capnp::NotInSchema;
use matchgate_core::domain::{
    CancelReason, Durability, MassCancelScope, OrderType, RejectReason, SelfTradePrevention, Side,
    TimeInForce,
};

use super::matchgate_capnp as wire;
use crate::message::{ExecType, Liquidity, OrderStatus, RestateReason};

macro_rules! table {
    ($(#[$doc:meta])* $to_wire:ident, $from_wire:ident: $domain:ident {
        $($variant:ident = $enumerant:ident,)*
    } none { $($none:ident)* }) => {
        $(#[$doc])*
        #[inline]
        pub(super) const fn $to_wire(value: $domain) -> wire::$domain {
            match value {
                $($domain::$variant => wire::$domain::$enumerant,)*
            }
        }

        $(#[$doc])*
        #[inline]
        pub(super) const fn $from_wire(value: Result<wire::$domain, NotInSchema>) -> Option<$domain> {
            match value {
                $(Ok(wire::$domain::$enumerant) => Some($domain::$variant),)*
                $(Ok(wire::$domain::$none) => None,)*
                Err(_) => None,
            }
        }
    };
}

table! {
    /// Sides.
    side_to_wire, side_from_wire: Side {
        Buy = Buy,
        Sell = Sell,
    } none { Unspecified }
}
table! {
    /// Order types.
    order_type_to_wire, order_type_from_wire: OrderType {
        Market = Market,
        Limit = Limit,
        Stop = Stop,
        StopLimit = StopLimit,
        MarketToLimit = MarketToLimit,
        MidPeg = MidPeg,
    } none { Unspecified }
}
table! {
    /// Times in force.
    time_in_force_to_wire, time_in_force_from_wire: TimeInForce {
        Day = Day,
        Ioc = ImmediateOrCancel,
        Gtc = GoodTillCancel,
        Fok = FillOrKill,
        Gtd = GoodTillDate,
    } none { Unspecified }
}
table! {
    /// Choices of self-trade prevention.
    self_trade_to_wire, self_trade_from_wire: SelfTradePrevention {
        CancelNewest = CancelNewest,
        CancelOldest = CancelOldest,
        CancelBoth = CancelBoth,
        Decrement = Decrement,
        None = None,
    } none { }
}
table! {
    /// Durability classes.
    durability_to_wire, durability_from_wire: Durability {
        Written = Written,
        Synced = Synced,
    } none { }
}
table! {
    /// What a report tells.
    exec_type_to_wire, exec_type_from_wire: ExecType {
        New = Accepted,
        Canceled = Canceled,
        Replaced = Replaced,
        Rejected = Rejected,
        Reduced = Reduced,
        Trade = Trade,
        Expired = Expired,
        Triggered = Triggered,
        Restated = Restated,
        TradePrevented = TradePrevented,
    } none { Unspecified }
}
table! {
    /// Where an order stands.
    order_status_to_wire, order_status_from_wire: OrderStatus {
        New = Accepted,
        PartiallyFilled = PartiallyFilled,
        Filled = Filled,
        Canceled = Canceled,
        Rejected = Rejected,
        Expired = Expired,
    } none { Unspecified }
}
table! {
    /// Reasons of a cancel; `None` on the wire is no cancel.
    cancel_reason_to_wire, cancel_reason_from_wire: CancelReason {
        Requested = Requested,
        ImmediateRemainder = ImmediateRemainder,
        MarketRemainder = MarketRemainder,
        MassCancel = MassCancel,
        PriceProtection = PriceProtection,
        SelfTradePrevention = SelfTradePrevention,
        Refused = Refused,
    } none { None }
}
table! {
    /// Reasons of a restatement; `None` on the wire is no restatement.
    restate_reason_to_wire, restate_reason_from_wire: RestateReason {
        DisplayRefreshed = DisplayRefreshed,
        PriceAssigned = PriceAssigned,
        TermsReplaced = TermsReplaced,
    } none { None }
}
table! {
    /// Liquidity of a fill.
    liquidity_to_wire, liquidity_from_wire: Liquidity {
        None = None,
        Added = Added,
        Removed = Removed,
    } none { }
}

/// Scopes of a mass cancel. That of an instrument is an operator's alone: it has no enumerant.
#[inline]
pub(super) const fn scope_to_wire(value: MassCancelScope) -> wire::MassCancelScope {
    match value {
        MassCancelScope::Session => wire::MassCancelScope::Session,
        MassCancelScope::Account => wire::MassCancelScope::Account,
        MassCancelScope::Instrument => wire::MassCancelScope::Unspecified,
    }
}

/// Scopes of a mass cancel.
#[inline]
pub(super) const fn scope_from_wire(
    value: Result<wire::MassCancelScope, NotInSchema>,
) -> Option<MassCancelScope> {
    match value {
        Ok(wire::MassCancelScope::Session) => Some(MassCancelScope::Session),
        Ok(wire::MassCancelScope::Account) => Some(MassCancelScope::Account),
        Ok(wire::MassCancelScope::Unspecified) | Err(_) => None,
    }
}

/// Reads a time in force; the first enumerant is none.
#[inline]
pub(super) fn optional_time_in_force(
    value: Result<wire::TimeInForce, NotInSchema>,
) -> Result<Option<TimeInForce>, RejectReason> {
    match value {
        Ok(wire::TimeInForce::Unspecified) => Ok(None),
        given => time_in_force_from_wire(given)
            .map(Some)
            .ok_or(RejectReason::InvalidTimeInForce),
    }
}

/// Reads a reason that must be there.
#[inline]
pub(super) fn reason(code: u16) -> Result<RejectReason, RejectReason> {
    RejectReason::from_code(code).ok_or(RejectReason::MalformedFrame)
}

/// Reads a reason; 0 is none.
#[inline]
pub(super) fn optional_reason(code: u16) -> Result<Option<RejectReason>, RejectReason> {
    match code {
        0 => Ok(None),
        given => reason(given).map(Some),
    }
}

/// Reads a cancel reason; the first enumerant is none.
#[inline]
pub(super) fn optional_cancel_reason(
    value: Result<wire::CancelReason, NotInSchema>,
) -> Result<Option<CancelReason>, RejectReason> {
    match value {
        Ok(wire::CancelReason::None) => Ok(None),
        given => cancel_reason_from_wire(given)
            .map(Some)
            .ok_or(RejectReason::MalformedFrame),
    }
}

/// Reads a restate reason; the first enumerant is none.
#[inline]
pub(super) fn optional_restate_reason(
    value: Result<wire::RestateReason, NotInSchema>,
) -> Result<Option<RestateReason>, RejectReason> {
    match value {
        Ok(wire::RestateReason::None) => Ok(None),
        given => restate_reason_from_wire(given)
            .map(Some)
            .ok_or(RejectReason::MalformedFrame),
    }
}
