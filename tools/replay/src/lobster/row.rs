//! One line of an order book file: the best levels of both sides after a message.
//!
//! Columns: ask price, ask size, bid price, bid size, best level first. A price of 9999999999 or
//! -9999999999 means that the side has no further level. It must not know a message.

use matchgate_core::domain::{Price, Side};

use super::message::parse_price;
use crate::recording::LineFault;
use crate::recording::lines::{field_fault, fields, whole_number};

const FIELDS_PER_LEVEL: usize = 4;
const NO_LEVEL: [i64; 2] = [9_999_999_999, -9_999_999_999];

/// A price level of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLevel {
    /// Price in 1e-9 units.
    pub price: Price,
    /// Shares at it; above 0.
    pub quantity: u64,
}

/// The best levels of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Offers, lowest first.
    pub asks: Vec<RowLevel>,
    /// Bids, highest first.
    pub bids: Vec<RowLevel>,
    /// Levels a side that the file shows; a side with fewer has no more.
    pub levels: usize,
}

impl Row {
    /// Returns the levels of a side, best first.
    #[must_use]
    pub fn side(&self, side: Side) -> &[RowLevel] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// Returns the levels of a side, best first, to be changed.
    pub(crate) fn side_mut(&mut self, side: Side) -> &mut Vec<RowLevel> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Reads one line in place of what the row held. `levels` of 0 takes as many as there are.
    ///
    /// # Errors
    ///
    /// Returns the first field that cannot be read or does not fit the one before.
    pub(crate) fn parse(&mut self, line: &[u8], levels: usize) -> Result<(), LineFault> {
        self.asks.clear();
        self.bids.clear();
        if levels == 0 {
            let found = fields(line).count();
            return self.parse(line, found.div_ceil(FIELDS_PER_LEVEL));
        }
        self.levels = levels;
        let mut columns = fields(line);
        for level in 1..=levels {
            for side in [Side::Sell, Side::Buy] {
                let (Some(price), Some(size)) = (columns.next(), columns.next()) else {
                    return Err(field_count(line, levels));
                };
                self.push(side, level, [price, size])?;
            }
        }
        match columns.next() {
            Some(_) => Err(field_count(line, levels)),
            None => Ok(()),
        }
    }

    fn push(&mut self, side: Side, level: usize, columns: [&[u8]; 2]) -> Result<(), LineFault> {
        let name = |what: &str| {
            let half = match side {
                Side::Buy => "bid",
                Side::Sell => "ask",
            };
            format!("{half} {what} {level}")
        };
        let [price_text, size_text] = columns;
        let fault = |what, text, reason| Err(field_fault(&name(what), text, reason));
        // The names are made only for a fault: rows are read by the hundred thousand.
        let number =
            |what, text| whole_number("", text).or_else(|_| whole_number(&name(what), text));
        let size = number("size", size_text)?;
        if NO_LEVEL.contains(&number("price", price_text)?) {
            if size != 0 {
                return fault("size", size_text, "is not 0 where there is no level");
            }
            return Ok(());
        }
        let price =
            parse_price("", price_text).or_else(|_| parse_price(&name("price"), price_text))?;
        let Some(quantity) = u64::try_from(size).ok().filter(|&quantity| quantity > 0) else {
            return fault("size", size_text, "is not above 0");
        };
        let levels = self.side_mut(side);
        if levels.len() + 1 != level {
            return fault(
                "price",
                price_text,
                "stands behind a level that is not there",
            );
        }
        if levels
            .last()
            .is_some_and(|last| !is_worse(side, price, last.price))
        {
            return fault("price", price_text, "is not worse than the level before");
        }
        levels.push(RowLevel { price, quantity });
        Ok(())
    }
}

fn field_count(line: &[u8], levels: usize) -> LineFault {
    LineFault::FieldCount {
        expected: levels * FIELDS_PER_LEVEL,
        found: fields(line).count(),
    }
}

/// Returns whether `price` is farther from the other side than `than`, for orders of `side`.
#[must_use]
pub(crate) fn is_worse(side: Side, price: Price, than: Price) -> bool {
    match side {
        Side::Buy => price < than,
        Side::Sell => price > than,
    }
}
