//! One flow over many instruments, through one shard that owns all of them or through several that
//! own some each.
//!
//! Handles, times and requests are those of the whole flow, whoever gets a command. What depends
//! on who owns an instrument is left out of what is compared: a shard's sequence, and the order
//! ids that are made of it. All else of an instrument has to be the same to the bit.

use matchgate_core::domain::{
    Command, DefineInstrument, Epoch, EventBody, Instrument, InstrumentId, LendSlots,
    SequenceNumber, Sequenced, ShardId,
};
use matchgate_workloads::Operation;

use crate::shard::{Market, NoSlotError, Resolver, ShardRun};

/// A flow that was resolved by a shard that owns all instruments.
#[derive(Debug)]
pub struct SplitFlow {
    market: Market,
    commands: Vec<Routed>,
}

/// A command, and the instrument that it is about.
#[derive(Clone, Copy, Debug)]
struct Routed {
    instrument: u32,
    time_ns: u64,
    body: Command,
}

/// An event without what depends on who owns its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnEvent {
    /// Event time of its command.
    pub time_ns: u64,
    /// Low half of the ring number of its command.
    pub ring_tag: u32,
    /// Which of that command's.
    pub index: u32,
    /// What happened.
    pub body: EventBody,
}

/// What an instrument has come to, whoever owns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnStream {
    /// Hash of its book.
    pub book_hash: Option<u128>,
    /// Its events.
    pub events: Vec<OwnEvent>,
}

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitEnd {
    /// By instrument.
    pub streams: Vec<OwnStream>,
    /// By shard: hash of its whole state.
    pub state_hashes: Vec<u128>,
    /// By shard: commands that it got, definitions left out.
    pub commands: Vec<u64>,
}

impl SplitFlow {
    /// Resolves a flow.
    ///
    /// # Errors
    ///
    /// Returns the first operation for which the market has no slot.
    pub fn new(market: Market, operations: &[Operation]) -> Result<Self, NoSlotError> {
        let mut resolver = Resolver::new(market);
        let mut reports = Vec::new();
        resolver.setup();
        let mut commands = Vec::with_capacity(operations.len());
        for operation in operations {
            let command = resolver.resolve(operation, &mut reports)?;
            reports.clear();
            commands.push(Routed {
                instrument: operation.symbol,
                time_ns: command.time_ns,
                body: command.body,
            });
        }
        Ok(Self { market, commands })
    }

    /// Lets so many shards do all of it, of which each owns every so many-th instrument. The least
    /// is one.
    #[must_use]
    pub fn run(&self, shard_count: u8) -> SplitEnd {
        let count = shard_count.max(1);
        let owner = |instrument: u32| instrument as usize % usize::from(count);
        let mut owners: Vec<Owner> = (0..count)
            .map(|number| Owner::new(self.market, number, count))
            .collect();
        let mut streams = vec![OwnStream::default(); self.market.instruments as usize];
        for command in &self.commands {
            let stream = &mut streams[command.instrument as usize];
            owners[owner(command.instrument)].apply(command, &mut stream.events);
        }
        for (instrument, stream) in (0..).zip(&mut streams) {
            let shard = owners[owner(instrument)].run.shard();
            stream.book_hash = shard.book_hash(InstrumentId(instrument));
        }
        SplitEnd {
            streams,
            state_hashes: owners.iter().map(|one| one.run.end().state_hash).collect(),
            commands: owners.iter().map(|one| one.commands).collect(),
        }
    }
}

/// A shard, and what it was told.
#[derive(Debug)]
struct Owner {
    run: ShardRun,
    sequence: u64,
    commands: u64,
}

impl Owner {
    /// Returns a shard that was told all definitions, as each shard of a venue is.
    fn new(market: Market, number: u8, count: u8) -> Self {
        let mut owner = Self {
            run: ShardRun::numbered(ShardId(number), &market),
            sequence: 0,
            commands: 0,
        };
        for body in market.setup() {
            let body = owned(body, number, count);
            let sequence = owner.sequence;
            owner.tell(sequence, body, &mut Vec::new());
        }
        owner
    }

    fn apply(&mut self, command: &Routed, events: &mut Vec<OwnEvent>) {
        self.commands += 1;
        self.tell(command.time_ns, command.body, events);
    }

    fn tell(&mut self, time_ns: u64, body: Command, events: &mut Vec<OwnEvent>) {
        self.sequence += 1;
        let command = Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns,
            body,
        };
        self.run.tell(&command, |event| {
            events.push(OwnEvent {
                time_ns: event.header.time_ns,
                ring_tag: event.header.ring_tag,
                index: event.header.index,
                body: event.body,
            });
        });
    }
}

/// Returns a definition as shard `number` of `count` is told it: an instrument is its owner's,
/// slots are its own.
fn owned(body: Command, number: u8, count: u8) -> Command {
    match body {
        Command::DefineInstrument(define) => {
            let of_owner = define.instrument.id.get() % u32::from(count);
            let shard = u8::try_from(of_owner).map_or(ShardId(0), ShardId);
            Command::DefineInstrument(DefineInstrument {
                instrument: Instrument {
                    shard,
                    ..define.instrument
                },
                ..define
            })
        }
        Command::LendSlots(lend) => Command::LendSlots(LendSlots {
            shard: ShardId(number),
            ..lend
        }),
        other => other,
    }
}
