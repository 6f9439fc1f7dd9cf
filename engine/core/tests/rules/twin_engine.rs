//! The slow twin as an engine of scenarios.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Command, Event, InstrumentId, OrderHandle, OrderTerms, Price, Quantity, Sequenced, ShardId,
    Side,
};
use matchgate_scenario::{DisplayedOrder, Engine, Level, LiveOrder};
use matchgate_twin::reference::{Order, Place, Reference};

/// A twin that was told nothing yet.
#[derive(Debug)]
pub(crate) struct TwinEngine {
    twin: Reference,
}

impl TwinEngine {
    pub(crate) fn new(capacity: ShardCapacity) -> Self {
        Self {
            twin: Reference::new(ShardId(0), capacity),
        }
    }
}

impl Engine for TwinEngine {
    fn shard_id(&self) -> ShardId {
        ShardId(0)
    }

    fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event> {
        let mut events = Vec::new();
        self.twin.apply(command, &mut events);
        events
    }

    fn order(&self, handle: OrderHandle) -> Option<LiveOrder> {
        self.twin.find(handle).map(view)
    }

    fn live_order_count(&self) -> u32 {
        u32::try_from(self.twin.orders().len()).unwrap()
    }

    fn live_orders(&self, instrument: InstrumentId, side: Side) -> Vec<DisplayedOrder> {
        let orders = self.twin.orders().iter();
        let of_side = orders.filter(|order| order.instrument == instrument && order.side == side);
        let mut displayed: Vec<&Order> = of_side
            .filter(|order| order.place == Place::Displayed)
            .collect();
        displayed.sort_by_key(|order| {
            let price = i128::from(order.price.unwrap());
            let worse = if side == Side::Buy { -price } else { price };
            (worse, order.stamp)
        });
        let view = |order: &Order| DisplayedOrder {
            handle: order.handle,
            displayed: Quantity::new(order.displayed),
            priority_stamp: order.stamp,
        };
        displayed.into_iter().map(view).collect()
    }

    fn depth(&self, instrument: InstrumentId, side: Side) -> Vec<Level> {
        let mut levels = Vec::new();
        self.twin.depth(instrument, side, &mut levels);
        let level = |level: matchgate_twin::reference::Level| Level {
            price: level.price,
            quantity: level.quantity,
            order_count: level.order_count,
        };
        levels.into_iter().map(level).collect()
    }

    fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.twin.book_hash(instrument)
    }

    fn state_hash(&self) -> u128 {
        self.twin.state_hash()
    }
}

fn view(order: &Order) -> LiveOrder {
    LiveOrder {
        handle: order.handle,
        order_id: order.order_id,
        account: order.account,
        instrument: order.instrument,
        side: order.side,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        post_only: order.post_only,
        self_trade: order.self_trade,
        terms: OrderTerms {
            stop_price: Price::new(order.stop_price),
            display_quantity: Quantity::new(order.display_quantity),
            minimum_quantity: Quantity::ZERO,
            expire_time_ns: order.expire_time_ns,
            self_trade_group: order.self_trade_group,
            reserved: [0; 4],
        },
        triggered: order.triggered,
        price: Price::new(order.price.unwrap_or(0)),
        order_quantity: Quantity::new(order.total),
        cumulative: Quantity::new(order.executed),
        leaves: Quantity::new(order.total - order.executed),
        durability: order.durability,
        session: order.session,
        gateway: order.gateway,
        request: order.request,
        client_order_id: order.client_order_id,
    }
}
