//! The journals of a venue: the data directory, and the thread that writes its streams. It knows
//! no record.
//!
//! Whoever drops it ends the thread and leaves the directory stopped cleanly where everything is
//! on disk; so a start that fails leaves no thread, and no staging folder that nobody needs. Where
//! something is not on disk, or something failed, the staging folder stays for the next start.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_journal::{Backend, DataDirectory, StreamWriter, Writer, WriterStats};
use matchgate_runtime::{Failure, pin_current_thread};

use super::open::layout;
use super::running::io_fatal;
use crate::config::{Config, JournalBackend};
use crate::exit_code::{ExitCode, Fatal};

/// The journal writer's thread.
#[derive(Debug)]
struct WriterThread {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Option<WriterStats>>,
}

/// The open data directory, with its writer once that runs. Appenders must stand still before it
/// is stopped or dropped.
#[derive(Debug)]
pub(super) struct Journals {
    directory: DataDirectory,
    writer: Option<WriterThread>,
    failure: Failure,
    has_ended: bool,
}

impl Journals {
    /// Opens the data directory that `config` names.
    pub(super) fn open(config: &Config, failure: &Failure) -> Result<Self, Fatal> {
        Ok(Self {
            directory: DataDirectory::open_or_create(&config.data_directory, &layout(config))?,
            writer: None,
            failure: failure.clone(),
            has_ended: false,
        })
    }

    pub(super) const fn directory(&self) -> &DataDirectory {
        &self.directory
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the thread that writes `halves`, and returns what it writes with.
    pub(super) fn start_writer(
        &mut self,
        halves: Vec<StreamWriter>,
        config: &Config,
    ) -> Result<Backend, Fatal> {
        let backend = match config.journal.backend {
            JournalBackend::Auto => Backend::Auto,
            JournalBackend::Glommio => Backend::Glommio,
            JournalBackend::Plain => Backend::Plain,
        };
        let writer = Writer::new(halves, backend, config.journal.segment_bytes)?;
        let backend = writer.backend();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, cpu) = (Arc::clone(&stop), config.journal.cpu);
        let failure = self.failure.clone();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                if let Some(Err(error)) = cpu.map(pin_current_thread) {
                    failure.set(ExitCode::Usage as u8, format!("journal.cpu: {error}"));
                    return None;
                }
                match writer.run(&stopped) {
                    Ok(stats) => Some(stats),
                    Err(error) => {
                        failure.set(ExitCode::WriteError as u8, format!("journal: {error}"));
                        None
                    }
                }
            })
            .map_err(|error| io_fatal("journal thread", &error))?;
        self.writer = Some(WriterThread { stop, thread });
        Ok(backend)
    }

    /// Ends the thread once everything is on disk, and marks the directory clean.
    pub(super) fn stop(mut self) -> Result<WriterStats, Fatal> {
        let stats = self.end()?;
        stats.ok_or_else(|| Fatal::new(ExitCode::WriteError, "the journal writer ended early"))
    }

    fn end(&mut self) -> Result<Option<WriterStats>, Fatal> {
        self.has_ended = true;
        let stats = self.writer.take().and_then(|writer| {
            writer.stop.store(true, Ordering::Release);
            writer.thread.join().ok().flatten()
        });
        if let Some(report) = self.failure.report() {
            return Err(Fatal::of_failure(report));
        }
        self.directory.finish_clean()?;
        Ok(stats)
    }
}

impl Drop for Journals {
    fn drop(&mut self) {
        if !self.has_ended {
            // Who drops it has an error of its own to tell. Where this is no clean stop, the next
            // start takes over what is left, as after a kill.
            drop(self.end());
        }
    }
}
