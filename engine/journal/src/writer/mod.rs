//! The cold end of all streams: one thread that moves records from staging logs to segments and
//! syncs them. Knows not who appends and what for.
//!
//! What to do next is decided by [`StreamWriter`] without any I/O; two backends do it: glommio
//! (`O_DIRECT` over `io_uring`, a task a stream) and plain system calls. Either has one fdatasync
//! in flight a stream; records that come meanwhile are the next batch.

mod dma;
mod plain;
mod stream_writer;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::directory::SEGMENT_BYTES_MIN;
use crate::error::{DirectoryError, JournalError};
use crate::planted::{Bug, bites};
use crate::staging::marks::Marks;
use plain::OpenFiles;
pub use stream_writer::StreamWriter;

/// How long the writer parks while somebody waits or it has found work of late.
const PARK_SHORT: Duration = Duration::from_micros(30);
/// How long it parks otherwise.
const PARK_LONG: Duration = Duration::from_millis(1);
/// Passes without work after which it parks long.
const PASSES_BEFORE_LONG: u32 = 64;

/// By which system calls segments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `O_DIRECT` files over `io_uring`.
    Glommio,
    /// `pwrite` and `fdatasync`.
    Plain,
    /// [`Glommio`](Self::Glommio) where the directory and the kernel allow it, else
    /// [`Plain`](Self::Plain).
    Auto,
}

/// What a writer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterStats {
    /// The backend that was taken; never [`Backend::Auto`].
    pub backend: Backend,
    /// Records moved to segments.
    pub records: u64,
    /// Bytes written, whole blocks counted each time they are.
    pub bytes: u64,
    /// Syncs of records.
    pub syncs: u64,
    /// Segments begun.
    pub segments: u64,
}

/// Moves the records of all its streams to segments.
#[derive(Debug)]
pub struct Writer {
    streams: Vec<StreamWriter>,
    /// What the plain backend writes to.
    files: OpenFiles,
    backend: Backend,
    /// Whether the plain backend may stand in for one that does not start.
    may_fall_back: bool,
}

impl Writer {
    /// Makes a writer of `streams` with segments of `segment_bytes`, a multiple of 4096 of at
    /// least [`SEGMENT_BYTES_MIN`].
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Layout`] where `segment_bytes` is out of bounds.
    pub fn new(
        mut streams: Vec<StreamWriter>,
        backend: Backend,
        segment_bytes: u64,
    ) -> Result<Self, JournalError> {
        if segment_bytes < SEGMENT_BYTES_MIN || !segment_bytes.is_multiple_of(4096) {
            return Err(JournalError::Directory(DirectoryError::Layout {
                key: "segment_bytes",
                value: segment_bytes,
                bounds: "a multiple of 4096 of at least 65536",
            }));
        }
        for stream in &mut streams {
            stream.set_segment_bytes(segment_bytes);
        }
        let direct = streams
            .iter()
            .all(|stream| stream.storage().takes_direct_io(stream.folder()));
        Ok(Self {
            files: OpenFiles::new(streams.len()),
            streams,
            backend: match backend {
                Backend::Auto if direct => Backend::Glommio,
                Backend::Auto | Backend::Plain => Backend::Plain,
                Backend::Glommio => Backend::Glommio,
            },
            may_fall_back: backend == Backend::Auto,
        })
    }

    /// Returns the backend that is going to be tried; never [`Backend::Auto`]. What was taken in
    /// the end is in [`WriterStats`].
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Moves records until `stop` is set and all that was appended before is synced. Blocks; the
    /// caller gives the thread, and places it on a core if it likes. Stores to `stop` need release
    /// order, after the last append.
    ///
    /// # Errors
    ///
    /// The first failed write or sync ends it: all streams' [`Marks::failed`] is set, nothing is
    /// tried again, and the error is returned. So does a panic.
    pub fn run(mut self, stop: &AtomicBool) -> Result<WriterStats, JournalError> {
        let guard = FailureGuard::new(&self.streams);
        if self.backend == Backend::Glommio {
            match dma::executor() {
                Ok(executor) => {
                    let streams = std::mem::take(&mut self.streams);
                    self.streams = dma::run(&executor, streams, stop)?;
                }
                Err(_) if self.may_fall_back => {
                    self.backend = Backend::Plain;
                    plain::run(&mut self.streams, &mut self.files, stop)?;
                }
                Err(error) => return Err(error),
            }
        } else {
            plain::run(&mut self.streams, &mut self.files, stop)?;
        }
        guard.disarm();
        Ok(self.stats())
    }

    /// Does what is next of each stream by plain operations on this thread, and returns; false where
    /// no record waits. For those who bring a loop of their own, with [`Backend::Plain`].
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn poll(&mut self) -> Result<bool, JournalError> {
        let guard = FailureGuard::new(&self.streams);
        let busy = plain::poll(&mut self.streams, &mut self.files)?;
        guard.disarm();
        Ok(busy)
    }

    fn stats(&self) -> WriterStats {
        let mut stats = WriterStats {
            backend: self.backend,
            records: 0,
            bytes: 0,
            syncs: 0,
            segments: 0,
        };
        for stream in &self.streams {
            stream.add_to(&mut stats);
        }
        stats
    }
}

/// Tells all streams that nothing is synced any more, unless disarmed.
#[derive(Debug)]
struct FailureGuard {
    marks: Vec<Marks>,
}

impl FailureGuard {
    fn new(streams: &[StreamWriter]) -> Self {
        Self {
            marks: streams.iter().map(StreamWriter::marks).collect(),
        }
    }

    fn disarm(mut self) {
        self.marks.clear();
    }
}

impl Drop for FailureGuard {
    fn drop(&mut self) {
        if !self.marks.is_empty() && bites(Bug::FailureNotTold) {
            return;
        }
        for marks in &self.marks {
            marks.set_failed();
        }
    }
}

/// Returns how long to park after `idle_passes` passes in a row without work.
fn park_time(idle_passes: u32, awaited: bool) -> Duration {
    if awaited || idle_passes < PASSES_BEFORE_LONG {
        PARK_SHORT
    } else {
        PARK_LONG
    }
}
