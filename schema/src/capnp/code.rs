//! Codes: the enumerants of the schema and the domain's values, both ways.
//!
//! A value from the wire is a `u16` that may be no enumerant; each table turns it into a domain
//! value or `None`.

use ::capnp::NotInSchema;
use matchgate_core::domain::{
    CancelReason, Durability, MassCancelScope, OrderType, RejectReason, Side, TimeInForce,
};

use super::matchgate_capnp as wire;
use crate::message::{ExecType, Liquidity, OrderStatus};

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
    } none { Unspecified }
}
table! {
    /// Times in force.
    time_in_force_to_wire, time_in_force_from_wire: TimeInForce {
        Day = Day,
        Ioc = ImmediateOrCancel,
    } none { Unspecified }
}
table! {
    /// Durability classes.
    durability_to_wire, durability_from_wire: Durability {
        Written = Written,
        Synced = Synced,
    } none { }
}
table! {
    /// Scopes of a mass cancel.
    scope_to_wire, scope_from_wire: MassCancelScope {
        Session = Session,
        Account = Account,
    } none { Unspecified }
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
    } none { Unspecified }
}
table! {
    /// Reasons of a cancel; `None` on the wire is no cancel.
    cancel_reason_to_wire, cancel_reason_from_wire: CancelReason {
        Requested = Requested,
        ImmediateRemainder = ImmediateRemainder,
        MarketRemainder = MarketRemainder,
        MassCancel = MassCancel,
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
