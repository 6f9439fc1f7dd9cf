//! Writes a command as a line: says what the numbering and the defaults do not.

use std::fmt::{Display, Write as _};

use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, Durability, GatewayId, InstrumentId, MassCancel,
    MassCancelScope, NewOrder, OrderHandle, OrderTerms, OrderType, Origin, Price, Reduce, Replace,
    SelfTradePrevention, Sequenced, SessionId, Side, TimeInForce,
};

use crate::decimal::price_text;
use crate::numbering::Numbering;
use crate::words::side_text;
use crate::write_control::write_control;

/// Writes a command as a line without its `>`, and notes its numbers.
///
/// What nobody reads of a command is not written: terms that are not given, reserved bytes.
#[must_use]
pub fn write_command(command: &Sequenced<Command>, numbering: &mut Numbering) -> String {
    let mut line = Line::default();
    match &command.body {
        Command::New(order, id) => write_new(&mut line, order, *id, numbering),
        Command::Cancel(cancel) => write_cancel(&mut line, cancel, numbering),
        Command::Reduce(reduce) => write_reduce(&mut line, reduce, numbering),
        Command::Replace(replace, id) => write_replace(&mut line, replace, *id, numbering),
        Command::MassCancel(cancel) => write_mass_cancel(&mut line, cancel, numbering),
        other => write_control(&mut line, other),
    }
    if let Some(control) = command.body.control() {
        line.unless("control", control, numbering.next_control());
    }
    line.unless("sequence", command.sequence, numbering.next_sequence());
    line.unless("epoch", command.epoch, numbering.epoch);
    let usual_ns = numbering.next_time_ns(&command.body);
    line.unless("at", command.time_ns, usual_ns);
    numbering.note(command);
    line.text
}

fn write_new(line: &mut Line, order: &NewOrder, id: ClientOrderId, numbering: &Numbering) {
    line.word(order.handle.slot);
    line.word(side_text(order.side));
    line.word(order.quantity.get());
    write_type(line, order);
    let terms = order.terms();
    let given = order.terms_given != 0;
    match (order.order_type, order.time_in_force) {
        (_, TimeInForce::Gtd) if given => line.value("gtd", terms.expire_time_ns),
        (OrderType::Market, TimeInForce::Ioc) => {}
        (_, other) => line.word(time_in_force_text(other)),
    }
    if order.time_in_force != TimeInForce::Gtd {
        line.unless("expire", terms.expire_time_ns, 0);
    }
    line.unless("display", terms.display_quantity.get(), 0);
    line.unless("min", terms.minimum_quantity.get(), 0);
    line.unless("group", terms.self_trade_group, 0);
    let said_by_others = order.order_type.is_stop() || order.time_in_force == TimeInForce::Gtd;
    if given && *terms == OrderTerms::NONE && !said_by_others {
        line.word("terms");
    }
    match order.post_only {
        0 => {}
        1 => line.word("post"),
        other => line.value("post", other),
    }
    let self_trade = self_trade_text(order.self_trade);
    line.unless("stp", self_trade, "none");
    line.unless("account", order.account, AccountId(0));
    line.unless("instrument", order.instrument, InstrumentId(0));
    let usual = numbering.next_generation(order.handle.slot);
    line.unless("generation", order.handle.generation, usual);
    line.unless("session", order.origin.session, SessionId(0));
    write_origin(line, &order.origin, numbering);
    line.unless("id", id, ClientOrderId::NONE);
}

/// Writes price, stop price and what kind of order it is, as short as the reader understands it.
fn write_type(line: &mut Line, order: &NewOrder) {
    let unread = match (order.order_type, order.side) {
        (OrderType::Limit | OrderType::StopLimit, _) => None,
        (OrderType::Market | OrderType::Stop | OrderType::MarketToLimit, _) => Some(Price::new(0)),
        (OrderType::MidPeg, Side::Buy) => Some(Price::MAX),
        (OrderType::MidPeg, Side::Sell) => Some(Price::MIN),
    };
    let priced = unread != Some(order.price);
    let stop_price = order.terms().stop_price;
    let given = order.terms_given != 0;
    let stopped = given && (stop_price.get() != 0 || order.order_type.is_stop());
    match (order.order_type, stopped) {
        (OrderType::Limit, false) | (OrderType::StopLimit, true) => {}
        (OrderType::Market, false) => line.word("market"),
        (OrderType::Stop, true) if priced => line.word("market"),
        (OrderType::Stop, true) => {}
        (OrderType::MarketToLimit, _) => line.word("mtl"),
        (OrderType::MidPeg, _) => line.word("peg"),
        (OrderType::Limit, true) => line.value("type", "limit"),
        (OrderType::StopLimit, false) => line.value("type", "stop-limit"),
        (OrderType::Market, true) => line.value("type", "market"),
        (OrderType::Stop, false) => line.value("type", "stop"),
    }
    if priced {
        line.price(order.price);
    }
    if stopped {
        line.value("stop", price_text(stop_price));
    }
}

fn write_cancel(line: &mut Line, cancel: &Cancel, numbering: &Numbering) {
    line.word(cancel.handle.slot);
    line.word("cancel");
    line.unless("order", cancel.order_id.get(), 0);
    write_target(line, cancel.handle, &cancel.origin, numbering);
}

fn write_reduce(line: &mut Line, reduce: &Reduce, numbering: &Numbering) {
    line.word(reduce.handle.slot);
    line.word("reduce");
    line.word(reduce.quantity.get());
    write_target(line, reduce.handle, &reduce.origin, numbering);
}

fn write_replace(line: &mut Line, replace: &Replace, id: ClientOrderId, numbering: &Numbering) {
    let terms = &replace.terms;
    line.word(replace.handle.slot);
    line.word("replace");
    line.word(replace.quantity.get());
    if replace.price.get() != 0 {
        line.price(replace.price);
    }
    if terms.stop_price_given != 0 {
        line.value("stop", price_text(terms.stop_price));
    }
    match TimeInForce::from_number(terms.time_in_force) {
        Some(TimeInForce::Gtd) => line.value("gtd", terms.expire_time_ns),
        named => {
            match named {
                Some(named) => line.word(time_in_force_text(named)),
                None => line.unless("tif", terms.time_in_force, 0),
            }
            line.unless("expire", terms.expire_time_ns, 0);
        }
    }
    write_target(line, replace.handle, &replace.origin, numbering);
    line.unless("id", id, ClientOrderId::NONE);
}

fn write_mass_cancel(line: &mut Line, cancel: &MassCancel, numbering: &Numbering) {
    line.word("mass");
    let scope = cancel.scope;
    let account = scope == MassCancelScope::Account || cancel.account.get() != 0;
    let session = scope == MassCancelScope::Session || cancel.session.get() != 0;
    let given = cancel.instrument_given != 0;
    let instrument = scope == MassCancelScope::Instrument || given || cancel.instrument.get() != 0;
    line.value_if(account, "account", cancel.account);
    line.value_if(session, "session", cancel.session);
    line.value_if(instrument, "instrument", cancel.instrument);
    let understood = match (account, session) {
        (true, _) => MassCancelScope::Account,
        (false, true) => MassCancelScope::Session,
        (false, false) => MassCancelScope::Instrument,
    };
    let scope_text = match scope {
        MassCancelScope::Session => "session",
        MassCancelScope::Account => "account",
        MassCancelScope::Instrument => "instrument",
    };
    line.value_if(scope != understood, "scope", scope_text);
    line.unless("given", cancel.instrument_given, u8::from(instrument));
    match cancel.side {
        0 => {}
        1 => line.value("side", "buy"),
        2 => line.value("side", "sell"),
        other => line.value("side", other),
    }
    let usual = if session {
        cancel.session
    } else {
        SessionId(0)
    };
    line.unless("from", cancel.origin.session, usual);
    write_origin(line, &cancel.origin, numbering);
}

/// Writes which of its slot's orders is meant, and where the command came from.
fn write_target(line: &mut Line, handle: OrderHandle, origin: &Origin, numbering: &Numbering) {
    let usual = numbering.last_generation(handle.slot);
    line.unless("generation", handle.generation, usual);
    line.unless("session", origin.session, SessionId(0));
    write_origin(line, origin, numbering);
}

fn write_origin(line: &mut Line, origin: &Origin, numbering: &Numbering) {
    write_gateway(line, origin.gateway);
    line.unless("ring", origin.ring, numbering.next_ring(origin.gateway));
    line.unless("request", origin.request.get(), origin.ring.get());
    if origin.durability == Durability::Synced {
        line.word("synced");
    }
}

/// Writes the gateway where it is not the first.
pub(crate) fn write_gateway(line: &mut Line, gateway: GatewayId) {
    match gateway {
        GatewayId(0) => {}
        GatewayId::NONE => line.value("gateway", "none"),
        other => line.value("gateway", other),
    }
}

/// Writes how long an order lives, without the time at which it ends.
pub(crate) const fn time_in_force_text(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::Day => "day",
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Fok => "fok",
        TimeInForce::Gtd => "gtd",
    }
}

const fn self_trade_text(self_trade: SelfTradePrevention) -> &'static str {
    match self_trade {
        SelfTradePrevention::None => "none",
        SelfTradePrevention::CancelNewest => "newest",
        SelfTradePrevention::CancelOldest => "oldest",
        SelfTradePrevention::CancelBoth => "both",
        SelfTradePrevention::Decrement => "decrement",
    }
}

/// A line that grows by words.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn word(&mut self, word: impl Display) {
        let space = if self.text.is_empty() { "" } else { " " };
        write!(self.text, "{space}{word}").expect("a String takes everything");
    }

    pub(crate) fn value(&mut self, key: &str, value: impl Display) {
        self.word(format_args!("{key}={value}"));
    }

    pub(crate) fn value_if(&mut self, condition: bool, key: &str, value: impl Display) {
        if condition {
            self.value(key, value);
        }
    }

    /// Writes `key=VALUE` where the value is not what the reader takes it to be.
    pub(crate) fn unless<T: PartialEq + Display>(&mut self, key: &str, value: T, usual: T) {
        let differs = value != usual;
        self.value_if(differs, key, value);
    }

    pub(crate) fn price(&mut self, price: Price) {
        self.word("@");
        self.word(price_text(price));
    }
}
