//! Every stage of continuous integration, as one command.

fn main() {}
