//! Order flow for books: made from a seed, in plain integers, with the answers a book owes.
//!
//! A workload is a vector that exists before any clock runs. [`meb`] makes the messages of a
//! public benchmark whose answers have published hashes; the other modules make [`Operation`]s.
//! [`report`] is what a book answers, as a record, as text and as a sum; [`naive`] is the slow
//! book that is right. None of it knows an engine: whoever measures one translates.
//!
//! | module | flow |
//! |---|---|
//! | [`meb`] | five scenarios of new, modify and cancel whose answers have a published hash |
//! | [`ec_head`] | exchange-core's generator by the rules of its source |
//! | [`deep`] | a million resting orders: the case that misses every cache |
//! | [`sweep`] | one order that meets 100 to 10,000, and one that cancels them |
//! | [`cross`] | orders only, around one price, as in Liquibook's performance test |
//! | [`many`] | 10,000 symbols of very unequal weight |
#![forbid(unsafe_code)]

pub mod cross;
pub mod deep;
pub mod ec_head;
pub mod file;
mod maker;
pub mod many;
pub mod meb;
pub mod naive;
pub mod operation;
pub mod random;
pub mod report;
pub mod shape;
pub mod sweep;

pub use maker::Workload;
pub use operation::{Operation, OperationKind, Side};
pub use shape::Shape;

#[cfg(test)]
mod tests;
