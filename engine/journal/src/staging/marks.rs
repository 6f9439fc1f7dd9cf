//! The marks of a stream: how far it is written, applied and synced. Readable from any thread, in
//! any process. Knows no record.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{
    Slot, StagingFile, WORD_APPLIED, WORD_CLAIMED, WORD_FAILED, WORD_SYNCED, WORD_WANTED,
    WORD_WRITTEN,
};
use crate::error::{JournalError, io_error};
use crate::stream::StreamId;

/// A handle on the marks of one stream; clones see the same marks.
///
/// Before the first record each sequence mark is one below the first sequence of this start, also
/// where records of that number were lost or never were.
#[derive(Clone, Debug)]
pub struct Marks {
    pub(super) file: Arc<StagingFile>,
}

impl Marks {
    pub(crate) fn new(file: Arc<StagingFile>) -> Self {
        Self { file }
    }

    /// Reads the marks of a running process from its staging file at `path`.
    ///
    /// # Errors
    ///
    /// [`JournalError::Io`] where it cannot be mapped, [`JournalError::StagingForeign`] where it is
    /// not a staging file.
    pub fn attach(path: &Path) -> Result<Self, JournalError> {
        let file = StagingFile::open(path)
            .map_err(io_error("mapping the staging file", path))?
            .map_err(|reason| JournalError::StagingForeign {
                path: path.to_path_buf(),
                reason,
            })?;
        Ok(Self::new(Arc::new(file)))
    }

    /// Returns the stream.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        self.file.identity().stream
    }

    /// Returns the last sequence appended: it survives the death of the process.
    #[must_use]
    #[inline]
    pub fn written(&self) -> u64 {
        self.file.load(WORD_WRITTEN, Ordering::Acquire)
    }

    /// Returns the last sequence that the owner of the stream has applied.
    #[must_use]
    #[inline]
    pub fn applied(&self) -> u64 {
        self.file.load(WORD_APPLIED, Ordering::Acquire)
    }

    /// Returns the last sequence that segments hold and that survives a loss of power.
    #[must_use]
    #[inline]
    pub fn synced(&self) -> u64 {
        self.file.load(WORD_SYNCED, Ordering::Acquire)
    }

    /// Tells the writer that somebody waits for `sequence` to be synced, so that it looks more
    /// often until it is. Makes no system call.
    #[inline]
    pub fn request_sync(&self, sequence: u64) {
        let word = self.file.header_word(WORD_WANTED);
        let mut wanted = word.load(Ordering::Relaxed);
        while u64::from_le(wanted) < sequence {
            let stored = sequence.to_le();
            match word.compare_exchange_weak(wanted, stored, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(newer) => wanted = newer,
            }
        }
    }

    /// Returns the highest sequence that somebody waits for.
    #[must_use]
    #[inline]
    pub fn wanted(&self) -> u64 {
        self.file.load(WORD_WANTED, Ordering::Relaxed)
    }

    /// Returns the bytes of records the staging log holds at most.
    #[must_use]
    pub fn capacity_bytes(&self) -> u64 {
        self.file.identity().capacity
    }

    /// Returns how many bytes of the staging log are free. What its owner has claimed ahead, up to
    /// a sixteenth of the capacity, counts as used.
    #[must_use]
    #[inline]
    pub fn free_bytes(&self) -> u64 {
        let claimed = self.file.load(WORD_CLAIMED, Ordering::Relaxed);
        let end = self.file.synced_position() + self.file.identity().capacity;
        end.saturating_sub(claimed)
    }

    /// Returns whether a write or sync of any stream of this process has failed. From then on
    /// nothing is synced any more, and the process must stop taking commands.
    #[must_use]
    #[inline]
    pub fn failed(&self) -> bool {
        self.file.load(WORD_FAILED, Ordering::Acquire) != 0
    }

    /// Returns the first sequence of this start.
    #[must_use]
    pub fn first_sequence(&self) -> u64 {
        self.file.identity().first_sequence
    }

    /// Returns the last sequence of all that a record has: that of [`written`](Self::written), or
    /// where nothing was written since the start, the last one before it; 0 for none.
    #[must_use]
    pub fn last_record(&self) -> u64 {
        let written = self.written();
        if written < self.first_sequence() {
            self.file.identity().prior_sequence
        } else {
            written
        }
    }

    /// Returns whether no record waits for the writer.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.synced() == self.written()
            && self.file.slot(self.file.synced_position()) == Slot::Empty
    }

    pub(crate) fn set_failed(&self) {
        self.file.store(WORD_FAILED, 1, Ordering::Release);
    }
}
