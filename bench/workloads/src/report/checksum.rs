//! A sum over answers that a timed pass can afford: four words a record, no branch.

use super::Report;

/// Odd constants without a pattern: digits of the golden ratio, and of the roots of 2, 3, 5, 7.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const KEYS: [u64; 4] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
];

/// Returns the sum with `report` in it; the empty sum is 0.
///
/// It depends on every field of every record and on their order. Two books that answer the same
/// in the same order come to the same sum; other answers come to another one unless somebody looks
/// for a collision, which it does nothing against: beside it there is [`super::sha256`].
#[inline]
#[must_use]
pub fn fold(sum: u64, report: &Report) -> u64 {
    let head = u64::from(report.sequence)
        | u64::from(report.kind as u8) << 32
        | u64::from(report.side as u8) << 40;
    let orders = u64::from(report.order) | u64::from(report.aggressor) << 32;
    // The two products do not wait for the sum; only the last step does.
    let record = multiply(head ^ KEYS[0], orders ^ KEYS[1])
        ^ multiply(
            report.price.cast_unsigned() ^ KEYS[2],
            report.quantity ^ KEYS[3],
        );
    (sum.rotate_left(29) ^ record).wrapping_mul(GOLDEN)
}

/// Returns both halves of the product, one upon the other.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted, the high half fits"
)]
fn multiply(one: u64, other: u64) -> u64 {
    let wide = u128::from(one) * u128::from(other);
    wide as u64 ^ (wide >> 64) as u64
}
