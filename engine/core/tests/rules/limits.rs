//! The ends of the number ranges: nothing wraps, nothing panics.

use super::check;

/// The lowest and the highest price that an instrument may have, and their neighbours.
const ENDS: [(&str, &str); 4] = [
    ("LOWEST", "-9223372036.854775807"),
    ("LOWER", "-9223372036.854775806"),
    ("HIGHER", "9223372036.854775805"),
    ("HIGHEST", "9223372036.854775806"),
];

/// Takes every price and quantity that can be written, in steps of one.
const BOUNDLESS: &str = "> instrument 2 tick=0.000000001 low=LOWEST high=HIGHEST \
                           max=18446744073709551615
                         < instrument 2\n";

/// Runs a script in which `i2` stands for an instrument without bounds, and words for [`ENDS`].
fn check_boundless(script: &str) {
    let mut script = format!("{BOUNDLESS}{script}").replace("i2", "instrument=2");
    for (word, price) in ENDS {
        script = script.replace(word, price);
    }
    check(&script);
}

#[test]
fn zero_and_negative_prices_trade_in_their_order() {
    check_boundless(
        "+ 1 sell 10 @ 0.00 day i2
         + 2 sell 10 @ -1.00 day i2
         + 3 sell 10 @ 1.00 day i2
         = bids asks 2 1 3 i2
         > 4 buy 25 @ 0.00 day i2
         < 4 new leaves=25
         < 4 trade 10 @ -1.00 resting=2 cumulative=10 leaves=15
         < 4 trade 10 @ 0.00 resting=1 cumulative=20 leaves=5
         = bid 5 @ 0.00 ask 10 @ 1.00 i2
         > 5 sell 5 @ -3.00 ioc i2
         < 5 new leaves=5
         < 5 trade 5 @ 0.00 resting=4 cumulative=5 leaves=0",
    );
}

#[test]
fn extreme_prices_and_quantities_rest_and_trade() {
    for extreme in ["LOWEST", "HIGHEST"] {
        check_boundless(&format!(
            "+ 1 sell 18446744073709551614 @ {extreme} day i2
             + 2 sell 1 @ {extreme} day i2
             > 3 sell 1 @ {extreme} day i2
             < 3 rejected LevelQuantity
             = bid - ask 18446744073709551615 @ {extreme} i2
             > 3 buy 18446744073709551615 @ {extreme} ioc i2
             < 3 new leaves=18446744073709551615
             < 3 trade 18446744073709551614 @ {extreme} resting=1 \
                 cumulative=18446744073709551614 leaves=1
             < 3 trade 1 @ {extreme} resting=2 cumulative=18446744073709551615 leaves=0
             = bid - ask - i2"
        ));
    }
}

#[test]
fn best_prices_at_both_ends_do_not_cross() {
    check_boundless(
        "+ 1 buy 18446744073709551615 @ LOWEST day i2
         + 2 sell 18446744073709551615 @ HIGHEST day i2
         = bid 18446744073709551615 @ LOWEST ask 18446744073709551615 @ HIGHEST i2
         > 3 sell 1 @ LOWEST day i2
         < 3 new leaves=1
         < 3 trade 1 @ LOWEST resting=1 cumulative=1 leaves=0
         > 3 buy 1 @ HIGHEST day i2
         < 3 new leaves=1
         < 3 trade 1 @ HIGHEST resting=2 cumulative=1 leaves=0",
    );
}

#[test]
fn neighbours_at_both_ends_are_different_prices() {
    check_boundless(
        "+ 1 sell 1 @ HIGHER day i2
         + 2 sell 1 @ HIGHEST day i2
         + 3 buy 1 @ LOWER day i2
         + 4 buy 1 @ LOWEST day i2
         = depth bid 1 @ LOWER, 1 @ LOWEST ask 1 @ HIGHER, 1 @ HIGHEST i2
         > 5 buy 2 @ HIGHER ioc i2
         < 5 new leaves=2
         < 5 trade 1 @ HIGHER resting=1 cumulative=1 leaves=1
         < 5 canceled 1 immediate
         > 5 sell 2 @ LOWER ioc i2
         < 5 new leaves=2
         < 5 trade 1 @ LOWER resting=3 cumulative=1 leaves=1
         < 5 canceled 1 immediate",
    );
}

#[test]
fn notional_is_compared_without_overflow_at_either_sign() {
    let [lowest, highest] =
        [i64::MIN + 1, i64::MAX - 1].map(|price| i128::from(price) * i128::from(u64::MAX));
    for (limit, price, quantity, taken) in [
        (highest, "HIGHEST", u64::MAX, true),
        (highest - 1, "HIGHEST", u64::MAX, false),
        (-lowest, "LOWEST", u64::MAX, true),
        (-lowest - 1, "LOWEST", u64::MAX, false),
        (0, "0.00", u64::MAX, true),
        (0, "-0.000000001", 1, false),
        (10, "-0.000000005", 2, true),
        (9, "-0.000000005", 2, false),
    ] {
        let answer = if taken {
            format!("< 1 new leaves={quantity}")
        } else {
            "< 1 rejected NotionalAboveMaximum".to_owned()
        };
        check_boundless(&format!(
            "> instrument 2 tick=0.000000001 low=LOWEST high=HIGHEST max={} notional={limit}
             < instrument 2
             > 1 buy {quantity} @ {price} day i2
             {answer}",
            u64::MAX
        ));
    }
}

#[test]
fn tick_is_exact_at_the_ends_of_the_range() {
    for (tick, price, taken) in [
        ("max", "0.00", true),
        ("max", "-9223372036.854775807", true),
        ("max", "9223372036.854775806", false),
        ("max", "0.000000001", false),
        ("9223372036.854775806", "9223372036.854775806", true),
        ("9223372036.854775806", "-9223372036.854775806", true),
        ("9223372036.854775806", "-9223372036.854775807", false),
        ("4611686018.427387904", "4611686018.427387904", true),
        ("4611686018.427387904", "-4611686018.427387904", true),
        ("4611686018.427387904", "9223372036.854775806", false),
    ] {
        let answer = if taken {
            "< 1 new leaves=1"
        } else {
            "< 1 rejected PriceOffTick"
        };
        check(&format!(
            "> instrument 2 tick={tick} low=-9223372036.854775807 high=9223372036.854775806
             < instrument 2
             > 1 buy 1 @ {price} day instrument=2
             {answer}"
        ));
    }
}

#[test]
fn lowest_and_highest_number_are_no_price_of_an_instrument() {
    check(
        "> instrument 2 low=min
         > instrument 2 high=max
         > instrument 2 low=min high=max
         > 1 buy 1 @ 10.00 day instrument=2
         < 1 rejected UnknownSymbol",
    );
}

#[test]
fn lot_is_exact_at_the_end_of_the_range() {
    check(
        "> instrument 0 lot=18446744073709551615 max=18446744073709551615
         < instrument 0
         > 1 buy 18446744073709551614 @ 1.00 day
         < 1 rejected QuantityOffLot
         + 1 buy 18446744073709551615 @ 1.00 day",
    );
}

#[test]
fn replace_to_the_largest_total_keeps_quantities_exact() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 sell 10 @ 10.00 day
         > 2 buy 4 @ 10.00 ioc
         < 2 new leaves=4
         < 2 trade 4 @ 10.00 resting=1 cumulative=4 leaves=0
         > 1 replace 18446744073709551615 @ 10.00
         < 1 replaced 18446744073709551615 @ 10.00 leaves=18446744073709551611 priority=lost
         = bid - ask 18446744073709551611 @ 10.00",
    );
}

#[test]
fn smaller_largest_quantity_forgets_no_order_that_is_larger() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 buy 18446744073709551615 @ 10.00 day
         > instrument 0 max=1000
         < instrument 0
         > 2 buy 1 @ 10.00 day
         < 2 rejected LevelQuantity
         + 3 buy 1 @ 9.99 day
         > 3 replace 1 @ 10.00
         < 3 refused LevelQuantity
         = bids 1 3 asks",
    );
}

#[test]
fn displayed_sum_at_a_price_that_would_not_fit_is_refused() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 buy 18446744073709551610 @ 10.00 day
         + 2 buy 5 @ 10.00 day
         > 3 buy 1 @ 10.00 day
         < 3 rejected LevelQuantity
         > 2 replace 6 @ 10.00
         < 2 refused LevelQuantity
         + 3 buy 1 @ 9.99 day
         > 3 replace 1 @ 10.00
         < 3 refused LevelQuantity
         > 1 reduce 18446744073709551609
         < 1 reduced 18446744073709551609 leaves=18446744073709551609
         + 4 buy 1 @ 10.00 day
         = depth bid 18446744073709551615 @ 10.00, 1 @ 9.99 ask -",
    );
}

#[test]
fn order_that_goes_to_the_back_of_its_price_counts_once() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 buy 100 @ 10.00 day display=10
         + 2 buy 18446744073709551600 @ 10.00 day
         + 3 buy 5 @ 10.00 day
         > 1 replace 200 @ 10.00
         < 1 replaced 200 @ 10.00 leaves=200 priority=lost
         > 3 replace 6 @ 10.00
         < 3 refused LevelQuantity
         > 2 reduce 18446744073709551599
         < 2 reduced 18446744073709551599 leaves=18446744073709551599
         > 3 replace 6 @ 10.00
         < 3 replaced 6 @ 10.00 leaves=6 priority=lost
         = bid 18446744073709551615 @ 10.00 ask -",
    );
}

#[test]
fn next_part_of_an_iceberg_always_fits_the_sum_at_its_price() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 buy 100 @ 10.00 day display=10
         > 2 sell 5 @ 10.00 ioc
         < 2 new leaves=5
         < 2 trade 5 @ 10.00 resting=1 cumulative=5 leaves=0
         > 3 buy 18446744073709551610 @ 10.00 day
         < 3 rejected LevelQuantity
         + 3 buy 18446744073709551520 @ 10.00 day
         > 5 sell 5 @ 10.00 ioc
         < 5 new leaves=5
         < 5 trade 5 @ 10.00 resting=1 cumulative=5 leaves=0
         < 1 restated @ 10.00 displayed=10 refreshed",
    );
}

#[test]
fn protection_beyond_the_range_is_none() {
    check_boundless(
        "> instrument 2 tick=0.000000001 low=LOWEST high=HIGHEST max=100 protection=9000000000
         < instrument 2
         + 1 sell 1 @ 5000000000 day i2
         + 2 sell 1 @ HIGHEST day i2
         > 3 buy 3 market i2
         < 3 new leaves=3
         < 3 trade 1 @ 5000000000.00 resting=1 cumulative=1 leaves=2
         < 3 trade 1 @ HIGHEST resting=2 cumulative=2 leaves=1
         < 3 canceled 1 market
         + 4 buy 1 @ -5000000000 day i2
         + 5 buy 1 @ LOWEST day i2
         > 6 sell 3 market i2
         < 6 new leaves=3
         < 6 trade 1 @ -5000000000.00 resting=4 cumulative=1 leaves=2
         < 6 trade 1 @ LOWEST resting=5 cumulative=2 leaves=1
         < 6 canceled 1 market",
    );
}

#[test]
fn protection_of_nothing_takes_the_best_price_alone() {
    check(
        "> instrument 0 protection=0.00
         < instrument 0
         + 1 sell 1 @ 10.00 day
         + 2 sell 1 @ 10.01 day
         > 3 buy 3 market
         < 3 new leaves=3
         < 3 trade 1 @ 10.00 resting=1 cumulative=1 leaves=2
         < 3 canceled 2 protection",
    );
}

#[test]
fn middle_of_the_whole_range_is_exact() {
    check_boundless(
        "+ 1 buy 1 @ LOWEST day i2
         + 2 sell 1 @ HIGHEST day i2
         + 3 buy 5 peg i2
         + 4 sell 5 peg i2
         > 5 sell 1 @ -0.000000001 ioc i2
         < 5 new leaves=1
         < 5 trade 1 @ -0.000000001 resting=3 cumulative=1 leaves=0
         > 5 buy 1 @ 0.00 ioc i2
         < 5 new leaves=1
         < 5 trade 1 @ 0.00 resting=4 cumulative=1 leaves=0",
    );
}

#[test]
fn stops_at_the_ends_of_the_range_are_released() {
    check_boundless(
        "+ 1 buy 1 stop=HIGHEST @ HIGHEST i2
         + 2 sell 1 stop=LOWEST @ LOWEST i2
         + 3 sell 1 @ HIGHEST day i2
         > 4 buy 1 @ HIGHEST ioc i2
         < 4 new leaves=1
         < 4 trade 1 @ HIGHEST resting=3 cumulative=1 leaves=0
         < 1 triggered
         > 5 sell 1 @ LOWEST ioc i2
         < 5 new leaves=1
         < 5 trade 1 @ HIGHEST resting=1 cumulative=1 leaves=0
         = waiting 2 i2",
    );
}

#[test]
fn expire_time_may_be_the_last_nanosecond() {
    check(
        "+ 1 buy 1 @ 10.00 gtd=18446744073709551615
         > time 18446744073709551614
         > time 18446744073709551615
         < 1 expired 1",
    );
}

#[test]
fn generations_and_slots_at_their_ends_are_answers() {
    check(
        "+ 31 buy 1 @ 10.00 day generation=4294967295
         > 31 cancel
         < 31 canceled 1 requested
         > 31 buy 1 @ 10.00 day generation=4294967295
         < 31 rejected HandleNotFree
         > 4294967295 buy 1 @ 10.00 day generation=4294967295
         < 4294967295 rejected SlotNotLent",
    );
}
