//! A disk in memory, for tests: it keeps what was synced, and of the rest whatever it likes.
//!
//! The model is the one of [`storage`](super): a crash keeps, of what was not synced, any subset
//! of the sectors of each file and of its changes of length, and of each folder's changes of names
//! those before some point. Each operation has a number, so that a test can have the power fail, or
//! the disk, at any one of them, and a run of one thread has the same numbers each time.

mod content;
mod disk;
mod fault;
mod folder;
mod seed;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Held, Lock, Storage, StoredFile};
use disk::Disk;

pub use fault::{Fault, Gate, Operation};

/// What a crash takes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: only the process died.
    Nothing,
    /// All of it.
    Unsynced,
    /// Some of it, drawn from a seed.
    Some(u64),
}

/// A disk in memory; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    disk: Arc<Mutex<Disk>>,
}

impl SimulatedDisk {
    /// Returns an empty disk with the root folder `/`, that has no end of room and no faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the disk that is found after a crash: another one, in power, with no faults planned
    /// and no locks held. This one stays as it is.
    #[must_use]
    pub fn after_crash(&self, loss: Loss) -> Self {
        let disk = self.locked().after_crash(loss);
        Self {
            disk: Arc::new(Mutex::new(disk)),
        }
    }

    /// Plans that operation `number`, the first being 1, meets `fault`.
    pub fn plan(&self, number: u64, fault: Fault) {
        self.locked().plan(number, fault);
    }

    /// Gives the disk `bytes` of room for the lengths of all files.
    pub fn set_room(&self, bytes: u64) {
        self.locked().room_bytes = bytes;
    }

    /// Returns the operations so far, in order; the first has number 1.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.locked().operations().to_vec()
    }

    /// Changes a stored file behind everybody's back, durably.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is none.
    pub fn spoil(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.locked().spoil(path, change)
    }

    /// Returns what a reader sees of a file.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is none.
    pub fn content(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.locked().content(path)
    }

    /// A panic while the lock was held leaves a disk that has done one operation in part, as a
    /// crash does.
    fn locked(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(|held| held.into_inner())
    }

    /// Does one operation, with the fault that is planned for it.
    fn act<T>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut Disk, How) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut disk = self.locked();
        let fault = disk.begin(operation)?;
        match fault {
            None => act(&mut disk, How::Whole),
            Some(Fault::PowerBefore) => Err(disk.power_off()),
            Some(Fault::PowerAfter) => {
                // Whether it succeeded or not, nobody lives to learn it.
                drop(act(&mut disk, How::Whole));
                Err(disk.power_off())
            }
            Some(Fault::Refuse(kind)) => {
                if operation.may_be_done_in_part() {
                    drop(act(&mut disk, How::InPart));
                }
                Err(kind.into())
            }
            Some(Fault::Misdirect(bytes)) => act(&mut disk, How::Aside(bytes)),
            Some(Fault::Forget) => act(&mut disk, How::Forgotten),
            Some(Fault::Hold(gate)) => {
                drop(disk);
                gate.wait();
                let mut disk = self.locked();
                disk.check_power()?;
                act(&mut disk, How::Whole)
            }
        }
    }
}

/// How an operation is done. What only a write can suffer does not touch the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Whole,
    /// The caller is told that it failed.
    InPart,
    /// A write goes so many bytes further on.
    Aside(u64),
    /// A write is told done and is not.
    Forgotten,
}

impl Storage for SimulatedDisk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.act(Operation::MakeFolder, |disk, _| disk.make_folder(path))
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.act(Operation::Resolve, |disk, _| disk.resolve(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.act(Operation::List, |disk, _| disk.list(folder))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        self.open_writable(path)
    }

    fn open_writable(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let file = self.act(Operation::Open, |disk, _| disk.find(path))?;
        Ok(self.file(file))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let file = self.act(Operation::Create, |disk, _| disk.create(path))?;
        Ok(self.file(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(Operation::Rename, |disk, _| disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.act(Operation::Remove, |disk, _| disk.remove(path))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.act(Operation::SyncFolder, |disk, how| {
            disk.sync_folder(path, how == How::InPart)
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let taken = self.act(Operation::Lock, |disk, _| disk.lock(path))?;
        Ok(taken.then(|| {
            Lock::of(HeldPath {
                disk: self.clone(),
                path: path.to_path_buf(),
            })
        }))
    }

    fn takes_direct_io(&self, _folder: &Path) -> bool {
        false
    }
}

impl SimulatedDisk {
    fn file(&self, number: usize) -> Box<dyn StoredFile> {
        Box::new(SimulatedFile {
            disk: self.clone(),
            number,
        })
    }
}

/// An open file.
#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    number: usize,
}

impl StoredFile for SimulatedFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.act(Operation::Read, |disk, _| {
            Ok(disk.file(self.number).read(bytes, offset))
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.act(Operation::Write, |disk, how| match how {
            How::Whole => disk.write(self.number, bytes, offset),
            How::InPart => {
                let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
                disk.write(self.number, half, offset)
            }
            How::Aside(further) => disk.write(self.number, bytes, offset + further),
            How::Forgotten => disk.forget(self.number, bytes, offset),
        })
    }

    fn reserve(&self, bytes: u64) -> io::Result<()> {
        self.disk.act(Operation::Reserve, |disk, _| {
            let length = disk.file(self.number).length().max(bytes);
            disk.set_length(self.number, length)
        })
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.disk.act(Operation::SetLength, |disk, _| {
            disk.set_length(self.number, bytes)
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.disk.act(Operation::Length, |disk, _| {
            Ok(disk.file(self.number).length())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.act(Operation::Sync, |disk, how| {
            disk.sync(self.number, how == How::InPart);
            Ok(())
        })
    }
}

/// A lock that is held.
#[derive(Debug)]
struct HeldPath {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Held for HeldPath {}

impl Drop for HeldPath {
    fn drop(&mut self) {
        self.disk.locked().unlock(&self.path);
    }
}
