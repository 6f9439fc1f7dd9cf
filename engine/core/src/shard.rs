//! The shard: a set of instruments as one state machine. Commands in, events out.
//!
//! What it answers is a function of the commands it was told, and of nothing else. A command
//! that needs more events than one step holds goes on in further steps. It must not know a clock,
//! a thread, a file or a client's session.

mod aggression;
mod checks;
mod control;
mod due;
mod finish;
mod ledger;
mod listing;
mod market;
mod mass_cancel;
mod orders;
mod plain_range;
mod replace;
mod restore;
mod restore_markets;
mod restore_order;
mod restore_tables;
mod save;
mod self_trade;
mod stored_order;
mod traits;
mod view;

pub use view::{Level, OrderView, SlotView};

use crate::book::{Aggressor, OrderSlab};
use crate::capacity::ShardCapacity;
use crate::domain::event::{EventBody, EventHeader};
use crate::domain::{
    Account, Command, ControlNumber, GatewayId, InstrumentId, Origin, RingNumber, SequenceNumber,
    Sequenced, ShardId, StateHashCheck,
};
use crate::event_buffer::EventBuffer;
use crate::owner_list::OwnerLists;
use crate::slot_heap::SlotHeap;
use crate::state_hash::{HashSum, Mix, Tag, high_half, low_half};

use due::{DueKey, DueWork, Gathering};
use ledger::OrderLedger;
use listing::Listing;
use market::Market;
use mass_cancel::MassCancelWalk;

/// Whether a command is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// It is; the next one may be applied.
    Done,
    /// It is not: empty the buffer, then call [`Shard::resume`].
    More,
}

/// What is left to do of the current command.
#[derive(Clone, Copy, Debug)]
enum Work {
    Nothing,
    /// An order, in no queue, takes what it can; then its rest is settled, then its book finished.
    Matching(Aggressor),
    MassCanceling(MassCancelWalk),
    /// Slots are looked at for orders that end by the command.
    Gathering(Gathering),
    /// The orders that were gathered end.
    Ending(DueWork),
    /// Stop orders that were released execute and mid-pegs move, in the market of this number.
    Finishing(usize),
    /// The same in all markets from this number on.
    FinishingAll(usize),
}

/// The state machine.
///
/// The hashes and views are those between commands; while a command has more to do, they show
/// what its steps have done so far.
#[derive(Debug)]
pub struct Shard {
    id: ShardId,
    /// What it was made for; a command asks the tables.
    capacity: ShardCapacity,
    last_control: ControlNumber,
    last_ring: Vec<RingNumber>,
    accounts: Vec<Option<Account>>,
    markets: Vec<Market>,
    slab: OrderSlab,
    ledger: OrderLedger,
    owners: OwnerLists,
    /// Good-till-date orders by expire time.
    deadlines: SlotHeap<u64>,
    /// Orders that end by the current command.
    due: SlotHeap<DueKey>,
    /// Markets with `is_pegged`.
    pegged_markets: u32,
    /// Where a command that may touch several markets goes on finishing them.
    next_to_finish: Option<usize>,
    /// Words of instruments, accounts and lent slots.
    definitions: HashSum,
    /// Header of the next event; its sequence and time are those of the last command.
    next_event: EventHeader,
    work: Work,
}

impl Shard {
    /// Returns a shard that knows no instrument. Sets aside all memory that it will ever use.
    ///
    /// # Panics
    ///
    /// Panics if the capacity is not valid, see [`ShardCapacity::is_valid`].
    #[must_use]
    pub fn new(id: ShardId, capacity: ShardCapacity) -> Self {
        assert!(capacity.is_valid(), "{capacity:?} is out of bounds");
        Self {
            id,
            capacity,
            last_control: ControlNumber(0),
            last_ring: vec![RingNumber(0); usize::from(capacity.gateways)],
            accounts: vec![None; capacity.accounts as usize],
            markets: (0..capacity.instruments)
                .map(|_| Market::new(capacity.levels))
                .collect(),
            slab: OrderSlab::new(capacity.orders),
            ledger: OrderLedger::new(capacity.orders),
            owners: OwnerLists::new(capacity.sessions, capacity.accounts, capacity.orders),
            deadlines: SlotHeap::new(capacity.orders),
            due: SlotHeap::new(capacity.orders),
            pegged_markets: 0,
            next_to_finish: None,
            definitions: HashSum::default(),
            next_event: EventHeader::default(),
            work: Work::Nothing,
        }
    }

    /// Takes the next command, as far as one step goes. Its events are in `events` afterwards.
    ///
    /// A client command whose ring number is not above the gateway's last, and a control command
    /// whose number is not above the last, are repeats: they move sequence and time, do nothing
    /// else and emit nothing. The same holds for a definition that is not well formed, beyond the
    /// capacity or of another shard.
    ///
    /// # Panics
    ///
    /// Panics if the last step said [`Progress::More`], if `events` is not empty, if the sequence
    /// does not rise or if the time falls: the caller has lost its place.
    pub fn apply(&mut self, command: &Sequenced<Command>, events: &mut EventBuffer) -> Progress {
        assert!(
            matches!(self.work, Work::Nothing),
            "the last command is not complete"
        );
        assert!(events.is_empty(), "the last step's events were not taken");
        assert!(
            command.sequence > self.last_sequence(),
            "the sequence does not rise"
        );
        assert!(command.time_ns >= self.last_time_ns(), "the time falls");
        match &command.body {
            Command::New(order, id) if self.take(command, &order.origin) => {
                self.new_order(order, id, events)
            }
            Command::Cancel(cancel) if self.take(command, &cancel.origin) => {
                self.cancel(cancel, events)
            }
            Command::Reduce(reduce) if self.take(command, &reduce.origin) => {
                self.reduce(reduce, events)
            }
            Command::Replace(replace, id) if self.take(command, &replace.origin) => {
                self.replace(replace, id, events)
            }
            Command::MassCancel(cancel) if self.take(command, &cancel.origin) => {
                self.mass_cancel(cancel, events)
            }
            Command::StateHash(check) => self.compare_hash(command, check, events),
            Command::New(..)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(..)
            | Command::MassCancel(_) => Progress::Done,
            Command::DefineInstrument(_)
            | Command::DefineFirm(_)
            | Command::DefineAccount(_)
            | Command::DefineSession(_)
            | Command::LendSlots(_)
            | Command::SetPhase(_)
            | Command::EndDay(_)
            | Command::Time(_) => self.apply_control(command, events),
        }
    }

    /// Takes a definition, an operator's act or the time.
    #[cold]
    fn apply_control(
        &mut self,
        command: &Sequenced<Command>,
        events: &mut EventBuffer,
    ) -> Progress {
        self.stamp(command, 0);
        if let Some(control) = command.body.control() {
            if control <= self.last_control {
                return Progress::Done;
            }
            self.last_control = control;
        }
        match &command.body {
            Command::DefineInstrument(define) => self.define_instrument(define, events),
            Command::DefineAccount(define) => self.define_account(define, events),
            Command::LendSlots(lend) => self.lend_slots(lend),
            Command::SetPhase(set) => self.set_phase(set, events),
            Command::EndDay(end) => self.end_day(end),
            Command::Time(_) => self.expire(),
            Command::DefineFirm(_)
            | Command::DefineSession(_)
            | Command::New(..)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(..)
            | Command::MassCancel(_)
            | Command::StateHash(_) => {}
        }
        self.step(events)
    }

    /// Goes on with the command whose last step said [`Progress::More`]. Does nothing where there
    /// is none.
    ///
    /// # Panics
    ///
    /// Panics if `events` is not empty.
    pub fn resume(&mut self, events: &mut EventBuffer) -> Progress {
        assert!(events.is_empty(), "the last step's events were not taken");
        self.step(events)
    }

    /// Returns the 128-bit hash of the whole state, see [`crate::state_hash`].
    #[must_use]
    pub fn state_hash(&self) -> u128 {
        let mut sum = self.definitions;
        sum.insert(self.ledger.state_sum());
        sum.insert(self.owners.pairs_sum());
        for (instrument, market) in (0..).map(InstrumentId).zip(&self.markets) {
            if market.listing.is_some() {
                sum.insert(market.word(instrument));
            }
        }
        for (gateway, ring) in (0_u64..).zip(&self.last_ring) {
            if ring.get() != 0 {
                let ring = ring.get();
                let mix = Mix::new(Tag::Ring).and(gateway, ring).and(ring, gateway);
                sum.insert(mix.finish());
            }
        }
        let counters = Mix::new(Tag::Shard)
            .and(u64::from(self.id.get()), self.last_sequence().get())
            .and(self.last_time_ns(), self.last_control.get());
        sum.insert(counters.finish());
        sum.get()
    }

    /// Returns the 128-bit hash of an instrument's book, see [`crate::state_hash`]; `None` where
    /// the instrument is not this shard's.
    #[must_use]
    pub fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        let market = self.market(instrument)?;
        Some(market.hash.get())
    }

    /// Returns its number.
    #[must_use]
    pub const fn id(&self) -> ShardId {
        self.id
    }

    /// Returns the sequence of the last command; 0 before the first.
    #[must_use]
    pub const fn last_sequence(&self) -> SequenceNumber {
        self.next_event.sequence
    }

    /// Returns the event time of the last command, nanoseconds since the Unix epoch; 0 before
    /// the first.
    #[must_use]
    pub const fn last_time_ns(&self) -> u64 {
        self.next_event.time_ns
    }

    /// Returns the number of the last control command; 0 before the first.
    #[must_use]
    pub const fn last_control(&self) -> ControlNumber {
        self.last_control
    }

    /// Returns the last ring number of a gateway; 0 before the first and for one beyond the
    /// capacity.
    #[must_use]
    pub fn last_ring(&self, gateway: GatewayId) -> RingNumber {
        self.last_ring
            .get(usize::from(gateway.get()))
            .copied()
            .unwrap_or_default()
    }

    /// Returns when the next good-till-date order expires, nanoseconds since the Unix epoch: a
    /// [`Command::Time`] is due then, before any other command of that time or later.
    #[inline]
    #[must_use]
    pub fn next_deadline_ns(&self) -> Option<u64> {
        self.deadlines.least_key()
    }

    /// Moves sequence and time to those of a client's command; returns whether it is no repeat.
    #[inline]
    fn take(&mut self, command: &Sequenced<Command>, origin: &Origin) -> bool {
        self.stamp(command, ring_tag(origin));
        let gateway = usize::from(origin.gateway.get());
        let Some(last) = self.last_ring.get_mut(gateway) else {
            return true;
        };
        let is_new = origin.ring > *last;
        if is_new {
            *last = origin.ring;
        }
        is_new
    }

    /// Answers a hash check with the hash that the state had before it.
    #[cold]
    fn compare_hash(
        &mut self,
        command: &Sequenced<Command>,
        check: &StateHashCheck,
        events: &mut EventBuffer,
    ) -> Progress {
        let hash = self.state_hash();
        let body = EventBody::HashRecord {
            expected: check.hash,
            actual: [low_half(hash), high_half(hash)],
        };
        self.stamp(command, 0);
        self.emit(body, events);
        Progress::Done
    }

    /// Moves sequence and time, and makes the header of the command's first event.
    #[inline]
    const fn stamp(&mut self, command: &Sequenced<Command>, ring_tag: u32) {
        self.next_event = EventHeader {
            sequence: command.sequence,
            time_ns: command.time_ns,
            ring_tag,
            index: 0,
        };
    }

    /// Does what is left of the current command, as far as one step goes.
    #[inline(never)]
    fn step(&mut self, events: &mut EventBuffer) -> Progress {
        loop {
            let progress = match self.work {
                Work::Nothing => return Progress::Done,
                Work::Matching(aggressor) => self.match_step(aggressor, events),
                Work::MassCanceling(walk) => self.mass_cancel_step(walk, events),
                Work::Gathering(gathering) => self.gather_step(gathering),
                Work::Ending(due) => self.end_step(due, events),
                Work::Finishing(market) => self.finish_step(market, events),
                Work::FinishingAll(market) => self.finish_all_step(market),
            };
            if progress == Progress::More {
                return Progress::More;
            }
        }
    }

    #[inline]
    fn emit(&mut self, body: EventBody, events: &mut EventBuffer) {
        emit(&mut self.next_event, body, events);
    }

    /// Returns the market of a listed instrument.
    #[inline]
    fn market(&self, instrument: InstrumentId) -> Option<&Market> {
        let market = self.markets.get(index(instrument))?;
        market.listing.is_some().then_some(market)
    }

    #[inline]
    fn listing(&self, instrument: InstrumentId) -> Option<&Listing> {
        self.markets.get(index(instrument))?.listing.as_ref()
    }
}

/// Appends an event under the next header.
#[inline]
fn emit(next_event: &mut EventHeader, body: EventBody, events: &mut EventBuffer) {
    events.push(next_event, body);
    // A command has far fewer than 2^32 events.
    next_event.index = next_event.index.wrapping_add(1);
}

/// Returns the place of an instrument in the shard's tables.
#[inline]
const fn index(instrument: InstrumentId) -> usize {
    instrument.get() as usize
}

/// Returns the low half of the ring number, by which a gateway knows its command again.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn ring_tag(origin: &Origin) -> u32 {
    origin.ring.get() as u32
}
