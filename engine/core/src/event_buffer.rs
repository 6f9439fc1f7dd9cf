//! The fixed buffer into which a shard writes the events of one step.
//!
//! It must not know what the events mean. It never grows: a step that has filled it stops, and
//! goes on once the caller has emptied it.

use crate::domain::bounds::EVENTS_PER_STEP_MAX;
use crate::domain::event::Event;

/// Events of one step, at most [`EVENTS_PER_STEP_MAX`], in the order in which they happened.
#[derive(Debug)]
pub struct EventBuffer {
    events: Vec<Event>,
}

impl EventBuffer {
    /// Returns an empty buffer; the only allocation it ever makes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: Vec::with_capacity(EVENTS_PER_STEP_MAX),
        }
    }

    /// Appends an event.
    ///
    /// # Panics
    ///
    /// Panics if the buffer is full: whoever writes asks [`Self::remaining`] first.
    #[inline]
    pub fn push(&mut self, event: Event) {
        assert!(
            self.remaining() > 0,
            "a step stops before its buffer is full"
        );
        self.events.push(event);
    }

    /// Returns the events.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// Returns whether there are no events.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns how many events there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns how many more events fit.
    #[inline]
    #[must_use]
    pub fn remaining(&self) -> usize {
        EVENTS_PER_STEP_MAX - self.events.len()
    }

    /// Forgets the events; the room stays.
    #[inline]
    pub fn clear(&mut self) {
        self.events.clear();
    }
}

impl Default for EventBuffer {
    fn default() -> Self {
        Self::new()
    }
}
