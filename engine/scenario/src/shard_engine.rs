//! The shard as an engine of scenarios: it applies a command in as many steps as it takes.

use matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX;
use matchgate_core::domain::{Command, Event, InstrumentId, OrderHandle, Sequenced, ShardId, Side};
use matchgate_core::{EventBuffer, OrderView, Progress, Shard, ShardCapacity};

use crate::engine::{DisplayedOrder, Engine, Level, LiveOrder};

/// A shard, and where its events go. It asserts the bound of every step.
#[derive(Debug)]
pub struct ShardEngine {
    shard: Shard,
    buffer: EventBuffer,
    step_count: usize,
}

impl ShardEngine {
    /// Returns shard 0, which was told nothing yet.
    ///
    /// # Panics
    ///
    /// Panics if the capacity is not valid.
    #[must_use]
    pub fn new(capacity: ShardCapacity) -> Self {
        Self::of(ShardId(0), capacity)
    }

    /// Returns a shard that was told nothing yet.
    ///
    /// # Panics
    ///
    /// Panics if the capacity is not valid.
    #[must_use]
    pub fn of(id: ShardId, capacity: ShardCapacity) -> Self {
        Self {
            shard: Shard::new(id, capacity),
            buffer: EventBuffer::new(),
            step_count: 0,
        }
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Returns how many steps the last command took.
    #[must_use]
    pub const fn step_count(&self) -> usize {
        self.step_count
    }
}

impl Engine for ShardEngine {
    fn shard_id(&self) -> ShardId {
        self.shard.id()
    }

    fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event> {
        let mut events = Vec::new();
        let mut progress = self.shard.apply(command, &mut self.buffer);
        self.step_count = 1;
        loop {
            let count = self.buffer.len();
            assert!(count <= EVENTS_PER_STEP_MAX, "a step has {count} events");
            events.extend_from_slice(self.buffer.as_slice());
            self.buffer.clear();
            match progress {
                Progress::Done => return events,
                Progress::More => progress = self.shard.resume(&mut self.buffer),
            }
            self.step_count += 1;
        }
    }

    fn order(&self, handle: OrderHandle) -> Option<LiveOrder> {
        self.shard.order(handle).map(view)
    }

    fn live_order_count(&self) -> u32 {
        self.shard.live_order_count()
    }

    fn live_orders(&self, instrument: InstrumentId, side: Side) -> Vec<DisplayedOrder> {
        let orders = self.shard.live_orders(instrument, side);
        let displayed = |order: OrderView| DisplayedOrder {
            handle: order.handle,
            displayed: order.displayed,
            priority_stamp: order.priority_stamp,
        };
        orders.map(displayed).collect()
    }

    fn depth(&self, instrument: InstrumentId, side: Side) -> Vec<Level> {
        let levels = self.shard.depth(instrument, side, usize::MAX);
        let level = |level: matchgate_core::Level| Level {
            price: level.price,
            quantity: level.quantity,
            order_count: level.order_count,
        };
        levels.map(level).collect()
    }

    fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.shard.book_hash(instrument)
    }

    fn state_hash(&self) -> u128 {
        self.shard.state_hash()
    }
}

fn view(order: OrderView) -> LiveOrder {
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
        terms: order.terms,
        triggered: order.triggered,
        price: order.price,
        order_quantity: order.order_quantity,
        cumulative: order.cumulative,
        leaves: order.leaves,
        durability: order.durability,
        session: order.session,
        gateway: order.gateway,
        request: order.request,
        client_order_id: order.client_order_id,
    }
}
