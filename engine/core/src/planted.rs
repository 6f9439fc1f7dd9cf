//! Bugs that tests plant, one at a time, to see that the comparison with the twin finds them.
//!
//! They are compiled into builds with debug assertions only; in a release build each place is
//! a constant `false`, and this module is empty but for that.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The last order at a price trades first.
    LastInFirstOut,
    /// Trades are at the aggressor's price.
    AggressorPrice,
    /// A smaller quantity costs the order its place.
    SmallerLosesPlace,
    /// A larger quantity does not.
    LargerKeepsPlace,
    /// A level without orders stays among the prices.
    PhantomLevel,
    /// A fill-or-kill order is counted as if it traded with its own identity.
    FillOrKillIgnoresOwn,
    /// Mid-pegs lose their place though the reference has not moved.
    PegLosesPlace,
    /// Only the last print of an aggressor releases stop orders.
    FirstPrintReleasesNothing,
    /// The best price stays where it was when its last order has gone.
    StaleBest,
    /// The next part of an iceberg is shown where the last one was.
    RefreshToFront,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::LastInFirstOut,
        Self::AggressorPrice,
        Self::SmallerLosesPlace,
        Self::LargerKeepsPlace,
        Self::PhantomLevel,
        Self::FillOrKillIgnoresOwn,
        Self::PegLosesPlace,
        Self::FirstPrintReleasesNothing,
        Self::StaleBest,
        Self::RefreshToFront,
    ];
}

#[cfg(debug_assertions)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
        static EXECUTED: Cell<u64> = const { Cell::new(0) };
    }

    /// Plants a bug in the shards of this thread, or none; forgets how often one was executed.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
        EXECUTED.set(0);
    }

    /// Returns how often the planted bug changed what happened.
    #[must_use]
    pub fn executed() -> u64 {
        EXECUTED.get()
    }

    /// Returns whether a bug is planted where it changes something.
    pub(crate) fn bites(bug: Bug, changes: bool) -> bool {
        let bites = changes && PLANTED.get() == Some(bug);
        if bites {
            EXECUTED.set(EXECUTED.get() + 1);
        }
        bites
    }
}

#[cfg(debug_assertions)]
pub(crate) use switch::bites;
#[cfg(debug_assertions)]
pub use switch::{executed, plant};

/// No bug is planted in a release build.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) const fn bites(_: Bug, _: bool) -> bool {
    false
}
