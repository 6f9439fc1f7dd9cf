//! Handles for orders, as a gateway gives them: a free slot, and how often it was used.
//!
//! The slot that was given back last is taken first, since it is the likeliest to be in the
//! caches. Slots lie in one range, or in four that are taken from in turn, as four gateways would,
//! each of which has slots of its own. It must not know orders: it keeps a word for each.

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

const RANGES_MAX: usize = Ranges::Four as usize;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The word of the order in it; of a free slot the one that is free below it.
    word: u32,
    /// Uses so far.
    generation: u32,
}

/// The slots: a stack of free ones for each range, chained through them.
#[derive(Debug)]
pub(crate) struct Handles {
    slots: Vec<Slot>,
    /// The slot that each range gives next; one that is not there where it has none.
    heads: [u32; RANGES_MAX],
    /// Ranges less one.
    range_mask: u32,
    /// A slot without so many low bits is the number of its range.
    shift: u32,
    turn: u32,
}

impl Handles {
    /// Returns those of `orders` slots, a power of two and at least 4, all free.
    pub(crate) fn new(orders: u32, ranges: Ranges) -> Self {
        debug_assert!(orders.is_power_of_two());
        let count = ranges as u32;
        let each = orders / count;
        let slot = |number: u32| Slot {
            word: if (number + 1).is_multiple_of(each) {
                u32::MAX
            } else {
                number + 1
            },
            generation: 0,
        };
        Self {
            slots: (0..orders).map(slot).collect(),
            heads: [0, 1, 2, 3].map(|range| range * each),
            range_mask: count - 1,
            shift: each.trailing_zeros(),
            turn: 0,
        }
    }

    /// Takes a slot of the range whose turn it is, for an order with a word; `None` where all of
    /// them have an order.
    #[inline]
    pub(crate) fn take(&mut self, word: u32) -> Option<OrderHandle> {
        let range = self.turn & self.range_mask;
        self.turn = self.turn.wrapping_add(1);
        let head = &mut self.heads[range as usize % RANGES_MAX];
        let slot = *head;
        let taken = self.slots.get_mut(slot as usize)?;
        *head = taken.word;
        // A slot is never used 2^32 times.
        let generation = taken.generation.wrapping_add(1);
        *taken = Slot { word, generation };
        Some(OrderHandle { slot, generation })
    }

    /// Gives a slot back, which was taken.
    #[inline]
    pub(crate) fn put(&mut self, slot: u32) {
        let range = (slot >> self.shift) & self.range_mask;
        let head = &mut self.heads[range as usize % RANGES_MAX];
        self.slots[slot as usize].word = *head;
        *head = slot;
    }

    /// Returns the word of the order in a slot, which was taken.
    #[inline]
    pub(crate) fn word(&self, slot: u32) -> u32 {
        self.slots[slot as usize].word
    }

    /// Returns the handle of the last order in a slot.
    #[inline]
    pub(crate) fn handle(&self, slot: u32) -> OrderHandle {
        let generation = self.slots[slot as usize].generation;
        OrderHandle { slot, generation }
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
    fn four_ranges_take_turns_and_take_back_their_own() {
        let mut handles = Handles::new(8, Ranges::Four);
        let first = take(&mut handles, 8);
        assert_eq!(first, [0, 2, 4, 6, 1, 3, 5, 7].map(Some));
        handles.put(4);
        assert_eq!(take(&mut handles, 4), [None, None, Some(4), None]);
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
        assert_eq!(handles.handle(second.slot), second);
    }
}
