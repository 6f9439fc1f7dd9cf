//! The top of the books: what is best on either side after a command, told where it changed. A
//! function of the journal alone: a command that is applied again leads to the same publications
//! with the same ids. It must not know who is told.

use std::collections::BTreeMap;

use matchgate_core::domain::{EventBody, EventId, InstrumentId, OrderHandle, Side};

use crate::followed_state::{Applied, FollowedState};
use crate::publication::{Publication, PublicationBody, TopLevel, TopOfBook};
use crate::publisher::product_of;

/// What the present command led to for one instrument so far.
#[derive(Debug)]
struct Pending {
    instrument: InstrumentId,
    /// The last event that concerns it.
    id: EventId,
    time_ns: u64,
    top: TopOfBook,
}

/// Remembers the top of each book and tells of its changes, one a command and instrument.
#[derive(Debug, Default)]
pub struct TopOfBooks {
    last: BTreeMap<InstrumentId, TopOfBook>,
    /// In the order in which the command touched them.
    pending: Vec<Pending>,
}

impl TopOfBooks {
    /// Returns what knows no book yet: it must see the events of a journal from its start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of an event. Where it is the first of a command, the command before has ended:
    /// `tell` gets what that changed.
    pub fn note(&mut self, applied: &Applied<'_>, tell: &mut dyn FnMut(Publication)) {
        let is_next = |pending: &Pending| {
            (pending.id.shard, pending.id.sequence) != (applied.id.shard, applied.id.sequence)
        };
        if self.pending.first().is_some_and(is_next) {
            self.end_command(tell);
        }
        // The book is as of the end of a step, and the one of the command's last event as of the
        // command's end: an instrument may change in a step that has no event of its own.
        for pending in &mut self.pending {
            if let Some(top) = top(applied.state, pending.instrument) {
                pending.top = top;
            }
        }
        let Some(instrument) = concerned(applied) else {
            return;
        };
        let Some(top) = top(applied.state, instrument) else {
            return;
        };
        let pending = Pending {
            instrument,
            id: applied.id,
            time_ns: applied.event.header.time_ns,
            top,
        };
        match self
            .pending
            .iter_mut()
            .find(|known| known.instrument == instrument)
        {
            Some(known) => *known = pending,
            None => self.pending.push(pending),
        }
    }

    /// Tells what the last command changed: for each instrument whose best bid or offer, phase or
    /// definition is another than before, one publication with the id of the command's last event
    /// that concerns the instrument.
    pub fn end_command(&mut self, tell: &mut dyn FnMut(Publication)) {
        for pending in self.pending.drain(..) {
            if self.last.get(&pending.instrument) == Some(&pending.top) {
                continue;
            }
            self.last.insert(pending.instrument, pending.top.clone());
            tell(Publication {
                id: pending.id,
                time_ns: pending.time_ns,
                body: PublicationBody::TopOfBook(pending.top),
            });
        }
    }
}

/// Returns the instrument whose book or phase an event may have changed.
fn concerned(applied: &Applied<'_>) -> Option<InstrumentId> {
    let of_order = |handle: OrderHandle| applied.state.order(handle).map(|order| order.instrument);
    match applied.event.body {
        EventBody::Accepted { handle, .. }
        | EventBody::Reduced { handle, .. }
        | EventBody::Replaced { handle, .. }
        | EventBody::Canceled { handle, .. }
        | EventBody::Expired { handle, .. }
        | EventBody::Triggered { handle, .. }
        | EventBody::Restated { handle, .. }
        | EventBody::TermsReplaced { handle, .. } => of_order(handle),
        EventBody::Traded { aggressor, .. } | EventBody::SelfTradePrevented { aggressor, .. } => {
            of_order(aggressor)
        }
        EventBody::PhaseChanged { instrument, .. }
        | EventBody::InstrumentChanged { instrument } => Some(instrument),
        EventBody::Rejected { .. }
        | EventBody::CancelRejected { .. }
        | EventBody::MassCanceled { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => None,
    }
}

fn top(state: &FollowedState, instrument: InstrumentId) -> Option<TopOfBook> {
    let shard = state.shard();
    let (known, phase) = shard.instrument(instrument)?;
    let best = |side| {
        shard
            .best(instrument, side)
            .map(|(price, displayed)| TopLevel {
                price,
                quantity: u128::from(displayed),
            })
    };
    Some(TopOfBook {
        product: product_of(known),
        phase,
        bid: best(Side::Buy),
        ask: best(Side::Sell),
    })
}
