//! A journal for a measurement: streams in a temporary data directory, and their writer's thread.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use matchgate_journal::{
    Appender, Backend, DataDirectory, JournalError, Layout, STAGING_ROOT, StagingOptions, StreamId,
    Writer, WriterStats, open_stream,
};
use matchgate_runtime::pin_current_thread;
use tempfile::TempDir;

use super::journaled::Journaled;

/// Bytes of a segment: the server's default.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Bytes of a staging log: the server's default.
const STAGING_BYTES: u64 = 32 << 20;

/// Open streams and the thread that brings them to disk. Everything is removed in the end.
#[derive(Debug)]
pub struct Journal {
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<Result<WriterStats, JournalError>>>,
    directory: DataDirectory,
    _data: TempDir,
    _staging: TempDir,
}

impl Journal {
    /// Opens one shard's stream and one gateway's under `folder`, with staging logs in shared
    /// memory, and starts their writer on `writer_cpu`. Returns the appenders in that order.
    ///
    /// # Errors
    ///
    /// Returns what the file system refuses.
    pub fn open(folder: &Path, writer_cpu: Option<usize>) -> Result<(Self, [Appender; 2])> {
        let data = tempfile::tempdir_in(folder).context("a data directory")?;
        let staging = tempfile::tempdir_in(STAGING_ROOT)
            .or_else(|_| tempfile::tempdir_in(folder))
            .context("a staging directory")?;
        let layout = Layout {
            shards: 1,
            gateways: 1,
            fixed: BTreeMap::new(),
            configuration_hash: [0; 16],
            schemas: matchgate_journal::Schemas::default(),
            segment_bytes: SEGMENT_BYTES,
        };
        let directory =
            DataDirectory::open_or_create_in(&data.path().join("data"), &layout, staging.path())?;
        let options = StagingOptions {
            capacity_bytes: STAGING_BYTES,
        };
        let shard = open_stream(&directory, StreamId::shard(0), options)?;
        let gateway = open_stream(&directory, StreamId::gateway(0), options)?;
        let streams = vec![shard.writer_half, gateway.writer_half];
        let writer = Writer::new(streams, Backend::Auto, SEGMENT_BYTES)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let running = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                if let Some(cpu) = writer_cpu {
                    // Where it cannot be held there, it runs anywhere: that is no error of it.
                    pin_current_thread(cpu).unwrap_or(());
                }
                writer.run(&stopping)
            })?;
        let journal = Self {
            stop,
            writer: Some(running),
            directory,
            _data: data,
            _staging: staging,
        };
        Ok((journal, [shard.appender, gateway.appender]))
    }

    /// Stops the writer once everything is on disk, and returns what it did. The files stay as long
    /// as this does.
    ///
    /// # Errors
    ///
    /// Returns the writer's first error.
    pub fn stop(&mut self) -> Result<WriterStats> {
        self.end()
    }

    /// Returns the folder of the shard's segments.
    #[must_use]
    pub fn shard_folder(&self) -> PathBuf {
        self.directory.path().join(StreamId::shard(0).to_string())
    }

    /// Stops the writer once everything is on disk, and returns what it did.
    ///
    /// # Errors
    ///
    /// Returns the writer's first error.
    pub fn finish(mut self) -> Result<WriterStats> {
        self.end()
    }

    /// Stops the writer likewise, and returns what it did and what then stands in the journal.
    ///
    /// # Errors
    ///
    /// Returns the writer's first error, or that the journal cannot be read.
    pub fn finish_and_read(mut self) -> Result<(WriterStats, Journaled)> {
        let stats = self.end()?;
        Ok((stats, Journaled::read(self.directory.path())?))
    }

    fn end(&mut self) -> Result<WriterStats> {
        self.stop.store(true, Ordering::Release);
        let writer = self.writer.take().context("it runs until now")?;
        let stats = writer
            .join()
            .map_err(|_| anyhow!("the journal writer panicked"))??;
        Ok(stats)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(writer) = self.writer.take() {
            // Whoever drops it without asking how it ended has an error of his own to tell.
            drop(writer.join());
        }
    }
}
