//! Orders: what new, cancel and reduce do.
//!
//! A refused request leaves the book as it was. It must not decide whether an order may be entered
//! (checks.rs) nor who trades with whom (book).

use super::checks::{Entry, is_plain, market_limit};
use super::ledger::Entrance;
use super::market::Market;
use super::{Progress, Shard, Work, index};
use crate::book::{Order, Place, Terms};
use crate::domain::event::EventBody;
use crate::domain::{
    Cancel, CancelReason, ClientOrderId, NewOrder, OrderHandle, OrderId, OrderType, Origin,
    Quantity, Reduce, RejectReason, TimeInForce,
};
use crate::event_buffer::EventBuffer;

impl Shard {
    /// Enters a new order or refuses it, and does what it does as far as one step goes.
    #[inline]
    pub(super) fn new_order(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        if is_plain(order) {
            self.new_plain(order, client_order_id, events)
        } else {
            self.new_with_terms(order, client_order_id, events)
        }
    }

    /// Enters a limit order without further terms. It must not pay for what others have.
    #[inline(never)]
    fn new_plain(
        &mut self,
        order: &NewOrder,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        let tick = match self.check_plain(order) {
            Ok(tick) => tick,
            Err(reason) => return self.reject(order, reason, events),
        };
        let entrance = self.write_down(order, client_order_id, events);
        let (slot, market) = (order.handle.slot, index(order.instrument));
        let entry = Entry {
            tick,
            stop_tick: 0,
            identity: order.account.get(),
        };
        let Market { book, hash, .. } = &mut self.markets[market];
        let rests = order.time_in_force.rests();
        if !rests || book.would_take(&self.slab, order.side, tick) {
            self.ledger.enter(order, &entrance);
            self.slab.open(slot, entered(order, &entry));
            return self.match_step_to_end(self.aggressor(slot, tick), events);
        }
        book.open_at_rest(&mut self.slab, slot, entered(order, &entry));
        let stamp = book.stamps_given();
        self.ledger.enter_at_rest(order, &entrance, stamp, hash);
        if !book.needs_finish() {
            return Progress::Done;
        }
        self.finish(market, events)
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
        let entrance = self.write_down(order, client_order_id, events);
        self.ledger.enter(order, &entrance);
        self.begin(order, &entry, events)
    }

    /// Writes a new order into its owners' list, and says that it is accepted; returns how the
    /// ledger is to know it.
    #[inline]
    fn write_down<'a>(
        &mut self,
        order: &NewOrder,
        client_order_id: &'a ClientOrderId,
        events: &mut EventBuffer,
    ) -> Entrance<'a> {
        let (handle, durability) = (order.handle, order.origin.durability);
        let market = &mut self.markets[index(order.instrument)];
        // 2^64 of them are never taken.
        market.orders_taken = market.orders_taken.wrapping_add(1);
        let number = market.orders_taken;
        let slab = &self.slab;
        let last = slab.order(handle.slot).generation;
        let owner = (order.origin.session.get(), order.account.get());
        self.owners
            .append(owner, handle, |handle| slab.live(handle).is_some());
        self.emit(EventBody::Accepted { handle, durability }, events);
        Entrance {
            client_order_id,
            order_id: OrderId::of(self.id, self.last_sequence),
            number,
            // It is above the last one, as was checked.
            generations: handle.generation.wrapping_sub(last),
        }
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
        self.slab.open(slot, entered(order, entry));
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
        if self.slab.live(cancel.handle).is_none() {
            let reason = RejectReason::OrderNotLive;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        }
        let named = cancel.order_id != OrderId::NONE;
        if named && cancel.order_id != self.ledger.details(slot).order_id {
            let reason = RejectReason::OrderIdMismatch;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        }
        let market = self.market_of(slot);
        self.cancel_live(market, slot, CancelReason::Requested, events);
        self.finish(market, events)
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
    #[inline]
    pub(super) fn end_live(&mut self, market: usize, slot: u32) {
        let market = &mut self.markets[market];
        market.book.end(&mut self.slab, slot);
        if self.ledger.ended(slot, &mut market.hash) {
            self.deadlines.remove(slot);
        }
    }

    /// Forgets an order that the book has ended.
    #[inline]
    pub(super) fn ended(&mut self, market: usize, slot: u32) {
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
        } else if self.ledger.details(slot).has_limit {
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

/// Returns a new order as it comes, in no queue.
#[inline]
fn entered(order: &NewOrder, entry: &Entry) -> Order {
    Order {
        tick: entry.tick,
        leaves: order.quantity.get(),
        displayed: 0,
        order_quantity: order.quantity.get(),
        stamp: 0,
        next: crate::book::NONE,
        previous: crate::book::NONE,
        generation: order.handle.generation,
        instrument: order.instrument.get(),
        identity: entry.identity,
        side: order.side,
        place: Place::Incoming,
        self_trade: order.self_trade,
        durability: order.origin.durability,
    }
}
