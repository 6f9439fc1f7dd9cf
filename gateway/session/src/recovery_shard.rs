//! One shard's history as recovery reads it: legs in journal order by class, and the commands
//! that the log says were sent.

use std::collections::VecDeque;

use matchgate_core::SlotView;
use matchgate_core::domain::{
    ClientOrderId, Command, Durability, Event, EventBody, GatewayId, NewOrder, RequestNumber,
    RingNumber, SequenceNumber, Sequenced, SessionId, ShardId,
};

use crate::gateway_core::GatewayCore;
use crate::gateway_log::RunClass;
use crate::held::{Leg, Part, parts_of};
use crate::in_flight::Cause;
use crate::recovery::{RecoveredShard, RecoveryError};
use crate::recovery_requests::RequestHistory;
use crate::release::is_own;

/// A leg that waits for the record of its release.
pub(crate) struct ReplayLeg {
    /// The leg.
    pub(crate) leg: Leg,
    /// The new order whose record it opens.
    opens: Option<Box<(NewOrder, ClientOrderId)>>,
}

impl ReplayLeg {
    /// Returns the place of its event in the shard's order.
    pub(crate) const fn position(&self) -> (SequenceNumber, u32) {
        let header = &self.leg.event.header;
        (header.sequence, header.index)
    }

    /// Opens the record of the new order that it is the first word about. The last process did
    /// so when it sent the order; nothing was said about the slot in between.
    pub(crate) fn open(&self, shard: ShardId, core: &mut GatewayCore) {
        if let Some(opens) = &self.opens
            && let Some(side) = core.shards.get_mut(usize::from(shard.0))
        {
            side.slots.open(&opens.0, opens.1);
        }
    }
}

/// A command that the log says was sent.
struct RoutedCommand {
    ring: RingNumber,
    session: SessionId,
    request: RequestNumber,
}

/// The history of one shard.
pub(crate) struct ShardReplay<'a> {
    shard: ShardId,
    gateway: GatewayId,
    source: RecoveredShard<'a>,
    /// A command that was read before its turn; its events are in `events`.
    ahead: Option<Sequenced<Command>>,
    /// Whether the journal has no more commands.
    ended: bool,
    written: VecDeque<ReplayLeg>,
    synced: VecDeque<ReplayLeg>,
    /// Commands sent of which it is not known yet whether the journal has them.
    routed: VecDeque<RoutedCommand>,
    highest_ring: RingNumber,
    events: Vec<Event>,
}

impl<'a> ShardReplay<'a> {
    /// Returns the history of a shard before its first command.
    pub(crate) fn new(shard: ShardId, gateway: GatewayId, source: RecoveredShard<'a>) -> Self {
        Self {
            shard,
            gateway,
            highest_ring: source.shard.last_ring(gateway),
            source,
            ahead: None,
            ended: false,
            written: VecDeque::new(),
            synced: VecDeque::new(),
            routed: VecDeque::new(),
            events: Vec::new(),
        }
    }

    /// Returns its number.
    pub(crate) const fn shard(&self) -> ShardId {
        self.shard
    }

    /// Returns the sequence of the last command of its journal.
    pub(crate) const fn last_sequence(&self) -> SequenceNumber {
        self.source.shard.last_sequence()
    }

    /// Returns the last ring number of this gateway in its journal.
    pub(crate) fn last_ring(&self) -> RingNumber {
        self.source.shard.last_ring(self.gateway)
    }

    /// Returns the highest ring number of this gateway in journal or log.
    pub(crate) const fn highest_ring(&self) -> RingNumber {
        self.highest_ring
    }

    /// Returns how the shard has used a slot.
    pub(crate) fn slot(&self, slot: u32) -> SlotView {
        self.source.shard.slot(slot)
    }

    /// Notes that the log says a command was sent.
    pub(crate) fn routed(&mut self, ring: RingNumber, session: SessionId, request: RequestNumber) {
        self.highest_ring = self.highest_ring.max(ring);
        self.routed.push_back(RoutedCommand {
            ring,
            session,
            request,
        });
    }

    /// Notes that of the commands sent so far, the journal holds those up to `last` and will
    /// never hold the others.
    pub(crate) fn journaled_through(&mut self, last: RingNumber, requests: &mut RequestHistory) {
        for command in self.routed.drain(..) {
            if command.ring <= last {
                requests.decided(command.session, command.request);
            }
        }
    }

    /// Reads the journal up to a command. One behind it is left alone, also where the command
    /// itself is lost: the log has yet to say what became of the requests before.
    pub(crate) fn read_through(
        &mut self,
        through: SequenceNumber,
        core: &GatewayCore,
        requests: &mut RequestHistory,
    ) -> Result<(), RecoveryError> {
        while !self.ended {
            if self.ahead.is_none() {
                let next = self.source.history.next(&mut self.events);
                self.ahead = next.map_err(|source| RecoveryError::History {
                    shard: self.shard,
                    source,
                })?;
            }
            let Some(command) = self.ahead else {
                self.ended = true;
                break;
            };
            if command.sequence > through {
                break;
            }
            self.ahead = None;
            self.take_command(&command, core, requests);
        }
        Ok(())
    }

    fn take_command(
        &mut self,
        command: &Sequenced<Command>,
        core: &GatewayCore,
        requests: &mut RequestHistory,
    ) {
        let origin = command.body.origin();
        let own = origin.is_some_and(|origin| origin.gateway == self.gateway);
        let cause = own.then(|| Cause::of(&command.body)).flatten();
        if let Some(cause) = cause {
            requests.decided(cause.session, cause.request);
            while self
                .routed
                .front()
                .is_some_and(|sent| sent.ring <= cause.ring)
            {
                self.routed.pop_front();
            }
        }
        let Some(side) = core.shards.get(usize::from(self.shard.0)) else {
            return;
        };
        for event in self.events.drain(..) {
            for (part, durability) in parts_of(&event.body).into_iter().flatten() {
                if !is_own(side, part, cause) {
                    continue;
                }
                let answers_new = matches!(
                    event.body,
                    EventBody::Accepted { .. } | EventBody::Rejected { .. }
                );
                let opens = match &command.body {
                    Command::New(order, id) if answers_new => Some(Box::new((*order, *id))),
                    _ => None,
                };
                let leg = Leg {
                    event,
                    part,
                    epoch: command.epoch,
                    cause: cause.filter(|cause| cause.concerns(part, &event.body)),
                };
                match durability {
                    Durability::Written => &mut self.written,
                    Durability::Synced => &mut self.synced,
                }
                .push_back(ReplayLeg { leg, opens });
            }
        }
    }

    /// Returns how many legs of a class are read and not released, up to an event.
    pub(crate) fn count_through(&self, class: RunClass, last: (SequenceNumber, u32)) -> u32 {
        let count = |legs: &VecDeque<ReplayLeg>, durability| {
            if class.takes(durability) {
                legs.partition_point(|leg| leg.position() <= last)
            } else {
                0
            }
        };
        let legs =
            count(&self.written, Durability::Written) + count(&self.synced, Durability::Synced);
        u32::try_from(legs).unwrap_or(u32::MAX)
    }

    /// Takes the first leg of a class, up to an event.
    pub(crate) fn pop_through(
        &mut self,
        class: RunClass,
        last: (SequenceNumber, u32),
    ) -> Option<ReplayLeg> {
        let first = |legs: &VecDeque<ReplayLeg>, durability| {
            legs.front()
                .filter(|leg| class.takes(durability) && leg.position() <= last)
                .map(|leg| (leg.position(), matches!(leg.leg.part, Part::Resting(_))))
        };
        let written = first(&self.written, Durability::Written);
        let synced = first(&self.synced, Durability::Synced);
        match (written, synced) {
            (Some(written), Some(synced)) if synced < written => self.synced.pop_front(),
            (Some(_), _) => self.written.pop_front(),
            (None, Some(_)) => self.synced.pop_front(),
            (None, None) => None,
        }
    }
}
