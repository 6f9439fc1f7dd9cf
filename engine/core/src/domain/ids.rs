//! Identifiers: who, which order, which command, which event.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::bounds::ORDER_ID_SEQUENCE_BITS;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes,
            IntoBytes, KnownLayout, Immutable,
        )]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// Returns the bare number.
            #[inline]
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

number!(
    /// Place of a command in its shard's total order, from 1; the replay key.
    SequenceNumber(u64)
);
number!(
    /// Counts the starts of the process on one data directory, from 1.
    Epoch(u32)
);
number!(
    /// Number of a shard.
    ShardId(u8)
);
number!(
    /// Number of a gateway agent.
    GatewayId(u8)
);
number!(
    /// Number of an instrument, dense from 0 over the venue.
    InstrumentId(u32)
);
number!(
    /// Number of an account, dense from 0 over the venue.
    AccountId(u32)
);
number!(
    /// Number of a firm, dense from 0.
    FirmId(u32)
);
number!(
    /// Number of a session (one key's persistent numbering), dense from 0.
    SessionId(u32)
);
number!(
    /// A client's number of its request, consecutive from 1 in one session.
    RequestNumber(u64)
);
number!(
    /// A gateway's number of a command to one shard, rising from 1; never used twice.
    RingNumber(u64)
);
number!(
    /// Place of a record in the control journal, from 1.
    ControlNumber(u64)
);

impl GatewayId {
    /// Stands where no gateway sent the command: control and time.
    pub const NONE: Self = Self(u8::MAX);
}

/// A gateway's name for an order inside the process: a slot of the shard's slab and how often the
/// slot was used. It leaves the process nowhere.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(C)]
pub struct OrderHandle {
    /// Index into the shard's slab.
    pub slot: u32,
    /// Use of the slot, from 1; each new order in a slot has a higher one than the last.
    pub generation: u32,
}

/// The venue's id of an order (FIX OrderID 37): shard and sequence of the command that made it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(transparent)]
pub struct OrderId(u64);

impl OrderId {
    /// No order.
    pub const NONE: Self = Self(0);

    /// Returns the id of the order that command `sequence` of `shard` made. A sequence number has
    /// at most 55 bits; the shard agent stops long before.
    #[inline]
    #[must_use]
    pub const fn of(shard: ShardId, sequence: SequenceNumber) -> Self {
        let mask = (1_u64 << ORDER_ID_SEQUENCE_BITS) - 1;
        Self(((shard.0 as u64) << ORDER_ID_SEQUENCE_BITS) | (sequence.0 & mask))
    }

    /// Returns the id that stands as `raw` on a wire; the caller looks it up.
    #[inline]
    #[must_use]
    pub const fn from_wire(raw: u64) -> Self {
        Self(raw)
    }

    /// Returns the number on the wire.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the shard that made it.
    #[inline]
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "eight bits stand above the sequence"
    )]
    pub const fn shard(self) -> ShardId {
        ShardId((self.0 >> ORDER_ID_SEQUENCE_BITS) as u8)
    }

    /// Returns the sequence of the command that made it.
    #[inline]
    #[must_use]
    pub const fn sequence(self) -> SequenceNumber {
        SequenceNumber(self.0 & ((1_u64 << ORDER_ID_SEQUENCE_BITS) - 1))
    }
}

/// Id of an event, in all places: execution id and trade id (FIX 17, 880), message id in NATS,
/// key in QuestDB. Written `epoch.shard.sequence.index`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// Epoch in which the command was sequenced.
    pub epoch: Epoch,
    /// Shard that sequenced it.
    pub shard: ShardId,
    /// Its place in the shard's order.
    pub sequence: SequenceNumber,
    /// Counts the events of the command, from 0.
    pub index: u32,
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}.{}.{}.{}",
            self.epoch, self.shard, self.sequence, self.index
        )
    }
}
