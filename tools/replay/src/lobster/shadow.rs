//! The shadow: a naive book of what was sent, so that a message's order can be found again.
//!
//! It matches by price, then time, as any engine must, so that it never names an order that has
//! ended. It is not the book that is compared, and it must not know an engine.

use std::collections::{BTreeMap, HashMap, VecDeque};

use matchgate_core::domain::{Price, Side};

use super::row::is_worse;
use crate::flow::CommandNumber;

/// An order of the shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShadowOrder {
    /// The command that entered it.
    pub(crate) number: CommandNumber,
    /// The recording's id; `None` for a seed.
    pub(crate) id: Option<u64>,
    /// Its total quantity now, the executed part included.
    pub(crate) order_quantity: u64,
    /// What is open; above 0.
    pub(crate) leaves: u64,
}

/// What takes quantity out of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// All that was open: the order has ended.
    Cancel(CommandNumber),
    /// A part: this is its new total quantity.
    Reduce(CommandNumber, u64),
}

/// Where the order that an execution names stands in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueuePlace {
    /// It is the first.
    Front,
    /// It is not known: its quantity was seeded.
    Seed,
    /// Another one is before it.
    NotFront,
}

/// Both sides of the book as it was sent. Memory grows with live orders only.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    bids: BTreeMap<Price, VecDeque<ShadowOrder>>,
    asks: BTreeMap<Price, VecDeque<ShadowOrder>>,
    places: HashMap<u64, (Side, Price)>,
}

impl Shadow {
    /// Returns whether an order with this id is live.
    pub(crate) fn knows(&self, id: u64) -> bool {
        self.places.contains_key(&id)
    }

    /// Returns where the live order with this id is.
    pub(crate) fn place(&self, id: u64) -> Option<(Side, Price)> {
        self.places.get(&id).copied()
    }

    /// Returns the best price of a side.
    pub(crate) fn best(&self, side: Side) -> Option<Price> {
        let mut prices = self.book(side).keys();
        match side {
            Side::Buy => prices.next_back().copied(),
            Side::Sell => prices.next().copied(),
        }
    }

    /// Returns the price of a side that is farthest from the other.
    pub(crate) fn worst(&self, side: Side) -> Option<Price> {
        let mut prices = self.book(side).keys();
        match side {
            Side::Buy => prices.next().copied(),
            Side::Sell => prices.next_back().copied(),
        }
    }

    /// Returns where order `id` stands in the queue at its price.
    pub(crate) fn queue_place(&self, id: u64, side: Side, price: Price) -> QueuePlace {
        let known = self.place(id) == Some((side, price));
        let front = self.book(side).get(&price).and_then(VecDeque::front);
        match front {
            _ if !known => QueuePlace::Seed,
            Some(front) if front.id == Some(id) => QueuePlace::Front,
            _ => QueuePlace::NotFront,
        }
    }

    /// Enters a limit order, which first takes what it crosses.
    pub(crate) fn enter(&mut self, side: Side, price: Price, mut order: ShadowOrder) {
        order.leaves -= self.take(side, price, order.leaves);
        if order.leaves == 0 {
            return;
        }
        if let Some(id) = order.id {
            self.places.insert(id, (side, price));
        }
        self.book_mut(side)
            .entry(price)
            .or_default()
            .push_back(order);
    }

    /// Takes up to `quantity` from the other side at `limit` or better; returns what it took.
    pub(crate) fn take(&mut self, side: Side, limit: Price, quantity: u64) -> u64 {
        let resting = side.opposite();
        let mut open = quantity;
        while open > 0
            && let Some(price) = self.best(resting)
            && !is_worse(resting, price, limit)
        {
            let Some(queue) = self.book_mut(resting).get_mut(&price) else {
                break;
            };
            let mut ended = None;
            if let Some(front) = queue.front_mut() {
                let executed = front.leaves.min(open);
                front.leaves -= executed;
                open -= executed;
                if front.leaves == 0 {
                    ended = queue.pop_front();
                }
            }
            if queue.is_empty() {
                self.book_mut(resting).remove(&price);
            }
            self.forget(ended.and_then(|order| order.id));
        }
        quantity - open
    }

    /// Takes `quantity` out of order `id`, then what it lacks out of the seed at the same price,
    /// then out of the newest orders there. Returns what was not there at all.
    pub(crate) fn withdraw(
        &mut self,
        id: u64,
        level: (Side, Price),
        quantity: u64,
        out: &mut Vec<Withdrawal>,
    ) -> u64 {
        let mut missing = quantity;
        while missing > 0 {
            let Some(queue) = self.book_mut(level.0).get_mut(&level.1) else {
                break;
            };
            let named = queue.iter().position(|order| order.id == Some(id));
            let seed = || queue.iter().position(|order| order.id.is_none());
            let Some(at) = named.or_else(seed).or_else(|| queue.len().checked_sub(1)) else {
                break;
            };
            let Some(order) = queue.get_mut(at) else {
                break;
            };
            let part = order.leaves.min(missing);
            missing -= part;
            order.leaves -= part;
            order.order_quantity -= part;
            let order = *order;
            if order.leaves > 0 {
                out.push(Withdrawal::Reduce(order.number, order.order_quantity));
                continue;
            }
            out.push(Withdrawal::Cancel(order.number));
            queue.remove(at);
            if queue.is_empty() {
                self.book_mut(level.0).remove(&level.1);
            }
            self.forget(order.id);
        }
        missing
    }

    /// Removes the levels of `side` that are worse than `edge`, the worst first; returns how many
    /// they were and which commands entered their orders.
    pub(crate) fn drop_beyond(&mut self, side: Side, edge: Price) -> (u64, Vec<CommandNumber>) {
        let (mut levels, mut orders) = (0, Vec::new());
        while let Some(price) = self
            .worst(side)
            .filter(|&price| is_worse(side, price, edge))
        {
            levels += 1;
            for order in self.book_mut(side).remove(&price).unwrap_or_default() {
                orders.push(order.number);
                self.forget(order.id);
            }
        }
        (levels, orders)
    }

    fn forget(&mut self, id: Option<u64>) {
        if let Some(id) = id {
            self.places.remove(&id);
        }
    }

    const fn book(&self, side: Side) -> &BTreeMap<Price, VecDeque<ShadowOrder>> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    const fn book_mut(&mut self, side: Side) -> &mut BTreeMap<Price, VecDeque<ShadowOrder>> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
