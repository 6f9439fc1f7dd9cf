//! What an event says, in words. It must not know what caused it.

use matchgate_core::domain::{
    CancelReason, Event, EventBody, EventId, OrderHandle, Price, Quantity, RejectReason,
    RestateReason,
};

use super::command_words::{Context, whole};
use super::line::Line;
use super::utc::utc_text;
use super::value_names::{phase_name, time_in_force_name};
use crate::admin::message::hash_text;

impl Context<'_> {
    /// Tells what an event says; the state is that behind it.
    pub(super) fn tell_event(&self, line: &mut Line, event: &Event) {
        line.kind(event_kind(&event.body));
        match event.body {
            EventBody::Accepted { handle, .. } => self.tell_order(line, "order", "", handle),
            EventBody::Rejected { reason, .. } => tell_reason(line, reason),
            EventBody::CancelRejected { handle, reason, .. } => {
                self.tell_order(line, "order", "order", handle);
                tell_reason(line, reason);
            }
            EventBody::Traded {
                aggressor,
                resting,
                price,
                quantity,
                ..
            }
            | EventBody::SelfTradePrevented {
                aggressor,
                resting,
                price,
                quantity,
                ..
            } => self.tell_meeting(line, [aggressor, resting], price, quantity),
            EventBody::Canceled {
                handle,
                quantity,
                reason,
                ..
            } => {
                self.tell_order(line, "order", "order", handle);
                self.tell_quantity(line, "quantity", "of", (handle, quantity));
                line.word("reason", cancel_reason_name(reason));
            }
            EventBody::Expired {
                handle, quantity, ..
            } => {
                self.tell_order(line, "order", "order", handle);
                self.tell_quantity(line, "quantity", "of", (handle, quantity));
            }
            EventBody::Triggered {
                handle, refused, ..
            } => {
                self.tell_order(line, "order", "order", handle);
                if let Some(reason) = refused {
                    tell_reason(line, reason);
                }
            }
            EventBody::Reduced { .. }
            | EventBody::Replaced { .. }
            | EventBody::Restated { .. }
            | EventBody::TermsReplaced { .. } => self.tell_new_terms(line, &event.body),
            EventBody::MassCanceled { count, .. } => line.number("count", "", count),
            EventBody::PhaseChanged { instrument, phase } => {
                line.word("symbol", &self.names.symbol(instrument));
                line.word("phase", phase_name(phase));
            }
            EventBody::InstrumentChanged { instrument } => {
                line.word("symbol", &self.names.symbol(instrument));
            }
            EventBody::AccountChanged { account } => {
                line.word("account", &self.names.account(account));
            }
            EventBody::HashRecord { expected, actual } => {
                line.word("actual", &hash_text(whole(actual)));
                line.detail_text("expected", &hash_text(whole(expected)));
                let is_equal = expected == actual;
                line.word("verdict", if is_equal { "equal" } else { "not equal" });
            }
        }
    }

    /// Tells an event and its id, as an object of its own.
    pub(super) fn tell_event_with_id(&self, line: &mut Line, id: &EventId, event: &Event) {
        line.detail_text("id", &id.to_string());
        line.detail("index", event.header.index);
        self.tell_event(line, event);
    }

    fn tell_quantity(
        &self,
        line: &mut Line,
        key: &str,
        label: &str,
        (handle, quantity): (OrderHandle, Quantity),
    ) {
        line.quantity(key, label, quantity, self.exponent(handle));
    }

    fn tell_meeting(
        &self,
        line: &mut Line,
        [aggressor, resting]: [OrderHandle; 2],
        price: Price,
        quantity: Quantity,
    ) {
        self.tell_quantity(line, "quantity", "", (aggressor, quantity));
        if let Some(order) = self.order(aggressor) {
            line.word("symbol", &self.names.symbol(order.instrument));
        }
        line.price("price", "at", price);
        self.tell_order(line, "aggressor", "aggressor", aggressor);
        self.tell_order(line, "resting", "resting", resting);
    }

    /// Tells what an order has become.
    fn tell_new_terms(&self, line: &mut Line, body: &EventBody) {
        if let EventBody::Reduced {
            handle,
            quantity,
            leaves,
            ..
        } = *body
        {
            self.tell_order(line, "order", "order", handle);
            self.tell_quantity(line, "quantity", "to", (handle, quantity));
            self.tell_quantity(line, "leaves", "leaves", (handle, leaves));
        }
        if let EventBody::Replaced {
            handle,
            price,
            quantity,
            leaves,
            kept_priority,
            ..
        } = *body
        {
            self.tell_order(line, "order", "order", handle);
            line.price("price", "price", price);
            self.tell_quantity(line, "quantity", "quantity", (handle, quantity));
            self.tell_quantity(line, "leaves", "leaves", (handle, leaves));
            line.flag("kept_priority", kept_priority, "kept priority");
        }
        if let EventBody::Restated {
            handle,
            price,
            displayed,
            reason,
            ..
        } = *body
        {
            self.tell_order(line, "order", "order", handle);
            line.price("price", "price", price);
            self.tell_quantity(line, "displayed", "displayed", (handle, displayed));
            line.word("reason", restate_reason_name(reason));
        }
        if let EventBody::TermsReplaced {
            handle,
            stop_price,
            expire_time_ns,
            time_in_force,
            ..
        } = *body
        {
            self.tell_order(line, "order", "order", handle);
            line.price("stop_price", "stop", stop_price);
            line.word("time_in_force", time_in_force_name(time_in_force));
            if expire_time_ns != 0 {
                line.named("expire_time", "until", &utc_text(expire_time_ns));
                line.detail("expire_time_ns", expire_time_ns);
            }
        }
    }
}

/// Returns the name of an event's kind.
pub(super) const fn event_kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Accepted { .. } => "accepted",
        EventBody::Rejected { .. } => "rejected",
        EventBody::Traded { .. } => "traded",
        EventBody::Reduced { .. } => "reduced",
        EventBody::Replaced { .. } => "replaced",
        EventBody::Canceled { .. } => "canceled",
        EventBody::Expired { .. } => "expired",
        EventBody::Triggered { .. } => "triggered",
        EventBody::Restated { .. } => "restated",
        EventBody::SelfTradePrevented { .. } => "self_trade_prevented",
        EventBody::TermsReplaced { .. } => "terms_replaced",
        EventBody::CancelRejected { .. } => "cancel_rejected",
        EventBody::MassCanceled { .. } => "mass_canceled",
        EventBody::PhaseChanged { .. } => "phase_changed",
        EventBody::InstrumentChanged { .. } => "instrument_changed",
        EventBody::AccountChanged { .. } => "account_changed",
        EventBody::HashRecord { .. } => "state_hash",
    }
}

/// Returns the orders that an event is about.
pub(super) fn handles_of(body: &EventBody) -> [Option<OrderHandle>; 2] {
    match *body {
        EventBody::Accepted { handle, .. }
        | EventBody::Rejected { handle, .. }
        | EventBody::Reduced { handle, .. }
        | EventBody::Replaced { handle, .. }
        | EventBody::Canceled { handle, .. }
        | EventBody::Expired { handle, .. }
        | EventBody::Triggered { handle, .. }
        | EventBody::Restated { handle, .. }
        | EventBody::TermsReplaced { handle, .. }
        | EventBody::CancelRejected { handle, .. } => [Some(handle), None],
        EventBody::Traded {
            aggressor, resting, ..
        }
        | EventBody::SelfTradePrevented {
            aggressor, resting, ..
        } => [Some(aggressor), Some(resting)],
        EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => [None, None],
    }
}

/// Tells why something was refused: number and text.
pub(super) fn tell_reason(line: &mut Line, reason: RejectReason) {
    line.number("reason_code", "", reason.code());
    line.word("reason", reason.text());
}

const fn cancel_reason_name(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::ImmediateRemainder => "rest of an immediate order",
        CancelReason::MarketRemainder => "rest of a market order",
        CancelReason::MassCancel => "mass cancel",
        CancelReason::PriceProtection => "price protection",
        CancelReason::SelfTradePrevention => "self-trade prevention",
        CancelReason::Refused => "refused when triggered",
    }
}

const fn restate_reason_name(reason: RestateReason) -> &'static str {
    match reason {
        RestateReason::DisplayRefreshed => "display refreshed",
        RestateReason::PriceAssigned => "price assigned",
    }
}
