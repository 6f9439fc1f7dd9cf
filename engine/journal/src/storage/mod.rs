//! What the journal asks of a disk: few operations, and nothing else touches one. Knows no layout.
//!
//! [`SystemStorage`] is the machine's file system by plain system calls, [`SimulatedDisk`] one in
//! memory that loses and spoils what a disk may. The writer's `O_DIRECT` backend does the same
//! operations over `io_uring` and stands beside them.
//!
//! What may be relied on after a loss of power is only this: the bytes of a file and its length as
//! of its last [`StoredFile::sync`], and the names of a folder as of its last
//! [`Storage::sync_folder`].

mod simulated;
mod system;

use std::any::Any;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use crate::bytes::{to_u64, to_usize};
use crate::error::{DirectoryError, directory_io_error};
use crate::planted::{Bug, bites};

pub use simulated::{Fault, Gate, Loss, Operation, SimulatedDisk};
pub use system::SystemStorage;

/// Where staging folders are made unless told otherwise: memory that outlives the process.
pub const STAGING_ROOT: &str = "/dev/shm";

const BOOT_ID_FILE: &str = "/proc/sys/kernel/random/boot_id";

/// Files by name. Paths are whole paths.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Makes a folder and those above it, where they are missing.
    ///
    /// # Errors
    ///
    /// Returns the refusal, here and in the other operations.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Returns the one whole path that `path` stands for.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is nothing; else as for [`make_folder`](Self::make_folder).
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Returns the names in a folder, in any order.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is none; else as for [`make_folder`](Self::make_folder).
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is none; else as for [`make_folder`](Self::make_folder).
    fn open(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn open_writable(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Makes an empty file for reading and writing, in the place of what has that name.
    ///
    /// # Errors
    ///
    /// As for [`make_folder`](Self::make_folder).
    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Gives a file another name in the same folder, in the place of what has it.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Takes the exclusive lock on the file at `path`, which is made where there is none; `None`
    /// where somebody else has it. It is free again when the value is dropped or the process ends.
    ///
    /// # Errors
    ///
    /// As for [`make_folder`](Self::make_folder).
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>>;

    /// Returns whether files in `folder` can be written past the page cache.
    fn takes_direct_io(&self, folder: &Path) -> bool;
}

/// An open file.
pub trait StoredFile: fmt::Debug + Send + Sync {
    /// Reads bytes at `offset`; returns how many, 0 at the end only.
    ///
    /// # Errors
    ///
    /// Returns the refusal, here and in the other operations.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all `bytes` at `offset`; what is between the end and `offset` becomes zeros.
    ///
    /// # Errors
    ///
    /// As for [`read_at`](Self::read_at); some of the bytes may be written then.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Sets room for the first `bytes` aside, and makes the file that long where it is shorter.
    ///
    /// # Errors
    ///
    /// `StorageFull` where there is none; else as for [`read_at`](Self::read_at).
    fn reserve(&self, bytes: u64) -> io::Result<()>;

    /// Makes the file `bytes` long: what is behind that is gone, what is missing becomes zeros.
    ///
    /// # Errors
    ///
    /// As for [`read_at`](Self::read_at).
    fn set_length(&self, bytes: u64) -> io::Result<()>;

    /// Returns the bytes of the file.
    ///
    /// # Errors
    ///
    /// As for [`read_at`](Self::read_at).
    fn length(&self) -> io::Result<u64>;

    /// Makes content and length durable.
    ///
    /// # Errors
    ///
    /// As for [`read_at`](Self::read_at). Nothing is known then of what was written since the last
    /// sync, also after a later one.
    fn sync(&self) -> io::Result<()>;
}

/// A held lock, whatever holds it.
#[derive(Debug)]
#[must_use]
pub struct Lock {
    /// Held, never read.
    _held: Box<dyn Held>,
}

impl Lock {
    fn of(held: impl Held + 'static) -> Self {
        Self {
            _held: Box::new(held),
        }
    }
}

/// What a lock is held by; dropped, it is free.
trait Held: Any + fmt::Debug + Send + Sync {}

/// Where a data directory lives: its disk, the memory beside it, and the kernel's life they share.
#[derive(Clone, Debug)]
pub struct Host {
    /// The disk.
    pub storage: Arc<dyn Storage>,
    /// Where staging folders are made: memory that outlives the process and not the machine.
    pub staging_root: PathBuf,
    /// Tells one start of the machine from another.
    pub boot_id: Uuid,
}

impl Host {
    /// Returns this machine, with staging folders under `staging_root`.
    ///
    /// # Errors
    ///
    /// Returns an error where the kernel does not tell its boot id.
    pub fn this(staging_root: &Path) -> Result<Self, DirectoryError> {
        Ok(Self {
            storage: Arc::new(SystemStorage),
            staging_root: staging_root.to_path_buf(),
            boot_id: read_boot_id()?,
        })
    }
}

fn read_boot_id() -> Result<Uuid, DirectoryError> {
    let path = Path::new(BOOT_ID_FILE);
    let text = std::fs::read_to_string(path).map_err(directory_io_error("reading", path))?;
    Uuid::parse_str(text.trim()).map_err(|error| DirectoryError::Meta {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

/// Reads as many bytes at `offset` as `bytes` holds and the file has; returns how many.
pub(crate) fn read_up_to(
    file: &dyn StoredFile,
    bytes: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = bytes.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + to_u64(count)) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Reads a whole file.
///
/// # Errors
///
/// `NotFound` where there is none; else the refusal.
pub fn read_whole(storage: &dyn Storage, path: &Path) -> io::Result<Vec<u8>> {
    let file = storage.open(path)?;
    let mut bytes = vec![0; to_usize(file.length()?)];
    let count = read_up_to(&*file, &mut bytes, 0)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Puts a file in place that holds `bytes`, by way of the name `temporary` in the same folder: a
/// reader and a crash see the old file or the new one, whole. It is durable behind it.
///
/// # Errors
///
/// Returns the first refusal; the old file may still be there then, or the new one.
pub fn replace_whole(
    storage: &dyn Storage,
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
) -> io::Result<()> {
    let file = storage.create(temporary)?;
    file.write_at(bytes, 0)?;
    if !bites(Bug::FileNotSynced) {
        file.sync()?;
    }
    storage.rename(temporary, path)?;
    match path.parent() {
        Some(_) if bites(Bug::NameNotSynced) => Ok(()),
        Some(folder) => storage.sync_folder(folder),
        None => Ok(()),
    }
}

/// Removes a file that may be missing.
pub(crate) fn remove_if_there(storage: &dyn Storage, path: &Path) -> io::Result<()> {
    match storage.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
