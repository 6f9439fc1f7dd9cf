//! The whole disk: files, folders, locks, and the faults that are planned.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Loss;
use super::content::Content;
use super::fault::{Fault, Operation};
use super::folder::Folder;
use super::seed::Chance;
use crate::bytes::to_u64;

/// Files, folders, locks, faults.
#[derive(Debug)]
pub(super) struct Disk {
    files: Vec<Content>,
    folders: BTreeMap<PathBuf, Folder>,
    locks: BTreeSet<PathBuf>,
    faults: BTreeMap<u64, Fault>,
    operations: Vec<Operation>,
    has_power: bool,
    /// For the lengths of all files that have a name.
    pub(super) room_bytes: u64,
}

impl Default for Disk {
    fn default() -> Self {
        let mut root = Folder::default();
        root.is_durable = true;
        Self {
            files: Vec::new(),
            folders: BTreeMap::from([(PathBuf::from("/"), root)]),
            locks: BTreeSet::new(),
            faults: BTreeMap::new(),
            operations: Vec::new(),
            has_power: true,
            room_bytes: u64::MAX,
        }
    }
}

impl Disk {
    pub(super) fn plan(&mut self, number: u64, fault: Fault) {
        self.faults.insert(number, fault);
    }

    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Counts an operation, and returns the fault that is planned for it.
    pub(super) fn begin(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        self.check_power()?;
        self.operations.push(operation);
        Ok(self.faults.remove(&to_u64(self.operations.len())))
    }

    pub(super) fn check_power(&self) -> io::Result<()> {
        if self.has_power { Ok(()) } else { Err(gone()) }
    }

    /// Ends all; returns what every operation is told from now on.
    pub(super) fn power_off(&mut self) -> io::Error {
        self.has_power = false;
        gone()
    }

    pub(super) fn after_crash(&self, loss: Loss) -> Self {
        let mut chance = match loss {
            Loss::Nothing => Chance::Always,
            Loss::Unsynced => Chance::Never,
            Loss::Some(seed) => Chance::Drawn(seed),
        };
        let files = self.files.iter().map(|file| file.after_crash(&mut chance));
        let files = files.collect();
        let mut folders = BTreeMap::new();
        // A folder comes before those in it.
        for (path, folder) in &self.folders {
            let has_parent = path
                .parent()
                .is_none_or(|above| folders.contains_key(above));
            if has_parent && (folder.is_durable || chance.keeps()) {
                folders.insert(path.clone(), folder.after_crash(&mut chance));
            }
        }
        Self {
            files,
            folders,
            room_bytes: self.room_bytes,
            ..Self::default()
        }
    }

    pub(super) fn make_folder(&mut self, path: &Path) -> io::Result<()> {
        check_whole(path)?;
        let mut above: Vec<&Path> = path.ancestors().collect();
        above.reverse();
        for path in above {
            if self.file_at(path).is_some() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            self.folders.entry(path.to_path_buf()).or_default();
        }
        Ok(())
    }

    pub(super) fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        check_whole(path)?;
        if self.folders.contains_key(path) || self.file_at(path).is_some() {
            Ok(path.to_path_buf())
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let folder = self.folders.get(path).ok_or(io::ErrorKind::NotFound)?;
        let mut names = folder.names();
        let inner = self.folders.keys().filter(|one| one.parent() == Some(path));
        names.extend(inner.filter_map(|one| Some(one.file_name()?.to_str()?.to_owned())));
        Ok(names)
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<usize> {
        self.file_at(path).ok_or(io::ErrorKind::NotFound.into())
    }

    fn file_at(&self, path: &Path) -> Option<usize> {
        let (folder, name) = split(path)?;
        self.folders.get(folder)?.get(name)
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<usize> {
        if let Some(file) = self.file_at(path) {
            self.set_length(file, 0)?;
            return Ok(file);
        }
        if self.folders.contains_key(path) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let file = self.files.len();
        let (folder, name) = self.folder_of(path)?;
        folder.set(name, file);
        self.files.push(Content::default());
        Ok(file)
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.find(from)?;
        if from.parent() != to.parent() {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        let (_, to) = self.folder_of(to)?;
        let (folder, from) = self.folder_of(from)?;
        folder.rename(from, to);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.find(path)?;
        let (folder, name) = self.folder_of(path)?;
        folder.remove(name);
        Ok(())
    }

    /// Makes names durable, all or, where it fails, some.
    pub(super) fn sync_folder(&mut self, path: &Path, fails: bool) -> io::Result<()> {
        let mut chance = self.chance(fails);
        let folder = self.folders.get_mut(path).ok_or(io::ErrorKind::NotFound)?;
        folder.sync(&mut chance);
        if !fails {
            for (inner, folder) in &mut self.folders {
                folder.is_durable |= inner.parent() == Some(path);
            }
        }
        Ok(())
    }

    /// Takes the lock; false where it is held.
    pub(super) fn lock(&mut self, path: &Path) -> io::Result<bool> {
        if self.file_at(path).is_none() {
            self.create(path)?;
        }
        Ok(self.locks.insert(path.to_path_buf()))
    }

    pub(super) fn unlock(&mut self, path: &Path) {
        self.locks.remove(path);
    }

    /// Returns file `number`.
    ///
    /// # Panics
    ///
    /// Panics where there is none: numbers are this disk's own.
    pub(super) fn file(&self, number: usize) -> &Content {
        self.files.get(number).expect("a file of this disk")
    }

    fn file_mut(&mut self, number: usize) -> &mut Content {
        self.files.get_mut(number).expect("a file of this disk")
    }

    pub(super) fn write(&mut self, number: usize, bytes: &[u8], at: u64) -> io::Result<()> {
        self.check_room(number, at + to_u64(bytes.len()))?;
        self.file_mut(number).write(bytes, at);
        Ok(())
    }

    pub(super) fn forget(&mut self, number: usize, bytes: &[u8], at: u64) -> io::Result<()> {
        self.check_room(number, at + to_u64(bytes.len()))?;
        self.file_mut(number).forget(bytes, at);
        Ok(())
    }

    pub(super) fn set_length(&mut self, number: usize, bytes: u64) -> io::Result<()> {
        self.check_room(number, bytes)?;
        self.file_mut(number).set_length(bytes);
        Ok(())
    }

    /// Makes a file durable, wholly or, where it fails, some of it.
    pub(super) fn sync(&mut self, number: usize, fails: bool) {
        let mut chance = self.chance(fails);
        self.file_mut(number).sync(&mut chance);
    }

    pub(super) fn spoil(
        &mut self,
        path: &Path,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        let file = self.find(path)?;
        self.file_mut(file).spoil(change);
        Ok(())
    }

    pub(super) fn content(&self, path: &Path) -> io::Result<Vec<u8>> {
        Ok(self.file(self.find(path)?).seen().to_vec())
    }

    /// A sync that fails keeps what the number of the operation draws.
    fn chance(&self, fails: bool) -> Chance {
        if fails {
            Chance::Drawn(to_u64(self.operations.len()))
        } else {
            Chance::Always
        }
    }

    /// Refuses a file of `length` bytes that no room is left for.
    fn check_room(&self, number: usize, length: u64) -> io::Result<()> {
        let named = self.folders.values().flat_map(Folder::files);
        let others = named.filter(|file| *file != number);
        let taken: u64 = others.map(|file| self.file(file).length()).sum();
        let grown = length.max(self.file(number).length());
        if taken.saturating_add(grown) > self.room_bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// Returns the folder that a path lies in, and its name there.
    fn folder_of(&mut self, path: &Path) -> io::Result<(&mut Folder, String)> {
        let (folder, name) = split(path).ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self
            .folders
            .get_mut(folder)
            .ok_or(io::ErrorKind::NotFound)?;
        Ok((folder, name.to_owned()))
    }
}

fn split(path: &Path) -> Option<(&Path, &str)> {
    Some((path.parent()?, path.file_name()?.to_str()?))
}

/// Refuses what is no whole path.
fn check_whole(path: &Path) -> io::Result<()> {
    let mut parts = path.components();
    let begins = parts.next() == Some(Component::RootDir);
    if begins && parts.all(|part| matches!(part, Component::Normal(_))) {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

fn gone() -> io::Error {
    io::Error::other("the power has failed")
}
