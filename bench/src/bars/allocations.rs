//! B11: what the hot thread must not do, from the bytes of a request to the bytes of its report: ask
//! for memory, meet a page that it has not, give up its cpu.
//!
//! The real gateway agent and the real shard agent run on one thread, over a real socket, with
//! their journal; the load is the EC mix over one session, pipelined, made in blocks while the
//! thread goes on. The book has to be the generator's in the end.

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{Command, InstrumentId, Sequenced, Side};
use matchgate_core::{Level, Shard};
use matchgate_runtime::Clock;
use matchgate_schema::message::ServerMessage;
use matchgate_subjects::ec_mix::{EcStream, MARKET};
use matchgate_subjects::shard::{Market, Resolver};
use matchgate_workloads::Operation;

use super::Run;
use super::session_load::{IN_FLIGHT, SessionLoad};
use crate::bar::{Bar, Gate};
use crate::machine::{Cpus, StopWatch};
use crate::number::{count, float};
use crate::wire::{HotReport, SpinClient, Traffic, Venue, decoded, pinned};

pub(super) const GATE: Gate = Gate::AtMost {
    must: 0.0,
    stretch: 0.0,
};
/// Commands that the figures are about.
const COMMANDS: u64 = 10_000_000;
/// Commands before them: the session's store of reports is touched first by its first 65,536
/// messages, and each staging log is gone through once.
const WARM_UP: usize = 200_000;
/// Commands that are made at once.
const BLOCK: usize = 250_000;

/// Measures it.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let (commands, seed) = (run.plan.counted_commands, run.plan.seed);
    let mut blocks = Blocks::new(seed);
    let before = blocks.before(WARM_UP)?;
    let mut venue = Venue::start(&run.plan.folder, cpus)?;
    let clock = run.clock.clone();
    let (venue_ref, blocks_ref) = (&mut venue, &mut blocks);
    let driven = pinned(cpus.client, || {
        drive(venue_ref, &clock, &before, (blocks_ref, commands))
    })?;
    let (report, written) = venue.stop()?;
    ensure!(
        depth(report.shard.shard()) == depth(blocks.resolver.shard()),
        "the venue's book is not the resolver's"
    );
    let details = vec![
        format!(
            "gateway, shard and journal appender on cpu {}, polled in turn, spinning; client on cpu \
             {}, journal writer on cpu {}; {IN_FLIGHT} requests in flight on one session",
            cpus.hot, cpus.client, cpus.cold
        ),
        format!(
            "involuntary switches {}; counted after {} commands of warm-up",
            report.usage.involuntary_switches,
            before.len()
        ),
        format!(
            "{:.0} commands a second meanwhile, the client encoding and decoding; {} reports; {} \
             looks in vain for room in the journal; {} records journaled, {:?}",
            1e9 * float(count(commands)) / float(driven.ns.max(1)),
            driven.reports,
            driven.waits,
            written.records,
            written.backend
        ),
        format!("seed {seed}: {}", blocks.stream.shape()),
    ];
    let mut bars = figures(&report, driven.was_stopped, count(commands));
    if let Some(last) = bars.last_mut() {
        last.details = details;
    }
    Ok(bars)
}

/// Returns the three figures: each has to be none. A switch says nothing where the whole process
/// was stopped.
fn figures(report: &HotReport, was_stopped: bool, commands: u64) -> Vec<Bar> {
    let usage = &report.usage;
    let uncounted = (!report.counts).then(|| "this program's allocator does not count".to_owned());
    let stopped = (was_stopped && usage.voluntary_switches > 0)
        .then(|| "somebody stopped this process meanwhile".to_owned());
    [
        ("allocations", report.allocations, uncounted),
        ("minor faults", usage.minor_faults, None),
        ("voluntary switches", usage.voluntary_switches, stopped),
    ]
    .map(|(name, figure, void)| {
        let void = void.or_else(|| void_reason(figure, commands));
        let what = format!("{name}, hot thread, {commands} commands");
        Bar::counted(("B11", &what), float(figure), "in all", GATE, void)
    })
    .into()
}

/// Fewer commands than the bar is about prove nothing; one case among them does.
fn void_reason(figure: u64, commands: u64) -> Option<String> {
    (commands < COMMANDS && figure == 0)
        .then(|| format!("{commands} commands, {COMMANDS} are needed"))
}

/// The mix as a shard is told it, block by block: all of it would not fit into memory.
struct Blocks {
    stream: EcStream,
    resolver: Resolver,
}

impl Blocks {
    fn new(seed: u64) -> Self {
        Self {
            stream: EcStream::new(seed),
            resolver: Resolver::new(MARKET),
        }
    }

    /// Returns definitions, first orders and warm-up.
    fn before(&mut self, warm_up: usize) -> Result<Vec<Sequenced<Command>>> {
        let mut commands = self.resolver.setup();
        let operations = self.stream.before(warm_up);
        commands.extend(self.resolve(&operations)?);
        Ok(commands)
    }

    fn next(&mut self, operations: usize) -> Result<Vec<Sequenced<Command>>> {
        let operations = self.stream.block(operations);
        self.resolve(&operations)
    }

    fn resolve(&mut self, operations: &[Operation]) -> Result<Vec<Sequenced<Command>>> {
        let mut reports = Vec::new();
        let mut commands = Vec::with_capacity(operations.len());
        for operation in operations {
            commands.push(self.resolver.resolve(operation, &mut reports)?);
            reports.clear();
        }
        Ok(commands)
    }
}

/// What the client saw of the counted commands.
struct Driven {
    reports: u64,
    /// Looks in vain for room in the journal, those of the warm-up included.
    waits: u64,
    /// Whether somebody stopped the process while it was counted.
    was_stopped: bool,
    /// Of sending them and hearing the answers.
    ns: u64,
}

/// Sends all commands: those `before` the count, and so many of the blocks.
fn drive(
    venue: &mut Venue,
    clock: &Clock,
    before: &[Sequenced<Command>],
    (blocks, commands): (&mut Blocks, usize),
) -> Result<Driven> {
    let mut client = SpinClient::connect(venue.address, clock)?;
    let mut load = SessionLoad::new(MARKET);
    log_on(venue, &mut client)?;
    load.send((venue, &mut client), before)?;
    let reports_before = load.reports();
    let (mut left, mut ns) = (commands, 0);
    let stops = StopWatch::begin()?;
    venue.begin_count();
    while left > 0 {
        let block = blocks.next(left.min(BLOCK))?;
        let began_ns = clock.now_ns();
        load.send((venue, &mut client), &block)?;
        ns += clock.now_ns().saturating_sub(began_ns);
        left -= block.len();
    }
    venue.end_count();
    Ok(Driven {
        reports: load.reports() - reports_before,
        waits: load.waits(),
        was_stopped: stops.was_stopped(),
        ns,
    })
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

/// Returns every level of both sides.
fn depth(shard: &Shard) -> [Vec<Level>; 2] {
    [Side::Buy, Side::Sell].map(|side| shard.depth(InstrumentId(0), side, usize::MAX).collect())
}

#[cfg(test)]
mod tests {
    use matchgate_subjects::ec_mix::EcMix;
    use matchgate_subjects::shard::{Resolved, ShardRun};

    use super::*;

    #[test]
    fn blocks_are_the_commands_of_the_whole_mix() {
        let mix = EcMix::new(3, 100, 900);
        let resolved = Resolved::new(MARKET, &mix.before, &mix.timed).unwrap();
        let mut blocks = Blocks::new(3);
        assert!(blocks.before(100).unwrap() == resolved.before);
        let mut timed = blocks.next(400).unwrap();
        timed.extend(blocks.next(500).unwrap());
        assert!(timed == resolved.timed);
        assert_eq!(depth(blocks.resolver.shard()), {
            let mut run = ShardRun::prepared(&resolved);
            run.pass(&resolved.timed);
            depth(run.shard())
        });
    }

    #[test]
    fn few_commands_void_only_what_did_not_happen() {
        assert_eq!(void_reason(0, COMMANDS), None);
        assert_eq!(void_reason(3, 1), None);
        let reason = void_reason(0, 5_000).unwrap();
        assert_eq!(reason, "5000 commands, 10000000 are needed");
    }
}
