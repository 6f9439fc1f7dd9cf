//! Seeded numbers: the same for the same seed, on any machine.
//!
//! SplitMix64; good enough for order flow, of no use for secrets.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Starts the stream of `seed` for `purpose`, so that one seed serves many streams.
    pub(crate) const fn new(seed: u64, purpose: u64) -> Self {
        Self {
            state: seed ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93),
        }
    }

    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`, which is above 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let scaled = (self.next() >> 32) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("a product of two 32-bit numbers has 64 bits")
    }
}
