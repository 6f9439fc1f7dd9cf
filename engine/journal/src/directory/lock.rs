//! The exclusive lock on a file that keeps a second process out. Knows not what it guards.

use std::path::Path;

use crate::error::{DirectoryError, directory_io_error};
use crate::planted::{Bug, bites};
use crate::storage::{Lock, Storage};

/// Takes the lock on the file at `path`, which is made where there is none.
pub(crate) fn take_lock(storage: &dyn Storage, path: &Path) -> Result<Lock, DirectoryError> {
    let taken = storage.lock(path);
    let lock = match taken.map_err(directory_io_error("locking", path))? {
        None if bites(Bug::LockIgnored) => storage
            .lock(&path.with_extension("second"))
            .map_err(directory_io_error("locking", path))?,
        lock => lock,
    };
    lock.ok_or_else(|| DirectoryError::Locked {
        path: path.to_path_buf(),
    })
}
