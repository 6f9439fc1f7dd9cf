//! Side, order type and time in force, with the numbers that stand in journal and wire.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// Side of an order (FIX Side 54).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum Side {
    /// A bid.
    Buy = 1,
    /// An offer.
    Sell = 2,
}

impl Side {
    /// Returns the other side.
    #[inline]
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// Order type (FIX OrdType 40).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum OrderType {
    /// Takes what it can at once, at any price; the price field is not read.
    Market = 1,
    /// Trades at its price or better.
    Limit = 2,
}

/// Time in force (FIX TimeInForce 59; the numbers are one above FIX's so that 0 stays unused).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum TimeInForce {
    /// Rests until filled, canceled or the end of the day.
    Day = 1,
    /// Immediate or cancel: what does not trade at once is canceled.
    Ioc = 4,
}
