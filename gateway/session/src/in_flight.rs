//! In flight: commands on their way to one shard, and which request each answers.
//!
//! The shard takes a gateway's commands in ring order, so this is a queue: an event of a later
//! command means that every earlier one has been answered.

use std::collections::VecDeque;

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Command, Durability, EventBody, OrderHandle, RequestNumber,
    RingNumber, SessionId,
};

use crate::held::Part;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To enter the order.
    New(OrderHandle),
    /// To cancel the order.
    Cancel(OrderHandle),
    /// To make the order smaller.
    Reduce(OrderHandle),
    /// To replace the order.
    Replace(OrderHandle),
    /// To cancel many.
    MassCancel,
}

/// The request behind a command, and so behind its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Number of the command in its ring.
    pub(crate) ring: RingNumber,
    /// The request.
    pub(crate) request: RequestNumber,
    /// Its session.
    pub(crate) session: SessionId,
    /// What it asks for.
    pub(crate) asked: Asked,
    /// Client order id that a new order or a replace brings; else empty.
    pub(crate) client_order_id: ClientOrderId,
    /// Class of its answer.
    pub(crate) durability: Durability,
}

impl Cause {
    /// Returns the request behind a client's command.
    pub(crate) fn of(command: &Command) -> Option<Self> {
        let origin = command.origin()?;
        let (asked, client_order_id) = match command {
            Command::New(order, id) => (Asked::New(order.handle), *id),
            Command::Replace(replace, id) => (Asked::Replace(replace.handle), *id),
            Command::Cancel(cancel) => (Asked::Cancel(cancel.handle), ClientOrderId::NONE),
            Command::Reduce(reduce) => (Asked::Reduce(reduce.handle), ClientOrderId::NONE),
            _ => (Asked::MassCancel, ClientOrderId::NONE),
        };
        Some(Self {
            ring: origin.ring,
            request: origin.request,
            session: origin.session,
            asked,
            client_order_id,
            durability: origin.durability,
        })
    }

    /// Returns whether a leg of an event of the command says what became of the request. Legs about
    /// other orders do not, such as stop orders that its trades released; nor do those that say what
    /// the order went through on its own.
    #[inline]
    pub(crate) fn concerns(&self, part: Part, body: &EventBody) -> bool {
        let handle = match part {
            Part::Request => return true,
            Part::Resting(_) => return false,
            Part::Order(handle) => handle,
        };
        let is_own = match self.asked {
            Asked::New(own) | Asked::Cancel(own) | Asked::Reduce(own) | Asked::Replace(own) => {
                own == handle
            }
            Asked::MassCancel => matches!(
                body,
                EventBody::Canceled {
                    reason: CancelReason::MassCancel,
                    ..
                }
            ),
        };
        is_own
            && match body {
                EventBody::Triggered { .. }
                | EventBody::Restated { .. }
                | EventBody::TermsReplaced { .. }
                | EventBody::Expired { .. } => false,
                // Else it is what self-trade prevention cost the order.
                EventBody::Reduced { .. } => matches!(self.asked, Asked::Reduce(_)),
                _ => true,
            }
    }

    /// Returns whether an event is the one answer to a cancel, reduce or replace, which this is.
    /// The event has a leg that concerns the request.
    #[inline]
    pub(crate) const fn is_answered_by(&self, body: &EventBody) -> bool {
        match self.asked {
            Asked::Cancel(_) => matches!(
                body,
                EventBody::CancelRejected { .. }
                    | EventBody::Canceled {
                        reason: CancelReason::Requested,
                        ..
                    }
            ),
            Asked::Reduce(_) => matches!(
                body,
                EventBody::CancelRejected { .. } | EventBody::Reduced { .. }
            ),
            Asked::Replace(_) => matches!(
                body,
                EventBody::CancelRejected { .. } | EventBody::Replaced { .. }
            ),
            Asked::New(_) | Asked::MassCancel => false,
        }
    }
}

/// Commands of this gateway to one shard.
pub(crate) struct InFlight {
    causes: VecDeque<Cause>,
    /// Those of class synced.
    synced_count: usize,
    ordinary_max: usize,
    cancel_max: usize,
    next_ring: RingNumber,
}

impl InFlight {
    /// Returns a queue for `ordinary_max` commands, and an eighth more that only cancels use.
    pub(crate) fn new(ordinary_max: usize) -> Self {
        let cancel_max = ordinary_max.saturating_add(ordinary_max / 8 + 1);
        Self {
            causes: VecDeque::with_capacity(cancel_max),
            synced_count: 0,
            ordinary_max,
            cancel_max,
            next_ring: RingNumber(1),
        }
    }

    /// Returns whether a new order or replace may be added.
    pub(crate) fn has_ordinary_room(&self) -> bool {
        self.causes.len() < self.ordinary_max
    }

    /// Returns whether a cancel may be added.
    pub(crate) fn has_cancel_room(&self) -> bool {
        self.causes.len() < self.cancel_max
    }

    /// Returns how many are of class synced, the one that was answered last perhaps included.
    pub(crate) const fn synced_count(&self) -> usize {
        self.synced_count
    }

    /// Numbers go on above `last`.
    pub(crate) fn continue_after(&mut self, last: RingNumber) {
        self.next_ring = self.next_ring.max(tagged(last.0.saturating_add(1)));
    }

    /// Returns the number of the next command.
    pub(crate) const fn next_ring(&self) -> RingNumber {
        self.next_ring
    }

    /// Adds the command numbered [`Self::next_ring`].
    pub(crate) fn push(&mut self, cause: Cause) {
        debug_assert_eq!(cause.ring, self.next_ring);
        self.synced_count += usize::from(cause.durability == Durability::Synced);
        self.causes.push_back(cause);
        self.next_ring = tagged(self.next_ring.0.saturating_add(1));
    }

    /// Returns the cause of an event with this tag, dropping those of commands before it; `None`
    /// where the tag is of no command that is on its way.
    pub(crate) fn cause_of(&mut self, ring_tag: u32) -> Option<Cause> {
        while let Some(cause) = self.causes.front() {
            let ahead = ring_tag.wrapping_sub(tag(cause.ring));
            if ahead == 0 {
                return Some(*cause);
            }
            if ahead > u32::MAX / 2 {
                return None;
            }
            let answered = usize::from(cause.durability == Durability::Synced);
            self.synced_count = self.synced_count.saturating_sub(answered);
            self.causes.pop_front();
        }
        None
    }
}

/// Returns the low half of a ring number, as events carry it.
pub(crate) fn tag(ring: RingNumber) -> u32 {
    u32::try_from(ring.0 & u64::from(u32::MAX)).unwrap_or(0)
}

/// Returns `number`, or the next one where its tag would be that of no gateway.
fn tagged(number: u64) -> RingNumber {
    if tag(RingNumber(number)) == 0 {
        RingNumber(number.saturating_add(1))
    } else {
        RingNumber(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(in_flight: &mut InFlight) -> RingNumber {
        let ring = in_flight.next_ring();
        in_flight.push(Cause {
            ring,
            request: RequestNumber(ring.0),
            session: SessionId(0),
            asked: Asked::MassCancel,
            client_order_id: ClientOrderId::NONE,
            durability: if ring.0.is_multiple_of(2) {
                Durability::Written
            } else {
                Durability::Synced
            },
        });
        ring
    }

    #[test]
    fn later_tag_drops_the_commands_before_it() {
        let mut in_flight = InFlight::new(8);
        let (first, _, third) = (
            push(&mut in_flight),
            push(&mut in_flight),
            push(&mut in_flight),
        );
        assert_eq!(in_flight.cause_of(tag(first)).unwrap().ring, first);
        assert_eq!(in_flight.synced_count(), 2);
        assert_eq!(in_flight.cause_of(tag(third)).unwrap().ring, third);
        assert_eq!(in_flight.synced_count(), 1, "the first one's is gone");
        assert_eq!(in_flight.cause_of(tag(first)), None);
        assert_eq!(in_flight.cause_of(tag(third)).unwrap().ring, third);
    }

    #[test]
    fn ring_numbers_skip_the_tag_that_means_no_gateway() {
        let mut in_flight = InFlight::new(8);
        in_flight.continue_after(RingNumber(u64::from(u32::MAX) - 1));
        let last = push(&mut in_flight);
        let next = push(&mut in_flight);
        assert_eq!(tag(last), u32::MAX);
        assert_eq!(next, RingNumber((1 << 32) + 1));
        assert_eq!(in_flight.cause_of(tag(next)).unwrap().ring, next);
    }
}
