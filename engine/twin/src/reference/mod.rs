//! The naive reference: all live orders in one list, searched and sorted for every answer.
//!
//! It is written to be read beside the rule book, with no cleverness and nothing kept that can be
//! computed.

mod checks;
mod control;
mod finish;
mod hash;
mod matching;
mod order;
mod orders;
mod view;

use std::collections::VecDeque;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Account, AccountId, CancelReason, Command, Event, EventBody, EventHeader, Instrument,
    InstrumentId, LendSlots, OrderHandle, Phase, Quantity, Sequenced, SessionId, ShardId,
};

pub use order::{Order, Place};
pub use view::Level;

use crate::planted::{Bug, Planted};

/// The reference price of a book's mid-pegs (rule 4.7.3), and how it came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Middle {
    /// Where buys stand.
    pub buy: i64,
    /// Where sells stand.
    pub sell: i64,
    /// Whether `buy` fell at its last change.
    pub buy_fell: bool,
    /// Whether `sell` rose at its last change.
    pub sell_rose: bool,
    /// Stamps given when `buy` changed last.
    pub buy_stamps: u64,
    /// Stamps given when `sell` changed last.
    pub sell_stamps: u64,
}

/// A listed instrument and what its book knows beside its orders.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its definition.
    pub instrument: Instrument,
    /// Its phase.
    pub phase: Phase,
    /// Orders that its book has taken.
    pub orders_taken: u64,
    /// Priority stamps given.
    pub stamps_given: u64,
    /// Price of the last trade.
    pub last_trade: Option<i64>,
    /// Reference price of its mid-pegs.
    pub middle: Option<Middle>,
    /// Turns given to mid-pegs.
    turns_given: u64,
    /// Stop orders that were released and wait for the aggressor to finish (rule 4.6.3).
    released: VecDeque<OrderHandle>,
}

/// The whole state, as plainly as it can be kept.
#[derive(Clone, Debug)]
pub struct Reference {
    shard: ShardId,
    capacity: ShardCapacity,
    /// By rising number.
    listings: Vec<Listing>,
    accounts: Vec<Account>,
    lent: Vec<LendSlots>,
    /// Last generation of every slot.
    generations: Vec<u32>,
    /// Sum over the state words of all orders that were accepted: the one part of the hash that is not of
    /// what is there.
    taken: u128,
    /// Sessions with the accounts for which they have entered orders.
    pairs: Vec<(SessionId, AccountId)>,
    /// Live orders in the order of their entry.
    orders: Vec<Order>,
    rings: Vec<u64>,
    sequence: u64,
    time_ns: u64,
    control: u64,
    told: Vec<EventBody>,
    planted: Planted,
    /// For a bug: stop orders that prints of this aggressor have reached.
    skipped: Vec<OrderHandle>,
}

impl Reference {
    /// Returns one that knows no instrument.
    #[must_use]
    pub fn new(shard: ShardId, capacity: ShardCapacity) -> Self {
        Self {
            shard,
            capacity,
            listings: Vec::new(),
            accounts: Vec::new(),
            lent: Vec::new(),
            generations: vec![0; capacity.orders as usize],
            taken: 0,
            pairs: Vec::new(),
            orders: Vec::new(),
            rings: vec![0; usize::from(capacity.gateways)],
            sequence: 0,
            time_ns: 0,
            control: 0,
            told: Vec::new(),
            planted: Planted::default(),
            skipped: Vec::new(),
        }
    }

    /// Returns it with a bug.
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> Self {
        Self {
            planted: Planted::new(Some(bug)),
            ..self
        }
    }

    /// Returns how often the planted bug made a difference.
    #[must_use]
    pub fn bug_executed(&self) -> u64 {
        self.planted.executed()
    }

    /// Applies a command; appends all its events to `events`.
    ///
    /// # Panics
    ///
    /// Panics if it is inconsistent, which is a bug of its own.
    pub fn apply(&mut self, command: &Sequenced<Command>, events: &mut Vec<Event>) {
        if let Command::StateHash(check) = &command.body {
            self.told.push(EventBody::HashRecord {
                expected: check.hash,
                actual: hash::halves(self.state_hash()),
            });
        }
        self.sequence = command.sequence.get();
        self.time_ns = command.time_ns;
        if !self.is_repeat(&command.body) {
            self.execute(&command.body);
            self.finish_all();
        }
        let ring = command.body.origin().map_or(0, |origin| origin.ring.get());
        let ring_tag = u32::try_from(ring & u64::from(u32::MAX)).expect("it was masked");
        events.extend((0..).zip(self.told.drain(..)).map(|(index, body)| Event {
            header: EventHeader {
                sequence: command.sequence,
                time_ns: command.time_ns,
                ring_tag,
                index,
            },
            body,
        }));
    }

    /// Rules 4.3.2 and 4.3.3.
    fn is_repeat(&mut self, command: &Command) -> bool {
        let (last, number) = match (command.origin(), command.control()) {
            (Some(origin), _) if origin.gateway.get() < self.capacity.gateways => (
                &mut self.rings[usize::from(origin.gateway.get())],
                origin.ring.get(),
            ),
            (_, Some(control)) => (&mut self.control, control.get()),
            _ => return false,
        };
        if number <= *last {
            return true;
        }
        *last = number;
        false
    }

    fn execute(&mut self, command: &Command) {
        match command {
            Command::New(order, id) => self.new_order(order, *id),
            Command::Cancel(cancel) => self.cancel(cancel),
            Command::Reduce(reduce) => self.reduce(reduce),
            Command::Replace(replace, id) => self.replace(replace, *id),
            Command::MassCancel(cancel) => self.mass_cancel(cancel),
            Command::DefineInstrument(define) => self.define_instrument(define.instrument),
            Command::DefineAccount(define) => self.define_account(define.account),
            Command::LendSlots(lend) => self.lend(*lend),
            Command::SetPhase(set) => self.set_phase(set),
            Command::EndDay(end) => self.end_day(end.instrument),
            Command::Time(time) => self.advance(time.time_ns),
            Command::DefineFirm(_) | Command::DefineSession(_) | Command::StateHash(_) => {}
        }
    }

    /// Ends an order and tells that what was open of it is gone.
    fn cancel_order(&mut self, handle: OrderHandle, reason: CancelReason) {
        let order = self.take_out(handle);
        self.haunt(&order, Bug::StaleBestAfterCancel);
        self.told.push(EventBody::Canceled {
            handle,
            quantity: Quantity::new(order.leaves()),
            reason,
            durability: order.durability,
        });
    }

    /// Takes a live order out of the list.
    fn take_out(&mut self, handle: OrderHandle) -> Order {
        let at = self.position(handle).expect("it is live");
        self.orders.remove(at)
    }

    /// Returns the next priority stamp of a book.
    fn next_stamp(&mut self, instrument: InstrumentId) -> u64 {
        let listing = self.book_mut(instrument);
        listing.stamps_given += 1;
        listing.stamps_given
    }

    fn position(&self, handle: OrderHandle) -> Option<usize> {
        self.orders.iter().position(|order| order.handle == handle)
    }

    /// Returns the live order of a handle.
    #[must_use]
    pub fn find(&self, handle: OrderHandle) -> Option<&Order> {
        self.orders.iter().find(|order| order.handle == handle)
    }

    fn order(&self, handle: OrderHandle) -> &Order {
        self.find(handle).expect("it is live")
    }

    fn order_mut(&mut self, handle: OrderHandle) -> &mut Order {
        self.orders
            .iter_mut()
            .find(|order| order.handle == handle)
            .expect("it is live")
    }

    fn listing(&self, id: InstrumentId) -> Option<&Listing> {
        self.listings
            .iter()
            .find(|listing| listing.instrument.id == id)
    }

    fn listing_mut(&mut self, id: InstrumentId) -> Option<&mut Listing> {
        self.listings
            .iter_mut()
            .find(|listing| listing.instrument.id == id)
    }

    fn book(&self, id: InstrumentId) -> &Listing {
        self.listing(id).expect("it has taken orders")
    }

    fn book_mut(&mut self, id: InstrumentId) -> &mut Listing {
        self.listing_mut(id).expect("it has taken orders")
    }
}
