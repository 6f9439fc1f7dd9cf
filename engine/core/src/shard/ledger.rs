//! The ledger: what a shard knows of each order beside what matching needs, and the hashes.
//!
//! An order's two words are in the sums while it is in its book: its book word changes with it,
//! its state word stays from its first rest to its end. A word of zero is one that is in no sum. It
//! must not know who trades: it is told what has changed.

use crate::book::Order;
use crate::domain::{
    AccountId, ClientOrderId, Durability, GatewayId, NewOrder, OrderHandle, OrderId, OrderTerms,
    OrderType, RequestNumber, SelfTradePrevention, SessionId, Side, TimeInForce,
};
use crate::state_hash::{HashSum, Mix, Tag, pair, slot_word};

/// What only entry, reports and hashes read of an order: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct OrderDetails {
    book_word: u128,
    state_word: u128,
    /// Mix of what does not change while the order rests.
    identity: Mix,
    /// The venue's id.
    pub(super) order_id: OrderId,
    /// Gateway that entered it.
    pub(super) gateway: GatewayId,
    pub(super) order_type: OrderType,
    pub(super) time_in_force: TimeInForce,
    /// Whether it refuses to take.
    pub(super) post_only: bool,
    /// Whether a stop order was released.
    pub(super) triggered: bool,
    /// Whether it was given further terms.
    pub(super) has_terms: bool,
    /// Whether it has a limit price, or has been given one.
    pub(super) has_limit: bool,
    // What stands above is all that a cancel reads, one cache line.
    /// Request number of the New Order.
    pub(super) request: RequestNumber,
    /// Number among the orders that its book has taken.
    number: u64,
    /// Session that entered it.
    pub(super) session: SessionId,
    /// For whom.
    pub(super) account: AccountId,
    /// The client's id now.
    pub(super) client_order_id: ClientOrderId,
}

const _: () = assert!(std::mem::offset_of!(OrderDetails, request) == 64);
const _: () = assert!(size_of::<OrderDetails>() == 128, "two cache lines");

impl OrderDetails {
    const VACANT: Self = Self {
        book_word: 0,
        state_word: 0,
        identity: Mix::new(Tag::BookOrder),
        order_id: OrderId::NONE,
        request: RequestNumber(0),
        number: 0,
        session: SessionId(0),
        account: AccountId(0),
        client_order_id: ClientOrderId::NONE,
        gateway: GatewayId::NONE,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        post_only: false,
        triggered: false,
        has_terms: false,
        has_limit: false,
    };
}

/// The details of all orders, who may use which slot, and the sum of state words.
#[derive(Debug)]
pub(super) struct OrderLedger {
    details: Vec<OrderDetails>,
    lent_to: Vec<GatewayId>,
    state_sum: HashSum,
}

impl OrderLedger {
    /// Returns that of `slots` slots that are lent to nobody.
    pub(super) fn new(slots: u32) -> Self {
        Self {
            details: vec![OrderDetails::VACANT; slots as usize],
            lent_to: vec![GatewayId::NONE; slots as usize],
            state_sum: HashSum::default(),
        }
    }

    /// Returns what is known of the order in a slot that exists.
    #[inline]
    pub(super) fn details(&self, slot: u32) -> &OrderDetails {
        &self.details[slot as usize]
    }

    /// Returns what is known of the order in a slot that exists, to be changed; whoever changes
    /// what a word covers calls [`Self::identify`].
    #[inline]
    pub(super) fn details_mut(&mut self, slot: u32) -> &mut OrderDetails {
        &mut self.details[slot as usize]
    }

    /// Returns who may use a slot; `None` where there is no such slot or nobody may.
    #[inline]
    pub(super) fn lent_to(&self, slot: u32) -> Option<GatewayId> {
        self.lent_to
            .get(slot as usize)
            .copied()
            .filter(|&gateway| gateway != GatewayId::NONE)
    }

    /// Lends a range of slots; returns whether it did: the range must exist and be lent to
    /// nobody.
    pub(super) fn lend(&mut self, first: u32, count: u32, gateway: GatewayId) -> bool {
        let Some(end) = first.checked_add(count) else {
            return false;
        };
        let Some(range) = self.lent_to.get_mut(first as usize..end as usize) else {
            return false;
        };
        let free = range.iter().all(|&lent_to| lent_to == GatewayId::NONE);
        if free {
            range.fill(gateway);
        }
        free
    }

    /// Writes what is known of a new order that is in no sum yet.
    #[inline]
    pub(super) fn enter(&mut self, order: &NewOrder, entrance: &Entrance<'_>) {
        self.count_generations(order.handle.slot, entrance.generations);
        self.details[order.handle.slot as usize] = entered(order, entrance);
    }

    /// Writes what is known of a new order without further terms that rests with all of its
    /// quantity displayed, and takes it into the sums: what [`Self::enter`] and [`Self::rested`]
    /// do, in one write.
    #[inline]
    pub(super) fn enter_at_rest(
        &mut self,
        order: &NewOrder,
        entrance: &Entrance<'_>,
        stamp: u64,
        book_sum: &mut HashSum,
    ) {
        let (slot, quantity) = (order.handle.slot, order.quantity.get());
        self.count_generations(slot, entrance.generations);
        let mut details = entered(order, entrance);
        details.identity = mix_names(kind_of(&details, order.side, order.self_trade), &details);
        details.book_word = details
            .identity
            .and(details.number, order.price.get().cast_unsigned())
            .and(quantity, quantity)
            .and(quantity, stamp)
            .finish();
        details.state_word = state_word(
            &details,
            (order.instrument.get(), order.handle),
            order.origin.durability,
        );
        book_sum.insert(details.book_word);
        self.state_sum.insert(details.state_word);
        self.details[slot as usize] = details;
    }

    #[inline]
    fn count_generations(&mut self, slot: u32, generations: u32) {
        let word = slot_word(slot).wrapping_mul(u128::from(generations));
        self.state_sum.insert(word);
    }

    /// Takes an order that begins to rest, wait or peg into the sums; its terms are `terms`, its
    /// limit `price` units.
    #[inline]
    pub(super) fn rested(
        &mut self,
        slot: u32,
        order: &Order,
        (terms, price): (&OrderTerms, i64),
        book_sum: &mut HashSum,
    ) {
        let details = &mut self.details[slot as usize];
        if details.state_word == 0 {
            details.identity = identity(details, order, terms);
            let handle = OrderHandle {
                slot,
                generation: order.generation,
            };
            let is = (order.instrument, handle);
            details.state_word = state_word(details, is, order.durability);
            self.state_sum.insert(details.state_word);
        }
        details.book_word = book_word(details, order, price);
        book_sum.insert(details.book_word);
    }

    /// Notes that an order that stays in its book has changed: quantities or stamp.
    #[inline]
    pub(super) fn changed(&mut self, slot: u32, order: &Order, price: i64, book_sum: &mut HashSum) {
        let details = &mut self.details[slot as usize];
        book_sum.remove(details.book_word);
        details.book_word = book_word(details, order, price);
        book_sum.insert(details.book_word);
    }

    /// Mixes anew what does not change while an order rests, after it has changed; the book word
    /// follows with [`Self::rested`] or [`Self::changed`].
    pub(super) fn identify(&mut self, slot: u32, order: &Order, terms: &OrderTerms) {
        let details = &mut self.details[slot as usize];
        details.identity = identity(details, order, terms);
    }

    /// Notes that an order has left its book and may come again.
    #[inline]
    pub(super) fn left(&mut self, slot: u32, book_sum: &mut HashSum) {
        let details = &mut self.details[slot as usize];
        book_sum.remove(details.book_word);
        details.book_word = 0;
    }

    /// Takes an order that has ended out of the sums. Returns whether it was good till a date.
    #[inline]
    pub(super) fn ended(&mut self, slot: u32, book_sum: &mut HashSum) -> bool {
        let details = &mut self.details[slot as usize];
        book_sum.remove(details.book_word);
        self.state_sum.remove(details.state_word);
        (details.book_word, details.state_word) = (0, 0);
        details.time_in_force == TimeInForce::Gtd
    }

    /// Returns the sum over orders and slots for the state hash.
    pub(super) const fn state_sum(&self) -> u128 {
        self.state_sum.get()
    }
}

/// How a new order comes into a ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrance<'a> {
    pub(super) client_order_id: &'a ClientOrderId,
    pub(super) order_id: OrderId,
    /// Its own number among those that its book has taken.
    pub(super) number: u64,
    /// How many its generation is above the slot's last.
    pub(super) generations: u32,
}

#[inline]
fn entered(order: &NewOrder, entrance: &Entrance<'_>) -> OrderDetails {
    OrderDetails {
        book_word: 0,
        state_word: 0,
        identity: Mix::new(Tag::BookOrder),
        order_id: entrance.order_id,
        request: order.origin.request,
        number: entrance.number,
        session: order.origin.session,
        account: order.account,
        client_order_id: *entrance.client_order_id,
        gateway: order.origin.gateway,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        post_only: order.post_only != 0,
        triggered: false,
        has_terms: order.terms_given != 0,
        has_limit: matches!(order.order_type, OrderType::Limit | OrderType::StopLimit),
    }
}

#[inline]
fn kind_of(details: &OrderDetails, side: Side, self_trade: SelfTradePrevention) -> u64 {
    u64::from(details.account.get())
        | (side as u64) << 32
        | (details.order_type as u64) << 36
        | (details.time_in_force as u64) << 40
        | (self_trade as u64) << 44
        | u64::from(details.post_only) << 48
        | u64::from(details.triggered) << 49
}

/// Mixes kind and client order id.
#[inline]
fn mix_names(kind: u64, details: &OrderDetails) -> Mix {
    let id = details.client_order_id.as_bytes();
    let mix = Mix::new(Tag::BookOrder).and(kind, id.len() as u64);
    if id.is_empty() {
        return mix;
    }
    mix.and_bytes(id)
}

#[inline]
fn identity(details: &OrderDetails, order: &Order, terms: &OrderTerms) -> Mix {
    let mix = mix_names(kind_of(details, order.side, order.self_trade), details);
    if !details.has_terms {
        return mix;
    }
    mix.and(
        terms.stop_price.get().cast_unsigned(),
        terms.display_quantity.get(),
    )
    .and(terms.expire_time_ns, u64::from(terms.self_trade_group))
}

#[inline]
fn book_word(details: &OrderDetails, order: &Order, price: i64) -> u128 {
    details
        .identity
        .and(details.number, price.cast_unsigned())
        .and(order.order_quantity, order.leaves)
        .and(order.displayed, order.stamp)
        .finish()
}

#[inline]
fn state_word(
    details: &OrderDetails,
    (instrument, handle): (u32, OrderHandle),
    durability: Durability,
) -> u128 {
    let owner = u64::from(details.session.get())
        | u64::from(details.gateway.get()) << 32
        | (durability as u64) << 40;
    Mix::new(Tag::StateOrder)
        .and(u64::from(instrument), details.number)
        .and(details.order_id.get(), pair(handle.slot, handle.generation))
        .and(details.request.get(), owner)
        .finish()
}
