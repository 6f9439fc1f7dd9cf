//! Columns by the names in a file's first line, in whatever order and with whatever others.
//!
//! It must not know what a column means.

use crate::recording::LineFault;
use crate::recording::lines::fields;

/// Where the columns are of which a row is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<const N: usize> {
    places: [usize; N],
    count: usize,
}

impl<const N: usize> Columns<N> {
    /// Finds the columns called `names` in the first line of a file.
    ///
    /// # Errors
    ///
    /// Returns a fault that names the first column which is not there once.
    pub(crate) fn find(header: &[u8], names: &[&'static str; N]) -> Result<Self, LineFault> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            let mut called = fields(header)
                .enumerate()
                .filter(|(_, field)| *field == name.as_bytes());
            let reason = match (called.next(), called.next()) {
                (Some((at, _)), None) => {
                    *place = at;
                    continue;
                }
                (None, _) => "is missing",
                (Some(_), Some(_)) => "is there twice",
            };
            return Err(LineFault::Column { name, reason });
        }
        let count = fields(header).count();
        Ok(Self { places, count })
    }

    /// Returns the fields of a row, in the order of the names.
    ///
    /// # Errors
    ///
    /// Returns a fault where the row has not as many fields as the first line.
    pub(crate) fn pick<'a>(&self, row: &'a [u8]) -> Result<[&'a [u8]; N], LineFault> {
        let mut picked = [&row[..0]; N];
        let mut found = 0;
        for (at, field) in fields(row).enumerate() {
            found = at + 1;
            for (column, place) in picked.iter_mut().zip(self.places) {
                if place == at {
                    *column = field;
                }
            }
        }
        if found != self.count {
            return Err(LineFault::FieldCount {
                expected: self.count,
                found,
            });
        }
        Ok(picked)
    }
}
