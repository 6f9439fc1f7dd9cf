//! nanobook: hash table of orders, tree of levels, queues in which a cancel leaves a gap.
//!
//! It numbers orders itself and gives a modified one a new number, so two tables translate: by our
//! number to its latest, and by its number to ours.
//!
//! **As published it is wrong where an order is canceled behind one that traded.** An order
//! remembers where in its level's queue it was put; a trade takes the front away and so moves all
//! others, and what is remembered is not renewed. The cancel then hits another order, or none, and
//! a level may be left that looks full and is empty, on which the next order never ends. The public
//! benchmark does not meet it, since there an order is canceled right after it came. Its `compact`
//! has the same fault, so history is cleared here without it.
//!
//! **Repaired** it takes an order out of its level by searching for it, through what the book makes
//! public and without a change to it. That is as quick where levels are short, and slower where
//! they are long. Repaired it can also reduce; as published that would be a modify, which loses
//! the place.

use matchgate_workloads::report::Report;
use matchgate_workloads::{Operation, OperationKind, Side};
use nanobook::{Exchange, OrderId, Price, TimeInForce, Trade};

use super::{Limit, Peer};
use crate::load::Load;

/// The book with its tables.
#[derive(Debug)]
pub(crate) struct Nanobook<const REPAIRED: bool> {
    exchange: Exchange,
    /// By our number.
    limits: Vec<Limit>,
    /// Our number, by its number.
    ours: Vec<u32>,
}

impl<const REPAIRED: bool> Nanobook<REPAIRED> {
    /// Returns an empty book with tables for `load`.
    pub(crate) fn new(load: &Load) -> Self {
        let mut ours = Vec::with_capacity(load.len() + 1);
        // It begins to number with 1.
        ours.push(0);
        Self {
            exchange: Exchange::new(),
            limits: vec![Limit::NONE; load.order_table_len()],
            ours,
        }
    }

    /// Notes that the book gave `operation`'s order the next number.
    fn enter(&mut self, operation: &Operation, side: Side, id: OrderId) {
        self.ours.push(operation.order);
        self.limits[operation.order as usize] = Limit {
            price: operation.price,
            side,
            number: u32::try_from(id.0).unwrap_or(0),
        };
    }

    #[inline]
    fn cancel(&mut self, limit: Limit) -> bool {
        let id = OrderId(u64::from(limit.number));
        if !REPAIRED {
            return self.exchange.cancel(id).success;
        }
        let book = self.exchange.book_mut();
        let Some(order) = book.get_order_mut(id).filter(|order| order.is_active()) else {
            return false;
        };
        let leaves = order.cancel();
        book.side_mut(its_side(limit.side))
            .remove_order(Price(limit.price), id, leaves)
    }

    #[inline]
    fn modify(&mut self, sequence: u32, operation: &Operation, answer: &mut impl FnMut(Report)) {
        let Operation {
            quantity,
            price,
            order,
            ..
        } = *operation;
        let limit = self.limits[order as usize];
        let side = limit.side;
        let entered = if REPAIRED {
            self.cancel(limit).then(|| {
                let (side, price) = (its_side(side), Price(price));
                let time_in_force = TimeInForce::GTC;
                let result = self
                    .exchange
                    .submit_limit(side, price, quantity, time_in_force);
                (result.order_id, result.trades)
            })
        } else {
            let id = OrderId(u64::from(limit.number));
            let result = self.exchange.modify(id, Price(price), quantity);
            result.new_order_id.map(|id| (id, result.trades))
        };
        let Some((id, trades)) = entered else {
            answer(Report::modify_reject(sequence, order));
            return;
        };
        self.enter(operation, side, id);
        self.trades(sequence, order, &trades, answer);
        answer(Report::modify_ack(sequence, side, order, price, quantity));
    }

    fn reduce(&mut self, sequence: u32, order: u32, by: u64) -> Report {
        let limit = self.limits[order as usize];
        let Limit { price, side, .. } = limit;
        let id = OrderId(u64::from(limit.number));
        let book = self.exchange.book_mut();
        let Some(resting) = book.get_order_mut(id).filter(|order| order.is_active()) else {
            return Report::modify_reject(sequence, order);
        };
        if resting.remaining_quantity <= by {
            self.cancel(limit);
            return Report::cancel_ack(sequence, side, order, price);
        }
        resting.remaining_quantity -= by;
        let leaves = resting.remaining_quantity;
        let levels = book.side_mut(its_side(side));
        if let Some(level) = levels.get_level_mut(Price(price)) {
            level.decrease_quantity(by);
        }
        Report::modify_ack(sequence, side, order, price, leaves)
    }

    fn trades(&self, sequence: u32, order: u32, trades: &[Trade], answer: &mut impl FnMut(Report)) {
        for trade in trades {
            let resting = usize::try_from(trade.passive_order_id.0)
                .ok()
                .and_then(|number| self.ours.get(number));
            let resting = resting.copied().unwrap_or(u32::MAX);
            let (price, quantity) = (trade.price.0, trade.quantity);
            answer(Report::trade(sequence, price, quantity, resting, order));
        }
    }
}

impl<const REPAIRED: bool> Peer for Nanobook<REPAIRED> {
    const HAS_FOK: bool = true;
    const HAS_REDUCE: bool = REPAIRED;

    #[inline]
    fn apply(&mut self, sequence: u32, operation: &Operation, answer: &mut impl FnMut(Report)) {
        let Operation {
            quantity,
            price,
            order,
            side,
            ..
        } = *operation;
        let time_in_force = match operation.kind {
            OperationKind::New => TimeInForce::GTC,
            OperationKind::Ioc => TimeInForce::IOC,
            OperationKind::Fok => TimeInForce::FOK,
            OperationKind::Move => {
                self.modify(sequence, operation, answer);
                return;
            }
            OperationKind::Reduce => {
                answer(self.reduce(sequence, order, quantity));
                return;
            }
            OperationKind::Cancel | OperationKind::CancelAll => {
                let limit = self.limits[order as usize];
                answer(if self.cancel(limit) {
                    Report::cancel_ack(sequence, limit.side, order, limit.price)
                } else {
                    Report::cancel_reject(sequence, order)
                });
                return;
            }
        };
        answer(Report::order_ack(sequence, side, order, price, quantity));
        let result =
            self.exchange
                .submit_limit(its_side(side), Price(price), quantity, time_in_force);
        self.enter(operation, side, result.order_id);
        self.trades(sequence, order, &result.trades, answer);
        if result.cancelled_quantity > 0 {
            answer(Report::cancel_ack(sequence, side, order, price));
        }
    }

    fn clear_history(&mut self) {
        self.exchange.clear_trades();
        self.exchange.clear_order_history();
    }

    fn live_order_count(&self) -> usize {
        let book = self.exchange.book();
        let levels = book.bids().iter_best_to_worst();
        let levels = levels.chain(book.asks().iter_best_to_worst());
        levels.map(|(_, level)| level.order_count()).sum()
    }

    fn level_count(&self) -> usize {
        let book = self.exchange.book();
        book.bids().level_count() + book.asks().level_count()
    }
}

const fn its_side(side: Side) -> nanobook::Side {
    match side {
        Side::Buy => nanobook::Side::Buy,
        Side::Sell => nanobook::Side::Sell,
    }
}
