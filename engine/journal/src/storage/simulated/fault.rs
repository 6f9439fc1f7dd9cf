//! What may go wrong at an operation.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

/// One kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A folder is made.
    MakeFolder,
    /// A whole path is asked for.
    Resolve,
    /// The names in a folder are asked for.
    List,
    /// A file is opened.
    Open,
    /// A file is made.
    Create,
    /// A file gets another name.
    Rename,
    /// A file is removed.
    Remove,
    /// The names in a folder are made durable.
    SyncFolder,
    /// A lock is taken.
    Lock,
    /// Bytes are read.
    Read,
    /// Bytes are written.
    Write,
    /// Room is set aside.
    Reserve,
    /// A file is shortened or lengthened.
    SetLength,
    /// A length is asked for.
    Length,
    /// A file is made durable.
    Sync,
}

impl Operation {
    /// Returns whether it may change what a crash leaves.
    #[must_use]
    pub const fn changes(self) -> bool {
        match self {
            Self::Resolve | Self::List | Self::Open | Self::Lock | Self::Read | Self::Length => {
                false
            }
            Self::MakeFolder
            | Self::Create
            | Self::Rename
            | Self::Remove
            | Self::SyncFolder
            | Self::Write
            | Self::Reserve
            | Self::SetLength
            | Self::Sync => true,
        }
    }

    /// Returns whether it may have done something where it is refused.
    pub(super) const fn may_be_done_in_part(self) -> bool {
        matches!(self, Self::Write | Self::Sync | Self::SyncFolder)
    }
}

/// What goes wrong at an operation.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The power fails before it.
    PowerBefore,
    /// The power fails right behind it.
    PowerAfter,
    /// It is refused. A write has then written half, and a sync has made some sectors durable and
    /// given the others up: no later sync brings them back.
    Refuse(io::ErrorKind),
    /// A write goes so many bytes further on, and is told done. Other operations do not suffer it.
    Misdirect(u64),
    /// A write is told done, and so is its sync, but the disk keeps what was there before; a
    /// reader sees it until then. Other operations do not suffer it.
    Forget,
    /// It takes until the gate opens.
    Hold(Gate),
}

/// A gate, shut until it is opened; clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    is_open: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    /// Returns a shut gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it for ever.
    pub fn open(&self) {
        let (is_open, opened) = &*self.is_open;
        *is_open.lock().unwrap_or_else(|held| held.into_inner()) = true;
        opened.notify_all();
    }

    /// Waits until it is open.
    pub(super) fn wait(&self) {
        let (is_open, opened) = &*self.is_open;
        let guard = is_open.lock().unwrap_or_else(|held| held.into_inner());
        drop(
            opened
                .wait_while(guard, |is_open| !*is_open)
                .unwrap_or_else(|held| held.into_inner()),
        );
    }
}
