//! Order flow: what a recorded session makes a client send, in no protocol's words.
//!
//! Commands are numbered from 1 in the order in which they are sent, and the number of the command
//! that enters an order names that order for good. It must not know an engine or a connection.

use matchgate_core::domain::{Notional, Price, Quantity, Side};

use crate::lobster::Row;

/// Number of a command in its flow, from 1; names the order that the command enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandNumber(pub u64);

/// Whose order it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Orders that the recording names.
    Recorded,
    /// Quantity whose orders the recording never showed: the opening book, and levels that came
    /// into view at its edge.
    Seed,
}

/// What an immediate-or-cancel order must execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedExecution {
    /// Quantity.
    pub quantity: Quantity,
    /// Sum of price x quantity. Since no fill is worse than the limit, a sum of limit x quantity
    /// means that each fill is at the limit.
    pub notional: Notional,
}

/// A sum over executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionTotals {
    /// How many.
    pub count: u64,
    /// Their quantity; what does not fit 64 bits stands at the largest number.
    pub quantity: u64,
    /// Their price x quantity.
    pub notional: Notional,
}

impl ExecutionTotals {
    /// Adds all executions of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.quantity = self.quantity.saturating_add(other.quantity);
        self.notional = sum(self.notional, other.notional);
    }

    /// Adds one execution of `quantity` for `notional`.
    pub fn add(&mut self, quantity: Quantity, notional: Notional) {
        self.count += 1;
        self.quantity = self.quantity.saturating_add(quantity.get());
        self.notional = sum(self.notional, notional);
    }
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Enters a day limit order. Where a recording tells executions apart, it must not trade.
    Enter {
        /// Whose it is.
        owner: Owner,
        /// Buy or sell.
        side: Side,
        /// Limit price.
        price: Price,
        /// Quantity.
        quantity: Quantity,
    },
    /// Makes an order smaller in place.
    Reduce {
        /// The command that entered it.
        target: CommandNumber,
        /// Its new TOTAL quantity, the executed part included.
        quantity: Quantity,
    },
    /// Cancels an order.
    Cancel {
        /// The command that entered it.
        target: CommandNumber,
    },
    /// Enters a day limit order of [`Owner::Recorded`] that is refused where it would take.
    Post {
        /// Buy or sell.
        side: Side,
        /// Limit price.
        price: Price,
        /// Quantity.
        quantity: Quantity,
    },
    /// Cancels an order that [`Self::Post`] entered, if it was not refused.
    Withdraw {
        /// The command that entered it.
        target: CommandNumber,
    },
    /// Enters a market order of [`Owner::Recorded`].
    Market {
        /// Buy or sell.
        side: Side,
        /// Quantity.
        quantity: Quantity,
    },
    /// Enters an immediate-or-cancel limit order of [`Owner::Recorded`].
    Take {
        /// Buy or sell.
        side: Side,
        /// Limit price.
        price: Price,
        /// Quantity.
        quantity: Quantity,
        /// What it must execute; `None` where the recording cannot tell.
        expected: Option<ExpectedExecution>,
    },
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowCommand {
    /// Its number.
    pub number: CommandNumber,
    /// Id of its order in the recording; 0 where that names none.
    pub id: u64,
    /// What it does.
    pub action: Action,
}

/// What one message of a recording, or one run of messages, makes of the flow. After its commands
/// the engine's book must show `row`.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Last line of the recording that went into it; 0 for the opening book.
    pub line: u64,
    /// Time of the recording, nanoseconds from any fixed point.
    pub time_ns: u64,
    /// The commands, in their order; may be none.
    pub commands: &'a [FlowCommand],
    /// The best levels of both sides afterwards, where the recording has them.
    pub row: Option<&'a Row>,
    /// What the recording says that a fill left.
    pub leaves: Option<RecordedLeaves>,
}

/// What a fill left of an order, as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedLeaves {
    /// Line of the recording.
    pub line: u64,
    /// Id of the order in the recording.
    pub id: u64,
    /// What was left; 0 where it was filled.
    pub leaves: Quantity,
}

/// Notional values of one recording: a sum that leaves 128 bits needs 2^64 of the largest.
fn sum(one: Notional, other: Notional) -> Notional {
    one.checked_add(other)
        .expect("the notional values of one recording fit 128 bits")
}
