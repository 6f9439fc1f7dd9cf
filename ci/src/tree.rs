//! The files of the repository, as the checks see them: a path, a size, a text.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One file of the repository.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// From the root of the repository, with `/` between folders.
    pub(crate) path: String,
    pub(crate) size_bytes: usize,
    /// `None` when the bytes are not text.
    pub(crate) text: Option<String>,
}

/// All files that are in the repository or would be with the next commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads the files that git tracks in `root`, and the new ones that it does not ignore.
    ///
    /// # Errors
    ///
    /// Returns an error when git cannot list the files or one of them cannot be read.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        for path in list(root)? {
            let full_path = root.join(&path);
            // A tracked file may be deleted and not yet committed; a link is not ours to follow.
            if !full_path
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_file())
            {
                continue;
            }
            let bytes = std::fs::read(&full_path).with_context(|| format!("reading {path}"))?;
            let size_bytes = bytes.len();
            tree.files.push(File {
                path,
                size_bytes,
                text: String::from_utf8(bytes).ok(),
            });
        }
        Ok(tree)
    }

    /// Returns a tree of made-up text files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            size_bytes: text.len(),
            text: Some(text.to_owned()),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    /// Returns all files.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// Returns path and text of every text file whose path ends with `suffix`.
    pub(crate) fn texts(&self, suffix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(suffix))
            .filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    /// Returns the text of the file at `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts(path)
            .find(|(found, _)| *found == path)
            .map(|(_, text)| text)
    }
}

fn list(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        // The owner of a checkout on a shared machine is often somebody else.
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(text
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}
