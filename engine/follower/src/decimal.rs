//! Decimal texts of exact integers: for people and for systems that read text. No float.

/// Returns `units` x 10^`exponent` in decimal notation, without an exponent, without trailing
/// zeros after the point and without a bare point.
#[must_use]
pub fn decimal_text(units: i128, exponent: i8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = units.unsigned_abs().to_string();
    let places = usize::from(exponent.unsigned_abs());
    if exponent >= 0 {
        let zeros = if units == 0 { 0 } else { places };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn point_stands_where_the_exponent_says() {
        let cases = [
            (101_250_000_000, -9, "101.25"),
            (100_000_000_000, -9, "100"),
            (1, -9, "0.000000001"),
            (-1, -9, "-0.000000001"),
            (-2_500_000_000, -9, "-2.5"),
            (0, -9, "0"),
            (0, 3, "0"),
            (150, 0, "150"),
            (15, 2, "1500"),
            (123_456_789, -8, "1.23456789"),
            (i128::from(u64::MAX), -8, "184467440737.09551615"),
            (i128::from(i64::MIN), -9, "-9223372036.854775808"),
        ];
        for (units, exponent, text) in cases {
            assert_eq!(decimal_text(units, exponent), text);
        }
    }
}
