//! Where the recorded sessions are, and what a plain price-time book made of them.

use std::path::PathBuf;

use serde_json::Value;

/// Returns the path of a recorded session; says so and returns `None` where there is no data.
pub(crate) fn recorded(file_name: &str) -> Option<PathBuf> {
    let path = folder().join(file_name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no recorded data ({})", path.display());
    None
}

/// Returns what is expected of a recorded session.
pub(crate) fn expected(file_name: &str) -> Value {
    let text = std::fs::read(folder().join("expected.json")).expect("expected.json is readable");
    let all: Value = serde_json::from_slice(&text).expect("expected.json is JSON");
    all[file_name].clone()
}

fn folder() -> PathBuf {
    std::env::var_os("MATCHGATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    )
}
