//! A heap of slots by key, over memory that is set aside once: the least key first.
//!
//! A slot is in it at most once and can be taken out from the middle. It must not know what the
//! key means: a time, or the order of entry.

/// Not in the heap.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry<K> {
    key: K,
    slot: u32,
}

/// The heap.
#[derive(Debug)]
pub(crate) struct SlotHeap<K> {
    entries: Vec<Entry<K>>,
    /// Where each slot stands in `entries`.
    positions: Vec<u32>,
}

impl<K: Copy + Ord> SlotHeap<K> {
    /// Returns an empty heap for slots below `slots`.
    pub(crate) fn new(slots: u32) -> Self {
        Self {
            entries: Vec::with_capacity(slots as usize),
            positions: vec![NONE; slots as usize],
        }
    }

    /// Returns the least key, if there is one.
    #[inline]
    pub(crate) fn least_key(&self) -> Option<K> {
        self.entries.first().map(|entry| entry.key)
    }

    /// Puts a slot in, which is not in it.
    pub(crate) fn push(&mut self, key: K, slot: u32) {
        debug_assert!(self.positions[slot as usize] == NONE);
        let at = self.entries.len();
        debug_assert!(at < self.entries.capacity());
        self.entries.push(Entry { key, slot });
        self.note(at);
        self.rise(at);
    }

    /// Takes the slot of the least key out.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let slot = self.entries.first()?.slot;
        self.remove(slot);
        Some(slot)
    }

    /// Takes a slot out, if it is in.
    pub(crate) fn remove(&mut self, slot: u32) {
        let position = std::mem::replace(&mut self.positions[slot as usize], NONE);
        if position == NONE {
            return;
        }
        let at = position as usize;
        self.entries.swap_remove(at);
        if at < self.entries.len() {
            self.note(at);
            self.sink(at);
            self.rise(at);
        }
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.entries[parent].key <= self.entries[at].key {
                return;
            }
            self.swap(at, parent);
            at = parent;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            let least = [left, left + 1]
                .into_iter()
                .filter(|&child| child < self.entries.len())
                .min_by_key(|&child| self.entries[child].key);
            match least {
                Some(child) if self.entries[child].key < self.entries[at].key => {
                    self.swap(at, child);
                    at = child;
                }
                Some(_) | None => return,
            }
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.entries.swap(one, other);
        self.note(one);
        self.note(other);
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are fewer entries than slots, which have 32 bits"
    )]
    fn note(&mut self, at: usize) {
        let slot = self.entries[at].slot;
        self.positions[slot as usize] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::proptest;

    use super::SlotHeap;

    proptest! {
        #[test]
        fn slots_come_out_by_key_whatever_was_taken_from_the_middle(
            acts in vec((0_u32..32, 0_u64..100, 0..3), 1..200),
        ) {
            let mut heap = SlotHeap::new(32);
            let mut naive = BTreeSet::new();
            for (slot, key, act) in acts {
                // Keys that differ, so that the order is one.
                let key = key * 32 + u64::from(slot);
                let known = naive.iter().copied().find(|&(_, known)| known == slot);
                match (act, known) {
                    (0, None) => {
                        heap.push(key, slot);
                        naive.insert((key, slot));
                    }
                    (1, _) => {
                        heap.remove(slot);
                        naive.retain(|&(_, known)| known != slot);
                    }
                    _ => assert_eq!(heap.pop(), naive.pop_first().map(|(_, slot)| slot)),
                }
                assert_eq!(heap.least_key(), naive.first().map(|&(key, _)| key));
            }
        }
    }
}
