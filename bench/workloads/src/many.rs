//! Many symbols of very unequal weight.
//!
//! **Rule.** Weights are the quantiles of a Pareto law, dealt to the symbols by the seed. Its tail
//! is a parameter: with [`Tail::Pareto`] (1.5, as exchange-core has it) 10,000 symbols spread by a
//! factor of 740 from the busiest to the quietest; with [`Tail::FourOrders`] (1.0) by a factor of
//! 20,000. A symbol's weight is its share both of the orders that rest at first (each symbol has
//! two at least) and of the operations. In a symbol 93 of 100 operations enter or cancel an order,
//! one three times as likely as the other while there are fewer or more than at first; 5 give one
//! another price, never the one that it has, so that it loses its place by any rule; 2 take. Distances from the mid follow the power law of [`crate::deep`], up to
//! 500 ticks; what is canceled or moved is any order of the symbol.

use std::cmp::Ordering;

use crate::maker::Maker;
use crate::random::Random;
use crate::{Operation, OperationKind, Side, Workload};

/// Symbols of the whole workload.
pub const SYMBOLS: u32 = 10_000;
const MID: i64 = 10_000;
const DISTANCE_MAX: i64 = 500;
const QUANTITY_MAX: u64 = 100;
/// Least orders a symbol begins with.
const RESTING_MIN: u64 = 2;
/// Weights are integers: the quietest symbol's is this.
const UNIT: f64 = 1_048_576.0;

/// How unequal symbols are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Pareto's exponent is 1.5.
    Pareto,
    /// It is 1: more than four orders of magnitude between first and last.
    FourOrders,
}

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Symbols, at least 1.
    pub symbols: u32,
    /// Orders in all of them when the clock begins, about.
    pub resting: u64,
    /// Operations to time.
    pub timed: usize,
}

/// Returns operations over all symbols.
#[must_use]
pub fn generate(seed: u64, size: Size, tail: Tail) -> Workload {
    let mut random = Random::new(seed);
    let weights = weights(&mut random, size.symbols.max(1), tail);
    let total: u64 = weights.iter().sum();
    let targets: Vec<u64> = weights
        .iter()
        .map(|weight| scale(size.resting, *weight, total).max(RESTING_MIN))
        .collect();
    let mut flow = Flow {
        random,
        maker: Maker::new(weights.len()),
    };
    flow.fill(&targets);
    flow.maker.begin_timed();
    let mut sum = 0;
    let sums: Vec<u64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect();
    for _ in 0..size.timed {
        let point = flow.random.below(total);
        let index = sums.partition_point(|&sum| sum <= point);
        let symbol = u32::try_from(index).unwrap_or(0);
        let operation = flow.next_operation(symbol, targets[index]);
        flow.maker.run(operation);
    }
    flow.maker.finish()
}

/// Returns the weight of each symbol: quantiles of the law, shuffled.
fn weights(random: &mut Random, symbols: u32, tail: Tail) -> Vec<u64> {
    let exponent = match tail {
        Tail::Pareto => 1.0 / 1.5,
        Tail::FourOrders => 1.0,
    };
    let quantile = |rank: u32| {
        let share = (f64::from(rank) + 0.5) / f64::from(symbols);
        whole(UNIT * share.powf(-exponent))
    };
    let mut weights: Vec<u64> = (0..symbols).map(quantile).collect();
    for at in (1..weights.len()).rev() {
        weights.swap(at, random.index(at + 1));
    }
    weights
}

fn scale(amount: u64, weight: u64, total: u64) -> u64 {
    let share = u128::from(amount) * u128::from(weight) / u128::from(total.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the fraction is to go; weights are positive and below 2^40"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}

struct Flow {
    random: Random,
    maker: Maker,
}

impl Flow {
    /// Fills all books, in the order of the symbols.
    fn fill(&mut self, targets: &[u64]) {
        for (symbol, &target) in (0..).zip(targets) {
            for _ in 0..target {
                let order = self.new_order(symbol);
                self.maker.run(order);
            }
        }
    }

    fn next_operation(&mut self, symbol: u32, target: u64) -> Operation {
        let live = self.maker.live_count(symbol) as u64;
        let Some(order) = self.maker.pick(symbol, &mut self.random) else {
            return self.new_order(symbol);
        };
        let draw = self.random.below(100);
        if draw < 93 {
            let entering = match live.cmp(&target) {
                Ordering::Less => 3,
                Ordering::Equal => 2,
                Ordering::Greater => 1,
            };
            if self.random.below(4) < entering {
                self.new_order(symbol)
            } else {
                self.maker.cancel(order, symbol)
            }
        } else if draw < 98 {
            self.replace(order, symbol)
        } else {
            let side = self.any_side();
            let limit = side.away(MID, -DISTANCE_MAX);
            let quantity = 1 + self.random.below(2 * QUANTITY_MAX);
            let order = self.maker.order(OperationKind::Ioc, side, limit, quantity);
            Operation { symbol, ..order }
        }
    }

    fn replace(&mut self, order: u32, symbol: u32) -> Operation {
        let cancel = self.maker.cancel(order, symbol);
        let resting = self.maker.naive.resting(order);
        let before = resting.map(|(_, price, _)| price);
        let mut price = self.price(cancel.side);
        while before == Some(price) {
            price = self.price(cancel.side);
        }
        Operation {
            kind: OperationKind::Move,
            price,
            quantity: 1 + self.random.below(QUANTITY_MAX),
            ..cancel
        }
    }

    fn new_order(&mut self, symbol: u32) -> Operation {
        let side = self.any_side();
        let price = self.price(side);
        let quantity = 1 + self.random.below(QUANTITY_MAX);
        let order = self.maker.order(OperationKind::New, side, price, quantity);
        Operation { symbol, ..order }
    }

    fn price(&mut self, side: Side) -> i64 {
        side.away(MID, self.random.power_law(DISTANCE_MAX))
    }

    fn any_side(&mut self) -> Side {
        if self.random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        }
    }
}
