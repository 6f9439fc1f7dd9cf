//! Numbers: the few conversions between counts and floats that statistics need.

/// Returns a count as a float; exact up to 2^53.
#[must_use]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// Returns a length as a float.
#[must_use]
pub fn float_of(length: usize) -> f64 {
    length as f64
}

/// Returns a length as a count.
#[must_use]
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Returns a float rounded to the nearest count; 0 for what is below it or no number.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates, and no number becomes 0, as the page says"
)]
pub fn rounded(value: f64) -> u64 {
    value.round() as u64
}
