//! Checks: whether an order may be entered, in one fixed order; the first failure is the answer.
//! A check changes nothing.

use super::listing::Listing;
use super::market::Market;
use super::{Shard, index};
use crate::book::Aggressor;
use crate::domain::bounds::{ICEBERG_PARTS_MAX, MID_PEGS_PER_SIDE_MAX};
use crate::domain::{
    NewOrder, OrderTerms, OrderType, Price, Quantity, RejectReason, SelfTradePrevention, Side,
    TimeInForce,
};

/// No limit: beyond every price that an instrument may have.
pub(super) const HIGHEST_TICK: i64 = i64::MAX - 1;
pub(super) const LOWEST_TICK: i64 = i64::MIN + 1;
/// Self-trade groups are below it; identities of groups have this bit, those of accounts have not.
pub(super) const GROUP_BIT: u32 = 1 << 31;

/// A new order that may be entered, its prices in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its limit; of a peg its cap in 1e-9 units; where it has none, anything.
    pub(super) tick: i64,
    /// Of a stop order.
    pub(super) stop_tick: i64,
    /// Whose it is for self-trade prevention.
    pub(super) identity: u32,
}

impl Shard {
    /// Returns the tick of a new limit order without further terms and the pair of its owners, where a
    /// few looks say that it may be entered if its book has what it needs. `None` says that it has to
    /// be checked closely, with [`Self::check_plain`].
    #[inline(always)]
    pub(super) fn glance(&self, order: &NewOrder) -> Option<(i64, u32)> {
        let market = self.markets.get(index(order.instrument))?;
        let tick = market.plain.tick(order.price, order.quantity)?;
        let (origin, handle) = (&order.origin, order.handle);
        let pair = self
            .owners
            .last_pair(origin.session.get(), order.account.get())?;
        let last = self.slab.get(handle.slot)?;
        if last.is_live() || handle.generation <= last.generation {
            return None;
        }
        if self.ledger.lent_to(handle.slot)? != origin.gateway {
            return None;
        }
        Some((tick, pair))
    }

    /// Checks a new limit order without further terms, see [`is_plain`]; returns its tick.
    pub(super) fn check_plain(&self, order: &NewOrder) -> Result<i64, RejectReason> {
        let market = self
            .market(order.instrument)
            .ok_or(RejectReason::UnknownSymbol)?;
        let listing = market.listing.as_ref().ok_or(RejectReason::UnknownSymbol)?;
        listing.check_phase()?;
        let tick = listing.tick(order.price)?;
        listing.check_quantity(order.quantity)?;
        listing.check_notional(order.price, order.quantity)?;
        self.check_owners(order)?;
        self.check_handle(order)?;
        let entry = Entry {
            tick,
            stop_tick: 0,
            identity: order.account.get(),
        };
        self.check_book(market, order, &entry)?;
        Ok(tick)
    }

    /// Checks any new order.
    pub(super) fn check_new(&self, order: &NewOrder) -> Result<Entry, RejectReason> {
        check_combination(order)?;
        let market = self
            .market(order.instrument)
            .ok_or(RejectReason::UnknownSymbol)?;
        let listing = market.listing.as_ref().ok_or(RejectReason::UnknownSymbol)?;
        listing.check_phase()?;
        let entry = self.check_fields_of_new(listing, order)?;
        self.check_owners(order)?;
        self.check_handle(order)?;
        self.check_book(market, order, &entry)?;
        Ok(entry)
    }

    fn check_fields_of_new(
        &self,
        listing: &Listing,
        order: &NewOrder,
    ) -> Result<Entry, RejectReason> {
        let limit = limit_of(order.order_type, order.side, order.price);
        let limit_tick = match limit {
            Some(price) => listing.tick(price)?,
            None => 0,
        };
        let terms = order.terms();
        let stop_tick = if order.order_type.is_stop() {
            listing.tick(terms.stop_price)?
        } else {
            0
        };
        listing.check_quantity(order.quantity)?;
        if order.terms_given != 0 {
            check_parts(listing, order)?;
        }
        let is_gtd = order.time_in_force == TimeInForce::Gtd;
        if is_gtd && terms.expire_time_ns <= self.last_time_ns() {
            return Err(RejectReason::ExpireTimePassed);
        }
        if let Some(price) = limit {
            listing.check_notional(price, order.quantity)?;
        }
        let identity = match terms.self_trade_group {
            0 => order.account.get(),
            group => group | GROUP_BIT,
        };
        let tick = if order.order_type == OrderType::MidPeg {
            order.price.get()
        } else {
            limit_tick
        };
        Ok(Entry {
            tick,
            stop_tick,
            identity,
        })
    }

    fn check_owners(&self, order: &NewOrder) -> Result<(), RejectReason> {
        let (session, account) = (order.origin.session.get(), order.account.get());
        if account as usize >= self.owners.account_count() {
            return Err(RejectReason::UnknownAccount);
        }
        if session as usize >= self.owners.session_count() {
            return Err(RejectReason::Internal);
        }
        if !self.owners.has_room_for(session, account) {
            return Err(RejectReason::OwnerCapacity);
        }
        Ok(())
    }

    fn check_handle(&self, order: &NewOrder) -> Result<(), RejectReason> {
        let slot = order.handle.slot;
        if self.ledger.lent_to(slot) != Some(order.origin.gateway) {
            return Err(RejectReason::SlotNotLent);
        }
        let last = self.slab.order(slot);
        if last.is_live() || order.handle.generation <= last.generation {
            return Err(RejectReason::HandleNotFree);
        }
        Ok(())
    }

    fn check_book(
        &self,
        market: &Market,
        order: &NewOrder,
        entry: &Entry,
    ) -> Result<(), RejectReason> {
        if order.order_type != OrderType::Limit {
            return self.check_book_of_other(market, order, entry);
        }
        let (side, book) = (order.side, &market.book);
        if order.post_only != 0 && book.would_take(&self.slab, side, entry.tick) {
            return Err(RejectReason::PostOnlyWouldTake);
        }
        if order.time_in_force.rests() {
            // Also refused where it would fill at once: to know that costs the whole sweep.
            return self.check_level(market, (side, entry.tick), shown_of(order));
        }
        self.check_immediate(market, order, entry)
    }

    /// Checks what a fill-or-kill order, or one with a minimum quantity, could take.
    fn check_immediate(
        &self,
        market: &Market,
        order: &NewOrder,
        entry: &Entry,
    ) -> Result<(), RejectReason> {
        let is_whole = order.time_in_force == TimeInForce::Fok;
        let minimum = order.terms().minimum_quantity;
        if !is_whole && minimum.is_zero() {
            return Ok(());
        }
        let wanted = if is_whole { order.quantity } else { minimum };
        let limit_tick = if order.order_type == OrderType::Market {
            market_limit(market, order.side)
        } else {
            entry.tick
        };
        let aggressor = Aggressor {
            handle: order.handle,
            durability: order.origin.durability,
            side: order.side,
            self_trade: order.self_trade,
            identity: entry.identity,
            leaves: order.quantity.get(),
            limit_tick,
            limit: Price::new(limit_tick.saturating_mul(market.book.tick_size())),
        };
        if market.book.can_take(&self.slab, &aggressor, wanted.get()) {
            Ok(())
        } else if is_whole {
            Err(RejectReason::FillOrKillUnfilled)
        } else {
            Err(RejectReason::MinimumQuantityUnfilled)
        }
    }

    /// Checks that an order that may come to show `shown` may be displayed at a tick of a side.
    #[inline]
    fn check_level(
        &self,
        market: &Market,
        (side, tick): (Side, i64),
        shown: u64,
    ) -> Result<(), RejectReason> {
        if !market.book.side(side).has_room_at(tick) {
            return Err(RejectReason::LevelCapacity);
        }
        if market.listing.as_ref().is_some_and(Listing::sums_fit) {
            return Ok(());
        }
        self.check_sum(market, (side, tick), shown, None)
    }

    /// Checks that what the orders at a tick may come to show fits a sum with `shown` more, the
    /// order in slot `without` left out. It looks at each: for instruments whose largest quantity,
    /// times all orders, would not fit.
    #[cold]
    pub(super) fn check_sum(
        &self,
        market: &Market,
        (side, tick): (Side, i64),
        shown: u64,
        without: Option<u32>,
    ) -> Result<(), RejectReason> {
        let level = market.book.side(side).level_at(tick);
        let sum = level
            .slots(&self.slab)
            .filter(|&slot| Some(slot) != without)
            .try_fold(shown, |sum, slot| sum.checked_add(self.shown_at_most(slot)));
        sum.map(|_| ()).ok_or(RejectReason::LevelQuantity)
    }

    /// Returns how much of a displayed order may come to be shown at one time.
    pub(super) fn shown_at_most(&self, slot: u32) -> u64 {
        let leaves = self.slab.order(slot).leaves;
        if self.ledger.details(slot).traits.has_terms() {
            shown(&self.slab.terms(slot).given, leaves)
        } else {
            leaves
        }
    }

    fn check_book_of_other(
        &self,
        market: &Market,
        order: &NewOrder,
        entry: &Entry,
    ) -> Result<(), RejectReason> {
        let (side, book) = (order.side, &market.book);
        match order.order_type {
            OrderType::Market => {
                if book.side(side.opposite()).is_empty() {
                    return Err(RejectReason::NoLiquidity);
                }
                self.check_immediate(market, order, entry)
            }
            OrderType::MarketToLimit => {
                let best = book.side(side.opposite()).best_tick();
                let tick = best.ok_or(RejectReason::NoLiquidity)?;
                self.check_level(market, (side, tick), order.quantity.get())
            }
            OrderType::Stop | OrderType::StopLimit => {
                let waits = !book.is_reached(side, entry.stop_tick);
                if waits && !book.stops(side).has_room_at(entry.stop_tick) {
                    return Err(RejectReason::LevelCapacity);
                }
                Ok(())
            }
            OrderType::MidPeg => {
                if book.pegs().count(side) as usize >= MID_PEGS_PER_SIDE_MAX {
                    return Err(RejectReason::PegCapacity);
                }
                Ok(())
            }
            OrderType::Limit => Ok(()),
        }
    }

    /// Checks a stop order that is released: the limits of its instrument may have changed since
    /// it was entered, and the book has.
    pub(super) fn check_released(&self, slot: u32) -> Result<(), RejectReason> {
        let order = self.slab.order(slot);
        let details = self.ledger.details(slot);
        let market = &self.markets[order.instrument as usize];
        let listing = market.listing.as_ref().ok_or(RejectReason::UnknownSymbol)?;
        let quantity = Quantity::new(order.order_quantity);
        let terms = self.slab.terms(slot);
        if details.traits.order_type() != OrderType::StopLimit {
            listing.check_quantity(quantity)?;
            let opposite = market.book.side(order.side.opposite());
            let finds = !opposite.is_empty();
            return finds.then_some(()).ok_or(RejectReason::NoLiquidity);
        }
        let price = market.book.price(terms.limit_tick);
        listing.tick(price)?;
        listing.check_quantity(quantity)?;
        listing.check_notional(price, quantity)?;
        let shown = shown(&terms.given, order.leaves);
        self.check_level(market, (order.side, terms.limit_tick), shown)
    }
}

/// Returns the limit tick of a market order of `side`: the other side's best, and as far beyond as
/// the instrument's protection goes. Some order is displayed there.
pub(super) fn market_limit(market: &Market, side: Side) -> i64 {
    let unbounded = match side {
        Side::Buy => HIGHEST_TICK,
        Side::Sell => LOWEST_TICK,
    };
    let best = market.book.side(side.opposite()).best_tick();
    let (Some(best), Some(listing)) = (best, &market.listing) else {
        return unbounded;
    };
    let protection = listing.instrument.protection;
    if protection == Price::MAX {
        return unbounded;
    }
    // Whole ticks within it.
    let ticks = protection.get() / market.book.tick_size();
    match side {
        Side::Buy => best.saturating_add(ticks).min(HIGHEST_TICK),
        Side::Sell => best.saturating_sub(ticks).max(LOWEST_TICK),
    }
}

/// Returns whether an order is a limit order without further terms whose time in force and
/// post-only go together: what nearly every order is, and nothing that has to be looked up.
#[inline]
pub(super) fn is_plain(order: &NewOrder) -> bool {
    order.order_type == OrderType::Limit
        && order.terms_given == 0
        && order.time_in_force != TimeInForce::Gtd
        && (order.post_only == 0 || order.time_in_force.rests())
}

/// Returns the limit of an order at `price`; `None` where it has none.
#[inline]
pub(super) fn limit_of(order_type: OrderType, side: Side, price: Price) -> Option<Price> {
    match order_type {
        OrderType::Limit | OrderType::StopLimit => Some(price),
        OrderType::MidPeg => {
            let no_cap = match side {
                Side::Buy => Price::MAX,
                Side::Sell => Price::MIN,
            };
            (price != no_cap).then_some(price)
        }
        OrderType::Market | OrderType::MarketToLimit | OrderType::Stop => None,
    }
}

/// Returns how much of `leaves` an order with `terms` displays at first.
#[inline]
pub(super) fn shown(terms: &OrderTerms, leaves: u64) -> u64 {
    match terms.display_quantity.get() {
        0 => leaves,
        display => display.min(leaves),
    }
}

#[inline]
fn shown_of(order: &NewOrder) -> u64 {
    shown(order.terms(), order.quantity.get())
}

fn check_parts(listing: &Listing, order: &NewOrder) -> Result<(), RejectReason> {
    let terms = &order.terms;
    let is_part = |part| part <= order.quantity && listing.is_on_lot(part);
    if !is_part(terms.display_quantity) {
        return Err(RejectReason::DisplayQuantityInvalid);
    }
    check_part_count(terms.display_quantity, order.quantity)?;
    if !is_part(terms.minimum_quantity) {
        return Err(RejectReason::MinimumQuantityInvalid);
    }
    Ok(())
}

/// Checks that an order is displayed in no more parts than it may have.
pub(super) fn check_part_count(display: Quantity, quantity: Quantity) -> Result<(), RejectReason> {
    let shown_in_all = display.get().saturating_mul(ICEBERG_PARTS_MAX);
    if !display.is_zero() && shown_in_all < quantity.get() {
        Err(RejectReason::DisplayQuantityInvalid)
    } else {
        Ok(())
    }
}

fn check_combination(order: &NewOrder) -> Result<(), RejectReason> {
    let terms = order.terms();
    let time_in_force = order.time_in_force;
    let rests = time_in_force.rests();
    let is_limit = order.order_type == OrderType::Limit;
    let time_fits = match order.order_type {
        OrderType::Market => !rests,
        OrderType::Limit => true,
        OrderType::MarketToLimit | OrderType::Stop | OrderType::StopLimit | OrderType::MidPeg => {
            rests
        }
    };
    let may_display = rests && (is_limit || order.order_type == OrderType::StopLimit);
    let is_gtd = time_in_force == TimeInForce::Gtd;
    let takes_minimum = time_in_force == TimeInForce::Ioc;
    let fits = time_fits
        && (order.post_only == 0 || (is_limit && rests))
        && (terms.display_quantity.is_zero() || may_display)
        && (terms.minimum_quantity.is_zero() || takes_minimum)
        && (terms.stop_price == Price::default() || order.order_type.is_stop())
        && (terms.expire_time_ns == 0 || is_gtd)
        && terms.self_trade_group < GROUP_BIT;
    fits.then_some(()).ok_or(RejectReason::InvalidCombination)
}

/// Keeps the identity of an account apart from that of a group.
const _: () = assert!(crate::capacity::ShardCapacity::OWNERS_MAX < GROUP_BIT);
/// A `SelfTradePrevention` of zero bytes is none.
const _: () = assert!(SelfTradePrevention::None as u8 == 0);

impl Shard {
    /// Returns the market in which a live order is.
    #[inline]
    pub(super) fn market_of(&self, slot: u32) -> usize {
        index(crate::domain::InstrumentId(
            self.slab.order(slot).instrument,
        ))
    }
}
