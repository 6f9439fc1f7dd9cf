//! The trade file: every trade of the session, in its sequence.
//!
//! It must not know what an order did beside trading.

use std::collections::HashMap;
use std::sync::Arc;

use matchgate_core::domain::{Quantity, Side};

use super::columns::Columns;
use super::files::BitstampFiles;
use super::meta::Meta;
use super::order_row::{parse_id, parse_price, parse_quantity, parse_time};
use crate::ledger::RecordedTrade;
use crate::recording::lines::field_fault;
use crate::recording::{LineFault, RecordingError};

/// The columns that are read.
pub(crate) const TRADE_COLUMNS: [&str; 7] = [
    "trade_id",
    "exchange_timestamp",
    "price",
    "amount",
    "buy_order_id",
    "sell_order_id",
    "side",
];

/// The trades of a session. Memory: all of them.
#[derive(Clone, Debug)]
pub(crate) struct Trades {
    /// In their sequence.
    pub(crate) all: Arc<[RecordedTrade]>,
    taken: HashMap<u64, u64>,
}

impl Trades {
    /// Reads the trade file.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where one cannot be read, or where there are
    /// more or fewer than the recorder counted.
    pub(crate) fn read(files: &BitstampFiles, meta: &Meta) -> Result<Self, RecordingError> {
        let mut lines = files.trades.open()?;
        lines.advance()?;
        let columns = Columns::find(lines.text(), &TRADE_COLUMNS);
        let columns = columns.map_err(|fault| lines.fault(fault))?;
        let mut all = Vec::new();
        while lines.advance()? {
            let trade = parse(&columns, lines.text(), lines.number());
            all.push(trade.map_err(|fault| lines.fault(fault))?);
        }
        let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
        if count != meta.trades {
            return Err(RecordingError::Files {
                path: lines.file().into(),
                reason: format!("holds {count} trades where {} were counted", meta.trades),
            });
        }
        let mut taken: HashMap<u64, u64> = HashMap::new();
        for trade in &all {
            let sum = taken.entry(trade.taker).or_default();
            *sum = sum.saturating_add(trade.quantity.get());
        }
        Ok(Self {
            all: all.into(),
            taken,
        })
    }

    /// Returns how much an order traded as the aggressor, in 1e-8 units.
    pub(crate) fn taken_by(&self, id: u64) -> u64 {
        self.taken.get(&id).copied().unwrap_or(0)
    }
}

fn parse(columns: &Columns<7>, row: &[u8], line: u64) -> Result<RecordedTrade, LineFault> {
    let [id, time, price, amount, buy, sell, side] = columns.pick(row)?;
    parse_id("trade_id", id)?;
    parse_time("exchange_timestamp", time)?;
    let quantity = parse_quantity("amount", amount)?;
    if quantity == 0 {
        return Err(field_fault("amount", amount, "is not above 0"));
    }
    let buyer = parse_id("buy_order_id", buy)?;
    let seller = parse_id("sell_order_id", sell)?;
    let (taker_side, taker, maker) = match side {
        b"buy" => (Side::Buy, buyer, seller),
        b"sell" => (Side::Sell, seller, buyer),
        _ => return Err(field_fault("side", side, "is neither buy nor sell")),
    };
    Ok(RecordedTrade {
        line,
        price: parse_price("price", price)?,
        quantity: Quantity::new(quantity),
        maker,
        taker,
        taker_side,
    })
}
