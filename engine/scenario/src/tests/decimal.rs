//! Prices as decimals.

use matchgate_core::domain::Price;

use crate::{price_text, read_price};

#[test]
fn price_is_written_with_at_least_two_places() {
    for (units, text) in [
        (0, "0.00"),
        (10_000_000_000, "10.00"),
        (10_005_000_000, "10.005"),
        (-1, "-0.000000001"),
        (-1_500_000_000, "-1.50"),
        (i64::MAX, "max"),
        (i64::MIN, "min"),
        (i64::MAX - 1, "9223372036.854775806"),
        (i64::MIN + 1, "-9223372036.854775807"),
    ] {
        assert_eq!(price_text(Price::new(units)), text);
        assert_eq!(read_price(text), Some(Price::new(units)));
    }
}

#[test]
fn what_is_no_price_in_range_is_not_read() {
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1.0000000001",
        "1e5",
        "+1",
        "--1",
        "1.-5",
        "9223372036.854775808",
        "-9223372036.854775809",
        "99999999999999999999999999999999999999999",
        "ten",
    ] {
        assert_eq!(read_price(text), None, "{text}");
    }
    assert_eq!(read_price("9223372036.854775807"), Some(Price::MAX));
    assert_eq!(read_price("-9223372036.854775808"), Some(Price::MIN));
}
