//! The generator of the mix: what rests, and what comes next.

use matchgate_workloads::random::Random;
use matchgate_workloads::report::{Report, ReportKind, fold};
use matchgate_workloads::{Operation, OperationKind, Side};

use super::{ROOM, USERS};
use crate::book::{BookRun, core_side};
use crate::sink::Kept;

/// Orders that the mix keeps in the book.
pub(super) const RESTING: usize = 1_000;
/// Cancels and moves meet one of so many oldest orders.
const OLDEST: usize = 512;
/// Shares of 100 operations; what is left moves.
const NEW_SHARE: u64 = 9;
const TAKE_SHARE: u64 = 3;
const CANCEL_SHARE: u64 = 6;
/// Price before the first trade, ticks.
const PRICE_START: i64 = 110_000;
/// Furthest distance of a new order from the last trade.
const DISTANCE_MAX: i64 = PRICE_START / 20;
/// No order is further from the first price; who takes goes no further.
const PRICE_REACH: i64 = 5 * DISTANCE_MAX;
/// One move in so many goes to the other side's best price.
const MOVES_PER_CROSSING: u64 = 27;
/// Lots of the smallest day order.
const QUANTITY_MIN: u64 = 10;
/// Whole orders that one operation takes at the most.
const TAKEN_MAX: usize = 8;
/// Orders by which the book may have more or less than [`RESTING`].
const SLACK: usize = 20;
/// Orders by which one side may have more than the other before it gets no new ones.
const LEAN_MAX: usize = 16;

/// The generator.
#[derive(Debug)]
pub(super) struct Flow {
    random: Random,
    pub(super) run: BookRun<Kept>,
    sequence: u32,
    orders: u32,
    last_price: i64,
    /// Numbers of the orders that rest, in the order of their entry.
    resting: Vec<u32>,
    /// How many of them buy and sell.
    counts: [usize; 2],
    /// Side of every order so far.
    sides: Vec<Side>,
    pub(super) checksum: u64,
    pub(super) trading: u64,
    pub(super) fills: u64,
}

impl Flow {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            run: BookRun::keeping(ROOM),
            sequence: 0,
            orders: 0,
            last_price: PRICE_START,
            resting: Vec::with_capacity(2 * RESTING),
            counts: [0; 2],
            sides: Vec::new(),
            checksum: 0,
            trading: 0,
            fills: 0,
        }
    }

    pub(super) const fn begin_timed(&mut self) {
        self.checksum = 0;
        self.trading = 0;
        self.fills = 0;
    }

    pub(super) fn next_operation(&mut self) -> Operation {
        let draw = self.random.below(100);
        if self.resting.is_empty() || draw < NEW_SHARE {
            self.new_order()
        } else if draw < NEW_SHARE + TAKE_SHARE {
            self.take()
        } else if draw < NEW_SHARE + TAKE_SHARE + CANCEL_SHARE {
            self.cancel()
        } else {
            self.move_order()
        }
    }

    pub(super) fn new_order(&mut self) -> Operation {
        let [buys, sells] = self.counts;
        let side = if buys > sells + LEAN_MAX {
            Side::Sell
        } else if sells > buys + LEAN_MAX {
            Side::Buy
        } else {
            self.any_side()
        };
        let price = side.away(self.last_price, self.distance());
        let product: u64 = (0..3).map(|_| self.random.below(6)).product();
        let quantity = QUANTITY_MIN + product;
        self.enter(OperationKind::New, side, within_reach(price), quantity)
    }

    fn take(&mut self) -> Operation {
        let side = self.any_side();
        let too_many = self.resting.len().saturating_sub(RESTING + SLACK);
        let quantity = self.leaves_of_first(side.opposite(), too_many.min(TAKEN_MAX));
        let price = side.away(PRICE_START, -PRICE_REACH);
        self.enter(OperationKind::Ioc, side, price, quantity.max(1))
    }

    /// Returns what the first `count` orders of a side have left.
    fn leaves_of_first(&self, side: Side, count: usize) -> u64 {
        let (book, slab) = self.run.book();
        let levels = book.side(core_side(side)).levels();
        let slots = levels.flat_map(|(_, level)| level.slots(slab));
        slots.take(count).map(|slot| slab.order(slot).leaves).sum()
    }

    fn cancel(&mut self) -> Operation {
        let (order, side, ..) = self.victim();
        let operation = self.about(OperationKind::Cancel, order, side, (0, 0));
        self.run_it(operation)
    }

    fn move_order(&mut self) -> Operation {
        let (order, side, price, leaves) = self.victim();
        let price = match self.crossing_price(side) {
            Some(crossing) if crossing != price => crossing,
            Some(_) | None => within_reach(price + self.move_of(price)),
        };
        let operation = self.about(OperationKind::Move, order, side, (price, leaves));
        self.run_it(operation)
    }

    /// Returns 1 % of the way to the last trade, rounded away from zero, so at least a tick.
    fn move_of(&mut self, price: i64) -> i64 {
        match self.last_price - price {
            0 => 2 * self.random.ticks_below(2) - 1,
            far => far.signum() * ((far.abs() + 99) / 100),
        }
    }

    /// Returns the price at which a moved order trades, where this move is one that does.
    fn crossing_price(&mut self, side: Side) -> Option<i64> {
        if self.random.below(MOVES_PER_CROSSING) != 0 || self.resting.len() + SLACK < RESTING {
            return None;
        }
        let (book, _) = self.run.book();
        book.side(core_side(side.opposite())).best_tick()
    }

    fn enter(&mut self, kind: OperationKind, side: Side, price: i64, quantity: u64) -> Operation {
        let account = u32::try_from(self.random.below(u64::from(USERS))).unwrap_or(0);
        let operation = self.about(kind, self.orders, side, (price, quantity));
        self.orders += 1;
        self.sides.push(side);
        self.run_it(Operation {
            account,
            ..operation
        })
    }

    fn about(
        &self,
        kind: OperationKind,
        order: u32,
        side: Side,
        (price, quantity): (i64, u64),
    ) -> Operation {
        Operation {
            quantity,
            price,
            order,
            symbol: 0,
            account: 0,
            kind,
            side,
        }
    }

    /// Does an operation, and follows what rests.
    fn run_it(&mut self, operation: Operation) -> Operation {
        self.run.apply(self.sequence, &operation);
        self.sequence += 1;
        let reports = std::mem::take(&mut self.run.sink_mut().reports);
        self.checksum = reports.iter().fold(self.checksum, fold);
        let mut fills = 0;
        for report in &reports {
            if report.kind == ReportKind::Trade {
                self.last_price = report.price;
                fills += 1;
            }
            self.follow(report);
        }
        self.fills += fills;
        self.trading += u64::from(fills > 0);
        operation
    }

    /// Brings the list of what rests up to date with the order that a report names.
    fn follow(&mut self, report: &Report) {
        let order = report.order;
        let rests = self.run.resting(order).is_some();
        let count = &mut self.counts[self.sides[order as usize] as usize];
        match self.resting.binary_search(&order) {
            Ok(at) if !rests => {
                self.resting.remove(at);
                *count -= 1;
            }
            Err(at) if rests => {
                self.resting.insert(at, order);
                *count += 1;
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// Returns number, side, price and what is left of one of the oldest orders.
    fn victim(&mut self) -> (u32, Side, i64, u64) {
        let oldest = self.resting.len().min(OLDEST);
        let order = self.resting[self.random.index(oldest)];
        let (side, price, leaves) = self.run.resting(order).unwrap_or((Side::Buy, 0, 0));
        (order, side, price, leaves)
    }

    fn any_side(&mut self) -> Side {
        match self.random.below(2) {
            0 => Side::Buy,
            _ => Side::Sell,
        }
    }

    /// Draws how far from the last trade a new order stands: mostly near, at most
    /// [`DISTANCE_MAX`].
    fn distance(&mut self) -> i64 {
        const STEPS: i64 = 1 << 16;
        let unit = self.random.ticks_below(STEPS);
        let bound = 1 + DISTANCE_MAX * unit / STEPS * unit / STEPS;
        let sum: i64 = (0..4).map(|_| self.random.ticks_below(bound)).sum();
        (sum / 2 - bound).abs()
    }
}

fn within_reach(price: i64) -> i64 {
    price.clamp(PRICE_START - PRICE_REACH, PRICE_START + PRICE_REACH)
}
