//! MT19937, the 32-bit Mersenne Twister, and the draws that the workload makes of it.
//!
//! Draws are floats, and logarithm, cosine, exponential and power come from the C library through
//! the standard library. The published hashes were made with glibc: a library that rounds one of
//! them differently makes another workload.

const WORDS: usize = 624;
const SHIFT: usize = 397;
const TWIST: u32 = 0x9908_b0df;
/// Below it a draw would have no logarithm worth having.
const LEAST: f64 = 1e-300;

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Mersenne {
    words: [u32; WORDS],
    next: usize,
}

impl Mersenne {
    /// Returns the generator of `seed`, by the initialisation of 2002.
    pub(super) fn new(seed: u32) -> Self {
        let mut words = [seed; WORDS];
        for (index, position) in (1..WORDS).zip(1_u32..) {
            let before = words[index - 1];
            words[index] = (before ^ before >> 30)
                .wrapping_mul(1_812_433_253)
                .wrapping_add(position);
        }
        Self { words, next: WORDS }
    }

    /// Returns the next 32 bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    fn twist(&mut self) {
        for index in 0..WORDS {
            let next = self.words[(index + 1) % WORDS];
            let joined = self.words[index] & 0x8000_0000 | next & 0x7fff_ffff;
            let odd = if joined & 1 == 1 { TWIST } else { 0 };
            self.words[index] = self.words[(index + SHIFT) % WORDS] ^ joined >> 1 ^ odd;
        }
        self.next = 0;
    }

    /// Returns a number from 0 to below 1, of 53 bits and two words.
    pub(super) fn uniform(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// Returns whether a draw is below `share`.
    pub(super) fn happens(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// Returns an integer from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + whole(self.uniform() * f64::from(high - low + 1))
    }

    /// Returns a normal deviate: Box and Muller's cosine, of two draws; the sine is not kept.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().max(LEAST).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Makes a draw whose value nobody needs.
    pub(super) fn skip(&mut self) {
        self.uniform();
    }
}

/// Returns the integer part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the fraction is to go; a draw is from 0 to below 2^32"
)]
const fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_reference_implementation() {
        let mut generator = Mersenne::new(5_489);
        assert_eq!(generator.next_u32(), 3_499_211_612);
        for _ in 0..9_998 {
            generator.next_u32();
        }
        // What the C++ standard requires of the ten thousandth word.
        assert_eq!(generator.next_u32(), 4_123_659_995);
    }
}
