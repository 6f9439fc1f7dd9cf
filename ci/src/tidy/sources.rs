//! Rules for Rust files: their length, their first sentence, unfinished code, unsafe code.

use super::code::code_only;
use super::{Finding, in_folder, is_generated};
use crate::tree::Tree;

const LINES_MAX: usize = 900;

/// The crates that may open unsafe code in the files below; no other crate root may.
const UNSAFE_CRATES: [&str; 4] = [
    "engine/journal/",
    "engine/ring/",
    "engine/runtime/",
    "gateway/net/",
];

/// Returns every Rust file that a person wrote.
fn written(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.texts(".rs").filter(|(path, _)| !is_generated(path))
}

/// Finds files that are too long to hold one idea.
pub(super) fn check_length(tree: &Tree) -> Vec<Finding> {
    written(tree)
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|&(_, lines)| lines > LINES_MAX)
        .map(|(path, lines)| Finding::of_file(path, format!("{lines} lines; at most {LINES_MAX}")))
        .collect()
}

/// Finds code that is not written yet and tests that do not run.
pub(super) fn check_unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in written(tree) {
        let code = code_only(text);
        for (index, (line, raw)) in code.lines().zip(text.lines()).enumerate() {
            if let Some(what) = unfinished(line, raw) {
                findings.push(Finding::of_line(path, index + 1, what));
            }
        }
    }
    findings
}

fn unfinished(code: &str, raw: &str) -> Option<String> {
    let dense: String = code.split_whitespace().collect();
    for name in ["todo", "unimplemented"] {
        if words_before(&dense, '!').any(|word| word == name) {
            return Some(format!(
                "{name} macro: write it, or refuse with a typed error"
            ));
        }
    }
    let attribute =
        dense.contains("#[ignore") || dense.contains("cfg_attr(") && dense.contains(",ignore");
    let example = raw.trim_start().starts_with("//") && raw.contains("```ignore");
    (attribute || example).then(|| "an ignored test proves nothing: run it or remove it".to_owned())
}

/// Returns the words of `code` that stand right before `mark`.
fn words_before(code: &str, mark: char) -> impl Iterator<Item = &str> {
    let is_word = |each: char| each.is_alphanumeric() || each == '_';
    code.match_indices(mark).map(move |(at, _)| {
        let before = &code[..at];
        &before[before.trim_end_matches(is_word).len()..]
    })
}

/// Finds files that do not begin by saying, in a sentence, what they are for.
pub(super) fn check_head(tree: &Tree) -> Vec<Finding> {
    written(tree)
        .filter(|(_, text)| !begins_with_sentence(text))
        .map(|(path, _)| {
            Finding::of_line(
                path,
                1,
                "begin with `//!` and a sentence that ends in a full stop",
            )
        })
        .collect()
}

fn begins_with_sentence(text: &str) -> bool {
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = paragraph.join(" ");
    paragraph.ends_with('.') || paragraph.contains(". ")
}

/// Finds unsafe code outside the files that are open for it.
pub(super) fn check_unsafe(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in written(tree) {
        let code = code_only(text);
        if may_be_unsafe(path, &code) {
            continue;
        }
        for (index, line) in code.lines().enumerate() {
            let mut words = line.split(|each: char| !each.is_alphanumeric() && each != '_');
            if words.any(|word| word == "unsafe") {
                findings.push(Finding::of_line(
                    path,
                    index + 1,
                    "unsafe is not open in this file",
                ));
            }
        }
    }
    findings
}

fn may_be_unsafe(path: &str, code: &str) -> bool {
    let counting_allocator = in_folder(path, "tests") && code.contains("GlobalAlloc");
    path.starts_with("gateway/net/src/ring")
        || path.starts_with("engine/ring/src/ring/")
        || path.starts_with("engine/runtime/src/sys/")
        || path == "engine/journal/src/sys.rs"
        || counting_allocator
}

/// Finds crate roots that leave unsafe code possible without need.
pub(super) fn check_forbid_unsafe(tree: &Tree) -> Vec<Finding> {
    let is_root = |path: &str| path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    written(tree)
        .filter(|(path, _)| is_root(path))
        .filter(|(path, _)| !UNSAFE_CRATES.iter().any(|folder| path.starts_with(folder)))
        .filter(|(_, text)| !code_only(text).contains("#![forbid(unsafe_code)]"))
        .map(|(path, _)| Finding::of_file(path, "this crate root needs #![forbid(unsafe_code)]"))
        .collect()
}
