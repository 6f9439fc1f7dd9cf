//! exchange-core's load by the rules of its source, as it is at the head of its repository.
//!
//! Its page names other shares than these rules come to: whoever says "the exchange-core load" has
//! to say which. This is what the generator in the source does; by these rules 12 to 17 of 100
//! commands enter a day order, 1 to 2 take, 7 to 9 cancel, as many reduce, and 64 to 72 move one;
//! 2.0 to 2.7 trade, on 250 to 840 prices. All of it depends on the first price, which the seed
//! draws: the lower it is, the more is entered and traded, and on fewer prices.
//!
//! **Rule.** One symbol, 1,000 users, a target of `T` orders, one half a side. Either side is as
//! likely for each command. How many orders a side lacks is known from a count that is renewed
//! every 512 commands, and whenever an immediate order is left with a rest.
//!
//! - The side lacks some: of ten draws two enter a day order, one cancels, one reduces, six move;
//!   while it lacks more than 512 or three eighths of `T`, and before a side was full for the first
//!   time, all enter or all but enter: the draw is of two.
//! - It lacks none: of forty draws two take, one cancels, one reduces, thirty-six move.
//!
//! Cancels, reduces and moves meet one of the 512 oldest orders, in the order of their entry. A
//! day order lies `|(a + b + c + d) / 4 * 2 - w|` ticks behind the last trade, where `w` is one
//! more than the square of a uniform number times the deviation, and the four are below `w`; its
//! size is one more than the product of three numbers below six. One in 32 orders that take is
//! all-or-nothing (its product is of numbers below eight), the others are immediate. A reduce is of
//! one lot up to all of them. A move goes a hundredth of the way to the last trade's price, rounded
//! away from nothing; from that price itself one tick to either side.
//!
//! The first price is `10^(3.3 + 1.5 u + 1.5 v)`, the deviation a twentieth of it, 10,000 ticks at
//! the most; nobody takes beyond five deviations, and the last trade counts no further out.
//!
//! **What differs.** An all-or-nothing order of the source has a budget: its size times that outer
//! limit. Nothing rests beyond the limit but by a fluke, so it is an all-or-nothing order at that
//! limit here. Random numbers are not Java's. The first price is a power of ten of a float: it is
//! the C library's, as in [`crate::meb`].

use crate::maker::Maker;
use crate::random::Random;
use crate::report::{Report, ReportKind};
use crate::{Operation, OperationKind, Side, Workload};

const USERS: u64 = 1_000;
const COUNT_INTERVAL: u64 = 512;
const OLDEST: usize = 512;

/// Returns `timed` commands over a book of about `target` orders, by the rules above.
///
/// What comes before a side has its orders for the first time is not timed.
#[must_use]
pub fn generate(seed: u64, target: usize, timed: usize) -> Workload {
    let mut session = Session::new(seed, target);
    while !session.is_filled {
        session.step();
    }
    session.maker.begin_timed();
    for _ in 0..timed {
        session.step();
    }
    session.maker.finish()
}

struct Session {
    random: Random,
    maker: Maker,
    /// Orders a side is to have.
    side_target: usize,
    /// Orders each side had when they were counted.
    counted: [usize; 2],
    commands: u64,
    is_filled: bool,
    deviation: i64,
    /// Lowest and highest price that counts.
    reach: (i64, i64),
    last_price: i64,
    /// Orders that rest, in the order of their entry, which is that of their numbers.
    entered: Vec<u32>,
}

impl Session {
    fn new(seed: u64, target: usize) -> Self {
        let mut random = Random::new(seed);
        let exponent = 3.3 + 1.5 * random.uniform() + 1.5 * random.uniform();
        let price = whole(10_f64.powf(exponent));
        let deviation = (price / 20).min(10_000);
        Self {
            random,
            maker: Maker::new(1),
            side_target: target / 2,
            counted: [0; 2],
            commands: 0,
            is_filled: false,
            deviation,
            reach: (price - 5 * deviation, price + 5 * deviation),
            last_price: price,
            entered: Vec::new(),
        }
    }

    /// Makes one command.
    fn step(&mut self) {
        let side = if self.random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let lack = self.side_target.saturating_sub(self.counted[side as usize]);
        let grows = lack > 0;
        let hurries = !self.is_filled || lack > OLDEST.min(self.side_target * 3 / 4);
        self.is_filled |= !grows;
        let draws = match (grows, hurries) {
            (true, true) => 2,
            (true, false) => 10,
            (false, _) => 40,
        };
        let operation = match self.random.below(draws) {
            0 | 1 if grows => self.day_order(side),
            0 | 1 => self.taking_order(side),
            draw => {
                let oldest = self.entered.len().min(OLDEST);
                let Some(&order) = self.entered.get(self.random.index(oldest)) else {
                    return;
                };
                match draw {
                    2 => self.maker.cancel(order, 0),
                    3 => self.reduce(order),
                    _ => self.move_order(order),
                }
            }
        };
        self.run(operation);
    }

    fn run(&mut self, operation: Operation) {
        let answers = self.maker.run(operation).to_vec();
        for answer in &answers {
            self.follow(&operation, answer);
        }
        self.commands += 1;
        if self.commands.is_multiple_of(COUNT_INTERVAL) {
            self.count();
        }
    }

    /// Notes what an answer says of the last trade and of what rests.
    fn follow(&mut self, operation: &Operation, answer: &Report) {
        if answer.kind == ReportKind::Trade {
            self.last_price = answer.price.clamp(self.reach.0, self.reach.1);
        }
        if answer.kind == ReportKind::CancelAck
            && matches!(operation.kind, OperationKind::Ioc | OperationKind::Fok)
        {
            self.count();
        }
        let rests = self.maker.naive.resting(answer.order).is_some();
        match self.entered.binary_search(&answer.order) {
            Ok(at) if !rests => {
                self.entered.remove(at);
            }
            Err(at) if rests => self.entered.insert(at, answer.order),
            Ok(_) | Err(_) => {}
        }
    }

    fn count(&mut self) {
        self.counted = [Side::Buy, Side::Sell].map(|side| self.maker.naive.side_count(0, side));
    }

    fn product(&mut self, bound: u64) -> u64 {
        1 + (0..3).map(|_| self.random.below(bound)).product::<u64>()
    }

    fn by_some_user(&mut self, operation: Operation) -> Operation {
        Operation {
            account: u32::try_from(self.random.below(USERS)).unwrap_or(0),
            ..operation
        }
    }

    fn day_order(&mut self, side: Side) -> Operation {
        let quantity = self.product(6);
        let width = 1 + whole(self.random.uniform().powi(2) * float(self.deviation));
        let sum: i64 = (0..4).map(|_| self.random.ticks_below(width)).sum();
        let price = side.away(self.last_price, (sum / 4 * 2 - width).abs());
        let order = self.maker.order(OperationKind::New, side, price, quantity);
        self.by_some_user(order)
    }

    fn taking_order(&mut self, side: Side) -> Operation {
        let price = match side {
            Side::Buy => self.reach.1,
            Side::Sell => self.reach.0,
        };
        let (kind, quantity) = if self.random.below(32) == 0 {
            (OperationKind::Fok, self.product(8))
        } else {
            (OperationKind::Ioc, self.product(6))
        };
        let order = self.maker.order(kind, side, price, quantity);
        self.by_some_user(order)
    }

    fn reduce(&mut self, order: u32) -> Operation {
        let cancel = self.maker.cancel(order, 0);
        let (_, _, leaves) = self
            .maker
            .naive
            .resting(order)
            .unwrap_or((cancel.side, 0, 1));
        Operation {
            kind: OperationKind::Reduce,
            quantity: 1 + self.random.below(leaves),
            ..cancel
        }
    }

    fn move_order(&mut self, order: u32) -> Operation {
        let cancel = self.maker.cancel(order, 0);
        let (_, price, quantity) = self
            .maker
            .naive
            .resting(order)
            .unwrap_or((cancel.side, 0, 1));
        let way = self.last_price - price;
        let ticks = if way == 0 {
            2 * self.random.ticks_below(2) - 1
        } else {
            // A hundredth, rounded away from nothing.
            way.signum() * ((way.abs() + 99) / 100)
        };
        Operation {
            kind: OperationKind::Move,
            price: price + ticks,
            quantity,
            ..cancel
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction is to go; prices are below 10^7"
)]
const fn whole(number: f64) -> i64 {
    number as i64
}

#[expect(clippy::cast_precision_loss, reason = "ticks are far below 2^53")]
const fn float(ticks: i64) -> f64 {
    ticks as f64
}
