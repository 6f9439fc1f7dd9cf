//! A book as `matchgate journal at` shows it: levels with their orders, and what waits beside them.

use std::io::Write;

use matchgate_core::domain::{Instrument, Price, Quantity, Side};
use matchgate_core::{OrderView, Shard};
use matchgate_follower::decimal_text;
use serde::Serialize;

use super::command_words::limit_of;
use super::line::PRICE_EXPONENT;
use super::names::Names;
use super::utc::utc_text;
use super::value_names::{order_type_name, side_name, time_in_force_name};

/// One book.
#[derive(Debug, Serialize)]
pub(super) struct BookAnswer {
    symbol: String,
    bids: Vec<LevelAnswer>,
    asks: Vec<LevelAnswer>,
    /// Stop orders that wait, in the order in which trades would release them.
    stops: Vec<OrderLine>,
    mid_pegs: Vec<OrderLine>,
}

/// One price level, its orders in the order in which they would trade.
#[derive(Debug, Serialize)]
pub(super) struct LevelAnswer {
    price: String,
    price_units: i64,
    /// Sum of what is displayed.
    displayed: String,
    displayed_units: u128,
    orders: Vec<OrderLine>,
}

/// A live order.
#[derive(Debug, Serialize)]
pub(super) struct OrderLine {
    order: u64,
    side: &'static str,
    symbol: String,
    order_type: &'static str,
    time_in_force: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_units: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_time: Option<String>,
    quantity: String,
    quantity_units: u64,
    cumulative: String,
    cumulative_units: u64,
    leaves: String,
    leaves_units: u64,
    displayed: String,
    displayed_units: u64,
    account: String,
    session: String,
    request: u64,
    client_order_id: String,
}

/// Returns a price as a decimal.
pub(super) fn price_text(price: Price) -> String {
    decimal_text(i128::from(price.get()), PRICE_EXPONENT)
}

/// Returns a quantity of an instrument with this exponent as a decimal.
pub(super) fn quantity_text(quantity: Quantity, exponent: i8) -> String {
    decimal_text(i128::from(quantity.get()), exponent)
}

impl OrderLine {
    pub(super) fn of(order: &OrderView, names: &Names) -> Self {
        let exponent = names.exponent(order.instrument);
        let quantity = |quantity| quantity_text(quantity, exponent);
        let is_given_limit = order.price != Price::default();
        let price = limit_of(order.order_type, order.price)
            .or(is_given_limit.then_some(order.price))
            .filter(|price| *price != Price::MAX && *price != Price::MIN);
        let (stop, until) = (order.terms.stop_price, order.terms.expire_time_ns);
        Self {
            order: order.order_id.get(),
            side: side_name(order.side),
            symbol: names.symbol(order.instrument),
            order_type: order_type_name(order.order_type),
            time_in_force: time_in_force_name(order.time_in_force),
            price: price.map(price_text),
            price_units: price.map(Price::get),
            stop_price: order.order_type.is_stop().then(|| price_text(stop)),
            expire_time: (until != 0).then(|| utc_text(until)),
            quantity: quantity(order.order_quantity),
            quantity_units: order.order_quantity.get(),
            cumulative: quantity(order.cumulative),
            cumulative_units: order.cumulative.get(),
            leaves: quantity(order.leaves),
            leaves_units: order.leaves.get(),
            displayed: quantity(order.displayed),
            displayed_units: order.displayed.get(),
            account: names.account(order.account),
            session: names.session(order.session),
            request: order.request.get(),
            client_order_id: order.client_order_id.to_string(),
        }
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write!(
            out,
            "order {} {} {} {} {}",
            self.order, self.side, self.quantity, self.symbol, self.order_type
        )?;
        if let Some(price) = &self.price {
            write!(out, " {price}")?;
        }
        if let Some(stop) = &self.stop_price {
            write!(out, " stop {stop}")?;
        }
        write!(out, " {}", self.time_in_force)?;
        if let Some(until) = &self.expire_time {
            write!(out, " until {until}")?;
        }
        write!(
            out,
            " leaves {} displayed {} account {} session {} request {}",
            self.leaves, self.displayed, self.account, self.session, self.request
        )?;
        if !self.client_order_id.is_empty() {
            write!(out, " id {}", self.client_order_id)?;
        }
        writeln!(out)
    }
}

impl BookAnswer {
    pub(super) fn of(shard: &Shard, instrument: &Instrument, names: &Names) -> Self {
        let sides = [Side::Buy, Side::Sell];
        let beside = |orders: &dyn Fn(Side) -> Vec<OrderView>| {
            let orders = sides.into_iter().flat_map(orders);
            orders.map(|order| OrderLine::of(&order, names)).collect()
        };
        Self {
            symbol: instrument.symbol.to_string(),
            bids: levels(shard, instrument, Side::Buy, names),
            asks: levels(shard, instrument, Side::Sell, names),
            stops: beside(&|side| shard.waiting_orders(instrument.id, side).collect()),
            mid_pegs: beside(&|side| shard.mid_pegs(instrument.id, side).collect()),
        }
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "\nbook of {}, the best first", self.symbol)?;
        for (side, levels) in [("ask", &self.asks), ("bid", &self.bids)] {
            for level in levels {
                let count = level.orders.len();
                let (price, displayed) = (&level.price, &level.displayed);
                writeln!(
                    out,
                    "  {side} {price}: {displayed} displayed, orders {count}"
                )?;
                for order in &level.orders {
                    write!(out, "    ")?;
                    order.print(out)?;
                }
            }
        }
        for (what, orders) in [("stop", &self.stops), ("mid-peg", &self.mid_pegs)] {
            for order in orders {
                write!(out, "  {what}: ")?;
                order.print(out)?;
            }
        }
        Ok(())
    }
}

fn levels(shard: &Shard, instrument: &Instrument, side: Side, names: &Names) -> Vec<LevelAnswer> {
    let mut orders = shard.live_orders(instrument.id, side).peekable();
    shard
        .depth(instrument.id, side, usize::MAX)
        .map(|level| {
            let mut here = Vec::new();
            for _ in 0..level.order_count {
                here.extend(orders.next().map(|order| OrderLine::of(&order, names)));
            }
            let units = i128::try_from(level.quantity).unwrap_or(i128::MAX);
            LevelAnswer {
                price: price_text(level.price),
                price_units: level.price.get(),
                displayed: decimal_text(units, instrument.quantity_exponent),
                displayed_units: level.quantity,
                orders: here,
            }
        })
        .collect()
}
