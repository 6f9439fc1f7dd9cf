//! Mass cancel: takes the orders of a session or an account out, instrument by instrument, those of
//! one in the order of their entry.
//!
//! It goes over the owner's list in steps of bounded work, so that a long one stops nobody else.

use super::{Progress, Shard, Work};
use crate::book::Order;
use crate::domain::bounds::MASS_CANCEL_VISITS_PER_STEP_MAX;
use crate::domain::event::EventBody;
use crate::domain::{CancelReason, Durability, InstrumentId, MassCancel, MassCancelScope};
use crate::event_buffer::EventBuffer;
use crate::owner_list::{Cursor, Owner};

/// What a mass cancel of an owner takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnerFilter {
    pub(super) owner: Owner,
    instrument: Option<InstrumentId>,
    /// 0 both sides, else the number of the side; another number is no side.
    side: u8,
    pub(super) durability: Durability,
}

impl OwnerFilter {
    pub(super) fn takes(&self, order: &Order) -> bool {
        let of_instrument = self
            .instrument
            .is_none_or(|instrument| order.instrument == instrument.get());
        of_instrument && (self.side == 0 || order.side as u8 == self.side)
    }
}

/// Where a mass cancel of one instrument stands whose owner has one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct MassCancelWalk {
    filter: OwnerFilter,
    cursor: Cursor,
    count: u32,
}

impl Shard {
    /// Begins a mass cancel, and does it as far as one step goes.
    #[inline(never)]
    pub(super) fn mass_cancel(
        &mut self,
        cancel: &MassCancel,
        events: &mut EventBuffer,
    ) -> Progress {
        self.begin_mass_cancel(cancel);
        self.step(events)
    }

    fn begin_mass_cancel(&mut self, cancel: &MassCancel) {
        let owner = match cancel.scope {
            MassCancelScope::Session => Owner::Session(cancel.session.get()),
            MassCancelScope::Account => Owner::Account(cancel.account.get()),
            MassCancelScope::Instrument => return self.mass_cancel_instrument(cancel),
        };
        let filter = OwnerFilter {
            owner,
            instrument: (cancel.instrument_given != 0).then_some(cancel.instrument),
            side: cancel.side,
            durability: cancel.origin.durability,
        };
        let first = self.owners.first_pair(owner);
        let only = first.filter(|&pair| self.owners.next_pair(owner, pair).is_none());
        let is_of_one = filter.instrument.is_some() || self.markets.len() == 1;
        self.work = match only.filter(|_| is_of_one) {
            // One list is in the order of entry as it is.
            Some(cursor) => Work::MassCanceling(MassCancelWalk {
                filter,
                cursor,
                count: 0,
            }),
            None => Self::gather_of_owner(filter, first),
        };
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
            let Some(slot) = self.owners.advance(&mut walk.cursor) else {
                let complete = EventBody::MassCanceled {
                    count: walk.count,
                    durability: walk.filter.durability,
                };
                self.emit(complete, events);
                self.work = self.work_to_finish_all();
                return Progress::Done;
            };
            let order = self.slab.order(slot);
            if walk.filter.takes(order) {
                let market = order.instrument as usize;
                self.cancel_live(market, slot, CancelReason::MassCancel, events);
                walk.count += 1;
            }
        }
        self.work = Work::MassCanceling(walk);
        Progress::More
    }
}
