//! Which places of a window hold a level: one bit a place, with two summaries above.
//!
//! The next one below is found with three looks at most; one above is looked for only where a window
//! moves. Places form a circle: the one below the first is the last. It must not know prices.

/// Bits in a word.
const WORD_BITS: usize = 64;
const WORDS: usize = 1_024;
const BLOCKS: usize = WORDS / WORD_BITS;
/// Places in the circle: what is looked at of it stays in the first cache, and the price of nearly
/// every instrument stays within so many ticks for a long time.
pub(super) const PLACES: usize = WORDS * WORD_BITS;

/// A circle of bits.
#[derive(Debug)]
pub(super) struct TickBitmap(Box<Bits>);

/// Its sizes are constants, so that no look at them is checked against a length.
#[derive(Debug)]
struct Bits {
    /// One bit a place.
    words: [u64; WORDS],
    /// One bit a word.
    blocks: [u64; BLOCKS],
    /// One bit a block.
    top: u64,
}

impl TickBitmap {
    /// Returns one of clear bits.
    pub(super) fn new() -> Self {
        Self(Box::new(Bits {
            words: [0; WORDS],
            blocks: [0; BLOCKS],
            top: 0,
        }))
    }

    /// Returns whether a bit is set.
    #[inline(always)]
    pub(super) fn has(&self, place: usize) -> bool {
        self.0.words[place / WORD_BITS % WORDS] & bit(place) != 0
    }

    /// Sets a bit.
    #[inline(always)]
    pub(super) fn set(&mut self, place: usize) {
        let number = place / WORD_BITS % WORDS;
        let word = &mut self.0.words[number];
        let first = *word == 0;
        *word |= bit(place);
        if first {
            self.0.blocks[number / WORD_BITS] |= bit(number);
            self.0.top |= bit(number / WORD_BITS);
        }
    }

    /// Clears a bit.
    #[inline(always)]
    pub(super) fn clear(&mut self, place: usize) {
        let number = place / WORD_BITS % WORDS;
        let word = &mut self.0.words[number];
        *word &= !bit(place);
        if *word == 0 {
            let block = &mut self.0.blocks[number / WORD_BITS];
            *block &= !bit(number);
            if *block == 0 {
                self.0.top &= !bit(number / WORD_BITS);
            }
        }
    }

    /// Returns the set bit nearest to `place` going down around the circle, `place` itself
    /// included; `None` where none is set.
    pub(super) fn next_down(&self, place: usize) -> Option<usize> {
        if self.has(place) {
            return Some(place % PLACES);
        }
        self.next_down_near(place)
            .or_else(|| self.next_down_beyond_block(place))
    }

    /// Returns the set bit nearest to `place` going down in its word or block, if there is one.
    #[inline(always)]
    pub(super) fn next_down_near(&self, place: usize) -> Option<usize> {
        let number = place / WORD_BITS % WORDS;
        let here = self.0.words[number] & (bit(place) - 1);
        if here != 0 {
            return Some((number * WORD_BITS) | highest(here));
        }
        let here = self.0.blocks[number / WORD_BITS] & (bit(number) - 1);
        if here == 0 {
            return None;
        }
        Some(self.highest_of(number / WORD_BITS, here))
    }

    /// Returns the set bit nearest to the block of `place` going down, and around the circle to that
    /// block itself; `None` where none is set.
    pub(super) fn next_down_beyond_block(&self, place: usize) -> Option<usize> {
        let below = self.0.top & (bit(place / WORD_BITS / WORD_BITS % BLOCKS) - 1);
        // Around the circle where no lower block has one.
        let nearest = if below == 0 { self.0.top } else { below };
        let block = nearest.checked_ilog2()? as usize % BLOCKS;
        Some(self.highest_of(block, self.0.blocks[block]))
    }

    /// Returns the highest place of some words of a block, of which each has one.
    #[inline(always)]
    fn highest_of(&self, block: usize, words: u64) -> usize {
        let number = ((block * WORD_BITS) | highest(words)) % WORDS;
        (number * WORD_BITS) | highest(self.0.words[number])
    }

    /// Returns the set bit nearest to `place` going up around the circle, `place` itself included;
    /// `None` where none is set.
    pub(super) fn next_up(&self, place: usize) -> Option<usize> {
        let number = place / WORD_BITS % WORDS;
        let here = self.0.words[number] & (u64::MAX << (place % WORD_BITS));
        if here != 0 {
            return Some(number * WORD_BITS + lowest(here));
        }
        let block = number / WORD_BITS;
        let above = self.0.blocks[block] & !(bit(number) | (bit(number) - 1));
        let others = (1..=BLOCKS).map(|distance| (block + distance) % BLOCKS);
        let (block, words) = std::iter::once((block, above))
            .chain(others.map(|block| (block, self.0.blocks[block])))
            .find(|&(_, words)| words != 0)?;
        let number = block * WORD_BITS + lowest(words);
        Some(number * WORD_BITS + lowest(self.0.words[number]))
    }
}

/// Returns the bit of a place in its word.
#[inline]
const fn bit(place: usize) -> u64 {
    1 << (place % WORD_BITS)
}

/// Returns the number of the highest bit of a word that is not zero.
#[inline]
const fn highest(word: u64) -> usize {
    (63 ^ word.leading_zeros()) as usize
}

/// Returns the number of the lowest bit of a word that is not zero.
#[inline]
const fn lowest(word: u64) -> usize {
    word.trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::{PLACES, TickBitmap};

    fn check(changes: &[(bool, usize)], from: usize) {
        let mut bitmap = TickBitmap::new();
        let mut naive = BTreeSet::new();
        for &(set, place) in changes {
            if set {
                naive.insert(place);
                bitmap.set(place);
            } else {
                naive.remove(&place);
                bitmap.clear(place);
            }
            for from in [place, from] {
                let down = naive.range(..=from).next_back().or(naive.last());
                assert_eq!(bitmap.next_down(from), down.copied());
                let up = naive.range(from..).next().or(naive.first());
                assert_eq!(bitmap.next_up(from), up.copied());
            }
        }
    }

    proptest! {
        #[test]
        fn neighbours_are_those_of_an_ordered_set(
            near in vec((any::<bool>(), 0..200_usize), 1..100),
            far in vec((any::<bool>(), 0..PLACES), 1..100),
            from in 0..PLACES,
        ) {
            check(&near, from);
            check(&far, from);
        }
    }
}
