//! The end that pushes: its stage, and how a batch leaves it.

use std::cell::Cell;
use std::fmt;
use std::mem::{self, MaybeUninit};

use super::{Full, STAGED_MAX, Shared};
use crate::sync::{Arc, Ordering};

/// Records that nobody else sees yet.
#[repr(align(64))]
struct Stage<T>([MaybeUninit<T>; STAGED_MAX]);

/// The end that pushes. Dropping it publishes what is staged.
pub struct Producer<T: Copy + Send> {
    shared: Arc<Shared<T>>,
    reserve: usize,
    /// Position below which the consumer was done when it was looked at last.
    released: Cell<usize>,
    /// Records on the stage; at most [`STAGED_MAX`].
    staged: usize,
    /// Count of staged records below which a push needs no thought: there is ordinary room, and
    /// a place on the stage.
    plain_end: usize,
    /// Position behind the last published record.
    published: usize,
    /// Number of the batch that is published next.
    batch: usize,
    stage: Box<Stage<T>>,
}

impl<T: Copy + Send> Producer<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        let mut producer = Self {
            reserve: 0,
            released: Cell::new(0),
            staged: 0,
            plain_end: 0,
            published: 0,
            batch: 0,
            stage: Box::new(Stage([MaybeUninit::uninit(); STAGED_MAX])),
            shared,
        };
        producer.find_plain_end();
        producer
    }

    /// Keeps the last `records` slots for [`Self::try_push_reserved`].
    ///
    /// # Examples
    ///
    /// ```
    /// use matchgate_ring::{Full, ring};
    ///
    /// let (producer, _consumer) = ring(2);
    /// let mut producer = producer.with_reserve(1);
    /// assert_eq!(producer.try_push(1), Ok(()));
    /// assert_eq!(producer.try_push(2), Err(Full(2)));
    /// assert_eq!(producer.try_push_reserved(2), Ok(()));
    /// ```
    #[must_use]
    pub fn with_reserve(mut self, records: usize) -> Self {
        self.reserve = records;
        self.find_plain_end();
        self
    }

    /// Stages a record, in the room that is not reserved. It is published with those before it:
    /// by [`Self::publish`], or when a record comes for which the stage of [`STAGED_MAX`] or the
    /// ring has no room.
    ///
    /// # Errors
    ///
    /// Returns the record where no such room is left; what was staged is published then, since
    /// nobody could make room otherwise.
    #[inline]
    pub fn try_push(&mut self, record: T) -> Result<(), Full<T>> {
        if self.staged >= self.plain_end && !self.make_way(self.reserve) {
            return Err(Full(record));
        }
        self.stage(record);
        Ok(())
    }

    /// Stages a record, in the reserved room if need be.
    ///
    /// # Errors
    ///
    /// Returns the record where the ring is full; what was staged is published then.
    #[inline]
    pub fn try_push_reserved(&mut self, record: T) -> Result<(), Full<T>> {
        if self.staged >= self.plain_end && !self.make_way(0) {
            return Err(Full(record));
        }
        self.stage(record);
        Ok(())
    }

    /// Makes the staged records visible to the consumer; does nothing where there are none.
    #[inline]
    pub fn publish(&mut self) {
        let [first, rest @ ..] = &self.stage.0;
        let Some(rest_count) = self.staged.checked_sub(1) else {
            return;
        };
        // The first record and the word beside it come last: the consumer waits on their line,
        // and would take it back between the two.
        if rest_count > 0 {
            let position = self.published.wrapping_add(1);
            // SAFETY: a record is staged where there is room only, so these positions are below
            // released + capacity, and they are not yet published (rule 1).
            unsafe { self.shared.write(position, &rest[..rest_count]) };
        }
        let first = *first;
        let count = mem::take(&mut self.staged);
        self.publish_batch(first, count);
    }

    /// Returns whether `records` more fit into the room that is not reserved. Looks at the
    /// consumer only where what was seen last does not suffice. A producer that waits for room
    /// has to [`publish`](Self::publish) first: nobody takes what is staged.
    #[inline]
    #[must_use]
    pub fn has_room(&self, records: usize) -> bool {
        let wanted = records.saturating_add(self.reserve);
        self.free() >= wanted || self.look() >= wanted
    }

    /// Returns the free slots that are not reserved.
    #[inline]
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.look().saturating_sub(self.reserve)
    }

    /// Returns how many records are staged: at most [`STAGED_MAX`].
    #[inline]
    #[must_use]
    pub const fn staged(&self) -> usize {
        self.staged
    }

    /// Returns the slots of the ring, reserved ones included.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// Returns whether the consumer was dropped.
    #[inline]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.shared.consumer_gone.load(Ordering::Acquire)
    }

    /// Stages a record. There is room for it.
    #[inline]
    fn stage(&mut self, record: T) {
        self.stage.0[self.staged] = MaybeUninit::new(record);
        self.staged += 1;
    }

    /// Makes way for a push where more than `reserve` slots are free, and returns whether they
    /// are. Has no record in its hands: one that may go two ways is built in memory first.
    #[inline(never)]
    fn make_way(&mut self, reserve: usize) -> bool {
        if self.staged == STAGED_MAX {
            self.publish();
        }
        let has_room = self.free() > reserve || self.look() > reserve;
        if has_room {
            self.find_plain_end();
        } else {
            self.publish();
        }
        has_room
    }

    /// Finds out how far pushes need no thought, from what was seen of the consumer last.
    #[inline]
    fn find_plain_end(&mut self) {
        let ordinary = self.free().saturating_sub(self.reserve);
        self.plain_end = STAGED_MAX.min(self.staged + ordinary);
    }

    /// Publishes the batch of `count` records whose first is `first`; the others are written.
    #[inline]
    fn publish_batch(&mut self, first: MaybeUninit<T>, count: usize) {
        let head = self.shared.head(self.batch);
        head.first.with_mut(|slot| {
            // SAFETY: the pointer is the cell's own, valid and aligned.
            // The record had room, so the batch that had this head before is released (rule 1).
            unsafe { slot.write(first) };
        });
        self.published = self.published.wrapping_add(count);
        head.end.store(self.published, Ordering::Release);
        self.batch = self.batch.wrapping_add(1);
        self.find_plain_end();
    }

    /// Returns the slots that were free when the consumer was looked at last and are not taken
    /// since, reserved ones included.
    #[inline]
    fn free(&self) -> usize {
        let taken = self.published.wrapping_sub(self.released.get()) + self.staged;
        self.shared.capacity - taken
    }

    /// Looks how far the consumer is and returns the free slots, reserved ones included.
    #[cold]
    fn look(&self) -> usize {
        let released = self.shared.released.0.load(Ordering::Acquire);
        self.released.set(released);
        self.free()
    }
}

impl<T: Copy + Send> Drop for Producer<T> {
    fn drop(&mut self) {
        self.publish();
        self.shared.producer_gone.store(true, Ordering::Release);
    }
}

impl<T: Copy + Send> fmt::Debug for Producer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Producer")
            .field("capacity", &self.shared.capacity)
            .field("reserve", &self.reserve)
            .field("published", &self.published)
            .field("staged", &self.staged)
            .finish_non_exhaustive()
    }
}
