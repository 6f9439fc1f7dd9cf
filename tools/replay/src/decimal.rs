//! Exact decimals in text: prices, quantities and notional values as a person writes them.
//!
//! No float is made on the way.

use std::fmt;

use matchgate_core::domain::{Notional, Price};

/// Decimals of a price.
const PRICE_DECIMALS: usize = 9;

/// A whole number of 10^-decimals, shown without needless zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    units: i128,
    decimals: usize,
    /// Decimals that are shown even where they are zeros.
    decimals_min: usize,
}

impl Decimal {
    /// A price in the quote currency.
    pub(crate) fn price(price: Price) -> Self {
        Self {
            units: i128::from(price.get()),
            decimals: PRICE_DECIMALS,
            decimals_min: 0,
        }
    }

    /// A notional, in the quote currency and with its cents, of quantities with so many decimals.
    pub(crate) fn money(notional: Notional, quantity_decimals: u8) -> Self {
        Self {
            units: notional.get(),
            decimals: PRICE_DECIMALS + usize::from(quantity_decimals),
            decimals_min: 2,
        }
    }

    /// A quantity in units of 10^-`decimals`.
    pub(crate) fn quantity(quantity: u64, decimals: u8) -> Self {
        Self {
            units: i128::from(quantity),
            decimals: usize::from(decimals),
            decimals_min: 0,
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!(
            "{:0>width$}",
            self.units.unsigned_abs(),
            width = self.decimals + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals);
        let shown = fraction.trim_end_matches('0').len().max(self.decimals_min);
        let sign = if self.units < 0 { "-" } else { "" };
        let text = match &fraction[..shown] {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{fraction}"),
        };
        formatter.pad(&text)
    }
}

/// Returns the price written as `text`; `None` where it is no decimal number with at most nine
/// decimals, or does not fit.
pub(crate) fn parse_price(text: &str) -> Option<Price> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || fraction.len() > PRICE_DECIMALS
    {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<PRICE_DECIMALS$}")
        .parse()
        .ok()?;
    let units = if negative { -units } else { units };
    i64::try_from(units).ok().map(Price::new)
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::{Notional, Price};

    use super::{Decimal, parse_price};

    #[test]
    fn decimals_are_exact_and_without_needless_zeros() {
        let shown = |units| Decimal::price(Price::new(units)).to_string();
        assert_eq!(shown(0), "0");
        assert_eq!(shown(10_000_000), "0.01");
        assert_eq!(shown(-1), "-0.000000001");
        assert_eq!(shown(i64::MAX), "9223372036.854775807");
        let money = Notional::new(280_371_432_080_000_000);
        assert_eq!(Decimal::money(money, 0).to_string(), "280371432.08");
        let round = Notional::new(5_000_000_000);
        assert_eq!(Decimal::money(round, 0).to_string(), "5.00");
        assert_eq!(Decimal::money(round, 8).to_string(), "0.00000005");
        assert_eq!(
            Decimal::quantity(1_502_983_915, 8).to_string(),
            "15.02983915"
        );
        assert_eq!(Decimal::quantity(500, 0).to_string(), "500");
    }

    #[test]
    fn prices_are_read_as_they_are_shown() {
        for units in [0, 1, -1, 10_000_000, 123_456_789_012, i64::MAX, i64::MIN] {
            let price = Price::new(units);
            assert_eq!(parse_price(&Decimal::price(price).to_string()), Some(price));
        }
        for wrong in ["", "-", ".5", "1.0000000001", "1e3", "1,5", "99999999999"] {
            assert_eq!(parse_price(wrong), None, "{wrong}");
        }
    }
}
