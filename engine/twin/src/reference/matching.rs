//! Matching: whom an aggressor meets, what they trade or do not, what becomes of the rest.
//!
//! It must not know why the aggressor comes: entered, replaced or released.

use matchgate_core::domain::{
    CancelReason, EventBody, InstrumentId, OrderHandle, OrderType, Price, Quantity, RestateReason,
    SelfTradePrevention, Side,
};

use super::Reference;
use super::order::{Order, Place, badness, is_within};
use crate::planted::Bug;

/// An order on the scratch paper of a count: its place in the queue, whether it has the identity
/// of the aggressor, what a trade can take of it now, what is behind that, and in which parts.
struct Counted {
    rank: (i128, bool, u64),
    own: bool,
    offered: u64,
    hidden: u64,
    part: u64,
}

impl Reference {
    /// Lets an order that comes take what it can, then decides what becomes of the rest.
    pub(super) fn take_and_settle(&mut self, handle: OrderHandle) {
        let instrument = self.order(handle).instrument;
        let limit = self.limit_of(self.order(handle));
        if let Some(limit) = limit {
            while let Some(resting) = self.next_met(handle, limit) {
                self.meet(handle, resting, limit);
            }
            self.release_late(instrument);
        }
        self.settle(handle, limit);
    }

    /// Returns the limit of an order as it comes, in 1e-9 units; `None` where it can take nothing:
    /// a market order without another side, a parked peg.
    pub(super) fn limit_of(&self, order: &Order) -> Option<i64> {
        let best = || self.best(order.instrument, order.side.opposite());
        match order.order_type {
            OrderType::Limit | OrderType::StopLimit => order.price,
            OrderType::MarketToLimit => order.price.or_else(best),
            OrderType::MidPeg => self.peg_price(order),
            OrderType::Market | OrderType::Stop => {
                let protection = self.book(order.instrument).instrument.protection.get();
                best().map(|best| match (order.side, protection) {
                    (Side::Buy, i64::MAX) => i64::MAX,
                    (Side::Sell, i64::MAX) => i64::MIN,
                    (Side::Buy, _) => best.saturating_add(protection),
                    (Side::Sell, _) => best.saturating_sub(protection),
                })
            }
        }
    }

    /// Returns the best displayed price of a side.
    pub(super) fn best(&self, instrument: InstrumentId, side: Side) -> Option<i64> {
        let best = self.best_displayed(instrument, side);
        let stale = || {
            best.into_iter()
                .chain(self.planted.ghost(instrument, side))
                .min_by_key(|&price| badness(side.opposite(), price))
        };
        self.planted.choose(Bug::StaleBestAfterCancel, best, stale)
    }

    fn best_displayed(&self, instrument: InstrumentId, side: Side) -> Option<i64> {
        self.orders
            .iter()
            .filter(|order| order.instrument == instrument && order.side == side)
            .filter(|order| order.place == Place::Displayed)
            .filter_map(|order| order.price)
            .min_by_key(|&price| badness(side.opposite(), price))
    }

    /// Returns whether an order would take at once; for post-only orders.
    pub(super) fn would_take(&self, order: &Order, limit: i64) -> bool {
        let (instrument, side) = (order.instrument, order.side);
        let takes = self.first_within(instrument, side, limit).is_some();
        self.planted.choose(Bug::PhantomLevel, takes, || {
            let ghost = self.planted.ghost(instrument, side.opposite());
            takes || ghost.is_some_and(|price| is_within(side, price, limit))
        })
    }

    fn next_met(&self, aggressor: OrderHandle, limit: i64) -> Option<OrderHandle> {
        let order = self.find(aggressor).filter(|order| order.leaves() > 0)?;
        let first = self.first_within(order.instrument, order.side, limit)?;
        Some(first.handle)
    }

    /// Returns the order that an aggressor of `side` meets first: the best price first, at one
    /// price displayed orders before pegs, then whose turn is first (rules 4.1.1 and 4.7.4).
    fn first_within(&self, instrument: InstrumentId, side: Side, limit: i64) -> Option<&Order> {
        let resting = || {
            self.orders
                .iter()
                .filter(|order| order.instrument == instrument && order.side != side)
                .filter_map(|order| Some((order, order.standing()?)))
                .filter(|&(_, (price, _))| is_within(side, price, limit))
        };
        let first = resting()
            .min_by_key(|&(order, (price, turn))| (badness(side, price), order.is_pegged(), turn))
            .map(|(order, _)| order.handle);
        let last_first = || {
            resting()
                .min_by_key(|&(order, (price, turn))| {
                    (badness(side, price), order.is_pegged(), u64::MAX - turn)
                })
                .map(|(order, _)| order.handle)
        };
        let first = self.planted.choose(Bug::LastTradesFirst, first, last_first);
        first.and_then(|handle| self.find(handle))
    }

    /// Returns how much of an order could trade at once (rule 4.4.1): the sweep on scratch paper.
    pub(super) fn could_take(&self, order: &Order, limit: i64) -> u64 {
        let keeps_apart = order.self_trade != SelfTradePrevention::None;
        let right = self.counted(order, limit, keeps_apart);
        self.planted
            .choose(Bug::FillOrKillIgnoresSelfTrade, right, || {
                self.counted(order, limit, false)
            })
    }

    fn counted(&self, order: &Order, limit: i64, keeps_apart: bool) -> u64 {
        let mut others: Vec<Counted> = self
            .orders
            .iter()
            .filter(|other| other.instrument == order.instrument && other.side != order.side)
            .filter_map(|other| {
                let (price, turn) = other.standing()?;
                is_within(order.side, price, limit).then(|| Counted {
                    rank: (badness(order.side, price), other.is_pegged(), turn),
                    own: keeps_apart && other.identity() == order.identity(),
                    offered: other.offered(),
                    hidden: other.leaves() - other.offered(),
                    part: other.display_quantity,
                })
            })
            .collect();
        if order.self_trade == SelfTradePrevention::CancelOldest {
            others.retain(|other| !other.own);
        }
        let mut count = 0;
        let mut turn = self.book(order.instrument).stamps_given;
        while let Some(first) = others.iter_mut().min_by_key(|other| other.rank) {
            if count == order.leaves() || first.own {
                break;
            }
            let taken = first.offered.min(order.leaves() - count);
            count += taken;
            turn += 1;
            first.rank.2 = turn;
            first.offered = first.part.min(first.hidden);
            first.hidden -= first.offered;
            others.retain(|other| other.offered > 0);
        }
        count
    }

    /// Lets two orders meet: they trade, or self-trade prevention decides (rule 4.8.1).
    pub(super) fn meet(&mut self, aggressor: OrderHandle, resting: OrderHandle, limit: i64) {
        let (taker, maker) = (self.order(aggressor), self.order(resting));
        let (price, _) = maker.standing().expect("it rests");
        let choice = taker.self_trade;
        if taker.identity() == maker.identity() && choice != SelfTradePrevention::None {
            self.prevent(aggressor, resting, price);
        } else {
            let price = self.planted.choose(Bug::AggressorPrice, price, || limit);
            self.trade(aggressor, resting, price);
        }
    }

    fn trade(&mut self, aggressor: OrderHandle, resting: OrderHandle, price: i64) {
        let (taker, maker) = (self.order(aggressor), self.order(resting));
        let instrument = taker.instrument;
        let quantity = taker.leaves().min(maker.offered());
        self.told.push(EventBody::Traded {
            aggressor,
            resting,
            price: Price::new(price),
            quantity: Quantity::new(quantity),
            aggressor_durability: taker.durability,
            resting_durability: maker.durability,
        });
        self.order_mut(aggressor).executed += quantity;
        let maker = self.order_mut(resting);
        maker.executed += quantity;
        if maker.place == Place::Displayed {
            maker.displayed -= quantity;
        }
        if maker.leaves() == 0 {
            let gone = self.take_out(resting);
            self.haunt(&gone, Bug::PhantomLevel);
        } else {
            self.refresh_if_used_up(resting);
        }
        self.print(instrument, price);
    }

    /// Rules 4.8.2 and 4.8.4.
    fn prevent(&mut self, aggressor: OrderHandle, resting: OrderHandle, price: i64) {
        let (taker, maker) = (self.order(aggressor), self.order(resting));
        let quantity = taker.leaves().min(maker.leaves());
        let choice = taker.self_trade;
        self.told.push(EventBody::SelfTradePrevented {
            aggressor,
            resting,
            price: Price::new(price),
            quantity: Quantity::new(quantity),
            aggressor_durability: taker.durability,
            resting_durability: maker.durability,
        });
        let reason = CancelReason::SelfTradePrevention;
        match choice {
            SelfTradePrevention::None => {}
            SelfTradePrevention::CancelNewest => self.cancel_order(aggressor, reason),
            SelfTradePrevention::CancelOldest => self.cancel_order(resting, reason),
            SelfTradePrevention::CancelBoth => {
                self.cancel_order(resting, reason);
                self.cancel_order(aggressor, reason);
            }
            SelfTradePrevention::Decrement => {
                self.decrement(resting, quantity);
                self.decrement(aggressor, quantity);
            }
        }
    }

    fn decrement(&mut self, handle: OrderHandle, quantity: u64) {
        if self.order(handle).leaves() == quantity {
            return self.cancel_order(handle, CancelReason::SelfTradePrevention);
        }
        let order = self.order_mut(handle);
        order.total -= quantity;
        order.displayed -= quantity.min(order.displayed);
        self.tell_reduced(handle);
        self.refresh_if_used_up(handle);
    }

    /// Displays the next part of an iceberg where it displays nothing more (rule 4.7.1).
    fn refresh_if_used_up(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        if order.place != Place::Displayed || order.displayed > 0 {
            return;
        }
        let (instrument, stamp) = (order.instrument, order.stamp);
        let next = self.next_stamp(instrument);
        let stamp = self.planted.choose(Bug::RefreshKeepsPlace, next, || stamp);
        let order = self.order_mut(handle);
        order.displayed = order.shown_part();
        order.stamp = stamp;
        self.tell_restated(handle, RestateReason::DisplayRefreshed);
    }

    /// Decides what becomes of an order that takes nothing more.
    fn settle(&mut self, handle: OrderHandle, limit: Option<i64>) {
        let Some(order) = self.find(handle) else {
            return;
        };
        if order.leaves() == 0 {
            self.take_out(handle);
            return;
        }
        match order.order_type {
            OrderType::Market | OrderType::Stop => {
                let other = order.side.opposite();
                let reason = match self.best_displayed(order.instrument, other) {
                    Some(_) => CancelReason::PriceProtection,
                    None => CancelReason::MarketRemainder,
                };
                self.cancel_order(handle, reason);
            }
            OrderType::MidPeg => self.peg(handle),
            OrderType::MarketToLimit if order.price.is_none() => {
                self.order_mut(handle).price = limit;
                self.display(handle);
                self.tell_restated(handle, RestateReason::PriceAssigned);
            }
            OrderType::Limit | OrderType::StopLimit | OrderType::MarketToLimit => {
                if order.time_in_force.rests() {
                    self.display(handle);
                } else {
                    self.cancel_order(handle, CancelReason::ImmediateRemainder);
                }
            }
        }
    }

    /// Lets an order rest at its price, at the back.
    fn display(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        let (instrument, side) = (order.instrument, order.side);
        self.planted.lay(instrument, side);
        let stamp = self.next_stamp(instrument);
        let order = self.order_mut(handle);
        order.place = Place::Displayed;
        order.displayed = order.shown_part();
        order.stamp = stamp;
    }

    /// Remembers, for a bug, the level of an order that is gone, where it was the best.
    pub(super) fn haunt(&mut self, gone: &Order, bug: Bug) {
        let (instrument, side) = (gone.instrument, gone.side);
        if !self.planted.is(bug) || gone.place != Place::Displayed {
            return;
        }
        let price = gone.price.expect("it was displayed");
        let best = self.best_displayed(instrument, side);
        let other = side.opposite();
        if best.is_none_or(|best| badness(other, best) > badness(other, price)) {
            self.planted.haunt(instrument, side, price);
        }
    }

    pub(super) fn tell_reduced(&mut self, handle: OrderHandle) {
        let order = self.order(handle);
        self.told.push(EventBody::Reduced {
            handle,
            quantity: Quantity::new(order.total),
            leaves: Quantity::new(order.leaves()),
            durability: order.durability,
        });
    }

    fn tell_restated(&mut self, handle: OrderHandle, reason: RestateReason) {
        let order = self.order(handle);
        self.told.push(EventBody::Restated {
            handle,
            price: Price::new(order.price.unwrap_or(0)),
            displayed: Quantity::new(order.displayed),
            reason,
            durability: order.durability,
        });
    }
}
