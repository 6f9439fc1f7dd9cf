//! Size, kind and words of any file.

use super::shown;
use crate::tidy::files::{check_recorded_data, check_size, check_words};
use crate::tree::Tree;

#[test]
fn file_over_256_kib_is_found() {
    let (fits, large) = ("x".repeat(256 * 1024), "x".repeat(256 * 1024 + 1));
    let tree = Tree::of(&[("a.txt", &fits), ("b.txt", &large), ("c_capnp.rs", &large)]);
    assert_eq!(
        shown(&check_size(&tree)),
        ["b.txt: 262145 bytes; at most 262144"]
    );
}

#[test]
fn recorded_data_is_found_outside_golden_folders() {
    let tree = Tree::of(&[
        ("tools/replay/day.csv", ""),
        ("tools/replay/day.csv.gz", ""),
        ("schema/golden/logon.bin", ""),
        ("golden.zip", ""),
        ("src/bin.rs", ""),
    ]);
    let found = shown(&check_recorded_data(&tree));
    let expected = [
        "tools/replay/day.csv",
        "tools/replay/day.csv.gz",
        "golden.zip",
    ]
    .map(|path| format!("{path}: data belongs in a folder named golden"));
    assert_eq!(found, expected);
}

#[test]
fn words_of_unfinished_work_are_found_in_any_text() {
    for word in [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ] {
        let marked = format!("fine\n# {word}: later\n");
        let longer = format!("{word}S and a{word} are other words");
        let tree = Tree::of(&[
            ("a.md", &marked),
            ("b.rs", &longer),
            ("golden/c.txt", &marked),
        ]);
        let expected = format!("a.md:2: {word}: finish it, or write down why it is so");
        assert_eq!(shown(&check_words(&tree)), [expected]);
    }
}
