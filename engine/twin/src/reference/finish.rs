//! What a command does after its aggressor: stop orders that its prints released (rule 4.6.3),
//! mid-pegs that move and meet (rule 4.7.5).
//!
//! It must not know what the command was.

use matchgate_core::domain::{
    CancelReason, EventBody, InstrumentId, OrderHandle, OrderType, Phase, Side,
};

use super::order::{Order, Place, badness};
use super::{Middle, Reference};
use crate::planted::Bug;

impl Reference {
    /// Finishes every book, by rising instrument number.
    pub(super) fn finish_all(&mut self) {
        for at in 0..self.listings.len() {
            self.finish(self.listings[at].instrument.id);
        }
    }

    /// Releases until nothing is queued, moves the pegs, lets one pair of them trade, and begins
    /// again until none meet.
    fn finish(&mut self, instrument: InstrumentId) {
        loop {
            while let Some(handle) = self.book_mut(instrument).released.pop_front() {
                self.release(handle);
            }
            self.move_middle(instrument);
            let Some((aggressor, resting)) = self.pegs_that_meet(instrument) else {
                return;
            };
            let (price, _) = self.order(resting).standing().expect("it stands");
            self.meet(aggressor, resting, price);
            self.release_late(instrument);
            if self
                .find(aggressor)
                .is_some_and(|order| order.leaves() == 0)
            {
                self.take_out(aggressor);
            }
        }
    }

    /// Returns whether the last trade has reached the stop price of an order (rule 4.6.1).
    pub(super) fn is_reached(&self, order: &Order) -> bool {
        let last = self.book(order.instrument).last_trade;
        last.is_some_and(|last| reaches(last, order))
    }

    /// Queues a stop order that is reached as it comes, or lets it wait (rule 4.6.2).
    pub(super) fn wait_or_queue(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        let instrument = order.instrument;
        if self.is_reached(order) {
            self.order_mut(handle).place = Place::Released;
            self.book_mut(instrument).released.push_back(handle);
        } else {
            let stamp = self.next_stamp(instrument);
            let order = self.order_mut(handle);
            order.place = Place::Waiting;
            order.stamp = stamp;
        }
    }

    /// Notes a trade and queues the stop orders that it reaches.
    pub(super) fn print(&mut self, instrument: InstrumentId, price: i64) {
        self.book_mut(instrument).last_trade = Some(price);
        if self.planted.is(Bug::FirstPrintSkipsStops) {
            self.skipped.extend(self.reached(instrument, price));
            return;
        }
        for handle in self.reached(instrument, price) {
            self.queue(instrument, handle);
        }
    }

    /// For a bug: queues what the last print of an aggressor reaches, and forgets the others.
    pub(super) fn release_late(&mut self, instrument: InstrumentId) {
        if !self.planted.is(Bug::FirstPrintSkipsStops) {
            return;
        }
        let last = self.book(instrument).last_trade;
        for handle in last.map_or(Vec::new(), |last| self.reached(instrument, last)) {
            self.queue(instrument, handle);
        }
        let skipped = std::mem::take(&mut self.skipped);
        let waits = |&handle: &OrderHandle| {
            self.find(handle)
                .is_some_and(|order| order.place == Place::Waiting)
        };
        self.planted.count(skipped.iter().any(waits));
    }

    fn queue(&mut self, instrument: InstrumentId, handle: OrderHandle) {
        self.order_mut(handle).place = Place::Released;
        self.book_mut(instrument).released.push_back(handle);
    }

    /// Returns the stop orders that a print at `price` reaches: sells from the highest stop price
    /// down, then buys from the lowest up, at one price by their stamps (rule 4.6.3).
    fn reached(&self, instrument: InstrumentId, price: i64) -> Vec<OrderHandle> {
        let mut reached: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument && order.place == Place::Waiting)
            .filter(|order| reaches(price, order))
            .collect();
        reached.sort_by_key(|order| {
            let buys_last = order.side == Side::Buy;
            (
                buys_last,
                badness(order.side, order.stop_price),
                order.stamp,
            )
        });
        reached.into_iter().map(|order| order.handle).collect()
    }

    /// Lets a released stop order execute, or refuses it (rule 4.6.4).
    fn release(&mut self, handle: OrderHandle) {
        let order = self.order_mut(handle);
        order.place = Place::Coming;
        order.triggered = true;
        let order = self.order(handle);
        let refused = self.refusal_of_release(order);
        self.told.push(EventBody::Triggered {
            handle,
            refused,
            durability: order.durability,
        });
        if refused.is_some() {
            self.cancel_order(handle, CancelReason::Refused);
        } else {
            self.take_and_settle(handle);
        }
    }

    /// Lets a mid-peg rest in its list, at the back of its price.
    pub(super) fn peg(&mut self, handle: OrderHandle) {
        let instrument = self.order(handle).instrument;
        let stamp = self.next_stamp(instrument);
        let order = self.order_mut(handle);
        order.place = Place::Parked;
        order.stamp = stamp;
        self.stand(handle);
    }

    /// Puts a peg at the back of the price at which it stands now, or parks it.
    fn stand(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        let instrument = order.instrument;
        let price = self.peg_price(order);
        let listing = self.book_mut(instrument);
        listing.turns_given += 1;
        let turn = listing.turns_given;
        let place = price.map_or(Place::Parked, |price| Place::Standing { price, turn });
        self.order_mut(handle).place = place;
    }

    /// Returns where a mid-peg stands (rule 4.7.4); `None` where it is parked.
    pub(super) fn peg_price(&self, order: &Order) -> Option<i64> {
        let middle = self.book(order.instrument).middle?;
        let cap = order.price?;
        Some(match order.side {
            Side::Buy => middle.buy.min(cap),
            Side::Sell => middle.sell.max(cap),
        })
    }

    /// Computes the reference anew, and moves the pegs where it has moved.
    pub(super) fn move_middle(&mut self, instrument: InstrumentId) {
        let before = self.book(instrument).middle;
        let prices = self.middle_prices(instrument);
        let stamps = self.book(instrument).stamps_given;
        let now = match (before, prices) {
            (_, None) => None,
            (None, Some((buy, sell))) => Some(Middle {
                buy,
                sell,
                buy_fell: false,
                sell_rose: false,
                buy_stamps: stamps,
                sell_stamps: stamps,
            }),
            (Some(before), Some((buy, sell))) => {
                let mut now = before;
                if buy != before.buy {
                    (now.buy, now.buy_fell, now.buy_stamps) = (buy, buy < before.buy, stamps);
                }
                if sell != before.sell {
                    (now.sell, now.sell_rose, now.sell_stamps) = (sell, sell > before.sell, stamps);
                }
                Some(now)
            }
        };
        if now != before {
            self.book_mut(instrument).middle = now;
            self.move_pegs(instrument);
        }
    }

    /// Returns where buys and sells stand; `None` where pegs are parked or there are none (rules
    /// 4.7.3 and 4.7.6).
    fn middle_prices(&self, instrument: InstrumentId) -> Option<(i64, i64)> {
        let has_pegs = self
            .orders
            .iter()
            .any(|order| order.instrument == instrument && order.order_type == OrderType::MidPeg);
        let listing = self.book(instrument);
        if !has_pegs || listing.phase == Phase::Halt {
            return None;
        }
        let bid = self.best(instrument, Side::Buy)?;
        let ask = self.best(instrument, Side::Sell)?;
        let sum = i128::from(bid) + i128::from(ask);
        let tick = i128::from(listing.instrument.tick.get());
        let half = sum.div_euclid(2);
        let (buy, sell) = if sum.rem_euclid(2) == 0 {
            (half, half)
        } else {
            let below = half - half.rem_euclid(tick);
            (below, below + tick)
        };
        let price = |units| i64::try_from(units).expect("it is between two prices");
        Some((price(buy), price(sell)))
    }

    /// Sends the pegs whose price has changed to the back, in the order of their stamps.
    fn move_pegs(&mut self, instrument: InstrumentId) {
        let mut pegs: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument && order.is_pegged())
            .collect();
        pegs.sort_by_key(|order| order.stamp);
        let stays = |order: &Order| {
            let standing = order.standing().map(|(price, _)| price);
            let stays = standing.is_some() && standing == self.peg_price(order);
            self.planted.choose(Bug::PegLosesPlace, stays, || false)
        };
        pegs.retain(|order| !stays(order));
        let moved: Vec<OrderHandle> = pegs.into_iter().map(|order| order.handle).collect();
        for handle in moved {
            self.stand(handle);
        }
    }

    /// Returns the first peg of each side where they stand at one price: the aggressor, which is
    /// the one with the later stamp, and the resting one.
    fn pegs_that_meet(&self, instrument: InstrumentId) -> Option<(OrderHandle, OrderHandle)> {
        let first = |side: Side| {
            self.orders
                .iter()
                .filter(|order| order.instrument == instrument && order.side == side)
                .filter(|order| order.is_pegged())
                .filter_map(|order| Some((order, order.standing()?)))
                .min_by_key(|&(_, (price, turn))| (badness(side.opposite(), price), turn))
        };
        let (buy, (bid, _)) = first(Side::Buy)?;
        let (sell, (ask, _)) = first(Side::Sell)?;
        if bid != ask {
            return None;
        }
        let later_first = if buy.stamp > sell.stamp {
            (buy, sell)
        } else {
            (sell, buy)
        };
        Some((later_first.0.handle, later_first.1.handle))
    }
}

/// Returns whether a trade at `price` reaches the stop price of an order.
const fn reaches(price: i64, order: &Order) -> bool {
    match order.side {
        Side::Buy => price >= order.stop_price,
        Side::Sell => price <= order.stop_price,
    }
}
