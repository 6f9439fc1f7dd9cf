//! A stored order: what the record of a snapshot has to be, so that it is an order that lives.
//!
//! Where it stands follows from its type and whether it was released, so it cannot be told wrong. It
//! must not know the slots and lists that an order comes back into.

use std::mem::offset_of;

use super::checks::{GROUP_BIT, check_part_count, limit_of};
use super::market::Market;
use super::traits::OrderTraits;
use crate::book::{Place, Terms};
use crate::domain::bounds::CLIENT_ORDER_ID_LENGTH_MAX;
use crate::domain::{
    AccountId, ClientOrderId, GatewayId, InstrumentId, NewOrder, OrderHandle, OrderTerms,
    OrderType, Origin, Price, Quantity, RequestNumber, RingNumber, SessionId, TimeInForce,
};
use crate::snapshot::layout::OrderRecord;
use crate::snapshot::reader::{check_zero, decode, decode_flag, ensure};
use crate::snapshot::{SnapshotError, SnapshotProblem as Problem};

/// An order whose traits, terms, quantities and prices are those of one that lives.
pub(super) struct StoredOrder {
    /// As it would be if it were new, but for what only one that has been there has.
    pub(super) new: NewOrder,
    pub(super) client_order_id: ClientOrderId,
    pub(super) traits: OrderTraits,
    /// Its further terms, and its limit where it stands at its stop price.
    pub(super) terms: Terms,
    pub(super) place: Place,
    /// Tick at which it stands: of its limit, or of its stop price; of a peg its cap.
    pub(super) tick: i64,
}

impl StoredOrder {
    /// Reads the record at a byte, of an order of a market, in a slot that is lent to a gateway.
    pub(super) fn read(
        at: usize,
        record: &OrderRecord,
        (market, gateway): (&Market, GatewayId),
    ) -> Result<Self, SnapshotError> {
        let is_taken = record.number != 0 && record.number <= market.orders_taken;
        let number_at = at + offset_of!(OrderRecord, number);
        ensure(is_taken, Problem::OrderNumber(record.number), number_at)?;
        let client_order_id = read_client_order_id(at, record)?;
        check_zero(&record.reserved, at + offset_of!(OrderRecord, reserved))?;
        let new = read_new(at, record, gateway)?;
        let triggered_at = at + offset_of!(OrderRecord, triggered);
        let triggered = decode_flag(record.triggered, "triggered", triggered_at)?;
        let place = place_of(new.order_type, triggered).filter(|_| are_of_live(&new));
        let place = place.ok_or_else(|| Problem::Terms.at(at + offset_of!(OrderRecord, side)))?;
        check_quantities(at, record, place)?;
        let tick_size = market.book.tick_size();
        let limit_tick = read_limit(at, &new, tick_size)?;
        let stop_at = at + offset_of!(OrderRecord, stop_price);
        let stop_tick = tick_of(record.stop_price, tick_size, stop_at)?;
        let given = new.terms;
        Ok(Self {
            new,
            client_order_id,
            traits: traits_of(record),
            terms: Terms { given, limit_tick },
            place,
            tick: match place {
                Place::Waiting => stop_tick,
                Place::Pegged => record.price,
                Place::Displayed | Place::Incoming | Place::Vacant => limit_tick,
            },
        })
    }
}

/// Returns the tick of an order's limit, or of a peg's cap; 0 where it has none.
fn read_limit(at: usize, new: &NewOrder, tick_size: i64) -> Result<i64, SnapshotError> {
    let price_at = at + offset_of!(OrderRecord, price);
    let price = new.price.get();
    match new.order_type {
        OrderType::Stop => check_zero(&price, price_at).map(|()| 0),
        OrderType::MidPeg if limit_of(new.order_type, new.side, new.price).is_none() => Ok(0),
        OrderType::Market
        | OrderType::Limit
        | OrderType::StopLimit
        | OrderType::MarketToLimit
        | OrderType::MidPeg => tick_of(price, tick_size, price_at),
    }
}

/// Returns where an order that lives is; `None` where none of its type lives so.
const fn place_of(order_type: OrderType, triggered: bool) -> Option<Place> {
    match (order_type, triggered) {
        (OrderType::Limit | OrderType::MarketToLimit, false) | (OrderType::StopLimit, true) => {
            Some(Place::Displayed)
        }
        (OrderType::Stop | OrderType::StopLimit, false) => Some(Place::Waiting),
        (OrderType::MidPeg, false) => Some(Place::Pegged),
        (
            OrderType::Market
            | OrderType::Limit
            | OrderType::MarketToLimit
            | OrderType::Stop
            | OrderType::MidPeg,
            _,
        ) => None,
    }
}

/// Returns whether traits and terms are those that an order has which lives: as a new one is checked,
/// and further.
fn are_of_live(order: &NewOrder) -> bool {
    let terms = &order.terms;
    let is_limit = order.order_type == OrderType::Limit;
    let may_hide = is_limit || order.order_type == OrderType::StopLimit;
    let is_gtd = order.time_in_force == TimeInForce::Gtd;
    let has_terms = order.terms_given != 0;
    order.time_in_force.rests()
        && (order.post_only == 0 || is_limit)
        && (has_terms || (*terms == OrderTerms::NONE && !is_gtd))
        && (terms.display_quantity.is_zero() || may_hide)
        && (terms.stop_price == Price::default() || order.order_type.is_stop())
        && (terms.expire_time_ns != 0) == is_gtd
        && terms.self_trade_group < GROUP_BIT
        && check_part_count(terms.display_quantity, order.quantity).is_ok()
}

fn check_quantities(at: usize, record: &OrderRecord, place: Place) -> Result<(), SnapshotError> {
    let leaves = record.leaves;
    let is_open = leaves != 0 && leaves <= record.order_quantity;
    let leaves_at = at + offset_of!(OrderRecord, leaves);
    ensure(is_open, Problem::Quantity(leaves), leaves_at)?;
    let displayed = record.displayed;
    let fits = match (place, record.display_quantity) {
        (Place::Displayed, 0) => displayed == leaves,
        (Place::Displayed, display) => displayed != 0 && displayed <= leaves.min(display),
        (Place::Waiting | Place::Pegged | Place::Incoming | Place::Vacant, _) => displayed == 0,
    };
    let displayed_at = at + offset_of!(OrderRecord, displayed);
    ensure(fits, Problem::Quantity(displayed), displayed_at)
}

/// Returns the tick of a price.
fn tick_of(price: i64, tick_size: i64, offset: usize) -> Result<i64, SnapshotError> {
    let is_price = price != i64::MIN && price != i64::MAX;
    let on_tick = price.checked_rem(tick_size) == Some(0);
    let tick = price.checked_div(tick_size);
    let tick = tick.filter(|_| is_price && on_tick);
    tick.ok_or_else(|| Problem::Price(price).at(offset))
}

fn read_client_order_id(at: usize, record: &OrderRecord) -> Result<ClientOrderId, SnapshotError> {
    let length = usize::from(record.id_length);
    let length_at = at + offset_of!(OrderRecord, id_length);
    let is_one = length <= CLIENT_ORDER_ID_LENGTH_MAX;
    ensure(is_one, Problem::ClientOrderId, length_at)?;
    let id_at = at + offset_of!(OrderRecord, id);
    let (id, behind) = record.id.split_at(length);
    check_zero(behind, id_at + length)?;
    ClientOrderId::new(id).ok_or_else(|| Problem::ClientOrderId.at(id_at))
}

/// Returns the new order that a stored one would be.
fn read_new(
    at: usize,
    record: &OrderRecord,
    gateway: GatewayId,
) -> Result<NewOrder, SnapshotError> {
    let side = decode(record.side, "side", at + offset_of!(OrderRecord, side))?;
    let type_at = at + offset_of!(OrderRecord, order_type);
    let order_type = decode(record.order_type, "order type", type_at)?;
    let time_at = at + offset_of!(OrderRecord, time_in_force);
    let time_in_force = decode(record.time_in_force, "time in force", time_at)?;
    let post_only_at = at + offset_of!(OrderRecord, post_only);
    let post_only = decode_flag(record.post_only, "post-only", post_only_at)?;
    let self_trade_at = at + offset_of!(OrderRecord, self_trade);
    let self_trade = decode(record.self_trade, "self-trade prevention", self_trade_at)?;
    let terms_at = at + offset_of!(OrderRecord, has_terms);
    let terms_given = decode_flag(record.has_terms, "whether terms are given", terms_at)?;
    let durability_at = at + offset_of!(OrderRecord, durability);
    let durability = decode(record.durability, "durability", durability_at)?;
    let (slot, generation) = (record.slot, record.generation);
    Ok(NewOrder {
        origin: Origin {
            ring: RingNumber(0),
            request: RequestNumber(record.request),
            session: SessionId(record.session),
            gateway,
            durability,
            reserved: [0; 2],
        },
        handle: OrderHandle { slot, generation },
        price: Price::new(record.price),
        quantity: Quantity::new(record.order_quantity),
        instrument: InstrumentId(record.instrument),
        account: AccountId(record.account),
        side,
        order_type,
        time_in_force,
        post_only: u8::from(post_only),
        self_trade,
        terms_given: u8::from(terms_given),
        reserved: [0; 2],
        terms: OrderTerms {
            stop_price: Price::new(record.stop_price),
            display_quantity: Quantity::new(record.display_quantity),
            minimum_quantity: Quantity::ZERO,
            expire_time_ns: record.expire_time_ns,
            self_trade_group: record.self_trade_group,
            reserved: [0; 4],
        },
    })
}

/// Returns the traits of a stored order, which were read.
fn traits_of(record: &OrderRecord) -> OrderTraits {
    OrderTraits::of_live([
        record.side,
        record.order_type,
        record.time_in_force,
        record.post_only,
        record.self_trade,
        record.has_terms,
        record.triggered,
    ])
}
