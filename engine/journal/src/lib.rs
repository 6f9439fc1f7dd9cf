//! The journal: records, staging log, segments, writer, reader, recovery. Knows only bytes.
//!
//! A stream's owner appends records to a *staging log* in shared memory, which survives the death
//! of the process; a writer thread moves them to *segments* and syncs them, which survives a loss
//! of power. Opening a data directory and its streams again puts everything back together.
//!
//! | file | format |
//! |---|---|
//! | `LOCK` | empty; locked while a process has the directory open |
//! | `meta.toml` | [`Meta`] |
//! | `shard-K/`, `gateway-K/`, `control/` | one folder a stream, of segments `{first sequence}.mgj` |
//! | `/dev/shm/matchgate-{uuid}/{stream}.staging` | the stream's staging log |
//!
//! The byte layouts stand in the private modules `record`, `staging` and `segment`, and in
//! schema/docs/journal.md.
#![deny(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    clippy::as_conversions
)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, clippy::as_conversions, reason = "tests")
)]

mod build_id;
mod bytes;
mod checksum;
mod copy;
mod directory;
mod error;
pub mod planted;
mod record;
mod recovery;
mod schema_hash;
mod segment;
mod staging;
mod storage;
mod stream;
mod sys;
mod writer;

pub use build_id::build_id;
pub use checksum::crc32c;
pub use copy::{CopiedStream, copy_directory};
pub use directory::meta::{DIRECTORY_FORMAT, Meta, StreamMeta};
pub use directory::{DataDirectory, Layout, SEGMENT_BYTES_MIN, StartKind};
pub use error::{DamageReason, DirectoryError, JournalError, Lapped, StagingFull};
pub use record::{
    RECORD_BODY_BYTES_MAX, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, RECORD_KIND_MAX, Record,
    RecordHeader, record_bytes,
};
pub use recovery::{OpenedStream, StreamTail, TornTail, open_stream};
pub use schema_hash::{SchemaHash, Schemas};
pub use segment::reader::SegmentReader;
pub use staging::appender::Appender;
pub use staging::marks::Marks;
pub use staging::reader::StagingReader;
pub use staging::{STAGING_BYTES_MAX, STAGING_BYTES_MIN, StagingOptions};
pub use storage::{
    Fault, Gate, Host, Lock, Loss, Operation, STAGING_ROOT, SimulatedDisk, Storage, StoredFile,
    SystemStorage, read_whole, replace_whole,
};
pub use stream::{StreamId, StreamKind};
pub use writer::{Backend, StreamWriter, Writer, WriterStats};
