//! Rows: publications as lines of the two tables. Integers are exact; what is no whole number of
//! ticks or lots, or more than the database holds, is NULL and told, never rounded. The floats are
//! for charts.

use std::collections::{BTreeSet, VecDeque};

use matchgate_core::domain::{OrderId, Phase, Price, Quantity, Side};
use matchgate_follower::decimal_text;
use matchgate_follower::publication::{
    Fill, Product, Publication, PublicationBody, TopLevel, TopOfBook, price_text,
};
use questdb::ingress::{Buffer, ProtocolVersion, TimestampNanos};

use super::ROWS_PER_REQUEST_MAX;

/// The rows of a batch, by table, in parts of one request each.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) trades: Vec<Buffer>,
    pub(super) ticks: Vec<Buffer>,
}

/// Makes rows, and remembers what an operator should know of them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    notices: VecDeque<String>,
    /// Symbols and columns of which it was told that a value is missing.
    told: BTreeSet<(String, &'static str)>,
}

impl Rows {
    pub(super) fn note(&mut self, notice: String) {
        self.notices.push_back(notice);
    }

    pub(super) fn take_notice(&mut self) -> Option<String> {
        self.notices.pop_front()
    }

    /// Returns the rows of a batch.
    ///
    /// # Errors
    ///
    /// Returns the error of the encoder.
    pub(super) fn encode(
        &mut self,
        batch: &[Publication],
        version: ProtocolVersion,
    ) -> questdb::Result<Tables> {
        let mut tables = Tables::default();
        for publication in batch {
            match &publication.body {
                PublicationBody::Fill(fill) => {
                    let buffer = with_room(&mut tables.trades, version);
                    self.trade(buffer, publication, fill)?;
                }
                PublicationBody::TopOfBook(top) => {
                    let buffer = with_room(&mut tables.ticks, version);
                    self.tick(buffer, publication, top)?;
                }
                PublicationBody::Execution(_) => {}
            }
        }
        Ok(tables)
    }

    fn trade(
        &mut self,
        buffer: &mut Buffer,
        publication: &Publication,
        fill: &Fill,
    ) -> questdb::Result<()> {
        let product = &fill.product;
        let [taker, maker] = [&fill.aggressor, &fill.resting];
        buffer
            .table("trades")?
            .symbol("symbol", product.symbol.as_str())?
            .symbol("aggressor", side_text(fill.aggressor_side))?
            .symbol("maker_account", maker.account.as_str())?
            .symbol("taker_account", taker.account.as_str())?;
        event(buffer, publication)?;
        self.ticks(buffer, "px_ticks", product, fill.price)?;
        self.lots(buffer, "qty_lots", product, fill.quantity.get().into())?;
        let quantity = units(fill.quantity, product);
        buffer
            .column_f64("price", float(&price_text(fill.price)))?
            .column_f64("qty", float(&quantity))?
            .column_i64("maker_order", order(maker.order_id))?
            .column_i64("taker_order", order(taker.order_id))?;
        buffer.at(time(publication))
    }

    fn tick(
        &mut self,
        buffer: &mut Buffer,
        publication: &Publication,
        top: &TopOfBook,
    ) -> questdb::Result<()> {
        let product = &top.product;
        buffer
            .table("ticks")?
            .symbol("symbol", product.symbol.as_str())?
            .symbol("state", phase_text(top.phase))?;
        event(buffer, publication)?;
        self.level(buffer, ["bid", "bid_ticks", "bid_lots"], product, top.bid)?;
        self.level(buffer, ["ask", "ask_ticks", "ask_lots"], product, top.ask)?;
        buffer.at(time(publication))
    }

    /// Writes one side; nothing where it is empty.
    fn level(
        &mut self,
        buffer: &mut Buffer,
        [price, ticks, lots]: [&'static str; 3],
        product: &Product,
        level: Option<TopLevel>,
    ) -> questdb::Result<()> {
        let Some(level) = level else {
            return Ok(());
        };
        buffer.column_f64(price, float(&price_text(level.price)))?;
        self.ticks(buffer, ticks, product, level.price)?;
        self.lots(buffer, lots, product, level.quantity)
    }

    fn ticks(
        &mut self,
        buffer: &mut Buffer,
        column: &'static str,
        product: &Product,
        price: Price,
    ) -> questdb::Result<()> {
        let known = product.ticks(price);
        let value = || format!("price {}", price_text(price));
        let step = || format!("ticks of {}", price_text(product.tick));
        self.integer(buffer, (column, product, known), value, step)
    }

    fn lots(
        &mut self,
        buffer: &mut Buffer,
        column: &'static str,
        product: &Product,
        quantity: u128,
    ) -> questdb::Result<()> {
        let known = product.lots(quantity);
        let value = || format!("quantity of {quantity} units");
        let step = || format!("lots of {} units", product.lot.get());
        self.integer(buffer, (column, product, known), value, step)
    }

    fn integer(
        &mut self,
        buffer: &mut Buffer,
        (column, product, known): (&'static str, &Product, Option<i64>),
        value: impl FnOnce() -> String,
        step: impl FnOnce() -> String,
    ) -> questdb::Result<()> {
        if let Some(number) = known {
            buffer.column_i64(column, number)?;
            return Ok(());
        }
        let symbol = product.symbol.as_str();
        if self.told.insert((symbol.to_owned(), column)) {
            self.notices.push_back(format!(
                "{symbol}: a {} is no whole number of {} that the database holds: {column} is \
                 NULL there, in further rows too",
                value(),
                step()
            ));
        }
        Ok(())
    }
}

/// Returns where the next row goes.
fn with_room(buffers: &mut Vec<Buffer>, version: ProtocolVersion) -> &mut Buffer {
    let is_full = |buffer: &Buffer| buffer.row_count() >= ROWS_PER_REQUEST_MAX;
    if buffers.last().is_none_or(is_full) {
        buffers.push(Buffer::new(version));
    }
    let last = buffers.len() - 1;
    &mut buffers[last]
}

/// Writes which event it is.
fn event(buffer: &mut Buffer, publication: &Publication) -> questdb::Result<()> {
    let id = &publication.id;
    let sequence = i64::try_from(id.sequence.get()).unwrap_or(i64::MAX);
    buffer
        .column_i64("epoch", i64::from(id.epoch.get()))?
        .column_i64("shard", i64::from(id.shard.get()))?
        .column_i64("seq", sequence)?
        .column_i64("idx", i64::from(id.index))?;
    Ok(())
}

fn time(publication: &Publication) -> TimestampNanos {
    TimestampNanos::new(i64::try_from(publication.time_ns).unwrap_or(i64::MAX))
}

fn order(order: OrderId) -> i64 {
    // Its highest bit is always 0.
    i64::try_from(order.get()).unwrap_or(i64::MAX)
}

fn units(quantity: Quantity, product: &Product) -> String {
    decimal_text(i128::from(quantity.get()), product.quantity_exponent)
}

/// Returns the float nearest to a decimal text.
fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

const fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

const fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Continuous => "continuous",
        Phase::Halt => "halt",
    }
}

/// Returns the row that a refusal names by its line, as text to follow a table's name.
pub(super) fn refused_row(message: &str) -> String {
    let number = message.rsplit_once("line: ").map(|(_, after)| {
        after
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
    });
    match number {
        Some(number) if !number.is_empty() => format!(", line {number} of the request"),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::fill;

    #[test]
    fn refused_row_is_named_by_its_line() {
        let message = "Could not flush buffer: failed to parse line protocol:errors encountered on \
                       line(s):\nerror in line 12: table: trades, column: seq; cast error from \
                       protocol type: STRING to column type: LONG [id: 790a7dd5f641-1, code: \
                       invalid, line: 12]";
        assert_eq!(refused_row(message), ", line 12 of the request");
        assert_eq!(refused_row("Could not flush buffer: 500"), "");
    }

    #[test]
    fn value_that_is_no_whole_number_of_steps_is_left_out_and_told_once() {
        let mut rows = Rows::default();
        let text =
            |tables: &Tables| String::from_utf8_lossy(tables.trades[0].as_bytes()).into_owned();
        let whole = fill(1, "ABC");
        let tables = rows
            .encode(std::slice::from_ref(&whole), ProtocolVersion::V1)
            .unwrap();
        let line = text(&tables);
        assert!(line.contains("px_ticks=10125i,qty_lots=150000i,"), "{line}");
        assert_eq!(rows.take_notice(), None);
        let mut other = whole;
        if let PublicationBody::Fill(fill) = &mut other.body {
            fill.product.lot = Quantity::new(7);
        }
        let tables = rows
            .encode(&[other.clone(), other], ProtocolVersion::V1)
            .unwrap();
        let line = text(&tables);
        assert!(
            line.contains("px_ticks=10125i,price=") && !line.contains("qty_lots"),
            "{line}"
        );
        let notice = rows.take_notice().unwrap();
        assert!(
            notice.contains("ABC") && notice.contains("qty_lots is NULL"),
            "{notice}"
        );
        assert_eq!(rows.take_notice(), None);
    }

    #[test]
    fn batch_is_cut_into_requests() {
        let batch = vec![fill(1, "ABC"); ROWS_PER_REQUEST_MAX + 1];
        let tables = Rows::default().encode(&batch, ProtocolVersion::V1).unwrap();
        let counts: Vec<_> = tables.trades.iter().map(Buffer::row_count).collect();
        assert_eq!(counts, [ROWS_PER_REQUEST_MAX, 1]);
        assert!(tables.ticks.is_empty());
    }
}
