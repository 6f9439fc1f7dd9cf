//! Statistics: medians, ratios of pairs, and how sure they are.
//!
//! An interval is a bootstrap: the values are drawn again with replacement, many times, and the
//! medians of those draws are looked at. It assumes nothing of how the values are spread.

use matchgate_workloads::random::Random;
use serde::Serialize;

use crate::number::{float_of, rounded};

/// Draws of one bootstrap.
const DRAWS: usize = 10_000;

/// How sure an interval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Confidence {
    /// 95 %.
    #[serde(rename = "95 %")]
    Usual,
    /// 99 %, where a miss by chance has to be rare.
    #[serde(rename = "99 %")]
    High,
}

impl Confidence {
    /// Returns the share of the draws' medians that lie below the interval, and above it.
    const fn tail(self) -> f64 {
        match self {
            Self::Usual => 0.025,
            Self::High => 0.005,
        }
    }
}

/// The two ends of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Returns whether `value` is inside, ends included.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A median and its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// Where it lies.
    pub interval: Interval,
    /// How sure that is.
    pub confidence: Confidence,
    /// Values that it stands on.
    pub count: usize,
}

/// Returns the value below which `share` of the sorted `values` lie, between two of them by the
/// straight line; 0 where there are none.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share.clamp(0.0, 1.0) * float_of(last);
    let below = usize::try_from(rounded(place.floor())).unwrap_or(last);
    let at = |index: usize| values.get(index.min(last)).copied().unwrap_or(0.0);
    at(below) + (at(below + 1) - at(below)) * (place - place.floor())
}

/// Returns the median of `values` in any order; 0 where there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// Returns the median of `values` and its bootstrap interval; the same for the same seed. Where
/// one of them is no finite number, or there are none, neither median nor interval is a number.
#[must_use]
pub fn estimate(values: &[f64], seed: u64, confidence: Confidence) -> Estimate {
    let count = values.len();
    if count == 0 || !values.iter().all(|value| value.is_finite()) {
        return Estimate {
            median: f64::NAN,
            interval: Interval {
                low: f64::NAN,
                high: f64::NAN,
            },
            confidence,
            count,
        };
    }
    let mut random = Random::new(seed);
    let mut drawn = vec![0.0; values.len()];
    let mut medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            for value in &mut drawn {
                *value = values[random.index(values.len())];
            }
            drawn.sort_by(f64::total_cmp);
            quantile(&drawn, 0.5)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    Estimate {
        median: median(values),
        interval: Interval {
            low: quantile(&medians, confidence.tail()),
            high: quantile(&medians, 1.0 - confidence.tail()),
        },
        confidence,
        count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn quantile_goes_from_the_least_to_the_greatest() {
        let values = [10.0, 20.0, 30.0, 40.0, 50.0];
        assert_eq!(quantile(&values, 0.0), 10.0);
        assert_eq!(quantile(&values, 0.25), 20.0);
        assert_eq!(quantile(&values, 0.375), 25.0);
        assert_eq!(quantile(&values, 1.0), 50.0);
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        let estimate = estimate(&[1.5; 15], 1, Confidence::Usual);
        assert_eq!(estimate.median, 1.5);
        let expected = Interval {
            low: 1.5,
            high: 1.5,
        };
        assert_eq!(estimate.interval, expected);
        assert_eq!(estimate.count, 15);
    }

    /// By the binomial law 2.5 % of the medians of draws from 15 values are at most the fourth,
    /// and as many at least the twelfth; 0.4 % are at most the third.
    #[test]
    fn interval_of_fifteen_values_ends_about_the_fourth_and_the_twelfth() {
        let values: Vec<f64> = (1..=15).map(f64::from).collect();
        let estimate = estimate(&values, 7, Confidence::Usual);
        assert_eq!(estimate.median, 8.0);
        let Interval { low, high } = estimate.interval;
        assert!((4.0..=5.0).contains(&low), "{low}");
        assert!((11.0..=12.0).contains(&high), "{high}");
    }

    #[test]
    fn interval_holds_the_true_median_as_often_as_it_says() {
        let mut random = Random::new(3);
        let mut held = [0; 2];
        for seed in 0..400 {
            let values: Vec<f64> = (0..21)
                .map(|_| float_of(random.index(1_000_001)) / 1e6)
                .collect();
            for (held, confidence) in held.iter_mut().zip([Confidence::Usual, Confidence::High]) {
                let estimate = estimate(&values, seed, confidence);
                assert_eq!(estimate.confidence, confidence);
                *held += u32::from(estimate.interval.holds(0.5));
            }
        }
        assert!((364..=390).contains(&held[0]), "{} of 400", held[0]);
        assert!((391..=400).contains(&held[1]), "{} of 400", held[1]);
    }

    #[test]
    fn value_that_is_no_number_leaves_no_figure_and_no_end_of_the_interval() {
        let mut values = [1.0; 21];
        for bad in [f64::NAN, f64::INFINITY] {
            values[4] = bad;
            let estimate = estimate(&values, 1, Confidence::Usual);
            let Interval { low, high } = estimate.interval;
            for number in [estimate.median, low, high] {
                assert!(number.is_nan(), "{number}");
            }
        }
        assert!(estimate(&[], 1, Confidence::Usual).median.is_nan());
    }

    #[test]
    fn one_outlier_moves_neither_median_nor_interval_far() {
        let mut values: Vec<f64> = vec![1.0; 14];
        values.push(1_000.0);
        let estimate = estimate(&values, 5, Confidence::Usual);
        assert_eq!(estimate.median, 1.0);
        assert_eq!(estimate.interval.high, 1.0);
    }

    #[test]
    fn same_seed_gives_the_same_interval() {
        let values = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0, 1.5, 2.5];
        let twice = [9, 9].map(|seed| estimate(&values, seed, Confidence::Usual));
        assert_eq!(twice[0], twice[1]);
    }
}
