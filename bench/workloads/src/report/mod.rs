//! What a book answers: one record each, in the order that everybody can compare.
//!
//! Within one request the answers come by kind, in the order of [`ReportKind`]: the order is
//! acknowledged, it trades (best price first, then the earliest), what an immediate order did not
//! trade is canceled; a modified order trades first and is acknowledged then. That is the
//! canonical order: [`encode`] and [`sha256`] sort by it, [`fold`] takes records as they come.
//! So a book that answers in this order needs no sorting, and any two such books can be compared
//! by their sums; one that acknowledges a modified order before its trades has to hold that one
//! record back until they are folded.

mod checksum;
mod text;

pub use checksum::fold;
pub use text::{encode, sha256};

use crate::Side;

/// Which answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ReportKind {
    /// A new order is taken.
    OrderAck = 0,
    /// Two orders trade.
    Trade = 1,
    /// An order is gone, or what was left of an immediate one.
    CancelAck = 2,
    /// An order has another price or quantity.
    ModifyAck = 3,
    /// There is no such order to cancel.
    CancelReject = 4,
    /// There is no such order to modify.
    ModifyReject = 5,
}

/// One answer; 32 bytes. What a kind does not say is 0, and [`Side::Buy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Number of the request it answers, from 0.
    pub sequence: u32,
    /// The order; of a trade the one that rested.
    pub order: u32,
    /// Of a trade the order that came in.
    pub aggressor: u32,
    /// Which answer.
    pub kind: ReportKind,
    /// Side of the order; a trade names none.
    pub side: Side,
    /// Ticks: the order's limit, or what the trade was made at.
    pub price: i64,
    /// Lots: the order's, or the trade's.
    pub quantity: u64,
}

const _: () = assert!(size_of::<Report>() == 32);

impl Report {
    const fn rejected(sequence: u32, kind: ReportKind, order: u32) -> Self {
        Self {
            sequence,
            order,
            aggressor: 0,
            kind,
            side: Side::Buy,
            price: 0,
            quantity: 0,
        }
    }

    /// Returns that a new order is taken, with the price and quantity it came with.
    #[inline]
    #[must_use]
    pub const fn order_ack(
        sequence: u32,
        side: Side,
        order: u32,
        price: i64,
        quantity: u64,
    ) -> Self {
        Self {
            side,
            price,
            quantity,
            ..Self::rejected(sequence, ReportKind::OrderAck, order)
        }
    }

    /// Returns that `resting` and `aggressor` traded, at the price of `resting`.
    #[inline]
    #[must_use]
    pub const fn trade(
        sequence: u32,
        price: i64,
        quantity: u64,
        resting: u32,
        aggressor: u32,
    ) -> Self {
        Self {
            aggressor,
            price,
            quantity,
            ..Self::rejected(sequence, ReportKind::Trade, resting)
        }
    }

    /// Returns that an order is gone that was at `price`.
    #[inline]
    #[must_use]
    pub const fn cancel_ack(sequence: u32, side: Side, order: u32, price: i64) -> Self {
        Self {
            side,
            price,
            ..Self::rejected(sequence, ReportKind::CancelAck, order)
        }
    }

    /// Returns that an order has this price and quantity, before what it trades at once.
    #[inline]
    #[must_use]
    pub const fn modify_ack(
        sequence: u32,
        side: Side,
        order: u32,
        price: i64,
        quantity: u64,
    ) -> Self {
        Self {
            kind: ReportKind::ModifyAck,
            ..Self::order_ack(sequence, side, order, price, quantity)
        }
    }

    /// Returns that there is no such order to cancel.
    #[inline]
    #[must_use]
    pub const fn cancel_reject(sequence: u32, order: u32) -> Self {
        Self::rejected(sequence, ReportKind::CancelReject, order)
    }

    /// Returns that there is no such order to modify.
    #[inline]
    #[must_use]
    pub const fn modify_reject(sequence: u32, order: u32) -> Self {
        Self::rejected(sequence, ReportKind::ModifyReject, order)
    }
}
