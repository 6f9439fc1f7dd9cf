//! The EC mix: the load that exchange-core's page is about, with that page's shares.
//!
//! Of 100 operations 9 enter a passive day order, 3 take, 6 cancel and 82 move an order, over about
//! 1,000 resting orders of 1,000 users on some 750 prices. An order is priced around the last
//! trade; a move goes 1 % of the way towards it, at least a tick, and one move in 27 goes to the
//! other side's best price and trades there; cancels and moves meet one of the 512 oldest orders.
//! About 5 operations in 100 trade. Shares are fixed, so what keeps the number of orders is how
//! much is taken: whole makers as far as there are too many, else one lot, and no move that trades
//! while there are too few.
//!
//! The generator runs the production book, which says what rests; that the book is right is
//! compared elsewhere.

mod flow;
mod stream;

use matchgate_workloads::{Operation, Shape};

use crate::book::Room;
use crate::shard::Market;
pub use stream::EcStream;

/// Users; each has an account and a session of its own.
pub const USERS: u32 = 1_000;
/// Room that the mix needs: four times the orders that it keeps.
pub const ROOM: Room = Room::new(4_096, 2_048);
/// A market that has it.
pub const MARKET: Market = Market {
    users: USERS,
    ..Market::new(ROOM.orders, ROOM.levels)
};

/// The mix, and what a right book comes to.
#[derive(Clone, Debug)]
pub struct EcMix {
    /// The first orders, and the operations of the warm-up.
    pub before: Vec<Operation>,
    /// To be timed.
    pub timed: Vec<Operation>,
    /// Sum ([`matchgate_workloads::report::fold`]) over the reports to the timed ones; sequences
    /// count from the first operation of `before`.
    pub checksum: u64,
    /// What the timed operations are.
    pub shape: Shape,
}

impl EcMix {
    /// Returns the mix of `seed`: `warm_up` operations after the first orders, then `timed` ones.
    #[must_use]
    pub fn new(seed: u64, warm_up: usize, timed: usize) -> Self {
        let mut stream = EcStream::new(seed);
        let before = stream.before(warm_up);
        let timed = stream.block(timed);
        Self {
            before,
            timed,
            checksum: stream.checksum(),
            shape: stream.shape(),
        }
    }
}
