//! The view: what an operator or a check may ask of the shards, answered from followers on a cold
//! core. It must not know who asks, and changes nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use matchgate_core::domain::{
    Epoch, Instrument, Phase, Price, SequenceNumber, ShardId, Side, Symbol,
};

use crate::followed_state::FollowedState;
use crate::follower::Follower;

/// Where a follower stands in its shard's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardPosition {
    /// The shard.
    pub shard: ShardId,
    /// Epoch of the last command applied; 0 before the first.
    pub epoch: Epoch,
    /// Place of the last command applied; 0 before the first.
    pub sequence: SequenceNumber,
    /// Event time of it, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// State hash after it.
    pub state_hash: u128,
    /// Live orders after it.
    pub live_orders: u32,
}

/// One price level as an operator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookLevel {
    /// Its price.
    pub price: Price,
    /// What is open at it, in the instrument's unit.
    pub quantity: u128,
    /// Orders at it.
    pub order_count: u32,
}

/// One book as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookView {
    /// What is traded.
    pub instrument: Instrument,
    /// Its phase.
    pub phase: Phase,
    /// Hash of the book.
    pub book_hash: u128,
    /// Place of the last command applied by the shard.
    pub sequence: SequenceNumber,
    /// Bids, best first.
    pub bids: Vec<BookLevel>,
    /// Offers, best first.
    pub asks: Vec<BookLevel>,
}

/// An instrument, its phase and the hash of its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentView {
    /// What is traded.
    pub instrument: Instrument,
    /// Its phase.
    pub phase: Phase,
    /// Hash of its book.
    pub book_hash: u128,
}

/// A follower shared between the agent that moves it and those who look at it.
pub(crate) type SharedFollower = Arc<Mutex<Follower>>;

/// Locks a follower. One whose holder panicked is still readable: a command that was applied in
/// part shows in its hash, and the runner has reported the panic.
pub(crate) fn lock(follower: &SharedFollower) -> MutexGuard<'_, Follower> {
    follower.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers questions about all shards; clones look at the same followers. Each question takes the
/// lock of the followers that it concerns, for as long as it takes to answer.
#[derive(Clone, Debug)]
pub struct FollowerView {
    followers: Vec<SharedFollower>,
}

impl FollowerView {
    pub(crate) const fn new(followers: Vec<SharedFollower>) -> Self {
        Self { followers }
    }

    /// Returns where every shard's follower stands, by shard.
    #[must_use]
    pub fn positions(&self) -> Vec<ShardPosition> {
        self.followers
            .iter()
            .map(|follower| lock(follower).position())
            .collect()
    }

    /// Returns where one shard's follower stands.
    #[must_use]
    pub fn position(&self, shard: ShardId) -> Option<ShardPosition> {
        self.with_shard(shard, Follower::position)
    }

    /// Returns every instrument, its phase and the hash of its book, by number.
    #[must_use]
    pub fn instruments(&self) -> Vec<InstrumentView> {
        let mut all: Vec<InstrumentView> = Vec::new();
        for follower in &self.followers {
            let follower = lock(follower);
            let shard = follower.state().shard();
            all.extend(
                shard
                    .instruments()
                    .map(|(instrument, phase)| InstrumentView {
                        instrument: *instrument,
                        phase,
                        book_hash: shard.book_hash(instrument.id).unwrap_or_default(),
                    }),
            );
        }
        all.sort_by_key(|view| view.instrument.id);
        all
    }

    /// Returns the hash of an instrument's book.
    #[must_use]
    pub fn book_hash(&self, symbol: &Symbol) -> Option<u128> {
        self.with_symbol(symbol, |follower, instrument| {
            follower.state().shard().book_hash(instrument.id)
        })
        .flatten()
    }

    /// Returns up to `levels` levels of either side of an instrument's book.
    #[must_use]
    pub fn book(&self, symbol: &Symbol, levels: usize) -> Option<BookView> {
        self.with_symbol(symbol, |follower, instrument| {
            let state = follower.state();
            let (_, phase) = state.shard().instrument(instrument.id)?;
            Some(BookView {
                instrument: *instrument,
                phase,
                book_hash: state.shard().book_hash(instrument.id)?,
                sequence: state.shard().last_sequence(),
                bids: depth(state, instrument, Side::Buy, levels),
                asks: depth(state, instrument, Side::Sell, levels),
            })
        })
        .flatten()
    }

    /// Shows the whole state of one shard to `read`, under its lock.
    pub fn with_state<R>(
        &self,
        shard: ShardId,
        read: impl FnOnce(&FollowedState) -> R,
    ) -> Option<R> {
        self.with_shard(shard, |follower| read(follower.state()))
    }

    fn with_shard<R>(&self, shard: ShardId, read: impl FnOnce(&Follower) -> R) -> Option<R> {
        self.followers
            .iter()
            .find_map(|shared| {
                let follower = lock(shared);
                (follower.shard_id() == shard).then_some(follower)
            })
            .map(|follower| read(&follower))
    }

    fn with_symbol<R>(
        &self,
        symbol: &Symbol,
        read: impl FnOnce(&Follower, &Instrument) -> R,
    ) -> Option<R> {
        for shared in &self.followers {
            let follower = lock(shared);
            let found = follower
                .state()
                .shard()
                .instruments()
                .map(|(instrument, _)| *instrument)
                .find(|instrument| instrument.symbol == *symbol);
            if let Some(instrument) = found {
                return Some(read(&follower, &instrument));
            }
        }
        None
    }
}

fn depth(
    state: &FollowedState,
    instrument: &Instrument,
    side: Side,
    levels: usize,
) -> Vec<BookLevel> {
    state
        .shard()
        .depth(instrument.id, side, levels)
        .map(|level| BookLevel {
            price: level.price,
            quantity: level.quantity,
            order_count: level.order_count,
        })
        .collect()
}
