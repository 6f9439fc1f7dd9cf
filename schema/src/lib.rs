//! The published protocols: messages, their encodings, and the documents that specify them.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::as_conversions)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "a test that indexes out of bounds fails, which is its purpose"
    )
)]

pub mod capnp;
pub mod message;

#[cfg(test)]
mod tests;
