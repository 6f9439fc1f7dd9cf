//! Counts go on where the last run stopped, for the code they were made with.

use super::{Counts, code_identity, counts_path};
use crate::tree::Tree;

/// Returns a path of its own under the system's folder for passing files.
fn scratch(name: &str) -> std::path::PathBuf {
    let process = std::process::id();
    std::env::temp_dir().join(format!("matchgate-xtask-{process}-{name}/long/crash.json"))
}

fn remove(path: &std::path::Path) {
    let folder = path.parent().and_then(|long| long.parent()).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn saved_counts_are_loaded_again_for_the_same_code() {
    let path = scratch("same");
    let mut counts = Counts::load(&path, "a".to_owned()).unwrap();
    assert_eq!(counts.next_seed(), counts.seed_first);
    counts.done = 700;
    counts.save(&path).unwrap();
    assert_eq!(Counts::load(&path, "a".to_owned()).unwrap(), counts);
    remove(&path);
}

#[test]
fn counts_of_other_code_do_not_carry_over() {
    let path = scratch("other");
    let mut counts = Counts::new("a".to_owned());
    counts.done = 700;
    counts.save(&path).unwrap();
    let other = Counts::load(&path, "b".to_owned()).unwrap();
    assert_eq!((other.done, other.code.as_str()), (0, "b"));
    remove(&path);
}

#[test]
fn damaged_counts_are_an_error_that_names_the_file() {
    let path = scratch("damaged");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "{").unwrap();
    let error = Counts::load(&path, "a".to_owned()).unwrap_err();
    assert!(error.to_string().contains("crash.json"));
    remove(&path);
}

#[test]
fn no_two_chunks_have_the_same_seed() {
    let mut counts = Counts::new("a".to_owned());
    let seeds: Vec<u64> = (0..4).map(|_| counts.next_seed()).collect();
    let first = counts.seed_first;
    assert_eq!(seeds, [first, first + 1, first + 2, first + 3]);
}

#[test]
fn identity_follows_the_tested_code_and_nothing_else() {
    let code = ("engine/core/src/lib.rs", "one");
    let before = code_identity(&Tree::of(&[code]));
    assert_eq!(
        before,
        code_identity(&Tree::of(&[code, ("README.md", "text")]))
    );
    assert_ne!(
        before,
        code_identity(&Tree::of(&[("engine/core/src/lib.rs", "two")]))
    );
    assert_ne!(
        before,
        code_identity(&Tree::of(&[("engine/core/src/lab.rs", "one")]))
    );
}

#[test]
fn counts_lie_under_target() {
    let path = counts_path(std::path::Path::new("/r"), "crash");
    assert_eq!(path, std::path::Path::new("/r/target/long/crash.json"));
}
