//! What is compared: each hand-off behind the same few methods.

use matchgate_ring::{Consumer, Producer, STAGED_MAX};

/// A record that can be told from others.
pub(crate) trait Record: Copy + Send + 'static {
    /// Makes that of `number`.
    fn of(number: u64) -> Self;
    /// Returns a sum that has to arrive as it was.
    fn sum(&self) -> u64;
}

impl<const WORDS: usize> Record for [u64; WORDS] {
    #[inline]
    fn of(number: u64) -> Self {
        let mut record = [number; WORDS];
        record[WORDS - 1] = number ^ 0x55;
        record
    }

    #[inline]
    fn sum(&self) -> u64 {
        self[0].wrapping_add(self[WORDS - 1])
    }
}

/// An end that pushes.
pub(crate) trait Sender<T>: Send + 'static {
    /// Pushes, or stages where the hand-off has a stage; returns whether there was room.
    fn try_push(&mut self, record: T) -> bool;
    /// Publishes what is staged; returns whether there was room.
    fn publish(&mut self) -> bool;
    /// Pushes one record and publishes it.
    fn try_send(&mut self, record: T) -> bool;
}

/// An end that pops.
pub(crate) trait Receiver<T>: Send + 'static {
    /// Takes one record.
    fn pop(&mut self) -> Option<T>;
    /// Takes what is there and returns how much it was.
    fn drain(&mut self, visit: impl FnMut(&T)) -> usize;
}

/// `rtrb`, record by record.
pub(crate) struct Single<E>(E);

/// Returns the ends of `rtrb`, record by record.
pub(crate) fn single<T: Record>(
    capacity: usize,
) -> (Single<rtrb::Producer<T>>, Single<rtrb::Consumer<T>>) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    (Single(producer), Single(consumer))
}

impl<T: Record> Sender<T> for Single<rtrb::Producer<T>> {
    #[inline]
    fn try_push(&mut self, record: T) -> bool {
        self.0.push(record).is_ok()
    }

    #[inline]
    fn publish(&mut self) -> bool {
        true
    }

    #[inline]
    fn try_send(&mut self, record: T) -> bool {
        self.0.push(record).is_ok()
    }
}

impl<T: Record> Receiver<T> for Single<rtrb::Consumer<T>> {
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.0.pop().ok()
    }

    #[inline]
    fn drain(&mut self, mut visit: impl FnMut(&T)) -> usize {
        self.0.pop().map_or(0, |record| {
            visit(&record);
            1
        })
    }
}

/// `rtrb` by chunks: a stage of as many records as ours, pushed as one slice, read as one chunk.
pub(crate) struct Chunks<E, T> {
    end: E,
    stage: Vec<T>,
}

/// Returns the ends of `rtrb` by chunks.
pub(crate) fn chunks<T: Record>(
    capacity: usize,
) -> (Chunks<rtrb::Producer<T>, T>, Chunks<rtrb::Consumer<T>, T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    let sender = Chunks {
        end: producer,
        stage: Vec::with_capacity(STAGED_MAX),
    };
    let receiver = Chunks {
        end: consumer,
        stage: Vec::new(),
    };
    (sender, receiver)
}

impl<T: Record> Sender<T> for Chunks<rtrb::Producer<T>, T> {
    #[inline]
    fn try_push(&mut self, record: T) -> bool {
        if self.stage.len() == STAGED_MAX && !self.publish() {
            return false;
        }
        self.stage.push(record);
        true
    }

    #[inline]
    fn publish(&mut self) -> bool {
        let pushed = self.end.push_entire_slice(&self.stage).is_ok();
        if pushed {
            self.stage.clear();
        }
        pushed
    }

    #[inline]
    fn try_send(&mut self, record: T) -> bool {
        self.try_push(record) && self.publish()
    }
}

impl<T: Record> Receiver<T> for Chunks<rtrb::Consumer<T>, T> {
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.end.pop().ok()
    }

    #[inline]
    fn drain(&mut self, mut visit: impl FnMut(&T)) -> usize {
        let count = self.end.slots();
        let Ok(chunk) = self.end.read_chunk(count) else {
            return 0;
        };
        let (head, tail) = chunk.as_slices();
        head.iter().chain(tail).for_each(&mut visit);
        chunk.commit_all();
        count
    }
}

/// Ours.
pub(crate) struct Ours<E>(E);

/// Returns our ends.
pub(crate) fn ours<T: Record>(capacity: usize) -> (Ours<Producer<T>>, Ours<Consumer<T>>) {
    let (producer, consumer) = matchgate_ring::ring(capacity);
    (Ours(producer), Ours(consumer))
}

impl<T: Record> Sender<T> for Ours<Producer<T>> {
    #[inline]
    fn try_push(&mut self, record: T) -> bool {
        self.0.try_push(record).is_ok()
    }

    #[inline]
    fn publish(&mut self) -> bool {
        self.0.publish();
        true
    }

    #[inline]
    fn try_send(&mut self, record: T) -> bool {
        let pushed = self.0.try_push(record).is_ok();
        self.0.publish();
        pushed
    }
}

impl<T: Record> Receiver<T> for Ours<Consumer<T>> {
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    #[inline]
    fn drain(&mut self, visit: impl FnMut(&T)) -> usize {
        self.0.for_each(usize::MAX, visit)
    }
}
