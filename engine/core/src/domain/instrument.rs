//! Instruments: what is traded, in which steps, within which limits, in which phase.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes, little_endian::I128};

use super::bounds::SYMBOL_LENGTH_MAX;
use super::ids::{InstrumentId, ShardId};
use super::price::{Notional, Price};
use super::quantity::Quantity;

/// An instrument's symbol: 1 to 16 printable ASCII bytes, zero padded.
#[derive(
    Clone,
    Copy,
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
pub struct Symbol([u8; SYMBOL_LENGTH_MAX]);

impl Symbol {
    /// Returns the symbol of `text`; `None` where it is empty, longer than 16 bytes, or holds a
    /// byte that is not printable ASCII (0x21 to 0x7e).
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; SYMBOL_LENGTH_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        (!text.is_empty() && text.iter().all(u8::is_ascii_graphic)).then_some(Self(bytes))
    }

    /// Returns the sixteen bytes, zero padded.
    #[inline]
    #[must_use]
    pub const fn as_padded(&self) -> &[u8; SYMBOL_LENGTH_MAX] {
        &self.0
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self
            .0
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(SYMBOL_LENGTH_MAX);
        self.0
            .get(..end)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or("")
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Symbol({:?})", self.as_str())
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Trading phase of an instrument.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum Phase {
    /// Orders are taken and matched as they come.
    Continuous = 1,
    /// Cancels and reduces are taken; new orders and replaces are refused.
    Halt = 2,
}

/// What is traded. Fixed-size plain data, as it stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Instrument {
    /// Symbol, unique over the venue.
    pub symbol: Symbol,
    /// Number, dense from 0 over the venue.
    pub id: InstrumentId,
    /// Shard that owns its book.
    pub shard: ShardId,
    /// A quantity unit is 10^this of the base: 0 for shares, -8 for bitcoin.
    pub quantity_exponent: i8,
    /// Zero.
    pub reserved: [u8; 2],
    /// Price step, above 0, in 1e-9 units. Prices are whole multiples of it.
    pub tick: Price,
    /// Lowest price taken; may be zero or negative.
    pub price_min: Price,
    /// Highest price taken.
    pub price_max: Price,
    /// Quantity step, above 0.
    pub lot: Quantity,
    /// Smallest quantity of an order.
    pub quantity_min: Quantity,
    /// Largest quantity of an order.
    pub quantity_max: Quantity,
    /// Largest |price x quantity| of a priced order, in [`Notional`] units.
    pub notional_max: I128,
    /// How far beyond the best price a market order trades, in 1e-9 units, not below 0;
    /// [`Price::MAX`] for no bound.
    pub protection: Price,
}

impl Instrument {
    /// Returns an instrument of shard 0 without limits but those of its numbers: any price but the
    /// lowest and the highest of all, any quantity in units of 1, no protection.
    #[must_use]
    pub const fn new(symbol: Symbol, id: InstrumentId, tick: Price) -> Self {
        Self {
            symbol,
            id,
            shard: ShardId(0),
            quantity_exponent: 0,
            reserved: [0; 2],
            tick,
            price_min: Price::new(i64::MIN + 1),
            price_max: Price::new(i64::MAX - 1),
            lot: Quantity::new(1),
            quantity_min: Quantity::new(1),
            quantity_max: Quantity::MAX,
            notional_max: I128::from_bytes(i128::MAX.to_le_bytes()),
            protection: Price::MAX,
        }
    }

    /// Returns whether its steps are above zero, its ranges are not empty, its limits are not
    /// negative, and the lowest and the highest number that a price has are no price of it: they
    /// stand for a price that is not there. A shard takes no other definition.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.tick.get() > 0
            && self.price_min > Price::MIN
            && self.price_min <= self.price_max
            && self.price_max < Price::MAX
            && !self.lot.is_zero()
            && self.quantity_min <= self.quantity_max
            && self.notional_max.get() >= 0
            && self.protection.get() >= 0
    }

    /// Returns the largest notional of a priced order.
    #[inline]
    #[must_use]
    pub const fn notional_max(&self) -> Notional {
        Notional::new(self.notional_max.get())
    }
}
