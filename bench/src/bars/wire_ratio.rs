//! B13: what an order costs over the wire, beside an echo that journals as much.
//!
//! The subject is the whole program as a process of its own, hot agents inline on one core. The
//! base answers with the same number of bytes from the same reactor, and appends the same number
//! of bytes to a journal of the same kind. While one is measured the other is frozen.

use anyhow::{Context, Result, bail};
use matchgate_core::domain::{Cancel, NewOrder};
use matchgate_runtime::Clock;
use matchgate_session::gateway_log::{Released, Routed};

use super::echo_ratio::{self, BASE_VOID, Client, both};
use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::{Arm, Pairs};
use crate::wire::{
    Answered, Backend, Echo, EchoJournal, Journal, Script, Server, SpinClient, Traffic, Window,
    measure_window, pinned,
};

pub(super) const GATE_P50: Gate = Gate::AtMost {
    must: 1.18,
    stretch: 1.08,
};
const GATE_P99: Gate = Gate::AtMost {
    must: 1.25,
    stretch: 1.1,
};
const SYMBOL: &str = "DEMO";
const KEY: &str = "demo-1";

/// Which round trips of a window.
type Pick = fn(&Window) -> &Latencies;

const FIGURES: [(&str, Pick); 2] = [
    ("new order", |window| &window.new),
    ("new and cancel", |window| &window.pair),
];

/// The gateway's end of the comparison.
struct Subject<'a> {
    server: &'a Server,
    client: SpinClient,
    traffic: Traffic,
}

impl Subject<'_> {
    fn window(&mut self, window_ns: u64) -> Result<Window> {
        self.server.go_on()?;
        let window = measure_window(
            &mut self.client,
            &mut self.traffic,
            Answered::ByVenue,
            window_ns,
        )?;
        self.server.freeze()?;
        Ok(window)
    }
}

/// Measures it; after the echo's own bar where that was not measured in this run.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    if run.echo_ratio.is_none() {
        echo_ratio::measure(run)?;
    }
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let binary = match &run.plan.server {
        Some(path) => path.clone(),
        None => Server::binary()?,
    };
    let server = Server::start(&binary, &run.plan.folder, cpus)?;
    let mut subject = Subject {
        client: SpinClient::connect(server.address(), &clock)?,
        traffic: Traffic::new(SYMBOL)?,
        server: &server,
    };
    subject.traffic.log_on(&mut subject.client, KEY)?;
    let script = script_of(&mut subject)?;
    server.freeze()?;
    let mut surroundings = Surroundings::before(cpus)?;
    let (journal, logs) = Journal::open(&run.plan.folder, Some(cpus.client))?;
    let feed = EchoJournal {
        logs,
        bodies: bodies(),
    };
    let echo = Echo::start(Backend::ReactorAndJournal(feed), script.clone(), cpus.hot)?;
    echo.pause()?;
    let window_ns = run.window_ns();
    let pairs = pinned(cpus.client, || {
        compare(run, (&mut subject, &echo), &clock, &mut surroundings)
    })?;
    drop(subject);
    echo.stop()?;
    let written = journal.finish()?;
    let placement = server.placement().to_owned();
    let stopped = server.stop()?;
    let (mut details, hiccups) = surroundings.after()?;
    details.extend([
        format!(
            "{} pairs of {:.0} ms windows, one request in flight (closed loop, service time); \
             new order {} bytes asked, {} answered; cancel {} and {}",
            pairs.measures().len(),
            float(window_ns) / 1e6,
            script.steps[0].0,
            script.steps[0].1.len(),
            script.steps[1].0,
            script.steps[1].1.len()
        ),
        format!("gateway: {placement}"),
        format!("gateway said: {stopped}"),
        format!(
            "echo: reactor on cpu {}, spinning; journal writer on cpu {}: {} records, {} syncs, \
             {:?}",
            cpus.hot, cpus.client, written.records, written.syncs, written.backend
        ),
    ]);
    report(run, &pairs, details, &hiccups)
}

fn compare(
    run: &Run,
    (subject, echo): (&mut Subject<'_>, &Echo),
    clock: &Clock,
    surroundings: &mut Surroundings,
) -> Result<Pairs<Window>> {
    let window_ns = run.window_ns();
    let mut base = Client::connect(echo, clock)?;
    Pairs::run(run.plan.pairs, run.plan.seed, |arm| {
        let window = match arm {
            Arm::Subject => subject.window(window_ns)?,
            Arm::Base => base.window(window_ns)?,
        };
        surroundings.spin(clock, window_ns, window.new.percentile_ns(50.0));
        Ok(window)
    })
}

/// Asks the gateway once for each answer, so that the echo can give the same bytes.
fn script_of(subject: &mut Subject<'_>) -> Result<Script> {
    let client = &mut subject.client;
    let mut step = |request: &[u8]| -> Result<(usize, Vec<u8>)> {
        client.send(request)?;
        let (_, answer) = client.receive(<[u8]>::to_vec)?;
        Ok((request.len(), answer))
    };
    let new = step(subject.traffic.new_order().0).context("the first new order")?;
    let cancel = step(subject.traffic.cancel().0).context("the first cancel")?;
    if new.0 == 0 || cancel.0 == 0 {
        bail!("the gateway answered nothing");
    }
    Ok(Script {
        steps: vec![new, cancel],
    })
}

/// Returns what a gateway journals for a new order and for its cancel: the command in the shard's
/// log; that it was routed and that its answer was released in its own.
fn bodies() -> Vec<[Vec<usize>; 2]> {
    let own = || vec![size_of::<Routed>(), size_of::<Released>()];
    vec![
        [vec![size_of::<NewOrder>()], own()],
        [vec![size_of::<Cancel>()], own()],
    ]
}

fn report(
    run: &Run,
    pairs: &Pairs<Window>,
    details: Vec<String>,
    hiccups: &Latencies,
) -> Result<Vec<Bar>> {
    let base_void = run.echo_ratio.and_then(|ratio| {
        (ratio > BASE_VOID).then(|| {
            format!("the echo is {ratio:.2} times a plain one, more than {BASE_VOID}: see B15")
        })
    });
    let mut bars = Vec::new();
    let mut logs = Vec::new();
    for (name, of) in FIGURES {
        let [subject, base] = both(pairs, of);
        let lines = vec![
            format!("gateway, {}", subject.line()),
            format!("echo,    {}", base.line()),
        ];
        for (percent, gate) in [(50.0, GATE_P50), (99.0, GATE_P99), (99.9, Gate::Open)] {
            let at = |window: &Window| float(of(window).percentile_ns(percent));
            let what = format!("gateway / echo, {name}, p{percent}");
            let void = pairs.void_reason(at).or_else(|| base_void.clone());
            let bar = Bar::estimated(("B13", &what), &pairs.ratio(at), "x", gate, void);
            bars.push(bar.with_details(match percent {
                50.0 => lines.clone(),
                _ => Vec::new(),
            }));
        }
        let tag = name.replace(' ', "-");
        logs.push((format!("gateway-{tag}"), subject));
        logs.push((format!("echo-{tag}"), base));
    }
    let mut named: Vec<(&str, &Latencies)> = logs
        .iter()
        .map(|(name, latencies)| (name.as_str(), latencies))
        .collect();
    named.push(("hiccups", hiccups));
    run.write_log("B13.hlog", &named)?;
    if let Some(last) = bars.last_mut() {
        last.details.extend(details);
    }
    Ok(bars)
}
