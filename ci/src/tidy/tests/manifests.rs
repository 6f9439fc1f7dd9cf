//! Shared lints, and a list of dependencies that is complete.

use super::shown;
use crate::tidy::graph::Graph;
use crate::tidy::manifests::{check_dependency_list, check_lints};
use crate::tree::Tree;

#[test]
fn crate_without_the_shared_lints_is_found() {
    let tree = Tree::of(&[
        (
            "a/Cargo.toml",
            "[package]\nname = \"a\"\n[lints]\nworkspace = true\n",
        ),
        ("b/Cargo.toml", "[package]\nname = \"b\"\n"),
        (
            "c/Cargo.toml",
            "[package]\n[lints]\n[dependencies]\nworkspace = true\n",
        ),
        ("d/Cargo.toml", "[workspace]\n[package]\n"),
        ("Cargo.toml", "[workspace]\n"),
    ]);
    assert_eq!(
        shown(&check_lints(&tree)),
        [
            "b/Cargo.toml: add [lints] workspace = true",
            "c/Cargo.toml: add [lints] workspace = true",
        ]
    );
}

fn graph() -> Graph {
    Graph::of(&[
        ("matchgate-net", "matchgate-core", None),
        ("matchgate-net", "io-uring", None),
        ("matchgate-net", "tempfile", Some("dev")),
    ])
}

#[test]
fn unnamed_dependency_is_found() {
    let text =
        "# A\nio-uring\n## Dependencies\n- `tempfile`: tests.\n### Of tools\n## After\nio-uring\n";
    let found = shown(&check_dependency_list(
        &Tree::of(&[("ARCHITECTURE.md", text)]),
        &graph(),
    ));
    assert_eq!(
        found,
        ["ARCHITECTURE.md: its Dependencies do not name io-uring, which matchgate-net uses"]
    );
}

#[test]
fn part_of_a_longer_name_names_nothing() {
    let text = "## 9. Dependencies\n`io-uring-extra`, tempfile.\n";
    let found = check_dependency_list(&Tree::of(&[("ARCHITECTURE.md", text)]), &graph());
    assert_eq!(found.len(), 1);
}

#[test]
fn complete_list_has_no_finding() {
    let text = "# A\n## Dependencies\n| `io-uring` | sockets |\n### Tests\n`tempfile`.\n";
    let found = check_dependency_list(&Tree::of(&[("ARCHITECTURE.md", text)]), &graph());
    assert_eq!(shown(&found), [""; 0]);
}

#[test]
fn missing_page_or_section_is_found() {
    let missing = shown(&check_dependency_list(&Tree::default(), &graph()));
    assert_eq!(
        missing,
        ["ARCHITECTURE.md: missing: it lists every dependency, with the reason for each"]
    );
    let tree = Tree::of(&[("ARCHITECTURE.md", "# A\nNo dependencies section.\n")]);
    let found = shown(&check_dependency_list(&tree, &graph()));
    assert_eq!(
        found,
        ["ARCHITECTURE.md: has no section headed Dependencies"]
    );
}
