//! The exclusive lock on a file that keeps a second process out. Knows not what it guards.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{DirectoryError, directory_io_error};

/// A held lock; free again when the value is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
}

impl LockFile {
    /// Takes the lock on the file at `path`, which is made where there is none.
    pub(crate) fn take(path: &Path) -> Result<Self, DirectoryError> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(directory_io_error("opening", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::Locked {
                path: path.to_path_buf(),
            }),
            Err(TryLockError::Error(error)) => Err(directory_io_error("locking", path)(error)),
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Closing alone does not free it while another thread has a child between fork and exec,
        // which still has the descriptor. Where freeing fails, closing does it a moment later.
        self.file.unlock().unwrap_or(());
    }
}
