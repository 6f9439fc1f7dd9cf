//! B9: one operation that does much: a sweep through many orders, a cancel of all of an account.

use anyhow::{Result, ensure};
use matchgate_runtime::Clock;
use matchgate_subjects::sweep_run::{BookSweep, ShardSweep, Struck, Sweeps};
use matchgate_workloads::sweep::{Book, Strike};

use super::Run;
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::float;
use crate::statistics::{Confidence, estimate};
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtMost {
    must: 20.0,
    stretch: 12.0,
};
const GATE_CANCEL: Gate = Gate::AtMost {
    must: 30.0,
    stretch: 20.0,
};
const MAKERS: [usize; 3] = [100, 1_000, 10_000];
/// Orders struck in a window at the least, so that the clock's own steps do not show.
const STRUCK_MIN: usize = 100_000;
/// Orders on a level, some.
const MAKERS_PER_LEVEL: usize = 10;

/// Measures both.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let mut bars = Vec::new();
    for makers in MAKERS {
        let sweeps = sweeps(run, makers, Strike::Sweep(makers))?;
        let levels = levels_of(makers);
        let what = format!("W4, sweep of {makers} on {levels} levels: ns a fill");
        bars.push(bar(run, cpus, &sweeps, (&what, GATE))?);
    }
    let most = MAKERS[MAKERS.len() - 1];
    let sweeps = sweeps(run, most, Strike::CancelAll)?;
    let levels = levels_of(most);
    let what = format!("W4, cancel of all {most} on {levels} levels: ns an order");
    bars.push(bar(run, cpus, &sweeps, (&what, GATE_CANCEL))?);
    Ok(bars)
}

const fn levels_of(makers: usize) -> usize {
    makers / MAKERS_PER_LEVEL
}

fn sweeps(run: &Run, makers: usize, strike: Strike) -> Result<Sweeps> {
    let levels = u32::try_from(levels_of(makers))?;
    let rounds = (STRUCK_MIN / makers).max(1);
    Ok(Sweeps::new(
        run.plan.seed,
        Book { makers, levels },
        strike,
        rounds,
    )?)
}

/// Measures the book alone and the shard; what the bar is about depends on the strike: a sweep is
/// the book's, a cancel of all the shard's.
fn bar(run: &Run, cpus: Cpus, sweeps: &Sweeps, (what, gate): (&str, Gate)) -> Result<Bar> {
    let clock = &run.clock;
    let passes = run.plan.pairs;
    let (book, shard) = pinned(cpus.hot, || {
        let book: Vec<f64> = (0..passes)
            .map(|_| book_pass(sweeps, clock))
            .collect::<Result<_>>()?;
        let shard: Vec<f64> = (0..passes)
            .map(|_| shard_pass(sweeps, clock))
            .collect::<Result<_>>()?;
        Ok((book, shard))
    })?;
    let of = |values: &[f64]| estimate(values, run.plan.seed, Confidence::Usual);
    let (book, shard) = (of(&book), of(&shard));
    let is_cancel = gate == GATE_CANCEL;
    let details = vec![format!(
        "book alone {:.1} ns, whole shard with its events in steps {:.1} ns; median of {passes} \
         passes on cpu {}; {}",
        book.median,
        shard.median,
        cpus.hot,
        if is_cancel {
            "the bar is the shard's"
        } else {
            "the bar is the book's"
        }
    )];
    let figure = if is_cancel { &shard } else { &book };
    Ok(Bar::estimated(("B9", what), figure, "ns", gate, None).with_details(details))
}

fn book_pass(sweeps: &Sweeps, clock: &Clock) -> Result<f64> {
    let mut sweep = BookSweep::new(sweeps);
    let mut window = Window::default();
    while sweep.fill() {
        let start = clock.ticks();
        sweep.strike();
        window.note(clock.ticks_to_ns(start, clock.ticks()), &sweep.struck())?;
    }
    Ok(window.ns_each())
}

fn shard_pass(sweeps: &Sweeps, clock: &Clock) -> Result<f64> {
    let mut sweep = ShardSweep::new(sweeps);
    let mut window = Window::default();
    while sweep.fill() {
        let start = clock.ticks();
        sweep.strike();
        window.note(clock.ticks_to_ns(start, clock.ticks()), &sweep.struck())?;
    }
    Ok(window.ns_each())
}

/// Rounds of one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ns: u64,
    struck: u64,
}

impl Window {
    fn note(&mut self, ns: u64, struck: &Struck) -> Result<()> {
        ensure!(
            struck.is_right,
            "a strike said something else than the resolver's"
        );
        self.ns += ns;
        self.struck += struck.fills.max(struck.cancels);
        Ok(())
    }

    fn ns_each(&self) -> f64 {
        float(self.ns) / float(self.struck.max(1))
    }
}
