//! Sinks: who takes publications. A sink must not know journals, followers or other sinks.

use crate::cursor::Cursor;
use crate::publication::Publication;

/// Why a sink did not take a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It cannot now: the same batch is offered again later.
    #[error("sink is not available: {0}")]
    Unavailable(String),
    /// It never will: publishing to it stops, and a person is told.
    #[error("sink has stopped: {0}")]
    Stopped(String),
}

/// How a sink is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SinkHealth {
    /// It takes what it is given.
    #[default]
    Healthy,
    /// It is behind and being tried again, for this reason.
    Waiting(String),
    /// It has stopped for good, for this reason.
    Stopped(String),
}

/// Takes publications in order, in batches that hold every publication of an event or none.
pub trait Sink: Send {
    /// Returns its name, which is also that of its cursor file: letters, digits and hyphens.
    fn name(&self) -> &str;

    /// Makes ready before the first batch, until it succeeds once: `saved` is where the last
    /// run's cursor stands, `None` where there was no run. Returns the cursor from which to go
    /// on: `saved`, or what a sink that remembers by itself knows better. A sink drops whatever
    /// it holds beyond the answer, so that it comes once.
    ///
    /// # Errors
    ///
    /// Returns a [`SinkError`] where it cannot now, or what it holds does not go with the cursor.
    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError>;

    /// Takes a batch, whole or not at all.
    ///
    /// # Errors
    ///
    /// Returns a [`SinkError`] where it took nothing.
    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError>;

    /// Makes all that it took outlive a crash and returns its own mark of that, which is kept in
    /// [`Cursor::mark`].
    ///
    /// # Errors
    ///
    /// Returns a [`SinkError`] where it could not.
    fn flush(&mut self) -> Result<u64, SinkError>;

    /// Returns how it is.
    fn health(&self) -> SinkHealth;
}
