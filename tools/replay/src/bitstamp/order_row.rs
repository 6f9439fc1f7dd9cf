//! One row of the order file.
//!
//! It must not know which part of the session the row belongs to.

use matchgate_core::domain::{Price, Side};

use super::QUANTITY_DECIMALS;
use super::columns::Columns;
use super::number::units;
use crate::recording::LineFault;
use crate::recording::lines::{field_fault, whole_number};

/// Decimals of a price.
const PRICE_DECIMALS: i32 = 9;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// The columns that are read.
pub(crate) const ORDER_COLUMNS: [&str; 6] = [
    "id",
    "exchange_timestamp",
    "price",
    "volume",
    "action",
    "direction",
];

/// What a row says of its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowAction {
    /// It came.
    Created,
    /// It traded in part; the volume is what is left.
    Changed,
    /// It has ended; the volume is what was left.
    Deleted,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderRow {
    /// The order.
    pub(crate) id: u64,
    /// Time of the exchange, in nanoseconds of its calendar.
    pub(crate) time_ns: u64,
    /// Limit price, in 1e-9 units; not below 0.
    pub(crate) price: Price,
    /// Quantity, in 1e-8 units.
    pub(crate) quantity: u64,
    /// What happened.
    pub(crate) action: RowAction,
    /// Buy or sell.
    pub(crate) side: Side,
}

impl OrderRow {
    /// Reads one row.
    ///
    /// # Errors
    ///
    /// Returns the first field that cannot be read.
    pub(crate) fn parse(columns: &Columns<6>, row: &[u8]) -> Result<Self, LineFault> {
        let [id, time, price, volume, action, direction] = columns.pick(row)?;
        Ok(Self {
            id: parse_id("id", id)?,
            time_ns: parse_time("exchange_timestamp", time)?,
            price: parse_price("price", price)?,
            quantity: parse_quantity("volume", volume)?,
            action: match action {
                b"created" => RowAction::Created,
                b"changed" => RowAction::Changed,
                b"deleted" => RowAction::Deleted,
                _ => {
                    let reason = "is none of created, changed and deleted";
                    return Err(field_fault("action", action, reason));
                }
            },
            side: match direction {
                b"bid" => Side::Buy,
                b"ask" => Side::Sell,
                _ => {
                    let reason = "is neither bid nor ask";
                    return Err(field_fault("direction", direction, reason));
                }
            },
        })
    }
}

/// Returns the order id in `text`.
///
/// # Errors
///
/// Returns a fault that names `field` where there is no number above 0.
pub(crate) fn parse_id(field: &str, text: &[u8]) -> Result<u64, LineFault> {
    u64::try_from(whole_number(field, text)?)
        .ok()
        .filter(|&id| id > 0)
        .ok_or_else(|| field_fault(field, text, "is not above 0"))
}

/// Returns the milliseconds in `text` in nanoseconds.
///
/// # Errors
///
/// Returns a fault that names `field` where there is no time.
pub(crate) fn parse_time(field: &str, text: &[u8]) -> Result<u64, LineFault> {
    u64::try_from(whole_number(field, text)?)
        .ok()
        .and_then(|time_ms| time_ms.checked_mul(NANOSECONDS_PER_MILLISECOND))
        .ok_or_else(|| field_fault(field, text, "is no time in milliseconds"))
}

/// Returns the price in `text`.
///
/// # Errors
///
/// Returns a fault that names `field` where there is no price of 0 or above.
pub(crate) fn parse_price(field: &str, text: &[u8]) -> Result<Price, LineFault> {
    units(text, PRICE_DECIMALS)
        .map(Price::new)
        .map_err(|reason| field_fault(field, text, reason))
}

/// Returns the quantity in `text`, in 1e-8 units.
///
/// # Errors
///
/// Returns a fault that names `field` where there is no quantity of 0 or above.
pub(crate) fn parse_quantity(field: &str, text: &[u8]) -> Result<u64, LineFault> {
    units(text, i32::from(QUANTITY_DECIMALS))
        .and_then(|quantity| u64::try_from(quantity).map_err(|_| "is below 0"))
        .map_err(|reason| field_fault(field, text, reason))
}
