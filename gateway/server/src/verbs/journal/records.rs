//! Reads one stream from its beginning to its end, and knows whether that is the end that it must
//! have. It must not know what a record means.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use matchgate_journal::{Record, SegmentReader, StreamId};

use crate::exit_code::{ExitCode, Fatal};

/// Where a segment's header names the stream: kind and index.
const OWNER: std::ops::Range<usize> = 12..14;
/// What a segment begins with.
const MAGIC: &[u8] = b"MGJ1";

/// A stream being read.
#[derive(Debug)]
pub(super) struct Records {
    reader: SegmentReader,
    folder: PathBuf,
    /// The last record returned; 0 before the first.
    last: u64,
    /// A sequence that is known to be on disk.
    last_known: u64,
}

impl Records {
    pub(super) fn open(folder: &Path, stream: StreamId, last_known: u64) -> Result<Self, Fatal> {
        let reader = SegmentReader::open(folder, 1)?;
        check_owner(folder, stream)?;
        Ok(Self {
            reader,
            folder: folder.to_owned(),
            last: 0,
            last_known,
        })
    }

    /// Returns the next record, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where the stream is damaged, or ends before a record that is known to
    /// have been on disk.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Fatal> {
        match self.reader.next_record(u64::MAX)? {
            Some(record) => {
                self.last = record.header.sequence;
                Ok(Some(record))
            }
            None => check_end(&self.folder, self.last, self.last_known).map(|()| None),
        }
    }
}

/// Checks that a stream that ends with `last` holds all that is known to be on disk.
pub(super) fn check_end(folder: &Path, last: u64, last_known: u64) -> Result<(), Fatal> {
    if last >= last_known {
        return Ok(());
    }
    let message = format!(
        "{}: the records end before {last_known}, which was on disk; last good sequence {last}",
        folder.display()
    );
    Err(Fatal::new(ExitCode::Damaged, message))
}

/// Checks that the first segment, if there is one, is of this stream: a folder may have been put
/// in another's place. That all are of one stream is the reader's to see.
fn check_owner(folder: &Path, stream: StreamId) -> Result<(), Fatal> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    let segments = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let Some(first) = segments
        .filter(|path| path.extension().is_some_and(|name| name == "mgj"))
        .min()
    else {
        return Ok(());
    };
    let mut header = [0; OWNER.end];
    let read = File::open(&first).and_then(|mut file| file.read_exact(&mut header));
    let owner = [stream.kind.code(), stream.index];
    if read.is_ok() && header.starts_with(MAGIC) && header.get(OWNER) != Some(&owner[..]) {
        let message = format!(
            "{} is damaged at offset {}: the header names another stream than {stream}; last good \
             sequence 0",
            first.display(),
            OWNER.start
        );
        return Err(Fatal::new(ExitCode::Damaged, message));
    }
    Ok(())
}
