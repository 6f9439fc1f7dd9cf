//! One run of a book, from empty.

use matchgate_core::book::{NONE, OrderBook, OrderSlab};
use matchgate_core::domain::Side as CoreSide;
use matchgate_runtime::on_huge_pages;
use matchgate_workloads::Side;

use super::accounts::Accounts;
use super::request::{Request, report_side};
use crate::handles::Ranges;
use crate::names::Names;
use crate::sink::{Folded, Kept, Sink};

/// Orders from which on the tables are larger than a second-level cache, and looking ahead pays.
const FETCHED_FROM: u32 = 1 << 17;
/// Requests that are looked at before the first of them is done.
const FETCHED_AT_ONCE: usize = 16;

/// How much a run has room for; all of it is set aside, and touched, before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Orders at one time, at least 4; the next power of two is taken.
    pub orders: u32,
    /// Price levels of one side.
    pub levels: u32,
    /// How the slots of orders lie.
    pub ranges: Ranges,
    /// Accounts whose orders can be canceled at once; 0 where nobody asks for that.
    pub accounts: u32,
    /// Seed of the hash of names.
    pub hash_seed: u64,
}

impl Room {
    /// Returns room for so many orders and levels, of one range, without lists of accounts.
    #[must_use]
    pub const fn new(orders: u32, levels: u32) -> Self {
        Self {
            orders,
            levels,
            ranges: Ranges::One,
            accounts: 0,
            hash_seed: 0x243f_6a88_85a3_08d3,
        }
    }
}

/// What a run has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookEnd {
    /// Orders that rest.
    pub live_orders: u32,
    /// Prices with orders, over both sides.
    pub levels: u32,
    /// What was asked and not done for lack of room: then the run says nothing.
    pub refused: u64,
}

/// A book, the names of its orders, and where its reports go.
#[derive(Debug)]
pub struct BookRun<S> {
    pub(super) book: OrderBook,
    pub(super) slab: OrderSlab,
    pub(super) names: Names,
    pub(super) accounts: Accounts,
    pub(super) sink: S,
    pub(super) refused: u64,
}

impl BookRun<Folded> {
    /// Returns an empty book whose reports are folded.
    #[must_use]
    pub fn folding(room: Room) -> Self {
        Self::new(room, Folded::new())
    }

    /// Returns the sum over all reports since the last [`BookRun::set_sink`].
    #[must_use]
    pub fn checksum(&self) -> u64 {
        self.sink.checksum()
    }
}

impl BookRun<Kept> {
    /// Returns an empty book whose reports are kept.
    #[must_use]
    pub fn keeping(room: Room) -> Self {
        Self::new(room, Kept::default())
    }
}

impl<S: Sink> BookRun<S> {
    /// Returns an empty book whose reports go to `sink`.
    #[must_use]
    pub fn new(room: Room, sink: S) -> Self {
        let orders = room.orders.max(4).next_power_of_two();
        on_huge_pages(|| {
            let mut book = OrderBook::new(room.levels);
            book.prepare(1);
            Self {
                book,
                slab: OrderSlab::new(orders),
                names: Names::new(orders, room.ranges, room.hash_seed),
                accounts: Accounts::new(room.accounts, orders),
                sink,
                refused: 0,
            }
        })
    }

    /// Does all of `requests`, of which the first has the number `sequence`. Where the tables are
    /// large, what a few requests will need is fetched before the first of them is done, as whoever
    /// takes them from a ring can.
    #[inline(never)]
    pub fn pass<R: Request>(&mut self, mut sequence: u32, requests: &[R]) {
        let fetches = self.slab.slot_count() >= FETCHED_FROM;
        for some in requests.chunks(FETCHED_AT_ONCE) {
            if fetches {
                self.fetch(some);
            }
            for request in some {
                self.apply(sequence, request);
                sequence = sequence.wrapping_add(1);
            }
        }
        self.sink.end_batch();
    }

    /// Looks at the orders that requests may name: the first two of the row of each name. The looks do
    /// not wait for each other, so their misses overlap. To look at their neighbours and levels too
    /// costs more than it saves.
    #[inline(never)]
    fn fetch<R: Request>(&self, requests: &[R]) {
        let mut slots = [NONE; FETCHED_AT_ONCE];
        for (slot, request) in slots.iter_mut().zip(requests) {
            *slot = self.names.peek(request.id());
        }
        let mut seen = 0;
        for slot in &mut slots {
            if let Some(order) = self.slab.get(*slot) {
                seen ^= order.stamp;
                *slot = self.names.behind(*slot);
            }
        }
        let behind = slots.iter().filter_map(|&slot| self.slab.get(slot));
        std::hint::black_box(behind.fold(seen, |seen, order| seen ^ order.stamp));
    }

    /// Lets reports go to `sink` from now on, and returns where they went before.
    pub const fn set_sink(&mut self, sink: S) -> S {
        std::mem::replace(&mut self.sink, sink)
    }

    /// Returns where reports go.
    #[must_use]
    pub const fn sink(&self) -> &S {
        &self.sink
    }

    /// Returns where reports go, to be changed.
    pub const fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Returns the book and its orders.
    #[must_use]
    pub const fn book(&self) -> (&OrderBook, &OrderSlab) {
        (&self.book, &self.slab)
    }

    /// Returns side, price and what is left of an order that rests.
    #[must_use]
    pub fn resting(&self, id: u32) -> Option<(Side, i64, u64)> {
        let order = self.slab.order(self.names.find(id)?);
        Some((report_side(order.side), order.tick, order.leaves))
    }

    /// Returns the number by which the order in a slot is known.
    #[must_use]
    pub fn id(&self, slot: u32) -> u32 {
        self.names.id(slot)
    }

    /// Returns what it has come to.
    #[must_use]
    pub fn end(&self) -> BookEnd {
        let levels = |side| self.book.side(side).level_count();
        BookEnd {
            live_orders: self.slab.live_count(),
            levels: levels(CoreSide::Buy) + levels(CoreSide::Sell),
            refused: self.refused,
        }
    }
}
