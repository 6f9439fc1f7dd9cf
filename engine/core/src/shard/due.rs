//! Due: orders that end together by one command: day orders at the end of the day and
//! good-till-date orders in the order of their entry, those of a mass cancel instrument by
//! instrument.
//!
//! They are gathered into a heap and taken from it, both in steps, since there may be any number
//! of them.

use super::{Progress, Shard, Work};
use crate::book::Order;
use crate::domain::bounds::SLOT_VISITS_PER_STEP_MAX;
use crate::domain::event::EventBody;
use crate::domain::{
    CancelReason, Durability, EndDay, InstrumentId, MassCancel, Quantity, TimeInForce,
};
use crate::event_buffer::EventBuffer;
use crate::owner_list::Cursor;

use super::mass_cancel::OwnerFilter;

/// When an order ends among those that end with it: of a mass cancel the number of its instrument,
/// else 0, and its order id.
pub(super) type DueKey = (u32, u64);

/// Which orders are gathered, and how far that has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gathering {
    of: Gathered,
    /// Next slot to be looked at.
    slot: u32,
}

/// Which orders end.
#[derive(Clone, Copy, Debug)]
enum Gathered {
    /// Good-till-date orders whose time has come.
    Expired,
    /// Day orders of an instrument.
    Day(InstrumentId),
    /// All orders of an instrument, of a side by its number or of both.
    Instrument {
        instrument: InstrumentId,
        side: u8,
        durability: Durability,
    },
    /// Orders of an owner with several lists, or in several instruments; `None` once all were walked.
    Owner(OwnerFilter, Option<Cursor>),
}

/// What the orders that were gathered end as.
#[derive(Clone, Copy, Debug)]
pub(super) enum DueWork {
    Expire,
    Cancel { count: u32, durability: Durability },
}

impl Shard {
    /// Begins to expire good-till-date orders whose time has come.
    pub(super) fn expire(&mut self) {
        let is_due = |deadline| deadline <= self.last_time_ns();
        if self.next_deadline_ns().is_some_and(is_due) {
            self.work = Work::Gathering(Gathering {
                of: Gathered::Expired,
                slot: 0,
            });
        }
    }

    /// Begins to expire the day orders of an instrument.
    pub(super) fn end_day(&mut self, end: &EndDay) {
        if self.market(end.instrument).is_some() {
            self.work = Work::Gathering(Gathering {
                of: Gathered::Day(end.instrument),
                slot: 0,
            });
        }
    }

    /// Begins to cancel all orders of an instrument.
    pub(super) fn mass_cancel_instrument(&mut self, cancel: &MassCancel) {
        self.work = Work::Gathering(Gathering {
            of: Gathered::Instrument {
                instrument: cancel.instrument,
                side: cancel.side,
                durability: cancel.origin.durability,
            },
            slot: 0,
        });
    }

    /// Returns the work that gathers the orders of an owner, from its first list on.
    pub(super) const fn gather_of_owner(filter: OwnerFilter, first: Option<Cursor>) -> Work {
        Work::Gathering(Gathering {
            of: Gathered::Owner(filter, first),
            slot: 0,
        })
    }

    /// Gathers orders, as far as one step goes.
    pub(super) fn gather_step(&mut self, gathering: Gathering) -> Progress {
        let is_complete = match gathering.of {
            Gathered::Expired => self.gather_expired(),
            Gathered::Day(_) | Gathered::Instrument { .. } => self.gather_slots(gathering),
            Gathered::Owner(filter, cursor) => self.gather_lists(filter, cursor),
        };
        if !is_complete {
            return Progress::More;
        }
        self.work = Work::Ending(match gathering.of {
            Gathered::Expired | Gathered::Day(_) => DueWork::Expire,
            Gathered::Instrument { durability, .. }
            | Gathered::Owner(OwnerFilter { durability, .. }, _) => DueWork::Cancel {
                count: 0,
                durability,
            },
        });
        Progress::Done
    }

    /// Ends orders that were gathered, as far as one step goes.
    pub(super) fn end_step(&mut self, mut due: DueWork, events: &mut EventBuffer) -> Progress {
        while events.remaining() > 0 {
            let Some(slot) = self.due.pop() else {
                if let DueWork::Cancel { count, durability } = due {
                    self.emit(EventBody::MassCanceled { count, durability }, events);
                }
                self.work = self.work_to_finish_all();
                return Progress::Done;
            };
            let market = self.market_of(slot);
            match &mut due {
                DueWork::Expire => self.expire_one(market, slot, events),
                DueWork::Cancel { count, .. } => {
                    *count += 1;
                    self.cancel_live(market, slot, CancelReason::MassCancel, events);
                }
            }
        }
        self.work = Work::Ending(due);
        Progress::More
    }

    fn expire_one(&mut self, market: usize, slot: u32, events: &mut EventBuffer) {
        let order = self.slab.order(slot);
        let expired = EventBody::Expired {
            handle: self.slab.handle(slot),
            quantity: Quantity::new(order.leaves),
            durability: order.durability,
        };
        self.end_live(market, slot);
        self.emit(expired, events);
    }

    /// Moves expired orders from one heap to the other; returns whether that is all of them.
    fn gather_expired(&mut self) -> bool {
        for _ in 0..SLOT_VISITS_PER_STEP_MAX {
            let is_due = |deadline| deadline <= self.last_time_ns();
            if !self.next_deadline_ns().is_some_and(is_due) {
                return true;
            }
            if let Some(slot) = self.deadlines.pop() {
                self.gather(slot, 0);
            }
        }
        false
    }

    /// Looks at some slots; returns whether those were the last ones.
    fn gather_slots(&mut self, mut gathering: Gathering) -> bool {
        for _ in 0..SLOT_VISITS_PER_STEP_MAX {
            let Some(order) = self.slab.get(gathering.slot) else {
                return true;
            };
            if order.is_live() && self.is_gathered(&gathering.of, gathering.slot, order) {
                self.gather(gathering.slot, 0);
            }
            gathering.slot += 1;
        }
        self.work = Work::Gathering(gathering);
        false
    }

    /// Walks some of an owner's lists; returns whether those were the last ones.
    fn gather_lists(&mut self, filter: OwnerFilter, mut cursor: Option<Cursor>) -> bool {
        for _ in 0..SLOT_VISITS_PER_STEP_MAX {
            let Some(place) = cursor.as_mut() else {
                return true;
            };
            let Some(slot) = self.owners.advance(place) else {
                cursor = self.owners.next_pair(filter.owner, *place);
                continue;
            };
            let order = self.slab.order(slot);
            if filter.takes(order) {
                self.gather(slot, order.instrument);
            }
        }
        self.work = Self::gather_of_owner(filter, cursor);
        false
    }

    fn is_gathered(&self, of: &Gathered, slot: u32, order: &Order) -> bool {
        match *of {
            Gathered::Expired | Gathered::Owner(..) => false,
            Gathered::Day(instrument) => {
                let is_day = self.ledger.details(slot).traits.time_in_force() == TimeInForce::Day;
                order.instrument == instrument.get() && is_day
            }
            Gathered::Instrument {
                instrument, side, ..
            } => order.instrument == instrument.get() && (side == 0 || order.side as u8 == side),
        }
    }

    fn gather(&mut self, slot: u32, instrument: u32) {
        let order_id = self.ledger.details(slot).order_id;
        self.due.push((instrument, order_id.get()), slot);
    }
}
