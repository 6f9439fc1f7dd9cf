//! What a command says, in words. It must not know what the command did.

use matchgate_core::OrderRecord;
use matchgate_core::domain::{
    ClientOrderId, Command, DefineInstrument, GatewayId, Instrument, InstrumentId, MassCancel,
    MassCancelScope, NewOrder, OrderHandle, OrderId, OrderTerms, OrderType, Origin, Price, Reduce,
    Replace, ReplaceTerms, SelfTradePrevention, SequenceNumber, Side, TimeInForce,
};
use matchgate_follower::{FollowedState, decimal_text};

use super::line::{Line, PRICE_EXPONENT};
use super::names::Names;
use super::utc::utc_text;
use super::value_names::{
    durability_name, kind_of, order_type_name, phase_name, self_trade_name, side_name,
    time_in_force_name,
};
use crate::admin::message::hash_text;

/// What words need beside the command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    /// The state before the command, in a shard's journal.
    pub(super) state: Option<&'a FollowedState>,
}

impl Context<'_> {
    /// Returns the order that a handle names, where it is known.
    pub(super) fn order(&self, handle: OrderHandle) -> Option<&OrderRecord> {
        self.state.and_then(|state| state.order(handle))
    }

    /// Tells which order a handle names; the slot of one that is not known.
    pub(super) fn tell_order(&self, line: &mut Line, key: &str, label: &str, handle: OrderHandle) {
        match self.order(handle) {
            Some(order) => line.number(key, label, order.order_id.get()),
            None => {
                let slot = format!("in slot {}.{}", handle.slot, handle.generation);
                line.named(&format!("{key}_slot"), label, &slot);
            }
        }
    }

    /// Returns the exponent of the quantities of an order; 0 where it is not known.
    pub(super) fn exponent(&self, handle: OrderHandle) -> i8 {
        self.order(handle)
            .map_or(0, |order| self.names.exponent(order.instrument))
    }

    fn tell_symbol(&self, line: &mut Line, label: &str, instrument: InstrumentId) {
        line.named("symbol", label, &self.names.symbol(instrument));
    }

    /// Tells what command `sequence` says.
    pub(super) fn tell(&self, line: &mut Line, sequence: SequenceNumber, command: &Command) {
        line.kind(kind_of(command));
        match command {
            Command::New(order, id) => self.tell_new(line, sequence, order, id),
            Command::Cancel(cancel) => {
                self.tell_order(line, "order", "order", cancel.handle);
                if cancel.order_id != OrderId::NONE {
                    line.number("named", "named", cancel.order_id.get());
                }
                tell_handle(line, cancel.handle);
                self.tell_origin(line, &cancel.origin);
            }
            Command::Reduce(reduce) => self.tell_reduce(line, reduce),
            Command::Replace(replace, id) => self.tell_replace(line, replace, id),
            Command::MassCancel(cancel) => self.tell_mass_cancel(line, cancel),
            Command::DefineInstrument(define) => tell_instrument(line, define),
            Command::DefineFirm(define) => {
                line.word("firm", define.firm.name.as_str());
                line.detail("firm_number", define.firm.id);
                line.number("gateway", "home gateway", define.firm.gateway);
            }
            Command::DefineAccount(define) => {
                let account = &define.account;
                line.word("account", account.name.as_str());
                line.detail("account_number", account.id);
                line.named("firm", "firm", &self.names.firm(account.firm));
                line.number(
                    "open_orders_max",
                    "open orders max",
                    account.open_orders_max,
                );
            }
            Command::DefineSession(define) => {
                let session = &define.session;
                line.word("session", session.key.as_str());
                line.detail("session_number", session.id);
                line.named("firm", "firm", &self.names.firm(session.firm));
                let account = self.names.account(session.default_account);
                line.named("account", "account", &account);
                let kept = session.resend_messages_max;
                line.number("resend_messages_max", "resend messages max", kept);
            }
            Command::LendSlots(lend) => {
                line.number("slot_first", "from", lend.slot_first);
                line.number("slot_count", "count", lend.slot_count);
                line.number("shard", "of shard", lend.shard);
                line.number("gateway", "to gateway", lend.gateway);
            }
            Command::SetPhase(set) => {
                self.tell_symbol(line, "", set.instrument);
                line.word("phase", phase_name(set.phase));
            }
            Command::EndDay(end) => self.tell_symbol(line, "", end.instrument),
            Command::Time(time) => {
                line.word("moved_to", &utc_text(time.time_ns));
                line.detail("moved_to_ns", time.time_ns);
            }
            Command::StateHash(check) => line.word("state_hash", &hash_text(whole(check.hash))),
        }
        if let Some(control) = command.control() {
            line.number("control", "control", control);
        }
    }

    fn tell_new(
        &self,
        line: &mut Line,
        sequence: SequenceNumber,
        order: &NewOrder,
        id: &ClientOrderId,
    ) {
        if let Some(state) = self.state {
            let order_id = OrderId::of(state.shard().id(), sequence);
            line.number("order", "", order_id.get());
        }
        let exponent = self.names.exponent(order.instrument);
        line.word("side", side_name(order.side));
        line.quantity("quantity", "", order.quantity, exponent);
        self.tell_symbol(line, "", order.instrument);
        line.word("order_type", order_type_name(order.order_type));
        if let Some(price) = limit_of(order.order_type, order.price) {
            line.price("price", "", price);
        }
        tell_terms(line, order.terms(), exponent);
        line.word("time_in_force", time_in_force_name(order.time_in_force));
        line.flag("post_only", order.post_only != 0, "post-only");
        if order.self_trade != SelfTradePrevention::None {
            let choice = self_trade_name(order.self_trade);
            line.named("self_trade", "self-trade", choice);
        }
        line.named("account", "account", &self.names.account(order.account));
        tell_client_id(line, id);
        tell_handle(line, order.handle);
        self.tell_origin(line, &order.origin);
    }

    fn tell_reduce(&self, line: &mut Line, reduce: &Reduce) {
        self.tell_order(line, "order", "order", reduce.handle);
        let exponent = self.exponent(reduce.handle);
        line.quantity("quantity", "to", reduce.quantity, exponent);
        tell_handle(line, reduce.handle);
        self.tell_origin(line, &reduce.origin);
    }

    fn tell_replace(&self, line: &mut Line, replace: &Replace, id: &ClientOrderId) {
        let ReplaceTerms {
            stop_price,
            expire_time_ns,
            time_in_force,
            stop_price_given,
            ..
        } = replace.terms;
        self.tell_order(line, "order", "order", replace.handle);
        let order_type = self
            .order(replace.handle)
            .map_or(OrderType::Limit, |order| order.order_type);
        // A market-to-limit order that rests has a limit.
        let has_limit = order_type == OrderType::MarketToLimit;
        let limit = limit_of(order_type, replace.price).or(has_limit.then_some(replace.price));
        if let Some(price) = limit {
            line.price("price", "price", price);
        }
        let exponent = self.exponent(replace.handle);
        line.quantity("quantity", "quantity", replace.quantity, exponent);
        if stop_price_given != 0 {
            line.price("stop_price", "stop", stop_price);
        }
        if let Some(time_in_force) = TimeInForce::from_number(time_in_force) {
            line.word("time_in_force", time_in_force_name(time_in_force));
        }
        tell_expire_time(line, expire_time_ns);
        tell_client_id(line, id);
        tell_handle(line, replace.handle);
        self.tell_origin(line, &replace.origin);
    }

    fn tell_mass_cancel(&self, line: &mut Line, cancel: &MassCancel) {
        match cancel.scope {
            MassCancelScope::Session => {
                let session = self.names.session(cancel.session);
                line.named("of_session", "of session", &session);
            }
            MassCancelScope::Account => {
                let account = self.names.account(cancel.account);
                line.named("of_account", "of account", &account);
            }
            MassCancelScope::Instrument => self.tell_symbol(line, "of", cancel.instrument),
        }
        if cancel.instrument_given != 0 && cancel.scope != MassCancelScope::Instrument {
            self.tell_symbol(line, "in", cancel.instrument);
        }
        match cancel.side {
            1 => line.named("side", "side", side_name(Side::Buy)),
            2 => line.named("side", "side", side_name(Side::Sell)),
            _ => {}
        }
        self.tell_origin(line, &cancel.origin);
    }

    fn tell_origin(&self, line: &mut Line, origin: &Origin) {
        if origin.gateway == GatewayId::NONE {
            line.named("by", "by", "operator");
            return;
        }
        let session = self.names.session(origin.session);
        line.named("session", "session", &session);
        line.number("request", "request", origin.request);
        line.detail_text("durability", durability_name(origin.durability));
        line.detail("gateway", origin.gateway);
        line.detail("ring", origin.ring);
    }
}

/// Returns the price of an order where its type has one and it says something.
pub(super) fn limit_of(order_type: OrderType, price: Price) -> Option<Price> {
    let says = match order_type {
        OrderType::Limit | OrderType::StopLimit => true,
        OrderType::MidPeg => price != Price::MAX && price != Price::MIN,
        OrderType::Market | OrderType::Stop | OrderType::MarketToLimit => false,
    };
    says.then_some(price)
}

/// Joins the two halves of a hash.
pub(super) fn whole([low, high]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn tell_terms(line: &mut Line, terms: &OrderTerms, exponent: i8) {
    if terms.stop_price != Price::default() {
        line.price("stop_price", "stop", terms.stop_price);
    }
    if !terms.display_quantity.is_zero() {
        line.quantity(
            "display_quantity",
            "display",
            terms.display_quantity,
            exponent,
        );
    }
    if !terms.minimum_quantity.is_zero() {
        line.quantity(
            "minimum_quantity",
            "minimum",
            terms.minimum_quantity,
            exponent,
        );
    }
    tell_expire_time(line, terms.expire_time_ns);
    if terms.self_trade_group != 0 {
        line.number("self_trade_group", "group", terms.self_trade_group);
    }
}

fn tell_expire_time(line: &mut Line, expire_time_ns: u64) {
    if expire_time_ns != 0 {
        line.named("expire_time", "until", &utc_text(expire_time_ns));
        line.detail("expire_time_ns", expire_time_ns);
    }
}

fn tell_client_id(line: &mut Line, id: &ClientOrderId) {
    if !id.is_empty() {
        line.named("client_order_id", "id", id.as_str());
    }
}

fn tell_handle(line: &mut Line, handle: OrderHandle) {
    line.detail("slot", handle.slot);
    line.detail("generation", handle.generation);
}

fn tell_instrument(line: &mut Line, define: &DefineInstrument) {
    let Instrument {
        quantity_exponent: exponent,
        ..
    } = define.instrument;
    let instrument = &define.instrument;
    line.word("symbol", instrument.symbol.as_str());
    line.detail("instrument", instrument.id);
    line.number("shard", "shard", instrument.shard);
    line.detail("quantity_exponent", exponent);
    line.price("tick", "tick", instrument.tick);
    line.price("price_min", "price", instrument.price_min);
    line.price("price_max", "to", instrument.price_max);
    line.quantity("lot", "lot", instrument.lot, exponent);
    line.quantity(
        "quantity_min",
        "quantity",
        instrument.quantity_min,
        exponent,
    );
    line.quantity("quantity_max", "to", instrument.quantity_max, exponent);
    let notional_max = instrument.notional_max().get();
    if notional_max != i128::MAX {
        // An exponent is from -9 to 9; a sum that is not stays as it is.
        let exponent = exponent.saturating_add(PRICE_EXPONENT);
        let text = decimal_text(notional_max, exponent);
        line.named("notional_max", "notional max", &text);
    }
    if instrument.protection != Price::MAX {
        line.price("protection", "protection", instrument.protection);
    }
}
