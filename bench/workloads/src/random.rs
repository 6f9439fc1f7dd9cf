//! Random numbers from a seed: the same on every machine (SplitMix64).

/// A generator; the same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Returns the generator of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Returns a number from 0 to below `bound`; 0 where the bound is not positive.
    pub fn ticks_below(&mut self, bound: i64) -> i64 {
        let bound = u64::try_from(bound).unwrap_or(0);
        i64::try_from(self.below(bound)).unwrap_or(0)
    }

    /// Returns an index below `length`; 0 where the length is 0.
    pub fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    /// Returns a number of 53 bits from 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    pub const fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Returns a distance from 1 to `most`, by a power law of exponent 1 in steps of octaves.
    ///
    /// Each octave, from a power of two to below the next, is as likely as each other, and within
    /// one all distances are: so twice as far is half as likely, without a logarithm.
    ///
    /// The least `most` is 1.
    pub fn power_law(&mut self, most: i64) -> i64 {
        let octaves = u64::from(i64::BITS - most.max(1).leading_zeros());
        loop {
            let first = 1 << self.below(octaves);
            let distance = first + self.ticks_below(first);
            if distance <= most.max(1) {
                return distance;
            }
        }
    }

    /// Returns a time whose median is `median` and that has no memory, in steps of the median.
    ///
    /// It survives each further median with probability one half, as an exponential one does;
    /// within a median all times are as likely.
    pub fn lifetime(&mut self, median: u64) -> u64 {
        let medians = u64::from(self.next_u64().trailing_zeros());
        medians * median + self.below(median)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_were_published() {
        let mut random = Random::new(0);
        assert_eq!(random.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next_u64(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn power_law_meets_every_octave_alike_and_nothing_beyond_its_end() {
        let mut random = Random::new(1);
        let mut octaves = [0_u32; 10];
        for _ in 0..100_000 {
            let distance = random.power_law(1_023);
            octaves[distance.ilog2() as usize] += 1;
        }
        assert!(
            octaves.iter().all(|count| count.abs_diff(10_000) < 500),
            "{octaves:?}"
        );
    }

    #[test]
    fn half_of_all_lifetimes_end_within_the_median() {
        let mut random = Random::new(1);
        let short = (0..100_000).filter(|_| random.lifetime(5_000) < 5_000);
        assert!(short.count().abs_diff(50_000) < 1_000);
    }
}
