//! Handles for orders, as a gateway gives them: a free slot, and how often it was used.
//!
//! The slot that was given back last is taken first, since it is the likeliest to be in the
//! caches. At first slots come from one range, or from four in turn, as where four gateways have
//! slots of their own: then the orders that live lie in four places. It must not know orders: it
//! keeps a word for each.

use matchgate_core::domain::OrderHandle;

/// In how many ranges slots lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranges {
    /// One gateway's.
    #[default]
    One = 1,
    /// Four gateways', which take turns.
    Four = 4,
}

/// No slot.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The word of the order in it; of a free slot the one that is free below it.
    word: u32,
    /// Uses so far.
    generation: u32,
}

/// The slots, and a stack of free ones that is chained through them.
#[derive(Debug)]
pub(crate) struct Handles {
    slots: Vec<Slot>,
    /// The slot that is given next; [`NONE`] where all are taken.
    head: u32,
}

impl Handles {
    /// Returns those of `orders` slots, a power of two and at least 4, all free.
    pub(crate) fn new(orders: u32, ranges: Ranges) -> Self {
        debug_assert!(orders.is_power_of_two());
        let count = ranges as u32;
        let each = orders / count;
        let next = |slot: u32| match slot.checked_add(each).filter(|&next| next < orders) {
            Some(in_next_range) => in_next_range,
            None if slot % each + 1 == each => NONE,
            None => slot % each + 1,
        };
        let slot = |number: u32| Slot {
            word: next(number),
            generation: 0,
        };
        Self {
            slots: (0..orders).map(slot).collect(),
            head: 0,
        }
    }

    /// Takes a free slot for an order with a word; `None` where all of them have an order.
    #[inline(always)]
    pub(crate) fn take(&mut self, word: u32) -> Option<OrderHandle> {
        let slot = self.head;
        let taken = self.slots.get_mut(slot as usize)?;
        self.head = taken.word;
        // A slot is never used 2^32 times.
        let generation = taken.generation.wrapping_add(1);
        *taken = Slot { word, generation };
        Some(OrderHandle { slot, generation })
    }

    /// Gives a slot back, which was taken.
    #[inline(always)]
    pub(crate) fn put(&mut self, slot: u32) {
        self.slots[slot as usize].word = self.head;
        self.head = slot;
    }

    /// Returns the word of the order in a slot, which was taken.
    #[inline]
    pub(crate) fn word(&self, slot: u32) -> u32 {
        self.slots[slot as usize].word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(handles: &mut Handles, count: usize) -> Vec<Option<u32>> {
        let slots = (0..count).map(|_| Some(handles.take(7)?.slot));
        slots.collect()
    }

    #[test]
    fn slot_that_was_given_back_last_is_taken_first() {
        let mut handles = Handles::new(8, Ranges::One);
        assert_eq!(take(&mut handles, 3), [Some(0), Some(1), Some(2)]);
        handles.put(0);
        handles.put(2);
        assert_eq!(take(&mut handles, 3), [Some(2), Some(0), Some(3)]);
    }

    #[test]
    fn four_ranges_take_turns_at_first() {
        let mut handles = Handles::new(8, Ranges::Four);
        let first = take(&mut handles, 9);
        let all = [0, 2, 4, 6, 1, 3, 5, 7].map(Some);
        assert_eq!(first, [all.as_slice(), &[None]].concat());
        handles.put(4);
        assert_eq!(take(&mut handles, 2), [Some(4), None]);
    }

    #[test]
    fn every_slot_is_taken_once() {
        for ranges in [Ranges::One, Ranges::Four] {
            let mut handles = Handles::new(16, ranges);
            let mut taken: Vec<u32> = take(&mut handles, 20).into_iter().flatten().collect();
            taken.sort_unstable();
            assert_eq!(taken, (0..16).collect::<Vec<_>>());
        }
    }

    #[test]
    fn each_use_of_a_slot_is_another_handle() {
        let mut handles = Handles::new(4, Ranges::One);
        let first = handles.take(1).unwrap();
        assert_eq!(handles.word(first.slot), 1);
        handles.put(first.slot);
        let second = handles.take(2).unwrap();
        assert_eq!(first.slot, second.slot);
        assert_eq!((first.generation, second.generation), (1, 2));
    }
}
