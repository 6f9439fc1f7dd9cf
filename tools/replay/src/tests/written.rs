//! Recordings written for a test, line by line.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What the files of a written recording are called before `message` and `orderbook`.
pub(crate) const STEM: &str = "XYZ_2020-01-02_34200000_57600000";

/// A folder that holds one recording and goes when it is dropped.
pub(crate) struct Written {
    folder: TempDir,
    messages: String,
    alone: bool,
}

impl Written {
    /// Writes a message file and, where `rows` is not empty, its order book of `levels` levels.
    pub(crate) fn new(messages: &[&str], rows: &[&str], levels: usize) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let written = Self {
            folder,
            messages: format!("{STEM}_message_{levels}.csv"),
            alone: rows.is_empty(),
        };
        written.write(&written.messages, messages);
        if !rows.is_empty() {
            written.write(&format!("{STEM}_orderbook_{levels}.csv"), rows);
        }
        written
    }

    /// Writes one more file of lines.
    pub(crate) fn write(&self, file_name: &str, lines: &[&str]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.file(file_name), text).expect("a file is written");
    }

    /// Returns what to open: the folder, or the message file where there is no order book.
    pub(crate) fn path(&self) -> PathBuf {
        if self.alone {
            return self.file(&self.messages);
        }
        self.folder.path().to_owned()
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in it.
    pub(crate) fn file(&self, file_name: &str) -> PathBuf {
        self.folder.path().join(file_name)
    }
}
