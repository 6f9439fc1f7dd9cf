//! Writes segments by the plain operations of a [`Storage`](crate::Storage), stream after stream on
//! the calling thread. Knows not what is in them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::park_time;
use super::stream_writer::{SegmentPlan, StreamWriter, Work};
use crate::error::{JournalError, io_error};
use crate::planted::{Bug, bites};
use crate::segment::sync_names;
use crate::storage::StoredFile;

/// The segments that are being written, one a stream.
#[derive(Debug)]
pub(super) struct OpenFiles(Vec<Option<Box<dyn StoredFile>>>);

impl OpenFiles {
    /// Returns room for those of `streams` streams.
    pub(super) fn new(streams: usize) -> Self {
        Self((0..streams).map(|_| None).collect())
    }
}

/// Runs until stopped and drained, or to the first error.
pub(super) fn run(
    streams: &mut [StreamWriter],
    files: &mut OpenFiles,
    stop: &AtomicBool,
) -> Result<(), JournalError> {
    loop {
        // Read before looking for records: those appended before the stop are found.
        let stopping = stop.load(Ordering::Acquire);
        if poll(streams, files)? {
            continue;
        }
        if stopping {
            return Ok(());
        }
        let idle_passes = streams.iter().map(StreamWriter::idle_passes).min();
        let awaited = streams.iter().any(StreamWriter::is_awaited);
        std::thread::park_timeout(park_time(idle_passes.unwrap_or(u32::MAX), awaited));
    }
}

/// Does what is next of each stream; false where there was nothing.
pub(super) fn poll(
    streams: &mut [StreamWriter],
    files: &mut OpenFiles,
) -> Result<bool, JournalError> {
    let mut busy = false;
    for (stream, file) in streams.iter_mut().zip(&mut files.0) {
        busy |= step(stream, file)?;
    }
    Ok(busy)
}

/// Does what is next of one stream; false where there was nothing.
fn step(
    stream: &mut StreamWriter,
    file: &mut Option<Box<dyn StoredFile>>,
) -> Result<bool, JournalError> {
    match stream.next_work()? {
        Work::Nothing => return Ok(false),
        Work::Segment(plan) => {
            *file = Some(make_segment(&plan, stream)?);
            stream.segment_begun();
        }
        Work::Write { sync } => {
            let (bytes, offset) = stream.batch();
            let folder = stream.folder();
            let file = file
                .as_ref()
                .expect("a segment is made before its first batch");
            match file.write_at(bytes, offset) {
                Err(_) if bites(Bug::WriteErrorSwallowed) => {}
                written => written.map_err(io_error("writing a segment in", folder))?,
            }
            if sync && !bites(Bug::DataNotSynced) {
                let synced = match file.sync() {
                    Err(_) if bites(Bug::SyncRetried) => file.sync(),
                    synced => synced,
                };
                synced.map_err(io_error("syncing a segment in", folder))?;
            }
            stream.batch_done(sync);
        }
    }
    Ok(true)
}

fn make_segment(
    plan: &SegmentPlan,
    stream: &StreamWriter,
) -> Result<Box<dyn StoredFile>, JournalError> {
    let storage = stream.storage();
    let file = storage
        .create(&plan.temporary)
        .map_err(io_error("making", &plan.temporary))?;
    file.reserve(plan.bytes)
        .and_then(|()| file.write_at(&plan.header, 0))
        .and_then(|()| match bites(Bug::SegmentNotSynced) {
            true => Ok(()),
            false => file.sync(),
        })
        .map_err(io_error("writing", &plan.temporary))?;
    storage
        .rename(&plan.temporary, &plan.path)
        .map_err(io_error("renaming to", &plan.path))?;
    if !bites(Bug::SegmentNameNotSynced) {
        sync_names(storage, stream.folder())?;
    }
    Ok(file)
}
