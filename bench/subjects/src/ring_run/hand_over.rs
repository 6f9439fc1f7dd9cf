//! A book whose reports go through a ring to a reader, which keeps and folds them.
//!
//! The clock runs from the first message until the reader has the last report. What is made of the
//! reports, such as their hash, comes after it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use matchgate_ring::{Consumer, Producer, ring};
use matchgate_workloads::report::{Report, fold};

use super::push;
use crate::book::{BookEnd, BookRun, Request, Room};
use crate::sink::Sink;

/// Slots of the ring for what comes before the clock; no request there has more reports.
const IDLE_SLOTS: usize = 16_384;

/// How much a hand-over has room for.
#[derive(Clone, Copy, Debug)]
pub struct HandOverRoom {
    /// Of the book.
    pub book: Room,
    /// Slots of the ring.
    pub slots: usize,
    /// Reports that are kept; all of them are folded.
    pub reports: usize,
}

/// What a hand-over has come to.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// From the first message until the reader had the last report, in units of the clock.
    pub ticks: u64,
    /// Sum over the reports, by the reader.
    pub checksum: u64,
    /// The reports, as far as there was room.
    pub reports: Vec<Report>,
    /// How many there were.
    pub report_count: usize,
    /// What the book has come to.
    pub end: BookEnd,
}

/// Pushes each report into a ring.
#[derive(Debug)]
struct Handing {
    producer: Producer<Report>,
}

impl Sink for Handing {
    #[inline]
    fn take(&mut self, report: Report) {
        push(&mut self.producer, report);
    }

    #[inline]
    fn end_batch(&mut self) {
        self.producer.publish();
    }
}

/// Lets a book do what is to be done `before` the clock, and then what is `timed`, whose reports a
/// thread of its own takes; it calls `begin_reader` first, which pins it.
///
/// # Panics
///
/// Panics where `clock` or `begin_reader` does.
pub fn hand_over<R: Request>(
    room: HandOverRoom,
    (before, timed): (&[R], &[R]),
    clock: impl Fn() -> u64,
    begin_reader: impl FnOnce() + Send,
) -> HandOver {
    let (idle, mut nobody) = ring(IDLE_SLOTS);
    let mut run = BookRun::new(room.book, Handing { producer: idle });
    let mut sequence = 0;
    for request in before {
        run.apply(sequence, request);
        sequence += 1;
        run.sink_mut().end_batch();
        nobody.for_each(usize::MAX, |_| ());
    }
    let (producer, consumer) = ring(room.slots);
    let idle = run.set_sink(Handing { producer });
    let (is_ready, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
    let (ticks, read) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut read = Read::with_room(room.reports);
            begin_reader();
            is_ready.store(true, Ordering::Release);
            read.all(consumer);
            is_done.store(true, Ordering::Release);
            read
        });
        // A reader that has panicked is never ready, nor done.
        let wait_for = |flag: &AtomicBool| {
            while !flag.load(Ordering::Acquire) && !reader.is_finished() {
                std::hint::spin_loop();
            }
        };
        wait_for(&is_ready);
        let start = clock();
        run.pass(sequence, timed);
        drop(run.set_sink(idle));
        wait_for(&is_done);
        let ticks = clock().saturating_sub(start);
        let read = reader.join();
        (
            ticks,
            read.unwrap_or_else(|payload| std::panic::resume_unwind(payload)),
        )
    });
    HandOver {
        ticks,
        checksum: read.checksum,
        report_count: read.count,
        reports: read.kept(),
        end: run.end(),
    }
}

/// What the reader has.
#[derive(Debug)]
struct Read {
    reports: Vec<Report>,
    count: usize,
    checksum: u64,
}

impl Read {
    fn with_room(reports: usize) -> Self {
        // Not zero: memory that the system gives as zeros is touched first in the timed pass.
        let none = Report::cancel_reject(u32::MAX, u32::MAX);
        Self {
            reports: vec![none; reports],
            count: 0,
            checksum: 0,
        }
    }

    /// Takes reports until the producer is gone.
    fn all(&mut self, mut consumer: Consumer<Report>) {
        loop {
            let taken = consumer.for_each(usize::MAX, |report| {
                if let Some(place) = self.reports.get_mut(self.count) {
                    *place = *report;
                }
                self.count += 1;
                self.checksum = fold(self.checksum, report);
            });
            if taken > 0 {
                continue;
            }
            if consumer.is_abandoned() && consumer.is_empty() {
                return;
            }
            std::hint::spin_loop();
        }
    }

    fn kept(mut self) -> Vec<Report> {
        self.reports.truncate(self.count);
        self.reports
    }
}
