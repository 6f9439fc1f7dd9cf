//! Planted bugs: what other engines got wrong, to be switched on in the reference at run time, so
//! that one sees whether a comparison would find it.
//!
//! A switch sits where the right answer is computed and may put a wrong one in its place. It must
//! not decide what is right.

use std::cell::Cell;

use matchgate_core::domain::{InstrumentId, Side};

/// A bug that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// At one price the last order trades first (rule 4.1.1).
    LastTradesFirst,
    /// A trade has the aggressor's limit as its price (rule 4.1.1).
    AggressorPrice,
    /// A smaller quantity costs the place (rules 4.2.1 and 4.2.3).
    SizeDownLosesPlace,
    /// A higher quantity costs nothing (rule 4.2.1).
    SizeUpKeepsPlace,
    /// A level that trades have emptied still stops post-only orders (rule 4.1.4).
    PhantomLevel,
    /// What a fill-or-kill order could take is counted with its own orders (rule 4.4.1).
    FillOrKillIgnoresSelfTrade,
    /// A peg whose price did not change goes to the back with the others (rule 4.7.5).
    PegLosesPlace,
    /// Only the last print of an aggressor releases stop orders (rule 4.6.3).
    FirstPrintSkipsStops,
    /// Where a cancel has emptied the best level, its price still is the best one (rule 4.5.1).
    StaleBestAfterCancel,
    /// The next part of an iceberg keeps the place of the one before (rule 4.7.1).
    RefreshKeepsPlace,
}

impl Bug {
    /// Every bug.
    pub const ALL: [Self; 10] = [
        Self::LastTradesFirst,
        Self::AggressorPrice,
        Self::SizeDownLosesPlace,
        Self::SizeUpKeepsPlace,
        Self::PhantomLevel,
        Self::FillOrKillIgnoresSelfTrade,
        Self::PegLosesPlace,
        Self::FirstPrintSkipsStops,
        Self::StaleBestAfterCancel,
        Self::RefreshKeepsPlace,
    ];
}

/// The switch, and how often it made a difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Planted {
    bug: Option<Bug>,
    executed: Cell<u64>,
    /// Prices of levels that are gone and that a bug has not noticed: one a side of a book.
    ghosts: Vec<(InstrumentId, Side, i64)>,
}

impl Planted {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            ..Self::default()
        }
    }

    pub(crate) fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Returns what is right, or where `bug` is planted what is wrong, and counts where that is
    /// another answer.
    pub(crate) fn choose<T: PartialEq>(&self, bug: Bug, right: T, wrong: impl FnOnce() -> T) -> T {
        if !self.is(bug) {
            return right;
        }
        let wrong = wrong();
        self.count(wrong != right);
        wrong
    }

    pub(crate) fn count(&self, differs: bool) {
        self.executed.set(self.executed.get() + u64::from(differs));
    }

    pub(crate) fn executed(&self) -> u64 {
        self.executed.get()
    }

    /// Remembers that the level at `price` is gone.
    pub(crate) fn haunt(&mut self, instrument: InstrumentId, side: Side, price: i64) {
        self.lay(instrument, side);
        self.ghosts.push((instrument, side, price));
    }

    /// Forgets what was remembered of a side: an order was displayed, all is computed anew.
    pub(crate) fn lay(&mut self, instrument: InstrumentId, side: Side) {
        self.ghosts
            .retain(|&(book, of, _)| (book, of) != (instrument, side));
    }

    pub(crate) fn ghost(&self, instrument: InstrumentId, side: Side) -> Option<i64> {
        self.ghosts
            .iter()
            .find(|&&(book, of, _)| (book, of) == (instrument, side))
            .map(|&(_, _, price)| price)
    }
}
