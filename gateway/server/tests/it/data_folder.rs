//! A folder of a test's own with a data directory in it. Both go with it, and so does what a killed
//! venue has left in shared memory.

use std::path::{Path, PathBuf};

use matchgate_journal::{DataDirectory, STAGING_ROOT};

/// The folder.
#[derive(Debug)]
pub(crate) struct DataFolder {
    folder: tempfile::TempDir,
}

impl DataFolder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Returns the folder, for a configuration file.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the data directory, which the first venue makes.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Returns the name of the data directory's staging folder, once a venue has made it.
    pub(crate) fn staging(&self) -> Option<PathBuf> {
        let meta = DataDirectory::read_meta(&self.data()).ok().flatten()?;
        Some(Path::new(STAGING_ROOT).join(format!("matchgate-{}", meta.uuid)))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if let Some(staging) = self.staging() {
            // A venue that stopped in good order has left none.
            std::fs::remove_dir_all(staging).unwrap_or(());
        }
    }
}
