//! A data directory of its own for each test, and the two ends of a stream.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use matchgate_journal::{
    Appender, Backend, DataDirectory, DirectoryError, JournalError, Layout, Marks, OpenedStream,
    STAGING_ROOT, SchemaHash, Schemas, SegmentReader, StagingOptions, StreamId, StreamWriter,
    Writer, WriterStats, open_stream,
};

/// Bytes of a segment in tests: the smallest.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024;
/// Bytes of a staging log in tests: the smallest.
pub(crate) const STAGING_BYTES: u64 = 128 * 1024;
/// Both backends.
pub(crate) const BACKENDS: [Backend; 2] = [Backend::Plain, Backend::Glommio];
/// The stream that most tests use.
pub(crate) const STREAM: StreamId = StreamId::shard(0);

/// A folder with a data directory, and a staging root in shared memory.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    staging: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            staging: tempfile::tempdir_in(STAGING_ROOT).expect("a folder in shared memory"),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn staging_root(&self) -> PathBuf {
        self.staging.path().to_path_buf()
    }

    pub(crate) fn try_open(&self, layout: &Layout) -> Result<DataDirectory, DirectoryError> {
        DataDirectory::open_or_create_in(&self.data(), layout, &self.staging_root())
    }

    pub(crate) fn open(&self) -> DataDirectory {
        self.try_open(&layout()).expect("the directory opens")
    }

    /// The one staging folder there is.
    pub(crate) fn staging_folder(&self) -> PathBuf {
        let mut entries = std::fs::read_dir(self.staging_root()).expect("the staging root");
        entries
            .next()
            .expect("a staging folder")
            .expect("an entry")
            .path()
    }

    pub(crate) fn staging_file(&self) -> PathBuf {
        self.staging_folder().join(format!("{STREAM}.staging"))
    }

    /// Runs a process that appends through `last` and stops cleanly.
    pub(crate) fn run_clean(&self, last: u64) {
        let directory = self.open();
        let mut opened = stream(&directory);
        append_through(&mut opened.appender, last);
        drain(opened.writer_half, Backend::Plain);
        directory.finish_clean().expect("drained");
    }

    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let folder = self.data().join(STREAM.to_string());
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("the stream's folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
    }

    /// Makes the next start look like one after a loss of power.
    pub(crate) fn change_boot_id(&self) {
        let path = self.data().join("meta.toml");
        let text = std::fs::read_to_string(&path).expect("meta.toml");
        let old = DataDirectory::read_meta(&self.data())
            .expect("readable")
            .expect("present")
            .boot_id
            .to_string();
        let new = "00000000-0000-4000-8000-000000000000";
        std::fs::write(&path, text.replace(&old, new)).expect("meta.toml written");
    }
}

pub(crate) fn layout() -> Layout {
    Layout {
        shards: 2,
        gateways: 1,
        fixed: BTreeMap::from([("orders".to_string(), 1000)]),
        configuration_hash: [7; 16],
        schemas: Schemas {
            written: SchemaHash([5; 16]),
            read: vec![SchemaHash([4; 16])],
        },
        segment_bytes: SEGMENT_BYTES,
    }
}

pub(crate) fn try_stream(directory: &DataDirectory) -> Result<OpenedStream, JournalError> {
    open_stream(directory, STREAM, options())
}

pub(crate) fn stream(directory: &DataDirectory) -> OpenedStream {
    try_stream(directory).expect("the stream opens")
}

/// The body that record `sequence` has in tests: of varying length, telling its number.
pub(crate) fn body(sequence: u64) -> Vec<u8> {
    let length = usize::try_from(sequence * 37 % 211).expect("small");
    let mut body = sequence.to_le_bytes().to_vec();
    body.extend((0..length).map(|at| u8::try_from((at + length) % 251).expect("below 251")));
    body
}

/// The time that record `sequence` has in tests.
pub(crate) fn time_ns(sequence: u64) -> u64 {
    sequence * 1000 + 7
}

/// Appends records until `last` has been, with bodies by [`body`].
pub(crate) fn append_through(appender: &mut Appender, last: u64) {
    while appender.next_sequence() <= last {
        let sequence = appender.next_sequence();
        let body = body(sequence);
        let (left, right) = body.split_at(body.len() / 3);
        let appended = appender.append(3, time_ns(sequence), &[left, right]);
        assert_eq!(appended, Ok(sequence));
    }
}

/// Appends records until `last` has been, waiting for room where a writer runs.
pub(crate) fn append_waiting(appender: &mut Appender, last: u64) {
    let marks = appender.marks();
    while appender.next_sequence() <= last {
        let sequence = appender.next_sequence();
        let body = body(sequence);
        while !appender.has_room(matchgate_journal::record_bytes(body.len())) {
            assert!(!marks.failed(), "the writer failed");
            std::thread::yield_now();
        }
        let appended = appender.append(3, time_ns(sequence), &[&body]);
        assert_eq!(appended, Ok(sequence));
    }
}

/// Moves all that waits to segments, on this thread.
pub(crate) fn drain(half: StreamWriter, backend: Backend) -> WriterStats {
    let writer = Writer::new(vec![half], backend, SEGMENT_BYTES).expect("bounds");
    writer
        .run(&AtomicBool::new(true))
        .expect("the writer drains")
}

/// A writer on a thread of its own.
pub(crate) struct RunningWriter {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<WriterStats, JournalError>>,
}

impl RunningWriter {
    pub(crate) fn start(halves: Vec<StreamWriter>, backend: Backend) -> Self {
        Self::start_with(halves, backend, SEGMENT_BYTES)
    }

    /// Starts one that writes segments of `segment_bytes`.
    pub(crate) fn start_with(
        halves: Vec<StreamWriter>,
        backend: Backend,
        segment_bytes: u64,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = Writer::new(halves, backend, segment_bytes).expect("bounds");
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || writer.run(&seen));
        Self { stop, thread }
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    pub(crate) fn stop(self) -> Result<WriterStats, JournalError> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().expect("the writer does not panic")
    }

    pub(crate) fn join(self) -> Result<WriterStats, JournalError> {
        self.thread.join().expect("the writer does not panic")
    }
}

/// Waits until everything appended is synced.
pub(crate) fn wait_synced(marks: &Marks) {
    marks.request_sync(marks.written());
    while marks.synced() < marks.written() {
        assert!(!marks.failed(), "the writer failed");
        std::thread::yield_now();
    }
}

/// Reads all records of a stream that nobody writes; checks that each is what was appended, and
/// returns their sequences.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<u64>, JournalError> {
    let mut reader = SegmentReader::open(folder, 1)?;
    let mut sequences = Vec::new();
    while let Some(record) = reader.next_record(u64::MAX)? {
        let sequence = record.header.sequence;
        assert_eq!(record.body, body(sequence), "body of {sequence}");
        assert_eq!(record.header.time_ns, time_ns(sequence));
        assert_eq!(record.header.kind, 3);
        sequences.push(sequence);
    }
    Ok(sequences)
}

pub(crate) fn shard_folder(home: &Home) -> PathBuf {
    home.data().join(STREAM.to_string())
}

/// All sequences up to `last`.
pub(crate) fn through(last: u64) -> Vec<u64> {
    (1..=last).collect()
}

/// Bytes that record `sequence` takes.
pub(crate) fn record_length(sequence: u64) -> usize {
    matchgate_journal::record_bytes(body(sequence).len())
}

/// The path of the first segment of the test's stream.
pub(crate) fn segment_one(home: &Home) -> PathBuf {
    shard_folder(home).join("00000000000000000001.mgj")
}

/// Bytes from a segment's start to the end of record `sequence`.
pub(crate) fn end_of_records(segment: &Path, sequence: u64) -> usize {
    end_of_records_in(&std::fs::read(segment).expect("the segment"), sequence)
}

/// Bytes from the start of a segment with the content `bytes` to the end of record `sequence`.
pub(crate) fn end_of_records_in(bytes: &[u8], sequence: u64) -> usize {
    let mut at = 4096;
    loop {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        assert_ne!(length, 0, "record {sequence} is not in the segment");
        let kind = bytes[at + 4];
        let found = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().expect("eight bytes"));
        at += usize::try_from(length).expect("small").next_multiple_of(8);
        if found == sequence && kind < 0xF0 {
            return at;
        }
    }
}

/// The smallest staging log.
pub(crate) fn options() -> StagingOptions {
    StagingOptions {
        capacity_bytes: STAGING_BYTES,
    }
}

/// CRC-32C bit by bit: another road to the same number.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0x82F6_3B78
            } else {
                crc >> 1
            };
        }
    }
    !crc
}
