//! What is asked of a book, in either of its forms: a message of the public benchmark, and an
//! operation.

use matchgate_core::domain::Side as CoreSide;
use matchgate_workloads::meb::{Message, MessageKind};
use matchgate_workloads::{Operation, OperationKind, Side};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// An order comes.
    Enter(Rest),
    /// One goes.
    Cancel,
    /// One gets another price, and what is left of it from now on.
    Modify,
    /// One gets smaller in its place.
    Reduce,
    /// All of an account go.
    CancelAll,
}

/// What becomes of what a new order cannot take at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It rests.
    Stays,
    /// It is canceled.
    Goes,
    /// The order is canceled before it takes anything where it cannot take all.
    Forbidden,
}

/// One thing that is asked. What an act does not need is anything.
pub trait Request {
    /// Returns what is to be done.
    fn act(&self) -> Act;
    /// Returns the client's number of the order.
    fn id(&self) -> u32;
    /// Returns the side of a new order.
    fn side(&self) -> Side;
    /// Returns the limit, ticks.
    fn price(&self) -> i64;
    /// Returns the lots.
    fn quantity(&self) -> u64;
    /// Returns whose it is.
    fn account(&self) -> u32;
}

impl Request for Message {
    #[inline]
    fn act(&self) -> Act {
        match self.kind {
            MessageKind::New if self.immediate => Act::Enter(Rest::Goes),
            MessageKind::New => Act::Enter(Rest::Stays),
            MessageKind::Modify => Act::Modify,
            MessageKind::Cancel => Act::Cancel,
        }
    }

    #[inline]
    fn id(&self) -> u32 {
        self.id
    }

    #[inline]
    fn side(&self) -> Side {
        self.side
    }

    #[inline]
    fn price(&self) -> i64 {
        self.price_ticks
    }

    #[inline]
    fn quantity(&self) -> u64 {
        u64::from(self.quantity)
    }

    #[inline]
    fn account(&self) -> u32 {
        0
    }
}

impl Request for Operation {
    #[inline]
    fn act(&self) -> Act {
        match self.kind {
            OperationKind::New => Act::Enter(Rest::Stays),
            OperationKind::Ioc => Act::Enter(Rest::Goes),
            OperationKind::Fok => Act::Enter(Rest::Forbidden),
            OperationKind::Cancel => Act::Cancel,
            OperationKind::Reduce => Act::Reduce,
            OperationKind::Move => Act::Modify,
            OperationKind::CancelAll => Act::CancelAll,
        }
    }

    #[inline]
    fn id(&self) -> u32 {
        self.order
    }

    #[inline]
    fn side(&self) -> Side {
        self.side
    }

    #[inline]
    fn price(&self) -> i64 {
        self.price
    }

    #[inline]
    fn quantity(&self) -> u64 {
        self.quantity
    }

    #[inline]
    fn account(&self) -> u32 {
        self.account
    }
}

#[inline]
pub(crate) const fn core_side(side: Side) -> CoreSide {
    match side {
        Side::Buy => CoreSide::Buy,
        Side::Sell => CoreSide::Sell,
    }
}

#[inline]
pub(crate) const fn report_side(side: CoreSide) -> Side {
    match side {
        CoreSide::Buy => Side::Buy,
        CoreSide::Sell => Side::Sell,
    }
}
