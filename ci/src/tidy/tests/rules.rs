//! Rules and their tests name each other.

use super::shown;
use crate::tidy::rules::check_rules;
use crate::tree::Tree;

const BOOK: &str = "engine/core/RULES.md";
const FILE: &str = "engine/core/tests/rules/price.rs";

/// A rule book with one rule a section, each with a test of its own.
fn book(tests_of_the_first: &str) -> String {
    let mut text = "# Rule book\n\n1. Not a rule.\n".to_owned();
    for section in [
        "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.13",
    ] {
        let tests = match section {
            "4.1" => tests_of_the_first.to_owned(),
            other => format!("   Tests: of_{}\n", other.replace('.', "_")),
        };
        text.push_str(&format!(
            "\n## {section} Title\n\nWords.\n\n1. A rule of two\n   lines.\n{tests}"
        ));
    }
    text.push_str("\n## 5 Something else\n\n1. Needs no test.\n");
    text
}

/// Tests for all sections but the first, and `more`.
fn tests(more: &[&str]) -> String {
    let others = [
        "of_4_2", "of_4_3", "of_4_4", "of_4_5", "of_4_6", "of_4_7", "of_4_8", "of_4_13",
    ];
    let test =
        |name: &&str| format!("#[test]\nfn {name}() {{\n    check(\"fn none() {{}}\");\n}}\n");
    others.iter().chain(more).map(test).collect()
}

fn found(book: &str, tests: &str) -> Vec<String> {
    shown(&check_rules(&Tree::of(&[(BOOK, book), (FILE, tests)])))
}

#[test]
fn rules_that_name_their_tests_are_fine() {
    let book = book("   Tests: better_first, earlier_first,\n   third_of_them\n");
    let tests = tests(&["better_first", "earlier_first", "third_of_them"]);
    assert_eq!(found(&book, &tests), [""; 0]);
}

#[test]
fn rule_without_a_test_is_found() {
    let expected = format!("{BOOK}:9: rule 4.1.1 names no test");
    assert_eq!(found(&book(""), &tests(&[])), [expected]);
}

#[test]
fn test_that_is_not_there_is_found() {
    let book = book("   Tests: better_first, helper\n");
    let tests = tests(&["better_first"]) + "fn helper() {}\n// #[test]\nfn comment() {}\n";
    let expected = format!("{BOOK}:9: rule 4.1.1 names helper, which is not there");
    assert_eq!(found(&book, &tests), [expected]);
}

#[test]
fn test_that_no_rule_names_is_found() {
    let book = book("   Tests: better_first\n");
    let tests = tests(&["better_first"]) + "#[test]\n#[should_panic]\nfn odd_one() {}\n";
    let expected = format!("{FILE}:39: no rule of {BOOK} names odd_one");
    assert_eq!(found(&book, &tests), [expected]);
}

#[test]
fn tests_of_refusals_limits_steps_and_mass_cancels_need_no_rule() {
    let book = book("   Tests: better_first\n");
    let tests = tests(&["better_first"]);
    for (file, count) in [
        ("rejects.rs", 0),
        ("limits.rs", 0),
        ("steps.rs", 0),
        ("mass_cancel.rs", 0),
        ("sub/limits.rs", 1),
        ("other.rs", 1),
    ] {
        let path = format!("engine/core/tests/rules/{file}");
        let tree = Tree::of(&[
            (BOOK, book.as_str()),
            (FILE, tests.as_str()),
            (path.as_str(), "#[test]\nfn more() {}\n"),
            (
                "engine/core/tests/other/main.rs",
                "#[test]\nfn elsewhere() {}\n",
            ),
        ]);
        assert_eq!(check_rules(&tree).len(), count, "{file}");
    }
}

#[test]
fn missing_book_and_empty_section_are_found() {
    let none = shown(&check_rules(&Tree::of(&[(FILE, "")])));
    assert_eq!(none.len(), 1);
    assert!(
        none[0].starts_with("engine/core/RULES.md: missing"),
        "{none:?}"
    );
    let tests = tests(&[]);
    let empty = book("").replace("## 4.1 Title", "## 4.9 Title");
    let expected = format!("{BOOK}: section 4.1 has no numbered rule");
    assert_eq!(found(&empty, &tests), [expected]);
}
