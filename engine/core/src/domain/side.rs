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
    /// Takes what it can at once, no further from the best price than the instrument's
    /// protection; the price field is not read.
    Market = 1,
    /// Trades at its price or better.
    Limit = 2,
    /// Waits until a trade reaches its stop price, then is a market order; the price field is
    /// not read.
    Stop = 3,
    /// Waits until a trade reaches its stop price, then is a limit order.
    StopLimit = 4,
    /// Takes what is at the best price, and rests there with what is left (FIX OrdType K); the
    /// price field is not read.
    MarketToLimit = 5,
    /// Rests unseen at the middle of the best displayed prices (FIX OrdType P with PegPriceType
    /// 2); the price field is a cap, [`super::Price::MAX`] of a buy and [`super::Price::MIN`] of
    /// a sell for none.
    MidPeg = 6,
}

impl OrderType {
    /// Returns that of a number; `None` where it is none's.
    #[inline]
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Market),
            2 => Some(Self::Limit),
            3 => Some(Self::Stop),
            4 => Some(Self::StopLimit),
            5 => Some(Self::MarketToLimit),
            6 => Some(Self::MidPeg),
            _ => None,
        }
    }

    /// Returns whether it waits for a trade at its stop price.
    #[inline]
    #[must_use]
    pub const fn is_stop(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit)
    }
}

/// Time in force (FIX TimeInForce 59; the numbers are one above FIX's so that 0 stays unused).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum TimeInForce {
    /// Rests until filled, canceled or the end of the day.
    Day = 1,
    /// Good till cancel: rests until filled or canceled.
    Gtc = 2,
    /// Immediate or cancel: what does not trade at once is canceled.
    Ioc = 4,
    /// Fill or kill: trades whole and at once, or is refused.
    Fok = 5,
    /// Good till date: rests until filled, canceled or its expire time.
    Gtd = 7,
}

impl TimeInForce {
    /// Returns whether what does not trade at once rests.
    #[inline]
    #[must_use]
    pub const fn rests(self) -> bool {
        matches!(self, Self::Day | Self::Gtc | Self::Gtd)
    }

    /// Returns that of a number; `None` where it is none's.
    #[inline]
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Day),
            2 => Some(Self::Gtc),
            4 => Some(Self::Ioc),
            5 => Some(Self::Fok),
            7 => Some(Self::Gtd),
            _ => None,
        }
    }
}

/// What happens where an aggressor meets a resting order of its own identity (FIX
/// `SelfMatchPreventionInstruction` 2964). The aggressor's choice decides.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    TryFromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(u8)]
pub enum SelfTradePrevention {
    /// They trade.
    None = 0,
    /// What is left of the aggressor is canceled.
    #[default]
    CancelNewest = 1,
    /// The resting order is canceled, the aggressor goes on.
    CancelOldest = 2,
    /// Both are canceled.
    CancelBoth = 3,
    /// Both lose the smaller quantity; the smaller order is canceled, both where they are equal.
    Decrement = 4,
}
