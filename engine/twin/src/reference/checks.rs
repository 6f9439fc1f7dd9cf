//! The reference's refusals: every rule as a line, in the order in which they are tried.
//!
//! A check changes nothing.

use matchgate_core::domain::bounds::MID_PEGS_PER_SIDE_MAX;
use matchgate_core::domain::{
    AccountId, Cancel, Instrument, NewOrder, OrderId, OrderType, Phase, Reduce, RejectReason,
    Replace, SessionId, TimeInForce,
};

use super::Reference;
use super::order::{Order, Place, given_terms};

/// A refusal, where there is one.
type Refusal = Option<RejectReason>;

/// Groups are below this, so that what tells them from accounts fits beside them.
const SELF_TRADE_GROUP_END: u32 = 1 << 31;

/// Returns the reason of the first rule that is broken.
fn first_broken<const RULES: usize>(rules: [(bool, RejectReason); RULES]) -> Refusal {
    rules
        .into_iter()
        .find_map(|(broken, reason)| broken.then_some(reason))
}

impl Reference {
    /// Returns why a new order is refused; `order` is what it asks for.
    pub(super) fn refusal_of_new(&self, new: &NewOrder, order: &Order) -> Refusal {
        if !goes_together(new, order) {
            return Some(RejectReason::InvalidCombination);
        }
        let Some(listing) = self.listing(new.instrument) else {
            return Some(RejectReason::UnknownSymbol);
        };
        if listing.phase == Phase::Halt {
            return Some(RejectReason::Halted);
        }
        let instrument = &listing.instrument;
        let stop_price = order.order_type.is_stop().then_some(order.stop_price);
        price_refusal(instrument, order.checked_price())
            .or_else(|| price_refusal(instrument, stop_price))
            .or_else(|| quantity_refusal(instrument, order.total))
            .or_else(|| self.refusal_of_terms(new, instrument))
            .or_else(|| notional_refusal(instrument, order))
            .or_else(|| self.refusal_of_handle(new))
            .or_else(|| self.refusal_by_book(order, new.terms().minimum_quantity.get()))
    }

    fn refusal_of_terms(&self, new: &NewOrder, instrument: &Instrument) -> Refusal {
        let terms = new.terms();
        let lot = instrument.lot.get();
        let wrong = |part: u64| part > new.quantity.get() || !part.is_multiple_of(lot);
        let dated = new.time_in_force == TimeInForce::Gtd;
        first_broken([
            (
                wrong(terms.display_quantity.get())
                    || has_too_many_parts(terms.display_quantity.get(), new.quantity.get()),
                RejectReason::DisplayQuantityInvalid,
            ),
            (
                wrong(terms.minimum_quantity.get()),
                RejectReason::MinimumQuantityInvalid,
            ),
            (
                dated && terms.expire_time_ns <= self.time_ns,
                RejectReason::ExpireTimePassed,
            ),
        ])
    }

    /// Rule 4.3.1, and whose the order and its slot are.
    fn refusal_of_handle(&self, new: &NewOrder) -> Refusal {
        let slot = new.handle.slot;
        let is_lent = self.lent.iter().any(|lent| {
            lent.gateway == new.origin.gateway
                && slot >= lent.slot_first
                && u64::from(slot) < u64::from(lent.slot_first) + u64::from(lent.slot_count)
        });
        let lives = self.orders.iter().any(|order| order.handle.slot == slot);
        first_broken([
            (
                new.account.get() >= self.capacity.accounts,
                RejectReason::UnknownAccount,
            ),
            (
                new.origin.session.get() >= self.capacity.sessions,
                RejectReason::Internal,
            ),
            (
                self.is_pair_beyond(new.origin.session, new.account),
                RejectReason::OwnerCapacity,
            ),
            (!is_lent, RejectReason::SlotNotLent),
            (
                lives || new.handle.generation <= self.generation(slot),
                RejectReason::HandleNotFree,
            ),
        ])
    }

    /// Returns whether a session and an account are one pair more than there may ever be: all that
    /// can be, or twice what all owners and orders are.
    fn is_pair_beyond(&self, session: SessionId, account: AccountId) -> bool {
        let [sessions, accounts, orders] = [
            self.capacity.sessions,
            self.capacity.accounts,
            self.capacity.orders,
        ]
        .map(u64::from);
        let pairs_max = (sessions * accounts).min(2 * (sessions + accounts + orders));
        let is_full = self.pairs.len() as u64 >= pairs_max;
        is_full && !self.pairs.contains(&(session, account))
    }

    fn refusal_by_book(&self, order: &Order, minimum: u64) -> Refusal {
        match order.order_type {
            OrderType::Stop | OrderType::StopLimit => self.refusal_by_stops(order),
            OrderType::MidPeg => {
                let pegs = self.orders.iter().filter(|other| {
                    other.order_type == OrderType::MidPeg
                        && (other.instrument, other.side) == (order.instrument, order.side)
                });
                (pegs.count() >= MID_PEGS_PER_SIDE_MAX).then_some(RejectReason::PegCapacity)
            }
            OrderType::Limit | OrderType::Market | OrderType::MarketToLimit => {
                let Some(limit) = self.limit_of(order) else {
                    return Some(RejectReason::NoLiquidity);
                };
                let enough = |enough: u64| enough == 0 || self.could_take(order, limit) >= enough;
                let kills = order.time_in_force == TimeInForce::Fok;
                let rests = order.time_in_force.rests();
                first_broken([
                    (
                        order.post_only && self.would_take(order, limit),
                        RejectReason::PostOnlyWouldTake,
                    ),
                    (
                        kills && !enough(order.total),
                        RejectReason::FillOrKillUnfilled,
                    ),
                    (!enough(minimum), RejectReason::MinimumQuantityUnfilled),
                ])
                .or_else(|| {
                    rests
                        .then(|| self.refusal_by_level(order, limit, order.shown_part()))
                        .flatten()
                })
            }
        }
    }

    /// Returns why a side has no room for `shown` of an order at `price`: for another level, or
    /// for the sum at the price. The order itself, where it is in the book, does not count.
    fn refusal_by_level(&self, order: &Order, price: i64, shown: u64) -> Refusal {
        let others = || {
            self.orders
                .iter()
                .filter(|other| other.place == Place::Displayed && other.handle != order.handle)
                .filter(|other| (other.instrument, other.side) == (order.instrument, order.side))
        };
        let prices = others().filter_map(|other| other.price).chain([price]);
        let at_price = others().filter(|other| other.price == Some(price));
        let sum = u128::from(shown)
            + at_price
                .map(|other| u128::from(other.shown_part()))
                .sum::<u128>();
        first_broken([
            (self.is_beyond_levels(prices), RejectReason::LevelCapacity),
            (sum > u128::from(u64::MAX), RejectReason::LevelQuantity),
        ])
    }

    /// Returns why a stop order cannot wait; one that is released as it comes need not.
    fn refusal_by_stops(&self, order: &Order) -> Refusal {
        if self.is_reached(order) {
            return None;
        }
        let others = self
            .orders
            .iter()
            .filter(|other| other.place == Place::Waiting && other.handle != order.handle)
            .filter(|other| (other.instrument, other.side) == (order.instrument, order.side));
        let prices = others.map(|other| other.stop_price);
        self.is_beyond_levels(prices.chain([order.stop_price]))
            .then_some(RejectReason::LevelCapacity)
    }

    fn is_beyond_levels(&self, prices: impl Iterator<Item = i64>) -> bool {
        let mut prices: Vec<i64> = prices.collect();
        prices.sort_unstable();
        prices.dedup();
        prices.len() > self.capacity.levels as usize
    }

    /// Returns why a released stop order does not go on (rule 4.6.4).
    pub(super) fn refusal_of_release(&self, order: &Order) -> Refusal {
        let instrument = &self.book(order.instrument).instrument;
        price_refusal(instrument, order.price)
            .or_else(|| quantity_refusal(instrument, order.total))
            .or_else(|| notional_refusal(instrument, order))
            .or_else(|| match self.limit_of(order) {
                None => Some(RejectReason::NoLiquidity),
                Some(_) if order.order_type == OrderType::Stop => None,
                Some(limit) => self.refusal_by_level(order, limit, order.shown_part()),
            })
    }

    pub(super) fn refusal_of_cancel(&self, cancel: &Cancel) -> Refusal {
        let Some(order) = self.find(cancel.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let other = cancel.order_id != OrderId::NONE && cancel.order_id != order.order_id;
        other.then_some(RejectReason::OrderIdMismatch)
    }

    pub(super) fn refusal_of_reduce(&self, reduce: &Reduce) -> Refusal {
        let Some(order) = self.find(reduce.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let total = reduce.quantity.get();
        let lot = self.book(order.instrument).instrument.lot.get();
        first_broken([
            (total >= order.total, RejectReason::ReduceNotSmaller),
            (
                total > order.executed && !total.is_multiple_of(lot),
                RejectReason::QuantityOffLot,
            ),
        ])
    }

    pub(super) fn refusal_of_replace(&self, replace: &Replace) -> Refusal {
        let Some(order) = self.find(replace.handle) else {
            return Some(RejectReason::OrderNotLive);
        };
        let listing = self.book(order.instrument);
        let instrument = &listing.instrument;
        if listing.phase == Phase::Halt {
            return Some(RejectReason::Halted);
        }
        let terms = given_terms(replace);
        let asked = order.replaced_by(replace);
        let gives_stop = terms.stop_price_given != 0;
        let rests = TimeInForce::from_number(terms.time_in_force).is_some_and(TimeInForce::rests);
        let dated = terms.time_in_force == TimeInForce::Gtd as u8;
        let mut checked = asked.clone();
        checked.total = replace.quantity.get();
        first_broken([
            (
                gives_stop && order.place != Place::Waiting,
                RejectReason::InvalidCombination,
            ),
            (
                terms.time_in_force != 0 && !rests,
                RejectReason::InvalidCombination,
            ),
            (
                terms.expire_time_ns != 0 && !dated,
                RejectReason::InvalidCombination,
            ),
            (
                dated && terms.expire_time_ns <= self.time_ns,
                RejectReason::ExpireTimePassed,
            ),
        ])
        .or_else(|| price_refusal(instrument, checked.checked_price()))
        .or_else(|| price_refusal(instrument, gives_stop.then_some(checked.stop_price)))
        .or_else(|| quantity_refusal(instrument, checked.total))
        .or_else(|| notional_refusal(instrument, &checked))
        .or_else(|| {
            has_too_many_parts(order.display_quantity, checked.total)
                .then_some(RejectReason::DisplayQuantityInvalid)
        })
        .or_else(|| {
            (asked.leaves() > 0)
                .then(|| self.refusal_of_move(order, &asked))
                .flatten()
        })
    }

    fn refusal_of_move(&self, order: &Order, asked: &Order) -> Refusal {
        match (order.place, asked.price) {
            (Place::Waiting, _) => self.refusal_by_stops(asked),
            (Place::Displayed, Some(price)) => {
                let stays = asked.keeps_place_of(order);
                let shown = if stays {
                    order.displayed.min(asked.leaves())
                } else {
                    asked.shown_part()
                };
                let takes = order.post_only && self.would_take(order, price);
                first_broken([(takes, RejectReason::PostOnlyWouldTake)])
                    .or_else(|| self.refusal_by_level(asked, price, shown))
            }
            _ => None,
        }
    }
}

/// Rules 4.4.3 and 4.4.6.
fn goes_together(new: &NewOrder, order: &Order) -> bool {
    let minimum = new.terms().minimum_quantity.get();
    let time_in_force = new.time_in_force;
    let rests = time_in_force.rests();
    let limit = new.order_type == OrderType::Limit;
    let fits_type = match new.order_type {
        OrderType::Market => !rests,
        OrderType::Limit => true,
        OrderType::MarketToLimit | OrderType::Stop | OrderType::StopLimit | OrderType::MidPeg => {
            rests
        }
    };
    fits_type
        && (!order.post_only || (limit && rests))
        && (order.display_quantity == 0
            || ((limit || new.order_type == OrderType::StopLimit) && rests))
        && (minimum == 0 || time_in_force == TimeInForce::Ioc)
        && (order.stop_price == 0 || new.order_type.is_stop())
        && (order.expire_time_ns == 0 || time_in_force == TimeInForce::Gtd)
        && order.self_trade_group < SELF_TRADE_GROUP_END
}

fn price_refusal(instrument: &Instrument, price: Option<i64>) -> Refusal {
    let price = price?;
    first_broken([
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
    ])
}

fn quantity_refusal(instrument: &Instrument, total: u64) -> Refusal {
    first_broken([
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
    ])
}

fn notional_refusal(instrument: &Instrument, order: &Order) -> Refusal {
    let price = order.checked_price()?;
    let notional = i128::from(price) * i128::from(order.total);
    let above = notional.unsigned_abs() > instrument.notional_max.get().unsigned_abs();
    above.then_some(RejectReason::NotionalAboveMaximum)
}

/// Rule 4.7.1: an iceberg is displayed in a thousand parts at the most.
fn has_too_many_parts(display: u64, quantity: u64) -> bool {
    display > 0 && u128::from(quantity) > u128::from(display) * 1_000
}
