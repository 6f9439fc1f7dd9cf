//! The bytes of one file: what a reader sees, what is durable, and what lies between.

use super::seed::Chance;
use crate::bytes::{to_u64, to_usize};

/// Bytes that reach the disk together or not at all.
const SECTOR_BYTES: u64 = 512;

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// What makes `seen` of `durable`, in order.
    changes: Vec<Change>,
}

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write { at: u64, bytes: Vec<u8> },
    Length(u64),
}

impl Content {
    /// Returns a file of which `bytes` are durable.
    fn durable(bytes: Vec<u8>) -> Self {
        Self {
            seen: bytes.clone(),
            durable: bytes,
            changes: Vec::new(),
        }
    }

    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn length(&self) -> u64 {
        to_u64(self.seen.len())
    }

    pub(super) fn read(&self, bytes: &mut [u8], offset: u64) -> usize {
        let from = self.seen.get(to_usize(offset)..).unwrap_or_default();
        let count = from.len().min(bytes.len());
        if let (Some(into), Some(from)) = (bytes.get_mut(..count), from.get(..count)) {
            into.copy_from_slice(from);
        }
        count
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) {
        self.change(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
    }

    /// Shows the bytes to readers, and keeps what was there before.
    pub(super) fn forget(&mut self, bytes: &[u8], at: u64) {
        put(&mut self.seen, bytes, at);
        // The file is as long as if they had been written.
        self.changes.push(Change::Length(self.length()));
    }

    pub(super) fn set_length(&mut self, bytes: u64) {
        self.change(Change::Length(bytes));
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change, &mut Chance::Always);
        self.changes.push(change);
    }

    /// Makes all changes durable, or those that `chance` keeps; the others are given up.
    pub(super) fn sync(&mut self, chance: &mut Chance) {
        for change in self.changes.drain(..) {
            apply(&mut self.durable, &change, chance);
        }
    }

    /// Returns what is found after a crash.
    pub(super) fn after_crash(&self, chance: &mut Chance) -> Self {
        let mut durable = self.durable.clone();
        match chance {
            // What a reader sees is more than the changes once a sync has failed.
            Chance::Always => durable.clone_from(&self.seen),
            Chance::Never => {}
            Chance::Drawn(_) => {
                for change in &self.changes {
                    apply(&mut durable, change, chance);
                }
            }
        }
        Self::durable(durable)
    }

    /// Changes what is durable and seen.
    pub(super) fn spoil(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::mem::take(&mut self.seen);
        change(&mut bytes);
        *self = Self::durable(bytes);
    }
}

/// Applies the sectors of a change that `chance` keeps.
fn apply(content: &mut Vec<u8>, change: &Change, chance: &mut Chance) {
    match change {
        Change::Length(bytes) => {
            if chance.keeps() {
                content.resize(to_usize(*bytes), 0);
            }
        }
        Change::Write { at, bytes } => {
            let mut rest = bytes.as_slice();
            let mut at = *at;
            while !rest.is_empty() {
                let to_sector_end = to_usize(SECTOR_BYTES - at % SECTOR_BYTES);
                let (sector, behind) = rest.split_at(to_sector_end.min(rest.len()));
                if chance.keeps() {
                    put(content, sector, at);
                }
                at += to_u64(sector.len());
                rest = behind;
            }
        }
    }
}

fn put(content: &mut Vec<u8>, bytes: &[u8], at: u64) {
    let at = to_usize(at);
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(into) = content.get_mut(at..end) {
        into.copy_from_slice(bytes);
    }
}
