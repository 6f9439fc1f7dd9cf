//! Aggression: an order that comes takes what it can, then its rest is settled.
//!
//! It must not know why the order comes: new, replaced and released ones are alike here.

use super::checks::shown;
use super::{Progress, Shard, Work};
use crate::book::{Aggressor, Fill, Meeting, Place, Resting};
use crate::domain::event::{EventBody, RestateReason};
use crate::domain::{CancelReason, OrderHandle, OrderType, Price, Quantity, Side, TimeInForce};
use crate::event_buffer::EventBuffer;

/// Events of one meeting at the most: a prevented trade, what it costs the resting order, its next
/// part, what it costs the aggressor.
pub(super) const EVENTS_PER_MEETING_MAX: usize = 4;

const _: () = assert!(EVENTS_PER_MEETING_MAX <= crate::domain::bounds::EVENTS_PER_STEP_MAX);

impl Shard {
    /// Returns the order in a slot as an aggressor with a limit.
    #[inline]
    pub(super) fn aggressor(&self, slot: u32, limit_tick: i64) -> Aggressor {
        let order = self.slab.order(slot);
        let tick_size = self.markets[order.instrument as usize].book.tick_size();
        Aggressor {
            handle: OrderHandle {
                slot,
                generation: order.generation,
            },
            durability: order.durability,
            side: order.side,
            self_trade: order.self_trade,
            identity: order.identity,
            leaves: order.leaves,
            limit_tick,
            limit: Price::new(limit_tick.saturating_mul(tick_size)),
        }
    }

    /// Lets a mid-peg, in no queue, come.
    pub(super) fn come_as_peg(&mut self, slot: u32) {
        let order = *self.slab.order(slot);
        let market = order.instrument as usize;
        let book = &mut self.markets[market].book;
        // Where there were none, the reference was not kept.
        if book.pegs().is_empty() {
            book.set_reference_for_first_peg();
        }
        if !self.markets[market].is_pegged {
            self.markets[market].is_pegged = true;
            self.pegged_markets += 1;
        }
        let book = &self.markets[market].book;
        let Some(limit) = book.peg_price(order.side, order.tick) else {
            return self.settle_peg(market, slot);
        };
        // It never reaches what is displayed: it stands between the two sides.
        let unreached = match order.side {
            Side::Buy => super::checks::LOWEST_TICK,
            Side::Sell => super::checks::HIGHEST_TICK,
        };
        let aggressor = self.aggressor(slot, unreached);
        self.work = Work::Matching(Aggressor { limit, ..aggressor });
    }

    /// Matches an incoming order to the end of the step or of the command.
    #[inline]
    pub(super) fn match_step_to_end(
        &mut self,
        aggressor: Aggressor,
        events: &mut EventBuffer,
    ) -> Progress {
        match self.match_step(aggressor, events) {
            Progress::More => Progress::More,
            Progress::Done if matches!(self.work, Work::Nothing) => Progress::Done,
            Progress::Done => self.step(events),
        }
    }

    /// Matches the incoming order as far as one step goes, then settles its rest.
    #[inline]
    pub(super) fn match_step(
        &mut self,
        mut aggressor: Aggressor,
        events: &mut EventBuffer,
    ) -> Progress {
        let market = self.market_of(aggressor.handle.slot);
        while aggressor.leaves != 0 {
            if events.remaining() < EVENTS_PER_MEETING_MAX {
                self.work = Work::Matching(aggressor);
                return Progress::More;
            }
            let book = &mut self.markets[market].book;
            match book.meet(&mut self.slab, &mut aggressor) {
                Meeting::Nothing => break,
                Meeting::Fill(fill) => self.tell_fill(market, &aggressor, &fill, events),
                Meeting::Own { resting, price } => {
                    if self.prevent(market, &mut aggressor, (resting, price), events) {
                        self.work = self.work_to_finish(market);
                        return Progress::Done;
                    }
                }
            }
        }
        if events.remaining() == 0 {
            self.work = Work::Matching(aggressor);
            return Progress::More;
        }
        self.settle(market, &aggressor, events);
        self.work = self.work_to_finish(market);
        Progress::Done
    }

    /// Says a trade, and what became of the resting order.
    #[inline]
    pub(super) fn tell_fill(
        &mut self,
        market: usize,
        aggressor: &Aggressor,
        fill: &Fill,
        events: &mut EventBuffer,
    ) {
        let traded = EventBody::Traded {
            aggressor: aggressor.handle,
            resting: fill.resting,
            price: fill.price,
            quantity: Quantity::new(fill.quantity),
            aggressor_durability: aggressor.durability,
            resting_durability: fill.durability,
        };
        self.emit(traded, events);
        match fill.after {
            Resting::Ended => self.ended(market, fill.resting.slot),
            Resting::Smaller => self.note_smaller(market, fill),
            Resting::Refreshed => self.tell_refreshed(market, fill.resting.slot, events),
        }
    }

    /// Tells the hash of a resting order that has less open in its place.
    #[inline]
    fn note_smaller(&mut self, market: usize, fill: &Fill) {
        let slot = fill.resting.slot;
        let order = self.slab.order(slot);
        if order.place != Place::Displayed {
            return self.rehash(market, slot);
        }
        // It has traded at its own price.
        let hash = &mut self.markets[market].hash;
        self.ledger.changed(slot, order, fill.price.get(), hash);
    }

    /// Says that an iceberg shows its next part.
    #[cold]
    pub(super) fn tell_refreshed(&mut self, market: usize, slot: u32, events: &mut EventBuffer) {
        self.rehash(market, slot);
        self.tell_restated(market, slot, RestateReason::DisplayRefreshed, events);
    }

    /// Decides what becomes of an incoming order that takes nothing more.
    #[inline]
    fn settle(&mut self, market: usize, aggressor: &Aggressor, events: &mut EventBuffer) {
        let slot = aggressor.handle.slot;
        self.slab.order_mut(slot).leaves = aggressor.leaves;
        if aggressor.leaves == 0 {
            // It is in no queue.
            self.slab.close(slot);
            return self.ended(market, slot);
        }
        let details = self.ledger.details(slot);
        match (details.traits.order_type(), details.traits.time_in_force()) {
            (
                OrderType::Limit | OrderType::StopLimit,
                TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd,
            ) => self.rest(market, slot),
            (OrderType::MarketToLimit, _) if details.traits.has_limit() => self.rest(market, slot),
            (OrderType::MarketToLimit, _) => self.settle_at_limit(market, aggressor, events),
            (OrderType::MidPeg, _) => self.settle_peg(market, slot),
            (OrderType::Limit | OrderType::StopLimit, TimeInForce::Ioc | TimeInForce::Fok) => {
                self.cancel_live(market, slot, CancelReason::ImmediateRemainder, events);
            }
            (OrderType::Market | OrderType::Stop, _) => {
                let opposite = self.markets[market].book.side(aggressor.side.opposite());
                let reason = if opposite.is_empty() {
                    CancelReason::MarketRemainder
                } else {
                    CancelReason::PriceProtection
                };
                self.cancel_live(market, slot, reason, events);
            }
        }
    }

    #[inline]
    pub(super) fn rest(&mut self, market: usize, slot: u32) {
        let leaves = self.slab.order(slot).leaves;
        let displayed = if self.ledger.details(slot).traits.has_terms() {
            shown(&self.slab.terms(slot).given, leaves)
        } else {
            leaves
        };
        let book = &mut self.markets[market].book;
        book.rest(&mut self.slab, slot, displayed);
        self.hash_in(market, slot);
    }

    /// Rests a market-to-limit order at the limit that it was given.
    fn settle_at_limit(&mut self, market: usize, aggressor: &Aggressor, events: &mut EventBuffer) {
        let slot = aggressor.handle.slot;
        self.slab.order_mut(slot).tick = aggressor.limit_tick;
        // From here on it is as a limit order: a replace gives it another price.
        let details = self.ledger.details_mut(slot);
        details.traits = details.traits.given_limit();
        self.rest(market, slot);
        self.tell_restated(market, slot, RestateReason::PriceAssigned, events);
    }

    fn settle_peg(&mut self, market: usize, slot: u32) {
        self.markets[market].book.peg(&mut self.slab, slot);
        self.hash_in(market, slot);
        self.work = self.work_to_finish(market);
    }

    fn tell_restated(
        &mut self,
        market: usize,
        slot: u32,
        reason: RestateReason,
        events: &mut EventBuffer,
    ) {
        let order = self.slab.order(slot);
        debug_assert!(order.place == Place::Displayed);
        let restated = EventBody::Restated {
            handle: self.slab.handle(slot),
            price: self.markets[market].book.price(order.tick),
            displayed: Quantity::new(order.displayed),
            reason,
            durability: order.durability,
        };
        self.emit(restated, events);
    }
}
