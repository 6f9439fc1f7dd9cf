//! A book of a million resting orders: the case in which every order looked up misses the caches.
//!
//! **Rule.** One symbol, a mid that stays. Buys lie 1 to 10,000 ticks below it, sells as far above,
//! by a power law of exponent 1 ([`crate::random::Random::power_law`]): most are near, and at a
//! million orders nearly each of the 20,000 prices has some. The book is filled before the clock
//! runs. Then of 100 operations
//!
//! - 45 enter an order; every other one of them is short-lived: its life has a median of 5,000
//!   operations and no memory, so lives overlap and end in another order than they began;
//! - 48 cancel: a short-lived order whose time has come, else any order in the book, each as
//!   likely, and that one has long left the caches;
//! - 5 give any order in the book another price, by the same law, and another quantity;
//! - 2 take: immediate, without a limit that matters, up to 200 lots, where an order has up to 100.
//!
//! More leave than come, by some 7 orders in 100 operations, so the book thins: a million
//! operations take a million orders to about 930,000. Time fewer operations than orders rest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::maker::Maker;
use crate::random::Random;
use crate::{Operation, OperationKind, Side, Workload};

/// Orders of the whole workload.
pub const RESTING: usize = 1_000_000;
const MID: i64 = 100_000;
const DISTANCE_MAX: i64 = 10_000;
const LIFE_MEDIAN: u64 = 5_000;
const QUANTITY_MAX: u64 = 100;

/// Returns `timed` operations over a book that begins with `resting` orders.
#[must_use]
pub fn generate(seed: u64, resting: usize, timed: usize) -> Workload {
    let mut flow = Flow {
        random: Random::new(seed),
        maker: Maker::new(1),
        ends: BinaryHeap::new(),
    };
    for _ in 0..resting {
        let order = flow.new_order();
        flow.maker.run(order);
    }
    flow.maker.begin_timed();
    for now in (0_u64..).take(timed) {
        let operation = flow.next_operation(now);
        flow.maker.run(operation);
    }
    flow.maker.finish()
}

struct Flow {
    random: Random,
    maker: Maker,
    /// When each short-lived order is to be canceled, the next one first.
    ends: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Flow {
    fn next_operation(&mut self, now: u64) -> Operation {
        let draw = self.random.below(100);
        if draw < 45 || self.maker.live_count(0) == 0 {
            let order = self.new_order();
            if self.random.below(2) == 0 {
                let end = now + self.random.lifetime(LIFE_MEDIAN);
                self.ends.push(Reverse((end, order.order)));
            }
            order
        } else if draw < 93 {
            let due = self.next_due(now);
            let order = due.unwrap_or_else(|| self.any_order());
            self.maker.cancel(order, 0)
        } else if draw < 98 {
            self.replace()
        } else {
            let side = self.any_side();
            let limit = side.away(MID, -DISTANCE_MAX);
            let quantity = 1 + self.random.below(2 * QUANTITY_MAX);
            self.maker.order(OperationKind::Ioc, side, limit, quantity)
        }
    }

    fn new_order(&mut self) -> Operation {
        let side = self.any_side();
        let price = side.away(MID, self.random.power_law(DISTANCE_MAX));
        let quantity = 1 + self.random.below(QUANTITY_MAX);
        self.maker.order(OperationKind::New, side, price, quantity)
    }

    fn replace(&mut self) -> Operation {
        let order = self.any_order();
        let cancel = self.maker.cancel(order, 0);
        Operation {
            kind: OperationKind::Move,
            price: cancel.side.away(MID, self.random.power_law(DISTANCE_MAX)),
            quantity: 1 + self.random.below(QUANTITY_MAX),
            ..cancel
        }
    }

    /// Returns a short-lived order that rests and whose time has come.
    fn next_due(&mut self, now: u64) -> Option<u32> {
        while let Some(&Reverse((end, order))) = self.ends.peek() {
            if end > now {
                return None;
            }
            self.ends.pop();
            if self.maker.naive.resting(order).is_some() {
                return Some(order);
            }
        }
        None
    }

    /// Returns any order in the book, which has some.
    fn any_order(&mut self) -> u32 {
        self.maker.pick(0, &mut self.random).unwrap_or(0)
    }

    fn any_side(&mut self) -> Side {
        if self.random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        }
    }
}
