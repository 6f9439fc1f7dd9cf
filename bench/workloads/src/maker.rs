//! Makes a workload: every operation also goes through the naive book, which tells what rests.

use crate::naive::Naive;
use crate::random::Random;
use crate::report::{Report, ReportKind, fold};
use crate::shape::Shape;
use crate::{Operation, OperationKind, Side};

/// Operations with what a right book comes to.
#[derive(Clone, Debug)]
pub struct Workload {
    /// To be done before the clock runs.
    pub before: Vec<Operation>,
    /// To be timed.
    pub timed: Vec<Operation>,
    /// Sum ([`fold`]) over the answers to the timed ones. Sequences count from the first operation
    /// of `before`, so the first timed one has the sequence `before.len()`.
    pub checksum: u64,
    /// What the timed operations are.
    pub shape: Shape,
}

/// No place in the list of what rests.
const NOWHERE: usize = usize::MAX;

/// A workload in the making.
#[derive(Debug)]
pub(crate) struct Maker {
    /// The books so far.
    pub(crate) naive: Naive,
    workload: Workload,
    is_timed: bool,
    orders: u32,
    answers: Vec<Report>,
    /// Orders that rest, by symbol, for one to be picked.
    live: Vec<Vec<u32>>,
    /// Where in that list, by order.
    positions: Vec<usize>,
}

impl Maker {
    /// Returns a workload without operations over so many symbols.
    pub(crate) fn new(symbols: usize) -> Self {
        Self {
            naive: Naive::new(),
            workload: Workload {
                before: Vec::new(),
                timed: Vec::new(),
                checksum: 0,
                shape: Shape::default(),
            },
            is_timed: false,
            orders: 0,
            answers: Vec::new(),
            live: vec![Vec::new(); symbols],
            positions: Vec::new(),
        }
    }

    /// Returns an order that comes next, of symbol and account 0.
    pub(crate) fn order(
        &mut self,
        kind: OperationKind,
        side: Side,
        price: i64,
        quantity: u64,
    ) -> Operation {
        let order = self.orders;
        self.orders += 1;
        self.positions.push(NOWHERE);
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

    /// Returns a cancel of an order.
    pub(crate) fn cancel(&self, order: u32, symbol: u32) -> Operation {
        let (side, ..) = self.naive.resting(order).unwrap_or((Side::Buy, 0, 0));
        Operation {
            quantity: 0,
            price: 0,
            order,
            symbol,
            account: 0,
            kind: OperationKind::Cancel,
            side,
        }
    }

    /// Does an operation, notes it and returns what is answered.
    pub(crate) fn run(&mut self, operation: Operation) -> &[Report] {
        let done = self.workload.before.len() + self.workload.timed.len();
        let sequence = u32::try_from(done).unwrap_or(u32::MAX);
        self.answers.clear();
        self.naive.apply(sequence, &operation, &mut self.answers);
        if self.is_timed {
            let workload = &mut self.workload;
            workload.timed.push(operation);
            workload.checksum = self.answers.iter().fold(workload.checksum, fold);
            workload.shape.add(operation.kind, &self.answers);
        } else {
            self.workload.before.push(operation);
        }
        self.follow(&operation);
        &self.answers
    }

    /// Begins to count: what comes from now on is timed.
    pub(crate) const fn begin_timed(&mut self) {
        self.is_timed = true;
        self.workload.shape.live_orders_before = self.naive.live_order_count();
    }

    /// Returns one of the orders of a symbol, each as likely as each other.
    pub(crate) fn pick(&self, symbol: u32, random: &mut Random) -> Option<u32> {
        let live = &self.live[symbol as usize];
        live.get(random.index(live.len())).copied()
    }

    /// Returns how many orders of a symbol rest.
    pub(crate) fn live_count(&self, symbol: u32) -> usize {
        self.live[symbol as usize].len()
    }

    /// Returns the workload.
    pub(crate) fn finish(mut self) -> Workload {
        self.workload.shape.live_orders = self.naive.live_order_count();
        self.workload.shape.levels = self.naive.level_count();
        self.workload
    }

    /// Brings the list of what rests up to date.
    fn follow(&mut self, operation: &Operation) {
        let symbol = operation.symbol as usize;
        for at in 0..self.answers.len() {
            let answer = self.answers[at];
            match answer.kind {
                ReportKind::Trade | ReportKind::CancelAck
                    if self.naive.resting(answer.order).is_none() =>
                {
                    self.forget(symbol, answer.order);
                }
                ReportKind::OrderAck | ReportKind::ModifyAck => {
                    if self.naive.resting(answer.order).is_some() {
                        self.note(symbol, answer.order);
                    } else {
                        self.forget(symbol, answer.order);
                    }
                }
                ReportKind::Trade
                | ReportKind::CancelAck
                | ReportKind::CancelReject
                | ReportKind::ModifyReject => {}
            }
        }
    }

    fn note(&mut self, symbol: usize, order: u32) {
        if self.positions[order as usize] == NOWHERE {
            self.positions[order as usize] = self.live[symbol].len();
            self.live[symbol].push(order);
        }
    }

    fn forget(&mut self, symbol: usize, order: u32) {
        let position = std::mem::replace(&mut self.positions[order as usize], NOWHERE);
        if position == NOWHERE {
            return;
        }
        let live = &mut self.live[symbol];
        live.swap_remove(position);
        if let Some(&moved) = live.get(position) {
            self.positions[moved as usize] = position;
        }
    }
}
