//! One pass over a recording for what its instrument must allow.
//!
//! It must not know an instrument beyond its limits.

use matchgate_core::domain::Price;

use super::events::{EventKind, Events};
use super::files::BitstampFiles;
use super::meta::Meta;
use super::order_row::OrderRow;
use super::trades::Trades;
use crate::recording::lines::field_fault;
use crate::recording::{LineFault, RecordingError};

/// Coarsest tick that is derived: a cent. Whole prices in a recording do not make a whole tick.
const TICK_MAX: i64 = Price::ONE / 100;

/// What a recording needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BitstampSurvey {
    /// What is traded, as the exchange calls it.
    pub(crate) pair: String,
    /// Price step.
    pub(crate) tick: Price,
    /// Lowest limit price.
    pub(crate) price_min: Price,
    /// Highest limit price.
    pub(crate) price_max: Price,
    /// Largest quantity of an order, in 1e-8 units.
    pub(crate) quantity_max: u64,
}

/// Reads the recording through. The tick is `tick`, else the largest power of ten, no larger
/// than a cent, that divides every price of the opening book.
///
/// # Errors
///
/// Returns an error that names file and line where one cannot be read or a price is off the tick.
/// `None` where there is no limit order.
pub(crate) fn survey(
    files: &BitstampFiles,
    tick: Option<Price>,
) -> Result<Option<BitstampSurvey>, RecordingError> {
    let meta = Meta::read(&files.meta)?;
    let trades = Trades::read(files, &meta)?;
    let mut events = Events::open(files, &meta)?;
    let mut derived = TICK_MAX;
    let mut prices: Option<(Price, Price)> = None;
    let mut quantity_max = 0;
    while let Some(event) = events.next_event()? {
        let order = &event.order;
        match event.kind {
            EventKind::Opening if tick.is_none() => {
                while order.price.get() % derived != 0 {
                    derived /= 10;
                }
            }
            EventKind::Market => {}
            _ => check(order, tick.map_or(derived, Price::get))
                .map_err(|fault| events.fault_at(event.line, fault))?,
        }
        match event.kind {
            EventKind::Opening | EventKind::Limit | EventKind::PostOnly => {
                let (low, high) = prices.unwrap_or((order.price, order.price));
                prices = Some((low.min(order.price), high.max(order.price)));
                quantity_max = order.quantity.max(quantity_max);
            }
            EventKind::Market => {
                let quantity = order.quantity.max(trades.taken_by(order.id));
                quantity_max = quantity.max(quantity_max);
            }
            EventKind::Changed | EventKind::Deleted | EventKind::Closing => {}
        }
    }
    Ok(prices.map(|(price_min, price_max)| BitstampSurvey {
        pair: meta.pair,
        tick: tick.unwrap_or(Price::new(derived)),
        price_min,
        price_max,
        quantity_max,
    }))
}

fn check(order: &OrderRow, tick: i64) -> Result<(), LineFault> {
    if order.price.get() % tick == 0 {
        return Ok(());
    }
    let price = crate::decimal::Decimal::price(order.price).to_string();
    let reason = "is no multiple of the tick";
    Err(field_fault("price", price.as_bytes(), reason))
}
