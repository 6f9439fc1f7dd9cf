//! Rings: bounded single-producer single-consumer queues of plain records. Full is an answer,
//! never a wait. A ring must not know what its records mean.

/// The ring has no room; here is the record back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// Returns the two ends of a ring of `capacity` records. All allocation happens here.
#[must_use]
pub fn ring<T: Copy + Send>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    let producer = Producer {
        inner: producer,
        reserve: 0,
    };
    (producer, Consumer { inner: consumer })
}

/// The end that pushes.
#[derive(Debug)]
pub struct Producer<T> {
    inner: rtrb::Producer<T>,
    reserve: usize,
}

impl<T: Copy + Send> Producer<T> {
    /// Keeps the last `records` slots for [`Self::try_push_reserved`].
    #[must_use]
    pub fn with_reserve(mut self, records: usize) -> Self {
        self.reserve = records;
        self
    }

    /// Pushes a record into the room that is not reserved.
    ///
    /// # Errors
    ///
    /// Returns the record where no such room is left.
    #[inline]
    pub fn try_push(&mut self, record: T) -> Result<(), Full<T>> {
        if self.has_room(1) {
            self.try_push_reserved(record)
        } else {
            Err(Full(record))
        }
    }

    /// Pushes a record, into the reserved room if need be.
    ///
    /// # Errors
    ///
    /// Returns the record where the ring is full.
    #[inline]
    pub fn try_push_reserved(&mut self, record: T) -> Result<(), Full<T>> {
        self.inner
            .push(record)
            .map_err(|rtrb::PushError::Full(record)| Full(record))
    }

    /// Returns whether `records` more fit into the room that is not reserved. Reads the other
    /// end's position only where what was read last does not suffice.
    #[inline]
    #[must_use]
    pub fn has_room(&self, records: usize) -> bool {
        let wanted = records.saturating_add(self.reserve);
        self.inner.cached_slots() >= wanted || self.inner.slots() >= wanted
    }

    /// Returns the free slots that are not reserved.
    #[inline]
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.inner.slots().saturating_sub(self.reserve)
    }

    /// Returns the slots of the ring, reserved ones included.
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
    fn ordinary_push_stops_at_the_reserve() {
        let (producer, _consumer) = ring::<u32>(4);
        let mut producer = producer.with_reserve(1);
        for record in 0..3 {
            assert_eq!(producer.try_push(record), Ok(()));
        }
        assert_eq!(producer.free_slots(), 0);
        assert_eq!(producer.try_push(3), Err(Full(3)));
        assert_eq!(producer.try_push_reserved(4), Ok(()));
        assert_eq!(producer.try_push_reserved(5), Err(Full(5)));
    }

    #[test]
    fn room_comes_back_when_the_consumer_pops() {
        let (producer, mut consumer) = ring::<u32>(2);
        let mut producer = producer.with_reserve(1);
        assert_eq!(producer.try_push(1), Ok(()));
        assert!(!producer.has_room(1));
        assert_eq!(consumer.pop(), Some(1));
        assert!(producer.has_room(1));
        assert_eq!(producer.try_push(2), Ok(()));
        assert_eq!(consumer.peek(), Some(&2));
        assert_eq!(consumer.len(), 1);
    }

    #[test]
    fn reserve_of_the_whole_ring_leaves_no_ordinary_room() {
        let (producer, _consumer) = ring::<u8>(2);
        let mut producer = producer.with_reserve(3);
        assert_eq!(producer.free_slots(), 0);
        assert_eq!(producer.try_push(1), Err(Full(1)));
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
