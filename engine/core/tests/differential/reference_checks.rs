//! The reference's refusals: every rule as a line, in the order in which they are tried.

use matchgate_core::domain::{
    Cancel, Instrument, InstrumentId, NewOrder, OrderHandle, OrderId, OrderType, Phase, Reduce,
    RejectReason, Replace, Side, TimeInForce,
};

use crate::reference::Reference;

/// Rules in order: whether each is broken, and what that is called.
type Rules = Vec<(bool, RejectReason)>;

fn first_broken(rules: Rules) -> Option<RejectReason> {
    rules
        .into_iter()
        .find_map(|(broken, reason)| broken.then_some(reason))
}

impl Reference {
    pub(crate) fn refusal_of_new(&self, new: &NewOrder) -> Option<RejectReason> {
        let market = new.order_type == OrderType::Market;
        let day = new.time_in_force == TimeInForce::Day;
        let post_only = new.post_only != 0;
        if (market && day) || (post_only && !day) {
            return Some(RejectReason::InvalidCombination);
        }
        let Some(listing) = self.listing(new.instrument) else {
            return Some(RejectReason::UnknownSymbol);
        };
        let limit = (!market).then(|| new.price.get());
        let mut rules = vec![(listing.phase == Phase::Halt, RejectReason::Halted)];
        rules.extend(field_rules(&listing.instrument, limit, new.quantity.get()));
        rules.extend(self.handle_rules(new));
        let would_take = !self.crossed(new.instrument, new.side, limit).is_empty();
        let full = !self.has_level_room(new.instrument, new.side, new.price.get(), None);
        rules.extend([
            (post_only && would_take, RejectReason::PostOnlyWouldTake),
            (market && !would_take, RejectReason::NoLiquidity),
            (day && full, RejectReason::LevelCapacity),
        ]);
        first_broken(rules)
    }

    fn handle_rules(&self, new: &NewOrder) -> Rules {
        let slot = new.handle.slot;
        let is_lent = self.lent.iter().any(|lent| {
            lent.gateway == new.origin.gateway
                && slot >= lent.slot_first
                && u64::from(slot) < u64::from(lent.slot_first) + u64::from(lent.slot_count)
        });
        let lives = self.orders.iter().any(|order| order.handle.slot == slot);
        let last = self.generations.get(slot as usize).copied().unwrap_or(0);
        vec![
            (
                new.account.get() >= self.capacity.accounts,
                RejectReason::UnknownAccount,
            ),
            (
                new.origin.session.get() >= self.capacity.sessions,
                RejectReason::Internal,
            ),
            (!is_lent, RejectReason::SlotNotLent),
            (
                lives || new.handle.generation <= last,
                RejectReason::HandleNotFree,
            ),
        ]
    }

    pub(crate) fn refusal_of_cancel(&self, cancel: &Cancel) -> Option<RejectReason> {
        let Some(at) = self.position(cancel.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let other = cancel.order_id != OrderId::NONE && cancel.order_id != self.orders[at].order_id;
        other.then_some(RejectReason::OrderIdMismatch)
    }

    pub(crate) fn refusal_of_reduce(&self, reduce: &Reduce) -> Option<RejectReason> {
        let Some(at) = self.position(reduce.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let order = &self.orders[at];
        let listing = self.listing(order.instrument).expect("it was accepted");
        let total = reduce.quantity.get();
        let off_lot = !total.is_multiple_of(listing.instrument.lot.get());
        first_broken(vec![
            (total >= order.total, RejectReason::ReduceNotSmaller),
            (
                total > order.executed && off_lot,
                RejectReason::QuantityOffLot,
            ),
        ])
    }

    pub(crate) fn refusal_of_replace(&self, replace: &Replace) -> Option<RejectReason> {
        let Some(at) = self.position(replace.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let order = &self.orders[at];
        let listing = self.listing(order.instrument).expect("it was accepted");
        let price = replace.price.get();
        let total = replace.quantity.get();
        let mut rules = vec![(listing.phase == Phase::Halt, RejectReason::Halted)];
        rules.extend(field_rules(&listing.instrument, Some(price), total));
        if total > order.executed {
            let crossed = self.crossed(order.instrument, order.side, Some(price));
            let handle = Some(replace.handle);
            let full = !self.has_level_room(order.instrument, order.side, price, handle);
            rules.extend([
                (
                    order.post_only && !crossed.is_empty(),
                    RejectReason::PostOnlyWouldTake,
                ),
                (full, RejectReason::LevelCapacity),
            ]);
        }
        first_broken(rules)
    }

    /// Returns whether one side, without the order `moving`, may have an order at `price`.
    fn has_level_room(
        &self,
        instrument: InstrumentId,
        side: Side,
        price: i64,
        moving: Option<OrderHandle>,
    ) -> bool {
        let mut prices: Vec<i64> = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument && order.side == side)
            .filter(|order| Some(order.handle) != moving)
            .map(|order| order.price)
            .chain([price])
            .collect();
        prices.sort_unstable();
        prices.dedup();
        prices.len() <= self.capacity.levels as usize
    }
}

fn field_rules(instrument: &Instrument, limit: Option<i64>, total: u64) -> Rules {
    let mut rules = Vec::new();
    if let Some(price) = limit {
        rules.extend([
            (
                price < instrument.price_min.get(),
                RejectReason::PriceBelowMinimum,
            ),
            (
                price > instrument.price_max.get(),
                RejectReason::PriceAboveMaximum,
            ),
            (
                price % instrument.tick.get() != 0,
                RejectReason::PriceOffTick,
            ),
        ]);
    }
    rules.extend([
        (total == 0, RejectReason::QuantityZero),
        (
            total < instrument.quantity_min.get(),
            RejectReason::QuantityBelowMinimum,
        ),
        (
            total > instrument.quantity_max.get(),
            RejectReason::QuantityAboveMaximum,
        ),
        (
            !total.is_multiple_of(instrument.lot.get()),
            RejectReason::QuantityOffLot,
        ),
    ]);
    if let Some(price) = limit {
        let notional = i128::from(price) * i128::from(total);
        rules.push((
            notional > instrument.notional_max.get() || -notional > instrument.notional_max.get(),
            RejectReason::NotionalAboveMaximum,
        ));
    }
    rules
}
