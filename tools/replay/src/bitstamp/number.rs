//! Decimal numbers as the recorder writes them, `0.5` or `5e-05`, as whole numbers of small units.
//!
//! No float is made on the way. It must not know what is counted.

/// Significant digits that are read; more cannot fit.
const DIGITS_MAX: usize = 30;

/// Returns `text` in units of 10^-`decimals`.
///
/// # Errors
///
/// Returns a reason where it is no decimal number, is below 0, is too large, or has further
/// decimals that are not 0.
pub(crate) fn units(text: &[u8], decimals: i32) -> Result<i64, &'static str> {
    const NOT_A_NUMBER: &str = "is no decimal number";
    const TOO_LARGE: &str = "is too large";
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let exponent_at = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = match exponent_at {
        Some(at) => (&text[..at], exponent(&text[at + 1..]).ok_or(NOT_A_NUMBER)?),
        None => (text, 0),
    };
    let mut significant: i128 = 0;
    let mut digits = 0_usize;
    let mut places = None;
    for &byte in mantissa {
        match (byte, &mut places) {
            (b'.', None) => places = Some(0_i32),
            (b'0'..=b'9', places) => {
                if significant > 0 || byte != b'0' {
                    digits += 1;
                }
                if digits > DIGITS_MAX {
                    return Err(TOO_LARGE);
                }
                significant = significant * 10 + i128::from(byte - b'0');
                if let Some(places) = places {
                    *places = places.saturating_add(1);
                }
            }
            _ => return Err(NOT_A_NUMBER),
        }
    }
    let is_digit = u8::is_ascii_digit;
    if !mantissa.first().is_some_and(is_digit) || !mantissa.last().is_some_and(is_digit) {
        return Err(NOT_A_NUMBER);
    }
    if significant == 0 {
        return Ok(0);
    }
    if negative {
        return Err("is below 0");
    }
    let scale = decimals
        .saturating_add(exponent)
        .saturating_sub(places.unwrap_or(0));
    let power = 10_i128.checked_pow(scale.unsigned_abs());
    let scaled = match power {
        Some(power) if scale >= 0 => significant.checked_mul(power).ok_or(TOO_LARGE)?,
        None if scale >= 0 => return Err(TOO_LARGE),
        Some(power) if significant % power == 0 => significant / power,
        _ => return Err("has more decimals than are counted"),
    };
    i64::try_from(scaled).map_err(|_| TOO_LARGE)
}

fn exponent(text: &[u8]) -> Option<i32> {
    const DIGITS_MAX: usize = 4;
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn numbers_are_exact_with_and_without_an_exponent() {
        for (text, expected) in [
            ("0.0", 0),
            ("0e-30", 0),
            ("1e-08", 1),
            ("7.338e-05", 7_338),
            ("0.06384146", 6_384_146),
            ("138800.0", 13_880_000_000_000),
            ("1.5E+2", 15_000_000_000),
            ("0.0100000000000", 1_000_000),
            ("92233720368.54775807", i64::MAX),
        ] {
            assert_eq!(units(text.as_bytes(), 8), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_for_its_reason() {
        for (text, reason) in [
            ("", "is no decimal number"),
            ("-", "is no decimal number"),
            (".5", "is no decimal number"),
            ("5.", "is no decimal number"),
            ("1.2.3", "is no decimal number"),
            ("nan", "is no decimal number"),
            ("1e", "is no decimal number"),
            ("1e99999", "is no decimal number"),
            ("1 ", "is no decimal number"),
            ("+1", "is no decimal number"),
            ("-0.1", "is below 0"),
            ("1e-09", "has more decimals than are counted"),
            ("0.123456789", "has more decimals than are counted"),
            ("1e-9999", "has more decimals than are counted"),
            ("92233720368.54775808", "is too large"),
            ("1e9999", "is too large"),
            ("1111111111111111111111111111111", "is too large"),
        ] {
            assert_eq!(units(text.as_bytes(), 8), Err(reason), "{text}");
        }
    }
}
