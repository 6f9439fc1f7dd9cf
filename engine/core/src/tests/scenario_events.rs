//! Scenario events: tells each event to the mirror and writes it as a line.

use super::scenario::Scenario;
use super::scenario_words::price_text;
use crate::domain::event::{Event, EventBody};
use crate::domain::{CancelReason, OrderHandle, Price, Quantity, SequenceNumber, ShardId};

impl Scenario {
    /// Tells the mirror an event and returns it as text.
    pub(super) fn text(&mut self, event: &Event, sequence: SequenceNumber) -> String {
        match event.body {
            EventBody::Accepted { handle, .. } => {
                let record = self.mirror.get_mut(handle).unwrap();
                record.accepted(ShardId(0), sequence);
                format!("{} new leaves={}", handle.slot, record.leaves.get())
            }
            EventBody::Rejected { handle, reason, .. } => {
                format!("{} rejected {reason:?}", handle.slot)
            }
            EventBody::Traded {
                aggressor,
                resting,
                price,
                quantity,
                ..
            } => self.trade_text([aggressor, resting], price, quantity),
            EventBody::Reduced {
                handle,
                quantity,
                leaves,
                ..
            } => {
                let record = self.mirror.get_mut(handle).unwrap();
                record.reduced(quantity, leaves);
                let (slot, quantity, leaves) = (handle.slot, quantity.get(), leaves.get());
                format!("{slot} reduced {quantity} leaves={leaves}")
            }
            EventBody::Replaced {
                handle,
                price,
                quantity,
                leaves,
                kept_priority,
                ..
            } => {
                let record = self.mirror.get_mut(handle).unwrap();
                record.replaced(price, quantity, leaves, self.client_order_id);
                let (slot, quantity, leaves) = (handle.slot, quantity.get(), leaves.get());
                let price = price_text(price);
                let priority = if kept_priority { "kept" } else { "lost" };
                format!("{slot} replaced {quantity} @ {price} leaves={leaves} priority={priority}")
            }
            EventBody::Canceled {
                handle,
                quantity,
                reason,
                ..
            } => {
                self.mirror.get_mut(handle).unwrap().canceled();
                let (slot, quantity) = (handle.slot, quantity.get());
                format!("{slot} canceled {quantity} {}", reason_text(reason))
            }
            EventBody::CancelRejected { handle, reason, .. } => {
                format!("{} refused {reason:?}", handle.slot)
            }
            other => orderless_text(other),
        }
    }

    fn trade_text(&mut self, legs: [OrderHandle; 2], price: Price, quantity: Quantity) -> String {
        let [aggressor, resting] = legs;
        self.mirror
            .get_mut(resting)
            .unwrap()
            .traded(price, quantity);
        let record = self.mirror.get_mut(aggressor).unwrap();
        record.traded(price, quantity);
        format!(
            "{} trade {} @ {} resting={} cumulative={} leaves={}",
            aggressor.slot,
            quantity.get(),
            price_text(price),
            resting.slot,
            record.cumulative.get(),
            record.leaves.get()
        )
    }
}

fn orderless_text(body: EventBody) -> String {
    match body {
        EventBody::MassCanceled { count, .. } => format!("mass canceled {count}"),
        EventBody::PhaseChanged { instrument, phase } => {
            format!("phase {phase:?} instrument={instrument}")
        }
        EventBody::InstrumentChanged { instrument } => format!("instrument {instrument}"),
        EventBody::AccountChanged { account } => format!("account {account}"),
        EventBody::HashRecord { expected, actual } if expected == actual => "hash equal".to_owned(),
        EventBody::HashRecord { .. } => "hash differs".to_owned(),
        other => panic!("{other:?} is about an order"),
    }
}

const fn reason_text(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::ImmediateRemainder => "immediate",
        CancelReason::MarketRemainder => "market",
        CancelReason::MassCancel => "mass",
    }
}
