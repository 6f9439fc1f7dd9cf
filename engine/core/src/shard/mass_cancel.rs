//! Mass cancel: takes the orders of a session or an account out, in the order of their entry.
//!
//! It goes over the owner's list in steps of bounded work, so that a long one stops nobody else.

use super::{Progress, Shard, Work, index};
use crate::book::Order;
use crate::domain::bounds::MASS_CANCEL_VISITS_PER_STEP_MAX;
use crate::domain::event::EventBody;
use crate::domain::{CancelReason, Durability, InstrumentId, MassCancel, MassCancelScope};
use crate::event_buffer::EventBuffer;
use crate::owner_list::{Cursor, OwnerLists};

/// Where a mass cancel stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct MassCancelWalk {
    scope: MassCancelScope,
    /// `None` where the owner is beyond the capacity and so has no orders.
    cursor: Option<Cursor>,
    instrument: Option<InstrumentId>,
    /// 0 both sides, else the number of the side; another number is no side.
    side: u8,
    count: u32,
    durability: Durability,
}

impl MassCancelWalk {
    fn takes(&self, order: &Order) -> bool {
        let of_instrument = self
            .instrument
            .is_none_or(|instrument| order.instrument == instrument);
        of_instrument && (self.side == 0 || order.side as u8 == self.side)
    }
}

impl Shard {
    /// Begins a mass cancel; all of it is left to the steps that follow.
    pub(super) fn mass_cancel(&mut self, cancel: &MassCancel) {
        let owner = match cancel.scope {
            MassCancelScope::Session => cancel.session.get(),
            MassCancelScope::Account => cancel.account.get(),
        };
        let known = (owner as usize) < self.lists(cancel.scope).owner_count();
        self.work = Work::MassCanceling(MassCancelWalk {
            scope: cancel.scope,
            cursor: known.then(|| Cursor::front(owner)),
            instrument: (cancel.instrument_given != 0).then_some(cancel.instrument),
            side: cancel.side,
            count: 0,
            durability: cancel.origin.durability,
        });
    }

    /// Goes on with a mass cancel as far as one step goes.
    pub(super) fn mass_cancel_step(
        &mut self,
        mut walk: MassCancelWalk,
        events: &mut EventBuffer,
    ) -> Progress {
        for _ in 0..MASS_CANCEL_VISITS_PER_STEP_MAX {
            if events.remaining() == 0 {
                break;
            }
            let lists = self.lists(walk.scope);
            let next = walk
                .cursor
                .as_mut()
                .and_then(|cursor| lists.advance(cursor));
            let Some(handle) = next else {
                let complete = EventBody::MassCanceled {
                    count: walk.count,
                    durability: walk.durability,
                };
                self.emit(complete, events);
                self.work = Work::Nothing;
                return Progress::Done;
            };
            let Some(order) = self.slab.live(handle).filter(|order| walk.takes(order)) else {
                continue;
            };
            let book = index(order.instrument);
            let canceled = self.canceled(handle.slot, CancelReason::MassCancel);
            self.books[book].end(&mut self.slab, handle.slot);
            self.emit(canceled, events);
            walk.count += 1;
        }
        self.work = Work::MassCanceling(walk);
        Progress::More
    }

    const fn lists(&self, scope: MassCancelScope) -> &OwnerLists {
        match scope {
            MassCancelScope::Session => &self.session_orders,
            MassCancelScope::Account => &self.account_orders,
        }
    }
}
