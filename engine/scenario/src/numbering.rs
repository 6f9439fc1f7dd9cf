//! Numbering: what a command line need not say, since it follows from the lines before.
//!
//! Reader and writer keep the same numbering, so what one leaves out the other puts in. It must
//! not know what an engine answered.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    Command, ControlNumber, Epoch, GatewayId, RingNumber, SequenceNumber, Sequenced,
};

/// Nanoseconds from one command to the next.
const STEP_NS: u64 = 10;

/// The numbers that the commands so far have used.
#[derive(Clone, Debug)]
pub struct Numbering {
    pub(crate) sequence: SequenceNumber,
    pub(crate) epoch: Epoch,
    pub(crate) time_ns: u64,
    control: ControlNumber,
    rings: BTreeMap<u8, RingNumber>,
    generations: BTreeMap<u32, u32>,
}

impl Numbering {
    /// Returns the numbering before the first command, in epoch 1.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sequence: SequenceNumber(0),
            epoch: Epoch(1),
            time_ns: 0,
            control: ControlNumber(0),
            rings: BTreeMap::new(),
            generations: BTreeMap::new(),
        }
    }

    /// Notes the numbers that a command uses; those that follow go on from there.
    pub fn note(&mut self, command: &Sequenced<Command>) {
        self.sequence = command.sequence;
        self.epoch = command.epoch;
        self.time_ns = command.time_ns;
        if let Some(control) = command.body.control() {
            self.control = control;
        }
        if let Some(origin) = command.body.origin() {
            self.rings.insert(origin.gateway.get(), origin.ring);
        }
        if let Command::New(order, _) = &command.body {
            let handle = order.handle;
            self.generations.insert(handle.slot, handle.generation);
        }
    }

    pub(crate) const fn next_sequence(&self) -> SequenceNumber {
        SequenceNumber(self.sequence.0.saturating_add(1))
    }

    /// Returns when the next command comes: as it says where it moves the time.
    pub(crate) const fn next_time_ns(&self, body: &Command) -> u64 {
        match body {
            Command::Time(time) => time.time_ns,
            _ => self.time_ns.saturating_add(STEP_NS),
        }
    }

    pub(crate) const fn next_control(&self) -> ControlNumber {
        ControlNumber(self.control.0.saturating_add(1))
    }

    /// Returns the next ring number of a gateway; an operator has none.
    pub(crate) fn next_ring(&self, gateway: GatewayId) -> RingNumber {
        if gateway == GatewayId::NONE {
            return RingNumber(0);
        }
        let last = self.rings.get(&gateway.get()).map_or(0, |ring| ring.get());
        RingNumber(last.saturating_add(1))
    }

    pub(crate) fn last_generation(&self, slot: u32) -> u32 {
        self.generations.get(&slot).copied().unwrap_or(0)
    }

    pub(crate) fn next_generation(&self, slot: u32) -> u32 {
        self.last_generation(slot).saturating_add(1)
    }
}

impl Default for Numbering {
    fn default() -> Self {
        Self::new()
    }
}
