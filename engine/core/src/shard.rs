//! The shard: a set of instruments as one state machine. Commands in, events out.
//!
//! What it answers is a function of the commands it was told, and of nothing else. A command
//! that needs more events than one step holds goes on in further steps. It must not know a clock,
//! a thread, a file or a client's session.

mod checks;
mod control;
mod mass_cancel;
mod orders;
mod view;

pub use view::{Level, OrderView, SlotView};

use crate::book::{OrderBook, OrderSlab};
use crate::capacity::ShardCapacity;
use crate::domain::event::{Event, EventBody, EventHeader};
use crate::domain::{
    Account, Command, ControlNumber, GatewayId, Instrument, InstrumentId, Origin, Phase,
    RingNumber, SequenceNumber, Sequenced, ShardId, StateHashCheck,
};
use crate::event_buffer::EventBuffer;
use crate::owner_list::OwnerLists;
use crate::state_hash::{HashSum, Mix, Tag};

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
    /// The live order in the slot, in no queue, takes what it can; then its rest is settled.
    Matching {
        slot: u32,
    },
    MassCanceling(MassCancelWalk),
}

/// An instrument of this shard.
#[derive(Clone, Copy, Debug)]
struct Listing {
    instrument: Instrument,
    phase: Phase,
}

/// The state machine.
///
/// The hashes and views are those between commands; while a command has more to do, they show
/// what its steps have done so far.
#[derive(Debug)]
pub struct Shard {
    id: ShardId,
    last_sequence: SequenceNumber,
    last_time_ns: u64,
    last_control: ControlNumber,
    last_ring: Vec<RingNumber>,
    listings: Vec<Option<Listing>>,
    accounts: Vec<Option<Account>>,
    books: Vec<OrderBook>,
    slab: OrderSlab,
    session_orders: OwnerLists,
    account_orders: OwnerLists,
    /// Words of instruments, accounts and lent slots.
    definitions: HashSum,
    /// Header of the next event.
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
        let book = |instrument| OrderBook::new(InstrumentId(instrument), capacity.levels);
        Self {
            id,
            last_sequence: SequenceNumber(0),
            last_time_ns: 0,
            last_control: ControlNumber(0),
            last_ring: vec![RingNumber(0); usize::from(capacity.gateways)],
            listings: vec![None; capacity.instruments as usize],
            accounts: vec![None; capacity.accounts as usize],
            books: (0..capacity.instruments).map(book).collect(),
            slab: OrderSlab::new(capacity.orders),
            session_orders: OwnerLists::new(capacity.sessions, capacity.orders),
            account_orders: OwnerLists::new(capacity.accounts, capacity.orders),
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
            command.sequence > self.last_sequence,
            "sequence {} does not follow {}",
            command.sequence,
            self.last_sequence
        );
        assert!(
            command.time_ns >= self.last_time_ns,
            "time {} is before {}",
            command.time_ns,
            self.last_time_ns
        );
        if let Command::StateHash(check) = &command.body {
            return self.compare_hash(command, check, events);
        }
        self.stamp(command);
        if self.is_repeat(&command.body) {
            return Progress::Done;
        }
        match &command.body {
            Command::New(order, id) => self.new_order(order, *id, events),
            Command::Cancel(cancel) => self.cancel(cancel, events),
            Command::Reduce(reduce) => self.reduce(reduce, events),
            Command::Replace(replace, id) => self.replace(replace, *id, events),
            Command::MassCancel(cancel) => self.mass_cancel(cancel),
            Command::DefineInstrument(define) => self.define_instrument(define, events),
            Command::DefineAccount(define) => self.define_account(define, events),
            Command::LendSlots(lend) => self.lend_slots(lend),
            Command::SetPhase(set) => self.set_phase(set, events),
            Command::DefineFirm(_)
            | Command::DefineSession(_)
            | Command::Time(_)
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
        sum.insert(self.slab.state_sum());
        for (gateway, ring) in (0_u64..).zip(&self.last_ring) {
            if ring.get() != 0 {
                let mix = Mix::new(Tag::Ring).and(gateway).and(ring.get());
                sum.insert(mix.finish());
            }
        }
        let counters = Mix::new(Tag::Shard)
            .and(u64::from(self.id.get()))
            .and(self.last_sequence.get())
            .and(self.last_time_ns)
            .and(self.last_control.get());
        sum.insert(counters.finish());
        sum.get()
    }

    /// Returns the 128-bit hash of an instrument's book, see [`crate::state_hash`]; `None` where
    /// the instrument is not this shard's.
    #[must_use]
    pub fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.listing(instrument)?;
        self.books.get(index(instrument)).map(OrderBook::hash)
    }

    /// Returns its number.
    #[must_use]
    pub const fn id(&self) -> ShardId {
        self.id
    }

    /// Returns the sequence of the last command; 0 before the first.
    #[must_use]
    pub const fn last_sequence(&self) -> SequenceNumber {
        self.last_sequence
    }

    /// Returns the event time of the last command, nanoseconds since the Unix epoch; 0 before
    /// the first.
    #[must_use]
    pub const fn last_time_ns(&self) -> u64 {
        self.last_time_ns
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

    fn is_repeat(&mut self, command: &Command) -> bool {
        if let Some(control) = command.control() {
            let repeat = control <= self.last_control;
            self.last_control = self.last_control.max(control);
            return repeat;
        }
        let Some(origin) = command.origin() else {
            return false;
        };
        let Some(last) = self.last_ring.get_mut(usize::from(origin.gateway.get())) else {
            return false;
        };
        let repeat = origin.ring <= *last;
        *last = origin.ring.max(*last);
        repeat
    }

    /// Answers a hash check with the hash that the state had before it.
    fn compare_hash(
        &mut self,
        command: &Sequenced<Command>,
        check: &StateHashCheck,
        events: &mut EventBuffer,
    ) -> Progress {
        let body = EventBody::HashRecord {
            expected: check.hash,
            actual: halves(self.state_hash()),
        };
        self.stamp(command);
        self.emit(body, events);
        Progress::Done
    }

    /// Moves sequence and time, and makes the header of the command's first event.
    fn stamp(&mut self, command: &Sequenced<Command>) {
        self.last_sequence = command.sequence;
        self.last_time_ns = command.time_ns;
        self.next_event = EventHeader {
            sequence: command.sequence,
            time_ns: command.time_ns,
            ring_tag: command.body.origin().map_or(0, ring_tag),
            index: 0,
        };
    }

    fn step(&mut self, events: &mut EventBuffer) -> Progress {
        match self.work {
            Work::Nothing => Progress::Done,
            Work::Matching { slot } => self.match_step(slot, events),
            Work::MassCanceling(walk) => self.mass_cancel_step(walk, events),
        }
    }

    #[inline]
    fn emit(&mut self, body: EventBody, events: &mut EventBuffer) {
        events.push(Event {
            header: self.next_event,
            body,
        });
        self.next_event.index += 1;
    }

    #[inline]
    fn listing(&self, instrument: InstrumentId) -> Option<&Listing> {
        self.listings.get(index(instrument))?.as_ref()
    }
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

/// Returns the low and the high half of a hash.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn halves(hash: u128) -> [u64; 2] {
    [hash as u64, (hash >> 64) as u64]
}
