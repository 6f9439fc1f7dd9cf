//! Decimal numbers in configuration files: exact, never through a float.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A decimal as it was written: a string such as `"0.01"`, or a whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(String);

/// A decimal cannot be taken as a whole number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// It is no decimal number.
    #[error("is not a decimal number such as \"0.01\"")]
    Form,
    /// It has more digits behind the point than the unit has.
    #[error("has more than {0} digits behind the point")]
    Digits(u32),
    /// It does not fit.
    #[error("is out of range")]
    Range,
}

impl Decimal {
    /// Returns the decimal that was written as `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns how it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number in units of 10^-`digits`, exactly.
    ///
    /// # Errors
    ///
    /// Returns a [`DecimalError`] where it is no decimal, has more digits, or does not fit.
    pub fn to_units(&self, digits: u32) -> Result<i128, DecimalError> {
        let (negative, text) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || text.ends_with('.') {
            return Err(DecimalError::Form);
        }
        let fraction = fraction.trim_end_matches('0');
        let missing = u32::try_from(fraction.len())
            .ok()
            .and_then(|length| digits.checked_sub(length))
            .ok_or(DecimalError::Digits(digits))?;
        let joined: i128 = format!("{whole}{fraction}")
            .parse()
            .map_err(|_| DecimalError::Range)?;
        let scale = 10_i128.checked_pow(missing).ok_or(DecimalError::Range)?;
        let units = joined.checked_mul(scale).ok_or(DecimalError::Range)?;
        Ok(if negative { -units } else { units })
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Decimal;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a decimal in quotes such as \"0.01\", or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
                Ok(Decimal(text.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
                Ok(Decimal(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Decimal, E> {
                Ok(Decimal(number.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, DecimalError};

    #[test]
    fn decimals_are_exact_units() {
        let units = |text: &str, digits| Decimal::new(text).to_units(digits);
        assert_eq!(units("565.22", 9), Ok(565_220_000_000));
        assert_eq!(units("-0.5", 9), Ok(-500_000_000));
        assert_eq!(units("1.500", 1), Ok(15));
        assert_eq!(units("0", 9), Ok(0));
        assert_eq!(units("0.12", 1), Err(DecimalError::Digits(1)));
        for bad in ["", "-", "1.", ".5", "1e3", "1,5", "+1", "1.2.3"] {
            assert_eq!(units(bad, 9), Err(DecimalError::Form), "{bad}");
        }
        assert_eq!(units(&"9".repeat(40), 0), Err(DecimalError::Range));
    }
}
