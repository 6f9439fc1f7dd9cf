//! A shard that takes the commands of a journal as a file of changes has them.
//!
//! Handles are slots that a gateway gave by what it knew then. Where an order lives on that ended in
//! the journal, its slot is not free for the one that follows: such an order gets another slot here,
//! as the gateway would have given it one. So no order is refused for the slot of another. It must
//! not know what is compared.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    Command, EventBody, GatewayId, NewOrder, OrderHandle, SequenceNumber, Sequenced, ShardId,
};
use matchgate_core::{EventBuffer, Shard, ShardCapacity};
use matchgate_follower::{Applied, FollowedState, FollowerError};

use crate::exit_code::Fatal;

/// A handle of no order: that of one that is left out, or refused here and not in the journal.
const NOBODY: OrderHandle = OrderHandle {
    slot: u32::MAX,
    generation: u32::MAX,
};

/// The shard with the changes.
#[derive(Debug)]
pub(super) struct ChangedRun {
    state: FollowedState,
    events: EventBuffer,
    slots: Slots,
    overdue_from: Option<SequenceNumber>,
}

/// Which handles are others here.
#[derive(Debug)]
struct Slots {
    /// Handle here by handle in the journal, where the two differ.
    given: BTreeMap<OrderHandle, OrderHandle>,
    count: u32,
    /// Where the next search for a free slot of a gateway begins: gateways give their first ones.
    next: BTreeMap<u8, u32>,
}

impl ChangedRun {
    pub(super) fn new(shard: ShardId, capacity: ShardCapacity) -> Self {
        Self {
            state: FollowedState::new(shard, capacity),
            events: EventBuffer::new(),
            slots: Slots {
                given: BTreeMap::new(),
                count: capacity.orders,
                next: BTreeMap::new(),
            },
            overdue_from: None,
        }
    }

    /// Returns the first command at which an order lived whose expire time had come: the venue would
    /// have journaled that time, but in the journal there was no such order. Its number would be
    /// another's, so it is not put in here.
    pub(super) const fn overdue_from(&self) -> Option<SequenceNumber> {
        self.overdue_from
    }

    pub(super) const fn state(&self) -> &FollowedState {
        &self.state
    }

    /// Takes note that a command is left out.
    pub(super) fn leave_out(&mut self, command: &Command) {
        if let Command::New(order, _) = command {
            self.slots.given.insert(order.handle, NOBODY);
        }
    }

    /// Applies a command. A state hash in the journal that is not met says nothing here.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] where it cannot be applied.
    pub(super) fn apply(
        &mut self,
        command: &Sequenced<Command>,
        observe: &mut dyn FnMut(&Applied<'_>),
    ) -> Result<(), Fatal> {
        let deadline_ns = self.state.shard().next_deadline_ns();
        let is_overdue = deadline_ns.is_some_and(|deadline_ns| deadline_ns <= command.time_ns);
        if is_overdue && !matches!(command.body, Command::Time(_)) && self.overdue_from.is_none() {
            self.overdue_from = Some(command.sequence);
        }
        let mut here = *command;
        self.slots.translate(&mut here.body, self.state.shard());
        let mut was_refused = false;
        let outcome = self.state.apply(&here, &mut self.events, &mut |applied| {
            was_refused |= matches!(applied.event.body, EventBody::Rejected { .. });
            observe(applied);
        });
        if was_refused {
            self.leave_out(&command.body);
        }
        match outcome {
            Ok(()) | Err(FollowerError::HashMismatch { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Slots {
    /// Gives a command the handles that its orders have here.
    fn translate(&mut self, command: &mut Command, shard: &Shard) {
        match command {
            Command::New(order, _) => self.give(order, shard),
            Command::Cancel(cancel) => cancel.handle = self.here(cancel.handle),
            Command::Reduce(reduce) => reduce.handle = self.here(reduce.handle),
            Command::Replace(replace, _) => replace.handle = self.here(replace.handle),
            Command::MassCancel(_)
            | Command::DefineInstrument(_)
            | Command::DefineFirm(_)
            | Command::DefineAccount(_)
            | Command::DefineSession(_)
            | Command::LendSlots(_)
            | Command::SetPhase(_)
            | Command::EndDay(_)
            | Command::Time(_)
            | Command::StateHash(_) => {}
        }
    }

    fn here(&self, handle: OrderHandle) -> OrderHandle {
        self.given.get(&handle).copied().unwrap_or(handle)
    }

    fn give(&mut self, order: &mut NewOrder, shard: &Shard) {
        let last = shard.slot(order.handle.slot);
        if !last.live && last.generation < order.handle.generation {
            return;
        }
        // Where there is none, the shard says so.
        if let Some(free) = self.free_slot(shard, order.origin.gateway) {
            self.given.insert(order.handle, free);
            order.handle = free;
        }
    }

    /// Returns a handle for a new order of a gateway: its slots from the last one down.
    fn free_slot(&mut self, shard: &Shard, gateway: GatewayId) -> Option<OrderHandle> {
        let next = self.next.entry(gateway.get()).or_insert(self.count);
        let slots = (0..*next).rev().chain((*next..self.count).rev());
        for slot in slots {
            let last = shard.slot(slot);
            if !last.live && shard.slot_lent_to(slot) == Some(gateway) {
                let generation = last.generation.checked_add(1)?;
                *next = slot;
                return Some(OrderHandle { slot, generation });
            }
        }
        None
    }
}
