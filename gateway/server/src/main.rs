//! The `matchgate` binary.

fn main() {}
