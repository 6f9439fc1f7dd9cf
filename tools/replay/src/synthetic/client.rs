//! One client of a synthetic session: an endless stream of actions.
//!
//! It keeps the orders that it has entered, not canceled, and not been told the end of, and picks
//! from those what it cancels, replaces and reduces. It must not know a connection, nor judge an
//! answer.

use std::collections::HashMap;

use matchgate_core::domain::{
    ClientOrderId, MassCancelScope, OrderType, Price, Quantity, RejectReason, RequestNumber,
    SelfTradePrevention, Side, Symbol, TimeInForce,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecType, ExecutionReport, MassCancelRequest, NewOrderRequest,
    OrderTarget, ReduceRequest, ReplaceRequest,
};

use super::answer::{ExpectedAnswer, is_end};
use super::market::{DISTANCE_TICKS_MAX, Market, SyntheticInstrument};
use super::random::Random;
use crate::error::ReplayError;

/// Parts in which shares are counted.
const SHARES_TOTAL: u32 = 1_000;
/// Share of each kind of action, in thousandths.
const SHARES: [(Choice, u32); 8] = [
    (Choice::Churn, 830),
    (Choice::Replace, 50),
    (Choice::Reduce, 40),
    (Choice::Take, 30),
    (Choice::Market, 10),
    (Choice::OffTick, 14),
    (Choice::DuplicateId, 13),
    (Choice::UnknownOrder, 13),
];
/// A client that has fewer live orders than its bound less one of this many parts does not
/// cancel; between there and the bound it cancels the likelier, the more it has.
const BAND_PARTS: usize = 8;
/// One of this many passive orders is post-only.
const POST_ONLY_PARTS: u32 = 8;
/// Quantities are from 1 to this.
const QUANTITY_MAX: u32 = 500;
/// How far beyond the mid an immediate-or-cancel order reaches, in ticks.
const REACH_TICKS_MAX: u32 = 4;
/// Purposes of the random streams below it are the market's.
const PURPOSE_CLIENTS: u64 = 1 << 32;

/// What a synthetic session is made of.
#[derive(Clone, Debug)]
pub struct SyntheticOptions {
    /// Equal seeds make equal sessions.
    pub seed: u64,
    /// What is traded; at least one.
    pub instruments: Vec<SyntheticInstrument>,
    /// Orders that one client has entered, not canceled, and not been told the end of, at the most
    /// and but for its anchor; at least 1. It stays a little below.
    pub live_orders_max: usize,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// Enters the client's anchor: a bid at the lowest price, whose client order id stays in use.
    Anchor,
    /// Enters a limit order beside the mid.
    Passive,
    /// The same, refused rather than take.
    PostOnly,
    /// Cancels an order.
    Cancel,
    /// Gives an order a new price and quantity.
    Replace,
    /// Makes an order smaller.
    Reduce,
    /// Takes up to a price beyond the mid.
    Take,
    /// Takes at any price.
    Market,
    /// Enters an order between two ticks.
    OffTick,
    /// Enters an order under the anchor's client order id.
    DuplicateId,
    /// Cancels an order that never was.
    UnknownOrder,
    /// Cancels all of the session's orders.
    MassCancel,
}

/// What a client draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// Enters a passive order or cancels one.
    Churn,
    Replace,
    Reduce,
    Take,
    Market,
    OffTick,
    DuplicateId,
    UnknownOrder,
}

/// One thing that a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntheticAction {
    /// What it does.
    pub kind: ActionKind,
    /// How it is sent, with its request number.
    pub message: ClientMessage,
    /// What must be the first answer, as far as the client was told when it drew the action.
    pub expected: ExpectedAnswer,
    /// Whether the order that it enters ends by itself: its last report has no leaves.
    pub immediate: bool,
}

/// An order that the client has entered, not canceled, and not been told the end of.
#[derive(Clone, Copy, Debug)]
struct Entered {
    request: RequestNumber,
    client_order_id: ClientOrderId,
    instrument: usize,
    side: Side,
    /// Total quantity once the venue has done what it was asked.
    quantity: u64,
    /// What traded of it, as far as was told.
    cumulative: u64,
    post_only: bool,
}

/// A client and its orders.
#[derive(Clone, Debug)]
pub struct SyntheticClient {
    options: SyntheticOptions,
    client: u32,
    random: Random,
    market: Market,
    next_request: u64,
    anchor: ClientOrderId,
    anchored: bool,
    entered: Vec<Entered>,
    /// Where in `entered` an order is.
    places: HashMap<RequestNumber, usize>,
}

impl SyntheticClient {
    /// Makes client number `client`, whose next request is `first_request`.
    ///
    /// # Errors
    ///
    /// Returns an error where there is no instrument, or one whose price range is too narrow.
    pub fn new(
        options: &SyntheticOptions,
        client: u32,
        first_request: RequestNumber,
    ) -> Result<Self, ReplayError> {
        if options.instruments.is_empty() || options.live_orders_max == 0 {
            let reason = "a synthetic session needs an instrument and a live order";
            return Err(ReplayError::Options(reason.to_owned()));
        }
        for instrument in &options.instruments {
            instrument.check()?;
        }
        Ok(Self {
            client,
            random: Random::new(options.seed, PURPOSE_CLIENTS + u64::from(client)),
            market: Market::new(options.seed, options.instruments.len()),
            next_request: first_request.get(),
            anchor: ClientOrderId::NONE,
            anchored: false,
            entered: Vec::with_capacity(options.live_orders_max),
            places: HashMap::with_capacity(options.live_orders_max),
            options: options.clone(),
        })
    }

    /// Returns the next action. Its request number is one above that of the last.
    pub fn next_action(&mut self) -> SyntheticAction {
        if !self.anchored {
            self.anchored = true;
            return self.enter_anchor();
        }
        self.market.step();
        let mut drawn = self.random.below(SHARES_TOTAL);
        let mut choice = Choice::Churn;
        for (kind, share) in SHARES {
            choice = kind;
            if drawn < share {
                break;
            }
            drawn -= share;
        }
        if self.entered.is_empty() && matches!(choice, Choice::Replace | Choice::Reduce) {
            // There is nothing to change.
            choice = Choice::Churn;
        }
        match choice {
            Choice::Churn if self.has_room() => self.passive(),
            Choice::Churn => self.cancel(),
            Choice::Replace => self.replace(),
            Choice::Reduce => self.reduce(),
            Choice::Take => self.take(),
            Choice::Market => self.market_order(),
            Choice::OffTick => self.off_tick(),
            Choice::DuplicateId => self.duplicate_id(),
            Choice::UnknownOrder => self.unknown_order(),
        }
    }

    /// Takes note of what became of an order, and of the price at which one traded.
    pub fn take_note(&mut self, report: &ExecutionReport) {
        if report.exec_type == ExecType::Trade {
            let symbol = report.symbol;
            let mut instruments = self.options.instruments.iter().enumerate();
            if let Some((at, traded)) = instruments.find(|(_, one)| one.symbol == symbol) {
                self.market
                    .follow(at, traded.offset_ticks(report.last_price));
            }
        }
        let Some(at) = self.places.get(&report.order_request).copied() else {
            return;
        };
        if is_end(report) {
            self.leave(at);
        } else if let Some(order) = self.entered.get_mut(at) {
            order.cumulative = report.cumulative.get();
        }
    }

    /// Returns the action that ends the session: it cancels all orders.
    pub fn last_action(&mut self) -> SyntheticAction {
        self.entered.clear();
        self.places.clear();
        let message = ClientMessage::MassCancel(MassCancelRequest {
            request: self.number(),
            scope: MassCancelScope::Session,
            account: None,
            symbol: None,
            side: None,
        });
        action(
            ActionKind::MassCancel,
            message,
            ExpectedAnswer::MassCanceled,
        )
    }

    fn enter_anchor(&mut self) -> SyntheticAction {
        let instrument = self.options.instruments[0];
        let order = NewOrderRequest {
            price: instrument.price_min,
            quantity: instrument.quantity_max,
            ..self.order(0, Side::Buy)
        };
        self.anchor = order.client_order_id;
        let message = ClientMessage::NewOrder(order);
        action(ActionKind::Anchor, message, ExpectedAnswer::Accepted)
    }

    fn passive(&mut self) -> SyntheticAction {
        let (instrument, side) = self.draw_market();
        let post_only = self.random.below(POST_ONLY_PARTS) == 0;
        let order = NewOrderRequest {
            price: self.draw_passive_price(instrument, side),
            post_only,
            ..self.order(instrument, side)
        };
        self.places.insert(order.request, self.entered.len());
        self.entered.push(Entered {
            request: order.request,
            client_order_id: order.client_order_id,
            instrument,
            side,
            quantity: order.quantity.get(),
            cumulative: 0,
            post_only,
        });
        let message = ClientMessage::NewOrder(order);
        if post_only {
            let expected = ExpectedAnswer::AcceptedOr(RejectReason::PostOnlyWouldTake);
            return action(ActionKind::PostOnly, message, expected);
        }
        action(ActionKind::Passive, message, ExpectedAnswer::Accepted)
    }

    fn cancel(&mut self) -> SyntheticAction {
        let at = self.draw_entered();
        self.cancel_at(at)
    }

    fn cancel_at(&mut self, at: usize) -> SyntheticAction {
        let order = self.leave(at);
        let message = ClientMessage::Cancel(CancelRequest {
            target: self.draw_target(&order),
            request: self.number(),
        });
        let expected = done(ExecType::Canceled, &order);
        action(ActionKind::Cancel, message, expected)
    }

    /// Takes an order out of those that may be picked.
    fn leave(&mut self, at: usize) -> Entered {
        let order = self.entered.swap_remove(at);
        self.places.remove(&order.request);
        if let Some(moved) = self.entered.get(at) {
            self.places.insert(moved.request, at);
        }
        order
    }

    fn replace(&mut self) -> SyntheticAction {
        let at = self.draw_entered();
        let order = self.entered[at];
        if order.post_only {
            // Whether its replace would take depends on the others.
            return self.cancel_at(at);
        }
        // More than what traded, or the replace would end the order.
        let largest = self.options.instruments[order.instrument]
            .quantity_max
            .get();
        let quantity = largest.min(order.cumulative + u64::from(self.draw_quantity()));
        self.entered[at].quantity = quantity;
        let message = ClientMessage::Replace(ReplaceRequest {
            target: self.draw_target(&order),
            price: self.draw_passive_price(order.instrument, order.side),
            quantity: Quantity::new(quantity),
            request: self.number(),
            client_order_id: ClientOrderId::NONE,
            stop_price: None,
            time_in_force: None,
            expire_time_ns: 0,
        });
        let expected = done(ExecType::Replaced, &order);
        action(ActionKind::Replace, message, expected)
    }

    fn reduce(&mut self) -> SyntheticAction {
        let at = self.draw_entered();
        let order = self.entered[at];
        let open = order.quantity.saturating_sub(order.cumulative);
        if open < 2 {
            return self.cancel_at(at);
        }
        let less = u32::try_from(open - 1).unwrap_or(u32::MAX);
        let quantity = order.cumulative + 1 + u64::from(self.random.below(less));
        self.entered[at].quantity = quantity;
        let message = ClientMessage::Reduce(ReduceRequest {
            target: self.draw_target(&order),
            quantity: Quantity::new(quantity),
            request: self.number(),
        });
        let expected = done(ExecType::Reduced, &order);
        action(ActionKind::Reduce, message, expected)
    }

    fn take(&mut self) -> SyntheticAction {
        let (instrument, side) = self.draw_market();
        let reach = i64::from(self.random.below(REACH_TICKS_MAX + 1));
        let order = NewOrderRequest {
            time_in_force: TimeInForce::Ioc,
            price: self.price(instrument, side, reach),
            ..self.order(instrument, side)
        };
        let message = ClientMessage::NewOrder(order);
        SyntheticAction {
            immediate: true,
            ..action(ActionKind::Take, message, ExpectedAnswer::Accepted)
        }
    }

    fn market_order(&mut self) -> SyntheticAction {
        let (instrument, side) = self.draw_market();
        let order = NewOrderRequest {
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Ioc,
            ..self.order(instrument, side)
        };
        let message = ClientMessage::NewOrder(order);
        let expected = ExpectedAnswer::AcceptedOr(RejectReason::NoLiquidity);
        SyntheticAction {
            immediate: true,
            ..action(ActionKind::Market, message, expected)
        }
    }

    fn off_tick(&mut self) -> SyntheticAction {
        let (instrument, side) = self.draw_market();
        let on_tick = self.draw_passive_price(instrument, side);
        let half_tick = self.options.instruments[instrument].tick.get() / 2;
        let mut order = NewOrderRequest {
            price: Price::new(on_tick.get() + half_tick),
            ..self.order(instrument, side)
        };
        let mut reason = RejectReason::PriceOffTick;
        if half_tick == 0 {
            // The smallest tick that there is: no price is off it.
            order.quantity = Quantity::ZERO;
            reason = RejectReason::QuantityZero;
        }
        let message = ClientMessage::NewOrder(order);
        action(
            ActionKind::OffTick,
            message,
            ExpectedAnswer::Rejected(reason),
        )
    }

    fn duplicate_id(&mut self) -> SyntheticAction {
        let (instrument, side) = self.draw_market();
        let order = NewOrderRequest {
            client_order_id: self.anchor,
            price: self.draw_passive_price(instrument, side),
            ..self.order(instrument, side)
        };
        let message = ClientMessage::NewOrder(order);
        let expected = ExpectedAnswer::Rejected(RejectReason::DuplicateClientOrderId);
        action(ActionKind::DuplicateId, message, expected)
    }

    fn unknown_order(&mut self) -> SyntheticAction {
        let request = self.number();
        let target = OrderTarget::ClientOrderId(id(&format!("never-{request}")));
        let message = ClientMessage::Cancel(CancelRequest { request, target });
        let expected = ExpectedAnswer::CancelRejected(RejectReason::UnknownOrder);
        action(ActionKind::UnknownOrder, message, expected)
    }

    /// Returns a day limit order of any quantity, which trades with the client's own too: what an
    /// answer must be is known before it comes. The price is the caller's.
    fn order(&mut self, instrument: usize, side: Side) -> NewOrderRequest {
        let request = self.number();
        let quantity = Quantity::new(u64::from(self.draw_quantity()));
        NewOrderRequest {
            request,
            client_order_id: id(&format!("{}-{request}", self.client)),
            ..NewOrderRequest::limit(self.symbol(instrument), side, Price::new(0), quantity)
                .with_self_trade(SelfTradePrevention::None)
        }
    }

    const fn number(&mut self) -> RequestNumber {
        let request = RequestNumber(self.next_request);
        self.next_request += 1;
        request
    }

    fn symbol(&self, instrument: usize) -> Symbol {
        self.options.instruments[instrument].symbol
    }

    /// Returns whether to enter an order rather than cancel one.
    fn has_room(&mut self) -> bool {
        let live_max = self.options.live_orders_max;
        let band = live_max.div_ceil(BAND_PARTS);
        let drawn = self.random.below(u32::try_from(band).unwrap_or(u32::MAX)) as usize;
        self.entered.len() <= live_max - band + drawn
    }

    fn draw_market(&mut self) -> (usize, Side) {
        let count = u32::try_from(self.options.instruments.len()).unwrap_or(u32::MAX);
        let instrument = self.random.below(count) as usize;
        let side = match self.random.below(2) {
            0 => Side::Buy,
            _ => Side::Sell,
        };
        (instrument, side)
    }

    fn draw_quantity(&mut self) -> u32 {
        1 + self.random.below(QUANTITY_MAX)
    }

    fn draw_entered(&mut self) -> usize {
        let count = u32::try_from(self.entered.len()).unwrap_or(u32::MAX);
        self.random.below(count) as usize
    }

    fn draw_target(&mut self, order: &Entered) -> OrderTarget {
        match self.random.below(2) {
            0 => OrderTarget::Request(order.request),
            _ => OrderTarget::ClientOrderId(order.client_order_id),
        }
    }

    fn draw_passive_price(&mut self, instrument: usize, side: Side) -> Price {
        // The nearer the more likely: the smaller of two draws.
        let one = self.random.below(DISTANCE_TICKS_MAX);
        let other = self.random.below(DISTANCE_TICKS_MAX);
        let distance = 1 + i64::from(one.min(other));
        self.price(instrument, side, -distance)
    }

    /// Returns the price `reach` ticks beyond the mid, seen from `side`.
    fn price(&self, instrument: usize, side: Side, reach: i64) -> Price {
        let toward = match side {
            Side::Buy => reach,
            Side::Sell => -reach,
        };
        let offset = self.market.offset_ticks(instrument);
        self.options.instruments[instrument].price(offset + toward)
    }
}

const fn done(exec_type: ExecType, order: &Entered) -> ExpectedAnswer {
    ExpectedAnswer::Done {
        exec_type,
        order: order.request,
    }
}

const fn action(
    kind: ActionKind,
    message: ClientMessage,
    expected: ExpectedAnswer,
) -> SyntheticAction {
    SyntheticAction {
        kind,
        message,
        expected,
        immediate: false,
    }
}

fn id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text.as_bytes()).expect("two numbers and a word are short and printable")
}

const fn shares_sum() -> u32 {
    let mut sum = 0;
    let mut at = 0;
    while at < SHARES.len() {
        sum += SHARES[at].1;
        at += 1;
    }
    sum
}

const _: () = assert!(shares_sum() == SHARES_TOTAL);
const _: () = assert!(REACH_TICKS_MAX <= DISTANCE_TICKS_MAX);
