//! One operation that does much: an order that meets thousands, and a cancel of thousands.
//!
//! **Rule.** Rounds of a *fill* and a *strike*, so that a strike can be timed for itself. The fill
//! brings the book to so many sells of account 0, of 1 to 100 lots, spread over so many levels,
//! all prices as likely. [`Strike::Sweep`] is one immediate buy by account 1 of exactly the lots of
//! the best so many of them, so it makes as many trades and leaves no order half done.
//! [`Strike::CancelAll`] cancels all orders of account 0; half of what lies among them is account
//! 1's and stays.

use crate::maker::Maker;
use crate::random::Random;
use crate::shape::Shape;
use crate::{Operation, OperationKind, Side};

const BASE: i64 = 100_000;
const QUANTITY_MAX: u64 = 100;
/// Whose orders are struck, and whose are not.
const MAKER: u32 = 0;
const OTHER: u32 = 1;

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// One order that trades with so many; with all where there are less.
    Sweep(usize),
    /// One that cancels them all.
    CancelAll,
}

/// A fill and a strike.
#[derive(Clone, Debug)]
pub struct Round {
    /// Orders to enter before.
    pub fill: Vec<Operation>,
    /// The operation to time.
    pub strike: Operation,
}

/// Rounds, and what a right book comes to.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// One after the other, in the same book.
    pub rounds: Vec<Round>,
    /// Sum over the answers to all operations, fills and strikes, in their order; sequences count
    /// from the first operation. Cancels of one cancel-all are in the order of the orders' numbers.
    pub checksum: u64,
    /// What fills and strikes are together.
    pub shape: Shape,
}

/// How a book is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Book {
    /// Orders of account 0 before each strike.
    pub makers: usize,
    /// Prices over which they are spread; at least 1.
    pub levels: u32,
}

/// Returns `rounds` rounds over a book.
#[must_use]
pub fn generate(seed: u64, book: Book, strike: Strike, rounds: usize) -> Rounds {
    let mut flow = Flow {
        random: Random::new(seed),
        maker: Maker::new(1),
        levels: i64::from(book.levels.max(1)),
        resting: Vec::new(),
    };
    flow.maker.begin_timed();
    let mut made = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let mut fill = Vec::new();
        while flow.resting.len() < book.makers {
            fill.push(flow.enter(MAKER));
            if strike == Strike::CancelAll && round == 0 {
                fill.push(flow.enter(OTHER));
            }
        }
        let strike = flow.strike(strike);
        made.push(Round { fill, strike });
    }
    let workload = flow.maker.finish();
    Rounds {
        rounds: made,
        checksum: workload.checksum,
        shape: workload.shape,
    }
}

struct Flow {
    random: Random,
    maker: Maker,
    levels: i64,
    /// Price, number and lots of account 0's orders.
    resting: Vec<(i64, u32, u64)>,
}

impl Flow {
    fn enter(&mut self, account: u32) -> Operation {
        let price = BASE + self.random.ticks_below(self.levels);
        let quantity = 1 + self.random.below(QUANTITY_MAX);
        let order = self
            .maker
            .order(OperationKind::New, Side::Sell, price, quantity);
        let order = Operation { account, ..order };
        self.maker.run(order);
        if account == MAKER {
            self.resting.push((price, order.order, quantity));
        }
        order
    }

    fn strike(&mut self, strike: Strike) -> Operation {
        let strike = match strike {
            Strike::Sweep(count) => {
                // Price, then number, is the order in which they trade.
                self.resting.sort_unstable();
                let swept = self.resting.drain(..count.min(self.resting.len()));
                let quantity = swept.map(|(_, _, quantity)| quantity).sum();
                let limit = BASE + self.levels;
                let order = self
                    .maker
                    .order(OperationKind::Ioc, Side::Buy, limit, quantity);
                Operation {
                    account: OTHER,
                    ..order
                }
            }
            Strike::CancelAll => {
                self.resting.clear();
                Operation {
                    quantity: 0,
                    price: 0,
                    order: 0,
                    symbol: 0,
                    account: MAKER,
                    kind: OperationKind::CancelAll,
                    side: Side::Buy,
                }
            }
        };
        self.maker.run(strike);
        strike
    }
}
