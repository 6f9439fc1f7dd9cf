//! rust_ob: a tree a side, shared orders, decimal numbers.
//!
//! It takes our numbers. It has no immediate order and no modify: what an immediate one leaves is
//! canceled at once, a modify is a cancel and a new order. It tells what a fill cost and not at
//! which price, and counts neither orders nor levels: the adapter keeps limits by order.

use std::collections::BTreeSet;

use matchgate_workloads::report::Report;
use matchgate_workloads::{Operation, OperationKind, Side};
use rust_ob::{Decimal, OrderBook};

use super::{Limit, Peer};
use crate::load::Load;

/// The book with its table.
#[derive(Debug)]
pub(crate) struct RustOb {
    book: OrderBook<u32>,
    /// By number.
    limits: Vec<Limit>,
}

impl RustOb {
    /// Returns an empty book with a table for `load`.
    pub(crate) fn new(load: &Load) -> Self {
        Self {
            book: OrderBook::new(),
            limits: vec![Limit::NONE; load.order_table_len()],
        }
    }

    /// Enters an order, tells its trades and returns what is left of it.
    fn enter(
        &mut self,
        sequence: u32,
        operation: &Operation,
        side: Side,
        answer: &mut impl FnMut(Report),
    ) -> u64 {
        let Operation {
            quantity,
            price,
            order,
            ..
        } = *operation;
        self.limits[order as usize] = Limit {
            price,
            side,
            number: order,
        };
        let its_side = match side {
            Side::Buy => rust_ob::Side::Buy,
            Side::Sell => rust_ob::Side::Sell,
        };
        let (its_price, its_quantity) = (Decimal::from(price), Decimal::from(quantity));
        let Ok(matches) = self
            .book
            .process_limit_order(order, its_side, its_price, its_quantity)
        else {
            return 0;
        };
        // The last one is the order itself.
        let Some((_, resting)) = matches.split_last() else {
            return quantity;
        };
        let mut leaves = quantity;
        for one in resting {
            let traded = u64::try_from(one.quantity).unwrap_or(0);
            let price = self.limits[one.order as usize].price;
            leaves -= traded;
            answer(Report::trade(sequence, price, traded, one.order, order));
        }
        leaves
    }
}

impl Peer for RustOb {
    const HAS_FOK: bool = false;
    const HAS_REDUCE: bool = false;

    #[inline]
    fn apply(&mut self, sequence: u32, operation: &Operation, answer: &mut impl FnMut(Report)) {
        let Operation {
            quantity,
            price,
            order,
            side,
            ..
        } = *operation;
        let limit = self.limits[order as usize];
        match operation.kind {
            OperationKind::New | OperationKind::Ioc | OperationKind::Fok => {
                answer(Report::order_ack(sequence, side, order, price, quantity));
                let leaves = self.enter(sequence, operation, side, answer);
                if leaves > 0
                    && operation.kind != OperationKind::New
                    && self.book.cancel_order(order).is_ok()
                {
                    answer(Report::cancel_ack(sequence, side, order, price));
                }
            }
            OperationKind::Move => {
                let side = limit.side;
                if self.book.cancel_order(order).is_ok() {
                    self.enter(sequence, operation, side, answer);
                    answer(Report::modify_ack(sequence, side, order, price, quantity));
                } else {
                    answer(Report::modify_reject(sequence, order));
                }
            }
            OperationKind::Cancel | OperationKind::Reduce | OperationKind::CancelAll => {
                answer(if self.book.cancel_order(order).is_ok() {
                    Report::cancel_ack(sequence, limit.side, order, limit.price)
                } else {
                    Report::cancel_reject(sequence, order)
                });
            }
        }
    }

    /// Counts what its text has, a line an order after a line of headings.
    fn live_order_count(&self) -> usize {
        self.book.to_string().lines().count().saturating_sub(1)
    }

    fn level_count(&self) -> usize {
        let text = self.book.to_string();
        let lines = text.lines().skip(1);
        let levels: BTreeSet<Vec<&str>> = lines
            .map(|line| line.split_whitespace().skip(1).take(2).collect())
            .collect();
        levels.len()
    }
}
