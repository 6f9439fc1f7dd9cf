//! A live order of the reference, and what follows from it alone.
//!
//! It must not know other orders.

use matchgate_core::domain::{
    AccountId, ClientOrderId, Durability, GatewayId, InstrumentId, NewOrder, OrderHandle, OrderId,
    OrderType, Replace, ReplaceTerms, RequestNumber, SelfTradePrevention, SessionId, Side,
    TimeInForce,
};

/// Where a live order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It comes, or comes again: it is the aggressor.
    Coming,
    /// In the book, displayed.
    Displayed,
    /// A stop order that waits for its stop price.
    Waiting,
    /// A stop order that was released and has not executed yet.
    Released,
    /// A mid-peg without a reference.
    Parked,
    /// A mid-peg that stands at a price.
    Standing {
        /// The price.
        price: i64,
        /// Its turn among those at the price.
        turn: u64,
    },
}

/// A live order. Prices in 1e-9 units, quantities in the instrument's unit.
#[derive(Clone, Debug)]
pub struct Order {
    /// Slot and generation.
    pub handle: OrderHandle,
    /// The venue's id.
    pub order_id: OrderId,
    /// Its number among the orders that its book has taken.
    pub number: u64,
    /// Request that entered it.
    pub request: RequestNumber,
    /// Session that entered it.
    pub session: SessionId,
    /// Gateway of that session.
    pub gateway: GatewayId,
    /// When reports of it may leave.
    pub durability: Durability,
    /// For whom.
    pub account: AccountId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order.
    pub order_type: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Whether it refuses to take.
    pub post_only: bool,
    /// What happens where it meets an order of its own identity.
    pub self_trade: SelfTradePrevention,
    /// Whether it was given further terms, as it was entered or by a replace.
    pub has_terms: bool,
    /// Price of a trade that releases it; 0 where it has none.
    pub stop_price: i64,
    /// How much is displayed at one time; 0 for all.
    pub display_quantity: u64,
    /// When it ends; 0 where it has no such time.
    pub expire_time_ns: u64,
    /// Its group; 0 for none.
    pub self_trade_group: u32,
    /// Whether a stop order was released.
    pub triggered: bool,
    /// Limit price, or cap of a peg; `None` where it has none.
    pub price: Option<i64>,
    /// Order quantity, the executed part included.
    pub total: u64,
    /// Executed so far.
    pub executed: u64,
    /// What is displayed now.
    pub displayed: u64,
    /// Priority stamp; 0 before it has one.
    pub stamp: u64,
    /// The client's id now.
    pub client_order_id: ClientOrderId,
    /// Where it is.
    pub place: Place,
}

impl Order {
    /// Returns the order that a new order asks for.
    pub(crate) fn asked_for(new: &NewOrder, client_order_id: ClientOrderId) -> Self {
        let terms = new.terms();
        let price = match new.order_type {
            OrderType::Limit | OrderType::StopLimit | OrderType::MidPeg => Some(new.price.get()),
            OrderType::Market | OrderType::Stop | OrderType::MarketToLimit => None,
        };
        Self {
            handle: new.handle,
            order_id: OrderId::NONE,
            number: 0,
            request: new.origin.request,
            session: new.origin.session,
            gateway: new.origin.gateway,
            durability: new.origin.durability,
            account: new.account,
            instrument: new.instrument,
            side: new.side,
            order_type: new.order_type,
            time_in_force: new.time_in_force,
            post_only: new.post_only != 0,
            self_trade: new.self_trade,
            has_terms: new.terms_given != 0,
            stop_price: terms.stop_price.get(),
            display_quantity: terms.display_quantity.get(),
            expire_time_ns: terms.expire_time_ns,
            self_trade_group: terms.self_trade_group,
            triggered: false,
            price,
            total: new.quantity.get(),
            executed: 0,
            displayed: 0,
            stamp: 0,
            client_order_id,
            place: Place::Coming,
        }
    }

    /// Returns the order that a replace asks for, still in its place (rules 4.2.1 and 4.2.2).
    pub(crate) fn replaced_by(&self, replace: &Replace) -> Self {
        let terms = given_terms(replace);
        let mut order = self.clone();
        order.has_terms |= terms.are_given();
        order.price = self.price.map(|_| replace.price.get());
        order.total = replace.quantity.get().max(self.executed);
        if terms.stop_price_given != 0 {
            order.stop_price = terms.stop_price.get();
        }
        if let Some(time_in_force) = TimeInForce::from_number(terms.time_in_force) {
            order.time_in_force = time_in_force;
            order.expire_time_ns = terms.expire_time_ns;
        }
        order
    }

    /// Returns whether it, being what a replace asks of `before`, keeps its place (rule 4.2.1).
    pub(crate) fn keeps_place_of(&self, before: &Self) -> bool {
        self.price == before.price
            && self.stop_price == before.stop_price
            && self.total <= before.total
    }

    /// Returns what is open.
    #[must_use]
    pub const fn leaves(&self) -> u64 {
        self.total - self.executed
    }

    /// Returns who it is to self-trade prevention: equal for orders of one identity (rule 4.8.1).
    #[must_use]
    pub const fn identity(&self) -> (bool, u32) {
        match self.self_trade_group {
            0 => (false, self.account.get()),
            group => (true, group),
        }
    }

    /// Returns its price and its turn there, where an aggressor can meet it.
    #[must_use]
    pub const fn standing(&self) -> Option<(i64, u64)> {
        match (self.place, self.price) {
            (Place::Displayed, Some(price)) => Some((price, self.stamp)),
            (Place::Standing { price, turn }, _) => Some((price, turn)),
            _ => None,
        }
    }

    /// Returns whether it is a mid-peg in its list, parked or not.
    #[must_use]
    pub const fn is_pegged(&self) -> bool {
        matches!(self.place, Place::Parked | Place::Standing { .. })
    }

    /// Returns how much one trade can take of it: of an iceberg what it displays.
    #[must_use]
    pub const fn offered(&self) -> u64 {
        if self.is_pegged() {
            self.leaves()
        } else {
            self.displayed
        }
    }

    /// Returns what it displays where it begins to rest, or is refreshed (rule 4.7.1).
    #[must_use]
    pub const fn shown_part(&self) -> u64 {
        let leaves = self.leaves();
        if self.display_quantity == 0 || self.display_quantity >= leaves {
            leaves
        } else {
            self.display_quantity
        }
    }

    /// Returns its limit for the checks of the instrument: none for an order without a price and
    /// for a peg without a cap.
    #[must_use]
    pub fn checked_price(&self) -> Option<i64> {
        let uncapped = match self.side {
            Side::Buy => i64::MAX,
            Side::Sell => i64::MIN,
        };
        self.price
            .filter(|&price| self.order_type != OrderType::MidPeg || price != uncapped)
    }
}

/// Returns the terms of a replace; none where it gives none.
pub(crate) const fn given_terms(replace: &Replace) -> &ReplaceTerms {
    if replace.terms.are_given() {
        &replace.terms
    } else {
        &ReplaceTerms::NONE
    }
}

/// Returns whether an aggressor of `side` with `limit` takes at `price`.
pub(crate) const fn is_within(side: Side, price: i64, limit: i64) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// Returns a number that is the higher the worse `price` is for an aggressor of `side`.
pub(crate) fn badness(side: Side, price: i64) -> i128 {
    match side {
        Side::Buy => i128::from(price),
        Side::Sell => -i128::from(price),
    }
}
