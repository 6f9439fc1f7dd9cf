//! Orders and nothing else, around one price: the flow of Liquibook's performance test.
//!
//! **Rule.** Buys and sells in turn. A buy is at one of ten prices from 1,880, a sell at one of ten
//! from 1,884, so six prices are common; 100 to 1,000 lots in hundreds. Nothing is canceled, so
//! what does not cross stays: the book grows on four prices a side. The test in question looks at
//! the clock after each order; a figure of this flow is comparable with its page only by doing so.

use crate::maker::Maker;
use crate::random::Random;
use crate::{OperationKind, Side, Workload};

const BUYS_FROM: i64 = 1_880;
const SELLS_FROM: i64 = 1_884;

/// Returns `timed` orders over an empty book.
#[must_use]
pub fn generate(seed: u64, timed: usize) -> Workload {
    let mut random = Random::new(seed);
    let mut maker = Maker::new(1);
    maker.begin_timed();
    let sides = [(Side::Buy, BUYS_FROM), (Side::Sell, SELLS_FROM)];
    for (side, from) in sides.into_iter().cycle().take(timed) {
        let price = from + random.ticks_below(10);
        let quantity = 100 * (1 + random.below(10));
        let order = maker.order(OperationKind::New, side, price, quantity);
        maker.run(order);
    }
    maker.finish()
}
