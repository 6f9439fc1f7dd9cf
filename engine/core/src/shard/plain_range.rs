//! A plain range: prices and quantities that need no closer look while an instrument trades.
//!
//! Two comparisons and two multiplications say yes. What they do not say yes to is checked limit by
//! limit, and may still be in order. It must not know why a range is closed.

use crate::domain::{Instrument, Price, Quantity};
use crate::exact_divider::ExactDivider;

/// The range of one instrument.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainRange {
    /// The lowest price that is on a tick, and that tick.
    price_first: i64,
    tick_first: i64,
    /// From there to the highest price.
    price_span: u64,
    ticks: ExactDivider,
    quantity_first: u64,
    /// From there to the largest quantity with which no price exceeds the largest notional.
    quantity_span: u64,
    /// Whether every quantity is a whole number of lots: what it mostly is, and nothing to divide.
    is_any_lot: bool,
    lots: ExactDivider,
}

impl PlainRange {
    /// Nothing is in it: one is its only quantity, and no number but zero is a multiple.
    pub(super) const CLOSED: Self = Self {
        price_first: 0,
        tick_first: 0,
        price_span: 0,
        ticks: ExactDivider::new(1),
        quantity_first: 1,
        quantity_span: 0,
        is_any_lot: false,
        lots: ExactDivider::OF_NOTHING,
    };

    /// Returns that of a well-formed instrument that trades, where no price exceeds the largest
    /// notional with `plain_quantity_max` and less.
    pub(super) fn of(instrument: &Instrument, plain_quantity_max: u64) -> Self {
        let tick = instrument.tick.get();
        let (lowest, highest) = (instrument.price_min.get(), instrument.price_max.get());
        let above_tick = lowest.rem_euclid(tick);
        let price_first = match above_tick {
            0 => Some(lowest),
            _ => lowest.checked_add(tick - above_tick),
        };
        let Some(price_first) = price_first.filter(|&first| first <= highest) else {
            return Self::CLOSED;
        };
        let quantity_first = instrument.quantity_min.get().max(1);
        let quantity_last = instrument.quantity_max.get().min(plain_quantity_max);
        let Some(quantity_span) = quantity_last.checked_sub(quantity_first) else {
            return Self::CLOSED;
        };
        Self {
            price_first,
            tick_first: price_first.div_euclid(tick),
            price_span: highest.abs_diff(price_first),
            ticks: ExactDivider::new(tick.unsigned_abs()),
            quantity_first,
            quantity_span,
            is_any_lot: instrument.lot.get() == 1,
            lots: ExactDivider::new(instrument.lot.get()),
        }
    }

    /// Returns the tick of a price, where an order with it and a quantity is in the range.
    #[inline(always)]
    pub(super) fn tick(&self, price: Price, quantity: Quantity) -> Option<i64> {
        // What is below a first one is far above the last one here.
        let above = price.get().wrapping_sub(self.price_first).cast_unsigned();
        let more = quantity.get().wrapping_sub(self.quantity_first);
        if above > self.price_span || more > self.quantity_span {
            return None;
        }
        if !self.is_any_lot && !self.lots.divides(quantity.get()) {
            return None;
        }
        let ticks = self.ticks.divide(above)?;
        // Of a price within the bounds.
        Some(self.tick_first.wrapping_add_unsigned(ticks))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

    use super::*;
    use crate::domain::{InstrumentId, Phase, ShardId, Symbol};
    use crate::shard::listing::Listing;

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![-20_i64..20, any::<i64>(), Just(i64::MAX), Just(i64::MIN)]
    }

    fn quantity() -> impl Strategy<Value = u64> {
        prop_oneof![0_u64..20, any::<u64>(), Just(u64::MAX)]
    }

    proptest! {
        /// What is plain is what the checks, one by one, let through, at the same tick.
        #[test]
        fn plain_orders_are_those_that_pass_every_check(
            tick in prop_oneof![1_i64..5, 1_i64..],
            bounds in (number(), number()),
            lot in prop_oneof![1_u64..4, 1_u64..],
            quantities in (quantity(), quantity()),
            notional_max in prop_oneof![0_i128..500, Just(i128::MAX)],
            price in number(),
            wanted in quantity(),
        ) {
            let instrument = Instrument {
                symbol: Symbol::new(b"A").unwrap(),
                id: InstrumentId(0),
                shard: ShardId(0),
                quantity_exponent: 0,
                reserved: [0; 2],
                tick: Price::new(tick),
                price_min: Price::new(bounds.0.min(bounds.1)),
                price_max: Price::new(bounds.0.max(bounds.1)),
                lot: Quantity::new(lot),
                quantity_min: Quantity::new(quantities.0.min(quantities.1)),
                quantity_max: Quantity::new(quantities.0.max(quantities.1)),
                notional_max: notional_max.into(),
                protection: Price::MAX,
            };
            if !instrument.is_well_formed() {
                return Ok(());
            }
            let mut listing = Listing::new(instrument, 1);
            let (price, wanted) = (Price::new(price), Quantity::new(wanted));
            let checked = listing.tick(price).and_then(|tick| {
                listing.check_quantity(wanted)?;
                Ok(tick)
            });
            let plain = listing.plain_range().tick(price, wanted);
            // No price that there may be makes the notional too large.
            let largest = bounds.0.unsigned_abs().max(bounds.1.unsigned_abs());
            let most = u128::from(wanted.get()).checked_mul(u128::from(largest));
            if most.is_some_and(|most| most <= notional_max.unsigned_abs()) {
                assert_eq!(plain, checked.ok());
            } else {
                assert_eq!(plain, None, "its notional needs a look");
            }
            listing.set_phase(Phase::Halt);
            assert_eq!(listing.plain_range().tick(price, wanted), None);
        }
    }
}
