//! Only code is left of a source, and it stays on its line.

use crate::tidy::code::code_only;

fn words(source: &str) -> String {
    code_only(source)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn comments_are_blanked() {
    assert_eq!(words("a // b\nc /* d /* e */ f */ g"), "a c g");
}

#[test]
fn strings_are_blanked_with_their_escapes() {
    assert_eq!(words(r#"a("b \" c", "d\\"); e"#), "a( , ); e");
    assert_eq!(words("a(b\"c\", c\"d\");"), "a(b , c );");
}

#[test]
fn raw_strings_end_at_their_own_hashes() {
    assert_eq!(words("a r#\"b \" c\"# d"), "a r d");
    assert_eq!(words("a br\"b\" c"), "a br c");
    assert_eq!(words("a r\"\\\" b"), "a r b");
}

#[test]
fn raw_identifier_is_code() {
    assert_eq!(words("r#match + 1"), "r#match + 1");
}

#[test]
fn character_literal_is_blanked_and_lifetime_is_code() {
    assert_eq!(
        words("f('\"', '\\'', '\\n', b'x', 'é'); g::<'a>()"),
        "f( , , , b , ); g::<'a>()"
    );
}

#[test]
fn lines_keep_their_numbers() {
    let code = code_only("/* one\ntwo */ a\n\"three\nfour\" b");
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    assert_eq!(lines, ["", "a", "", "b"]);
}

#[test]
fn unfinished_literal_ends_with_the_file() {
    assert_eq!(words("a \"b"), "a");
    assert_eq!(words("a /* b"), "a");
}
