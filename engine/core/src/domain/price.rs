//! Prices and notional values: exact integers in 1e-9 units of the quote currency.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::quantity::Quantity;

/// A price in 1e-9 units of the quote currency; may be zero or negative.
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
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(transparent)]
pub struct Price(i64);

impl Price {
    /// Units in one whole unit of the quote currency.
    pub const ONE: i64 = 1_000_000_000;
    /// The lowest price that can be written.
    pub const MIN: Self = Self(i64::MIN);
    /// The highest price that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// Returns the price of `units` 1e-9 units.
    #[inline]
    #[must_use]
    pub const fn new(units: i64) -> Self {
        Self(units)
    }

    /// Returns the 1e-9 units.
    #[inline]
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Returns price x quantity; exact: |i64| x u64 always fits i128.
    #[inline]
    #[must_use]
    pub fn notional(self, quantity: Quantity) -> Notional {
        Notional::new(i128::from(self.0) * i128::from(quantity.get()))
    }
}

/// A price times a quantity: 1e-9 units of the quote currency times the instrument's quantity
/// unit. Exact for one product; sums are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notional(i128);

impl Notional {
    /// Returns the notional of `units`.
    #[inline]
    #[must_use]
    pub const fn new(units: i128) -> Self {
        Self(units)
    }

    /// Returns the units.
    #[inline]
    #[must_use]
    pub const fn get(self) -> i128 {
        self.0
    }

    /// Returns the sum, or `None` where it does not fit.
    #[inline]
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Returns the size regardless of sign.
    #[inline]
    #[must_use]
    pub const fn magnitude(self) -> u128 {
        self.0.unsigned_abs()
    }
}
