//! The machine's file system by plain system calls.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Held, Lock, Storage, StoredFile};
use crate::sys::reserve;

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemStorage;

impl Storage for SystemStorage {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            // A name that is no text is none of the journal's.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        Ok(Box::new(SystemFile(File::open(path)?)))
    }

    fn open_writable(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(SystemFile(file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Box::new(SystemFile(options.open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock::of(LockedFile(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn takes_direct_io(&self, folder: &Path) -> bool {
        let path = folder.join("direct-io.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let opened = options.custom_flags(libc::O_DIRECT).open(&path);
        // A file that was not made need not be removed, and one that stays is opened again next
        // time.
        std::fs::remove_file(&path).unwrap_or(());
        opened.is_ok()
    }
}

/// A file of it.
#[derive(Debug)]
struct SystemFile(File);

impl StoredFile for SystemFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn reserve(&self, bytes: u64) -> io::Result<()> {
        reserve(&self.0, bytes)
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// A file whose lock is held.
#[derive(Debug)]
struct LockedFile(File);

impl Held for LockedFile {}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Closing alone does not free it while another thread has a child between fork and exec,
        // which still has the descriptor. Where freeing fails, closing does it a moment later.
        self.0.unlock().unwrap_or(());
    }
}
