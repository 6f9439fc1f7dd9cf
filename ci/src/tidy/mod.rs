//! `cargo xtask tidy`: the rules of this repository that no compiler and no lint checks.
//!
//! A check is a function from a tree of files, or from the crate graph, to findings; none reads
//! the disk itself, so each is tested on a tree made up for it.

mod code;
mod files;
mod graph;
mod manifests;
mod rules;
mod sources;

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::tree::Tree;
use graph::Graph;

/// One breach of a rule, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from one; zero when the finding is about the whole file.
    line: usize,
    message: String,
}

impl Finding {
    fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 0,
            message: message.into(),
        }
    }

    fn of_line(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Checks the repository at `root` and prints every finding; returns whether there was none.
///
/// # Errors
///
/// Returns an error when git or cargo cannot list what there is to check.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let tree = Tree::load(root)?;
    let graph = Graph::load(root)?;
    let mut findings = check_all(&tree, &graph);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let (files, crates) = (tree.files().len(), graph.crates().len());
    println!(
        "tidy: {files} files, {crates} crates, {} findings",
        findings.len()
    );
    Ok(findings.is_empty())
}

fn check_all(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    [
        files::check_size(tree),
        files::check_recorded_data(tree),
        files::check_words(tree),
        sources::check_length(tree),
        sources::check_unfinished(tree),
        sources::check_head(tree),
        sources::check_unsafe(tree),
        sources::check_forbid_unsafe(tree),
        manifests::check_lints(tree),
        manifests::check_dependency_list(tree, graph),
        graph::check_edges(graph),
        rules::check_rules(tree),
    ]
    .concat()
}

/// Returns whether a tool wrote `path`: such a file answers to its generator, not to style.
fn is_generated(path: &str) -> bool {
    path.ends_with("_capnp.rs")
}

/// Returns whether `path` lies in a folder named `name`.
fn in_folder(path: &str, name: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(folder, _)| folder.split('/').any(|part| part == name))
}

#[cfg(test)]
mod tests;
