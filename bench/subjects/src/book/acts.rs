//! What each kind of request does to a book, and what is reported.

use matchgate_core::book::{Aggressor, Meeting, NONE, Order, Place, Resting};
use matchgate_core::domain::{Durability, OrderHandle, Price, SelfTradePrevention};
use matchgate_workloads::Side;
use matchgate_workloads::report::Report;

use super::request::{Act, Request, Rest, core_side, report_side};
use super::run::BookRun;
use crate::sink::Sink;

/// The choice of every order: no two have one identity, so it is asked and never made.
const SELF_TRADE: SelfTradePrevention = SelfTradePrevention::CancelNewest;

impl<S: Sink> BookRun<S> {
    /// Does what is asked, of symbol 0: there is one book.
    #[inline]
    pub fn apply<R: Request>(&mut self, sequence: u32, request: &R) {
        match request.act() {
            Act::Enter(rest) => self.enter(sequence, request, rest),
            Act::Cancel => self.cancel(sequence, request),
            Act::Modify => self.modify(sequence, request),
            Act::Reduce => self.reduce(sequence, request),
            Act::CancelAll => self.cancel_all(sequence, request.account()),
        }
    }

    #[inline]
    fn enter<R: Request>(&mut self, sequence: u32, request: &R, rest: Rest) {
        let (id, price, quantity) = (request.id(), request.price(), request.quantity());
        let side = core_side(request.side());
        let rests = rest == Rest::Stays;
        if !rests && !self.book.would_take(&self.slab, side, price) {
            return self.pass_by(sequence, request);
        }
        let Some(handle) = self.names.enter(id) else {
            return self.refuse();
        };
        let OrderHandle { slot, generation } = handle;
        let order = Order {
            tick: price,
            leaves: quantity,
            displayed: 0,
            order_quantity: quantity,
            stamp: 0,
            next: NONE,
            previous: NONE,
            generation,
            instrument: 0,
            identity: id,
            side,
            place: Place::Incoming,
            self_trade: SELF_TRADE,
            durability: Durability::Written,
        };
        let has_come = rests && self.book.try_rest(&mut self.slab, slot, order);
        if rests {
            self.accounts.note(&self.slab, request.account(), handle);
            if !has_come && !self.book.side(side).has_room_at(price) {
                self.names.forget(id, slot);
                return self.refuse();
            }
        }
        self.sink.take(Report::order_ack(
            sequence,
            request.side(),
            id,
            price,
            quantity,
        ));
        if !has_come {
            self.slab.open(slot, order);
            self.take(sequence, request, slot, rest);
        }
    }

    /// Answers an order that takes at once or goes, where there is nothing that it takes: it gets no
    /// name and no slot.
    fn pass_by<R: Request>(&mut self, sequence: u32, request: &R) {
        let (side, id, price) = (request.side(), request.id(), request.price());
        if self.names.find(id).is_some() {
            return self.refuse();
        }
        let taken = Report::order_ack(sequence, side, id, price, request.quantity());
        self.sink.take(taken);
        self.sink
            .take(Report::cancel_ack(sequence, side, id, price));
    }

    /// Lets a new order take what it can, if it may.
    #[inline(never)]
    fn take<R: Request>(&mut self, sequence: u32, request: &R, slot: u32, rest: Rest) {
        if rest == Rest::Forbidden && !self.can_fill(request) {
            return self.cancel_rest(sequence, request, (slot, request.side()));
        }
        self.come(sequence, request, slot, rest);
    }

    /// Lets an order come that is in no queue: it takes what it can, then its rest is settled.
    fn come<R: Request>(&mut self, sequence: u32, request: &R, slot: u32, mut rest: Rest) {
        let order = self.slab.order(slot);
        let (side, generation) = (order.side, order.generation);
        let mut aggressor = Aggressor {
            handle: OrderHandle { slot, generation },
            durability: Durability::Written,
            side,
            self_trade: SELF_TRADE,
            identity: request.id(),
            leaves: request.quantity(),
            limit_tick: request.price(),
            limit: Price::new(request.price()),
        };
        while aggressor.leaves != 0 {
            match self.book.meet(&mut self.slab, &mut aggressor) {
                Meeting::Nothing => break,
                Meeting::Own { .. } => {
                    // What is left of the newer one is canceled.
                    rest = Rest::Goes;
                    break;
                }
                Meeting::Fill(fill) => {
                    let resting = self.names.id(fill.resting.slot);
                    let (price, quantity) = (fill.price.get(), fill.quantity);
                    let trade = Report::trade(sequence, price, quantity, resting, request.id());
                    self.sink.take(trade);
                    if fill.after == Resting::Ended {
                        self.names.forget(resting, fill.resting.slot);
                    }
                }
            }
        }
        self.slab.order_mut(slot).leaves = aggressor.leaves;
        if aggressor.leaves == 0 {
            self.slab.close(slot);
            self.names.forget(request.id(), slot);
        } else if rest == Rest::Stays {
            self.book.rest(&mut self.slab, slot, aggressor.leaves);
        } else {
            self.cancel_rest(sequence, request, (slot, report_side(side)));
        }
    }

    /// Cancels what is left of an order that is in no queue.
    #[inline]
    fn cancel_rest<R: Request>(&mut self, sequence: u32, request: &R, (slot, side): (u32, Side)) {
        let (id, price) = (request.id(), request.price());
        self.slab.close(slot);
        self.names.forget(id, slot);
        self.sink
            .take(Report::cancel_ack(sequence, side, id, price));
    }

    #[inline]
    fn cancel<R: Request>(&mut self, sequence: u32, request: &R) {
        let id = request.id();
        let Some(slot) = self.names.take(id) else {
            return self.sink.take(Report::cancel_reject(sequence, id));
        };
        let order = self.slab.order(slot);
        let (side, tick) = (report_side(order.side), order.tick);
        self.book.end(&mut self.slab, slot);
        self.sink.take(Report::cancel_ack(sequence, side, id, tick));
    }

    #[inline]
    fn modify<R: Request>(&mut self, sequence: u32, request: &R) {
        let (id, price, quantity) = (request.id(), request.price(), request.quantity());
        let Some(slot) = self.names.find(id) else {
            return self.sink.take(Report::modify_reject(sequence, id));
        };
        let order = self.slab.order(slot);
        let side = order.side;
        let total = order.cumulative() + quantity;
        let open = (quantity, total);
        if !self.book.try_move(&mut self.slab, slot, price, open) {
            let ladder = self.book.side(side);
            if !ladder.has_room_to_move(&self.slab, slot, price) {
                return self.refuse();
            }
            self.come_again(sequence, request, slot, total);
        }
        let side = report_side(side);
        self.sink
            .take(Report::modify_ack(sequence, side, id, price, quantity));
    }

    /// Lets an order come again that takes something at its new price, or for which a level has to
    /// end first.
    #[inline(never)]
    fn come_again<R: Request>(&mut self, sequence: u32, request: &R, slot: u32, total: u64) {
        self.book.unlink(&mut self.slab, slot);
        let order = self.slab.order_mut(slot);
        order.order_quantity = total;
        order.leaves = request.quantity();
        order.tick = request.price();
        order.displayed = 0;
        order.place = Place::Incoming;
        self.come(sequence, request, slot, Rest::Stays);
    }

    #[inline]
    fn reduce<R: Request>(&mut self, sequence: u32, request: &R) {
        let (id, quantity) = (request.id(), request.quantity());
        let Some(slot) = self.names.find(id) else {
            return self.sink.take(Report::modify_reject(sequence, id));
        };
        let order = self.slab.order(slot);
        if quantity >= order.leaves {
            return self.cancel(sequence, request);
        }
        let (side, tick) = (report_side(order.side), order.tick);
        let (leaves, total) = (order.leaves - quantity, order.order_quantity - quantity);
        self.book.shrink(&mut self.slab, slot, quantity, total);
        self.sink
            .take(Report::modify_ack(sequence, side, id, tick, leaves));
    }

    /// Cancels what an account has, in the order of entry.
    fn cancel_all(&mut self, sequence: u32, account: u32) {
        for at in 0..self.accounts.list(account).len() {
            let handle = self.accounts.list(account)[at];
            let Some(order) = self.slab.live(handle) else {
                continue;
            };
            let (side, tick) = (report_side(order.side), order.tick);
            let id = self.names.id(handle.slot);
            self.book.end(&mut self.slab, handle.slot);
            self.names.forget(id, handle.slot);
            self.sink.take(Report::cancel_ack(sequence, side, id, tick));
        }
        self.accounts.clear(account);
    }

    /// Returns whether an order could take all that it wants at once.
    fn can_fill<R: Request>(&self, request: &R) -> bool {
        let mut wanted = request.quantity();
        for (tick, level) in self
            .book
            .side(core_side(request.side().opposite()))
            .levels()
        {
            if wanted == 0 || !request.side().accepts(request.price(), tick) {
                break;
            }
            wanted = wanted.saturating_sub(level.displayed);
        }
        wanted == 0
    }

    #[cold]
    const fn refuse(&mut self) {
        self.refused += 1;
    }
}
