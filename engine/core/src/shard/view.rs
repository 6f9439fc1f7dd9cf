//! Views: what may be read of a shard between commands. Reading changes nothing.

use super::{Shard, index};
use crate::book::{NONE, OrderBook};
use crate::domain::{
    Account, AccountId, ClientOrderId, Durability, GatewayId, Instrument, InstrumentId,
    OrderHandle, OrderId, OrderType, Phase, Price, Quantity, RequestNumber, SessionId, Side,
    TimeInForce,
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
    /// Limit or market.
    pub order_type: OrderType,
    /// Day or immediate-or-cancel.
    pub time_in_force: TimeInForce,
    /// Whether it refuses to take.
    pub post_only: bool,
    /// Limit price.
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
        Some((&listing.instrument, listing.phase))
    }

    /// Returns the instruments of this shard and their phases, by rising number.
    pub fn instruments(&self) -> impl Iterator<Item = (&Instrument, Phase)> {
        self.listings
            .iter()
            .flatten()
            .map(|listing| (&listing.instrument, listing.phase))
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
                live: order.live,
            })
    }

    /// Returns the gateway to which a slot is lent, if it is.
    #[must_use]
    pub fn slot_lent_to(&self, slot: u32) -> Option<GatewayId> {
        self.slab.lent_to(slot)
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

    /// Returns the best `levels` price levels of one side, the best first; none for an
    /// instrument that is not this shard's.
    pub fn depth(
        &self,
        instrument: InstrumentId,
        side: Side,
        levels: usize,
    ) -> impl Iterator<Item = Level> {
        self.book(instrument)
            .into_iter()
            .flat_map(move |book| book.side(side).levels())
            .take(levels)
            .map(|level| Level {
                price: level.price,
                quantity: level.leaves,
                order_count: level.order_count,
            })
    }

    /// Returns the live orders of one side in the order in which they would trade; none for an
    /// instrument that is not this shard's.
    pub fn live_orders(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = OrderView> {
        let link = |slot: u32| (slot != NONE).then_some(slot);
        self.book(instrument)
            .into_iter()
            .flat_map(move |book| book.side(side).levels())
            .flat_map(move |level| {
                std::iter::successors(link(level.first), move |&slot| {
                    link(self.slab.order(slot).next)
                })
            })
            .map(|slot| self.view(slot))
    }

    fn book(&self, instrument: InstrumentId) -> Option<&OrderBook> {
        self.listing(instrument)?;
        self.books.get(index(instrument))
    }

    fn view(&self, slot: u32) -> OrderView {
        let order = self.slab.order(slot);
        let details = self.slab.details(slot);
        OrderView {
            order_id: details.order_id,
            handle: self.slab.handle(slot),
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
            post_only: order.post_only,
            price: order.price,
            order_quantity: order.order_quantity,
            cumulative: order.cumulative(),
            leaves: order.leaves,
            priority_stamp: order.priority_stamp,
            durability: order.durability,
            session: details.session,
            gateway: order.gateway,
            request: details.request,
            client_order_id: details.client_order_id,
        }
    }
}
