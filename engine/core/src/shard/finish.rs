//! Finish: what follows from a command after its own work: stop orders that trades have released
//! execute, then mid-pegs move and those that meet trade, until nothing follows any more.
//!
//! Each released order leaves its queue for good and each meeting of pegs ends one or makes both
//! smaller, so it comes to an end without a bound on rounds.

use super::aggression::EVENTS_PER_MEETING_MAX;
use super::checks::market_limit;
use super::{Progress, Shard, Work};
use crate::book::Meeting;
use crate::domain::bounds::SLOT_VISITS_PER_STEP_MAX;
use crate::domain::event::EventBody;
use crate::domain::{CancelReason, OrderType, RejectReason};
use crate::event_buffer::EventBuffer;

/// Events of a released stop order before it takes: triggered, and canceled where it is refused.
const EVENTS_PER_RELEASE_MAX: usize = 2;
const _: () = assert!(EVENTS_PER_RELEASE_MAX <= EVENTS_PER_MEETING_MAX);

impl Shard {
    /// Finishes a command in the one market that it touched.
    #[inline]
    pub(super) fn finish(&mut self, market: usize, events: &mut EventBuffer) -> Progress {
        if !self.markets[market].book.needs_finish() {
            return Progress::Done;
        }
        self.work = Work::Finishing(market);
        self.step(events)
    }

    /// Returns the work that finishes a command in one market.
    #[inline]
    pub(super) fn work_to_finish(&self, market: usize) -> Work {
        let needed = self.markets[market].book.needs_finish() || self.next_to_finish.is_some();
        if needed {
            Work::Finishing(market)
        } else {
            Work::Nothing
        }
    }

    /// Returns the work that finishes a command that may have touched all markets.
    pub(super) const fn work_to_finish_all(&self) -> Work {
        if self.pegged_markets == 0 {
            Work::Nothing
        } else {
            Work::FinishingAll(0)
        }
    }

    /// Looks for the next market to finish, as far as one step goes.
    pub(super) fn finish_all_step(&mut self, from: usize) -> Progress {
        let to = (from + SLOT_VISITS_PER_STEP_MAX).min(self.markets.len());
        let next = (from..to).find(|&market| self.markets[market].book.needs_finish());
        match next {
            Some(market) => {
                self.next_to_finish = Some(market + 1);
                self.work = Work::Finishing(market);
                Progress::Done
            }
            None if to == self.markets.len() => {
                self.next_to_finish = None;
                self.work = Work::Nothing;
                Progress::Done
            }
            None => {
                self.work = Work::FinishingAll(to);
                Progress::More
            }
        }
    }

    /// Finishes one market, as far as one step goes or until an order comes again.
    pub(super) fn finish_step(&mut self, market: usize, events: &mut EventBuffer) -> Progress {
        loop {
            if events.remaining() < EVENTS_PER_MEETING_MAX {
                self.work = Work::Finishing(market);
                return Progress::More;
            }
            if let Some(slot) = self.markets[market].book.pop_released(&mut self.slab) {
                self.go_on_as_aggressor(market, slot, events);
                return Progress::Done;
            }
            let listing = self.markets[market].listing.as_ref();
            let is_continuous = listing.is_some_and(super::Listing::is_continuous);
            let book = &mut self.markets[market].book;
            book.set_reference(&mut self.slab, is_continuous);
            let Some(pegs) = book.pegs_that_meet(&self.slab) else {
                self.note_finished(market);
                return Progress::Done;
            };
            self.let_pegs_meet(market, pegs, events);
        }
    }

    /// Lets a stop order wait for its stop price, or go on where the last trade has reached it.
    pub(super) fn wait_or_release(&mut self, slot: u32, stop_tick: i64, events: &mut EventBuffer) {
        let market = self.market_of(slot);
        let order = self.slab.order_mut(slot);
        order.tick = stop_tick;
        let side = order.side;
        if self.markets[market].book.is_reached(side, stop_tick) {
            return self.go_on_as_aggressor(market, slot, events);
        }
        self.markets[market].book.wait(&mut self.slab, slot);
        self.hash_in(market, slot);
        self.work = self.work_to_finish(market);
    }

    /// Lets a released stop order, in no queue, come as what it is now; or refuses it.
    fn go_on_as_aggressor(&mut self, market: usize, slot: u32, events: &mut EventBuffer) {
        if let Err(reason) = self.check_released(slot) {
            self.tell_triggered(slot, Some(reason), events);
            self.cancel_live(market, slot, CancelReason::Refused, events);
            self.work = self.work_to_finish(market);
            return;
        }
        self.ledger.left(slot, &mut self.markets[market].hash);
        let details = self.ledger.details_mut(slot);
        details.traits = details.traits.triggered();
        let limit_tick = if details.traits.order_type() == OrderType::StopLimit {
            self.slab.terms(slot).limit_tick
        } else {
            let side = self.slab.order(slot).side;
            market_limit(&self.markets[market], side)
        };
        let order = self.slab.order_mut(slot);
        order.tick = limit_tick;
        self.ledger.identify(slot, &self.slab.terms(slot).given);
        self.tell_triggered(slot, None, events);
        self.work = Work::Matching(self.aggressor(slot, limit_tick));
    }

    fn tell_triggered(
        &mut self,
        slot: u32,
        refused: Option<RejectReason>,
        events: &mut EventBuffer,
    ) {
        let triggered = EventBody::Triggered {
            handle: self.slab.handle(slot),
            refused,
            durability: self.slab.order(slot).durability,
        };
        self.emit(triggered, events);
    }

    /// Lets two pegs that stand at one price meet once; the later one is the aggressor.
    fn let_pegs_meet(&mut self, market: usize, (buy, sell): (u32, u32), events: &mut EventBuffer) {
        let is_buy_later = self.slab.order(buy).stamp > self.slab.order(sell).stamp;
        let (slot, resting) = if is_buy_later {
            (buy, sell)
        } else {
            (sell, buy)
        };
        let order = self.slab.order(resting);
        let book = &mut self.markets[market].book;
        let price = book
            .peg_price(order.side, order.tick)
            .expect("pegs that meet stand somewhere");
        let mut aggressor = self.aggressor(slot, 0);
        let book = &mut self.markets[market].book;
        let has_ended = match book.meet_peg(&mut self.slab, &mut aggressor, resting, price) {
            Meeting::Fill(fill) => {
                self.tell_fill(market, &aggressor, &fill, events);
                false
            }
            Meeting::Own { resting, price } => {
                self.prevent(market, &mut aggressor, (resting, price), events)
            }
            Meeting::Nothing => false,
        };
        if has_ended {
            return;
        }
        self.slab.order_mut(slot).leaves = aggressor.leaves;
        if aggressor.leaves == 0 {
            self.end_live(market, slot);
        } else {
            self.rehash(market, slot);
        }
    }

    fn note_finished(&mut self, market: usize) {
        let finished = &mut self.markets[market];
        if finished.is_pegged && finished.book.pegs().is_empty() {
            finished.is_pegged = false;
            self.pegged_markets -= 1;
        }
        self.work = match self.next_to_finish {
            Some(next) => Work::FinishingAll(next),
            None => Work::Nothing,
        };
    }
}
