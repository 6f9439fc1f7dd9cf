//! The state of a follower: its own shard, and what reports need beside it. A function of the
//! journal alone; it must not know from which source the commands come.

use matchgate_core::domain::{
    AccountId, Command, Event, EventBody, EventId, Name, OrderHandle, Sequenced, ShardId,
};
use matchgate_core::{EventBuffer, OrderMirror, OrderRecord, Progress, Shard, ShardCapacity};

use crate::error::FollowerError;

/// A shard that follows, and what reports need beside it.
#[derive(Debug)]
pub struct FollowedState {
    shard: Shard,
    mirror: OrderMirror,
}

/// One event of a command that a follower applied, and the state right after it.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// Id of the event.
    pub id: EventId,
    /// The command.
    pub command: &'a Sequenced<Command>,
    /// The event.
    pub event: &'a Event,
    /// The state: its order records are as of this event, its book as of the end of a step of the
    /// command, at or behind the event's. For the last event that is the end of the command.
    pub state: &'a FollowedState,
}

impl FollowedState {
    /// Returns the state before the first command. All its large allocation happens here.
    #[must_use]
    pub fn new(shard: ShardId, capacity: ShardCapacity) -> Self {
        Self {
            shard: Shard::new(shard, capacity),
            mirror: OrderMirror::new(0, capacity.orders),
        }
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Returns an order, ended ones included until their slot is used again.
    #[must_use]
    pub fn order(&self, handle: OrderHandle) -> Option<&OrderRecord> {
        self.mirror.get(handle)
    }

    /// Returns the name of an account; `#` and its number where it was never defined.
    #[must_use]
    pub fn account_name(&self, account: AccountId) -> Name {
        self.shard
            .account(account)
            .map(|account| account.name)
            .or_else(|| Name::new(format!("#{account}").as_bytes()))
            .unwrap_or_default()
    }

    /// Applies a command and shows each of its events to `observe`.
    ///
    /// # Errors
    ///
    /// Returns [`FollowerError::HashMismatch`] where the journal's state hash is not this
    /// state's. The follower must not go on.
    pub fn apply(
        &mut self,
        command: &Sequenced<Command>,
        events: &mut EventBuffer,
        observe: &mut dyn FnMut(&Applied<'_>),
    ) -> Result<(), FollowerError> {
        events.clear();
        let mut progress = self.shard.apply(command, events);
        // A step may change the book and say nothing: an order that took all it could in the step
        // before comes to rest. So the last event of a step waits for the next one.
        let mut last = None;
        loop {
            check_hash(events.as_slice())?;
            for event in events.as_slice() {
                if let Some(event) = last.replace(*event) {
                    self.show(command, &event, observe);
                }
            }
            events.clear();
            match progress {
                Progress::Done => break,
                Progress::More => progress = self.shard.resume(events),
            }
        }
        if let Some(event) = last {
            self.show(command, &event, observe);
        }
        Ok(())
    }

    fn show(
        &mut self,
        command: &Sequenced<Command>,
        event: &Event,
        observe: &mut dyn FnMut(&Applied<'_>),
    ) {
        self.note_event(command, event);
        observe(&Applied {
            id: self.event_id(command, event),
            command,
            event,
            state: self,
        });
    }

    fn event_id(&self, command: &Sequenced<Command>, event: &Event) -> EventId {
        EventId {
            epoch: command.epoch,
            shard: self.shard.id(),
            sequence: command.sequence,
            index: event.header.index,
        }
    }

    fn note_event(&mut self, command: &Sequenced<Command>, event: &Event) {
        match event.body {
            EventBody::Accepted { .. } => self.note_accepted(command),
            EventBody::Traded {
                aggressor,
                resting,
                price,
                quantity,
                ..
            } => {
                for handle in [aggressor, resting] {
                    if let Some(order) = self.mirror.get_mut(handle) {
                        order.traded(price, quantity);
                    }
                }
            }
            EventBody::Reduced { handle, .. }
            | EventBody::Replaced { handle, .. }
            | EventBody::Canceled { handle, .. }
            | EventBody::Expired { handle, .. }
            | EventBody::Triggered { handle, .. }
            | EventBody::Restated { handle, .. }
            | EventBody::TermsReplaced { handle, .. } => {
                if let Some(order) = self.mirror.get_mut(handle) {
                    tell(order, command, &event.body);
                }
            }
            // What a prevented trade costs either order comes as events of their own.
            EventBody::SelfTradePrevented { .. }
            | EventBody::Rejected { .. }
            | EventBody::CancelRejected { .. }
            | EventBody::MassCanceled { .. }
            | EventBody::PhaseChanged { .. }
            | EventBody::InstrumentChanged { .. }
            | EventBody::AccountChanged { .. }
            | EventBody::HashRecord { .. } => {}
        }
    }

    fn note_accepted(&mut self, command: &Sequenced<Command>) {
        if let Command::New(order, id) = &command.body
            && let Some(record) = self.mirror.open(order, *id)
        {
            record.accepted(self.shard.id(), command.sequence);
        }
    }
}

/// Tells an order what an event about it alone says.
fn tell(order: &mut OrderRecord, command: &Sequenced<Command>, body: &EventBody) {
    match *body {
        EventBody::Reduced {
            quantity, leaves, ..
        } => order.reduced(quantity, leaves),
        EventBody::Replaced {
            price,
            quantity,
            leaves,
            ..
        } => {
            if let Command::Replace(_, id) = &command.body {
                order.replaced(price, quantity, leaves, *id);
            }
        }
        EventBody::Canceled { .. } | EventBody::Expired { .. } => order.canceled(),
        EventBody::Triggered { refused: None, .. } => order.triggered(),
        EventBody::Restated { price, .. } => order.restated(price),
        EventBody::TermsReplaced {
            stop_price,
            expire_time_ns,
            time_in_force,
            ..
        } => order.terms_replaced(stop_price, expire_time_ns, time_in_force),
        EventBody::Triggered {
            refused: Some(_), ..
        }
        | EventBody::Accepted { .. }
        | EventBody::Traded { .. }
        | EventBody::SelfTradePrevented { .. }
        | EventBody::Rejected { .. }
        | EventBody::CancelRejected { .. }
        | EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => {}
    }
}

/// Checks that where the events compare state hashes, the two are equal.
pub(crate) fn check_hash(events: &[Event]) -> Result<(), FollowerError> {
    for event in events {
        if let EventBody::HashRecord { expected, actual } = event.body
            && expected != actual
        {
            return Err(FollowerError::HashMismatch {
                sequence: event.header.sequence,
                expected: whole(expected),
                actual: whole(actual),
            });
        }
    }
    Ok(())
}

const fn whole([low, high]: [u64; 2]) -> u128 {
    (high as u128) << 64 | low as u128
}
