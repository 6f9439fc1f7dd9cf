//! `matchgate demo`: the real gateway on loopback, several TCP clients, and every check that can
//! be made of what it did.

use std::io::{IsTerminal, Write, stderr};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::{Instrument, InstrumentId, Price, Quantity, ShardId, Symbol};
use matchgate_journal::WriterStats;
use matchgate_replay::client_link::ClientLink;
use matchgate_replay::lobster::Executions;
use matchgate_replay::pace::{LatencyKind, Speed};
use matchgate_replay::report::{Check, Verdict, demo_report, replay_report};
use matchgate_replay::session::ReplayOptions;
use matchgate_replay::synthetic::{
    SyntheticClient, SyntheticInstrument, SyntheticOptions, SyntheticRun, SyntheticRunOptions,
    SyntheticSummary,
};

use super::journal::VerifiedShard;
use super::replay::{WINDOW_MAX, check_in_process, derive, send_recording};
use super::serve::stop_flag;
use super::tool_venue::{ToolDirectory, client_name, config, or_failure};
use crate::cli::Demo;
use crate::exit_code::{ExitCode, Fatal};
use crate::venue::Venue;

/// Symbols of the synthetic session with the mids of their prices, in whole units of currency.
const SYMBOLS: [(&str, i64); 3] = [("ALFA", 100), ("BRAVO", 42), ("CHARLY", 560)];
/// Orders that one client keeps in the books.
const LIVE_ORDERS_MAX: usize = 500;
/// Requests of one client without an answer: few, so that a round trip is one and no queue.
const CLIENT_WINDOW_MAX: usize = 8;
/// How long a client tries to come back.
const RECONNECT_MAX_NS: u64 = 10_000_000_000;
/// How often progress is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// How often the synced lag is measured.
const LAG_INTERVAL: Duration = Duration::from_millis(5);
/// Fills that may wait for the demo's subscriber: minutes of them, since a disk that stalls holds
/// them back and lets them go in one burst.
const SUBSCRIBER_CAPACITY: usize = 1 << 20;
/// How long a subscriber waits before it looks whether it is done.
const SUBSCRIBER_WAIT: Duration = Duration::from_millis(20);

/// Runs the demo.
///
/// # Errors
///
/// Returns a [`Fatal`]: [`ExitCode::Disagreement`] where any check failed.
pub fn demo(options: &Demo, out: &mut dyn Write) -> Result<(), Fatal> {
    let directory = ToolDirectory::new(options.data.as_deref())?;
    let stop = stop_flag()?;
    match &options.recording {
        None => synthetic(options, &directory, &stop, out),
        Some(recording) => recorded(options, recording, &directory, &stop, out),
    }
}

fn synthetic(
    options: &Demo,
    directory: &ToolDirectory,
    stop: &Arc<AtomicBool>,
    out: &mut dyn Write,
) -> Result<(), Fatal> {
    let instruments = SYMBOLS
        .iter()
        .map(|(symbol, mid)| instrument(symbol, *mid))
        .collect();
    let config = config(directory, instruments, options.clients, options.topology);
    let venue = Venue::start(&config)?;
    say_start(&venue, out)?;
    let watch = Watch::start(&venue);
    let clients: Vec<_> = (0..options.clients)
        .map(|index| start_client(options, index, venue.address(), stop))
        .collect::<Result<_, _>>()?;
    show_progress(&venue, &clients);
    if venue.failure().is_some() {
        // There is nobody to come back to.
        stop.store(true, Ordering::Relaxed);
    }
    let summary = or_failure(&venue, join_clients(clients))?;
    let end = finish(venue, watch)?;
    let fills = Check::new(
        Verdict::of(end.fills == summary.aggressor.count),
        "events delivered",
        format!(
            "{} fills to a subscriber; {} events published by the local sink",
            end.fills, end.published
        ),
    );
    let checks = [vec![fills], end.checks].concat();
    let title = format!("demo: {} clients, seed {}", options.clients, options.seed);
    write!(out, "\n{}", demo_report(&title, &summary, &checks))?;
    verdict(summary.passed() && all_passed(&checks))
}

fn recorded(
    options: &Demo,
    recording: &std::path::Path,
    directory: &ToolDirectory,
    stop: &Arc<AtomicBool>,
    out: &mut dyn Write,
) -> Result<(), Fatal> {
    let derived = derive(recording, None, None)?;
    let instrument = derived.instrument(InstrumentId(0), ShardId(0));
    let venue = Venue::start(&config(directory, vec![instrument], 1, options.topology))?;
    say_start(&venue, out)?;
    let watch = Watch::start(&venue);
    let replay = ReplayOptions {
        symbol: derived.symbol,
        account: None,
        seed_account: None,
        speed: Speed::Max,
        window_max: WINDOW_MAX,
        reconnect_max_ns: RECONNECT_MAX_NS,
    };
    let session = (venue.address(), client_name(0));
    let sent = send_recording(recording, Executions::OneByOne, replay, session, stop);
    let mut summary = or_failure(&venue, sent)?;
    venue.wait_for_followers()?;
    check_in_process(&venue, derived.symbol, &mut summary)?;
    let end = finish(venue, watch)?;
    let fills = Check::new(
        Verdict::of(end.fills == summary.checks.executed.count),
        "events delivered",
        format!(
            "{} fills to a subscriber; {} events published by the local sink",
            end.fills, end.published
        ),
    );
    let checks = [vec![fills], end.checks].concat();
    let title = format!("demo: {}", recording.display());
    write!(out, "\n{}", replay_report(&title, &summary, &checks))?;
    verdict(summary.passed() && all_passed(&checks))
}

fn all_passed(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.verdict == Verdict::Pass)
}

fn verdict(passed: bool) -> Result<(), Fatal> {
    if passed {
        Ok(())
    } else {
        Err(Fatal::new(ExitCode::Disagreement, "something disagreed"))
    }
}

fn ended(what: &str) -> Fatal {
    Fatal::new(ExitCode::Disagreement, what)
}

fn say_start(venue: &Venue, out: &mut dyn Write) -> Result<(), Fatal> {
    for line in venue.start_report() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "listening protocol=capnp address={}", venue.address())?;
    writeln!(out, "journal in {}", venue.data_directory().display())?;
    Ok(out.flush()?)
}

/// Returns an instrument of the synthetic session: prices in cents, lots of one.
fn instrument(symbol: &str, mid: i64) -> Instrument {
    let quantity_max = Quantity::new(1_000_000);
    let price_max = Price::new(10 * mid * Price::ONE);
    Instrument {
        symbol: Symbol::new(symbol.as_bytes()).expect("the demo's symbols are short"),
        id: InstrumentId(0),
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(Price::ONE / 100),
        price_min: Price::new(Price::ONE / 100),
        price_max,
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max,
        notional_max: price_max.notional(quantity_max).get().into(),
        protection: Price::MAX,
    }
}

fn start_client(
    options: &Demo,
    index: u8,
    address: SocketAddr,
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<Result<SyntheticSummary, Fatal>>, Fatal> {
    let instruments = SYMBOLS
        .iter()
        .map(|(symbol, mid)| {
            let instrument = instrument(symbol, *mid);
            SyntheticInstrument {
                symbol: instrument.symbol,
                tick: instrument.tick,
                price_min: instrument.price_min,
                price_max: instrument.price_max,
                quantity_max: instrument.quantity_max,
                mid: Price::new(mid * Price::ONE),
            }
        })
        .collect();
    let session = SyntheticOptions {
        seed: options.seed,
        instruments,
        live_orders_max: LIVE_ORDERS_MAX,
    };
    let run = SyntheticRunOptions {
        duration_ns: u64::try_from(options.duration.as_nanos()).unwrap_or(u64::MAX),
        rate_per_second: None,
        window_max: CLIENT_WINDOW_MAX,
        reconnect_max_ns: RECONNECT_MAX_NS,
    };
    let stop = Arc::clone(stop);
    std::thread::Builder::new()
        .name(format!("client-{index}"))
        .spawn(move || {
            let (client, _) = Client::connect(address, ClientOptions::new(client_name(index)))?;
            let first = client.next_request();
            let mut link = ClientLink::new(client);
            let client = SyntheticClient::new(&session, u32::from(index), first)?;
            let summary = SyntheticRun::new(client, run, &link).run(&mut link, &stop)?;
            // The session is done; how the connection ends changes nothing.
            drop(link.into_client().logout());
            Ok(summary)
        })
        .map_err(|error| Fatal::new(ExitCode::WriteError, format!("client thread: {error}")))
}

/// Returns what all clients did, once each is done.
fn join_clients(
    clients: Vec<JoinHandle<Result<SyntheticSummary, Fatal>>>,
) -> Result<SyntheticSummary, Fatal> {
    let mut summary = SyntheticSummary::new(LatencyKind::ServiceTime);
    for client in clients {
        let joined = client.join().map_err(|_| ended("a client panicked"))?;
        summary.merge(&joined?);
    }
    Ok(summary)
}

/// Shows how far it is on a terminal, until every client is done.
fn show_progress(venue: &Venue, clients: &[JoinHandle<Result<SyntheticSummary, Fatal>>]) {
    let begun = Instant::now();
    let shows = stderr().is_terminal();
    while !clients.iter().all(JoinHandle::is_finished) && venue.failure().is_none() {
        std::thread::sleep(PROGRESS_INTERVAL);
        if shows {
            let commands = venue.sampler().get("shard_0_commands").unwrap_or_default();
            let seconds = begun.elapsed().as_secs();
            // Progress is for whoever looks; nothing depends on it.
            drop(write!(
                stderr(),
                "\r{seconds:>4} s  {commands:>10} commands"
            ));
        }
    }
    if shows {
        drop(writeln!(stderr()));
    }
}

/// What is watched while the session runs: the events that a subscriber gets, and how far the
/// disk is behind.
struct Watch {
    done: Arc<AtomicBool>,
    subscriber: JoinHandle<u64>,
    lag_us: Arc<Mutex<Histogram<u64>>>,
    lag: JoinHandle<()>,
}

impl Watch {
    fn start(venue: &Venue) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let subscription = venue.hub().subscribe("orders.fills.*", SUBSCRIBER_CAPACITY);
        let ended = Arc::clone(&done);
        let subscriber = std::thread::spawn(move || {
            let Ok(subscription) = subscription else {
                return 0;
            };
            let mut fills = 0;
            loop {
                match subscription.next_timeout(SUBSCRIBER_WAIT) {
                    Some(_) => fills += 1,
                    None if ended.load(Ordering::Acquire) => return fills,
                    None => {}
                }
            }
        });
        let lag_us = Arc::new(Mutex::new(
            Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are in order"),
        ));
        let (measured, over) = (Arc::clone(&lag_us), Arc::clone(&done));
        let marks = venue.shard_marks().to_vec();
        let lag = std::thread::spawn(move || {
            while !over.load(Ordering::Acquire) {
                for marks in &marks {
                    let begun = Instant::now();
                    let written = marks.written();
                    while marks.synced() < written && !over.load(Ordering::Acquire) {
                        std::thread::sleep(Duration::from_micros(50));
                    }
                    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                    let mut lag = measured.lock().unwrap_or_else(PoisonError::into_inner);
                    lag.saturating_record(micros);
                }
                std::thread::sleep(LAG_INTERVAL);
            }
        });
        Self {
            done,
            subscriber,
            lag_us,
            lag,
        }
    }
}

/// What stands at the end.
struct End {
    /// Fills that a subscriber got.
    fills: u64,
    /// Events that the sink published: fills, and every report.
    published: u64,
    checks: Vec<Check>,
}

/// Waits until everything is delivered, stops the venue, and replays its journal in a process of
/// its own.
fn finish(venue: Venue, watch: Watch) -> Result<End, Fatal> {
    venue.wait_for_followers()?;
    watch.done.store(true, Ordering::Release);
    let fills = watch
        .subscriber
        .join()
        .map_err(|_| ended("the subscriber panicked"))?;
    watch
        .lag
        .join()
        .map_err(|_| ended("the lag's watch panicked"))?;
    let lag = watch
        .lag_us
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let data = venue.data_directory().to_owned();
    let shards = venue.shard_marks().len();
    let sampler = venue.sampler().clone();
    let published = sampler.get("sink_local_publications").unwrap_or_default();
    let stats = venue.stop()?;
    let live: Vec<String> = (0..shards)
        .map(|shard| {
            let half = |which: &str| {
                sampler
                    .get(&format!("shard_{shard}_state_hash_{which}"))
                    .unwrap_or_default()
            };
            format!("{:016x}{:016x}", half("high"), half("low"))
        })
        .collect();
    let replayed = replay_in_child(&data)?;
    let equal = live
        .iter()
        .eq(replayed.iter().map(|shard| &shard.state_hash));
    let sequences: u64 = replayed.iter().map(|shard| shard.sequence).sum();
    let checks = vec![
        Check::new(Verdict::Pass, "journal", journal_text(&stats, &lag)),
        Check::new(
            Verdict::of(equal),
            "journal replay",
            format!(
                "replay of the journal: state hash {} ({sequences} records, {})",
                if equal { "equal" } else { "DIFFERENT" },
                live.join(" ")
            ),
        ),
    ];
    Ok(End {
        fills,
        published,
        checks,
    })
}

fn journal_text(stats: &WriterStats, lag: &Histogram<u64>) -> String {
    format!(
        "{} records, {} bytes written by {:?}, {} syncs; synced lag p50 {} us, p99 {} us, max {} us",
        stats.records,
        stats.bytes,
        stats.backend,
        stats.syncs,
        lag.value_at_quantile(0.5),
        lag.value_at_quantile(0.99),
        lag.max()
    )
}

/// Replays the journal in a fresh process, from the files alone.
fn replay_in_child(data: &std::path::Path) -> Result<Vec<VerifiedShard>, Fatal> {
    let program = std::env::current_exe()?;
    let output = Command::new(program)
        .args(["journal", "verify", "--json"])
        .arg(data)
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(ended(&format!(
            "replay of the journal failed: {}",
            errors.trim()
        )));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| ended(&format!("child: {error}")))
}
