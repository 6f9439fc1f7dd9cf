//! The data directory: its lock, its layout, its epoch, and how the last process ended. Knows no
//! record; streams are opened by [`open_stream`](crate::open_stream).

pub(crate) mod lock;
pub(crate) mod meta;
pub(crate) mod staging_folder;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::iter::repeat;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::error::{DirectoryError, JournalError, directory_io_error};
use crate::planted::{Bug, bites};
use crate::schema_hash::Schemas;
use crate::staging::marks::Marks;
use crate::storage::{Host, Lock, STAGING_ROOT, Storage, SystemStorage, remove_if_there};
use crate::stream::{StreamId, StreamKind};
use lock::take_lock;
use meta::{META_FILE, Meta, StreamMeta};
use staging_folder::StagingFolder;

/// Bytes in the smallest segment file.
pub const SEGMENT_BYTES_MIN: u64 = 64 * 1024;

/// Name of the file that is locked.
pub(crate) const LOCK_FILE: &str = "LOCK";

/// What a data directory is made for, or must have been made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Shards; fixed when the directory is made.
    pub shards: u8,
    /// Gateways; fixed when the directory is made.
    pub gateways: u8,
    /// Further numbers of the caller's that are fixed when the directory is made.
    pub fixed: BTreeMap<String, u64>,
    /// Tells one configuration from another; written into each segment, free to change.
    pub configuration_hash: [u8; 16],
    /// Layouts of the bodies of records; written into each segment, and looked at in each that is
    /// opened.
    pub schemas: Schemas,
    /// Bytes of a segment file, a multiple of 4096 of at least [`SEGMENT_BYTES_MIN`]; free to
    /// change.
    pub segment_bytes: u64,
}

/// How the last process that had the directory open ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// There was none: the directory is new.
    New,
    /// It stopped cleanly: segments hold everything.
    CleanStop,
    /// It was killed, but the machine has run on: the staging logs hold what segments lack.
    SameBoot,
    /// The machine has been started since: what was not synced is lost.
    PowerLoss,
}

/// An open data directory; the lock is held as long as the value lives.
#[derive(Debug)]
pub struct DataDirectory {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    layout: Layout,
    meta: Mutex<Meta>,
    start_kind: StartKind,
    staging: StagingFolder,
    opened: Mutex<BTreeMap<StreamId, Marks>>,
    /// Held, never read.
    _lock: Lock,
}

impl DataDirectory {
    /// Opens the directory at `path` with its staging folder under [`STAGING_ROOT`]; see
    /// [`open_or_create_in`](Self::open_or_create_in).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_or_create(path: &Path, layout: &Layout) -> Result<Self, DirectoryError> {
        Self::open_or_create_in(path, layout, Path::new(STAGING_ROOT))
    }

    /// Opens the directory at `path` on this machine; see [`open_on`](Self::open_on).
    /// `staging_root` must be memory that outlives the process and not the machine.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_or_create_in(
        path: &Path,
        layout: &Layout,
        staging_root: &Path,
    ) -> Result<Self, DirectoryError> {
        Self::open_on(&Host::this(staging_root)?, path, layout)
    }

    /// Opens the directory at `path` of `host`, making it where there is none, takes its lock, and
    /// raises its epoch.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Locked`] where another process has it open, [`DirectoryError::Mismatch`]
    /// where it was made for another layout, [`DirectoryError::StagingMissing`] where a killed
    /// process's staging folder is gone, and the other kinds by their names.
    pub fn open_on(host: &Host, path: &Path, layout: &Layout) -> Result<Self, DirectoryError> {
        check_layout(layout)?;
        let Host {
            storage,
            staging_root,
            boot_id,
        } = host;
        let (storage, boot_id) = (Arc::clone(storage), *boot_id);
        storage
            .make_folder(path)
            .map_err(directory_io_error("making", path))?;
        // Whole paths: the process may change its folder, and io_uring knows none.
        let path = &storage
            .resolve(path)
            .map_err(directory_io_error("resolving", path))?;
        sync_folders_above(&*storage, path)?;
        let lock = take_lock(&*storage, &path.join(LOCK_FILE))?;
        let found = Meta::read(&*storage, path)?;
        let start_kind = start_kind(found.as_ref(), boot_id);
        let mut meta = match found {
            Some(meta) => meta,
            None => new_meta(layout, boot_id),
        };
        check_same(path, &meta, layout)?;
        let streams = streams_of(layout);
        let staging = match start_kind {
            StartKind::SameBoot => StagingFolder::take_over(staging_root, meta.uuid)?,
            StartKind::New | StartKind::CleanStop | StartKind::PowerLoss => {
                let lossy = start_kind == StartKind::PowerLoss;
                StagingFolder::make(staging_root, meta.uuid, &streams, lossy)?
            }
        };
        let noted = staging
            .name_home(path)
            .and_then(|()| note_opening(&mut meta, &*storage, path, boot_id));
        if let Err(error) = noted {
            if start_kind == StartKind::New {
                forget(&*storage, path, &staging);
            }
            return Err(error);
        }
        Ok(Self {
            storage,
            path: path.to_path_buf(),
            layout: layout.clone(),
            meta: Mutex::new(meta),
            start_kind,
            staging,
            opened: Mutex::new(BTreeMap::new()),
            _lock: lock,
        })
    }

    /// Reads the layout and state of the directory at `path`, locked or not; `None` where there
    /// is none.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Meta`], [`DirectoryError::Format`] and [`DirectoryError::Io`] where the
    /// file cannot be read.
    pub fn read_meta(path: &Path) -> Result<Option<Meta>, DirectoryError> {
        Meta::read(&SystemStorage, path)
    }

    /// Returns the epoch of this start, from 1.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.meta().epoch
    }

    /// Returns the directory's UUID.
    #[must_use]
    pub fn uuid(&self) -> [u8; 16] {
        *self.meta().uuid.as_bytes()
    }

    /// Returns the same as text, for those who tell one directory's events from another's.
    #[must_use]
    pub fn uuid_text(&self) -> String {
        self.meta().uuid.to_string()
    }

    /// Returns the kernel's boot id.
    #[must_use]
    pub fn boot_id(&self) -> [u8; 16] {
        *self.meta().boot_id.as_bytes()
    }

    /// Returns the directory's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the layout the directory was opened with.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns how the last process ended.
    #[must_use]
    pub fn start_kind(&self) -> StartKind {
        self.start_kind
    }

    /// Returns the path of a stream's staging file.
    #[must_use]
    pub fn staging_path(&self, stream: StreamId) -> PathBuf {
        self.staging.file(stream)
    }

    /// Returns the folder of a stream's segments.
    #[must_use]
    pub fn segments_path(&self, stream: StreamId) -> PathBuf {
        self.path.join(stream.to_string())
    }

    /// Returns all streams of the layout: shards, gateways, control.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamId> {
        streams_of(&self.layout)
    }

    /// Records that this process stops cleanly, and removes the staging folder. To be called
    /// after the writer has returned, or where a start failed before it ran: what was appended by
    /// then decides whether that is a clean stop.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::NotDrained`] where a stream holds records that are not synced, or an
    /// earlier process left some in a stream that this one did not open; the next start takes them
    /// over then. [`DirectoryError::Io`] where a file cannot be written.
    pub fn finish_clean(&self) -> Result<(), DirectoryError> {
        let mut meta = self.meta();
        let opened = self.opened.lock().unwrap_or_else(|held| held.into_inner());
        for (stream, marks) in opened.iter() {
            let waits = !marks.is_drained() || marks.failed();
            if waits && !bites(Bug::CleanTooEarly) {
                return Err(DirectoryError::NotDrained {
                    stream: *stream,
                    synced: marks.synced(),
                    written: marks.written(),
                });
            }
            let known = meta.streams.entry(stream.to_string()).or_default();
            known.last = marks.last_record();
            known.next = marks.written() + 1;
        }
        for stream in self.streams() {
            let is_known = meta.streams.contains_key(&stream.to_string());
            if is_known && !opened.contains_key(&stream) && self.staging.needs_opening(stream)? {
                return Err(DirectoryError::NotDrained {
                    stream,
                    synced: 0,
                    written: 0,
                });
            }
        }
        meta.clean = true;
        meta.write(&*self.storage, &self.path)?;
        self.staging.remove()
    }

    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    pub(crate) fn staging(&self) -> &StagingFolder {
        &self.staging
    }

    pub(crate) fn stream_meta(&self, stream: StreamId) -> StreamMeta {
        let name = stream.to_string();
        self.meta().streams.get(&name).copied().unwrap_or_default()
    }

    /// Keeps what is known of a stream, on disk where it has changed.
    pub(crate) fn keep_stream_meta(
        &self,
        stream: StreamId,
        known: StreamMeta,
    ) -> Result<(), DirectoryError> {
        let mut meta = self.meta();
        let name = stream.to_string();
        if meta.streams.get(&name) == Some(&known) {
            return Ok(());
        }
        meta.streams.insert(name, known);
        meta.write(&*self.storage, &self.path)
    }

    /// Notes that a stream is being opened.
    pub(crate) fn check_unopened(&self, stream: StreamId) -> Result<(), JournalError> {
        let known = match stream.kind {
            StreamKind::Shard => stream.index < self.layout.shards,
            StreamKind::Gateway => stream.index < self.layout.gateways,
            StreamKind::Control => stream.index == 0,
        };
        if !known {
            return Err(JournalError::UnknownStream { stream });
        }
        let opened = self.opened.lock().unwrap_or_else(|held| held.into_inner());
        if opened.contains_key(&stream) {
            return Err(JournalError::AlreadyOpen { stream });
        }
        Ok(())
    }

    pub(crate) fn note_opened(&self, stream: StreamId, marks: Marks) {
        let mut opened = self.opened.lock().unwrap_or_else(|held| held.into_inner());
        opened.insert(stream, marks);
    }

    /// A panic while the lock was held leaves the value whole: it is only ever replaced.
    fn meta(&self) -> std::sync::MutexGuard<'_, Meta> {
        self.meta.lock().unwrap_or_else(|held| held.into_inner())
    }
}

fn check_layout(layout: &Layout) -> Result<(), DirectoryError> {
    let bytes = layout.segment_bytes;
    if bytes < SEGMENT_BYTES_MIN || !bytes.is_multiple_of(4096) {
        return Err(DirectoryError::Layout {
            key: "segment_bytes",
            value: bytes,
            bounds: "a multiple of 4096 of at least 65536",
        });
    }
    Ok(())
}

/// Makes the names of `path` and of the folders it lies in durable: this start may have made several
/// of them, or an earlier one that was killed at once.
fn sync_folders_above(storage: &dyn Storage, path: &Path) -> Result<(), DirectoryError> {
    if bites(Bug::DirectoryNotSynced) {
        return Ok(());
    }
    for (folder, is_next) in path
        .ancestors()
        .skip(1)
        .zip([true].into_iter().chain(repeat(false)))
    {
        match storage.sync_folder(folder) {
            // It was not made here: whoever may not read a folder has made nothing in it.
            Err(error) if error.kind() == ErrorKind::PermissionDenied && !is_next => {}
            synced => synced.map_err(directory_io_error("syncing the folder", folder))?,
        }
    }
    Ok(())
}

fn start_kind(meta: Option<&Meta>, boot_id: Uuid) -> StartKind {
    match meta {
        None => StartKind::New,
        Some(meta) if meta.clean => StartKind::CleanStop,
        Some(meta) if meta.boot_id == boot_id => StartKind::SameBoot,
        Some(_) => StartKind::PowerLoss,
    }
}

fn new_meta(layout: &Layout, boot_id: Uuid) -> Meta {
    Meta {
        format: meta::DIRECTORY_FORMAT,
        uuid: Uuid::new_v4(),
        boot_id,
        epoch: 0,
        clean: false,
        shards: layout.shards,
        gateways: layout.gateways,
        fixed: layout.fixed.clone(),
        streams: BTreeMap::new(),
    }
}

/// Raises the epoch and notes, durably, that the directory is in use.
fn note_opening(
    meta: &mut Meta,
    storage: &dyn Storage,
    path: &Path,
    boot_id: Uuid,
) -> Result<(), DirectoryError> {
    let step = u32::from(meta.epoch == 0 || !bites(Bug::EpochReused));
    meta.epoch = meta.epoch.checked_add(step).ok_or(DirectoryError::Layout {
        key: "epoch",
        value: u64::from(meta.epoch),
        bounds: "a directory is opened fewer than 2^32 times",
    })?;
    meta.clean = false;
    meta.boot_id = boot_id;
    meta.write(storage, path)
}

/// Undoes what the making of a new directory left: nothing is in it, and without `meta.toml`
/// nobody would find its staging folder again.
fn forget(storage: &dyn Storage, path: &Path, staging: &StagingFolder) {
    // First the file: a `meta.toml` without its staging folder would be refused. Where one of the
    // two cannot be removed either, the error that is on its way says what is the matter.
    if remove_if_there(storage, &path.join(META_FILE)).is_ok() {
        staging.remove().unwrap_or(());
    }
}

fn check_same(path: &Path, meta: &Meta, layout: &Layout) -> Result<(), DirectoryError> {
    let mismatch = |key: &str, file: Option<u64>, asked: Option<u64>| {
        let text = |value: Option<u64>| value.map_or("absent".into(), |value| value.to_string());
        Err(DirectoryError::Mismatch {
            path: path.join(META_FILE),
            key: key.into(),
            file: text(file),
            asked: text(asked),
        })
    };
    if meta.shards != layout.shards {
        return mismatch(
            "shards",
            Some(meta.shards.into()),
            Some(layout.shards.into()),
        );
    }
    if meta.gateways != layout.gateways {
        return mismatch(
            "gateways",
            Some(meta.gateways.into()),
            Some(layout.gateways.into()),
        );
    }
    for key in meta.fixed.keys().chain(layout.fixed.keys()) {
        let (file, asked) = (meta.fixed.get(key), layout.fixed.get(key));
        if file != asked {
            return mismatch(key, file.copied(), asked.copied());
        }
    }
    Ok(())
}

fn streams_of(layout: &Layout) -> Vec<StreamId> {
    let mut streams: Vec<StreamId> = (0..layout.shards).map(StreamId::shard).collect();
    streams.extend((0..layout.gateways).map(StreamId::gateway));
    streams.push(StreamId::CONTROL);
    streams
}
