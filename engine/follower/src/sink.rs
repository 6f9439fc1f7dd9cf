//! Sinks: who takes publications. A sink must not know journals, followers or other sinks.

use matchgate_core::domain::EventId;

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
    /// It no longer has what it took before: it is made ready again, and the journals are read
    /// again from the cursor that it then gives.
    #[error("sink has lost what it took: {0}")]
    Lost(String),
}

/// An event that a sink holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldEvent {
    /// Its id.
    pub id: EventId,
    /// Its event time, nanoseconds since the Unix epoch.
    pub time_ns: u64,
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

    /// Returns the newest event of each shard that it holds, where it can tell; asked after
    /// [`Sink::resume`]. An event that the journal does not have, or has at another time, is of
    /// another history: publishing to the sink stops then.
    ///
    /// # Errors
    ///
    /// Returns a [`SinkError`] where it cannot tell now.
    fn newest(&mut self) -> Result<Vec<HeldEvent>, SinkError> {
        Ok(Vec::new())
    }

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

    /// Does what there is to do between batches, such as to take answers; called in every turn
    /// without a batch, and quick where there is nothing to do.
    ///
    /// # Errors
    ///
    /// Returns a [`SinkError`] where it can take no further batch now.
    fn tend(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Returns how it is.
    fn health(&self) -> SinkHealth;

    /// Returns what an operator is to be told once although it is no fault of now, such as that
    /// all is published again; `None` where there is nothing more.
    fn take_notice(&mut self) -> Option<String> {
        None
    }

    /// Returns whether it is told of the top of the books.
    fn wants_top_of_book(&self) -> bool {
        false
    }
}
