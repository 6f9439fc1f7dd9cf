//! Prices as decimals, exact over the whole range.

use matchgate_core::domain::Price;

/// Digits after the point that a price can have.
const PLACES: usize = 9;

/// Reads a decimal price with up to nine places, or `max` or `min`; `None` where it is none, or
/// out of range.
#[must_use]
pub fn read_price(text: &str) -> Option<Price> {
    match text {
        "max" => return Some(Price::MAX),
        "min" => return Some(Price::MIN),
        _ => {}
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > PLACES {
        return None;
    }
    let fraction = format!("{fraction:0<PLACES$}");
    let whole: i128 = whole.parse().ok()?;
    let units = whole.checked_mul(i128::from(Price::ONE))? + fraction.parse::<i128>().ok()?;
    i64::try_from(sign * units).ok().map(Price::new)
}

/// Writes a price as a decimal with at least two places; the ends of the range as `max` and `min`.
#[must_use]
pub fn price_text(price: Price) -> String {
    match price {
        Price::MAX => return "max".to_owned(),
        Price::MIN => return "min".to_owned(),
        _ => {}
    }
    let sign = if price.get() < 0 { "-" } else { "" };
    let units = price.get().unsigned_abs();
    let one = Price::ONE.unsigned_abs();
    let fraction = format!("{:09}", units % one);
    let kept = fraction.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", units / one, &fraction[..kept])
}
