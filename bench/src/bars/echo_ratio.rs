//! B15: what the reactor costs over the least that sockets cost.
//!
//! The echo that other bars are compared with runs on the gateway's reactor. Were it slow, they
//! would look good. So it is compared with plain non-blocking receive and send: same sizes, same
//! cores, in turn.

use anyhow::Result;

use super::{Run, Surroundings};
use crate::bar::{Bar, Gate, Verdict};
use crate::latencies::Latencies;
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::{Arm, Pairs};
use crate::wire::{
    Answered, Backend, Echo, Script, SpinClient, Traffic, Window, answer_of_new, measure_window,
    pinned,
};

pub(super) const GATE: Gate = Gate::AtMost {
    must: 1.05,
    stretch: 1.0,
};
/// Above it, no figure may stand on the reactor's echo.
pub(super) const BASE_VOID: f64 = 1.15;

/// Returns the sizes of a new order, of a cancel, and of their answers, as a gateway gives them.
pub(super) fn script() -> Result<Script> {
    let mut traffic = Traffic::new("DEMO")?;
    let answer = answer_of_new();
    let new_bytes = traffic.new_order().0.len();
    let cancel_bytes = traffic.cancel().0.len();
    Ok(Script {
        steps: vec![(new_bytes, answer.clone()), (cancel_bytes, answer)],
    })
}

/// Measures it and notes the ratio for the bars that stand on it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let script = script()?;
    let mut surroundings = Surroundings::before(cpus)?;
    let reactor = Echo::start(Backend::Reactor, script.clone(), cpus.hot)?;
    let plain = Echo::start(Backend::Plain, script.clone(), cpus.hot)?;
    for echo in [&reactor, &plain] {
        echo.pause()?;
    }
    let (window_ns, clock) = (run.window_ns(), run.clock.clone());
    let pairs = pinned(cpus.client, || {
        let mut subject = Client::connect(&reactor, &clock)?;
        let mut base = Client::connect(&plain, &clock)?;
        Pairs::run(run.plan.pairs, run.plan.seed, |arm| {
            let client = match arm {
                Arm::Subject => &mut subject,
                Arm::Base => &mut base,
            };
            let window = client.window(window_ns)?;
            surroundings.spin(&clock, window_ns, window.new.percentile_ns(50.0));
            Ok(window)
        })
    })?;
    for echo in [reactor, plain] {
        echo.stop()?;
    }
    let p50 = |window: &Window| float(window.new.percentile_ns(50.0));
    let ratio = pairs.ratio(p50);
    let (mut details, hiccups) = surroundings.after()?;
    let [subject, base] = both(&pairs, |window| &window.new);
    let (sent, answered) = (script.steps[0].0, script.steps[0].1.len());
    details.splice(
        0..0,
        [
            format!(
                "{} pairs of {:.0} ms windows, {sent} bytes asked, {answered} answered, one in \
                 flight (closed loop, service time); echo spinning on cpu {}, client on cpu {}",
                pairs.measures().len(),
                float(window_ns) / 1e6,
                cpus.hot,
                cpus.client
            ),
            format!("reactor, {}", subject.line()),
            format!("plain,   {}", base.line()),
        ],
    );
    run.write_log(
        "B15.hlog",
        &[
            ("reactor", &subject),
            ("plain", &base),
            ("hiccups", &hiccups),
        ],
    )?;
    let what = ("B15", "reactor echo p50 / plain echo p50");
    let void = pairs.void_reason(p50);
    let bar = Bar::estimated(what, &ratio, "x", GATE, void).with_details(details);
    run.echo_ratio = Some(found(&bar));
    Ok(vec![bar])
}

/// Returns the ratio for the bars that stand on it, or why there is none: a void figure is no
/// number for anyone.
fn found(bar: &Bar) -> Result<f64, String> {
    match &bar.verdict {
        Verdict::Void(reason) => Err(reason.clone()),
        Verdict::Pass | Verdict::Short | Verdict::Told => Ok(bar.figure),
    }
}

/// Returns the merged latencies of subject and base.
pub(super) fn both(pairs: &Pairs<Window>, of: fn(&Window) -> &Latencies) -> [Latencies; 2] {
    let mut merged = [Latencies::new(), Latencies::new()];
    for (subject, base) in pairs.measures() {
        merged[0].merge(of(subject));
        merged[1].merge(of(base));
    }
    merged
}

/// A client of an echo, which runs only while it is asked.
pub(super) struct Client<'a> {
    echo: &'a Echo,
    client: SpinClient,
    traffic: Traffic,
}

impl<'a> Client<'a> {
    pub(super) fn connect(echo: &'a Echo, clock: &matchgate_runtime::Clock) -> Result<Self> {
        Ok(Self {
            echo,
            client: SpinClient::connect(echo.address(), clock)?,
            traffic: Traffic::new("DEMO")?,
        })
    }

    pub(super) fn window(&mut self, window_ns: u64) -> Result<Window> {
        self.echo.go_on();
        let window = measure_window(
            &mut self.client,
            &mut self.traffic,
            Answered::ByEcho,
            window_ns,
        )?;
        self.echo.pause()?;
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn void_comparison_leaves_no_ratio_for_other_bars() {
        let pairs = |count| Pairs::run(count, 1, |_| Ok(1.0)).unwrap();
        let bar = |pairs: Pairs<f64>| {
            let void = pairs.void_reason(|&value| value);
            let ratio = pairs.ratio(|&value| value);
            Bar::estimated(("B15", "echoes"), &ratio, "x", GATE, void)
        };
        assert_eq!(found(&bar(pairs(15))), Ok(1.0));
        let few = found(&bar(pairs(14))).unwrap_err();
        assert_eq!(few, "14 pairs, at least 15 are needed");
        let mut windows = 0;
        let empty = Pairs::run(15, 1, |_| {
            windows += 1;
            Ok(if windows == 9 { 0.0 } else { 1.0 })
        });
        assert!(found(&bar(empty.unwrap())).is_err());
    }
}
