//! A book that is as plain as can be: the second opinion on translation and engine.

use std::collections::BTreeMap;

use matchgate_core::domain::{Price, Quantity, RejectReason, Side};

use crate::drive::{DrivenBook, Outcome};
use crate::error::ReplayError;
use crate::flow::{Action, CommandNumber, ExecutionTotals, FlowCommand};
use crate::lobster::RowLevel;

#[derive(Clone, Copy, Debug)]
struct Order {
    number: CommandNumber,
    total: u64,
    leaves: u64,
}

/// Orders by price, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct NaiveBook {
    sides: [BTreeMap<Price, Vec<Order>>; 2],
    /// Cancels and reduces that named an order which is not live.
    pub(crate) unknown: u64,
    /// What the last command traded.
    pub(crate) fills: Vec<NaiveFill>,
}

/// A trade of the last command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NaiveFill {
    /// The command that entered the resting order.
    pub(crate) resting: CommandNumber,
    pub(crate) price: Price,
    pub(crate) quantity: Quantity,
    /// What is open of the resting order now.
    pub(crate) leaves: Quantity,
}

impl NaiveBook {
    pub(crate) fn live_orders(&self) -> usize {
        self.sides
            .iter()
            .flat_map(BTreeMap::values)
            .map(Vec::len)
            .sum()
    }

    fn side(&self, side: Side) -> &BTreeMap<Price, Vec<Order>> {
        &self.sides[usize::from(side == Side::Sell)]
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Vec<Order>> {
        &mut self.sides[usize::from(side == Side::Sell)]
    }

    fn meets(&self, side: Side, price: Price) -> bool {
        let resting = self.side(side.opposite());
        match side {
            Side::Buy => resting.keys().next().is_some_and(|best| *best <= price),
            Side::Sell => resting
                .keys()
                .next_back()
                .is_some_and(|best| *best >= price),
        }
    }

    fn take(&mut self, side: Side, limit: Price, quantity: u64) -> ExecutionTotals {
        let mut executed = ExecutionTotals::default();
        let mut fills = Vec::new();
        while executed.quantity < quantity {
            let resting = self.side_mut(side.opposite());
            let best = match side {
                Side::Buy => resting.first_entry().filter(|level| *level.key() <= limit),
                Side::Sell => resting.last_entry().filter(|level| *level.key() >= limit),
            };
            let Some(mut level) = best else { break };
            let price = *level.key();
            let front = &mut level.get_mut()[0];
            let part = front.leaves.min(quantity - executed.quantity);
            front.leaves -= part;
            executed.add(Quantity::new(part), price.notional(Quantity::new(part)));
            fills.push(NaiveFill {
                resting: front.number,
                price,
                quantity: Quantity::new(part),
                leaves: Quantity::new(front.leaves),
            });
            if front.leaves == 0 {
                level.get_mut().remove(0);
            }
            if level.get().is_empty() {
                level.remove();
            }
        }
        self.fills = fills;
        executed
    }

    fn shrink(&mut self, target: CommandNumber, total: Option<u64>) -> Outcome {
        for side in &mut self.sides {
            for queue in side.values_mut() {
                let Some(at) = queue.iter().position(|order| order.number == target) else {
                    continue;
                };
                let order = &mut queue[at];
                let less = total.map_or(order.leaves, |total| order.total - total);
                assert!(
                    less > 0 && less <= order.leaves,
                    "a reduce must make it smaller"
                );
                order.total -= less;
                order.leaves -= less;
                if order.leaves == 0 {
                    queue.remove(at);
                }
                side.retain(|_, queue| !queue.is_empty());
                return Outcome::default();
            }
        }
        self.unknown += 1;
        Outcome {
            refused: Some(RejectReason::OrderNotLive),
            ..Outcome::default()
        }
    }
}

impl DrivenBook for NaiveBook {
    fn carry_out(&mut self, _time_ns: u64, command: &FlowCommand) -> Result<Outcome, ReplayError> {
        let executed = |executed| Outcome {
            refused: None,
            executed,
        };
        Ok(match command.action {
            Action::Enter {
                side,
                price,
                quantity,
                ..
            } => {
                let took = self.take(side, price, quantity.get());
                let leaves = quantity.get() - took.quantity;
                if leaves > 0 {
                    self.side_mut(side).entry(price).or_default().push(Order {
                        number: command.number,
                        total: quantity.get(),
                        leaves,
                    });
                }
                executed(took)
            }
            Action::Take {
                side,
                price,
                quantity,
                ..
            } => executed(self.take(side, price, quantity.get())),
            Action::Reduce { target, quantity } => self.shrink(target, Some(quantity.get())),
            Action::Cancel { target } | Action::Withdraw { target } => self.shrink(target, None),
            Action::Post { side, price, .. } if self.meets(side, price) => Outcome {
                refused: Some(RejectReason::PostOnlyWouldTake),
                ..Outcome::default()
            },
            Action::Post {
                side,
                price,
                quantity,
            } => {
                let order = Order {
                    number: command.number,
                    total: quantity.get(),
                    leaves: quantity.get(),
                };
                self.fills.clear();
                self.side_mut(side).entry(price).or_default().push(order);
                Outcome::default()
            }
            Action::Market { side, quantity } => {
                let limit = match side {
                    Side::Buy => Price::MAX,
                    Side::Sell => Price::new(i64::MIN),
                };
                executed(self.take(side, limit, quantity.get()))
            }
        })
    }

    fn best_levels(&self, side: Side, levels: usize, out: &mut Vec<RowLevel>) {
        out.clear();
        let sum = |(price, queue): (&Price, &Vec<Order>)| RowLevel {
            price: *price,
            quantity: queue.iter().map(|order| order.leaves).sum(),
        };
        match side {
            Side::Buy => out.extend(self.side(side).iter().rev().take(levels).map(sum)),
            Side::Sell => out.extend(self.side(side).iter().take(levels).map(sum)),
        }
    }
}
