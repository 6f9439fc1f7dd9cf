//! Writes segments past the page cache over `io_uring`: one glommio executor on the calling
//! thread, one task a stream. Knows not what is in them.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use glommio::io::{Directory, DmaFile};
use glommio::timer::sleep;
use glommio::{LocalExecutor, LocalExecutorBuilder, Placement, spawn_local};

use super::stream_writer::{SegmentPlan, StreamWriter, Work};
use super::{PARK_LONG, park_time};
use crate::bytes::put;
use crate::error::{JournalError, io_error};
use crate::staging::marks::Marks;

/// Makes the executor of the calling thread, which stays where it is placed.
pub(super) fn executor() -> Result<LocalExecutor, JournalError> {
    LocalExecutorBuilder::new(Placement::Unbound)
        .name("journal")
        .make()
        .map_err(|error| io_error("starting the executor of", "the journal")(error.into()))
}

/// Runs until stopped and drained, or to the first error.
pub(super) fn run(
    executor: &LocalExecutor,
    streams: Vec<StreamWriter>,
    stop: &AtomicBool,
) -> Result<Vec<StreamWriter>, JournalError> {
    let order = Rc::new(Order {
        marks: streams.iter().map(StreamWriter::marks).collect(),
        stopping: Cell::new(false),
        failed: Cell::new(false),
        running: Cell::new(streams.len()),
    });
    executor.run(async {
        let spawn = |stream| spawn_local(run_stream(stream, Rc::clone(&order)));
        let tasks: Vec<_> = streams.into_iter().map(spawn).collect();
        while order.running.get() > 0 {
            sleep(PARK_LONG).await;
            order.stopping.set(stop.load(Ordering::Acquire));
        }
        let mut done = Vec::with_capacity(tasks.len());
        let mut first_error = None;
        for task in tasks {
            match task.await {
                Ok(stream) => done.push(stream),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            None => Ok(done),
            Some(error) => Err(error),
        }
    })
}

/// What the tasks of one executor tell each other.
struct Order {
    /// Marks of all streams.
    marks: Vec<Marks>,
    /// Drain and end.
    stopping: Cell<bool>,
    /// End: another task met an error.
    failed: Cell<bool>,
    running: Cell<usize>,
}

async fn run_stream(
    mut stream: StreamWriter,
    order: Rc<Order>,
) -> Result<StreamWriter, JournalError> {
    let result = move_records(&mut stream, &order).await;
    if result.is_err() {
        // At once, for every stream: another one's sync may hang for as long as it likes, and
        // nothing may be acknowledged meanwhile.
        order.marks.iter().for_each(Marks::set_failed);
        order.failed.set(true);
    }
    order.running.set(order.running.get() - 1);
    result.map(|()| stream)
}

async fn move_records(stream: &mut StreamWriter, order: &Order) -> Result<(), JournalError> {
    let mut file: Option<DmaFile> = None;
    while !order.failed.get() {
        // Read before looking for records: those appended before the stop are found.
        let stopping = order.stopping.get();
        match stream.next_work()? {
            Work::Nothing if stopping => break,
            Work::Nothing => {
                sleep(park_time(stream.idle_passes(), stream.is_awaited())).await;
            }
            Work::Segment(plan) => {
                if let Some(ended) = file.take() {
                    close(ended, stream).await?;
                }
                let making = make_segment(&plan, stream).await;
                file = Some(making.map_err(io_error("making", &plan.path))?);
                stream.segment_begun();
            }
            Work::Write { sync } => {
                let opened = file
                    .as_ref()
                    .expect("a segment is made before its first batch");
                write_batch(opened, stream, sync)
                    .await
                    .map_err(io_error("writing a segment in", stream.folder()))?;
                stream.batch_done(sync);
            }
        }
    }
    match file {
        Some(ended) => close(ended, stream).await,
        None => Ok(()),
    }
}

async fn close(file: DmaFile, stream: &StreamWriter) -> Result<(), JournalError> {
    file.close()
        .await
        .map_err(|error| io_error("closing a segment in", stream.folder())(error.into()))
}

async fn write_batch(file: &DmaFile, stream: &StreamWriter, sync: bool) -> io::Result<()> {
    let (bytes, offset) = stream.batch();
    write_all(file, bytes, offset).await?;
    if sync {
        file.fdatasync().await?;
    }
    Ok(())
}

/// Writes whole blocks; a short write is an error, as the room was reserved.
async fn write_all(file: &DmaFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut buffer = file.alloc_dma_buffer(bytes.len());
    put(buffer.as_bytes_mut(), 0, bytes);
    let written = file.write_at(buffer, offset).await?;
    if written == bytes.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

async fn make_segment(plan: &SegmentPlan, stream: &StreamWriter) -> io::Result<DmaFile> {
    let file = DmaFile::create(&plan.temporary).await?;
    file.pre_allocate(plan.bytes, false).await?;
    write_all(&file, &plan.header, 0).await?;
    file.fdatasync().await?;
    file.rename(&plan.path).await?;
    let folder = Directory::open(stream.folder()).await?;
    folder.sync().await?;
    folder.close().await?;
    Ok(file)
}
