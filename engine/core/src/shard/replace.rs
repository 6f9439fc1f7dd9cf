//! Replace: an order gets a new price, quantity, stop price, or time in force.
//!
//! It keeps its place or comes again; a refused one leaves the order as it was. It must not know
//! who trades with whom.

use super::checks::{check_part_count, limit_of, shown};
use super::ledger::OrderLedger;
use super::listing::Listing;
use super::market::Market;
use super::{Progress, Shard, emit};
use crate::book::{Order, OrderSlab, Place, Terms};
use crate::domain::event::EventBody;
use crate::domain::{
    ClientOrderId, OrderTerms, OrderType, Price, Quantity, RejectReason, Replace, TimeInForce,
};
use crate::event_buffer::EventBuffer;
use crate::planted::{Bug, bites};

/// A replace that may be done.
#[derive(Clone, Copy, Debug)]
struct ReplacePlan {
    /// New limit in ticks; of a peg its cap in 1e-9 units; 0 where it has none.
    tick: i64,
    /// New stop price of an order that waits.
    stop_tick: i64,
    /// New total, at least what was executed.
    total: u64,
    kept_priority: bool,
}

impl Shard {
    /// Gives one order new values or refuses, and does what follows as far as one step goes.
    #[inline(always)]
    pub(super) fn replace(
        &mut self,
        replace: &Replace,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        match self.glance_at_replace(replace) {
            Some(tick) => self.move_common(replace, client_order_id, tick, events),
            None => self.replace_closely(replace, client_order_id, events),
        }
    }

    /// Returns the tick to which a displayed limit order without further terms may go, where a few
    /// looks say so if its book has room for it there. `None` says that the replace has to be checked
    /// closely.
    #[inline(always)]
    fn glance_at_replace(&self, replace: &Replace) -> Option<i64> {
        let order = self.slab.get(replace.handle.slot)?;
        let is_it = order.generation == replace.handle.generation;
        if !is_it || order.place != Place::Displayed || !replace.terms.are_zero() {
            return None;
        }
        let market = self.markets.get(order.instrument as usize)?;
        let tick = market.plain.tick(replace.price, replace.quantity)?;
        let total = replace.quantity.get();
        if tick == order.tick && total <= order.order_quantity {
            // It keeps its place.
            return None;
        }
        if bites(Bug::LargerKeepsPlace, tick == order.tick) {
            return None;
        }
        Some(tick)
    }

    /// Moves an order that [`Self::glance_at_replace`] has let through to the back of the queue of a
    /// tick, where it takes nothing; else the replace is checked closely. It stands apart so that what
    /// is at hand there need not be kept.
    #[inline(never)]
    fn move_common(
        &mut self,
        replace: &Replace,
        client_order_id: &ClientOrderId,
        tick: i64,
        events: &mut EventBuffer,
    ) -> Progress {
        let slot = replace.handle.slot;
        let total = replace.quantity.get();
        let order = self.slab.order(slot);
        let market = &mut self.markets[order.instrument as usize];
        let executed = order.cumulative();
        let leaves = total.wrapping_sub(executed);
        let details = self.ledger.details_mut(slot);
        let moves = !details.traits.has_terms()
            && total > executed
            && market
                .book
                .try_move(&mut self.slab, slot, tick, (leaves, total));
        if !moves {
            return self.move_taking(replace, client_order_id, tick, events);
        }
        let order = self.slab.order(slot);
        let replaced = EventBody::Replaced {
            handle: replace.handle,
            price: replace.price,
            quantity: replace.quantity,
            leaves: Quantity::new(leaves),
            kept_priority: false,
            durability: order.durability,
        };
        emit(&mut self.next_event, replaced, events);
        if !client_order_id.is_empty() {
            details.rename(client_order_id);
        }
        details.moved(order, replace.price, &mut market.hash);
        // Only a plain book moves it so: nothing follows.
        Progress::Done
    }

    /// Lets an order that a glance has let through, and that does not rest as it is moved, come again;
    /// or checks its replace closely.
    #[inline(never)]
    fn move_taking(
        &mut self,
        replace: &Replace,
        client_order_id: &ClientOrderId,
        tick: i64,
        events: &mut EventBuffer,
    ) -> Progress {
        let (slot, total) = (replace.handle.slot, replace.quantity.get());
        let order = self.slab.order(slot);
        let (number, executed) = (order.instrument as usize, order.cumulative());
        let side = self.markets[number].book.side(order.side);
        let traits = self.ledger.details(slot).traits;
        let has_room = side.has_room_for_level();
        if total <= executed || traits.has_terms() || traits.is_post_only() || !has_room {
            return self.replace_closely(replace, client_order_id, events);
        }
        let plan = ReplacePlan {
            tick,
            stop_tick: 0,
            total,
            kept_priority: false,
        };
        self.tell_replaced(replace, &plan, total - executed, events);
        if !client_order_id.is_empty() {
            self.ledger.details_mut(slot).rename(client_order_id);
        }
        self.come_again((number, slot), &plan, events)
    }

    /// As [`Self::replace`], of one that has to be checked closely.
    #[inline(never)]
    fn replace_closely(
        &mut self,
        replace: &Replace,
        client_order_id: &ClientOrderId,
        events: &mut EventBuffer,
    ) -> Progress {
        let plan = match self.check_replace(replace) {
            Ok(plan) => plan,
            Err(reason) => return self.refuse(replace.handle, &replace.origin, reason, events),
        };
        let slot = replace.handle.slot;
        let market = self.market_of(slot);
        let leaves = plan.total - self.slab.order(slot).cumulative();
        self.tell_replaced(replace, &plan, leaves, events);
        if leaves == 0 {
            if !client_order_id.is_empty() {
                self.ledger.details_mut(slot).client_order_id = *client_order_id;
            }
            self.end_live(market, slot);
            return self.finish(market, events);
        }
        if replace.terms.are_given() {
            self.take_terms(replace, events);
        }
        if !client_order_id.is_empty() {
            rename(&mut self.ledger, &self.slab, slot, client_order_id);
        } else if replace.terms.are_given() {
            self.ledger.identify(slot, &self.slab.terms(slot).given);
        }
        if plan.kept_priority {
            self.shrink(market, slot, plan.total);
            return self.finish(market, events);
        }
        self.come_again((market, slot), &plan, events)
    }

    /// Takes an order out of its place and lets it come as if it were new.
    fn come_again(
        &mut self,
        (market, slot): (usize, u32),
        plan: &ReplacePlan,
        events: &mut EventBuffer,
    ) -> Progress {
        #[cfg(debug_assertions)]
        if self.grows_by_planted_bug(market, slot, plan.tick, plan.total) {
            return self.finish(market, events);
        }
        let place = self.slab.order(slot).place;
        self.markets[market].book.unlink(&mut self.slab, slot);
        self.ledger.left(slot, &mut self.markets[market].hash);
        let order = self.slab.order_mut(slot);
        order.leaves = plan.total - order.cumulative();
        order.order_quantity = plan.total;
        order.displayed = 0;
        order.place = Place::Incoming;
        order.tick = plan.tick;
        match place {
            Place::Waiting => {
                let terms = self.slab.terms(slot);
                let given = OrderTerms {
                    stop_price: self.markets[market].book.price(plan.stop_tick),
                    ..terms.given
                };
                let limit_tick = plan.tick;
                self.slab.set_terms(slot, Terms { given, limit_tick });
                self.wait_or_release(slot, plan.stop_tick, events);
                self.step(events)
            }
            Place::Pegged => {
                self.come_as_peg(slot);
                self.step(events)
            }
            Place::Displayed | Place::Incoming | Place::Vacant => {
                let book = &self.markets[market].book;
                if !book.would_take(&self.slab, self.slab.order(slot).side, plan.tick) {
                    self.rest(market, slot);
                    return self.finish(market, events);
                }
                let aggressor = self.aggressor(slot, plan.tick);
                self.match_step_to_end(aggressor, events)
            }
        }
    }

    /// Makes an order larger in its place where that bug is planted.
    #[cfg(debug_assertions)]
    fn grows_by_planted_bug(&mut self, market: usize, slot: u32, tick: i64, total: u64) -> bool {
        let order = *self.slab.order(slot);
        let is_larger = order.place == Place::Displayed
            && order.tick == tick
            && total > order.order_quantity
            && order.displayed == order.leaves;
        if !bites(Bug::LargerKeepsPlace, is_larger) {
            return false;
        }
        let more = total - order.order_quantity;
        self.markets[market].book.grow(&mut self.slab, slot, more);
        self.rehash(market, slot);
        true
    }

    /// Takes over a new time in force, expire time and stop price, and says so.
    fn take_terms(&mut self, replace: &Replace, events: &mut EventBuffer) {
        let slot = replace.handle.slot;
        let details = self.ledger.details_mut(slot);
        let mut given = if details.traits.has_terms() || details.traits.order_type().is_stop() {
            self.slab.terms(slot).given
        } else {
            OrderTerms::NONE
        };
        details.traits = details.traits.with_terms();
        if let Some(time_in_force) = TimeInForce::from_number(replace.terms.time_in_force) {
            details.traits = details.traits.with_time_in_force(time_in_force);
            given.expire_time_ns = replace.terms.expire_time_ns;
            self.deadlines.remove(slot);
            if time_in_force == TimeInForce::Gtd {
                self.deadlines.push(given.expire_time_ns, slot);
            }
        }
        if replace.terms.stop_price_given != 0 {
            given.stop_price = replace.terms.stop_price;
        }
        let limit_tick = self.slab.terms(slot).limit_tick;
        self.slab.set_terms(slot, Terms { given, limit_tick });
        let replaced = EventBody::TermsReplaced {
            handle: replace.handle,
            stop_price: given.stop_price,
            expire_time_ns: given.expire_time_ns,
            time_in_force: self.ledger.details(slot).traits.time_in_force(),
            durability: self.slab.order(slot).durability,
        };
        self.emit(replaced, events);
    }

    fn tell_replaced(
        &mut self,
        replace: &Replace,
        plan: &ReplacePlan,
        leaves: u64,
        events: &mut EventBuffer,
    ) {
        let slot = replace.handle.slot;
        let order_type = self.ledger.details(slot).traits.order_type();
        let replaced = EventBody::Replaced {
            handle: replace.handle,
            price: if order_type == OrderType::Stop {
                Price::default()
            } else {
                replace.price
            },
            quantity: Quantity::new(plan.total),
            leaves: Quantity::new(leaves),
            kept_priority: plan.kept_priority,
            durability: self.slab.order(slot).durability,
        };
        self.emit(replaced, events);
    }

    fn check_replace(&self, replace: &Replace) -> Result<ReplacePlan, RejectReason> {
        let order = self
            .slab
            .live(replace.handle)
            .ok_or(RejectReason::OrderNotLive)?;
        let market = &self.markets[order.instrument as usize];
        let listing = market.listing.as_ref().ok_or(RejectReason::UnknownSymbol)?;
        listing.check_phase()?;
        if replace.terms.are_given() {
            self.check_terms(replace, order)?;
        }
        let plan = if order.place == Place::Displayed {
            plan_displayed(listing, replace, order)?
        } else {
            self.plan_undisplayed(listing, replace, order)?
        };
        if self.ledger.details(replace.handle.slot).traits.has_terms() {
            let terms = &self.slab.terms(replace.handle.slot).given;
            check_part_count(terms.display_quantity, replace.quantity)?;
        }
        if plan.total > order.cumulative() {
            self.check_place(market, replace.handle.slot, &plan)?;
        }
        Ok(plan)
    }

    fn check_terms(&self, replace: &Replace, order: &Order) -> Result<(), RejectReason> {
        let terms = &replace.terms;
        let time_in_force = TimeInForce::from_number(terms.time_in_force);
        let time_fits = terms.time_in_force == 0 || time_in_force.is_some_and(TimeInForce::rests);
        let is_gtd = time_in_force == Some(TimeInForce::Gtd);
        let stop_fits = terms.stop_price_given == 0 || order.place == Place::Waiting;
        let expire_fits = terms.expire_time_ns == 0 || is_gtd;
        if !(time_fits && stop_fits && expire_fits) {
            return Err(RejectReason::InvalidCombination);
        }
        if is_gtd && terms.expire_time_ns <= self.last_time_ns() {
            return Err(RejectReason::ExpireTimePassed);
        }
        Ok(())
    }

    fn plan_undisplayed(
        &self,
        listing: &Listing,
        replace: &Replace,
        order: &Order,
    ) -> Result<ReplacePlan, RejectReason> {
        let slot = replace.handle.slot;
        let order_type = self.ledger.details(slot).traits.order_type();
        let limit = limit_of(order_type, order.side, replace.price);
        let limit_tick = match limit {
            Some(price) => listing.tick(price)?,
            None => 0,
        };
        let given_stop = match replace.terms.stop_price_given {
            0 => None,
            _ => Some(listing.tick(replace.terms.stop_price)?),
        };
        listing.check_quantity(replace.quantity)?;
        if let Some(price) = limit {
            listing.check_notional(price, replace.quantity)?;
        }
        let is_smaller = replace.quantity.get() <= order.order_quantity;
        let (tick, stop_tick, is_same) = if order.place == Place::Pegged {
            let cap = replace.price.get();
            (cap, 0, cap == order.tick)
        } else {
            let stop_tick = given_stop.unwrap_or(order.tick);
            let known = self.slab.terms(slot).limit_tick;
            let is_same_limit = limit.is_none() || limit_tick == known;
            let is_same = stop_tick == order.tick && is_same_limit;
            (limit_tick, stop_tick, is_same)
        };
        Ok(ReplacePlan {
            tick,
            stop_tick,
            total: replace.quantity.get().max(order.cumulative()),
            kept_priority: is_same && is_smaller,
        })
    }

    /// Checks that the book has a place for the order as it will be.
    fn check_place(
        &self,
        market: &Market,
        slot: u32,
        plan: &ReplacePlan,
    ) -> Result<(), RejectReason> {
        let order = self.slab.order(slot);
        if plan.kept_priority {
            return Ok(());
        }
        match order.place {
            Place::Displayed => self.check_displayed_place(market, slot, plan),
            Place::Waiting => {
                let waits = !market.book.is_reached(order.side, plan.stop_tick);
                let stops = market.book.stops(order.side);
                if waits && !stops.has_room_to_move(&self.slab, slot, plan.stop_tick) {
                    return Err(RejectReason::LevelCapacity);
                }
                Ok(())
            }
            Place::Pegged | Place::Incoming | Place::Vacant => Ok(()),
        }
    }

    fn check_displayed_place(
        &self,
        market: &Market,
        slot: u32,
        plan: &ReplacePlan,
    ) -> Result<(), RejectReason> {
        let order = self.slab.order(slot);
        let (side, book) = (order.side, &market.book);
        let details = self.ledger.details(slot);
        if details.traits.is_post_only() && book.would_take(&self.slab, side, plan.tick) {
            return Err(RejectReason::PostOnlyWouldTake);
        }
        if !book
            .side(side)
            .has_room_to_move(&self.slab, slot, plan.tick)
        {
            return Err(RejectReason::LevelCapacity);
        }
        if market.listing.as_ref().is_some_and(Listing::sums_fit) {
            return Ok(());
        }
        let leaves = plan.total - order.cumulative();
        let shown = if details.traits.has_terms() {
            shown(&self.slab.terms(slot).given, leaves)
        } else {
            leaves
        };
        self.check_sum(market, (side, plan.tick), shown, Some(slot))
    }
}

/// Gives an order the client's new id.
#[inline(never)]
fn rename(ledger: &mut OrderLedger, slab: &OrderSlab, slot: u32, client_order_id: &ClientOrderId) {
    ledger.details_mut(slot).client_order_id = *client_order_id;
    ledger.identify(slot, &slab.terms(slot).given);
}

fn plan_displayed(
    listing: &Listing,
    replace: &Replace,
    order: &Order,
) -> Result<ReplacePlan, RejectReason> {
    let tick = listing.tick(replace.price)?;
    listing.check_quantity(replace.quantity)?;
    listing.check_notional(replace.price, replace.quantity)?;
    let quantity = replace.quantity.get();
    let is_same = tick == order.tick;
    let is_smaller = quantity < order.order_quantity && quantity > order.cumulative();
    let loses = bites(Bug::SmallerLosesPlace, is_same && is_smaller);
    Ok(ReplacePlan {
        tick,
        stop_tick: 0,
        total: quantity.max(order.cumulative()),
        kept_priority: is_same && quantity <= order.order_quantity && !loses,
    })
}
