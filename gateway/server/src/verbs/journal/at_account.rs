//! One account as `matchgate journal at` shows it: what it has bought and sold so far, and its live
//! orders.

use std::collections::BTreeMap;
use std::io::Write;

use matchgate_core::Shard;
use matchgate_core::domain::{
    AccountId, Command, EventBody, InstrumentId, OrderHandle, Price, Quantity, Side,
};
use matchgate_follower::{Applied, FollowedState, decimal_text};
use serde::Serialize;

use super::at::some_of;
use super::at_book::OrderLine;
use super::line::PRICE_EXPONENT;
use super::names::Names;
use crate::exit_code::{ExitCode, Fatal};

/// An account.
#[derive(Debug, Serialize)]
pub(super) struct AccountAnswer {
    account: String,
    positions: Vec<PositionAnswer>,
    live_orders: Vec<OrderLine>,
}

/// What it has traded of one instrument.
#[derive(Debug, Serialize)]
struct PositionAnswer {
    symbol: String,
    /// Bought less sold.
    position: String,
    position_units: i128,
    bought: String,
    bought_units: u128,
    sold: String,
    sold_units: u128,
    /// What was received for what was sold less what was paid for what was bought.
    cash: String,
}

/// Sums over the fills of one instrument, in quantity units, and notional in 1e-9 of them.
#[derive(Clone, Copy, Debug, Default)]
struct Traded {
    bought: u128,
    sold: u128,
    cash: i128,
}

/// Gathers what an account trades.
#[derive(Debug)]
pub(super) struct AccountWatch {
    name: String,
    id: Option<AccountId>,
    traded: BTreeMap<InstrumentId, Traded>,
    known: Vec<String>,
}

impl AccountWatch {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
            traded: BTreeMap::new(),
            known: Vec::new(),
        }
    }

    /// Takes note of a command that is about to be applied: it may define the account.
    pub(super) fn note_command(&mut self, command: &Command) {
        if let Command::DefineAccount(define) = command {
            let name = define.account.name.to_string();
            if name == self.name {
                self.id = Some(define.account.id);
            }
            if !self.known.contains(&name) {
                self.known.push(name);
            }
        }
    }

    /// Takes note of an event: it may be a fill.
    pub(super) fn note_event(&mut self, applied: &Applied<'_>) {
        if let EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } = applied.event.body
        {
            for handle in [aggressor, resting] {
                self.note_fill(applied.state, handle, price, quantity);
            }
        }
    }

    fn note_fill(
        &mut self,
        state: &FollowedState,
        handle: OrderHandle,
        price: Price,
        quantity: Quantity,
    ) {
        let own = state
            .order(handle)
            .filter(|order| Some(order.account) == self.id);
        let Some(order) = own else {
            return;
        };
        let traded = self.traded.entry(order.instrument).or_default();
        let notional = price.notional(quantity).get();
        // More than all that was ever traded does not fit; it stands still there.
        match order.side {
            Side::Buy => {
                traded.bought = traded.bought.saturating_add(u128::from(quantity.get()));
                traded.cash = traded.cash.saturating_sub(notional);
            }
            Side::Sell => {
                traded.sold = traded.sold.saturating_add(u128::from(quantity.get()));
                traded.cash = traded.cash.saturating_add(notional);
            }
        }
    }

    /// Returns what was gathered, and its live orders in a shard of so many slots.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where there is no such account so far.
    pub(super) fn answer(
        self,
        shard: &Shard,
        slots: u32,
        names: &Names,
    ) -> Result<AccountAnswer, Fatal> {
        let Some(id) = self.id else {
            let message = format!(
                "shard {} has no account {:?} at {}; it has {}",
                shard.id(),
                self.name,
                shard.last_sequence(),
                some_of(self.known.into_iter())
            );
            return Err(Fatal::new(ExitCode::Usage, message));
        };
        let positions = self.traded.iter().map(|(instrument, traded)| {
            let exponent = names.exponent(*instrument);
            let text = |units: u128| decimal_text(signed(units), exponent);
            let position = signed(traded.bought) - signed(traded.sold);
            PositionAnswer {
                symbol: names.symbol(*instrument),
                position: decimal_text(position, exponent),
                position_units: position,
                bought: text(traded.bought),
                bought_units: traded.bought,
                sold: text(traded.sold),
                sold_units: traded.sold,
                cash: decimal_text(traded.cash, exponent.saturating_add(PRICE_EXPONENT)),
            }
        });
        let live_orders = (0..slots).filter_map(|slot| {
            let last = shard.slot(slot);
            let generation = last.generation;
            let order = shard.order(OrderHandle { slot, generation })?;
            (order.account == id).then(|| OrderLine::of(&order, names))
        });
        Ok(AccountAnswer {
            account: self.name,
            positions: positions.collect(),
            live_orders: live_orders.collect(),
        })
    }
}

fn signed(units: u128) -> i128 {
    i128::try_from(units).unwrap_or(i128::MAX)
}

impl AccountAnswer {
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "\naccount {}: {} live orders",
            self.account,
            self.live_orders.len()
        )?;
        for one in &self.positions {
            writeln!(
                out,
                "  {} position {} bought {} sold {} cash {}",
                one.symbol, one.position, one.bought, one.sold, one.cash
            )?;
        }
        for order in &self.live_orders {
            write!(out, "  ")?;
            order.print(out)?;
        }
        Ok(())
    }
}
