//! Rings: bounded single-producer single-consumer queues of plain records, each visible as soon as
//! it is pushed. Full is an answer, never a wait. A ring must not know what its records mean.

/// The ring has no room; here is the record back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// Returns the two ends of a ring of `capacity` records. All allocation happens here.
#[must_use]
pub fn ring<T: Copy + Send>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    (Producer { inner: producer }, Consumer { inner: consumer })
}

/// The end that pushes.
#[derive(Debug)]
pub struct Producer<T> {
    inner: rtrb::Producer<T>,
}

impl<T: Copy + Send> Producer<T> {
    /// Pushes a record.
    ///
    /// # Errors
    ///
    /// Returns it where the ring is full.
    #[inline]
    pub fn try_push(&mut self, record: T) -> Result<(), Full<T>> {
        self.inner
            .push(record)
            .map_err(|rtrb::PushError::Full(record)| Full(record))
    }

    /// Returns whether `records` more fit. Reads the other end's position only where what was read
    /// last does not suffice.
    #[inline]
    #[must_use]
    pub fn has_room(&self, records: usize) -> bool {
        self.inner.cached_slots() >= records || self.inner.slots() >= records
    }

    /// Returns the free slots.
    #[inline]
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.inner.slots()
    }

    /// Returns the slots of the ring.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inner.buffer().capacity()
    }

    /// Returns whether the consumer was dropped.
    #[inline]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.inner.is_abandoned()
    }
}

/// The end that pops.
#[derive(Debug)]
pub struct Consumer<T> {
    inner: rtrb::Consumer<T>,
}

impl<T: Copy + Send> Consumer<T> {
    /// Takes the oldest record, if there is one.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.inner.pop().ok()
    }

    /// Returns the oldest record without taking it.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> Option<&T> {
        self.inner.peek().ok()
    }

    /// Returns how many records wait.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.slots()
    }

    /// Returns whether no record waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns the slots of the ring.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inner.buffer().capacity()
    }

    /// Returns whether the producer was dropped; records may still wait.
    #[inline]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.inner.is_abandoned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_ring_gives_the_record_back_until_one_is_popped() {
        let (mut producer, mut consumer) = ring::<u32>(2);
        assert_eq!(producer.try_push(1), Ok(()));
        assert_eq!(producer.try_push(2), Ok(()));
        assert!(!producer.has_room(1));
        assert_eq!(producer.try_push(3), Err(Full(3)));
        assert_eq!(consumer.pop(), Some(1));
        assert!(producer.has_room(1));
        assert_eq!(producer.try_push(3), Ok(()));
        assert_eq!(consumer.peek(), Some(&2));
        assert_eq!(consumer.len(), 2);
    }

    #[test]
    fn records_arrive_in_order_across_threads() {
        let (mut producer, mut consumer) = ring::<u64>(8);
        let sender = std::thread::spawn(move || {
            let mut next = 0;
            while next < 10_000 {
                match producer.try_push(next) {
                    Ok(()) => next += 1,
                    Err(Full(_)) => std::thread::yield_now(),
                }
            }
        });
        let mut expected = 0;
        while expected < 10_000 {
            match consumer.pop() {
                Some(record) => {
                    assert_eq!(record, expected);
                    expected += 1;
                }
                None => std::thread::yield_now(),
            }
        }
        sender.join().unwrap();
        assert!(consumer.is_abandoned());
        assert!(consumer.is_empty());
    }
}
