//! Coverage: which events, refusals and combinations a run has met, so that a weak generator is
//! found out.
//!
//! It sees commands and events, no book.

mod all;
mod names;

use std::collections::BTreeMap;

use matchgate_core::domain::{
    Command, Event, EventBody, OrderHandle, OrderType, RejectReason, RestateReason,
    SelfTradePrevention, Sequenced, TimeInForce,
};

use all::all_that_can_be_met;
use names::{cancel_name, choice_name, command_name, scope_name, time_name, type_name};

/// What was met: what happened, to what, how.
pub type Met = [&'static str; 3];

/// What is remembered of an order.
#[derive(Clone, Copy, Debug)]
struct Known {
    handle: OrderHandle,
    order_type: OrderType,
    time_in_force: TimeInForce,
    choice: SelfTradePrevention,
    iceberg: bool,
}

impl Known {
    /// Returns the type, or that it is an iceberg.
    const fn kind(&self) -> &'static str {
        if self.iceberg {
            "iceberg"
        } else {
            type_name(self.order_type)
        }
    }
}

/// Counts of what was met.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: BTreeMap<Met, u64>,
    /// By slot.
    known: Vec<Option<Known>>,
    longest_command: usize,
}

impl Coverage {
    /// Counts what one command did.
    pub fn note(&mut self, command: &Sequenced<Command>, events: &[Event]) {
        self.longest_command = self.longest_command.max(events.len());
        let mut before: Option<EventBody> = None;
        let mut releases = 0;
        for event in events {
            self.note_event(&command.body, &event.body, before.as_ref());
            releases += usize::from(matches!(event.body, EventBody::Triggered { .. }));
            before = Some(event.body);
        }
        if releases >= 3 {
            self.count("three releases", "", "");
        }
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        self.longest_command = self.longest_command.max(other.longest_command);
        for (&met, count) in &other.counts {
            *self.counts.entry(met).or_default() += count;
        }
    }

    /// Returns how many events the longest command had.
    #[must_use]
    pub const fn longest_command(&self) -> usize {
        self.longest_command
    }

    /// Returns the counts.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<Met, u64> {
        &self.counts
    }

    /// Returns what of all that can be met was met less than `least` times.
    #[must_use]
    pub fn missed(&self, least: u64) -> Vec<(Met, u64)> {
        all_that_can_be_met()
            .into_iter()
            .map(|met| (met, self.counts.get(&met).copied().unwrap_or(0)))
            .filter(|&(_, count)| count < least)
            .collect()
    }

    fn count(&mut self, what: &'static str, of: &'static str, how: &'static str) {
        *self.counts.entry([what, of, how]).or_default() += 1;
    }

    fn of(&self, handle: OrderHandle) -> Option<Known> {
        let known = self.known.get(handle.slot as usize).copied().flatten();
        known.filter(|known| known.handle == handle)
    }

    fn kind_of(&self, handle: OrderHandle) -> &'static str {
        self.of(handle).map_or("", |known| known.kind())
    }

    fn note_event(&mut self, command: &Command, event: &EventBody, before: Option<&EventBody>) {
        match *event {
            EventBody::Accepted { .. } => self.note_accepted(command),
            EventBody::Rejected { reason, .. } => {
                self.count("Rejected", reason.text(), "");
                if let (RejectReason::FillOrKillUnfilled, Command::New(order, _)) =
                    (reason, command)
                {
                    self.count("FillOrKillUnfilled", choice_name(order.self_trade), "");
                }
            }
            EventBody::CancelRejected { reason, .. } => {
                self.count("CancelRejected", reason.text(), command_name(command));
            }
            EventBody::Traded {
                aggressor, resting, ..
            } => {
                self.count("Traded", self.kind_of(aggressor), self.kind_of(resting));
                self.note_pegs("pegs trade", command, aggressor, resting);
            }
            EventBody::SelfTradePrevented {
                aggressor, resting, ..
            } => {
                let taker = self.of(aggressor);
                let choice = taker.map_or("", |taker| choice_name(taker.choice));
                self.count("SelfTradePrevented", choice, self.kind_of(resting));
                self.count("prevented aggressor", self.kind_of(aggressor), "");
                self.note_pegs("pegs are kept apart", command, aggressor, resting);
            }
            EventBody::Restated { reason, .. } => self.note_restated(reason, before),
            EventBody::Triggered {
                handle, refused, ..
            } => {
                let how = refused.map_or("", RejectReason::text);
                let at_once = matches!(before, Some(EventBody::Accepted { .. }));
                self.count("Triggered", how, "");
                if at_once {
                    self.count("Triggered", "as it is entered", self.kind_of(handle));
                }
            }
            EventBody::MassCanceled { .. } => {
                if let Command::MassCancel(cancel) = command {
                    self.count("MassCanceled", scope_name(cancel.scope), "");
                }
            }
            EventBody::PhaseChanged { .. } => self.count("PhaseChanged", "", ""),
            EventBody::InstrumentChanged { .. } => self.count("InstrumentChanged", "", ""),
            EventBody::AccountChanged { .. } => self.count("AccountChanged", "", ""),
            EventBody::HashRecord { .. } => self.count("HashRecord", "", ""),
            EventBody::Canceled { .. }
            | EventBody::Expired { .. }
            | EventBody::Reduced { .. }
            | EventBody::Replaced { .. }
            | EventBody::TermsReplaced { .. } => self.note_change(command, event),
        }
    }

    /// Counts what became of one order.
    fn note_change(&mut self, command: &Command, event: &EventBody) {
        match *event {
            EventBody::Canceled { handle, reason, .. } => {
                self.count("Canceled", cancel_name(reason), self.kind_of(handle));
            }
            EventBody::Expired { handle, .. } => {
                self.count("Expired", command_name(command), self.kind_of(handle));
            }
            EventBody::Reduced { handle, .. } => {
                self.count("Reduced", command_name(command), self.kind_of(handle));
            }
            EventBody::Replaced {
                handle,
                leaves,
                kept_priority,
                ..
            } => {
                let how = match (leaves.is_zero(), kept_priority) {
                    (true, _) => "ended",
                    (false, true) => "kept its place",
                    (false, false) => "lost its place",
                };
                self.count("Replaced", how, self.kind_of(handle));
            }
            EventBody::TermsReplaced { handle, .. } => {
                self.count("TermsReplaced", self.kind_of(handle), "");
            }
            _ => {}
        }
    }

    fn note_accepted(&mut self, command: &Command) {
        let Command::New(order, _) = command else {
            return;
        };
        let terms = order.terms();
        let known = Known {
            handle: order.handle,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
            choice: order.self_trade,
            iceberg: !terms.display_quantity.is_zero(),
        };
        let slot = order.handle.slot as usize;
        if self.known.len() <= slot {
            self.known.resize(slot + 1, None);
        }
        self.known[slot] = Some(known);
        let time_in_force = time_name(order.time_in_force);
        self.count("Accepted", type_name(order.order_type), time_in_force);
        if known.iceberg {
            self.count("Accepted", "iceberg", type_name(order.order_type));
        }
        if order.post_only != 0 {
            self.count("Accepted", "post-only", "");
        }
        if !terms.minimum_quantity.is_zero() {
            self.count("Accepted", "minimum", type_name(order.order_type));
        }
        if known.time_in_force == TimeInForce::Fok {
            self.count("fill-or-kill taken", choice_name(known.choice), "");
        }
    }

    /// Counts what two pegs did that a moved reference has brought together.
    fn note_pegs(
        &mut self,
        what: &'static str,
        command: &Command,
        aggressor: OrderHandle,
        resting: OrderHandle,
    ) {
        let named = match command {
            Command::New(order, _) => Some(order.handle),
            Command::Replace(replace, _) => Some(replace.handle),
            _ => None,
        };
        let pegs = [aggressor, resting].map(|handle| self.kind_of(handle));
        if pegs == ["mid-peg"; 2] && named != Some(aggressor) {
            self.count(what, "where the reference moved", "");
        }
    }

    fn note_restated(&mut self, reason: RestateReason, before: Option<&EventBody>) {
        let how = match reason {
            RestateReason::PriceAssigned => "price assigned",
            RestateReason::DisplayRefreshed => match before {
                Some(EventBody::Traded { .. }) => "refreshed by a trade",
                _ => "refreshed by a decrement",
            },
        };
        self.count("Restated", how, "");
    }
}
