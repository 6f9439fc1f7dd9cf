//! Rules for every file, whatever is in it: its size, its kind, the words that mark loose ends.

use super::{Finding, in_folder, is_generated};
use crate::tree::Tree;

const SIZE_BYTES_MAX: usize = 256 * 1024;

/// Recorded market data and archives: large, and no diff shows what changed in them.
const RECORDED_DATA: [&str; 5] = [".csv", ".gz", ".zip", ".zst", ".bin"];

/// Words that promise work instead of doing it; split, so that this file does not hold them.
const LOOSE_ENDS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Finds files over 256 KiB: a repository that stays small is cloned and searched at once.
pub(super) fn check_size(tree: &Tree) -> Vec<Finding> {
    tree.files()
        .iter()
        .filter(|file| file.size_bytes > SIZE_BYTES_MAX && !is_generated(&file.path))
        .map(|file| {
            let message = format!("{} bytes; at most {SIZE_BYTES_MAX}", file.size_bytes);
            Finding::of_file(&file.path, message)
        })
        .collect()
}

/// Finds recorded data and archives outside the folders named `golden`.
pub(super) fn check_recorded_data(tree: &Tree) -> Vec<Finding> {
    tree.files()
        .iter()
        .filter(|file| {
            RECORDED_DATA
                .iter()
                .any(|ending| file.path.ends_with(ending))
        })
        .filter(|file| !in_folder(&file.path, "golden"))
        .map(|file| Finding::of_file(&file.path, "data belongs in a folder named golden"))
        .collect()
}

/// Finds words that mark unfinished work, in any text.
pub(super) fn check_words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree
        .texts("")
        .filter(|(path, _)| !in_folder(path, "golden"))
    {
        for (index, line) in text.lines().enumerate() {
            let words = line.split(|each: char| !each.is_alphanumeric() && each != '_');
            if let Some(word) = words.into_iter().find(|word| LOOSE_ENDS.contains(word)) {
                let message = format!("{word}: finish it, or write down why it is so");
                findings.push(Finding::of_line(path, index + 1, message));
            }
        }
    }
    findings
}
