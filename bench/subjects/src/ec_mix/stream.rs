//! The mix block by block, for a run so long that its operations would not fit into memory.

use matchgate_workloads::{Operation, Shape};

use super::flow::{Flow, RESTING};

/// The mix of a seed, as far as it was asked for.
#[derive(Debug)]
pub struct EcStream {
    flow: Flow,
    shape: Shape,
}

impl EcStream {
    /// Returns the mix of `seed`, of which nothing was asked yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            flow: Flow::new(seed),
            shape: Shape::default(),
        }
    }

    /// Returns the first orders, and so many operations after them; to be called once, before any
    /// block. Sums and counts begin behind them.
    pub fn before(&mut self, warm_up: usize) -> Vec<Operation> {
        let mut before: Vec<Operation> = (0..RESTING).map(|_| self.flow.new_order()).collect();
        before.extend((0..warm_up).map(|_| self.flow.next_operation()));
        self.flow.begin_timed();
        self.shape.live_orders_before = self.flow.run.end().live_orders as usize;
        before
    }

    /// Returns the next operations.
    pub fn block(&mut self, operations: usize) -> Vec<Operation> {
        let block: Vec<Operation> = (0..operations)
            .map(|_| self.flow.next_operation())
            .collect();
        for operation in &block {
            self.shape.kinds[operation.kind as usize] += 1;
        }
        block
    }

    /// Returns what all blocks so far are.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let end = self.flow.run.end();
        Shape {
            trading: self.flow.trading,
            fills: self.flow.fills,
            live_orders: end.live_orders as usize,
            levels: end.levels as usize,
            ..self.shape
        }
    }

    /// Returns the sum ([`matchgate_workloads::report::fold`]) over the reports to all blocks so
    /// far; sequences count from the first order.
    #[must_use]
    pub const fn checksum(&self) -> u64 {
        self.flow.checksum
    }
}
