//! Bitstamp recordings: finding their files, reading them, and what order flow they stand for.
//!
//! A recording is three files: the rows of every order, the trades, and what the recorder counted.

mod columns;
mod events;
mod files;
mod meta;
mod number;
mod order_row;
mod stale;
mod survey;
mod trades;
mod translate;

pub(crate) use files::BitstampFiles;
pub(crate) use survey::survey;
pub use translate::{BitstampTotals, BitstampTranslator};

/// Decimals of a quantity that are counted: one unit is 1e-8 of the base currency.
pub const QUANTITY_DECIMALS: u8 = 8;
