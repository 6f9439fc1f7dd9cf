//! Restoring orders: how stored ones come back into slots, lists and books.
//!
//! Each is entered as it was when it was new, and once all are, they are put where they stood, by the
//! ways by which orders come to rest, wait or peg: so no link is stored and none can be wrong. It must
//! not know what makes a record an order.

use std::mem::offset_of;

use super::checks::GROUP_BIT;
use super::ledger::Entrance;
use super::orders::entered;
use super::stored_order::StoredOrder;
use super::{Shard, index};
use crate::book::{Order, Place};
use crate::domain::bounds::MID_PEGS_PER_SIDE_MAX;
use crate::domain::{GatewayId, InstrumentId, OrderId, TimeInForce};
use crate::snapshot::layout::OrderRecord;
use crate::snapshot::reader::{check_below, ensure};
use crate::snapshot::{SnapshotError, SnapshotProblem as Problem};

/// An order that was restored and stands nowhere yet. They are placed by instrument, then stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placement {
    instrument: u32,
    stamp: u64,
    pub(super) slot: u32,
    /// Where its record begins.
    pub(super) offset: usize,
}

impl Shard {
    /// Enters a stored order; it stands nowhere yet.
    pub(super) fn restore_order(
        &mut self,
        at: usize,
        record: &OrderRecord,
    ) -> Result<Placement, SnapshotError> {
        let gateway = self.check_slot(at, record)?;
        let unknown = Problem::UnknownInstrument(record.instrument);
        let market = self.market(InstrumentId(record.instrument));
        let market = market.ok_or_else(|| unknown.at(at + offset_of!(OrderRecord, instrument)))?;
        let stored = StoredOrder::read(at, record, (market, gateway))?;
        let (new, slot) = (&stored.new, record.slot);
        let (session, account) = (record.session, record.account);
        let no_pair = Problem::Pair { session, account };
        let pair = self.owners.known_pair(session, account);
        let pair = pair.ok_or_else(|| no_pair.at(at + offset_of!(OrderRecord, session)))?;
        self.owners.append(pair, slot);
        let entrance = Entrance {
            traits: stored.traits,
            client_order_id: &stored.client_order_id,
            order_id: OrderId::from_wire(record.order_id),
            number: record.number,
        };
        self.ledger.enter(new, &entrance);
        let identity = match new.terms.self_trade_group {
            0 => account,
            group => group | GROUP_BIT,
        };
        let order = Order {
            leaves: record.leaves,
            displayed: record.displayed,
            place: stored.place,
            ..entered(new, stored.tick, identity)
        };
        self.slab.open(slot, order);
        if new.terms_given != 0 || new.order_type.is_stop() {
            self.slab.set_terms(slot, stored.terms);
        }
        if new.time_in_force == TimeInForce::Gtd {
            self.deadlines.push(record.expire_time_ns, slot);
        }
        self.note_large(index(new.instrument), record.leaves);
        Ok(Placement {
            instrument: record.instrument,
            stamp: record.stamp,
            slot,
            offset: at,
        })
    }

    /// Notes an order of which so much is open that the quantities of as many as there may be would
    /// not fit a sum: one of a definition that let more in than the present one.
    fn note_large(&mut self, number: usize, leaves: u64) {
        let market = &mut self.markets[number];
        let fits = leaves
            .checked_mul(u64::from(self.capacity.orders))
            .is_some();
        let listing = market.listing.filter(|listing| !fits && listing.sums_fit());
        if let Some(mut listing) = listing {
            listing.hold_large();
            market.list(listing);
        }
    }

    /// Puts orders where they stand, by instrument and rising stamp.
    pub(super) fn place_orders(&mut self, placements: &[Placement]) -> Result<(), SnapshotError> {
        for placement in placements {
            let number = index(InstrumentId(placement.instrument));
            let stamp = placement.stamp;
            let before = stamp.checked_sub(1);
            let book = &mut self.markets[number].book;
            let before = before.filter(|&before| before >= book.stamps_given());
            let stamp_at = placement.offset + offset_of!(OrderRecord, stamp);
            let none = Problem::PriorityStamp(stamp);
            book.resume_stamps(before.ok_or_else(|| none.at(stamp_at))?);
            self.place(number, placement)?;
            self.hash_in(number, placement.slot);
        }
        Ok(())
    }

    /// Puts an order where it stands, with the next stamp.
    fn place(&mut self, number: usize, placement: &Placement) -> Result<(), SnapshotError> {
        let slot = placement.slot;
        let (slab, book) = (&mut self.slab, &mut self.markets[number].book);
        let order = slab.order(slot);
        let (side, tick, displayed) = (order.side, order.tick, order.displayed);
        let check = |is_well, problem| ensure(is_well, problem, placement.offset);
        match order.place {
            Place::Displayed => {
                let is_crossed = book.side(side.opposite()).reaches(tick);
                check(!is_crossed, Problem::Crossed)?;
                let ladder = book.side(side);
                check(ladder.has_room_at(tick), Problem::LevelCapacity)?;
                let sum = ladder.displayed_at(tick).checked_add(displayed);
                check(sum.is_some(), Problem::LevelQuantity)?;
                book.rest(slab, slot, displayed);
            }
            Place::Waiting => {
                check(book.stops(side).has_room_at(tick), Problem::LevelCapacity)?;
                book.wait(slab, slot);
            }
            Place::Pegged => {
                let count = book.pegs().count(side) as usize;
                check(count < MID_PEGS_PER_SIDE_MAX, Problem::PegCapacity)?;
                book.peg(slab, slot);
            }
            Place::Vacant | Place::Incoming => {}
        }
        Ok(())
    }

    /// Checks where an order is and whose it is; returns the gateway that its slot is lent to.
    fn check_slot(&self, at: usize, record: &OrderRecord) -> Result<GatewayId, SnapshotError> {
        let OrderRecord {
            slot, generation, ..
        } = *record;
        let slot_at = at + offset_of!(OrderRecord, slot);
        check_below((slot, self.capacity.orders), "slot", slot_at)?;
        let gateway = self.ledger.lent_to(slot);
        let gateway = gateway.ok_or_else(|| Problem::SlotNotLent(slot).at(slot_at))?;
        let is_free = self.slab.order(slot).generation == 0;
        ensure(is_free, Problem::SlotTaken(slot), slot_at)?;
        let generation_at = at + offset_of!(OrderRecord, generation);
        ensure(generation != 0, Problem::Generation, generation_at)?;
        let order_id = OrderId::from_wire(record.order_id);
        let is_past = order_id.sequence() <= self.last_sequence();
        let is_given = order_id.shard() == self.id && is_past;
        let id_at = at + offset_of!(OrderRecord, order_id);
        ensure(is_given, Problem::OrderId(record.order_id), id_at)?;
        Ok(gateway)
    }
}
