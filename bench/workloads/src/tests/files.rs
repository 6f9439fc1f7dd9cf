//! What is written to a file is read from it.

use std::path::Path;

use crate::{cross, ec_head, file};

#[test]
fn operations_come_back_from_a_file_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some operations");
    let workload = ec_head::generate(1, 100, 5_000);
    file::write(&path, &workload.before, &workload.timed).unwrap();
    let (before, timed) = file::read(&path).unwrap();
    assert!(before == workload.before && timed == workload.timed);
}

#[test]
fn what_is_no_file_of_operations_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken");
    file::write(&path, &[], &cross::generate(1, 3).timed).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let is_refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        file::read(&path).is_err()
    };
    assert!(is_refused(&[]));
    assert!(is_refused(&whole[..whole.len() - 1]));
    // First the magic, then a count, then the kind of the first operation.
    for at in [0, 16, 24 + 28] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x7f;
        assert!(is_refused(&bytes), "byte {at}");
    }
    assert!(!is_refused(&whole));
    assert!(file::read(Path::new("/nowhere/at/all")).is_err());
}
