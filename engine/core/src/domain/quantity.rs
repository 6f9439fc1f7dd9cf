//! Quantities: whole numbers of the instrument's quantity unit.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A quantity in the instrument's unit (10^exponent of the base: 1 share, 1e-8 bitcoin).
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
pub struct Quantity(u64);

impl Quantity {
    /// No quantity.
    pub const ZERO: Self = Self(0);
    /// The largest quantity that can be written.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns the quantity of `units`.
    #[inline]
    #[must_use]
    pub const fn new(units: u64) -> Self {
        Self(units)
    }

    /// Returns the units.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns whether this is no quantity at all.
    #[inline]
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
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

    /// Returns the difference, or `None` where `other` is larger.
    #[inline]
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }
}
