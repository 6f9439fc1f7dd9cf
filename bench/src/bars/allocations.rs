//! B11: no allocation on the hot thread, from the bytes of a request to the bytes of its report.
//!
//! The real gateway agent and the real shard agent run on one thread, over a real socket, with
//! their journal; the load is the EC mix over one session, pipelined. Faults and switches of that
//! thread are told beside it, and the book has to be the generator's in the end.

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{
    Command, InstrumentId, OrderHandle, RequestNumber, SelfTradePrevention, Sequenced, Side, Symbol,
};
use matchgate_core::{Level, Shard};
use matchgate_runtime::Clock;
use matchgate_schema::capnp::{Encoder, encode_client};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, NewOrderRequest, OrderTarget, ReplaceRequest, ServerMessage,
};
use matchgate_subjects::shard::{Market, Resolved, ShardRun};

use super::{Run, book};
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{count, float};
use crate::wire::{HotReport, SpinClient, Traffic, Venue, decoded, pinned};

pub(super) const GATE: Gate = Gate::AtMost {
    must: 0.0,
    stretch: 0.0,
};
/// Commands that the figure is about.
const COMMANDS: u64 = 1_000_000;
/// Requests on their way at one time.
const IN_FLIGHT: u64 = 64;
/// Frames that are written at once.
const BATCH: usize = 16;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let commands = count(run.plan.commands);
    let seed = run.plan.seed;
    let (mix, resolved) = book::resolved_mix(seed, run.plan.commands / 10, run.plan.commands)?;
    let mut venue = Venue::start(&run.plan.folder, cpus)?;
    let clock = run.clock.clone();
    let venue_ref = &mut venue;
    let (reports, ns) = pinned(cpus.client, || drive(venue_ref, &clock, &resolved))?;
    let (report, written) = venue.stop()?;
    ensure!(
        depth(report.shard.shard()) == depth(end_of(&resolved).shard()),
        "the venue's book is not the resolver's"
    );
    let void = void_reason(&report, commands);
    let usage = report.usage;
    let details = vec![
        format!(
            "gateway, shard and journal appender on cpu {}, polled in turn, spinning; client on cpu \
             {}, journal writer on cpu {}; {IN_FLIGHT} requests in flight on one session",
            cpus.hot, cpus.client, cpus.cold
        ),
        format!(
            "minor faults {}, voluntary switches {}, involuntary switches {}",
            usage.minor_faults, usage.voluntary_switches, usage.involuntary_switches
        ),
        format!(
            "{:.0} commands a second meanwhile, the client encoding and decoding; {} reports; {} \
             records journaled, {:?}",
            1e9 * float(commands) / float(ns.max(1)),
            reports,
            written.records,
            written.backend
        ),
        format!("seed {seed}: {}", book::shape(&mix)),
    ];
    let what = format!("allocations, hot thread, {commands} commands");
    let figure = float(report.allocations);
    Ok(vec![
        Bar::counted(("B11", &what), figure, "in all", GATE, void).with_details(details),
    ])
}

/// Fewer commands than the bar is about prove nothing; an allocation among them does.
fn void_reason(report: &HotReport, commands: u64) -> Option<String> {
    if !report.counts {
        return Some("this program's allocator does not count".to_owned());
    }
    (commands < COMMANDS && report.allocations == 0)
        .then(|| format!("{commands} commands, {COMMANDS} are needed"))
}

/// Sends all commands; returns how many reports there were, and nanoseconds of the timed ones.
fn drive(venue: &mut Venue, clock: &Clock, resolved: &Resolved) -> Result<(u64, u64)> {
    let mut client = SpinClient::connect(venue.address, clock)?;
    let mut load = Load::new(resolved.market);
    log_on(venue, &mut client)?;
    load.send(&mut client, &resolved.before)?;
    venue.begin_count();
    let began_ns = clock.now_ns();
    load.send(&mut client, &resolved.timed)?;
    let ns = clock.now_ns().saturating_sub(began_ns);
    venue.end_count();
    Ok((load.reports, ns))
}

/// Returns a shard that was told all of it.
fn end_of(resolved: &Resolved) -> ShardRun {
    let mut shard = ShardRun::prepared(resolved);
    shard.pass(&resolved.timed);
    shard
}

fn log_on(venue: &mut Venue, client: &mut SpinClient) -> Result<()> {
    Traffic::new(Market::instrument(0).symbol.as_str())?.say_logon(client, Venue::KEY)?;
    loop {
        venue.accept();
        client.look()?;
        match client.take_frame(decoded)?.transpose()? {
            Some(ServerMessage::LogonAnswer(_)) => return Ok(()),
            Some(other) => bail!("the logon was answered by {other:?}"),
            None => {}
        }
    }
}

/// A shard's commands as one session's requests.
struct Load {
    encoder: Encoder,
    symbol: Symbol,
    /// The request that entered the order in each slot.
    entered: Vec<RequestNumber>,
    sent: u64,
    answered: u64,
    reports: u64,
    output: Vec<u8>,
}

impl Load {
    fn new(market: Market) -> Self {
        Self {
            encoder: Encoder::new(),
            symbol: Market::instrument(0).symbol,
            entered: vec![RequestNumber(0); market.slots() as usize],
            sent: 0,
            answered: 0,
            reports: 0,
            output: Vec::new(),
        }
    }

    /// Sends commands, and hears the answers to all of them. Definitions are the venue's own.
    fn send(&mut self, client: &mut SpinClient, commands: &[Sequenced<Command>]) -> Result<()> {
        for batch in commands.chunks(BATCH) {
            for command in batch {
                self.queue(&command.body);
            }
            client.send(&self.output)?;
            self.output.clear();
            self.hear(client, IN_FLIGHT)?;
        }
        self.hear(client, 0)
    }

    fn queue(&mut self, command: &Command) {
        let request = RequestNumber(self.sent + 1);
        let Some(message) = self.message(request, command) else {
            return;
        };
        self.sent += 1;
        let frame = encode_client(&message, &mut self.encoder);
        self.output.extend_from_slice(frame);
    }

    /// Takes answers until at most `open` requests are without one.
    fn hear(&mut self, client: &mut SpinClient, open: u64) -> Result<()> {
        loop {
            while let Some(message) = client.take_frame(decoded)? {
                self.take(&message?)?;
            }
            if self.sent - self.answered <= open {
                return Ok(());
            }
            client.look()?;
        }
    }

    fn take(&mut self, message: &ServerMessage) -> Result<()> {
        match message {
            ServerMessage::Report { report, .. } => {
                // Answers come in the order of the requests; a fill of a resting order has none.
                self.answered = self.answered.max(report.request().get());
                self.reports += 1;
                Ok(())
            }
            ServerMessage::Heartbeat { .. } => Ok(()),
            other => bail!("the venue said {other:?}"),
        }
    }

    /// Returns what a session says for a command; `None` where it is no session's.
    fn message(&mut self, request: RequestNumber, command: &Command) -> Option<ClientMessage> {
        match command {
            Command::New(order, _) => {
                self.entered[order.handle.slot as usize] = request;
                let (price, quantity) = (order.price, order.quantity);
                Some(ClientMessage::NewOrder(NewOrderRequest {
                    request,
                    time_in_force: order.time_in_force,
                    // One account plays all parts of the market.
                    self_trade: SelfTradePrevention::None,
                    ..NewOrderRequest::limit(self.symbol, order.side, price, quantity)
                }))
            }
            Command::Cancel(cancel) => Some(ClientMessage::Cancel(CancelRequest {
                request,
                target: self.target(cancel.handle),
            })),
            Command::Replace(replace, _) => {
                let target = self.target(replace.handle);
                Some(ClientMessage::Replace(ReplaceRequest {
                    request,
                    ..ReplaceRequest::new(target, replace.price, replace.quantity)
                }))
            }
            _ => None,
        }
    }

    fn target(&self, handle: OrderHandle) -> OrderTarget {
        OrderTarget::Request(self.entered[handle.slot as usize])
    }
}

/// Returns every level of both sides.
fn depth(shard: &Shard) -> [Vec<Level>; 2] {
    [Side::Buy, Side::Sell].map(|side| shard.depth(InstrumentId(0), side, usize::MAX).collect())
}
