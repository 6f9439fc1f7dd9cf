//! Orders: what new, cancel, reduce and replace do.
//!
//! A refused request leaves the book as it was. It must not decide whether a field is within its
//! limits (checks.rs) nor who trades with whom (book).

use super::checks::{check_fields, check_phase, is_on_lot};
use super::{Progress, Shard, Work, index};
use crate::book::{Order, OrderDetails, trade_next};
use crate::domain::event::EventBody;
use crate::domain::{
    Cancel, CancelReason, ClientOrderId, NewOrder, OrderHandle, OrderId, OrderType, Origin,
    Quantity, Reduce, RejectReason, Replace, TimeInForce,
};
use crate::event_buffer::EventBuffer;

impl Shard {
    /// Enters a new order or refuses it. What it takes is left to the steps that follow.
    pub(super) fn new_order(
        &mut self,
        order: &NewOrder,
        client_order_id: ClientOrderId,
        events: &mut EventBuffer,
    ) {
        let (handle, durability) = (order.handle, order.origin.durability);
        if let Err(reason) = self.check_new(order) {
            let rejected = EventBody::Rejected {
                handle,
                reason,
                durability,
            };
            return self.emit(rejected, events);
        }
        let slot = handle.slot;
        let details = OrderDetails {
            order_id: OrderId::of(self.id, self.last_sequence),
            request: order.origin.request,
            session: order.origin.session,
            client_order_id,
        };
        self.slab.open(slot, Order::entered(order), details);
        let slab = &self.slab;
        let is_live = |handle| slab.live(handle).is_some();
        self.session_orders
            .append(order.origin.session.get(), handle, is_live);
        self.account_orders
            .append(order.account.get(), handle, is_live);
        self.emit(EventBody::Accepted { handle, durability }, events);
        self.work = Work::Matching { slot };
    }

    /// Matches the incoming order as far as one step goes, then settles its rest.
    pub(super) fn match_step(&mut self, slot: u32, events: &mut EventBuffer) -> Progress {
        let book = index(self.slab.order(slot).instrument);
        while events.remaining() > 0 {
            match trade_next(&mut self.books[book], &mut self.slab, slot) {
                Some(traded) => self.emit(traded, events),
                None => {
                    self.settle(slot, events);
                    self.work = Work::Nothing;
                    return Progress::Done;
                }
            }
        }
        Progress::More
    }

    /// Takes one order out.
    pub(super) fn cancel(&mut self, cancel: &Cancel, events: &mut EventBuffer) {
        let Some(order) = self.slab.live(cancel.handle) else {
            let reason = RejectReason::OrderNotLive;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        };
        let slot = cancel.handle.slot;
        let book = index(order.instrument);
        let named = cancel.order_id != OrderId::NONE;
        if named && cancel.order_id != self.slab.details(slot).order_id {
            let reason = RejectReason::OrderIdMismatch;
            return self.refuse(cancel.handle, &cancel.origin, reason, events);
        }
        let canceled = self.canceled(slot, CancelReason::Requested);
        self.books[book].end(&mut self.slab, slot);
        self.emit(canceled, events);
    }

    /// Makes one order smaller in place.
    pub(super) fn reduce(&mut self, reduce: &Reduce, events: &mut EventBuffer) {
        let (handle, slot) = (reduce.handle, reduce.handle.slot);
        if let Err(reason) = self.check_reduce(reduce) {
            return self.refuse(handle, &reduce.origin, reason, events);
        }
        let order = *self.slab.order(slot);
        let book = &mut self.books[index(order.instrument)];
        let executed = order.cumulative();
        let quantity = reduce.quantity.max(executed);
        if quantity == executed {
            book.end(&mut self.slab, slot);
        } else {
            book.shrink_to(&mut self.slab, slot, quantity);
        }
        let reduced = EventBody::Reduced {
            handle,
            quantity,
            leaves: open_of(quantity, executed),
            durability: order.durability,
        };
        self.emit(reduced, events);
    }

    /// Gives one order a new price or quantity. Where it lost its place, what it takes is left to
    /// the steps that follow.
    pub(super) fn replace(
        &mut self,
        replace: &Replace,
        client_order_id: ClientOrderId,
        events: &mut EventBuffer,
    ) {
        let (handle, slot) = (replace.handle, replace.handle.slot);
        if let Err(reason) = self.check_replace(replace) {
            return self.refuse(handle, &replace.origin, reason, events);
        }
        let order = *self.slab.order(slot);
        let executed = order.cumulative();
        let quantity = replace.quantity.max(executed);
        let leaves = open_of(quantity, executed);
        let kept_priority =
            replace.price == order.price && replace.quantity <= order.order_quantity;
        if !client_order_id.is_empty() {
            self.slab.set_client_order_id(slot, client_order_id);
        }
        let book = &mut self.books[index(order.instrument)];
        if leaves.is_zero() {
            book.end(&mut self.slab, slot);
        } else if kept_priority {
            book.shrink_to(&mut self.slab, slot, quantity);
            book.rehash(&mut self.slab, slot);
        } else {
            book.unlink(&mut self.slab, slot);
            let order = self.slab.order_mut(slot);
            order.price = replace.price;
            order.order_quantity = quantity;
            order.leaves = leaves;
            self.work = Work::Matching { slot };
        }
        let replaced = EventBody::Replaced {
            handle,
            price: replace.price,
            quantity,
            leaves,
            kept_priority,
            durability: order.durability,
        };
        self.emit(replaced, events);
    }

    /// Returns the event that says that what is open of a live order is gone.
    pub(super) fn canceled(&self, slot: u32, reason: CancelReason) -> EventBody {
        let order = self.slab.order(slot);
        EventBody::Canceled {
            handle: self.slab.handle(slot),
            quantity: order.leaves,
            reason,
            durability: order.durability,
        }
    }

    /// Decides what becomes of an incoming order that takes nothing more.
    fn settle(&mut self, slot: u32, events: &mut EventBuffer) {
        let order = *self.slab.order(slot);
        if order.leaves.is_zero() {
            return self.slab.close(slot);
        }
        let reason = match (order.order_type, order.time_in_force) {
            (OrderType::Market, _) => CancelReason::MarketRemainder,
            (OrderType::Limit, TimeInForce::Ioc) => CancelReason::ImmediateRemainder,
            (OrderType::Limit, TimeInForce::Day) => {
                return self.books[index(order.instrument)].rest(&mut self.slab, slot);
            }
        };
        let canceled = self.canceled(slot, reason);
        self.slab.close(slot);
        self.emit(canceled, events);
    }

    fn check_reduce(&self, reduce: &Reduce) -> Result<(), RejectReason> {
        let order = self
            .slab
            .live(reduce.handle)
            .ok_or(RejectReason::OrderNotLive)?;
        if reduce.quantity >= order.order_quantity {
            return Err(RejectReason::ReduceNotSmaller);
        }
        let listing = self
            .listing(order.instrument)
            .ok_or(RejectReason::UnknownSymbol)?;
        let stays = reduce.quantity > order.cumulative();
        if stays && !is_on_lot(&listing.instrument, reduce.quantity) {
            return Err(RejectReason::QuantityOffLot);
        }
        Ok(())
    }

    fn check_replace(&self, replace: &Replace) -> Result<(), RejectReason> {
        let order = self
            .slab
            .live(replace.handle)
            .ok_or(RejectReason::OrderNotLive)?;
        let listing = self
            .listing(order.instrument)
            .ok_or(RejectReason::UnknownSymbol)?;
        check_phase(listing)?;
        check_fields(&listing.instrument, Some(replace.price), replace.quantity)?;
        if replace.quantity <= order.cumulative() {
            return Ok(());
        }
        let book = &self.books[index(order.instrument)];
        if order.post_only && book.would_take(order.side, order.order_type, replace.price) {
            return Err(RejectReason::PostOnlyWouldTake);
        }
        if !book.has_room_to_move(&self.slab, replace.handle.slot, replace.price) {
            return Err(RejectReason::LevelCapacity);
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        handle: OrderHandle,
        origin: &Origin,
        reason: RejectReason,
        events: &mut EventBuffer,
    ) {
        let refused = EventBody::CancelRejected {
            handle,
            reason,
            durability: origin.durability,
        };
        self.emit(refused, events);
    }
}

impl Order {
    fn entered(order: &NewOrder) -> Self {
        Self {
            price: order.price,
            order_quantity: order.quantity,
            leaves: order.quantity,
            priority_stamp: 0,
            generation: order.handle.generation,
            level: crate::book::NONE,
            next: crate::book::NONE,
            previous: crate::book::NONE,
            instrument: order.instrument,
            account: order.account,
            side: order.side,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
            durability: order.origin.durability,
            gateway: order.origin.gateway,
            post_only: order.post_only != 0,
            live: true,
        }
    }
}

/// Returns what is open of a total quantity that is at least what was executed.
fn open_of(quantity: Quantity, executed: Quantity) -> Quantity {
    quantity
        .checked_sub(executed)
        .expect("the caller raised the total to what was executed")
}
