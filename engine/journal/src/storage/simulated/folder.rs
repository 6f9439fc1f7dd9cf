//! The names in one folder: what a reader sees, what is durable, and what lies between.

use std::collections::BTreeMap;

use super::seed::Chance;

/// One folder; files are numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    /// What makes `seen` of `durable`, in order.
    changes: Vec<Change>,
    /// Whether its own name is durable in the folder above.
    pub(super) is_durable: bool,
}

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Set { name: String, file: usize },
    Rename { from: String, to: String },
    Remove { name: String },
}

impl Folder {
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.seen.get(name).copied()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.seen.keys().cloned().collect()
    }

    /// Returns the files that have a name here.
    pub(super) fn files(&self) -> impl Iterator<Item = usize> + '_ {
        self.seen.values().copied()
    }

    pub(super) fn set(&mut self, name: String, file: usize) {
        self.change(Change::Set { name, file });
    }

    pub(super) fn rename(&mut self, from: String, to: String) {
        self.change(Change::Rename { from, to });
    }

    pub(super) fn remove(&mut self, name: String) {
        self.change(Change::Remove { name });
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change);
        self.changes.push(change);
    }

    /// Makes the changes durable, or those before a point that `chance` draws; the others are
    /// given up.
    pub(super) fn sync(&mut self, chance: &mut Chance) {
        let kept = chance.prefix(self.changes.len());
        for change in self.changes.drain(..).take(kept) {
            apply(&mut self.durable, &change);
        }
    }

    /// Returns what is found after a crash, where the folder itself is.
    pub(super) fn after_crash(&self, chance: &mut Chance) -> Self {
        let names = match chance {
            // What a reader sees is more than the changes once a sync has failed.
            Chance::Always => self.seen.clone(),
            Chance::Never | Chance::Drawn(_) => {
                let mut names = self.durable.clone();
                let kept = chance.prefix(self.changes.len());
                for change in self.changes.iter().take(kept) {
                    apply(&mut names, change);
                }
                names
            }
        };
        Self {
            seen: names.clone(),
            durable: names,
            changes: Vec::new(),
            is_durable: true,
        }
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &Change) {
    match change {
        Change::Set { name, file } => {
            names.insert(name.clone(), *file);
        }
        Change::Rename { from, to } => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        Change::Remove { name } => {
            names.remove(name);
        }
    }
}
