//! The comparison of an engine with the reference: every event after every command, and what both
//! show and hash in between.
//!
//! A difference comes back as data, with the shortest list of commands that still makes one. It
//! must not know how it is told.

mod shrink;

use std::panic::{AssertUnwindSafe, catch_unwind};

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{Command, Event, InstrumentId, Price, Sequenced, ShardId, Side};

use crate::coverage::Coverage;
use crate::generator::{Flow, Generator};
use crate::planted::Bug;
use crate::reference::{Level, Reference};

pub use shrink::shrink;

/// The shard whose commands are compared.
pub const SHARD: ShardId = ShardId(1);

/// Commands from one comparison of hashes to the next.
const HASH_EVERY: usize = 1024;
/// Commands from one comparison of all levels to the next.
const DEPTH_EVERY: usize = 16;

/// An engine that can be compared.
pub trait Engine {
    /// Applies a command to its end; appends all its events.
    fn apply(&mut self, command: &Sequenced<Command>, events: &mut Vec<Event>);
    /// Returns the hash of the whole state.
    fn state_hash(&self) -> u128;
    /// Returns the hash of a book; `None` where the instrument is not known.
    fn book_hash(&self, instrument: InstrumentId) -> Option<u128>;
    /// Returns how many orders are live.
    fn live_order_count(&self) -> usize;
    /// Returns the best displayed price of a side and what is displayed there.
    fn best(&self, instrument: InstrumentId, side: Side) -> Option<(Price, u128)>;
    /// Writes the displayed levels of a side into `levels`, which is empty, the best first.
    fn depth(&self, instrument: InstrumentId, side: Side, levels: &mut Vec<Level>);
}

impl Engine for Reference {
    fn apply(&mut self, command: &Sequenced<Command>, events: &mut Vec<Event>) {
        Self::apply(self, command, events);
    }

    fn state_hash(&self) -> u128 {
        Self::state_hash(self)
    }

    fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        Self::book_hash(self, instrument)
    }

    fn live_order_count(&self) -> usize {
        self.orders().len()
    }

    fn best(&self, instrument: InstrumentId, side: Side) -> Option<(Price, u128)> {
        let level = self.best_level(instrument, side)?;
        Some((level.price, level.quantity))
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: &mut Vec<Level>) {
        Self::depth(self, instrument, side, levels);
    }
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The events of the command.
    Events,
    /// The engine panicked in the command.
    Panicked,
    /// How many orders are live.
    LiveOrders,
    /// The best price of a side, or what is displayed there.
    Best(InstrumentId, Side),
    /// The levels of a side.
    Depth(InstrumentId, Side),
    /// The hash of a book.
    BookHash(InstrumentId),
    /// The hash of the state.
    StateHash,
}

impl What {
    /// Returns whether it shows in what the engine says, not only in what it keeps.
    #[must_use]
    pub const fn is_said(self) -> bool {
        matches!(self, Self::Events | Self::Panicked)
    }
}

/// A difference between an engine and the reference.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What differs after the last of the commands.
    pub what: What,
    /// Commands from the first on; the last one shows the difference.
    pub commands: Vec<Sequenced<Command>>,
    /// Events of the last command, by the reference.
    pub expected: Vec<Event>,
    /// Events of the last command, by the engine.
    pub actual: Vec<Event>,
    /// How often a bug that was planted in the reference made a difference.
    pub executed: u64,
}

/// Both engines, told the same commands.
struct Comparison<E> {
    reference: Reference,
    engine: E,
    instruments: u32,
    /// Whether only what the engine says is compared.
    said_only: bool,
    told: usize,
    expected: Vec<Event>,
    actual: Vec<Event>,
    expected_levels: Vec<Level>,
    actual_levels: Vec<Level>,
}

impl<E: Engine> Comparison<E> {
    fn new(capacity: ShardCapacity, engine: E) -> Self {
        Self {
            reference: Reference::new(SHARD, capacity),
            engine,
            instruments: capacity.instruments,
            said_only: false,
            told: 0,
            expected: Vec::new(),
            actual: Vec::new(),
            expected_levels: Vec::new(),
            actual_levels: Vec::new(),
        }
    }

    /// Tells both a command and compares what they say and show.
    fn tell(&mut self, command: &Sequenced<Command>) -> Result<(), What> {
        self.told += 1;
        self.expected.clear();
        self.actual.clear();
        self.reference.apply(command, &mut self.expected);
        let (engine, actual) = (&mut self.engine, &mut self.actual);
        catch_unwind(AssertUnwindSafe(|| engine.apply(command, actual)))
            .map_err(|_| What::Panicked)?;
        same(&self.expected, &self.actual, What::Events)?;
        if self.said_only {
            return Ok(());
        }
        let counts = (
            self.reference.orders().len(),
            self.engine.live_order_count(),
        );
        same(&counts.0, &counts.1, What::LiveOrders)?;
        self.compare_best()?;
        if self.told.is_multiple_of(DEPTH_EVERY) {
            self.compare_depth()?;
        }
        let asked = matches!(command.body, Command::StateHash(_));
        if asked || self.told.is_multiple_of(HASH_EVERY) {
            self.compare_hashes()?;
        }
        Ok(())
    }

    fn compare_best(&self) -> Result<(), What> {
        for (instrument, side) in sides(self.instruments) {
            let level = self.reference.best_level(instrument, side);
            let expected = level.map(|level| (level.price, level.quantity));
            let actual = self.engine.best(instrument, side);
            same(&expected, &actual, What::Best(instrument, side))?;
        }
        Ok(())
    }

    fn compare_depth(&mut self) -> Result<(), What> {
        for (instrument, side) in sides(self.instruments) {
            self.actual_levels.clear();
            self.reference
                .depth(instrument, side, &mut self.expected_levels);
            self.engine.depth(instrument, side, &mut self.actual_levels);
            let what = What::Depth(instrument, side);
            same(&self.expected_levels, &self.actual_levels, what)?;
        }
        Ok(())
    }

    fn compare_hashes(&self) -> Result<(), What> {
        for instrument in (0..self.instruments).map(InstrumentId) {
            let expected = self.reference.book_hash(instrument);
            let actual = self.engine.book_hash(instrument);
            same(&expected, &actual, What::BookHash(instrument))?;
        }
        let expected = self.reference.state_hash();
        same(&expected, &self.engine.state_hash(), What::StateHash)
    }

    /// Compares what is compared now and then only.
    fn compare_end(&mut self) -> Result<(), What> {
        if self.said_only {
            return Ok(());
        }
        self.compare_depth()?;
        self.compare_hashes()
    }

    fn tell_all(&mut self, commands: &[Sequenced<Command>]) -> Result<(), Box<Difference>> {
        for (index, command) in commands.iter().enumerate() {
            if let Err(what) = self.tell(command) {
                return Err(Box::new(self.difference(what, &commands[..=index])));
            }
        }
        self.compare_end()
            .map_err(|what| Box::new(self.difference(what, commands)))
    }

    fn difference(&self, what: What, commands: &[Sequenced<Command>]) -> Difference {
        Difference {
            what,
            commands: commands.to_vec(),
            expected: self.expected.clone(),
            actual: self.actual.clone(),
            executed: self.reference.bug_executed(),
        }
    }
}

fn sides(instruments: u32) -> impl Iterator<Item = (InstrumentId, Side)> {
    (0..instruments).flat_map(|id| [Side::Buy, Side::Sell].map(|side| (InstrumentId(id), side)))
}

fn same<T: PartialEq + ?Sized>(expected: &T, actual: &T, what: What) -> Result<(), What> {
    (expected == actual).then_some(()).ok_or(what)
}

/// Runs `command_count` commands of a seed through an engine and the reference.
///
/// # Errors
///
/// Returns the first difference, with all commands before it. [`shrink`] makes it small.
pub fn compare<E: Engine>(
    seed: u64,
    flow: Flow,
    command_count: usize,
    engine: E,
    coverage: Option<&mut Coverage>,
) -> Result<(), Box<Difference>> {
    let comparison = Comparison::new(flow.capacity(), engine);
    run(
        Generator::new(seed, flow),
        command_count,
        comparison,
        coverage,
    )
}

fn run<E: Engine>(
    mut generator: Generator,
    command_count: usize,
    mut comparison: Comparison<E>,
    mut coverage: Option<&mut Coverage>,
) -> Result<(), Box<Difference>> {
    let mut commands = Vec::with_capacity(command_count);
    for _ in 0..command_count {
        let command = generator.next(&comparison.reference);
        commands.push(command);
        if let Err(what) = comparison.tell(&command) {
            return Err(Box::new(comparison.difference(what, &commands)));
        }
        if let Some(coverage) = &mut coverage {
            coverage.note(&command, &comparison.expected);
        }
    }
    comparison
        .compare_end()
        .map_err(|what| Box::new(comparison.difference(what, &commands)))
}

/// As [`compare`], with a bug in the reference where one is given.
///
/// # Errors
///
/// Returns the first difference, with all commands before it.
pub fn compare_with<E: Engine>(
    seed: u64,
    flow: Flow,
    command_count: usize,
    engine: E,
    bug: Option<Bug>,
) -> Result<(), Box<Difference>> {
    let mut comparison = Comparison::new(flow.capacity(), engine);
    if let Some(bug) = bug {
        comparison.reference = Reference::new(SHARD, flow.capacity()).with_bug(bug);
    }
    run(Generator::new(seed, flow), command_count, comparison, None)
}

/// Tells an engine and the reference a list of commands.
///
/// # Errors
///
/// Returns the first difference, with the commands up to it.
pub fn compare_list<E: Engine>(
    commands: &[Sequenced<Command>],
    capacity: ShardCapacity,
    engine: E,
) -> Result<(), Box<Difference>> {
    Comparison::new(capacity, engine).tell_all(commands)
}
