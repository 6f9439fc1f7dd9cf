//! Publications: what downstream systems are told of an event, as owned plain data. They must not
//! know how they travel.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, EventId, InstrumentId, Name, OrderId, OrderType, Phase, Price,
    Quantity, RejectReason, RequestNumber, RestateReason, SessionId, Side, Symbol, TimeInForce,
};

use crate::decimal::decimal_text;

/// Decimal exponent of a price unit: prices are in 1e-9 units.
const PRICE_EXPONENT: i8 = -9;

/// One thing that downstream is told. Publications of one event share its id: at most one fill, one
/// execution for each of its orders and one top of book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Id of the event.
    pub id: EventId,
    /// Event time, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// What happened.
    pub body: PublicationBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationBody {
    /// Two orders traded. One a trade.
    Fill(Fill),
    /// Something happened to one order. Two a trade.
    Execution(Execution),
    /// A command changed the best of a book, or the phase. Told only to sinks that ask for it.
    TopOfBook(TopOfBook),
}

/// What is traded, and in which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// Number of the instrument.
    pub instrument: InstrumentId,
    /// Its symbol.
    pub symbol: Symbol,
    /// A quantity unit is 10^this of the base.
    pub quantity_exponent: i8,
    /// Price step at this event, above 0.
    pub tick: Price,
    /// Quantity step at this event, above 0.
    pub lot: Quantity,
}

impl Product {
    /// Returns a price in ticks; `None` where it is no whole number of them, as that of an order
    /// entered before the tick was changed may be.
    #[must_use]
    pub const fn ticks(&self, price: Price) -> Option<i64> {
        let (price, tick) = (price.get(), self.tick.get());
        match (price.checked_rem(tick), price.checked_div(tick)) {
            (Some(0), ticks) => ticks,
            _ => None,
        }
    }

    /// Returns a quantity, in units, in lots; `None` where it is no whole number of them, as that
    /// of an order entered before the lot was changed may be, or has more of them than an `i64`
    /// holds.
    #[must_use]
    pub fn lots(&self, units: u128) -> Option<i64> {
        let lot = u128::from(self.lot.get());
        match units.checked_rem(lot) {
            Some(0) => i64::try_from(units / lot).ok(),
            Some(_) | None => None,
        }
    }

    /// Returns a quantity as a decimal number of the base.
    #[must_use]
    pub fn quantity_text(&self, quantity: Quantity) -> String {
        decimal_text(i128::from(quantity.get()), self.quantity_exponent)
    }
}

/// Returns a price as a decimal number of the quote currency.
#[must_use]
pub fn price_text(price: Price) -> String {
    decimal_text(i128::from(price.get()), PRICE_EXPONENT)
}

/// Who an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The venue's id of the order; [`OrderId::NONE`] for a refused new order.
    pub order_id: OrderId,
    /// Its account.
    pub account: Name,
    /// The client's id of it; may be none.
    pub client_order_id: ClientOrderId,
    /// Session over which it was entered.
    pub session: SessionId,
    /// Request by which it was entered.
    pub order_request: RequestNumber,
}

/// A trade with both its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What was traded.
    pub product: Product,
    /// Price: the resting order's.
    pub price: Price,
    /// Quantity.
    pub quantity: Quantity,
    /// Side of the aggressor.
    pub aggressor_side: Side,
    /// The incoming order.
    pub aggressor: Party,
    /// The order that was in the book.
    pub resting: Party,
}

/// What happened to one order, and where it stands after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What it is for.
    pub product: Product,
    /// Who it is.
    pub party: Party,
    /// Its side.
    pub side: Side,
    /// Its type.
    pub order_type: OrderType,
    /// How long it works.
    pub time_in_force: TimeInForce,
    /// Its limit price, or cap of a mid-peg; zero where it has none.
    pub price: Price,
    /// Its stop price; zero where it has none.
    pub stop_price: Price,
    /// How much of it is displayed at one time; 0 for all.
    pub display_quantity: Quantity,
    /// When it ends, if it is good till date, nanoseconds since the Unix epoch; else 0.
    pub expire_time_ns: u64,
    /// Its total quantity.
    pub order_quantity: Quantity,
    /// What was traded of it.
    pub cumulative: Quantity,
    /// What is open of it; 0 where it has ended.
    pub leaves: Quantity,
    /// What happened.
    pub kind: ExecutionKind,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionKind {
    /// It was taken.
    Accepted,
    /// It was refused as a new order.
    Rejected(RejectReason),
    /// It traded.
    Traded {
        /// Price of the trade.
        last_price: Price,
        /// Quantity of the trade.
        last_quantity: Quantity,
        /// Whether it was the incoming order.
        is_aggressor: bool,
    },
    /// It was made smaller in place.
    Reduced,
    /// It has a new price or quantity.
    Replaced {
        /// Whether it kept its place in the queue.
        kept_priority: bool,
        /// The client's id of it before.
        original_client_order_id: ClientOrderId,
    },
    /// What was open of it is gone.
    Canceled {
        /// What was open.
        canceled: Quantity,
        /// Why.
        reason: CancelReason,
    },
    /// The end of the day or its expire time has come.
    Expired {
        /// What was open.
        expired: Quantity,
    },
    /// A trade has reached its stop price.
    Triggered {
        /// Why it does not go on, where it does not; its cancel follows.
        refused: Option<RejectReason>,
    },
    /// It has changed on its own.
    Restated {
        /// What it displays now.
        displayed: Quantity,
        /// What is new.
        reason: RestateReason,
    },
    /// A replace changed its stop price, time in force or expire time.
    TermsReplaced,
    /// It met an order of its own identity and did not trade; what that costs it follows.
    TradePrevented {
        /// Price at which it would have traded.
        price: Price,
        /// Quantity that it would have traded.
        quantity: Quantity,
        /// Whether it was the incoming order.
        is_aggressor: bool,
    },
    /// A cancel, reduce or replace of it was refused; it is as before.
    CancelRejected(RejectReason),
}

/// The best of a book after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopOfBook {
    /// Whose book.
    pub product: Product,
    /// The phase that the instrument is in.
    pub phase: Phase,
    /// The best bid; `None` where there is no bid.
    pub bid: Option<TopLevel>,
    /// The best offer; `None` where there is no offer.
    pub ask: Option<TopLevel>,
}

/// A best price and what is open at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopLevel {
    /// Its price.
    pub price: Price,
    /// What is displayed at it, in the instrument's unit.
    pub quantity: u128,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(tick: i64, lot: u64) -> Product {
        Product {
            instrument: InstrumentId(0),
            symbol: Symbol::default(),
            quantity_exponent: 0,
            tick: Price::new(tick),
            lot: Quantity::new(lot),
        }
    }

    #[test]
    fn whole_steps_are_counted_and_nothing_is_cut_off() {
        let product = product(25, 10);
        assert_eq!(product.ticks(Price::new(100)), Some(4));
        assert_eq!(product.ticks(Price::new(-50)), Some(-2));
        assert_eq!(product.ticks(Price::new(0)), Some(0));
        assert_eq!(product.ticks(Price::new(101)), None);
        assert_eq!(product.lots(30), Some(3));
        assert_eq!(product.lots(31), None);
        assert_eq!(product.lots(u128::MAX - 5), None);
        let largest = u128::from(i64::MAX.unsigned_abs());
        assert_eq!(product.lots(largest * 10), Some(i64::MAX));
        assert_eq!(product.lots((largest + 1) * 10), None);
    }
}
