//! Length, first sentence, unfinished and unsafe code of Rust files.

use super::shown;
use crate::tidy::sources::{
    check_forbid_unsafe, check_head, check_length, check_unfinished, check_unsafe,
};
use crate::tree::Tree;

#[test]
fn file_over_900_lines_is_found() {
    let (fits, long) = ("x\n".repeat(900), "x\n".repeat(901));
    let tree = Tree::of(&[
        ("a.rs", &fits),
        ("b.rs", &long),
        ("c_capnp.rs", &long),
        ("d.md", &long),
    ]);
    assert_eq!(
        shown(&check_length(&tree)),
        ["b.rs: 901 lines; at most 900"]
    );
}

#[test]
fn unwritten_code_is_found() {
    let source = "//! A.\nfn a() { todo!() }\nfn b() { unimplemented ! (\"later\") }\n";
    let found = shown(&check_unfinished(&Tree::of(&[("a.rs", source)])));
    assert_eq!(
        found,
        [
            "a.rs:2: todo macro: write it, or refuse with a typed error",
            "a.rs:3: unimplemented macro: write it, or refuse with a typed error",
        ]
    );
}

#[test]
fn ignored_tests_and_examples_are_found() {
    // Put together here, so that this file does not hold such an example itself.
    let example = ["/// ```", "ignore"].concat();
    let source = format!("#[ignore]\n#[ignore = \"slow\"]\n#[cfg_attr(miri, ignore)]\n{example}");
    let lines: Vec<usize> = check_unfinished(&Tree::of(&[("a.rs", &source)]))
        .iter()
        .map(|found| found.line)
        .collect();
    assert_eq!(lines, [1, 2, 3, 4]);
}

#[test]
fn prose_about_unwritten_code_is_no_finding() {
    let source = "// todo!() is refused\nlet text = \"#[ignore] todo!()\";\nnot_todo!();\n";
    assert_eq!(
        shown(&check_unfinished(&Tree::of(&[("a.rs", source)]))),
        [""; 0]
    );
}

#[test]
fn file_without_a_first_sentence_is_found() {
    let message = "begin with `//!` and a sentence that ends in a full stop";
    for bad in [
        "",
        "fn a() {}\n",
        "//! No stop\nfn a() {}\n",
        "//!\n//! Late.\n",
        "// Plain.\n",
    ] {
        let found = shown(&check_head(&Tree::of(&[("a.rs", bad)])));
        assert_eq!(found, [format!("a.rs:1: {message}")], "{bad:?}");
    }
    for good in [
        "//! One job.\n",
        "//! One job\n//! in two lines.\n\n",
        "//! A job. A table:\n",
    ] {
        assert_eq!(
            shown(&check_head(&Tree::of(&[("a.rs", good)]))),
            [""; 0],
            "{good:?}"
        );
    }
}

#[test]
fn unsafe_code_is_found_outside_its_files() {
    let source = "fn a() {\n    unsafe { b() }\n}\n";
    let tree = Tree::of(&[
        ("engine/core/src/book.rs", source),
        ("engine/runtime/src/sys/mod.rs", source),
        ("engine/journal/src/sys.rs", source),
        ("gateway/net/src/ring/mod.rs", source),
        ("gateway/net/src/ring_buffers.rs", source),
        ("gateway/net/src/reactor.rs", source),
    ]);
    assert_eq!(
        shown(&check_unsafe(&tree)),
        [
            "engine/core/src/book.rs:2: unsafe is not open in this file",
            "gateway/net/src/reactor.rs:2: unsafe is not open in this file",
        ]
    );
}

#[test]
fn only_a_test_may_count_allocations_unsafely() {
    let source = "unsafe impl GlobalAlloc for Counting {}\n";
    let tree = Tree::of(&[
        ("engine/core/tests/steady.rs", source),
        ("engine/core/src/a.rs", source),
    ]);
    assert_eq!(
        shown(&check_unsafe(&tree)),
        ["engine/core/src/a.rs:1: unsafe is not open in this file"]
    );
}

#[test]
fn word_unsafe_in_prose_and_in_names_is_no_finding() {
    let source = "#![deny(unsafe_code)] // unsafe\nlet a = \"unsafe\";\n";
    assert_eq!(
        shown(&check_unsafe(&Tree::of(&[("a.rs", source)]))),
        [""; 0]
    );
}

#[test]
fn crate_root_that_leaves_unsafe_possible_is_found() {
    let tree = Tree::of(&[
        (
            "engine/core/src/lib.rs",
            "//! A.\n// #![forbid(unsafe_code)]\n",
        ),
        ("schema/src/lib.rs", "//! A.\n#![forbid(unsafe_code)]\n"),
        ("gateway/net/src/lib.rs", "//! A.\n"),
        ("gateway/server/src/main.rs", "//! A.\n"),
    ]);
    assert_eq!(
        shown(&check_forbid_unsafe(&tree)),
        [
            "engine/core/src/lib.rs: this crate root needs #![forbid(unsafe_code)]",
            "gateway/server/src/main.rs: this crate root needs #![forbid(unsafe_code)]",
        ]
    );
}
