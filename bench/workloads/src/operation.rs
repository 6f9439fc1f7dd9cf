//! One thing that somebody asks of a book, in plain integers.
//!
//! It names orders by numbers that the generator gives, from 0 and without gaps, so that a table
//! indexed by them is dense. It knows no handles, no sequence and no time.

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// Buys.
    Buy = 0,
    /// Sells.
    Sell = 1,
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

    /// Returns whether a limit on this side accepts `other`, a price of the other side.
    #[inline]
    #[must_use]
    pub const fn accepts(self, limit: i64, other: i64) -> bool {
        match self {
            Self::Buy => other <= limit,
            Self::Sell => other >= limit,
        }
    }

    /// Returns the price `ticks` further from the other side than `price`.
    #[inline]
    #[must_use]
    pub const fn away(self, price: i64, ticks: i64) -> i64 {
        match self {
            Self::Buy => price - ticks,
            Self::Sell => price + ticks,
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OperationKind {
    /// A limit order that rests with what does not trade at once.
    New = 0,
    /// A limit order that trades at once; the rest is canceled.
    Ioc = 1,
    /// A limit order that trades at once as a whole or is canceled as a whole.
    Fok = 2,
    /// Cancels an order.
    Cancel = 3,
    /// Takes `quantity` off an order, which keeps its place; all of it cancels it.
    Reduce = 4,
    /// Gives an order another price and `quantity` as what it still wants: a cancel and a new
    /// order under the same number. It loses its place, and trades where it now crosses.
    Move = 5,
    /// Cancels every order of the account in the symbol.
    CancelAll = 6,
}

impl OperationKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Ioc,
        Self::Fok,
        Self::Cancel,
        Self::Reduce,
        Self::Move,
        Self::CancelAll,
    ];

    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ioc => "ioc",
            Self::Fok => "fok",
            Self::Cancel => "cancel",
            Self::Reduce => "reduce",
            Self::Move => "move",
            Self::CancelAll => "cancel-all",
        }
    }
}

/// One thing that is asked; 32 bytes.
///
/// What a kind does not need is 0, and [`Side::Buy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Lots: of a new order all, of a reduce what goes, of a move what is left from now on.
    pub quantity: u64,
    /// Limit, ticks.
    pub price: i64,
    /// Number of the order: a new one is one more than the one before.
    pub order: u32,
    /// Number of the symbol, from 0.
    pub symbol: u32,
    /// Who asks, from 0.
    pub account: u32,
    /// What is asked.
    pub kind: OperationKind,
    /// Side of a new order; of a move, reduce or cancel that of the order.
    pub side: Side,
}

const _: () = assert!(size_of::<Operation>() == 32);
