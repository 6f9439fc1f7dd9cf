//! The published protocols: messages, their encodings, and the documents that specify them.

pub mod message;
