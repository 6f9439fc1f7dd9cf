//! Why bytes are no snapshot of a shard, and where that shows.

use crate::capacity::ShardCapacity;
use crate::domain::ShardId;

/// Bytes are no snapshot that this shard can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {problem}")]
pub struct SnapshotError {
    /// Where the field begins that shows it, from the begin of the snapshot.
    pub offset: usize,
    /// What is wrong.
    pub problem: SnapshotProblem,
}

/// What is wrong with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotProblem {
    /// It ends before what its head says.
    #[error("it ends where {missing} more bytes are due")]
    Ends {
        /// Bytes that are due behind its end; of a head that is not whole, to the end of the head.
        missing: u64,
    },
    /// It goes on behind what its head says.
    #[error("{count} bytes stand behind the last order")]
    TrailingBytes {
        /// How many.
        count: u64,
    },
    /// Its format is not [`super::FORMAT`].
    #[error("format {0} is not one that this build reads")]
    Format(u32),
    /// It is another shard's.
    #[error("it is of shard {0}")]
    Shard(ShardId),
    /// The shard that was saved had another capacity, and may have answered otherwise.
    #[error("it is of a shard of {0:?}")]
    Capacity(ShardCapacity),
    /// It says that it has more of something than a shard of its capacity can have.
    #[error("{count} {what}, where {most} may be")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many it says.
        count: u32,
        /// How many there may be.
        most: u32,
    },
    /// What is zero is not.
    #[error("it is not zero")]
    NotZero,
    /// A byte stands for none of what it may stand for.
    #[error("{code} is no {what}")]
    Code {
        /// What it is to be.
        what: &'static str,
        /// The byte.
        code: u8,
    },
    /// A list has something twice, or in another order than that of its numbers.
    #[error("the {what} do not rise")]
    NotRising {
        /// What is listed.
        what: &'static str,
    },
    /// A number is beyond the capacity.
    #[error("{what} {number} is not below {count}")]
    Beyond {
        /// Of what.
        what: &'static str,
        /// The number.
        number: u32,
        /// How many there are.
        count: u32,
    },
    /// An instrument is none that a shard takes.
    #[error("the instrument is not well formed")]
    Instrument,
    /// An instrument is another shard's.
    #[error("the instrument is of shard {0}")]
    InstrumentShard(ShardId),
    /// A lent range is empty, meets the one before it, or is lent to nobody.
    #[error("the range of lent slots is none")]
    LentRange,
    /// A slot that is lent to nobody was used.
    #[error("slot {0} is lent to nobody")]
    SlotNotLent(u32),
    /// Two orders stand in one slot, or one in a slot that is said to be vacant.
    #[error("slot {0} is taken")]
    SlotTaken(u32),
    /// A slot was used, and its generation is zero.
    #[error("the generation is zero")]
    Generation,
    /// An order's id is not of this shard, or of a command that is still to come.
    #[error("order id {0} was not given")]
    OrderId(u64),
    /// An order's instrument is not one of this shard's.
    #[error("instrument {0} is not listed")]
    UnknownInstrument(u32),
    /// The book of an order has not taken so many.
    #[error("number {0} was not given to an order")]
    OrderNumber(u64),
    /// Session and account of an order have no list.
    #[error("session {session} and account {account} are no pair")]
    Pair {
        /// The session.
        session: u32,
        /// The account.
        account: u32,
    },
    /// Type, time in force and terms are not together those of an order that lives.
    #[error("no live order has these traits and terms")]
    Terms,
    /// What is open or displayed is not part of what it is part of.
    #[error("quantity {0} is out of bounds")]
    Quantity(u64),
    /// A price is off tick, or one that no price is.
    #[error("price {0} is none of the instrument")]
    Price(i64),
    /// A client order id is longer than one can be, or has a byte that none has.
    #[error("it is no client order id")]
    ClientOrderId,
    /// A priority stamp is zero or another order's of the same book.
    #[error("priority stamp {0} is not one order's")]
    PriorityStamp(u64),
    /// A book has given fewer priority stamps than its orders have.
    #[error("{0} priority stamps are fewer than were given")]
    StampsGiven(u64),
    /// An order would have been traded, not displayed.
    #[error("the book is crossed")]
    Crossed,
    /// A side of a book has more price levels than there is room for.
    #[error("there is no room for the price level")]
    LevelCapacity,
    /// A side of a book has more mid-pegs than there may be.
    #[error("there is no room for the mid-peg")]
    PegCapacity,
    /// What the orders of a price level display, or may come to display, has no sum.
    #[error("the quantities of the price level have no sum")]
    LevelQuantity,
    /// The reference of mid-pegs is not that of the best prices.
    #[error("the reference is not the middle of the book")]
    Reference,
    /// All of it was read, and the shard that it makes has another state hash.
    #[error("the state hash is {computed:032x}, where {stored:032x} is stored")]
    StateHash {
        /// The hash in the snapshot.
        stored: u128,
        /// The hash of what was restored.
        computed: u128,
    },
}

impl SnapshotProblem {
    /// Returns the error of it at a byte.
    pub(crate) const fn at(self, offset: usize) -> SnapshotError {
        SnapshotError {
            offset,
            problem: self,
        }
    }
}
