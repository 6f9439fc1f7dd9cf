//! The local sink: publications for subscribers in this process, and on request a file of JSON
//! lines. It serves the same subjects as a message broker would; what has no subject, the top of the
//! books, it passes over.

use std::path::PathBuf;

use matchgate_follower::cursor::Cursor;
use matchgate_follower::publication::Publication;
use matchgate_follower::sink::{Sink, SinkError, SinkHealth};

use crate::hub::Hub;
use crate::line_file::LineFile;
use crate::message::append_line;
use crate::subject::subject_of;

/// Serves subscribers of a [`Hub`], and a file where one is asked for.
#[derive(Debug)]
pub struct LocalSink {
    hub: Hub,
    path: Option<PathBuf>,
    file: Option<LineFile>,
    health: SinkHealth,
    /// The lines of one batch; kept for its room.
    lines: Vec<u8>,
}

impl LocalSink {
    /// Name of a sink without a file.
    pub const NAME: &'static str = "local";
    /// Name of a sink with a file. It has a cursor of its own, so that a run without the file
    /// leaves no gap in it.
    pub const NAME_WITH_FILE: &'static str = "local-file";

    /// Returns a sink that serves the subscribers of `hub` and, where a `path` is given, writes
    /// each publication as one line of JSON to that file.
    #[must_use]
    pub const fn new(hub: Hub, path: Option<PathBuf>) -> Self {
        Self {
            hub,
            path,
            file: None,
            health: SinkHealth::Healthy,
            lines: Vec::new(),
        }
    }

    /// Takes note of how an attempt ended.
    fn noting<T>(&mut self, outcome: Result<T, SinkError>) -> Result<T, SinkError> {
        self.health = match &outcome {
            Ok(_) => SinkHealth::Healthy,
            Err(SinkError::Unavailable(reason)) => SinkHealth::Waiting(reason.clone()),
            Err(SinkError::Lost(reason)) => SinkHealth::Waiting(reason.clone()),
            Err(SinkError::Stopped(reason)) => SinkHealth::Stopped(reason.clone()),
        };
        outcome
    }

    fn open(&mut self, saved: Option<&Cursor>) -> Result<(), SinkError> {
        if let Some(path) = &self.path {
            let mark = saved.map(|cursor| cursor.mark);
            self.file = Some(LineFile::open(path, mark)?);
        }
        Ok(())
    }

    fn write(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        self.lines.clear();
        for publication in batch {
            let Some(subject) = subject_of(publication) else {
                continue;
            };
            append_line(&subject, publication, &mut self.lines)
                .map_err(|error| SinkError::Stopped(error.to_string()))?;
        }
        file.append(&self.lines)
    }
}

impl Sink for LocalSink {
    fn name(&self) -> &str {
        if self.path.is_some() {
            Self::NAME_WITH_FILE
        } else {
            Self::NAME
        }
    }

    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        let outcome = self.open(saved);
        self.noting(outcome)
            .map(|()| saved.cloned().unwrap_or_default())
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        // The file first: it can fail, and then the batch comes again.
        let outcome = self.write(batch);
        self.noting(outcome)?;
        for publication in batch {
            if let Some(subject) = subject_of(publication) {
                self.hub.publish(&subject, publication);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<u64, SinkError> {
        let outcome = match &mut self.file {
            Some(file) => file.flush(),
            None => Ok(0),
        };
        self.noting(outcome)
    }

    fn health(&self) -> SinkHealth {
        self.health.clone()
    }
}
