//! The end that pops: how it opens a batch, and how it hands the lines back.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::slice;

use super::{BLOCK_SLOTS, Head, LINE_BYTES, Shared, Slot};
use crate::sync::{Arc, Ordering};

/// The end that pops.
pub struct Consumer<T: Copy + Send> {
    shared: Arc<Shared<T>>,
    /// Position of the oldest record.
    next: usize,
    /// Position behind the last record that is known to be published.
    end: usize,
    /// Position of the record that lies in the head of the batch before `batch`.
    first: usize,
    /// Number of the batch that is opened next.
    batch: usize,
    /// One thread at a time: a `T` need not be fit for being looked at by two.
    one_thread: PhantomData<Cell<T>>,
}

impl<T: Copy + Send> Consumer<T> {
    pub(super) const fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            next: 0,
            end: 0,
            first: 0,
            batch: 0,
            one_thread: PhantomData,
        }
    }

    /// Takes the oldest published record, if there is one.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if self.next == self.end && !self.open_batch() {
            return None;
        }
        let slot = one(&self.shared, self.place());
        // SAFETY: the position is below `end`, so the record is published and written, and it is
        // not yet released (rule 2), so nobody writes to it meanwhile.
        let record = slot.with(|record| unsafe { record.cast::<T>().read() });
        // SAFETY: it is published and not yet released, and there is no reference to it.
        unsafe { hand_back(slot) };
        self.next = self.next.wrapping_add(1);
        self.release();
        Some(record)
    }

    /// Returns the oldest published record without taking it.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> Option<&T> {
        let slot = if self.next < self.end {
            one(&self.shared, self.place())
        } else if self.batch_end() > self.next {
            &self.shared.head(self.batch).first
        } else {
            return None;
        };
        // SAFETY: the record is published and not yet released (rule 2), so it is written and
        // nobody writes to it while `self`, which would have to release it, is borrowed.
        Some(slot.with(|record| unsafe { &*record.cast::<T>() }))
    }

    /// Takes up to `limit` published records, the oldest first, calls `visit` with each and
    /// returns how many they were. Their room comes back in steps of 32 records or fewer.
    ///
    /// # Panics
    ///
    /// Panics where `visit` does; that record is then still there. The room of those before it
    /// comes back with the next record that is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut producer, mut consumer) = matchgate_ring::ring(8);
    /// for record in 1..=5 {
    ///     producer.try_push(record).unwrap();
    /// }
    /// producer.publish();
    ///
    /// let mut seen = Vec::new();
    /// assert_eq!(consumer.for_each(3, |&record| seen.push(record)), 3);
    /// assert_eq!(consumer.for_each(3, |&record| seen.push(record)), 2);
    /// assert_eq!(seen, [1, 2, 3, 4, 5]);
    /// ```
    #[inline]
    pub fn for_each(&mut self, limit: usize, mut visit: impl FnMut(&T)) -> usize {
        let mut left = limit;
        while left > 0 && (self.next < self.end || self.open_batch()) {
            let count = left.min(self.end - self.next);
            let slots = run(&self.shared, self.place(), count);
            for slot in slots {
                // SAFETY: the position is below `end`, so the record is published and written,
                // and it is not yet released (rule 2), so nobody writes to it meanwhile.
                slot.with(|record| visit(unsafe { &*record.cast::<T>() }));
                // SAFETY: it is published and not yet released, and `visit` kept no reference.
                unsafe { hand_back(slot) };
                self.next = self.next.wrapping_add(1);
            }
            left -= slots.len();
            self.release();
        }
        limit - left
    }

    /// Returns how many published records wait. Takes a step for each batch that was published
    /// since the consumer looked last.
    #[must_use]
    pub fn len(&self) -> usize {
        let (mut end, mut batch) = (self.end, self.batch);
        loop {
            let batch_end = self.shared.head(batch).end.load(Ordering::Acquire);
            if batch_end <= end {
                return end - self.next;
            }
            end = batch_end;
            batch = batch.wrapping_add(1);
        }
    }

    /// Returns whether no published record waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next == self.end && self.batch_end() <= self.next
    }

    /// Returns the slots of the ring.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// Returns whether the producer was dropped; records may still wait.
    #[inline]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.shared.producer_gone.load(Ordering::Acquire)
    }

    /// Returns the end in the head of the batch that is opened next: above `self.next` where that
    /// batch is published.
    #[inline]
    fn batch_end(&self) -> usize {
        self.shared.head(self.batch).end.load(Ordering::Acquire)
    }

    /// Opens the next batch where it is published and the one before is used up; returns whether.
    #[inline]
    fn open_batch(&mut self) -> bool {
        let head = self.shared.head(self.batch);
        if size_of::<T>() > LINE_BYTES - size_of::<usize>() {
            fetch_second_line(head);
        }
        let end = head.end.load(Ordering::Acquire);
        if end <= self.next {
            return false;
        }
        self.first = self.next;
        self.end = end;
        self.batch = self.batch.wrapping_add(1);
        true
    }

    /// Returns where the oldest record of the open batch lies.
    #[inline]
    const fn place(&self) -> Place {
        if self.next == self.first {
            Place::Head(self.batch.wrapping_sub(1))
        } else {
            Place::Slot(self.next)
        }
    }

    /// Gives the room of all records that are done with back to the producer.
    #[inline]
    fn release(&self) {
        self.shared.released.0.store(self.next, Ordering::Release);
    }
}

impl<T: Copy + Send> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.shared.consumer_gone.store(true, Ordering::Release);
    }
}

impl<T: Copy + Send> fmt::Debug for Consumer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Consumer")
            .field("capacity", &self.shared.capacity)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// Where a record lies.
#[derive(Clone, Copy)]
enum Place {
    /// In the head of this batch.
    Head(usize),
    /// In the slot of this position.
    Slot(usize),
}

/// Returns the slot of the record at `place`.
#[inline]
fn one<T>(shared: &Shared<T>, place: Place) -> &Slot<T> {
    match place {
        Place::Head(batch) => &shared.head(batch).first,
        Place::Slot(position) => &shared.block(position).0[position % BLOCK_SLOTS],
    }
}

/// Returns the slots, at most `count` but at least one, that follow each other from `place` on.
#[inline]
fn run<T>(shared: &Shared<T>, place: Place, count: usize) -> &[Slot<T>] {
    match place {
        Place::Head(batch) => slice::from_ref(&shared.head(batch).first),
        Place::Slot(position) => {
            let from_here = &shared.block(position).0[position % BLOCK_SLOTS..];
            &from_here[..count.min(from_here.len())]
        }
    }
}

/// Makes the lines of a record that is done with ready to be taken back: a line that was written
/// here is not shared. The record is lost.
///
/// # Safety
///
/// The slot is the consumer's, and there is no reference to the record.
#[inline]
unsafe fn hand_back<T>(slot: &Slot<T>) {
    slot.with_mut(|record| {
        for offset in (0..size_of::<T>()).step_by(LINE_BYTES) {
            // SAFETY: the offset is below the size of the record, so the pointer stays within it.
            let byte = unsafe { record.cast::<u8>().add(offset) };
            // SAFETY: the pointer is within the slot, which is the caller's alone; room for a
            // record may hold any byte, and nobody takes it for a record before it is written.
            unsafe { byte.write(0) };
        }
    });
}

/// Asks for the second line of a head, so that it comes together with the first.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn fetch_second_line<T>(head: &Head<T>) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let second = std::ptr::from_ref(head)
        .cast::<i8>()
        .wrapping_add(LINE_BYTES);
    // SAFETY: a hint reads nothing, whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(second) };
}

/// Asks for nothing: here is no stable way to.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn fetch_second_line<T>(_head: &Head<T>) {}
