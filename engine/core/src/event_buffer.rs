//! The fixed buffer into which a shard writes the events of one step.
//!
//! It must not know what the events mean. It never grows: a step that has filled it stops, and
//! goes on once the caller has emptied it.

use crate::domain::bounds::EVENTS_PER_STEP_MAX;
use crate::domain::event::{Event, EventBody, EventHeader};

/// Events of one step, at most [`EVENTS_PER_STEP_MAX`], in the order in which they happened.
#[derive(Debug)]
pub struct EventBuffer {
    events: Box<[Event; EVENTS_PER_STEP_MAX]>,
    len: usize,
}

/// Stands where no event was written yet; never read.
const VACANT: Event = Event {
    header: EventHeader {
        sequence: crate::domain::SequenceNumber(0),
        time_ns: 0,
        ring_tag: 0,
        index: 0,
    },
    body: EventBody::HashRecord {
        expected: [0; 2],
        actual: [0; 2],
    },
};

impl EventBuffer {
    /// Returns an empty buffer; the only allocation it ever makes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: Box::new([VACANT; EVENTS_PER_STEP_MAX]),
            len: 0,
        }
    }

    /// Appends an event: its header and its body.
    ///
    /// # Panics
    ///
    /// Panics if the buffer is full: whoever writes asks [`Self::remaining`] first.
    #[inline(always)]
    pub fn push(&mut self, header: &EventHeader, body: EventBody) {
        assert!(
            self.len < EVENTS_PER_STEP_MAX,
            "a step stops before its buffer is full"
        );
        // Part by part: a whole event would be made elsewhere first.
        let event = &mut self.events[self.len];
        event.header = *header;
        event.body = body;
        self.len += 1;
    }

    /// Returns the events.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Event] {
        &self.events[..self.len]
    }

    /// Returns whether there are no events.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns how many events there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns how many more events fit.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> usize {
        EVENTS_PER_STEP_MAX - self.len
    }

    /// Forgets the events; the room stays.
    #[inline]
    pub const fn clear(&mut self) {
        self.len = 0;
    }
}

impl Default for EventBuffer {
    fn default() -> Self {
        Self::new()
    }
}
