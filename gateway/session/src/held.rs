//! Held: legs of events that wait until their command is on disk, in journal order.
//!
//! A leg is what one order (or one request) sees of an event: a trade between two orders of this
//! gateway has two, which may be of different classes.

use std::collections::VecDeque;

use matchgate_core::domain::{Durability, Epoch, Event, EventBody, OrderHandle, SequenceNumber};

use crate::bounds::HELD_CANCELS_SHARE;
use crate::in_flight::Cause;

/// Which part of an event a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What it says about the order that it is about, the aggressor of a trade.
    Order(OrderHandle),
    /// What a trade, or one that was prevented, says about the resting order.
    Resting(OrderHandle),
    /// The answer to a request that is for no one order, or whose order is not live.
    Request,
}

/// One leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    /// The event.
    pub(crate) event: Event,
    /// Which part of it.
    pub(crate) part: Part,
    /// The epoch in which its command was sequenced.
    pub(crate) epoch: Epoch,
    /// The request that the leg says something about, see [`Cause::concerns`]; `None` where it
    /// says what happened to an order on its own, by others or by an operator.
    pub(crate) cause: Option<Cause>,
}

/// The legs that an event may have, each with its class.
pub(crate) type LegParts = [Option<(Part, Durability)>; 2];

/// Returns the parts of an event, the aggressor's before the resting order's. Which of them are
/// this gateway's is for the caller to find.
pub(crate) fn parts_of(body: &EventBody) -> LegParts {
    match *body {
        EventBody::Accepted { handle, durability }
        | EventBody::Rejected {
            handle, durability, ..
        }
        | EventBody::Reduced {
            handle, durability, ..
        }
        | EventBody::Replaced {
            handle, durability, ..
        }
        | EventBody::Canceled {
            handle, durability, ..
        }
        | EventBody::Expired {
            handle, durability, ..
        }
        | EventBody::Triggered {
            handle, durability, ..
        }
        | EventBody::Restated {
            handle, durability, ..
        }
        | EventBody::TermsReplaced {
            handle, durability, ..
        } => [Some((Part::Order(handle), durability)), None],
        EventBody::Traded {
            aggressor,
            resting,
            aggressor_durability,
            resting_durability,
            ..
        }
        | EventBody::SelfTradePrevented {
            aggressor,
            resting,
            aggressor_durability,
            resting_durability,
            ..
        } => [
            Some((Part::Order(aggressor), aggressor_durability)),
            Some((Part::Resting(resting), resting_durability)),
        ],
        EventBody::CancelRejected { durability, .. }
        | EventBody::MassCanceled { durability, .. } => [Some((Part::Request, durability)), None],
        EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => [None, None],
    }
}

/// Legs of class synced of one shard, oldest first.
pub(crate) struct Held {
    legs: VecDeque<Leg>,
    legs_max: usize,
    /// Legs, there or to come, above which no order is added.
    orders_max: usize,
}

impl Held {
    /// Returns a queue of at most `legs_max` legs.
    pub(crate) fn new(legs_max: usize) -> Self {
        Self {
            legs: VecDeque::with_capacity(legs_max),
            legs_max,
            orders_max: legs_max - legs_max / HELD_CANCELS_SHARE,
        }
    }

    /// Adds room for the end of the order in each of `slots` slots.
    pub(crate) fn lend(&mut self, slots: usize) {
        self.legs_max += slots;
        self.orders_max += slots;
        self.legs.reserve_exact(self.legs_max - self.legs.len());
    }

    /// Returns whether an order of class synced may be added, where `expected` legs are to come.
    #[inline]
    pub(crate) fn has_order_room(&self, expected: usize) -> bool {
        self.legs.len() + expected < self.orders_max
    }

    /// Returns how many events may come now, whatever legs they have.
    pub(crate) fn event_room(&self) -> usize {
        self.legs_max.saturating_sub(self.legs.len()) / 2
    }

    /// Adds a leg behind the others.
    pub(crate) fn push(&mut self, leg: Leg) {
        debug_assert!(self.legs.len() < self.legs_max, "the caller asked for room");
        self.legs.push_back(leg);
    }

    /// Takes the oldest leg whose command is at or below `through`.
    pub(crate) fn pop_through(&mut self, through: SequenceNumber) -> Option<Leg> {
        let leg = self
            .legs
            .pop_front_if(|leg| leg.event.header.sequence <= through);
        if leg.is_some() && self.legs.is_empty() {
            // From its beginning again: memory that no backlog has needed is never touched.
            self.legs.clear();
        }
        leg
    }
}
