//! The audit: what holds of every shard between commands.

use crate::Shard;
use crate::domain::{InstrumentId, Side};

/// Asserts the book's invariants: never crossed, level sums and counts are those of the orders,
/// prices and priority stamps in order, quantities conserved, no order outside the books.
pub(super) fn audit(shard: &Shard) {
    let instruments: Vec<_> = shard.instruments().map(|(known, _)| known.id).collect();
    let mut live_count = 0;
    for &instrument in &instruments {
        for side in [Side::Buy, Side::Sell] {
            live_count += audit_side(shard, instrument, side);
        }
        let best = |side| shard.depth(instrument, side, 1).next();
        if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell)) {
            assert!(bid.price < ask.price, "the book rests crossed");
        }
    }
    assert_eq!(live_count, shard.live_order_count());
}

fn audit_side(shard: &Shard, instrument: InstrumentId, side: Side) -> u32 {
    let mut orders = shard.live_orders(instrument, side);
    let mut prices = Vec::new();
    let mut live_count = 0;
    for level in shard.depth(instrument, side, usize::MAX) {
        assert!(level.order_count > 0, "an empty level is linked");
        prices.push(level.price);
        let mut quantity = 0;
        let mut stamp = 0;
        for _ in 0..level.order_count {
            let order = orders.next().expect("a level counts its orders");
            assert_eq!((order.price, order.side), (level.price, side));
            assert_eq!(order.instrument, instrument);
            assert!(!order.leaves.is_zero(), "a live order has something open");
            let sum = order.cumulative.checked_add(order.leaves);
            assert_eq!(sum, Some(order.order_quantity));
            assert!(
                stamp < order.priority_stamp,
                "a queue is not in order of its stamps"
            );
            assert_eq!(shard.order(order.handle), Some(order));
            stamp = order.priority_stamp;
            quantity += u128::from(order.leaves.get());
            live_count += 1;
        }
        assert_eq!(level.quantity, quantity);
    }
    assert_eq!(orders.next(), None, "an order is in no level");
    match side {
        Side::Buy => assert!(prices.is_sorted_by(|better, worse| better > worse)),
        Side::Sell => assert!(prices.is_sorted_by(|better, worse| better < worse)),
    }
    live_count
}
