//! One order as `matchgate journal at` shows it: what happened to it so far, and how it stands.

use std::io::Write;

use matchgate_core::OrderRecord;
use matchgate_core::domain::{Command, EventBody, OrderHandle, OrderId, Sequenced, ShardId};
use matchgate_follower::{Applied, FollowedState};
use serde::Serialize;

use super::at_book::{price_text, quantity_text};
use super::command_words::{Context, limit_of};
use super::event_words::handles_of;
use super::line::Line;
use super::names::Names;
use super::shard_run::ShardRun;
use super::utc::utc_text;
use super::value_names::{order_type_name, side_name, time_in_force_name};
use crate::exit_code::{ExitCode, Fatal};

/// An order.
#[derive(Debug, Serialize)]
pub(super) struct OrderAnswer {
    order: u64,
    state: &'static str,
    side: &'static str,
    symbol: String,
    order_type: &'static str,
    time_in_force: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    quantity: String,
    quantity_units: u64,
    cumulative: String,
    cumulative_units: u64,
    leaves: String,
    leaves_units: u64,
    account: String,
    session: String,
    client_order_id: String,
    history: Vec<HistoryEntry>,
}

/// Something that happened to it.
#[derive(Debug, Serialize)]
struct HistoryEntry {
    /// Id of the event.
    id: String,
    sequence: u64,
    time: String,
    time_ns: u64,
    command: String,
    event: String,
}

/// Gathers what happens to an order.
#[derive(Debug)]
pub(super) struct OrderWatch {
    id: OrderId,
    /// Once its command came.
    handle: Option<OrderHandle>,
    /// Its record behind the last event about it: its slot may be another's since.
    record: Option<OrderRecord>,
    history: Vec<HistoryEntry>,
    /// The command that is being applied, in words.
    command: String,
}

impl OrderWatch {
    /// Returns a watch of the order with the id `order`.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where it is of another shard.
    pub(super) fn new(order: u64, shard: ShardId) -> Result<Self, Fatal> {
        let id = OrderId::from_wire(order);
        if id.shard() != shard {
            let of = id.shard();
            let message = format!("order {order} is of shard {of}, not of shard {shard}");
            return Err(Fatal::new(ExitCode::Usage, message));
        }
        Ok(Self {
            id,
            handle: None,
            record: None,
            history: Vec::new(),
            command: String::new(),
        })
    }

    /// Takes note of a command that is about to be applied.
    pub(super) fn note_command(
        &mut self,
        command: &Sequenced<Command>,
        state: &FollowedState,
        names: &Names,
    ) {
        if command.sequence == self.id.sequence()
            && let Command::New(order, _) = &command.body
        {
            self.handle = Some(order.handle);
        }
        if self.handle.is_some() {
            let context = Context {
                names,
                state: Some(state),
            };
            self.command = Line::words(|line| context.tell(line, command.sequence, &command.body));
        }
    }

    /// Takes note of an event.
    pub(super) fn note_event(&mut self, applied: &Applied<'_>, names: &Names) {
        let Some(handle) = self.handle else {
            return;
        };
        let event = applied.event;
        let is_its_own = applied.command.sequence == self.id.sequence();
        // Who is refused may have named the handle of an order that lives.
        let refused = matches!(event.body, EventBody::Rejected { .. });
        if !handles_of(&event.body).contains(&Some(handle)) || (refused && !is_its_own) {
            return;
        }
        let context = Context {
            names,
            state: Some(applied.state),
        };
        self.history.push(HistoryEntry {
            id: applied.id.to_string(),
            sequence: applied.command.sequence.get(),
            time: utc_text(applied.command.time_ns),
            time_ns: applied.command.time_ns,
            command: self.command.clone(),
            event: Line::words(|line| context.tell_event(line, event)),
        });
        let record = applied.state.order(handle);
        if let Some(record) = record.filter(|record| record.order_id == self.id) {
            self.record = Some(*record);
        }
    }

    /// Returns what was gathered.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where there is no such order so far.
    pub(super) fn answer(self, run: &ShardRun, names: &Names) -> Result<OrderAnswer, Fatal> {
        let Some(record) = self.record else {
            let (order, last) = (self.id.get(), run.last_sequence());
            let why = match self.history.first() {
                Some(refusal) => format!("its command was {}", refusal.event),
                None if self.id.sequence() > last => "its command comes later".to_owned(),
                None => format!("command {} is no new order", self.id.sequence()),
            };
            let message = format!("there is no order {order} at {last}: {why}");
            return Err(Fatal::new(ExitCode::Usage, message));
        };
        let exponent = names.exponent(record.instrument);
        let quantity = |quantity| quantity_text(quantity, exponent);
        let price = limit_of(record.order_type, record.price);
        Ok(OrderAnswer {
            order: record.order_id.get(),
            state: state_of(&record),
            side: side_name(record.side),
            symbol: names.symbol(record.instrument),
            order_type: order_type_name(record.order_type),
            time_in_force: time_in_force_name(record.time_in_force),
            price: price.map(price_text),
            quantity: quantity(record.order_quantity),
            quantity_units: record.order_quantity.get(),
            cumulative: quantity(record.cumulative),
            cumulative_units: record.cumulative.get(),
            leaves: quantity(record.leaves),
            leaves_units: record.leaves.get(),
            account: names.account(record.account),
            session: names.session(record.session),
            client_order_id: record.client_order_id.to_string(),
            history: self.history,
        })
    }
}

fn state_of(record: &OrderRecord) -> &'static str {
    match (record.live, record.cumulative.is_zero()) {
        (true, true) => "live",
        (true, false) => "live, partly filled",
        (false, _) if record.cumulative == record.order_quantity => "filled",
        (false, _) => "ended",
    }
}

impl OrderAnswer {
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write!(
            out,
            "\norder {} is {}: {} {} {} {}",
            self.order, self.state, self.side, self.quantity, self.symbol, self.order_type
        )?;
        if let Some(price) = &self.price {
            write!(out, " {price}")?;
        }
        write!(
            out,
            " {} cumulative {} leaves {} account {} session {}",
            self.time_in_force, self.cumulative, self.leaves, self.account, self.session
        )?;
        if !self.client_order_id.is_empty() {
            write!(out, " id {}", self.client_order_id)?;
        }
        writeln!(out)?;
        for entry in &self.history {
            writeln!(
                out,
                "  {} {} {}  by  {}",
                entry.id, entry.time, entry.event, entry.command
            )?;
        }
        Ok(())
    }
}
