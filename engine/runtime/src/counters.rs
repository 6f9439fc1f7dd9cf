//! Counters: one writer each, read by anyone at any time. A counter must not know who reads it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// One value alone on its pair of cache lines, so that two writers never share one.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cell128 {
    value: AtomicU64,
}

#[derive(Debug, Default)]
struct Registry {
    cells: Mutex<Vec<(String, Arc<Cell128>)>>,
}

impl Registry {
    fn with_cells<R>(&self, act: impl FnOnce(&mut Vec<(String, Arc<Cell128>)>) -> R) -> R {
        act(&mut self.cells.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The register of all counters; clones are the same register. Counters are made at start-up.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    registry: Arc<Registry>,
}

impl Counters {
    /// Returns an empty register.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a counter at 0. Counters of one label are read as their sum. Allocates and locks:
    /// for start-up only.
    #[must_use]
    pub fn counter(&self, label: &str) -> Counter {
        let cell = Arc::new(Cell128::default());
        self.registry
            .with_cells(|cells| cells.push((label.to_owned(), Arc::clone(&cell))));
        Counter {
            cell,
            single_writer: PhantomData,
        }
    }

    /// Returns a reader of all counters, those made later included.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        Sampler {
            registry: Arc::clone(&self.registry),
        }
    }
}

/// The writing end of one counter. It may move to another thread but is never shared.
#[derive(Debug)]
pub struct Counter {
    cell: Arc<Cell128>,
    single_writer: PhantomData<Cell<()>>,
}

impl Counter {
    /// Adds `amount`; wraps at 2^64.
    #[inline]
    pub fn add(&self, amount: u64) {
        let value = self.cell.value.load(Ordering::Relaxed);
        self.cell
            .value
            .store(value.wrapping_add(amount), Ordering::Relaxed);
    }

    /// Adds one.
    #[inline]
    pub fn increment(&self) {
        self.add(1);
    }

    /// Sets the value.
    #[inline]
    pub fn set(&self, value: u64) {
        self.cell.value.store(value, Ordering::Relaxed);
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u64 {
        self.cell.value.load(Ordering::Relaxed)
    }
}

/// A label and its value at the time of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What is counted.
    pub label: String,
    /// Its value, in the unit that the label names.
    pub value: u64,
}

/// Reads all counters, from any thread.
#[derive(Clone, Debug)]
pub struct Sampler {
    registry: Arc<Registry>,
}

impl Sampler {
    /// Returns every label with its value, sorted by label.
    #[must_use]
    pub fn sample(&self) -> Vec<Sample> {
        let mut sums = BTreeMap::new();
        self.registry.with_cells(|cells| {
            for (label, cell) in cells.iter() {
                let sum: &mut u64 = sums.entry(label.clone()).or_default();
                *sum = sum.wrapping_add(cell.value.load(Ordering::Relaxed));
            }
        });
        sums.into_iter()
            .map(|(label, value)| Sample { label, value })
            .collect()
    }

    /// Returns the value of one label, if there is such a counter.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<u64> {
        self.registry.with_cells(|cells| {
            cells
                .iter()
                .filter(|(name, _)| name == label)
                .map(|(_, cell)| cell.value.load(Ordering::Relaxed))
                .reduce(u64::wrapping_add)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_sorted_by_label_and_summed() {
        let counters = Counters::new();
        let second = counters.counter("b");
        let first = counters.counter("a");
        let other = counters.counter("b");
        second.add(2);
        first.increment();
        other.set(40);
        let expected = [("a", 1), ("b", 42)].map(|(label, value)| Sample {
            label: label.to_owned(),
            value,
        });
        assert_eq!(counters.sampler().sample(), expected);
    }

    #[test]
    fn value_is_read_from_another_thread_and_stays_after_its_writer() {
        let counters = Counters::new();
        let counter = counters.counter("work");
        std::thread::spawn(move || counter.add(7)).join().unwrap();
        assert_eq!(counters.sampler().get("work"), Some(7));
        assert_eq!(counters.sampler().get("nothing"), None);
    }

    #[test]
    fn cells_share_no_cache_line_pair() {
        assert_eq!(size_of::<Cell128>(), 128);
        assert_eq!(align_of::<Cell128>(), 128);
    }
}
