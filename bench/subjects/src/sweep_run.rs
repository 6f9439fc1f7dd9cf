//! One operation that does much, a round at a time, so that whoever calls times just that.
//!
//! A round is a *fill*, which is not timed, and a *strike*, which is: a sweep through so many
//! orders, or a cancel of all of an account. In a shard a strike goes on in steps, and between two
//! of them another command could not come, but events leave.

use matchgate_core::domain::{Command, Sequenced};
use matchgate_workloads::report::{Report, ReportKind, fold};
use matchgate_workloads::sweep::{self, Book, Strike};

use crate::book::{BookRun, Room};
use crate::shard::{Market, NoSlotError, Resolver, ShardRun};
use crate::sink::Folded;

/// What a strike has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Struck {
    /// Orders that it trades with.
    pub fills: u64,
    /// Orders that it cancels.
    pub cancels: u64,
    /// Whether it said all that, as the resolver's shard did.
    pub is_right: bool,
}

/// A strike as a shard is told it, after its fill, and what has to be said.
#[derive(Debug)]
struct Told {
    fill: Vec<Sequenced<Command>>,
    strike: Sequenced<Command>,
    events_checksum: u64,
    reports_checksum: u64,
    fills: u64,
    cancels: u64,
}

impl Told {
    const fn struck(&self, is_right: bool) -> Struck {
        Struck {
            fills: self.fills,
            cancels: self.cancels,
            is_right,
        }
    }
}

/// The rounds, as a book and as a shard is told them.
#[derive(Debug)]
pub struct Sweeps {
    rounds: Vec<sweep::Round>,
    setup: Vec<Sequenced<Command>>,
    told: Vec<Told>,
    market: Market,
    is_right: bool,
}

impl Sweeps {
    /// Makes and resolves `rounds` rounds over a book.
    ///
    /// # Errors
    ///
    /// Never, but for a fault of the room that is taken here.
    pub fn new(seed: u64, book: Book, strike: Strike, rounds: usize) -> Result<Self, NoSlotError> {
        let made = sweep::generate(seed, book, strike, rounds);
        // Where all of one account go, as many of the other's lie among them.
        let orders = u32::try_from(2 * book.makers + 2).unwrap_or(u32::MAX);
        let market = Market {
            users: 2,
            ..Market::new(orders, book.levels + 1)
        };
        let mut resolver = Resolver::new(market);
        let mut sweeps = Self {
            rounds: Vec::new(),
            setup: resolver.setup(),
            told: Vec::with_capacity(made.rounds.len()),
            market,
            is_right: false,
        };
        let sum = |start, reports: &[Report]| reports.iter().fold(start, fold);
        let (mut reports, mut checksum) = (Vec::new(), 0);
        for round in &made.rounds {
            let mut resolve = |operation| resolver.resolve(operation, &mut reports);
            let fill = round
                .fill
                .iter()
                .map(&mut resolve)
                .collect::<Result<_, _>>()?;
            checksum = sum(checksum, &reports);
            reports.clear();
            resolver.begin_timed();
            let strike = resolver.resolve(&round.strike, &mut reports)?;
            sweeps.told.push(Told {
                fill,
                strike,
                events_checksum: resolver.end().checksum,
                reports_checksum: sum(0, &reports),
                fills: count(&reports, ReportKind::Trade),
                cancels: count(&reports, ReportKind::CancelAck),
            });
            checksum = sum(checksum, &reports);
            reports.clear();
        }
        sweeps.rounds = made.rounds;
        sweeps.is_right = checksum == made.checksum;
        Ok(sweeps)
    }

    /// Returns whether the resolver's shard said to all rounds what a right book says.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.is_right
    }

    /// Returns how many rounds there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rounds.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rounds.is_empty()
    }
}

/// Rounds in a book alone.
#[derive(Debug)]
pub struct BookSweep<'a> {
    sweeps: &'a Sweeps,
    run: BookRun<Folded>,
    round: usize,
    sequence: u32,
}

impl<'a> BookSweep<'a> {
    /// Returns an empty book before the first round.
    #[must_use]
    pub fn new(sweeps: &'a Sweeps) -> Self {
        let market = &sweeps.market;
        let room = Room {
            accounts: market.users,
            ..Room::new(market.orders, market.levels)
        };
        Self {
            sweeps,
            run: BookRun::folding(room),
            round: 0,
            sequence: 0,
        }
    }

    /// Fills the book for the next strike; returns whether there is a round left.
    pub fn fill(&mut self) -> bool {
        let Some(round) = self.sweeps.rounds.get(self.round) else {
            return false;
        };
        self.run.pass(self.sequence, &round.fill);
        self.sequence += u32::try_from(round.fill.len()).unwrap_or(0);
        self.run.set_sink(Folded::new());
        true
    }

    /// Strikes; after [`Self::fill`]. Nothing where there is no round left.
    #[inline(never)]
    pub fn strike(&mut self) {
        if let Some(round) = self.sweeps.rounds.get(self.round) {
            self.run.apply(self.sequence, &round.strike);
            self.sequence += 1;
            self.round += 1;
        }
    }

    /// Returns what the last strike had to do, and whether it did.
    #[must_use]
    pub fn struck(&self) -> Struck {
        let told = self
            .round
            .checked_sub(1)
            .map(|round| &self.sweeps.told[round]);
        told.map_or_else(Struck::default, |told| {
            told.struck(told.reports_checksum == self.run.checksum())
        })
    }
}

/// Rounds in a shard.
#[derive(Debug)]
pub struct ShardSweep<'a> {
    sweeps: &'a Sweeps,
    run: ShardRun,
    round: usize,
}

impl<'a> ShardSweep<'a> {
    /// Returns a shard before the first round.
    #[must_use]
    pub fn new(sweeps: &'a Sweeps) -> Self {
        let mut run = ShardRun::new(&sweeps.market);
        run.pass(&sweeps.setup);
        Self {
            sweeps,
            run,
            round: 0,
        }
    }

    /// Fills the book for the next strike; returns whether there is a round left.
    pub fn fill(&mut self) -> bool {
        let Some(told) = self.sweeps.told.get(self.round) else {
            return false;
        };
        self.run.pass(&told.fill);
        self.run.reset_checksum();
        true
    }

    /// Strikes, with all steps that it takes; after [`Self::fill`]. Nothing where there is no round
    /// left.
    #[inline(never)]
    pub fn strike(&mut self) {
        if let Some(told) = self.sweeps.told.get(self.round) {
            self.run.apply(&told.strike);
            self.round += 1;
        }
    }

    /// Returns what the last strike had to do, and whether it did.
    #[must_use]
    pub fn struck(&self) -> Struck {
        let told = self
            .round
            .checked_sub(1)
            .map(|round| &self.sweeps.told[round]);
        told.map_or_else(Struck::default, |told| {
            told.struck(told.events_checksum == self.run.checksum())
        })
    }
}

fn count(reports: &[Report], kind: ReportKind) -> u64 {
    reports.iter().filter(|one| one.kind == kind).count() as u64
}
