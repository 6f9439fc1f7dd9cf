//! Coverage: which events and refusals a run has met, so that a weak generator is found out.

use std::collections::BTreeMap;

use matchgate_core::domain::RejectReason;
use matchgate_core::domain::event::{Event, EventBody};

/// Counts of events by name.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    counts: BTreeMap<String, usize>,
    /// Events of the longest command.
    pub(crate) longest_command: usize,
}

/// Every kind of event, as its debug text begins.
const EVENTS: [&str; 12] = [
    "Accepted",
    "Rejected",
    "Traded",
    "Reduced",
    "Replaced",
    "Canceled",
    "CancelRejected",
    "MassCanceled",
    "PhaseChanged",
    "InstrumentChanged",
    "AccountChanged",
    "HashRecord",
];

impl Coverage {
    /// Counts the events of one command.
    pub(crate) fn note(&mut self, events: &[Event]) {
        self.longest_command = self.longest_command.max(events.len());
        for event in events {
            let text = match event.body {
                EventBody::Rejected { reason, .. } | EventBody::CancelRejected { reason, .. } => {
                    self.count(format!("{reason:?}"));
                    format!("{:?}", event.body)
                }
                body => format!("{body:?}"),
            };
            let name = text.split([' ', '{']).next().unwrap_or_default();
            self.count(name.to_owned());
        }
    }

    /// Adds another run's counts.
    pub(crate) fn add(&mut self, other: &Self) {
        self.longest_command = self.longest_command.max(other.longest_command);
        for (name, count) in &other.counts {
            *self.counts.entry(name.clone()).or_default() += count;
        }
    }

    /// Asserts that every kind of event and each of `reasons` was met often.
    pub(crate) fn assert_every_event_and(&self, reasons: &[RejectReason]) {
        let reasons = reasons.iter().map(|reason| format!("{reason:?}"));
        for name in EVENTS.into_iter().map(str::to_owned).chain(reasons) {
            let count = self.counts.get(&name).copied().unwrap_or_default();
            assert!(count >= 20, "{name} was met {count} times: {self:#?}");
        }
    }

    fn count(&mut self, name: String) {
        *self.counts.entry(name).or_default() += 1;
    }
}
