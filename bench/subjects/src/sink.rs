//! Where a book's reports go: into a sum, or into a list; the rings have one of their own.

use matchgate_workloads::report::{Report, fold};

/// Takes reports, in the order in which they happen.
pub trait Sink {
    /// Takes one.
    fn take(&mut self, report: Report);

    /// Called where the messages that were there are done with.
    fn end_batch(&mut self) {}
}

/// Records of the buffer: they and what they are made from stay in the first cache.
const BUFFERED: usize = 64;

/// Writes each report into a fixed buffer, and folds the buffer into a sum whenever it is full.
#[derive(Debug)]
pub struct Folded {
    buffer: Box<[Report; BUFFERED]>,
    /// Reports in the buffer, below [`BUFFERED`].
    count: usize,
    checksum: u64,
}

impl Folded {
    /// Returns the sum of no reports.
    #[must_use]
    pub fn new() -> Self {
        Self {
            buffer: Box::new([Report::cancel_reject(0, 0); BUFFERED]),
            count: 0,
            checksum: 0,
        }
    }

    /// Returns the sum of all that it took.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        self.buffer[..self.count].iter().fold(self.checksum, fold)
    }

    #[inline(never)]
    fn fold_buffer(&mut self) {
        self.checksum = self.buffer.iter().fold(self.checksum, fold);
    }
}

impl Default for Folded {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Folded {
    #[inline]
    fn take(&mut self, report: Report) {
        self.buffer[self.count % BUFFERED] = report;
        self.count = (self.count + 1) % BUFFERED;
        if self.count == 0 {
            self.fold_buffer();
        }
    }
}

/// Writes each report into a fixed buffer, round and round, and does nothing more: what is executed
/// for it is the report's own.
#[derive(Debug)]
pub struct Written {
    buffer: Box<[Report; BUFFERED]>,
    count: usize,
}

impl Written {
    /// Returns an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            buffer: Box::new([Report::cancel_reject(0, 0); BUFFERED]),
            count: 0,
        }
    }
}

impl Default for Written {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Written {
    #[inline]
    fn take(&mut self, report: Report) {
        self.buffer[self.count % BUFFERED] = report;
        self.count = self.count.wrapping_add(1);
    }
}

/// Keeps each report.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// All that it took.
    pub reports: Vec<Report>,
}

impl Sink for Kept {
    #[inline]
    fn take(&mut self, report: Report) {
        self.reports.push(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_is_that_of_the_reports_wherever_the_buffer_stands() {
        for count in [0, 1, 63, 64, 65, 200] {
            let reports: Vec<Report> = (0..count)
                .map(|number| Report::cancel_reject(number, number + 1))
                .collect();
            let mut folded = Folded::new();
            for report in &reports {
                folded.take(*report);
            }
            assert_eq!(folded.checksum(), reports.iter().fold(0, fold), "{count}");
        }
    }
}
