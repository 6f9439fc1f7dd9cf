//! Writes segments by plain system calls, stream after stream on the calling thread. Knows not
//! what is in them.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

use super::park_time;
use super::stream_writer::{SegmentPlan, StreamWriter, Work};
use crate::error::{JournalError, io_error};
use crate::segment::sync_names;
use crate::sys::reserve;

/// Runs until stopped and drained, or to the first error.
pub(super) fn run(streams: &mut [StreamWriter], stop: &AtomicBool) -> Result<(), JournalError> {
    let mut files: Vec<Option<File>> = streams.iter().map(|_| None).collect();
    loop {
        // Read before looking for records: those appended before the stop are found.
        let stopping = stop.load(Ordering::Acquire);
        let mut busy = false;
        for (stream, file) in streams.iter_mut().zip(&mut files) {
            busy |= step(stream, file)?;
        }
        if busy {
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

/// Does what is next of one stream; false where there was nothing.
fn step(stream: &mut StreamWriter, file: &mut Option<File>) -> Result<bool, JournalError> {
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
            file.write_all_at(bytes, offset)
                .map_err(io_error("writing a segment in", folder))?;
            if sync {
                file.sync_data()
                    .map_err(io_error("syncing a segment in", folder))?;
            }
            stream.batch_done(sync);
        }
    }
    Ok(true)
}

fn make_segment(plan: &SegmentPlan, stream: &StreamWriter) -> Result<File, JournalError> {
    let file = File::create(&plan.temporary).map_err(io_error("making", &plan.temporary))?;
    reserve(&file, plan.bytes)
        .and_then(|()| file.write_all_at(&plan.header, 0))
        .and_then(|()| file.sync_all())
        .map_err(io_error("writing", &plan.temporary))?;
    std::fs::rename(&plan.temporary, &plan.path).map_err(io_error("renaming to", &plan.path))?;
    sync_names(stream.folder())?;
    Ok(file)
}
