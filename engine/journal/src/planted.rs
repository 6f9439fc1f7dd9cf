//! Bugs that tests plant, one at a time, to see that the proofs of durability find them.
//!
//! They are compiled into builds with debug assertions only; in a release build each place is
//! a constant `false`, and this module is empty but for that.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A batch is told synced after it was written only.
    DataNotSynced,
    /// A batch is told synced before it is written.
    SyncedBeforeWrite,
    /// A new segment gets its name before its header is durable.
    SegmentNotSynced,
    /// A new segment's name is not made durable.
    SegmentNameNotSynced,
    /// A file that replaces another gets its name before its content is durable.
    FileNotSynced,
    /// The name of a file that replaces another is not made durable.
    NameNotSynced,
    /// The names of the folders above the directory are not made durable.
    DirectoryNotSynced,
    /// A start has the epoch of the one before.
    EpochReused,
    /// Numbers that a loss of power may have taken are given again.
    LostNumbersReused,
    /// The numbers that were passed over are forgotten at the next start.
    NextNotKept,
    /// A record's checksum is not looked at.
    ChecksumUnchecked,
    /// A record's padding is not looked at.
    PaddingUnchecked,
    /// A record's sequence is not looked at.
    SequenceUnchecked,
    /// A record's epoch is not looked at.
    EpochUnchecked,
    /// A segment header's checksum is not looked at.
    HeaderChecksumUnchecked,
    /// Whose segment it is, is not looked at.
    OwnerUnchecked,
    /// Whether a segment goes on where the last one ended is not looked at.
    ChainUnchecked,
    /// The hash of the segment before is not looked at.
    HashUnchecked,
    /// The hash of body layouts is not looked at.
    SchemaUnchecked,
    /// Damage is cut off like a torn tail though a later record tells that it was synced.
    ClaimsIgnored,
    /// Records may end before the last one that is known to have been synced.
    FloorIgnored,
    /// A segment does not tell what is synced.
    ClaimsNotWritten,
    /// A torn tail is not cut off.
    TornTailKept,
    /// The cut is not made durable.
    CutNotSynced,
    /// What only the staging log holds is not taken over.
    StagingNotTakenOver,
    /// A staging log that is gone is taken for one that was settled.
    MissingStagingTaken,
    /// Another directory's staging log is taken.
    ForeignStagingTaken,
    /// A sync that was refused is tried again.
    SyncRetried,
    /// A write that was refused is taken for done.
    WriteErrorSwallowed,
    /// Nobody is told that the writer has failed.
    FailureNotTold,
    /// A stop is called clean though records wait.
    CleanTooEarly,
    /// A second process gets in.
    LockIgnored,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 32] = [
        Self::DataNotSynced,
        Self::SyncedBeforeWrite,
        Self::SegmentNotSynced,
        Self::SegmentNameNotSynced,
        Self::FileNotSynced,
        Self::NameNotSynced,
        Self::DirectoryNotSynced,
        Self::EpochReused,
        Self::LostNumbersReused,
        Self::NextNotKept,
        Self::ChecksumUnchecked,
        Self::PaddingUnchecked,
        Self::SequenceUnchecked,
        Self::EpochUnchecked,
        Self::HeaderChecksumUnchecked,
        Self::OwnerUnchecked,
        Self::ChainUnchecked,
        Self::HashUnchecked,
        Self::SchemaUnchecked,
        Self::ClaimsIgnored,
        Self::FloorIgnored,
        Self::ClaimsNotWritten,
        Self::TornTailKept,
        Self::CutNotSynced,
        Self::StagingNotTakenOver,
        Self::MissingStagingTaken,
        Self::ForeignStagingTaken,
        Self::SyncRetried,
        Self::WriteErrorSwallowed,
        Self::FailureNotTold,
        Self::CleanTooEarly,
        Self::LockIgnored,
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

    /// Plants a bug in the journals of this thread, or none; forgets how often one was executed.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
        EXECUTED.set(0);
    }

    /// Returns how often the planted bug changed what happened.
    #[must_use]
    pub fn executed() -> u64 {
        EXECUTED.get()
    }

    /// Returns whether a bug is planted; asked only where it changes something.
    pub(crate) fn bites(bug: Bug) -> bool {
        let bites = PLANTED.get() == Some(bug);
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
pub(crate) const fn bites(_: Bug) -> bool {
    false
}
