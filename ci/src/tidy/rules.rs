//! The rule book and its tests: no rule without a test, no test without a rule.
//!
//! It reads the form of `RULES.md`, headings, numbered rules and their `Tests:` lines, and knows
//! nothing of what they say.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::code::code_only;
use crate::tree::Tree;

const RULES: &str = "engine/core/RULES.md";
const TESTS: &str = "engine/core/tests/rules/";

/// Sections whose every rule names its tests.
const SECTIONS: [&str; 9] = [
    "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.13",
];

/// Files of tests of what no single rule says: every refusal, the ends of the number ranges, how
/// a long command goes on, whose orders a mass cancel takes.
const WITHOUT_RULES: [&str; 4] = ["limits.rs", "mass_cancel.rs", "rejects.rs", "steps.rs"];

/// A numbered rule, where it stands, and the tests that it names.
#[derive(Debug)]
struct Rule<'a> {
    number: String,
    line: usize,
    tests: Vec<&'a str>,
}

/// Finds rules that name no test, or one that is not there, and tests that no rule names.
pub(super) fn check_rules(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(RULES) else {
        let message = "missing: it says what a book does with an order, and which tests prove it";
        return vec![Finding::of_file(RULES, message)];
    };
    let rules = rules_of(text);
    let tests = tests_of(tree);
    let mut findings = Vec::new();
    for section in SECTIONS {
        let is_here = |rule: &Rule<'_>| {
            let number = rule.number.rsplit_once('.');
            number.is_some_and(|(of, _)| of == section)
        };
        if !rules.iter().any(is_here) {
            let message = format!("section {section} has no numbered rule");
            findings.push(Finding::of_file(RULES, message));
        }
    }
    for rule in &rules {
        if rule.tests.is_empty() {
            let message = format!("rule {} names no test", rule.number);
            findings.push(Finding::of_line(RULES, rule.line, message));
        }
        for test in rule.tests.iter().filter(|&&test| !tests.contains_key(test)) {
            let message = format!("rule {} names {test}, which is not there", rule.number);
            findings.push(Finding::of_line(RULES, rule.line, message));
        }
    }
    let named: BTreeSet<&str> = rules.iter().flat_map(|rule| &rule.tests).copied().collect();
    for (test, (path, line)) in tests {
        let file = path.strip_prefix(TESTS).unwrap_or(path);
        if !named.contains(test.as_str()) && !WITHOUT_RULES.contains(&file) {
            let message = format!("no rule of {RULES} names {test}");
            findings.push(Finding::of_line(path, line, message));
        }
    }
    findings
}

/// Returns the numbered rules of the sections that have tests.
///
/// A section is headed `## 4.1 Title`, a rule begins with `1. ` at the start of a line, its tests
/// follow an indented `Tests: ` to the end of the rule, commas between them.
fn rules_of(text: &str) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut section = None;
    let mut in_tests = false;
    for (line, text) in (1..).zip(text.lines()) {
        if let Some(heading) = text.strip_prefix("## ") {
            section = heading.split(' ').next();
            in_tests = false;
            continue;
        }
        let Some(section) = section.filter(|section| SECTIONS.contains(section)) else {
            continue;
        };
        if let Some(number) = number_of(text) {
            in_tests = false;
            rules.push(Rule {
                number: format!("{section}.{number}"),
                line,
                tests: Vec::new(),
            });
            continue;
        }
        let names = text.trim().strip_prefix("Tests: ");
        in_tests = (in_tests || names.is_some()) && text.starts_with(' ');
        if in_tests && let Some(rule) = rules.last_mut() {
            let names = names.unwrap_or(text.trim()).split(',').map(str::trim);
            rule.tests.extend(names.filter(|name| !name.is_empty()));
        }
    }
    rules
}

/// Returns the number of the rule that begins in a line.
fn number_of(line: &str) -> Option<&str> {
    let (number, _) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

/// Returns every test of the rule book's test program, with its file and line.
fn tests_of(tree: &Tree) -> BTreeMap<String, (&str, usize)> {
    let mut tests = BTreeMap::new();
    let of_rules = |(path, _): &(&str, &str)| path.starts_with(TESTS);
    for (path, text) in tree.texts(".rs").filter(of_rules) {
        let mut is_test = false;
        for (line, code) in (1..).zip(code_only(text).lines()) {
            let code = code.trim();
            is_test |= code == "#[test]";
            if let Some(rest) = code.strip_prefix("fn ") {
                let name = rest.split('(').next().unwrap_or(rest);
                if is_test {
                    tests.insert(name.to_owned(), (path, line));
                }
                is_test = false;
            }
        }
    }
    tests
}
