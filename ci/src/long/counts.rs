//! What a long stage has done so far, kept between runs.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::tree::Tree;

/// The folders and files whose content decides what a long stage tests.
const TESTED: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "engine/",
    "gateway/",
    "schema/",
    "tools/",
];

/// The counts of one stage for one state of the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Names the state of the code; see [`code_identity`].
    pub(super) code: String,
    /// The seed of the first chunk; each chunk takes the next.
    pub(super) seed_first: u64,
    /// Chunks begun, whatever became of them.
    pub(super) attempts: u64,
    /// Chunks that passed.
    pub(super) chunks: u64,
    /// Units that the chunks that passed were asked for.
    pub(super) asked: u64,
    /// Units that those chunks said they did: more, when several tests do them.
    pub(super) done: u64,
    /// Time of the chunks that passed, in milliseconds.
    pub(super) elapsed_ms: u64,
    /// Seeds of the chunks that failed.
    pub(super) failed_seeds: Vec<u64>,
}

impl Counts {
    /// Returns counts of nothing, with seeds that no earlier run has had.
    pub(super) fn new(code: String) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            code,
            // Leaves room below 2^64 for every chunk there can be.
            seed_first: since_epoch.as_secs() << 20,
            attempts: 0,
            chunks: 0,
            asked: 0,
            done: 0,
            elapsed_ms: 0,
            failed_seeds: Vec::new(),
        }
    }

    /// Reads the counts at `path`, or begins new ones when there are none for `code`.
    ///
    /// # Errors
    ///
    /// Returns an error when the file is there and is not what a run has left.
    pub(super) fn load(path: &Path, code: String) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::new(code));
        }
        let read = || -> Result<Self> { Ok(serde_json::from_slice(&std::fs::read(path)?)?) };
        let counts = read().with_context(|| format!("reading {}", path.display()))?;
        if counts.code == code {
            return Ok(counts);
        }
        println!("the code has changed since the last run: counting from zero");
        Ok(Self::new(code))
    }

    /// Writes the counts to `path` as a whole or not at all.
    ///
    /// # Errors
    ///
    /// Returns an error when the folder cannot be made or the file not be written.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let unfinished = path.with_extension("json.new");
            std::fs::write(&unfinished, serde_json::to_vec_pretty(self)?)?;
            Ok(std::fs::rename(&unfinished, path)?)
        };
        write().with_context(|| format!("writing {}", path.display()))
    }

    /// Takes the seed of the next chunk.
    pub(super) fn next_seed(&mut self) -> u64 {
        let seed = self.seed_first + self.attempts;
        self.attempts += 1;
        seed
    }
}

/// Returns where the counts of `stage` are kept.
pub(super) fn counts_path(root: &Path, stage: &str) -> PathBuf {
    root.join("target/long").join(format!("{stage}.json"))
}

/// Returns a name for the content of every file that the long stages compile.
///
/// It does not change with a change of pages or of this program.
pub(super) fn code_identity(tree: &Tree) -> String {
    let mut hash = Fnv::new();
    for file in tree.files() {
        if TESTED.iter().any(|prefix| file.path.starts_with(prefix)) {
            hash.update(file.path.as_bytes());
            hash.update(&[0]);
            hash.update(file.text.as_deref().unwrap_or_default().as_bytes());
            hash.update(&[0]);
        }
    }
    format!("{:016x}", hash.0)
}

/// FNV-1a, 64 bits: the same on every machine and in every release of the compiler.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
#[path = "../tests/counts.rs"]
mod tests;
