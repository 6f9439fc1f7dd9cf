//! What new, cancel, reduce and replace do (rules 4.2.1 to 4.2.8).
//!
//! A refused request leaves everything as it was.

use matchgate_core::domain::{
    Cancel, CancelReason, ClientOrderId, EventBody, NewOrder, OrderHandle, OrderId, OrderType,
    Origin, Price, Quantity, Reduce, RejectReason, Replace, SequenceNumber,
};

use super::Reference;
use super::hash::state_order;
use super::order::{Order, Place};
use crate::planted::Bug;

impl Reference {
    pub(super) fn new_order(&mut self, new: &NewOrder, client_order_id: ClientOrderId) {
        let (handle, durability) = (new.handle, new.origin.durability);
        let mut order = Order::asked_for(new, client_order_id);
        if let Some(reason) = self.refusal_of_new(new, &order) {
            self.told.push(EventBody::Rejected {
                handle,
                reason,
                durability,
            });
            return;
        }
        let listing = self.book_mut(new.instrument);
        listing.orders_taken += 1;
        order.number = listing.orders_taken;
        order.order_id = OrderId::of(self.shard, SequenceNumber(self.sequence));
        self.generations[handle.slot as usize] = handle.generation;
        self.taken = self.taken.wrapping_add(state_order(&order));
        let pair = (order.session, order.account);
        if !self.pairs.contains(&pair) {
            self.pairs.push(pair);
        }
        self.orders.push(order);
        self.told.push(EventBody::Accepted { handle, durability });
        self.come(handle);
    }

    /// Lets an order come: it waits, or takes what it can and is settled.
    fn come(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        let instrument = order.instrument;
        if order.order_type.is_stop() && !order.triggered {
            return self.wait_or_queue(handle);
        }
        if order.order_type == OrderType::MidPeg && self.book(instrument).middle.is_none() {
            // It may be the first; where it is not, pegs are parked and this changes nothing.
            self.move_middle(instrument);
        }
        self.take_and_settle(handle);
    }

    pub(super) fn cancel(&mut self, cancel: &Cancel) {
        match self.refusal_of_cancel(cancel) {
            Some(reason) => self.refuse(cancel.handle, reason, &cancel.origin),
            None => self.cancel_order(cancel.handle, CancelReason::Requested),
        }
    }

    pub(super) fn reduce(&mut self, reduce: &Reduce) {
        let handle = reduce.handle;
        if let Some(reason) = self.refusal_of_reduce(reduce) {
            return self.refuse(handle, reason, &reduce.origin);
        }
        let order = self.order_mut(handle);
        order.total = reduce.quantity.get().max(order.executed);
        order.displayed = order.displayed.min(order.leaves());
        self.tell_reduced(handle);
        if self.order(handle).leaves() == 0 {
            self.take_out(handle);
        } else {
            self.lose_place_by_bug(handle);
        }
    }

    pub(super) fn replace(&mut self, replace: &Replace, client_order_id: ClientOrderId) {
        let handle = replace.handle;
        if let Some(reason) = self.refusal_of_replace(replace) {
            return self.refuse(handle, reason, &replace.origin);
        }
        let before = self.order(handle).clone();
        let mut order = before.replaced_by(replace);
        if !client_order_id.is_empty() {
            order.client_order_id = client_order_id;
        }
        // What was asked decides, also where more than that is executed.
        let kept_priority = Order {
            total: replace.quantity.get(),
            ..order.clone()
        }
        .keeps_place_of(&before);
        self.told.push(EventBody::Replaced {
            handle,
            price: Price::new(order.price.unwrap_or(0)),
            quantity: Quantity::new(order.total),
            leaves: Quantity::new(order.leaves()),
            kept_priority,
            durability: order.durability,
        });
        if order.leaves() == 0 {
            self.take_out(handle);
            return;
        }
        if replace.terms.are_given() {
            self.told.push(EventBody::TermsReplaced {
                handle,
                stop_price: Price::new(order.stop_price),
                expire_time_ns: order.expire_time_ns,
                time_in_force: order.time_in_force,
                durability: order.durability,
            });
        }
        let in_book = before.place == Place::Displayed;
        let stays = self
            .planted
            .choose(Bug::SizeUpKeepsPlace, kept_priority, || {
                kept_priority || (in_book && order.price == before.price)
            });
        if stays {
            order.displayed = match order.display_quantity {
                0 if in_book => order.leaves(),
                _ => order.displayed.min(order.leaves()),
            };
        } else {
            order.place = Place::Coming;
            order.displayed = 0;
            order.stamp = 0;
        }
        let is_smaller = order.total < before.total;
        *self.order_mut(handle) = order;
        if !stays {
            self.come(handle);
        } else if is_smaller {
            self.lose_place_by_bug(handle);
        }
    }

    /// For a bug: sends an order that was made smaller to the back.
    fn lose_place_by_bug(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        if !self.planted.is(Bug::SizeDownLosesPlace) || order.place != Place::Displayed {
            return;
        }
        self.planted.count(true);
        let stamp = self.next_stamp(order.instrument);
        self.order_mut(handle).stamp = stamp;
    }

    fn refuse(&mut self, handle: OrderHandle, reason: RejectReason, origin: &Origin) {
        self.told.push(EventBody::CancelRejected {
            handle,
            reason,
            durability: origin.durability,
        });
    }
}
