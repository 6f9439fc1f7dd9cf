//! The folder of a data directory's staging files in shared memory. Knows no record.
//!
//! A stream that segments hold wholly has a file `{stream}.settled` until its staging file is
//! made; so a kill between the two is told from a staging file that somebody removed. The file
//! `data-directory` tells people whose folder it is; nothing here reads it. It is memory, whatever
//! disk the data directory is on.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::lock::take_lock;
use crate::error::{DirectoryError, directory_io_error};
use crate::storage::{Lock, SystemStorage};
use crate::stream::StreamId;

/// What the last process left of a stream in shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// A staging file that may hold what segments lack.
    Staged,
    /// Nothing: segments hold everything there is.
    Settled {
        /// Whether acknowledged records may have been lost with the power.
        lossy: bool,
    },
    /// Neither, though one must be there.
    Missing,
}

/// A locked staging folder.
#[derive(Debug)]
pub(crate) struct StagingFolder {
    path: PathBuf,
    /// Held, never read: two copies of a directory would meet here.
    _lock: Lock,
}

const LOSSY: &str = "lossy";
/// Name of the file that holds the data directory's path.
const HOME_FILE: &str = "data-directory";

impl StagingFolder {
    /// Takes over the folder that a killed process left.
    pub(crate) fn take_over(root: &Path, uuid: Uuid) -> Result<Self, DirectoryError> {
        let path = folder(root, uuid);
        if !path.is_dir() {
            return Err(DirectoryError::StagingMissing { path });
        }
        let lock = take_lock(&SystemStorage, &path.join("LOCK"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Makes the folder anew, all `streams` settled: whatever stood there is in segments or lost.
    pub(crate) fn make(
        root: &Path,
        uuid: Uuid,
        streams: &[StreamId],
        lossy: bool,
    ) -> Result<Self, DirectoryError> {
        let path = folder(root, uuid);
        std::fs::create_dir_all(&path).map_err(directory_io_error("making", &path))?;
        let lock = take_lock(&SystemStorage, &path.join("LOCK"))?;
        let folder = Self { path, _lock: lock };
        if let Err(error) = folder.settle(streams, lossy) {
            // The caller fails with this error; where half a folder stays, it is made anew.
            folder.remove().unwrap_or(());
            return Err(error);
        }
        Ok(folder)
    }

    fn settle(&self, streams: &[StreamId], lossy: bool) -> Result<(), DirectoryError> {
        for stream in streams {
            remove_file(&self.file(*stream))?;
            let settled = self.settled(*stream);
            std::fs::write(&settled, if lossy { LOSSY } else { "" })
                .map_err(directory_io_error("writing", settled))?;
        }
        Ok(())
    }

    /// Says for people whose folder it is: the data directory may have been moved since.
    pub(crate) fn name_home(&self, data_directory: &Path) -> Result<(), DirectoryError> {
        let file = self.path.join(HOME_FILE);
        let mut text = data_directory.as_os_str().as_encoded_bytes().to_vec();
        text.push(b'\n');
        std::fs::write(&file, text).map_err(directory_io_error("writing", file))
    }

    /// Returns the path of a stream's staging file.
    pub(crate) fn file(&self, stream: StreamId) -> PathBuf {
        self.path.join(format!("{stream}.staging"))
    }

    /// Returns what the last process left of `stream`.
    pub(crate) fn left(&self, stream: StreamId) -> Result<Left, DirectoryError> {
        if self.file(stream).exists() {
            return Ok(Left::Staged);
        }
        let settled = self.settled(stream);
        match std::fs::read_to_string(&settled) {
            Ok(text) => Ok(Left::Settled {
                lossy: text == LOSSY,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Left::Missing),
            Err(error) => Err(directory_io_error("reading", settled)(error)),
        }
    }

    /// Notes that the stream's staging file is in place.
    pub(crate) fn unsettle(&self, stream: StreamId) -> Result<(), DirectoryError> {
        remove_file(&self.settled(stream))
    }

    /// Returns whether the stream's next opening must learn what is left of it.
    pub(crate) fn needs_opening(&self, stream: StreamId) -> Result<bool, DirectoryError> {
        Ok(self.left(stream)? != Left::Settled { lossy: false })
    }

    /// Removes the folder.
    pub(crate) fn remove(&self) -> Result<(), DirectoryError> {
        std::fs::remove_dir_all(&self.path).map_err(directory_io_error("removing", &self.path))
    }

    fn settled(&self, stream: StreamId) -> PathBuf {
        self.path.join(format!("{stream}.settled"))
    }
}

fn folder(root: &Path, uuid: Uuid) -> PathBuf {
    root.join(format!("matchgate-{uuid}"))
}

fn remove_file(path: &Path) -> Result<(), DirectoryError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(directory_io_error("removing", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
