//! Bars: a figure, what it has to be, and whether it is.
//!
//! A figure passes only where its whole interval does. A void figure says nothing either way, and
//! says why.

use serde::Serialize;

use crate::statistics::{Confidence, Estimate, Interval};

/// What a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Not above.
    AtMost {
        /// It has to be this.
        must: f64,
        /// It would better be this.
        stretch: f64,
    },
    /// Not below.
    AtLeast {
        /// It has to be this.
        must: f64,
        /// It would better be this.
        stretch: f64,
    },
    /// The interval holds this value.
    Holds(f64),
    /// Nothing: the figure is only told.
    Open,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The whole interval is where it has to be.
    Pass,
    /// It is not.
    Short,
    /// The figure says nothing, for this reason.
    Void(String),
    /// There is no gate.
    Told,
}

/// One line of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Which bar.
    pub id: &'static str,
    /// Which figure of it, in a few words.
    pub what: String,
    /// The figure.
    pub figure: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Its interval, where it is an estimate.
    pub interval: Option<Interval>,
    /// How sure the interval is.
    pub confidence: Option<Confidence>,
    /// What it has to be.
    pub gate: Gate,
    /// Whether it is.
    pub verdict: Verdict,
    /// Whether the stretch is met too.
    pub stretch_met: bool,
    /// What a sceptic needs beside it.
    pub details: Vec<String>,
}

impl Bar {
    /// Returns the bar of an estimated figure; void for `void`, where there is one.
    #[must_use]
    pub fn estimated(
        (id, what): (&'static str, &str),
        estimate: &Estimate,
        unit: &'static str,
        gate: Gate,
        void: Option<String>,
    ) -> Self {
        let (verdict, stretch_met) = judge(&estimate.interval, gate, void);
        Self {
            id,
            what: what.to_owned(),
            figure: estimate.median,
            unit,
            interval: Some(estimate.interval),
            confidence: Some(estimate.confidence),
            gate,
            verdict,
            stretch_met,
            details: Vec::new(),
        }
    }

    /// Returns the bar of a figure that was counted, or is told without an interval.
    #[must_use]
    pub fn counted(
        (id, what): (&'static str, &str),
        figure: f64,
        unit: &'static str,
        gate: Gate,
        void: Option<String>,
    ) -> Self {
        let point = Interval {
            low: figure,
            high: figure,
        };
        let (verdict, stretch_met) = judge(&point, gate, void);
        Self {
            id,
            what: what.to_owned(),
            figure,
            unit,
            interval: None,
            confidence: None,
            gate,
            verdict,
            stretch_met,
            details: Vec::new(),
        }
    }

    /// Returns the bar that could not be measured.
    #[must_use]
    pub fn void(id: &'static str, what: &str, gate: Gate, reason: String) -> Self {
        Self::counted((id, what), 0.0, "", gate, Some(reason))
    }

    /// Returns it with what a sceptic needs beside it.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Returns the line: id, what, figure, unit, interval, must, stretch, verdict.
    #[must_use]
    pub fn line(&self) -> String {
        let interval = self.interval.map_or_else(String::new, |interval| {
            format!("[{}, {}]", short(interval.low), short(interval.high))
        });
        let gate = match self.gate {
            Gate::AtMost { must, stretch } => format!("must <= {must} stretch <= {stretch}"),
            Gate::AtLeast { must, stretch } => format!("must >= {must} stretch >= {stretch}"),
            Gate::Holds(value) => format!("must hold {value}"),
            Gate::Open => "no gate".to_owned(),
        };
        let gate = match self.confidence {
            Some(Confidence::High) => format!("{gate} (99 % interval)"),
            Some(Confidence::Usual) | None => gate,
        };
        let verdict = match &self.verdict {
            Verdict::Pass if self.stretch_met => "PASS (stretch met)".to_owned(),
            Verdict::Pass => "PASS".to_owned(),
            Verdict::Short => "SHORT".to_owned(),
            Verdict::Void(reason) => format!("VOID: {reason}"),
            Verdict::Told => "TOLD".to_owned(),
        };
        let figure = format!("{} {}", short(self.figure), self.unit);
        let (id, what) = (self.id, &self.what);
        format!("{id:<6}{what:<58}{figure:<14}{interval:<18}{gate:<33}{verdict}")
    }
}

/// Returns a figure with four digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        below if below < 10.0 => format!("{value:.3}"),
        below if below < 1_000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn judge(interval: &Interval, gate: Gate, void: Option<String>) -> (Verdict, bool) {
    if let Some(reason) = void {
        return (Verdict::Void(reason), false);
    }
    if !(interval.low.is_finite() && interval.high.is_finite()) {
        return (Verdict::Void("the figure is no number".to_owned()), false);
    }
    let verdict = |met| if met { Verdict::Pass } else { Verdict::Short };
    match gate {
        Gate::AtMost { must, stretch } => {
            (verdict(interval.high <= must), interval.high <= stretch)
        }
        Gate::AtLeast { must, stretch } => (verdict(interval.low >= must), interval.low >= stretch),
        Gate::Holds(value) => (verdict(interval.holds(value)), false),
        Gate::Open => (Verdict::Told, false),
    }
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every gate is met.
    Met,
    /// At least one is not.
    Missed,
    /// None is missed, but a figure is void.
    Unknown,
}

impl Outcome {
    /// Returns that of `bars`.
    #[must_use]
    pub fn of(bars: &[Bar]) -> Self {
        let any = |wanted: fn(&Verdict) -> bool| bars.iter().any(|bar| wanted(&bar.verdict));
        if any(|verdict| *verdict == Verdict::Short) {
            Self::Missed
        } else if any(|verdict| matches!(verdict, Verdict::Void(_))) {
            Self::Unknown
        } else {
            Self::Met
        }
    }

    /// Returns the exit code: 0 met, 1 missed, 3 unknown.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Met => 0,
            Self::Missed => 1,
            Self::Unknown => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, median: f64, high: f64) -> Estimate {
        Estimate {
            median,
            interval: Interval { low, high },
            confidence: Confidence::Usual,
            count: 15,
        }
    }

    fn bar(estimate: &Estimate, gate: Gate) -> Bar {
        Bar::estimated(("B0", "some ratio"), estimate, "x", gate, None)
    }

    const RATIO: Gate = Gate::AtMost {
        must: 1.05,
        stretch: 1.0,
    };

    #[test]
    fn bar_passes_only_where_its_whole_interval_does() {
        let verdict = |low, median, high| bar(&estimate(low, median, high), RATIO).verdict;
        assert_eq!(verdict(1.01, 1.02, 1.05), Verdict::Pass);
        assert_eq!(verdict(1.01, 1.02, 1.06), Verdict::Short);
        let at_least = Gate::AtLeast {
            must: 0.9,
            stretch: 0.97,
        };
        let verdict = |low| bar(&estimate(low, 0.95, 1.0), at_least).verdict;
        assert_eq!(verdict(0.9), Verdict::Pass);
        assert_eq!(verdict(0.89), Verdict::Short);
    }

    #[test]
    fn stretch_is_met_by_the_whole_interval_too() {
        assert!(bar(&estimate(0.9, 0.95, 1.0), RATIO).stretch_met);
        assert!(!bar(&estimate(0.9, 0.95, 1.01), RATIO).stretch_met);
    }

    #[test]
    fn thing_against_itself_passes_where_the_interval_holds_one() {
        let verdict = |low, high| bar(&estimate(low, 1.0, high), Gate::Holds(1.0)).verdict;
        assert_eq!(verdict(0.99, 1.01), Verdict::Pass);
        assert_eq!(verdict(1.001, 1.01), Verdict::Short);
        assert_eq!(verdict(0.9, 0.999), Verdict::Short);
    }

    #[test]
    fn void_figure_neither_passes_nor_falls_short() {
        let void = Bar::counted(("B0", "count"), 0.0, "", RATIO, Some("no cpu".to_owned()));
        assert_eq!(void.verdict, Verdict::Void("no cpu".to_owned()));
        assert_eq!(Outcome::of(&[void]), Outcome::Unknown);
    }

    #[test]
    fn figure_that_is_no_number_is_void_under_every_gate() {
        let at_least = Gate::AtLeast {
            must: 0.9,
            stretch: 0.97,
        };
        for gate in [RATIO, at_least, Gate::Holds(1.0), Gate::Open] {
            for (low, high) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::NEG_INFINITY, 1.0)] {
                let verdict = bar(&estimate(low, 1.0, high), gate).verdict;
                let expected = Verdict::Void("the figure is no number".to_owned());
                assert_eq!(verdict, expected, "{gate:?} of [{low}, {high}]");
            }
        }
    }

    #[test]
    fn line_says_where_the_interval_is_surer_than_usual() {
        let sure = Estimate {
            confidence: Confidence::High,
            ..estimate(0.99, 1.0, 1.01)
        };
        let line = bar(&sure, Gate::Holds(1.0)).line();
        assert!(
            line.contains("must hold 1 (99 % interval)      PASS"),
            "{line}"
        );
        let usual = bar(&estimate(0.99, 1.0, 1.01), Gate::Holds(1.0)).line();
        assert!(!usual.contains('%'), "{usual}");
    }

    #[test]
    fn one_missed_gate_makes_a_run_missed_whatever_else_is_void() {
        let pass = bar(&estimate(1.0, 1.0, 1.0), RATIO);
        let short = bar(&estimate(2.0, 2.0, 2.0), RATIO);
        let void = Bar::void("B0", "count", RATIO, "no cpu".to_owned());
        let told = Bar::counted(("B0", "rate"), 5.0, "M/s", Gate::Open, None);
        assert_eq!(Outcome::of(&[pass.clone(), told.clone()]), Outcome::Met);
        let mixed = [pass, void, short];
        assert_eq!(Outcome::of(&mixed), Outcome::Missed);
        assert_eq!(Outcome::of(&mixed[..2]), Outcome::Unknown);
        let codes = [Outcome::Met, Outcome::Missed, Outcome::Unknown].map(Outcome::exit_code);
        assert_eq!(codes, [0, 1, 3]);
    }

    #[test]
    fn line_holds_every_column_in_its_place() {
        let line = bar(&estimate(1.01, 1.02, 1.04), RATIO).line();
        assert_eq!(
            line,
            "B0    some ratio                                                1.020 x       \
             [1.010, 1.040]    must <= 1.05 stretch <= 1        PASS"
        );
    }
}
