//! Cursors: how far a sink has published, per shard, and the file that remembers it. A cursor must
//! not know what is published.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use matchgate_core::domain::{Epoch, EventId, SequenceNumber, ShardId};
use serde::{Deserialize, Serialize};

/// Version of the cursor file.
pub const CURSOR_FORMAT: u32 = 1;

/// The last event of one shard that a sink has, or the last command that led to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardCursor {
    /// The shard.
    pub shard: ShardId,
    /// Epoch of the command.
    pub epoch: Epoch,
    /// Place of the command in the shard's order.
    pub sequence: SequenceNumber,
    /// Index of the event; publishing goes on at `index + 1`.
    pub index: u32,
}

impl ShardCursor {
    /// Returns whether the event is at or before the cursor.
    #[must_use]
    pub fn covers(&self, id: &EventId) -> bool {
        (id.sequence, id.index) <= (self.sequence, self.index)
    }
}

/// How far a sink has published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The sink's own mark of what it holds at this cursor: bytes of a file, a message number.
    pub mark: u64,
    shards: Vec<ShardCursor>,
}

impl Cursor {
    /// Returns the cursor of a sink that has nothing.
    #[must_use]
    pub fn start() -> Self {
        Self::default()
    }

    /// Returns the cursor of one shard; `None` where nothing of it was published.
    #[must_use]
    pub fn shard(&self, shard: ShardId) -> Option<&ShardCursor> {
        self.shards.iter().find(|cursor| cursor.shard == shard)
    }

    /// Returns the cursors of all shards, by shard.
    #[must_use]
    pub fn shards(&self) -> &[ShardCursor] {
        &self.shards
    }

    /// Moves one shard's cursor.
    pub fn advance(&mut self, to: ShardCursor) {
        match self
            .shards
            .binary_search_by_key(&to.shard, |cursor| cursor.shard)
        {
            Ok(place) => {
                if let Some(cursor) = self.shards.get_mut(place) {
                    *cursor = to;
                }
            }
            Err(place) => self.shards.insert(place, to),
        }
    }
}

/// A cursor file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// The operating system refused.
    #[error("cursor file {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file holds something else.
    #[error("cursor file {path}: {error}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// The file is another sink's, or of another format.
    #[error("cursor file {path} is format {format} of sink {sink:?}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Format in the file.
        format: u32,
        /// Sink in the file.
        sink: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorText {
    format: u32,
    sink: String,
    mark: u64,
    shards: Vec<ShardText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShardText {
    shard: u8,
    epoch: u32,
    sequence: u64,
    index: u32,
}

/// The file of one sink's cursor. It is replaced whole: a crash leaves the old or the new one.
#[derive(Clone, Debug)]
pub struct CursorFile {
    sink: String,
    folder: PathBuf,
}

impl CursorFile {
    /// Returns the file `{sink}.json` in `folder`. Touches nothing.
    #[must_use]
    pub fn new(folder: &Path, sink: &str) -> Self {
        Self {
            sink: sink.to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// Returns where it stands.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.sink))
    }

    /// Reads the cursor; `None` where there is no file.
    ///
    /// # Errors
    ///
    /// Returns a [`CursorError`] where the file cannot be read, is no cursor or another sink's.
    pub fn load(&self) -> Result<Option<Cursor>, CursorError> {
        let path = self.path();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(CursorError::Io { path, error }),
        };
        let text: CursorText = match serde_json::from_slice(&text) {
            Ok(text) => text,
            Err(error) => return Err(CursorError::Content { path, error }),
        };
        if text.format != CURSOR_FORMAT || text.sink != self.sink {
            let (format, sink) = (text.format, text.sink);
            return Err(CursorError::Foreign { path, format, sink });
        }
        let mut cursor = Cursor {
            mark: text.mark,
            shards: Vec::new(),
        };
        for shard in text.shards {
            cursor.advance(ShardCursor {
                shard: ShardId(shard.shard),
                epoch: Epoch(shard.epoch),
                sequence: SequenceNumber(shard.sequence),
                index: shard.index,
            });
        }
        Ok(Some(cursor))
    }

    /// Writes the cursor and returns once it is on disk. Makes the folder where there is none.
    ///
    /// # Errors
    ///
    /// Returns a [`CursorError`] where the operating system refuses; the old cursor then stays.
    pub fn save(&self, cursor: &Cursor) -> Result<(), CursorError> {
        let text = CursorText {
            format: CURSOR_FORMAT,
            sink: self.sink.clone(),
            mark: cursor.mark,
            shards: cursor.shards.iter().map(ShardText::of).collect(),
        };
        let path = self.path();
        let text = match serde_json::to_vec(&text) {
            Ok(text) => text,
            Err(error) => return Err(CursorError::Content { path, error }),
        };
        self.replace(&text)
            .map_err(|error| CursorError::Io { path, error })
    }

    fn replace(&self, text: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let temporary = self.folder.join(format!("{}.json.new", self.sink));
        let mut file = File::create(&temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, self.path())?;
        File::open(&self.folder)?.sync_all()
    }
}

impl ShardText {
    const fn of(cursor: &ShardCursor) -> Self {
        Self {
            shard: cursor.shard.0,
            epoch: cursor.epoch.0,
            sequence: cursor.sequence.0,
            index: cursor.index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard_cursor(shard: u8, sequence: u64, index: u32) -> ShardCursor {
        ShardCursor {
            shard: ShardId(shard),
            epoch: Epoch(2),
            sequence: SequenceNumber(sequence),
            index,
        }
    }

    #[test]
    fn saved_cursor_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = CursorFile::new(&folder.path().join("cursors"), "local");
        assert_eq!(file.load().unwrap(), None);
        let mut cursor = Cursor::start();
        cursor.mark = 77;
        cursor.advance(shard_cursor(1, 9, 0));
        cursor.advance(shard_cursor(0, 5, 3));
        cursor.advance(shard_cursor(1, 10, 2));
        file.save(&cursor).unwrap();
        assert_eq!(file.load().unwrap().as_ref(), Some(&cursor));
        assert_eq!(
            cursor.shards(),
            [shard_cursor(0, 5, 3), shard_cursor(1, 10, 2)]
        );
    }

    #[test]
    fn half_written_replacement_leaves_the_old_cursor() {
        let folder = tempfile::tempdir().unwrap();
        let file = CursorFile::new(folder.path(), "local");
        let mut cursor = Cursor::start();
        cursor.advance(shard_cursor(0, 5, 3));
        file.save(&cursor).unwrap();
        fs::write(folder.path().join("local.json.new"), b"{\"form").unwrap();
        assert_eq!(file.load().unwrap().as_ref(), Some(&cursor));
        cursor.advance(shard_cursor(0, 6, 0));
        file.save(&cursor).unwrap();
        assert_eq!(file.load().unwrap().as_ref(), Some(&cursor));
    }

    #[test]
    fn cursor_of_another_sink_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = CursorFile::new(folder.path(), "one");
        file.save(&Cursor::start()).unwrap();
        let other = CursorFile::new(folder.path(), "two");
        fs::rename(file.path(), other.path()).unwrap();
        assert!(matches!(other.load(), Err(CursorError::Foreign { .. })));
        fs::write(other.path(), b"not a cursor").unwrap();
        assert!(matches!(other.load(), Err(CursorError::Content { .. })));
    }

    #[test]
    fn cursor_covers_events_up_to_its_index() {
        let cursor = shard_cursor(0, 5, 3);
        let covers = |sequence, index| {
            cursor.covers(&EventId {
                epoch: Epoch(2),
                shard: ShardId(0),
                sequence: SequenceNumber(sequence),
                index,
            })
        };
        assert!(covers(4, 9) && covers(5, 3));
        assert!(!covers(5, 4) && !covers(6, 0));
    }
}
