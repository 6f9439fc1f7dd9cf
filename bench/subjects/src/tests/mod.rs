//! Tests of the subjects: each does what the naive market does, and what it counts is so.

mod books;
mod flows;
mod peers;
mod runs;
mod shards;
mod splits;
