//! The receive queues: filled buffers that wait to be taken, by connection slot.
//!
//! A buffer is in one queue at the most, so a queue is a chain through one array by buffer number
//! and nothing is ever allocated. It must not know what the bytes are, or whose.

use crate::ring::Filled;

/// A buffer that waits, and the one behind it.
#[derive(Debug)]
struct Link {
    filled: Option<Filled>,
    next: Option<u16>,
}

/// The ends of one slot's queue.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    first: Option<u16>,
    last: Option<u16>,
    count: u16,
}

/// One queue a slot.
#[derive(Debug)]
pub(crate) struct ReceiveQueues {
    links: Box<[Link]>,
    slots: Box<[Ends]>,
}

impl ReceiveQueues {
    /// Makes empty queues for `slots` slots and `buffers` buffers. All allocation is here.
    pub(crate) fn new(slots: usize, buffers: u16) -> Self {
        let link = |_| Link {
            filled: None,
            next: None,
        };
        Self {
            links: (0..buffers).map(link).collect(),
            slots: vec![Ends::default(); slots].into_boxed_slice(),
        }
    }

    /// Returns how many buffers wait for a slot.
    #[inline]
    pub(crate) fn count(&self, slot: u32) -> u16 {
        self.slots.get(index(slot)).map_or(0, |ends| ends.count)
    }

    /// Puts a buffer behind those that wait.
    #[inline]
    pub(crate) fn push_back(&mut self, slot: u32, filled: Filled) {
        let buffer = filled.buffer();
        let ends = ends_of(&mut self.slots, slot);
        let before = ends.last.replace(buffer);
        ends.count += 1;
        match before {
            Some(before) => link_of(&mut self.links, before).next = Some(buffer),
            None => ends.first = Some(buffer),
        }
        *link_of(&mut self.links, buffer) = Link {
            filled: Some(filled),
            next: None,
        };
    }

    /// Puts a buffer before those that wait.
    #[inline]
    pub(crate) fn push_front(&mut self, slot: u32, filled: Filled) {
        let buffer = filled.buffer();
        let ends = ends_of(&mut self.slots, slot);
        let next = ends.first.replace(buffer);
        ends.last = ends.last.or(Some(buffer));
        ends.count += 1;
        *link_of(&mut self.links, buffer) = Link {
            filled: Some(filled),
            next,
        };
    }

    /// Takes the buffer that waits longest.
    #[inline]
    pub(crate) fn pop(&mut self, slot: u32) -> Option<Filled> {
        let ends = ends_of(&mut self.slots, slot);
        let link = link_of(&mut self.links, ends.first?);
        ends.first = link.next.take();
        if ends.first.is_none() {
            ends.last = None;
        }
        ends.count -= 1;
        link.filled.take()
    }
}

#[inline]
fn ends_of(slots: &mut [Ends], slot: u32) -> &mut Ends {
    slots
        .get_mut(index(slot))
        .expect("slots are bounded by the options")
}

#[inline]
fn link_of(links: &mut [Link], buffer: u16) -> &mut Link {
    links
        .get_mut(usize::from(buffer))
        .expect("the kernel names only buffers it was given")
}

#[inline]
fn index(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}
