//! What every recorded session is to a replay, whatever its format: steps of order flow, and what
//! must come of them.
//!
//! The parts that all formats are read with are here too. It must not know an engine.

mod error;
pub(crate) mod files;
pub(crate) mod lines;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use error::{LineFault, RecordingError};

use crate::bitstamp::{self, BitstampFiles, BitstampTotals, BitstampTranslator};
use crate::error::ReplayError;
use crate::flow::Step;
use crate::ledger::{RecordedOrder, RecordedTrade};
use crate::lobster::{self, Executions, Row, TranslationTotals};

/// A recorded session as order flow, read from its first step to its last.
pub trait Recording: fmt::Debug + Send {
    /// Returns the next step; `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where a line cannot be read or contradicts the
    /// lines before it.
    fn next_step(&mut self) -> Result<Option<Step<'_>>, RecordingError>;

    /// Returns what was met so far.
    fn totals(&self) -> RecordingTotals;

    /// Returns whether a day order must rest whole on entry: each execution is an order of its own.
    fn entries_rest(&self) -> bool;

    /// Returns the recorded book after the last step, where there is one.
    fn last_row(&self) -> Option<&Row>;

    /// Returns every trade in its sequence, where the recording names the orders that traded.
    fn trades(&self) -> Option<Arc<[RecordedTrade]>> {
        None
    }

    /// Returns the orders that rest after the last step, where the recording names trades.
    fn last_orders(&self) -> &[RecordedOrder] {
        &[]
    }
}

impl<R: Recording + ?Sized> Recording for Box<R> {
    fn next_step(&mut self) -> Result<Option<Step<'_>>, RecordingError> {
        (**self).next_step()
    }

    fn totals(&self) -> RecordingTotals {
        (**self).totals()
    }

    fn entries_rest(&self) -> bool {
        (**self).entries_rest()
    }

    fn last_row(&self) -> Option<&Row> {
        (**self).last_row()
    }

    fn trades(&self) -> Option<Arc<[RecordedTrade]>> {
        (**self).trades()
    }

    fn last_orders(&self) -> &[RecordedOrder] {
        (**self).last_orders()
    }
}

/// What was met of a recording, by its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingTotals {
    /// Of a LOBSTER recording.
    Lobster(TranslationTotals),
    /// Of a Bitstamp recording.
    Bitstamp(BitstampTotals),
}

impl RecordingTotals {
    /// Returns the decimals of a quantity: one unit is 10^-decimals.
    #[must_use]
    pub const fn quantity_decimals(&self) -> u8 {
        match self {
            Self::Lobster(_) => 0,
            Self::Bitstamp(_) => bitstamp::QUANTITY_DECIMALS,
        }
    }
}

/// Opens the recording at `path`, in whatever format it is.
///
/// # Errors
///
/// Returns an error where it cannot be opened or is no whole recording, or where its format has
/// no other `executions` than one by one.
pub fn open(path: &Path, executions: Executions) -> Result<Box<dyn Recording>, ReplayError> {
    if let Some(files) = BitstampFiles::find(path)? {
        if executions != Executions::OneByOne {
            let reason = "tells its sweeps itself; none can be joined";
            let text = format!("{}: {reason}", path.display());
            return Err(ReplayError::Options(text));
        }
        return Ok(Box::new(BitstampTranslator::open(&files)?));
    }
    let reader = lobster::Reader::open(path)?;
    Ok(Box::new(lobster::Translator::new(reader, executions)))
}
