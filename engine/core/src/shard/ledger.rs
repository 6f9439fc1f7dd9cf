//! The ledger: what a shard knows of each order beside what matching needs, and the hashes.
//!
//! An order's two words are in the sums while it is in its book: its book word changes with it,
//! its state word stays from its first rest to its end. A word of zero is one that is in no sum. It
//! must not know who trades: it is told what has changed.

use super::traits::OrderTraits;
use crate::book::Order;
use crate::capacity::ShardCapacity;
use crate::domain::{
    AccountId, ClientOrderId, Durability, GatewayId, NewOrder, OrderHandle, OrderId, OrderTerms,
    Price, RequestNumber, SessionId,
};
use crate::state_hash::{HashSum, Mix, Tag, packed};

/// What only entry, reports and hashes read of an order: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct OrderDetails {
    book_word: u128,
    state_word: u128,
    /// Mix of what does not change while the order rests.
    fixed_mix: Mix,
    /// Session that entered it.
    pub(super) session: SessionId,
    /// For whom.
    pub(super) account: AccountId,
    pub(super) traits: OrderTraits,
    // What stands above is all that fills, cancels and plain replaces read, one cache line.
    /// The venue's id.
    pub(super) order_id: OrderId,
    /// Request number of the New Order.
    pub(super) request: RequestNumber,
    /// Number among the orders that its book has taken.
    number: u64,
    /// Gateway that entered it.
    pub(super) gateway: GatewayId,
    /// The client's id now.
    pub(super) client_order_id: ClientOrderId,
}

const _: () = assert!(std::mem::offset_of!(OrderDetails, order_id) == 64);
const _: () = assert!(size_of::<OrderDetails>() == 128, "two cache lines");

impl OrderDetails {
    const VACANT: Self = Self {
        book_word: 0,
        state_word: 0,
        fixed_mix: Mix::new(Tag::BookOrder),
        session: SessionId(0),
        account: AccountId(0),
        traits: OrderTraits::VACANT,
        order_id: OrderId::NONE,
        request: RequestNumber(0),
        number: 0,
        gateway: GatewayId::NONE,
        client_order_id: ClientOrderId::NONE,
    };

    /// Returns its number among the orders that its book has taken.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Gives an order without further terms, which rests, the client's new id; [`Self::moved`] follows.
    #[inline(never)]
    pub(super) fn rename(&mut self, client_order_id: &ClientOrderId) {
        self.client_order_id = *client_order_id;
        self.fixed_mix = fixed_mix(self, &OrderTerms::NONE);
    }

    /// Tells the hash that an order without further terms, which rests, has moved to a price.
    #[inline(always)]
    pub(super) fn moved(&mut self, order: &Order, price: Price, book_sum: &mut HashSum) {
        let word = plain_book_word(self, order, price.get()).finish();
        book_sum.remove(self.book_word);
        book_sum.insert(word);
        self.book_word = word;
    }

    /// Writes what a new order comes with, field by field where it stands: the words are left as
    /// they are.
    #[inline]
    fn enter(&mut self, order: &NewOrder, entrance: &Entrance<'_>) {
        self.session = order.origin.session;
        self.account = order.account;
        self.traits = entrance.traits;
        self.order_id = entrance.order_id;
        self.request = order.origin.request;
        self.number = entrance.number;
        self.gateway = order.origin.gateway;
        self.client_order_id = *entrance.client_order_id;
    }
}

/// The details of all orders, who may use which slot, and what the state hash knows of orders.
#[derive(Debug)]
pub(super) struct OrderLedger {
    details: Vec<OrderDetails>,
    lent_to: Vec<GatewayId>,
    state_sum: HashSum,
    /// Sum over the state words of all orders that were ever taken.
    taken_sum: HashSum,
}

impl OrderLedger {
    /// Returns that of `slots` slots that are lent to nobody.
    pub(super) fn new(slots: u32) -> Self {
        Self {
            details: vec![OrderDetails::VACANT; slots as usize],
            lent_to: vec![GatewayId::NONE; slots as usize],
            state_sum: HashSum::default(),
            taken_sum: HashSum::default(),
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

    /// Returns the ranges of slots that are lent to one gateway, by rising slot: the first, how many,
    /// to whom. Two that were lent one by one are one where they meet.
    pub(super) fn lent_ranges(&self) -> impl Iterator<Item = (u32, u32, GatewayId)> {
        let mut next = 0_u32;
        let runs = self.lent_to.chunk_by(|one, other| one == other);
        runs.filter_map(move |run| {
            let first = next;
            let count = u32::try_from(run.len()).expect("slots have 32 bits");
            // Slots have 32 bits.
            next = next.wrapping_add(count);
            let gateway = *run.first()?;
            (gateway != GatewayId::NONE).then_some((first, count, gateway))
        })
    }

    /// Returns the sum over all orders that were ever taken.
    pub(super) const fn taken_sum(&self) -> u128 {
        self.taken_sum.get()
    }

    /// Takes over the sum over all orders that were ever taken: it cannot be made anew.
    pub(super) const fn resume_taken_sum(&mut self, sum: HashSum) {
        self.taken_sum = sum;
    }

    /// Writes what is known of a new order that is in no sum yet.
    #[inline]
    pub(super) fn enter(&mut self, order: &NewOrder, entrance: &Entrance<'_>) {
        let details = &mut self.details[order.handle.slot as usize];
        details.enter(order, entrance);
        (details.book_word, details.state_word) = (0, 0);
        self.taken_sum.insert(word_of_new(order, entrance.order_id));
    }

    /// Notes an order that was taken and is over: nothing more is known of it.
    #[inline]
    pub(super) fn use_up(&mut self, order: &NewOrder, order_id: OrderId) {
        self.taken_sum.insert(word_of_new(order, order_id));
    }

    /// Writes what is known of a new limit order without further terms that rests with all of its
    /// quantity displayed, and takes it into the sums: what [`Self::enter`] and [`Self::rested`]
    /// do, in one go.
    #[inline(always)]
    pub(super) fn enter_at_rest(
        &mut self,
        order: &NewOrder,
        entrance: &Entrance<'_>,
        stamp: u64,
        book_sum: &mut HashSum,
    ) {
        let quantity = order.quantity.get();
        let details = &mut self.details[order.handle.slot as usize];
        details.enter(order, entrance);
        let fixed_mix = mix_names(
            entrance.traits,
            (order.account, entrance.number),
            entrance.client_order_id,
        );
        let book_word = fixed_mix
            .and(order.price.get().cast_unsigned(), stamp)
            .and(quantity, quantity)
            .finish();
        let state_word = word_of_new(order, entrance.order_id);
        details.fixed_mix = fixed_mix;
        details.book_word = book_word;
        details.state_word = state_word;
        book_sum.insert(book_word);
        self.state_sum.insert(state_word);
        self.taken_sum.insert(state_word);
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
            details.fixed_mix = fixed_mix(details, terms);
            let handle = OrderHandle {
                slot,
                generation: order.generation,
            };
            let named = (details.order_id, handle);
            let owner = owner_word(details, order.durability);
            details.state_word = state_word(named, details.request, (owner, order.instrument));
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
    pub(super) fn identify(&mut self, slot: u32, terms: &OrderTerms) {
        let details = &mut self.details[slot as usize];
        details.fixed_mix = fixed_mix(details, terms);
    }

    /// Notes that an order has left its book and may come again.
    #[inline]
    pub(super) fn left(&mut self, slot: u32, book_sum: &mut HashSum) {
        let details = &mut self.details[slot as usize];
        book_sum.remove(details.book_word);
        details.book_word = 0;
    }

    /// Takes an order that has ended out of the sums. Returns whether it was good till a date.
    #[inline(always)]
    pub(super) fn ended(&mut self, slot: u32, book_sum: &mut HashSum) -> bool {
        let details = &self.details[slot as usize];
        book_sum.remove(details.book_word);
        self.state_sum.remove(details.state_word);
        details.traits.is_good_till_date()
    }

    /// Returns the sum over orders for the state hash, those that live and those that were taken.
    pub(super) const fn state_sum(&self) -> u128 {
        self.state_sum.get().wrapping_add(self.taken_sum.get())
    }
}

/// How a new order comes into a ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrance<'a> {
    pub(super) traits: OrderTraits,
    pub(super) client_order_id: &'a ClientOrderId,
    pub(super) order_id: OrderId,
    /// Its own number among those that its book has taken.
    pub(super) number: u64,
}

/// Returns the six bytes of a word that are not reserved.
#[inline]
const fn low_bytes(word: u64) -> u64 {
    word & 0xffff_ffff_ffff
}

/// Returns what [`crate::domain::Origin::owner_word`] would be of an order.
fn owner_word(details: &OrderDetails, durability: Durability) -> u64 {
    u64::from(details.session.get())
        | u64::from(details.gateway.get()) << 32
        | (durability as u64) << 40
}

/// Mixes traits, account, number and client order id.
#[inline]
fn mix_names(traits: OrderTraits, (account, number): (AccountId, u64), id: &ClientOrderId) -> Mix {
    let number = number.wrapping_add(u64::from(account.get()) << 40);
    let mix = Mix::new(Tag::BookOrder);
    if id.is_empty() {
        return mix.and(traits.hashed(), number);
    }
    let id = id.as_bytes();
    mix.and(traits.hashed() | (id.len() as u64) << 56, number)
        .and_bytes(id)
}

fn fixed_mix(details: &OrderDetails, terms: &OrderTerms) -> Mix {
    let mix = mix_names(
        details.traits,
        (details.account, details.number),
        &details.client_order_id,
    );
    if !details.traits.has_terms() {
        return mix;
    }
    mix.and(
        terms.stop_price.get().cast_unsigned(),
        terms.display_quantity.get(),
    )
    .and(terms.expire_time_ns, u64::from(terms.self_trade_group))
}

#[inline(always)]
const fn plain_book_word(details: &OrderDetails, order: &Order, price: i64) -> Mix {
    details
        .fixed_mix
        .and(price.cast_unsigned(), order.stamp)
        .and(order.order_quantity, order.leaves)
}

/// An order without further terms displays all that is open, or is where none is displayed: its
/// type says which.
#[inline(always)]
fn book_word(details: &OrderDetails, order: &Order, price: i64) -> u128 {
    let mix = plain_book_word(details, order, price);
    if !details.traits.has_terms() {
        return mix.finish();
    }
    mix.and(order.displayed, 0).finish()
}

/// Returns the state word of a new order.
#[inline(always)]
fn word_of_new(order: &NewOrder, order_id: OrderId) -> u128 {
    let owner = low_bytes(order.origin.owner_word());
    let from = (owner, order.instrument.get());
    state_word((order_id, order.handle), order.origin.request, from)
}

#[inline(always)]
const fn state_word(
    (order_id, handle): (OrderId, OrderHandle),
    request: RequestNumber,
    (owner, instrument): (u64, u32),
) -> u128 {
    Mix::new(Tag::StateOrder)
        .and(order_id.get(), packed(handle.slot, handle.generation))
        .and(request.get(), owner | (instrument as u64) << 42)
        .finish()
}

const _: () = assert!(
    ShardCapacity::INSTRUMENTS_MAX <= 1 << 22,
    "an instrument has 22 bits in the word of an order"
);
const _: () = assert!(
    ShardCapacity::OWNERS_MAX <= 1 << 24,
    "an account has 24 bits in the word of an order"
);
