//! A listing: an instrument, its phase, and what is computed from its limits once, so that no
//! order pays for a division.

use super::plain_range::PlainRange;
use crate::domain::{Instrument, Phase, Price, Quantity, RejectReason};
use crate::exact_divider::ExactDivider;

/// An instrument of a shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    pub(super) instrument: Instrument,
    phase: Phase,
    ticks: ExactDivider,
    lots: ExactDivider,
    /// At this quantity and below, no price exceeds the largest notional.
    plain_quantity_max: u64,
    /// Whether the quantities of all orders of a shard fit one sum, by this definition and by all
    /// before it: orders of those may still be live.
    sums_fit: bool,
}

impl Listing {
    /// Returns that of a well-formed instrument, in the continuous phase, in a shard of `orders` order
    /// slots.
    pub(super) fn new(instrument: Instrument, orders: u32) -> Self {
        let tick = instrument.tick.get();
        let largest_price = instrument
            .price_min
            .get()
            .unsigned_abs()
            .max(instrument.price_max.get().unsigned_abs());
        let notional_max = instrument.notional_max().magnitude();
        let plain = notional_max / u128::from(largest_price.max(1));
        let quantity_max = instrument.quantity_max.get();
        let plain_quantity_max = u64::try_from(plain).unwrap_or(u64::MAX);
        Self {
            instrument,
            phase: Phase::Continuous,
            ticks: ExactDivider::new(tick.unsigned_abs()),
            lots: ExactDivider::new(instrument.lot.get()),
            plain_quantity_max,
            sums_fit: quantity_max.checked_mul(u64::from(orders)).is_some(),
        }
    }

    /// Takes over from the definition before this one what outlives it.
    pub(super) const fn follow(&mut self, known: &Self) {
        self.phase = known.phase;
        self.sums_fit &= known.sums_fit;
    }

    /// Takes notice of an order with so much open that not all sums fit.
    pub(super) const fn hold_large(&mut self) {
        self.sums_fit = false;
    }

    /// Returns its phase.
    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    /// Puts it into a phase.
    pub(super) const fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Returns the range in which orders need no closer look now: none where it does not trade, or
    /// sums have to be looked at.
    pub(super) fn plain_range(&self) -> PlainRange {
        if self.sums_fit && self.is_continuous() {
            PlainRange::of(&self.instrument, self.plain_quantity_max)
        } else {
            PlainRange::CLOSED
        }
    }

    /// Checks a price; returns its tick.
    pub(super) fn tick(&self, price: Price) -> Result<i64, RejectReason> {
        if price < self.instrument.price_min {
            return Err(RejectReason::PriceBelowMinimum);
        }
        if price > self.instrument.price_max {
            return Err(RejectReason::PriceAboveMaximum);
        }
        let Some(ticks) = self.ticks.divide(price.get().unsigned_abs()) else {
            return Err(RejectReason::PriceOffTick);
        };
        // Its size is at most that of a price above the lowest i64, so its sign may be changed.
        let ticks = ticks.cast_signed();
        Ok(if price.get() < 0 { -ticks } else { ticks })
    }

    /// Checks a total quantity.
    pub(super) fn check_quantity(&self, quantity: Quantity) -> Result<(), RejectReason> {
        if quantity.is_zero() {
            Err(RejectReason::QuantityZero)
        } else if quantity < self.instrument.quantity_min {
            Err(RejectReason::QuantityBelowMinimum)
        } else if quantity > self.instrument.quantity_max {
            Err(RejectReason::QuantityAboveMaximum)
        } else if !self.is_on_lot(quantity) {
            Err(RejectReason::QuantityOffLot)
        } else {
            Ok(())
        }
    }

    /// Checks price x quantity of an order that has a price.
    pub(super) fn check_notional(
        &self,
        price: Price,
        quantity: Quantity,
    ) -> Result<(), RejectReason> {
        if quantity.get() <= self.plain_quantity_max {
            return Ok(());
        }
        let magnitude = price.notional(quantity).magnitude();
        if magnitude > self.instrument.notional_max().magnitude() {
            Err(RejectReason::NotionalAboveMaximum)
        } else {
            Ok(())
        }
    }

    /// Returns whether a quantity is a whole number of lots.
    #[inline]
    pub(super) const fn is_on_lot(&self, quantity: Quantity) -> bool {
        self.lots.divides(quantity.get())
    }

    /// Returns whether quantities of this instrument can be added without a look at the sum.
    #[inline]
    pub(super) const fn sums_fit(&self) -> bool {
        self.sums_fit
    }

    /// Returns whether it trades.
    #[inline]
    pub(super) const fn is_continuous(&self) -> bool {
        matches!(self.phase, Phase::Continuous)
    }

    /// Checks that it trades.
    #[inline]
    pub(super) const fn check_phase(&self) -> Result<(), RejectReason> {
        if self.is_continuous() {
            Ok(())
        } else {
            Err(RejectReason::Halted)
        }
    }
}
