//! The bars, each with what it measures and against what.

mod allocations;
mod book;
mod choices;
mod deep_ratio;
mod duel;
mod echo_ratio;
mod engine;
mod engine_tail;
mod flows;
mod hardware;
mod instructions;
mod itself;
mod journal_ratio;
mod meb_hand_over;
mod meb_ratio;
mod mix_ratio;
mod open_loop_tail;
mod oracle;
mod paced_ratio;
mod replay_ratio;
mod ring_ratio;
mod session_load;
mod split;
mod sweeps;
mod wire_ratio;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use matchgate_runtime::Clock;

use crate::bar::Bar;
use crate::latencies::Latencies;
use crate::machine::{Cpus, RoundTrip, Steal, hiccups, ping_pong};
use crate::number::{float, float_of, rounded};
pub use choices::{CHOICES, Choice, choose};

/// The longest window of a wire measurement: pairs are worth more than long windows.
const WINDOW_NS_MAX: u64 = 2_000_000_000;
/// A window of hiccups is this share of one of measurement.
const HICCUP_SHARE: u64 = 10;

/// How long and how often to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Pairs of a comparison, and passes of a figure without one.
    pub pairs: usize,
    /// Seconds that the windows of one bar last in all.
    pub seconds: f64,
    /// Commands of one pass over a workload.
    pub commands: usize,
    /// Commands over which what must not happen is counted.
    pub counted_commands: usize,
    /// Seed of workloads, orders of pairs and intervals.
    pub seed: u64,
    /// Where results are written, and journals while they are needed.
    pub folder: PathBuf,
    /// The `matchgate` program; `None` for the one beside this program.
    pub server: Option<PathBuf>,
}

/// A run of some bars: what one has found that another stands on.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    clock: Clock,
    /// The reactor's echo over the plain one once it was measured, or why that was void.
    echo_ratio: Option<Result<f64, String>>,
}

impl Run {
    /// Returns a run that has measured nothing.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            clock: Clock::new(),
            echo_ratio: None,
        }
    }

    /// Measures one bar: its lines. What keeps it from being measured makes it void. The last
    /// detail of the last line says how long it took and what the host took meanwhile.
    pub fn measure(&mut self, choice: &Choice) -> Vec<Bar> {
        let steal = Steal::read();
        let began = Instant::now();
        let mut bars = match (choice.measure)(self) {
            Ok(bars) => bars,
            Err(error) => {
                let reason = format!("{error:#}");
                vec![Bar::void(choice.id, "not measured", choice.gate, reason)]
            }
        };
        if let Some(last) = bars.last_mut() {
            last.details.push(format!(
                "took {:.1} s; steal {:.2} %",
                began.elapsed().as_secs_f64(),
                Steal::read().percent_since(&steal)
            ));
        }
        bars
    }

    /// Returns how long one window of a wire comparison lasts.
    fn window_ns(&self) -> u64 {
        let windows = 2.0 * float_of(self.plan.pairs.max(1));
        rounded(1e9 * self.plan.seconds / windows).clamp(1_000_000, WINDOW_NS_MAX)
    }

    /// Writes histograms beside the other results; nanoseconds.
    fn write_log(&self, name: &str, named: &[(&str, &Latencies)]) -> Result<()> {
        let lasted = Duration::from_secs_f64(self.plan.seconds);
        Latencies::write_log(&self.plan.folder.join(name), named, lasted)
    }
}

/// What the machine did to a figure of two cores.
#[derive(Debug)]
struct Surroundings {
    cpus: Cpus,
    before_ns: u64,
    hiccups: Latencies,
    gap_max_ns: u64,
}

impl Surroundings {
    /// Looks at the two cores before the figure is measured.
    fn before(cpus: Cpus) -> Result<Self> {
        Ok(Self {
            cpus,
            before_ns: ping_pong(cpus)?,
            hiccups: Latencies::new(),
            gap_max_ns: 0,
        })
    }

    /// Spins for a tenth of `window_ns` on the calling thread, in probes of `probe_ns`.
    fn spin(&mut self, clock: &Clock, window_ns: u64, probe_ns: u64) {
        let gap_ns = hiccups(
            clock,
            window_ns / HICCUP_SHARE,
            probe_ns.max(1),
            &mut self.hiccups,
        );
        self.gap_max_ns = self.gap_max_ns.max(gap_ns);
    }

    /// Looks at the two cores again; returns what to print.
    fn after(self) -> Result<(Vec<String>, Latencies)> {
        let trip = RoundTrip {
            before_ns: self.before_ns,
            after_ns: ping_pong(self.cpus)?,
        };
        let lines = vec![
            trip.line(),
            format!(
                "hiccups of the client's cpu, {}; longest gap {:.1} us",
                self.hiccups.line(),
                float(self.gap_max_ns) / 1e3
            ),
        ];
        Ok((lines, self.hiccups))
    }
}
