//! Views: what may be read of a shard between commands. Reading changes nothing.

use super::Shard;
use crate::book::{Ladder, OrderBook, Place};
use crate::domain::{
    Account, AccountId, ClientOrderId, Durability, GatewayId, Instrument, InstrumentId,
    OrderHandle, OrderId, OrderTerms, OrderType, Phase, Price, Quantity, RequestNumber,
    SelfTradePrevention, SessionId, Side, TimeInForce,
};

/// A slot as a gateway needs it to give handles after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotView {
    /// Generation of the last order in it; 0 where there was none.
    pub generation: u32,
    /// Whether that order is live.
    pub live: bool,
}

/// A live order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// The venue's id.
    pub order_id: OrderId,
    /// Slot and generation.
    pub handle: OrderHandle,
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
    /// Stop price, display quantity and the like; zero where it has none.
    pub terms: OrderTerms,
    /// Whether it is a stop order that was released.
    pub triggered: bool,
    /// Where it is in its book.
    pub place: Place,
    /// What it displays; 0 of an order that waits or is pegged.
    pub displayed: Quantity,
    /// Limit price, or cap of a peg; 0 where it has none.
    pub price: Price,
    /// Total quantity, the executed part included.
    pub order_quantity: Quantity,
    /// Executed so far.
    pub cumulative: Quantity,
    /// Still open.
    pub leaves: Quantity,
    /// Place in time among the orders of its book.
    pub priority_stamp: u64,
    /// When reports of it may leave.
    pub durability: Durability,
    /// Session that entered it.
    pub session: SessionId,
    /// Gateway of that session.
    pub gateway: GatewayId,
    /// Request number of the New Order.
    pub request: RequestNumber,
    /// The client's id now; empty where the client gave none.
    pub client_order_id: ClientOrderId,
}

/// A price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Sum of what is open, in quantity units; a sum of many u64 needs more bits than one.
    pub quantity: u128,
    /// Orders.
    pub order_count: u32,
}

impl Shard {
    /// Returns an instrument of this shard and its phase.
    #[must_use]
    pub fn instrument(&self, instrument: InstrumentId) -> Option<(&Instrument, Phase)> {
        let listing = self.listing(instrument)?;
        Some((&listing.instrument, listing.phase()))
    }

    /// Returns the instruments of this shard and their phases, by rising number.
    pub fn instruments(&self) -> impl Iterator<Item = (&Instrument, Phase)> {
        self.markets
            .iter()
            .filter_map(|market| market.listing.as_ref())
            .map(|listing| (&listing.instrument, listing.phase()))
    }

    /// Returns an account that was defined.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(account.get() as usize)?.as_ref()
    }

    /// Returns the last use of a slot; unused and dead for one beyond the capacity.
    #[must_use]
    pub fn slot(&self, slot: u32) -> SlotView {
        self.slab
            .get(slot)
            .map_or_else(SlotView::default, |order| SlotView {
                generation: order.generation,
                live: order.is_live(),
            })
    }

    /// Returns the gateway to which a slot is lent, if it is.
    #[must_use]
    pub fn slot_lent_to(&self, slot: u32) -> Option<GatewayId> {
        self.ledger.lent_to(slot)
    }

    /// Returns a live order.
    #[must_use]
    pub fn order(&self, handle: OrderHandle) -> Option<OrderView> {
        self.slab.live(handle)?;
        Some(self.view(handle.slot))
    }

    /// Returns how many orders are live.
    #[must_use]
    pub const fn live_order_count(&self) -> u32 {
        self.slab.live_count()
    }

    /// Returns the best displayed price of one side and what is displayed there.
    #[must_use]
    pub fn best(&self, instrument: InstrumentId, side: Side) -> Option<(Price, u64)> {
        let book = self.book(instrument)?;
        let tick = book.side(side).best_tick()?;
        Some((book.price(tick), book.side(side).displayed_at(tick)))
    }

    /// Returns the best `levels` displayed price levels of one side, the best first; none for an
    /// instrument that is not this shard's. It counts the orders of each level one by one; see
    /// [`Self::best`] for one who does not need that.
    pub fn depth(
        &self,
        instrument: InstrumentId,
        side: Side,
        levels: usize,
    ) -> impl Iterator<Item = Level> {
        self.book(instrument)
            .into_iter()
            .flat_map(move |book| {
                let levels = book.side(side).levels();
                levels.map(|(tick, level)| (book.price(tick), level))
            })
            .take(levels)
            .map(|(price, level)| Level {
                price,
                quantity: u128::from(level.displayed),
                order_count: level.slots(&self.slab).fold(0, |count, _| count + 1),
            })
    }

    /// Returns the displayed orders of one side in the order in which they would trade; none for
    /// an instrument that is not this shard's.
    pub fn live_orders(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = OrderView> {
        let book = self.book(instrument).into_iter();
        book.flat_map(move |book| self.views(book.side(side)))
    }

    /// Returns the stop orders of one side that wait, in the order in which trades would release
    /// them; none for an instrument that is not this shard's.
    pub fn waiting_orders(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = OrderView> {
        let book = self.book(instrument).into_iter();
        book.flat_map(move |book| self.views(book.stops(side)))
    }

    /// Returns the mid-pegs of one side, by rising priority stamp; none for an instrument that is
    /// not this shard's.
    pub fn mid_pegs(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = OrderView> {
        let book = self.book(instrument).into_iter();
        book.flat_map(move |book| book.pegs().slots(&self.slab, side))
            .map(|slot| self.view(slot))
    }

    /// Returns the price of an instrument's last trade, if there was one.
    #[must_use]
    pub fn last_trade(&self, instrument: InstrumentId) -> Option<Price> {
        self.book(instrument)?.last_trade()
    }

    /// Returns an instrument's book, and what reads it.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId) -> Option<&OrderBook> {
        self.market(instrument).map(|market| &market.book)
    }

    fn views<'a>(&'a self, ladder: &'a Ladder) -> impl Iterator<Item = OrderView> + 'a {
        ladder
            .levels()
            .flat_map(|(_, level)| level.slots(&self.slab))
            .map(|slot| self.view(slot))
    }

    pub(super) fn view(&self, slot: u32) -> OrderView {
        let order = self.slab.order(slot);
        let details = self.ledger.details(slot);
        let market = self.market_of(slot);
        let has_terms = details.traits.has_terms() || details.traits.order_type().is_stop();
        OrderView {
            order_id: details.order_id,
            handle: self.slab.handle(slot),
            account: details.account,
            instrument: InstrumentId(order.instrument),
            side: order.side,
            order_type: details.traits.order_type(),
            time_in_force: details.traits.time_in_force(),
            post_only: details.traits.is_post_only(),
            self_trade: order.self_trade,
            terms: if has_terms {
                self.slab.terms(slot).given
            } else {
                OrderTerms::NONE
            },
            triggered: details.traits.is_triggered(),
            place: order.place,
            displayed: Quantity::new(order.displayed),
            price: Price::new(self.hashed_price(market, slot)),
            order_quantity: Quantity::new(order.order_quantity),
            cumulative: Quantity::new(order.cumulative()),
            leaves: Quantity::new(order.leaves),
            priority_stamp: order.stamp,
            durability: order.durability,
            session: details.session,
            gateway: details.gateway,
            request: details.request,
            client_order_id: details.client_order_id,
        }
    }
}
