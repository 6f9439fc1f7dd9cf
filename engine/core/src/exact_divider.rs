//! Division of what must be a multiple: how many ticks a price is, how many lots a quantity.
//!
//! A divisor that is fixed when an instrument is defined costs one multiplication here, where the
//! processor's own division costs ten. It must not know what it divides.

/// Divides by one number, exactly.
///
/// For a divisor `o * 2^s` with odd `o`, a multiple `n` has `s` low bits that are zero, and times the
/// inverse of `o` modulo 2^64 it is `n / o`; for any `n` that is no multiple of `o` that product is
/// above the largest quotient (Granlund and Montgomery, "Division by Invariant Integers using
/// Multiplication", 1994, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExactDivider {
    inverse: u64,
    /// Largest quotient by the odd part.
    quotient_max: u64,
    /// The bits that are zero in a multiple.
    low_bits: u64,
    shift: u64,
}

impl ExactDivider {
    /// One of which only zero is a multiple.
    pub(crate) const OF_NOTHING: Self = Self {
        inverse: 1,
        quotient_max: 0,
        low_bits: u64::MAX,
        shift: 0,
    };

    /// Returns the divider by `divisor`, which is not zero.
    pub(crate) const fn new(divisor: u64) -> Self {
        let shift = divisor.trailing_zeros();
        let odd = divisor >> shift;
        // Newton's iteration: each round doubles the bits that are right, from three on.
        let mut inverse = odd;
        let mut round = 0;
        while round < 5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
            round += 1;
        }
        Self {
            inverse,
            quotient_max: u64::MAX / odd,
            low_bits: (1 << shift) - 1,
            shift: shift as u64,
        }
    }

    /// Returns whether a number is a multiple.
    #[inline(always)]
    pub(crate) const fn divides(&self, number: u64) -> bool {
        let quotient = number.wrapping_mul(self.inverse);
        quotient <= self.quotient_max && number & self.low_bits == 0
    }

    /// Returns the quotient of a multiple; `None` for any other number.
    #[inline(always)]
    pub(crate) const fn divide(&self, number: u64) -> Option<u64> {
        let quotient = number.wrapping_mul(self.inverse);
        if quotient <= self.quotient_max && number & self.low_bits == 0 {
            // It is below 64.
            Some(quotient >> (self.shift & 63))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExactDivider;
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn quotient_is_that_of_plain_division(number in any::<u64>(), divisor in 1_u64..) {
            let plain = number.is_multiple_of(divisor).then(|| number / divisor);
            let divider = ExactDivider::new(divisor);
            assert_eq!(divider.divide(number), plain);
            assert_eq!(divider.divides(number), plain.is_some());
        }

        #[test]
        fn every_multiple_has_its_quotient(quotient in any::<u32>(), divisor in 1_u64..1 << 32) {
            let quotient = u64::from(quotient);
            let divided = ExactDivider::new(divisor).divide(quotient * divisor);
            assert_eq!(divided, Some(quotient));
        }
    }

    #[test]
    fn largest_numbers_divide_exactly() {
        for divisor in [1, 2, 3, 1 << 63, u64::MAX - 1, u64::MAX] {
            let divider = ExactDivider::new(divisor);
            assert_eq!(divider.divide(0), Some(0));
            assert_eq!(divider.divide(divisor), Some(1));
            let plain = u64::MAX.is_multiple_of(divisor).then(|| u64::MAX / divisor);
            assert_eq!(divider.divide(u64::MAX), plain);
        }
    }
}
