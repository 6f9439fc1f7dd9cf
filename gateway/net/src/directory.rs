//! The directory: which session a key opens, and on which gateway that session lives.
//!
//! Read by the acceptor, replaced as a whole from outside. Hot cores never read it.

use std::sync::{Arc, Mutex, PoisonError};

use matchgate_core::domain::{GatewayId, Name, SessionId};

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The key, unique.
    pub key: Name,
    /// The session that it opens.
    pub session: SessionId,
    /// Home of the session's firm.
    pub gateway: GatewayId,
}

/// Two sessions have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sessions {first} and {second} have the same key")]
pub struct DuplicateKey {
    /// One session.
    pub first: SessionId,
    /// The other.
    pub second: SessionId,
}

/// All keys, sorted. Clones are the same directory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    entries: Arc<Mutex<Arc<[DirectoryEntry]>>>,
}

impl Directory {
    /// Returns the directory of `entries`.
    ///
    /// # Errors
    ///
    /// Returns [`DuplicateKey`].
    pub fn new(entries: Vec<DirectoryEntry>) -> Result<Self, DuplicateKey> {
        let entries = Arc::new(Mutex::new(sorted(entries)?));
        Ok(Self { entries })
    }

    /// Puts `entries` in place of all that there were, for every clone.
    ///
    /// # Errors
    ///
    /// Returns [`DuplicateKey`]; the directory is as before then.
    pub fn replace(&self, entries: Vec<DirectoryEntry>) -> Result<(), DuplicateKey> {
        let entries = sorted(entries)?;
        *self.entries.lock().unwrap_or_else(PoisonError::into_inner) = entries;
        Ok(())
    }

    /// Returns the session of `key`, if there is one. Takes a lock: for cold cores only.
    #[must_use]
    pub fn find(&self, key: &Name) -> Option<DirectoryEntry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place = entries.binary_search_by(|entry| entry.key.cmp(key)).ok()?;
        entries.get(place).copied()
    }
}

fn sorted(mut entries: Vec<DirectoryEntry>) -> Result<Arc<[DirectoryEntry]>, DuplicateKey> {
    entries.sort_by_key(|entry| entry.key);
    for (first, second) in entries.iter().zip(entries.iter().skip(1)) {
        if first.key == second.key {
            return Err(DuplicateKey {
                first: first.session,
                second: second.session,
            });
        }
    }
    Ok(entries.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, session: u32) -> DirectoryEntry {
        DirectoryEntry {
            key: Name::new(key.as_bytes()).unwrap(),
            session: SessionId(session),
            gateway: GatewayId(0),
        }
    }

    #[test]
    fn key_finds_its_session_after_every_replacement() {
        let directory = Directory::new(vec![entry("beta", 1), entry("alpha", 2)]).unwrap();
        let clone = directory.clone();
        assert_eq!(clone.find(&entry("beta", 0).key), Some(entry("beta", 1)));
        assert_eq!(clone.find(&entry("gamma", 0).key), None);
        directory.replace(vec![entry("gamma", 3)]).unwrap();
        assert_eq!(clone.find(&entry("gamma", 0).key), Some(entry("gamma", 3)));
        assert_eq!(clone.find(&entry("beta", 0).key), None);
    }

    #[test]
    fn one_key_opens_one_session() {
        let duplicate = DuplicateKey {
            first: SessionId(1),
            second: SessionId(2),
        };
        let wrong = vec![entry("alpha", 1), entry("alpha", 2)];
        assert_eq!(Directory::new(wrong.clone()).unwrap_err(), duplicate);
        let directory = Directory::new(vec![entry("beta", 3)]).unwrap();
        assert_eq!(directory.replace(wrong), Err(duplicate));
        assert!(directory.find(&entry("beta", 0).key).is_some());
    }
}
