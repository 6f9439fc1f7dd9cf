//! B11: no allocation on the hot thread, from the bytes of a request to the bytes of its report.
//!
//! The real gateway agent and the real shard agent run on one thread, over a real socket, with
//! their journal; the load is the EC mix over one session, pipelined. Faults and switches of that
//! thread are told beside it, and the book has to be the generator's in the end.

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{
    InstrumentId, Price, Quantity, RequestNumber, SelfTradePrevention, Side, Symbol, TimeInForce,
};
use matchgate_core::{Level, Shard};
use matchgate_runtime::Clock;
use matchgate_schema::capnp::{Encoder, encode_client};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, NewOrderRequest, OrderTarget, ReplaceRequest, ServerMessage,
};

use super::Run;
use crate::bar::{Bar, Gate};
use crate::machine::Cpus;
use crate::number::{count, float};
use crate::wire::{HotReport, SpinClient, Traffic, Venue, decoded, pinned};
use crate::workload::{EcMix, Op, Step, instrument};

pub(super) const GATE: Gate = Gate::AtMost {
    must: 0.0,
    stretch: 0.0,
};
/// Commands that the figure is about.
const COMMANDS: u64 = 1_000_000;
/// Requests on their way at one time.
const IN_FLIGHT: u64 = 64;
/// Frames that are written at once.
const BATCH: u64 = 16;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let commands = count(run.plan.commands);
    let mut venue = Venue::start(&run.plan.folder, cpus)?;
    let clock = run.clock.clone();
    let (seed, venue_ref) = (run.plan.seed, &mut venue);
    let (load, ns) = pinned(cpus.client, || drive(venue_ref, &clock, seed, commands))?;
    let (report, written) = venue.stop()?;
    ensure!(
        depth(report.shard.shard()) == depth(load.mix.shard()),
        "the venue's book is not the generator's"
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
            load.reports,
            written.records,
            written.backend
        ),
        format!("seed {seed}: {}", load.mix.shape().line()),
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

fn drive(venue: &mut Venue, clock: &Clock, seed: u64, commands: u64) -> Result<(Load, u64)> {
    let mut client = SpinClient::connect(venue.address, clock)?;
    let mut load = Load::new(seed);
    log_on(venue, &mut client)?;
    for step in load.mix.prefill() {
        load.queue(&step);
    }
    load.flush(&mut client)?;
    load.send(&mut client, commands / 10)?;
    load.mix.begin_count();
    venue.begin_count();
    let began_ns = clock.now_ns();
    load.send(&mut client, commands)?;
    let ns = clock.now_ns().saturating_sub(began_ns);
    venue.end_count();
    Ok((load, ns))
}

fn log_on(venue: &mut Venue, client: &mut SpinClient) -> Result<()> {
    Traffic::new(instrument().symbol.as_str())?.say_logon(client, Venue::KEY)?;
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

/// The EC mix as one session's requests.
struct Load {
    mix: EcMix,
    encoder: Encoder,
    symbol: Symbol,
    /// The request that entered each order, by the order's number.
    entered: Vec<RequestNumber>,
    sent: u64,
    answered: u64,
    reports: u64,
    output: Vec<u8>,
}

impl Load {
    fn new(seed: u64) -> Self {
        Self {
            mix: EcMix::new(seed),
            encoder: Encoder::new(),
            symbol: instrument().symbol,
            entered: Vec::new(),
            sent: 0,
            answered: 0,
            reports: 0,
            output: Vec::new(),
        }
    }

    /// Sends `commands` more, and hears the answers to all of them.
    fn send(&mut self, client: &mut SpinClient, commands: u64) -> Result<()> {
        let end = self.sent + commands;
        while self.sent < end {
            for _ in 0..BATCH.min(end - self.sent) {
                let step = self.mix.next_step();
                self.queue(&step);
            }
            self.flush(client)?;
            self.hear(client, IN_FLIGHT)?;
        }
        self.hear(client, 0)
    }

    fn queue(&mut self, step: &Step) {
        self.sent += 1;
        let message = self.message(&step.op);
        let frame = encode_client(&message, &mut self.encoder);
        self.output.extend_from_slice(frame);
    }

    fn flush(&mut self, client: &mut SpinClient) -> Result<()> {
        // In parts, so that the venue's answers are taken meanwhile.
        let output = std::mem::take(&mut self.output);
        for part in output.chunks(16 * 1_024) {
            client.send(part)?;
            self.hear(client, u64::MAX)?;
        }
        self.output = output;
        self.output.clear();
        Ok(())
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

    fn message(&mut self, op: &Op) -> ClientMessage {
        let request = RequestNumber(self.sent);
        match *op {
            Op::New {
                side,
                price,
                quantity,
                immediate,
                ..
            } => {
                self.entered.push(request);
                let (price, quantity) = (Price::new(price), Quantity::new(quantity));
                ClientMessage::NewOrder(NewOrderRequest {
                    request,
                    time_in_force: match immediate {
                        true => TimeInForce::Ioc,
                        false => TimeInForce::Day,
                    },
                    // One account plays all parts of the market.
                    self_trade: SelfTradePrevention::None,
                    ..NewOrderRequest::limit(self.symbol, side, price, quantity)
                })
            }
            Op::Cancel { order } => ClientMessage::Cancel(CancelRequest {
                request,
                target: self.target(order),
            }),
            Op::Move {
                order,
                price,
                quantity,
            } => ClientMessage::Replace(ReplaceRequest {
                request,
                ..ReplaceRequest::new(
                    self.target(order),
                    Price::new(price),
                    Quantity::new(quantity),
                )
            }),
        }
    }

    fn target(&self, order: u32) -> OrderTarget {
        OrderTarget::Request(self.entered[order as usize])
    }
}

/// Returns every level of both sides.
fn depth(shard: &Shard) -> [Vec<Level>; 2] {
    [Side::Buy, Side::Sell].map(|side| shard.depth(InstrumentId(0), side, usize::MAX).collect())
}
