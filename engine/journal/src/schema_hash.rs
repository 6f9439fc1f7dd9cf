//! Which layouts the bodies of records have: told apart by a hash of the caller's. Knows no layout.

use std::fmt;

/// A hash of the layouts of all bodies; zeros stand for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchemaHash(pub [u8; 16]);

impl fmt::Display for SchemaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The layouts that a build writes, and those it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schemas {
    /// Of the records it writes.
    pub written: SchemaHash,
    /// Of those that it reads beside its own: an earlier build's.
    pub read: Vec<SchemaHash>,
}

impl Schemas {
    /// Returns whether records of those layouts are read: where either side has none, they are.
    pub(crate) fn reads(&self, found: SchemaHash) -> bool {
        let none = SchemaHash::default();
        found == none || self.written == none || self.written == found || self.read.contains(&found)
    }
}
