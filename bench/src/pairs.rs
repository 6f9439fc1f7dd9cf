//! Interleaved pairs: two things measured in turn, so that what the machine does meanwhile meets
//! both, and compared pair by pair.

use anyhow::Result;
use matchgate_workloads::random::Random;

use crate::statistics::{Confidence, Estimate, estimate};

/// Pairs below which a comparison is void.
pub const PAIRS_MIN: usize = 15;

/// One of the two things that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// What the bar is about.
    Subject,
    /// What it is compared with.
    Base,
}

/// The measures of both arms, pair by pair.
#[derive(Clone, Debug)]
pub struct Pairs<M> {
    seed: u64,
    measures: Vec<(M, M)>,
}

impl<M> Pairs<M> {
    /// Measures both arms `count` times in turn; which goes first in a pair is drawn from `seed`.
    ///
    /// # Errors
    ///
    /// Returns the first error of `measure`.
    pub fn run(count: usize, seed: u64, mut measure: impl FnMut(Arm) -> Result<M>) -> Result<Self> {
        let mut random = Random::new(seed);
        let mut measures = Vec::with_capacity(count);
        for _ in 0..count {
            let pair = if random.below(2) == 0 {
                let subject = measure(Arm::Subject)?;
                (subject, measure(Arm::Base)?)
            } else {
                let base = measure(Arm::Base)?;
                (measure(Arm::Subject)?, base)
            };
            measures.push(pair);
        }
        Ok(Self { seed, measures })
    }

    /// Returns the pairs: subject, base.
    #[must_use]
    pub fn measures(&self) -> &[(M, M)] {
        &self.measures
    }

    /// Returns the median over the pairs of what `of` is for the subject over what it is for the
    /// base, and its 95 % interval; no number where a window measured nothing.
    #[must_use]
    pub fn ratio(&self, of: impl Fn(&M) -> f64) -> Estimate {
        self.ratio_at(Confidence::Usual, of)
    }

    /// Returns the same with an interval that is as sure as `confidence`.
    #[must_use]
    pub fn ratio_at(&self, confidence: Confidence, of: impl Fn(&M) -> f64) -> Estimate {
        let ratios: Vec<f64> = self
            .measures
            .iter()
            .map(|(subject, base)| match [of(subject), of(base)] {
                [subject, base] if subject > 0.0 && base > 0.0 => subject / base,
                _ => f64::NAN,
            })
            .collect();
        estimate(&ratios, self.seed, confidence)
    }

    /// Returns why a comparison is void, where it is: too few pairs, or the base or the subject
    /// measured nothing.
    #[must_use]
    pub fn void_reason(&self, of: impl Fn(&M) -> f64) -> Option<String> {
        if self.measures.len() < PAIRS_MIN {
            let count = self.measures.len();
            return Some(format!("{count} pairs, at least {PAIRS_MIN} are needed"));
        }
        let is_void = |measure: &M| {
            let value = of(measure);
            !value.is_finite() || value <= 0.0
        };
        self.measures
            .iter()
            .any(|(subject, base)| is_void(subject) || is_void(base))
            .then(|| "a window measured nothing: the machine gave no time for it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(seed: u64) -> Vec<Arm> {
        let mut order = Vec::new();
        Pairs::run(40, seed, |arm| {
            order.push(arm);
            Ok(1.0)
        })
        .unwrap();
        order
    }

    #[test]
    fn each_pair_measures_both_arms_in_an_order_drawn_from_the_seed() {
        let order_1 = order(1);
        assert_eq!(order_1.len(), 80);
        for pair in order_1.chunks(2) {
            assert_ne!(pair[0], pair[1]);
        }
        let first = order_1.iter().step_by(2);
        let subject_first = first.filter(|&&arm| arm == Arm::Subject).count();
        assert!((8..=32).contains(&subject_first), "{subject_first} of 40");
        assert_eq!(order_1, order(1));
        assert_ne!(order_1, order(2));
    }

    #[test]
    fn ratio_compares_within_pairs_though_the_machine_drifts() {
        let mut drift = 1.0;
        let pairs = Pairs::run(15, 3, |arm| {
            drift *= 1.02;
            Ok(match arm {
                Arm::Subject => 1.1 * drift,
                Arm::Base => drift,
            })
        })
        .unwrap();
        let ratio = pairs.ratio(|&value| value);
        assert!((1.07..1.13).contains(&ratio.median), "{ratio:?}");
        assert_eq!(pairs.void_reason(|&value| value), None);
    }

    #[test]
    fn too_few_pairs_and_empty_windows_void_a_comparison() {
        let few = Pairs::run(14, 1, |_| Ok(1.0)).unwrap();
        assert_eq!(
            few.void_reason(|&value| value).unwrap(),
            "14 pairs, at least 15 are needed"
        );
        let mut calls = 0;
        let empty = Pairs::run(15, 1, |_| {
            calls += 1;
            Ok(if calls == 9 { 0.0 } else { 1.0 })
        })
        .unwrap();
        assert_eq!(
            empty.void_reason(|&value| value).unwrap(),
            "a window measured nothing: the machine gave no time for it"
        );
        assert!(empty.ratio(|&value| value).median.is_nan());
    }

    #[test]
    fn error_of_a_window_ends_the_run() {
        let failed = Pairs::<f64>::run(15, 1, |_| anyhow::bail!("no socket"));
        assert_eq!(failed.unwrap_err().to_string(), "no socket");
    }
}
