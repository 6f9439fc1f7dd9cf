//! Opens a data directory to read it: what it is made for, and that no venue runs on it. All the
//! verbs come in here. It must not know what is in the streams.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write, stderr};
use std::path::{Path, PathBuf};

use matchgate_core::ShardCapacity;
use matchgate_core::domain::ShardId;
use matchgate_journal::{DataDirectory, Meta, StreamId};

use super::records::Records;
use crate::exit_code::{ExitCode, Fatal};

/// A data directory on which no venue runs, for as long as the value lives.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    meta: Meta,
    capacity: ShardCapacity,
    /// Held against a venue that would start.
    _lock: File,
}

impl Opened {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where there is none, it is another program's, of another format, in use
    /// or damaged.
    pub(super) fn open(path: &Path) -> Result<Self, Fatal> {
        check_is_ours(path)?;
        let meta = DataDirectory::read_meta(path)?
            .ok_or_else(|| usage(path, "is no data directory: it has no meta.toml"))?;
        let lock = lock(path)?;
        let capacity = capacity(path, &meta)?;
        Ok(Self {
            path: path.to_owned(),
            meta,
            capacity,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what every shard of it has room for.
    pub(super) const fn capacity(&self) -> ShardCapacity {
        self.capacity
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.meta.clean
    }

    /// Returns the folder of a stream's segments.
    pub(super) fn folder(&self, stream: StreamId) -> PathBuf {
        self.path.join(stream.to_string())
    }

    /// Returns all its streams.
    pub(super) fn streams(&self) -> impl Iterator<Item = StreamId> {
        let shards = self.shards().map(|shard| StreamId::shard(shard.get()));
        let gateways = (0..self.meta.gateways).map(StreamId::gateway);
        std::iter::once(StreamId::CONTROL)
            .chain(shards)
            .chain(gateways)
    }

    /// Returns all its shards.
    pub(super) fn shards(&self) -> impl Iterator<Item = ShardId> + use<> {
        (0..self.meta.shards).map(ShardId)
    }

    /// Returns the shard that was asked for, or the only one.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where there is no such shard, or several and none was named.
    pub(super) fn shard(&self, asked: Option<u8>) -> Result<ShardId, Fatal> {
        let known = Numbers("shard", self.meta.shards);
        match asked {
            Some(number) if number < self.meta.shards => Ok(ShardId(number)),
            Some(number) => Err(usage(
                &self.path,
                &format!("has no shard {number}: it has {known}"),
            )),
            None if self.meta.shards == 1 => Ok(ShardId(0)),
            None => Err(usage(
                &self.path,
                &format!("has {known}: name one with --shard"),
            )),
        }
    }

    /// Returns the stream of a gateway.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where there is no such gateway.
    pub(super) fn gateway(&self, number: u8) -> Result<StreamId, Fatal> {
        if number < self.meta.gateways {
            return Ok(StreamId::gateway(number));
        }
        let known = Numbers("gateway", self.meta.gateways);
        let message = format!("has no gateway {number}: it has {known}");
        Err(usage(&self.path, &message))
    }

    /// Opens a stream at its beginning.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where its first segment cannot be read.
    pub(super) fn records(&self, stream: StreamId) -> Result<Records, Fatal> {
        Records::open(&self.folder(stream), stream, self.last_known(stream))
    }

    /// Checks that a stream that was read to its end, `last`, holds what is known to be on disk.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where it does not.
    pub(super) fn check_end(&self, stream: StreamId, last: u64) -> Result<(), Fatal> {
        super::records::check_end(&self.folder(stream), last, self.last_known(stream))
    }

    fn last_known(&self, stream: StreamId) -> u64 {
        let known = self.meta.streams.get(&stream.to_string());
        known.map_or(0, |known| known.last)
    }

    /// Says, on standard error, where the last venue left records in shared memory.
    pub(super) fn warn_if_unclean(&self) {
        if !self.meta.clean {
            // Nothing is left to be done where even this cannot be said.
            drop(writeln!(
                stderr(),
                "matchgate: {}: {UNCLEAN}",
                self.path.display()
            ));
        }
    }
}

/// What is said of a directory whose venue was killed.
pub(super) const UNCLEAN: &str = "the venue did not stop cleanly: records in shared memory, if \
                                  any, are taken over by the next start";

/// `1 shard, 0`, `2 shards, 0 to 1`.
struct Numbers(&'static str, u8);

impl fmt::Display for Numbers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(what, count) = self;
        match count {
            1 => write!(formatter, "1 {what}, 0"),
            _ => write!(
                formatter,
                "{count} {what}s, 0 to {}",
                count.saturating_sub(1)
            ),
        }
    }
}

fn usage(path: &Path, what: &str) -> Fatal {
    Fatal::new(ExitCode::Usage, format!("{}: {what}", path.display()))
}

/// Checks that a directory is there and that its `meta.toml`, if it has one, is not of another
/// program. What is wrong with one of ours is said where it is read.
fn check_is_ours(path: &Path) -> Result<(), Fatal> {
    let kind = fs::metadata(path).map_err(|error| usage(path, &error.to_string()))?;
    if !kind.is_dir() {
        return Err(usage(path, "is a file, no data directory"));
    }
    let file = path.join("meta.toml");
    let mut text = String::new();
    let read = File::open(&file).and_then(|mut opened| opened.read_to_string(&mut text));
    let foreign = match read.map(|_| text.parse::<toml::Table>()) {
        Ok(Ok(table)) => ["format", "uuid"]
            .into_iter()
            .find(|key| !table.contains_key(*key)),
        Ok(Err(_)) | Err(_) => None,
    };
    foreign.map_or(Ok(()), |key| {
        let what = format!("is another program's: it has no key {key:?}");
        Err(usage(&file, &what))
    })
}

/// Takes the lock that keeps a venue out, beside others who only read.
fn lock(path: &Path) -> Result<File, Fatal> {
    let file = path.join("LOCK");
    let lock = File::open(&file).map_err(|error| {
        let what = format!("{error}; a whole data directory has one, to keep a venue out");
        usage(&file, &what)
    })?;
    match lock.try_lock_shared() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message = format!(
                "data directory {} is locked by another process",
                path.display()
            );
            Err(Fatal::new(ExitCode::Locked, message))
        }
        Err(TryLockError::Error(error)) => Err(usage(&file, &format!("locking: {error}"))),
    }
}

fn capacity(path: &Path, meta: &Meta) -> Result<ShardCapacity, Fatal> {
    let damaged = |what: String| {
        let file = path.join("meta.toml");
        Fatal::new(ExitCode::Damaged, format!("{}: {what}", file.display()))
    };
    let fixed = |key: &str| {
        let value = meta.fixed.get(key);
        let value = value.ok_or_else(|| damaged(format!("it has no {key}")))?;
        u32::try_from(*value).map_err(|_| damaged(format!("{key} is {value}")))
    };
    let capacity = ShardCapacity {
        orders: fixed("orders_per_shard_max")?,
        levels: fixed("levels_per_side_max")?,
        instruments: fixed("instruments_max")?,
        accounts: fixed("accounts_max")?,
        sessions: fixed("sessions_max")?,
        gateways: meta.gateways,
    };
    if capacity.is_valid() {
        Ok(capacity)
    } else {
        Err(damaged(format!("{capacity:?} is out of bounds")))
    }
}
