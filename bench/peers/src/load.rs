//! What is run: operations before the clock and operations that are timed.

use std::path::Path;

use anyhow::{Context, Result};
use matchgate_workloads::meb::{Scenario, generate};
use matchgate_workloads::{Operation, file};

/// A load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    /// Done before the clock runs.
    pub(crate) before: Vec<Operation>,
    /// Timed.
    pub(crate) timed: Vec<Operation>,
}

impl Load {
    /// Returns a scenario of the public benchmark.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no such scenario.
    pub(crate) fn meb(scenario: &str, seed: u32, orders: u32) -> Result<Self> {
        let scenario =
            Scenario::from_name(scenario).with_context(|| format!("no scenario {scenario}"))?;
        let messages = generate(scenario, seed, orders);
        Ok(Self {
            before: Vec::new(),
            timed: messages.iter().map(Operation::from).collect(),
        })
    }

    /// Reads a load that somebody else wrote.
    ///
    /// # Errors
    ///
    /// Returns an error when the file cannot be read or is none of operations.
    pub(crate) fn file(path: &str) -> Result<Self> {
        let (before, timed) = file::read(Path::new(path)).with_context(|| path.to_owned())?;
        Ok(Self { before, timed })
    }

    /// Returns all operations.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Operation> {
        self.before.iter().chain(&self.timed)
    }

    /// Returns how long a table by order number has to be.
    pub(crate) fn order_table_len(&self) -> usize {
        let most = self.all().map(|operation| operation.order as usize).max();
        most.map_or(0, |most| most + 1)
    }

    /// Returns how many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.before.len() + self.timed.len()
    }
}
