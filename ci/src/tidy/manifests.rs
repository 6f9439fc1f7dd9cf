//! Rules for manifests: shared lints, and no dependency that nobody can explain.

use super::Finding;
use super::graph::Graph;
use crate::tree::Tree;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Finds crates that do not take the lints of the workspace.
pub(super) fn check_lints(tree: &Tree) -> Vec<Finding> {
    tree.texts("/Cargo.toml")
        // A manifest with a workspace of its own is not a member of ours.
        .filter(|(_, text)| has_table(text, "[package]") && !has_table(text, "[workspace]"))
        .filter(|(_, text)| !inherits_lints(text))
        .map(|(path, _)| Finding::of_file(path, "add [lints] workspace = true"))
        .collect()
}

fn has_table(manifest: &str, header: &str) -> bool {
    manifest.lines().any(|line| line.trim() == header)
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(|line| line.split_whitespace().collect::<String>());
    lines.any(|line| line == "[lints]")
        && lines
            .take_while(|line| !line.starts_with('['))
            .any(|line| line == "workspace=true")
}

/// Finds direct dependencies that the dependency section of ARCHITECTURE.md does not name.
///
/// The section is the one whose heading has the word "dependencies"; it ends at the next heading
/// of the same or a higher level.
pub(super) fn check_dependency_list(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let Some(text) = tree.text(ARCHITECTURE) else {
        let message = "missing: it lists every dependency, with the reason for each";
        return vec![Finding::of_file(ARCHITECTURE, message)];
    };
    let Some(section) = dependency_section(text) else {
        return vec![Finding::of_file(
            ARCHITECTURE,
            "has no section headed Dependencies",
        )];
    };
    let is_name = |each: char| each.is_alphanumeric() || each == '_' || each == '-';
    let named: Vec<&str> = section.split(|each| !is_name(each)).collect();
    graph
        .external()
        .into_iter()
        .filter(|(dependency, _)| !named.contains(&dependency.as_str()))
        .map(|(dependency, user)| {
            let message = format!("its Dependencies do not name {dependency}, which {user} uses");
            Finding::of_file(ARCHITECTURE, message)
        })
        .collect()
}

fn dependency_section(text: &str) -> Option<String> {
    let level = |line: &str| line.len() - line.trim_start_matches('#').len();
    let is_start =
        |line: &&str| level(line) > 0 && line.to_ascii_lowercase().contains("dependencies");
    let mut lines = text.lines().skip_while(|line| !is_start(line));
    let top = level(lines.next()?);
    let body: Vec<&str> = lines
        .take_while(|line| level(line) == 0 || level(line) > top)
        .collect();
    Some(body.join("\n"))
}
