//! Checks: whether an order may be entered or changed, in one fixed order; the first failure is
//! the answer. A check changes nothing.

use super::{Listing, Shard, index};
use crate::domain::{
    Instrument, NewOrder, OrderType, Phase, Price, Quantity, RejectReason, TimeInForce,
};

impl Shard {
    /// Checks a new order.
    pub(super) fn check_new(&self, order: &NewOrder) -> Result<(), RejectReason> {
        check_combination(order)?;
        let listing = self
            .listing(order.instrument)
            .ok_or(RejectReason::UnknownSymbol)?;
        check_phase(listing)?;
        let instrument = &listing.instrument;
        let price = match order.order_type {
            OrderType::Limit => Some(order.price),
            OrderType::Market => None,
        };
        check_fields(instrument, price, order.quantity)?;
        self.check_owners(order)?;
        self.check_handle(order)?;
        self.check_book(order)
    }

    fn check_owners(&self, order: &NewOrder) -> Result<(), RejectReason> {
        if order.account.get() as usize >= self.account_orders.owner_count() {
            return Err(RejectReason::UnknownAccount);
        }
        if order.origin.session.get() as usize >= self.session_orders.owner_count() {
            return Err(RejectReason::Internal);
        }
        Ok(())
    }

    fn check_handle(&self, order: &NewOrder) -> Result<(), RejectReason> {
        let slot = order.handle.slot;
        if self.slab.lent_to(slot) != Some(order.origin.gateway) {
            return Err(RejectReason::SlotNotLent);
        }
        let last = self.slab.order(slot);
        if last.live || order.handle.generation <= last.generation {
            return Err(RejectReason::HandleNotFree);
        }
        Ok(())
    }

    fn check_book(&self, order: &NewOrder) -> Result<(), RejectReason> {
        let book = &self.books[index(order.instrument)];
        let would_take = book.would_take(order.side, order.order_type, order.price);
        if order.post_only != 0 && would_take {
            return Err(RejectReason::PostOnlyWouldTake);
        }
        match (order.order_type, order.time_in_force) {
            (OrderType::Market, _) if !would_take => Err(RejectReason::NoLiquidity),
            // Also refused where it would fill at once: to know that costs the whole sweep.
            (OrderType::Limit, TimeInForce::Day) if !book.has_room_at(order.side, order.price) => {
                Err(RejectReason::LevelCapacity)
            }
            (OrderType::Market | OrderType::Limit, _) => Ok(()),
        }
    }
}

/// Checks that the instrument trades.
pub(super) fn check_phase(listing: &Listing) -> Result<(), RejectReason> {
    match listing.phase {
        Phase::Continuous => Ok(()),
        Phase::Halt => Err(RejectReason::Halted),
    }
}

/// Checks price, where there is one, and total quantity against the instrument's limits.
pub(super) fn check_fields(
    instrument: &Instrument,
    price: Option<Price>,
    quantity: Quantity,
) -> Result<(), RejectReason> {
    if let Some(price) = price {
        check_price(instrument, price)?;
    }
    check_quantity(instrument, quantity)?;
    match price {
        Some(price)
            if price.notional(quantity).magnitude() > instrument.notional_max().magnitude() =>
        {
            Err(RejectReason::NotionalAboveMaximum)
        }
        Some(_) | None => Ok(()),
    }
}

/// Returns whether a quantity is a whole number of lots.
pub(super) const fn is_on_lot(instrument: &Instrument, quantity: Quantity) -> bool {
    quantity.get().is_multiple_of(instrument.lot.get())
}

fn check_combination(order: &NewOrder) -> Result<(), RejectReason> {
    let day = match order.time_in_force {
        TimeInForce::Day => true,
        TimeInForce::Ioc => false,
    };
    let post_only = order.post_only != 0;
    let fits = match order.order_type {
        OrderType::Market => !day && !post_only,
        OrderType::Limit => day || !post_only,
    };
    fits.then_some(()).ok_or(RejectReason::InvalidCombination)
}

fn check_price(instrument: &Instrument, price: Price) -> Result<(), RejectReason> {
    if price < instrument.price_min {
        Err(RejectReason::PriceBelowMinimum)
    } else if price > instrument.price_max {
        Err(RejectReason::PriceAboveMaximum)
    } else if price.get() % instrument.tick.get() != 0 {
        Err(RejectReason::PriceOffTick)
    } else {
        Ok(())
    }
}

fn check_quantity(instrument: &Instrument, quantity: Quantity) -> Result<(), RejectReason> {
    if quantity.is_zero() {
        Err(RejectReason::QuantityZero)
    } else if quantity < instrument.quantity_min {
        Err(RejectReason::QuantityBelowMinimum)
    } else if quantity > instrument.quantity_max {
        Err(RejectReason::QuantityAboveMaximum)
    } else if !is_on_lot(instrument, quantity) {
        Err(RejectReason::QuantityOffLot)
    } else {
        Ok(())
    }
}
