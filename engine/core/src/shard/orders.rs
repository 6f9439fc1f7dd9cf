//! Orders: what new, cancel and reduce do.
//!
//! A refused request leaves the book as it was. It must not decide whether an order may be entered
//! (checks.rs) nor who trades with whom (book).

use super::checks::{Entry, is_plain, market_limit};
use super::ledger::Entrance;
use super::traits::OrderTraits;
use super::{Progress, Shard, Work, emit, index};
use crate::book::{Order, Place, Terms};
use crate::domain::event::{EventBody, EventHeader};
use crate::domain::{
    Cancel, CancelReason, ClientOrderId, NewOrder, OrderHandle, OrderId, OrderType, Origin,
    Quantity, Reduce, RejectReason, TimeInForce,
};
use crate::event_buffer::EventBuffer;

impl Shard {
    /// Enters a new order or refuses it, and does what it does as far as one step goes.
    #[inline(always)]
    pub(super) fn new_order(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        if OrderTraits::of(order).are_common() {
            self.new_common(order, client_order_id, events)
        } else {
            self.new_other(order, client_order_id, events)
        }
    }

    /// Enters a limit order without further terms that may rest. One that does as it comes must not
    /// pay for what others have.
    #[inline(never)]
    fn new_common(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        match self.glance(order) {
            Some(place) => self.rest_common(order, client_order_id, place, events),
            None => self.new_plain_closely(order, client_order_id, events),
        }
    }

    /// Rests a new order that [`Self::new_common`] has let through, or lets it come. It stands apart
    /// so that what is at hand there need not be kept.
    #[inline(never)]
    fn rest_common(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        place: (i64, u32),
        events: &mut EventBuffer,
    ) -> Progress {
        let market = &mut self.markets[index(order.instrument)];
        let slot = order.handle.slot;
        let entered = entered(order, place.0, order.account.get());
        if !market.book.try_rest(&mut self.slab, slot, entered) {
            return self.new_common_taking(order, client_order_id, place, events);
        }
        self.owners.append(place.1, slot);
        tell_accepted(&mut self.next_event, order, events);
        let entrance = Entrance {
            traits: OrderTraits::of(order),
            client_order_id,
            order_id: OrderId::of(self.id, self.next_event.sequence),
            number: market.take_number(),
        };
        let stamp = market.book.stamps_given();
        self.ledger
            .enter_at_rest(order, &entrance, stamp, &mut market.hash);
        // Only a plain book rests it so: nothing follows.
        Progress::Done
    }

    /// As [`Self::new_common`], of an order that a glance has let through and that does not rest as
    /// it comes.
    #[inline(never)]
    fn new_common_taking(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        place: (i64, u32),
        events: &mut EventBuffer,
    ) -> Progress {
        let side = self.markets[index(order.instrument)].book.side(order.side);
        if order.post_only != 0 || !side.has_room_for_level() {
            return self.new_plain_closely(order, client_order_id, events);
        }
        self.come_plain(order, client_order_id, place, events)
    }

    /// Enters any order that does not rest as a matter of course.
    #[inline(never)]
    fn new_other(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        if order.post_only > 1 || order.terms_given > 1 {
            return self.reject(order, RejectReason::InvalidCombination, events);
        }
        if !is_plain(order) {
            return self.new_with_terms(order, client_order_id, events);
        }
        match self.glance(order) {
            Some(place) if order.time_in_force == TimeInForce::Ioc => {
                self.new_immediate(order, client_order_id, place, events)
            }
            Some(_) | None => self.new_plain_closely(order, client_order_id, events),
        }
    }

    /// Enters an immediate-or-cancel limit order that a glance has let through. One that finds nothing
    /// to take is accepted and canceled, and comes into no list, book or sum.
    fn new_immediate(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        place: (i64, u32),
        events: &mut EventBuffer,
    ) -> Progress {
        let market = &mut self.markets[index(order.instrument)];
        if market.book.would_take(&self.slab, order.side, place.0) || market.book.needs_finish() {
            return self.come_plain(order, client_order_id, place, events);
        }
        // Its number is one that no other order of the book gets.
        market.take_number();
        tell_accepted(&mut self.next_event, order, events);
        self.slab.use_up(order.handle);
        let order_id = OrderId::of(self.id, self.next_event.sequence);
        self.ledger.use_up(order, order_id);
        let canceled = EventBody::Canceled {
            handle: order.handle,
            quantity: order.quantity,
            reason: CancelReason::ImmediateRemainder,
            durability: order.origin.durability,
        };
        emit(&mut self.next_event, canceled, events);
        Progress::Done
    }

    /// Enters a limit order without further terms that has to be checked closely.
    #[inline(never)]
    fn new_plain_closely(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        match self.check_plain(order) {
            Ok(tick) => {
                let pair = self.pair_of(order);
                self.come_plain(order, client_order_id, (tick, pair), events)
            }
            Err(reason) => self.reject(order, reason, events),
        }
    }

    /// Lets a limit order without further terms come, which may be entered.
    fn come_plain(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        (tick, pair): (i64, u32),
        events: &mut EventBuffer,
    ) -> Progress {
        self.write_down(order, client_order_id, pair, events);
        let slot = order.handle.slot;
        self.slab
            .open(slot, entered(order, tick, order.account.get()));
        self.match_step_to_end(self.aggressor(slot, tick), events)
    }

    /// Enters any other order.
    #[inline(never)]
    fn new_with_terms(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        let entry = match self.check_new(order) {
            Ok(entry) => entry,
            Err(reason) => return self.reject(order, reason, events),
        };
        let pair = self.pair_of(order);
        self.write_down(order, client_order_id, pair, events);
        self.begin(order, &entry, events)
    }

    /// Returns the pair of a new order's owners, for which there is room.
    fn pair_of(&mut self, order: &NewOrder) -> u32 {
        let (session, account) = (order.origin.session.get(), order.account.get());
        self.owners.pair(session, account)
    }

    /// Writes a new order into its owners' list and the ledger, in no sum yet, and says that it is
    /// accepted.
    fn write_down(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        pair: u32,
        events: &mut EventBuffer,
    ) {
        self.owners.append(pair, order.handle.slot);
        tell_accepted(&mut self.next_event, order, events);
        let entrance = Entrance {
            traits: OrderTraits::of(order),
            client_order_id,
            order_id: OrderId::of(self.id, self.next_event.sequence),
            number: self.markets[index(order.instrument)].take_number(),
        };
        self.ledger.enter(order, &entrance);
    }

    #[cold]
    fn reject(
        &mut self,
        order: &NewOrder,
        reason: RejectReason,
        events: &mut EventBuffer,
    ) -> Progress {
        let rejected = EventBody::Rejected {
            handle: order.handle,
            reason,
            durability: order.origin.durability,
        };
        self.emit(rejected, events);
        Progress::Done
    }

    /// Lets an order begin that is not a limit order without further terms.
    #[inline(never)]
    fn begin(&mut self, order: &NewOrder, entry: &Entry, events: &mut EventBuffer) -> Progress {
        let (slot, side) = (order.handle.slot, order.side);
        self.slab
            .open(slot, entered(order, entry.tick, entry.identity));
        let terms = Terms {
            given: *order.terms(),
            limit_tick: entry.tick,
        };
        self.slab.set_terms(slot, terms);
        if order.time_in_force == TimeInForce::Gtd {
            self.deadlines.push(order.terms().expire_time_ns, slot);
        }
        let market = &self.markets[index(order.instrument)];
        let limit = match order.order_type {
            OrderType::Limit => Some(entry.tick),
            OrderType::Market => Some(market_limit(market, side)),
            OrderType::MarketToLimit => market.book.side(side.opposite()).best_tick(),
            OrderType::Stop | OrderType::StopLimit | OrderType::MidPeg => None,
        };
        match limit {
            Some(tick) => self.work = Work::Matching(self.aggressor(slot, tick)),
            None if order.order_type.is_stop() => {
                self.wait_or_release(slot, entry.stop_tick, events);
            }
            None => self.come_as_peg(slot),
        }
        self.step(events)
    }

    /// Takes one order out.
    #[inline(never)]
    pub(super) fn cancel(&mut self, cancel: &Cancel, events: &mut EventBuffer) -> Progress {
        let slot = cancel.handle.slot;
        let Some(order) = self.slab.live(cancel.handle) else {
            let reason = RejectReason::OrderNotLive;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        };
        let named = cancel.order_id != OrderId::NONE;
        if named && cancel.order_id != self.ledger.details(slot).order_id {
            let reason = RejectReason::OrderIdMismatch;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        }
        let number = order.instrument as usize;
        let canceled = EventBody::Canceled {
            handle: cancel.handle,
            quantity: Quantity::new(order.leaves),
            reason: CancelReason::Requested,
            durability: order.durability,
        };
        emit(&mut self.next_event, canceled, events);
        self.take_out(number, slot);
        self.finish(number, events)
    }

    /// Makes one order smaller in place.
    #[inline(never)]
    pub(super) fn reduce(&mut self, reduce: &Reduce, events: &mut EventBuffer) -> Progress {
        let (handle, slot) = (reduce.handle, reduce.handle.slot);
        if let Err(reason) = self.check_reduce(reduce) {
            return self.refuse(handle, &reduce.origin, reason, events);
        }
        let market = self.market_of(slot);
        let order = self.slab.order(slot);
        let (executed, durability) = (order.cumulative(), order.durability);
        let total = reduce.quantity.get().max(executed);
        if total == executed {
            self.end_live(market, slot);
        } else {
            self.shrink(market, slot, total);
        }
        let reduced = EventBody::Reduced {
            handle,
            quantity: Quantity::new(total),
            leaves: Quantity::new(total - executed),
            durability,
        };
        self.emit(reduced, events);
        self.finish(market, events)
    }

    /// Cancels what is open of a live order, wherever it is, and says so.
    #[inline]
    pub(super) fn cancel_live(
        &mut self,
        market: usize,
        slot: u32,
        reason: CancelReason,
        events: &mut EventBuffer,
    ) {
        let order = self.slab.order(slot);
        let canceled = EventBody::Canceled {
            handle: OrderHandle {
                slot,
                generation: order.generation,
            },
            quantity: Quantity::new(order.leaves),
            reason,
            durability: order.durability,
        };
        self.end_live(market, slot);
        self.emit(canceled, events);
    }

    /// Takes a live order out of its book and ends it.
    #[inline(never)]
    pub(super) fn end_live(&mut self, market: usize, slot: u32) {
        self.take_out(market, slot);
    }

    #[inline(always)]
    fn take_out(&mut self, market: usize, slot: u32) {
        self.markets[market].book.end(&mut self.slab, slot);
        self.ended(market, slot);
    }

    /// Forgets an order that the book has ended.
    #[inline(always)]
    pub(super) fn ended(&mut self, market: usize, slot: u32) {
        self.owners.remove(slot);
        if self.ledger.ended(slot, &mut self.markets[market].hash) {
            self.deadlines.remove(slot);
        }
    }

    /// Gives an order that stays in its place a total of `total`, which is not above its own.
    pub(super) fn shrink(&mut self, market: usize, slot: u32, total: u64) {
        let less = self.slab.order(slot).order_quantity - total;
        self.markets[market]
            .book
            .shrink(&mut self.slab, slot, less, total);
        self.rehash(market, slot);
    }

    /// Tells the hash that an order has changed in its place.
    #[inline]
    pub(super) fn rehash(&mut self, market: usize, slot: u32) {
        let price = self.hashed_price(market, slot);
        let order = self.slab.order(slot);
        self.ledger
            .changed(slot, order, price, &mut self.markets[market].hash);
    }

    /// Tells the hash that an order has come to where it rests, waits or is pegged.
    #[inline]
    pub(super) fn hash_in(&mut self, market: usize, slot: u32) {
        let price = self.hashed_price(market, slot);
        let order = self.slab.order(slot);
        let terms = &self.slab.terms(slot).given;
        let hash = &mut self.markets[market].hash;
        self.ledger.rested(slot, order, (terms, price), hash);
    }

    /// Returns the price of an order in its book's hash.
    #[inline]
    pub(super) fn hashed_price(&self, market: usize, slot: u32) -> i64 {
        let order = self.slab.order(slot);
        if order.place == Place::Displayed {
            self.markets[market].book.price(order.tick).get()
        } else {
            self.price_of_undisplayed(market, slot)
        }
    }

    /// Returns the price of an order that waits or is pegged; 0 of one without a limit.
    pub(super) fn price_of_undisplayed(&self, market: usize, slot: u32) -> i64 {
        let order = self.slab.order(slot);
        if order.place == Place::Pegged {
            order.tick
        } else if self.ledger.details(slot).traits.has_limit() {
            let limit_tick = self.slab.terms(slot).limit_tick;
            self.markets[market].book.price(limit_tick).get()
        } else {
            0
        }
    }

    fn check_reduce(&self, reduce: &Reduce) -> Result<(), RejectReason> {
        let order = self
            .slab
            .live(reduce.handle)
            .ok_or(RejectReason::OrderNotLive)?;
        if reduce.quantity.get() >= order.order_quantity {
            return Err(RejectReason::ReduceNotSmaller);
        }
        let listing = self.markets[order.instrument as usize]
            .listing
            .as_ref()
            .ok_or(RejectReason::UnknownSymbol)?;
        let stays = reduce.quantity.get() > order.cumulative();
        if stays && !listing.is_on_lot(reduce.quantity) {
            return Err(RejectReason::QuantityOffLot);
        }
        Ok(())
    }

    #[cold]
    pub(super) fn refuse(
        &mut self,
        handle: OrderHandle,
        origin: &Origin,
        reason: RejectReason,
        events: &mut EventBuffer,
    ) -> Progress {
        let refused = EventBody::CancelRejected {
            handle,
            reason,
            durability: origin.durability,
        };
        self.emit(refused, events);
        Progress::Done
    }
}

/// Says that a new order is accepted.
#[inline]
fn tell_accepted(next_event: &mut EventHeader, order: &NewOrder, events: &mut EventBuffer) {
    let accepted = EventBody::Accepted {
        handle: order.handle,
        durability: order.origin.durability,
    };
    emit(next_event, accepted, events);
}

/// Returns a new order as it comes, in no queue.
#[inline]
pub(super) fn entered(order: &NewOrder, tick: i64, identity: u32) -> Order {
    Order {
        tick,
        leaves: order.quantity.get(),
        displayed: 0,
        order_quantity: order.quantity.get(),
        stamp: 0,
        next: crate::book::NONE,
        previous: crate::book::NONE,
        generation: order.handle.generation,
        instrument: order.instrument.get(),
        identity,
        side: order.side,
        place: Place::Incoming,
        self_trade: order.self_trade,
        durability: order.origin.durability,
    }
}
