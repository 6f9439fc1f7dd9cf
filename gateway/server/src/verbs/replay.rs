//! `matchgate replay`: a recorded session over TCP against a gateway, checked.

use std::io::{IsTerminal, Write, stderr};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use matchgate_client::{Client, ClientError, ClientOptions};
use matchgate_core::domain::{InstrumentId, Name, RejectReason, ShardId, Symbol};
use matchgate_replay::client_link::ClientLink;
use matchgate_replay::error::ReplayError;
use matchgate_replay::instrument::{DerivedInstrument, InstrumentOptions};
use matchgate_replay::lobster::Executions;
use matchgate_replay::recording;
use matchgate_replay::report::replay_report;
use matchgate_replay::session::{
    LEVELS_COMPARED_MAX, ReplayOptions, ReplaySummary, RunEnd, WireReplay,
};

use super::serve::stop_flag;
use super::tool_venue::{SeenBook, ToolDirectory, client_name, config, open_orders, or_failure};
use crate::admin::{AdminClient, AdminReply, AdminRequest};
use crate::cli::{Replay, ReplayRun, ReplayVerb};
use crate::exit_code::{ExitCode, Fatal};
use crate::venue::Venue;

/// Requests that may be without an answer: well below the rings, so that none is refused as Busy.
pub(super) const WINDOW_MAX: usize = 1024;
/// How long a lost gateway may stay away.
const RECONNECT_MAX_NS: u64 = 30_000_000_000;
/// Answers between two looks at progress and Ctrl-C.
const SLICE: u64 = 5_000;

impl From<ReplayError> for Fatal {
    fn from(error: ReplayError) -> Self {
        Self::new(ExitCode::Usage, error.to_string())
    }
}

impl From<ClientError> for Fatal {
    fn from(error: ClientError) -> Self {
        Self::new(ExitCode::Usage, error.to_string())
    }
}

/// Does what the verb says.
///
/// # Errors
///
/// Returns a [`Fatal`]: [`ExitCode::Disagreement`] where the gateway did otherwise than the
/// recording.
pub fn replay(options: &Replay, out: &mut dyn Write) -> Result<(), Fatal> {
    if let Some(ReplayVerb::Instrument {
        recording,
        symbol,
        tick,
    }) = &options.verb
    {
        let derived = derive(recording, symbol.as_ref(), tick.as_ref())?;
        write!(out, "{}", derived.to_toml())?;
        return Ok(());
    }
    let run = &options.run;
    let recording = run.recording.as_deref().unwrap_or(Path::new(""));
    let derived = derive(recording, run.symbol.as_ref(), run.tick.as_ref())?;
    let summary = match run.to {
        Some(address) => remote(run, recording, &derived, address)?,
        None => in_process(run, recording, &derived)?,
    };
    let title = format!("{} of {}", derived.symbol, recording.display());
    write!(out, "{}", replay_report(&title, &summary, &[]))?;
    if summary.passed() {
        return Ok(());
    }
    Err(Fatal::new(
        ExitCode::Disagreement,
        "the gateway did otherwise than the recording",
    ))
}

/// Derives the instrument that a recording needs.
pub(super) fn derive(
    recording: &Path,
    symbol: Option<&String>,
    tick: Option<&String>,
) -> Result<DerivedInstrument, Fatal> {
    let options = InstrumentOptions {
        symbol: symbol.cloned(),
        tick: tick.cloned(),
    };
    Ok(DerivedInstrument::derive(recording, &options)?)
}

fn in_process(
    run: &ReplayRun,
    recording: &Path,
    derived: &DerivedInstrument,
) -> Result<ReplaySummary, Fatal> {
    let directory = ToolDirectory::new(run.data.as_deref())?;
    let instrument = derived.instrument(InstrumentId(0), ShardId(0));
    let venue = Venue::start(&config(&directory, vec![instrument], 1, run.topology))?;
    let session = (venue.address(), client_name(0));
    let mut summary = or_failure(&venue, send(run, recording, derived.symbol, session))?;
    venue.wait_for_followers()?;
    check_in_process(&venue, derived.symbol, &mut summary)?;
    venue.stop()?;
    Ok(summary)
}

/// Compares the final book with the one that the venue's follower has.
///
/// # Errors
///
/// Returns a [`Fatal`] where the venue has no such book.
pub(super) fn check_in_process(
    venue: &Venue,
    symbol: Symbol,
    summary: &mut ReplaySummary,
) -> Result<(), Fatal> {
    let missing = || {
        Fatal::new(
            ExitCode::Disagreement,
            format!("the venue has no book {symbol}"),
        )
    };
    let levels = venue
        .book(&symbol, LEVELS_COMPARED_MAX)
        .ok_or_else(missing)?;
    let orders = open_orders(venue, &symbol);
    summary.check_final_book(symbol, &SeenBook { levels, orders });
    Ok(())
}

fn remote(
    run: &ReplayRun,
    recording: &Path,
    derived: &DerivedInstrument,
    address: SocketAddr,
) -> Result<ReplaySummary, Fatal> {
    let key = Name::new(run.key.as_bytes())
        .ok_or_else(|| Fatal::new(ExitCode::Usage, "--key is not 1 to 24 printable characters"))?;
    let mut summary = send(run, recording, derived.symbol, (address, key))?;
    if let Some(data) = &run.data {
        let request = AdminRequest::Book {
            symbol: derived.symbol.to_string(),
            levels: LEVELS_COMPARED_MAX,
        };
        let reply = AdminClient::of(data)
            .ask_settled(&request)
            .map_err(|error| Fatal::new(ExitCode::Usage, format!("{error:#}")))?;
        match reply {
            AdminReply::Book(levels) => {
                let orders = None;
                summary.check_final_book(derived.symbol, &SeenBook { levels, orders });
            }
            AdminReply::Refused { reason } => {
                let message = format!("the final book cannot be compared: {reason}");
                return Err(Fatal::new(ExitCode::Disagreement, message));
            }
            AdminReply::Status(_) | AdminReply::Done { .. } => {
                let message = "the venue gave no book where one was asked for";
                return Err(Fatal::new(ExitCode::Disagreement, message));
            }
        }
    }
    Ok(summary)
}

fn send(
    run: &ReplayRun,
    recording: &Path,
    symbol: Symbol,
    (address, key): (SocketAddr, Name),
) -> Result<ReplaySummary, Fatal> {
    let executions = if run.joined_sweeps {
        Executions::SweepsJoined
    } else {
        Executions::OneByOne
    };
    let replay = ReplayOptions {
        symbol,
        account: None,
        seed_account: None,
        speed: run.speed,
        window_max: WINDOW_MAX,
        reconnect_max_ns: RECONNECT_MAX_NS,
    };
    let stop = stop_flag()?;
    send_recording(recording, executions, replay, (address, key), &stop)
}

/// Sends a recording over one session until it ends or `stop` is set.
pub(super) fn send_recording(
    recording: &Path,
    executions: Executions,
    options: ReplayOptions,
    (address, key): (SocketAddr, Name),
    stop: &AtomicBool,
) -> Result<ReplaySummary, Fatal> {
    let symbol = options.symbol;
    let opened = recording::open(recording, executions)?;
    let (client, _) = Client::connect(address, ClientOptions::new(key))?;
    let mut link = ClientLink::new(client);
    let mut replay = WireReplay::new(opened, options, &link);
    let shows = stderr().is_terminal();
    // The first answer tells whether the gateway knows the instrument at all.
    let mut end = replay.run(&mut link, Some(1))?;
    if replay.refusals().contains_key(&RejectReason::UnknownSymbol) {
        let message = format!(
            "the gateway at {address} does not know symbol {symbol}: add to its configuration \
             what `matchgate replay instrument {}` prints",
            recording.display()
        );
        return Err(Fatal::new(ExitCode::Usage, message));
    }
    while end == RunEnd::Stopped && !stop.load(Ordering::Relaxed) {
        if shows {
            write!(stderr(), "\r{} commands answered", replay.answered())?;
        }
        end = replay.run(&mut link, Some(replay.answered() + SLICE))?;
    }
    if shows {
        writeln!(stderr())?;
    }
    let summary = replay.finish();
    if end == RunEnd::Stopped {
        return Err(Fatal::new(
            ExitCode::Disagreement,
            "stopped before the recording ended",
        ));
    }
    // The session is done; how the connection ends changes nothing.
    drop(link.into_client().logout());
    Ok(summary)
}
