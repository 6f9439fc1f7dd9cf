//! New orders of every type with every condition, most of them well formed.

use matchgate_core::domain::{
    AccountId, Command, InstrumentId, NewOrder, OrderTerms, OrderType, Price, Quantity,
    SelfTradePrevention, Side, TimeInForce,
};

use super::{Flow, Generator};
use crate::reference::Reference;

const RESTING: [TimeInForce; 6] = [
    TimeInForce::Day,
    TimeInForce::Day,
    TimeInForce::Day,
    TimeInForce::Gtc,
    TimeInForce::Gtd,
    TimeInForce::Gtd,
];
const ALL: [TimeInForce; 5] = [
    TimeInForce::Day,
    TimeInForce::Gtc,
    TimeInForce::Ioc,
    TimeInForce::Fok,
    TimeInForce::Gtd,
];
const CHOICES: [SelfTradePrevention; 8] = [
    SelfTradePrevention::None,
    SelfTradePrevention::None,
    SelfTradePrevention::None,
    SelfTradePrevention::CancelNewest,
    SelfTradePrevention::CancelOldest,
    SelfTradePrevention::CancelBoth,
    SelfTradePrevention::Decrement,
    SelfTradePrevention::Decrement,
];

impl Generator {
    pub(super) fn new_order(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let instrument = self.instrument();
        let order_type = self.order_type();
        let side = self.side_of(order_type);
        let deep = self.flow == Flow::Deep;
        let well_formed = !self.random.one_in(50);
        let time_in_force = match order_type {
            _ if !well_formed => self.random.pick(&ALL),
            OrderType::Market => self.random.pick(&[TimeInForce::Ioc, TimeInForce::Fok]),
            OrderType::Limit if self.random.one_in(if deep { 12 } else { 4 }) => {
                self.random.pick(&[TimeInForce::Ioc, TimeInForce::Fok])
            }
            _ => self.random.pick(&RESTING),
        };
        let fits_post_only = order_type == OrderType::Limit && time_in_force.rests();
        let quantity = self.quantity(instrument);
        let mut order = NewOrder {
            origin,
            handle: self.free_handle(reference, origin.gateway),
            price: self.limit_or_cap(order_type, instrument, side),
            quantity: Quantity::new(quantity),
            instrument,
            account: AccountId(self.owner()),
            side,
            order_type,
            time_in_force,
            post_only: u8::from((fits_post_only || !well_formed) && self.random.one_in(7)),
            self_trade: self.random.pick(&CHOICES),
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        order.terms = self.terms(&order, well_formed);
        let not_read = order.terms != OrderTerms::NONE && self.random.one_in(100);
        let some = order.terms != OrderTerms::NONE || self.random.one_in(10);
        order.terms_given = u8::from(some && !not_read);
        Command::New(order, self.client_order_id())
    }

    /// Returns a side: of pegs mostly one, where many of them are to stand.
    fn side_of(&mut self, order_type: OrderType) -> Side {
        let one_side = self.flow == Flow::Pegs && order_type == OrderType::MidPeg;
        if one_side && !self.random.one_in(4) {
            return Side::Buy;
        }
        self.random.pick(&[Side::Buy, Side::Sell])
    }

    fn order_type(&mut self) -> OrderType {
        let draw = self.random.below(100);
        let ends = match self.flow {
            Flow::Mixed | Flow::Wide => [48, 58, 64, 74, 85],
            Flow::Deep => [80, 84, 86, 90, 95],
            Flow::Pegs => [40, 44, 46, 50, 55],
        };
        match ends.iter().position(|&end| draw < end) {
            Some(0) => OrderType::Limit,
            Some(1) => OrderType::Market,
            Some(2) => OrderType::MarketToLimit,
            Some(3) => OrderType::Stop,
            Some(4) => OrderType::StopLimit,
            _ => OrderType::MidPeg,
        }
    }

    /// Returns a limit, or the cap of a peg: often none, else near where pegs stand.
    pub(super) fn limit_or_cap(
        &mut self,
        order_type: OrderType,
        instrument: InstrumentId,
        side: Side,
    ) -> Price {
        if order_type != OrderType::MidPeg || self.random.one_in(20) {
            return self.price_of(instrument, side);
        }
        match side {
            _ if self.random.one_in(2) => {
                let near = i64::from(self.random.below_u32(5)) - 2;
                Price::new((self.middle + near) * super::tick_of(instrument))
            }
            Side::Buy => Price::MAX,
            Side::Sell => Price::MIN,
        }
    }

    fn terms(&mut self, order: &NewOrder, well_formed: bool) -> OrderTerms {
        let rests = order.time_in_force.rests();
        let shows_part =
            matches!(order.order_type, OrderType::Limit | OrderType::StopLimit) && rests;
        let mut terms = OrderTerms::NONE;
        if order.order_type.is_stop() || (!well_formed && self.random.one_in(6)) {
            terms.stop_price = self.stop_price_of(order.instrument, order.side);
        }
        let may_show_part = shows_part || !well_formed;
        if may_show_part && self.random.one_in(3) {
            terms.display_quantity = self.part(order, 8);
        }
        let may_have_minimum = order.time_in_force == TimeInForce::Ioc || !well_formed;
        if may_have_minimum && self.random.one_in(3) {
            terms.minimum_quantity = self.part(order, u64::MAX);
        }
        let dated = order.time_in_force == TimeInForce::Gtd;
        if dated != (!well_formed && self.random.one_in(6)) {
            terms.expire_time_ns = self.expire_time_ns();
        }
        if self.random.one_in(5) {
            terms.self_trade_group = self.random.below_u32(3);
        }
        if self.random.one_in(400) {
            terms.self_trade_group = self.random.pick(&[1 << 31, u32::MAX, (1 << 31) - 1]);
        }
        terms
    }

    /// Returns a part of an order's quantity, not less than one `parts_max`th; sometimes too much
    /// of it, sometimes no whole lots.
    fn part(&mut self, order: &NewOrder, parts_max: u64) -> Quantity {
        let quantity = order.quantity.get().max(1);
        let least = (quantity / parts_max).max(1);
        let part = least + self.random.below((quantity - least).max(1));
        let lot = if order.instrument.get() == 1 { 2 } else { 1 };
        let part = match self.random.below(40) {
            0 => quantity.saturating_add(lot),
            1 => part,
            2 => quantity,
            _ => part.next_multiple_of(lot),
        };
        Quantity::new(part)
    }

    /// Mostly soon, sometimes too late.
    pub(super) fn expire_time_ns(&mut self) -> u64 {
        match self.random.below(40) {
            0 => self.time_ns,
            1 => self.random.below(self.time_ns),
            2 => self.time_ns + 1,
            3 => u64::MAX,
            _ if self.flow.is_small() => self.time_ns + 1 + self.random.below(1_500),
            _ => self.time_ns + 1 + self.random.below(40_000),
        }
    }
}
