//! Every gate on every path: whatever a new order, a replace and a released stop order must pass,
//! each of them is shown to be held back by. Take one check out of the shard, and a row here fails.

use super::check;

/// A released stop order is refused like this one, a replace like that one, a new order.
struct Gate {
    reason: &'static str,
    /// Limits that refuse what is fine within wide ones.
    limits: &'static str,
    /// What the order is, within wide limits.
    order: &'static str,
}

/// The gates that new limits of an instrument close. Its tick is for good.
const LIMITS: [Gate; 7] = [
    Gate {
        reason: "PriceBelowMinimum",
        limits: "low=9.50",
        order: "20 @ 9.00",
    },
    Gate {
        reason: "PriceAboveMaximum",
        limits: "high=10.50",
        order: "20 @ 11.00",
    },
    Gate {
        reason: "QuantityOffLot",
        limits: "lot=3",
        order: "20 @ 9.00",
    },
    Gate {
        reason: "QuantityBelowMinimum",
        limits: "min=21",
        order: "20 @ 9.00",
    },
    Gate {
        reason: "QuantityAboveMaximum",
        limits: "max=19",
        order: "20 @ 9.00",
    },
    Gate {
        reason: "NotionalAboveMaximum",
        limits: "notional=179000000000",
        order: "20 @ 9.00",
    },
    Gate {
        reason: "NotionalAboveMaximum",
        limits: "notional=199000000000",
        order: "20 @ -10.00",
    },
];

#[test]
fn new_limits_hold_a_new_order_back() {
    for gate in LIMITS {
        let (reason, order, limits) = (gate.reason, gate.order, gate.limits);
        check(&format!(
            "+ 1 buy {order} gtc
             > instrument 0 {limits}
             < instrument 0
             > 2 buy {order} gtc
             < 2 rejected {reason}
             > 2 buy {order} stop=12.00
             < 2 rejected {reason}"
        ));
    }
}

#[test]
fn new_limits_hold_a_replace_back() {
    for gate in LIMITS {
        let (reason, order, limits) = (gate.reason, gate.order, gate.limits);
        check(&format!(
            "+ 1 buy {order} gtc
             + 2 buy {order} stop=12.00
             > instrument 0 {limits}
             < instrument 0
             > 1 replace {order} day
             < 1 refused {reason}
             > 2 replace {order} stop=11.00
             < 2 refused {reason}
             = waiting 2"
        ));
    }
}

#[test]
fn new_limits_hold_a_released_stop_back() {
    for gate in LIMITS {
        let (reason, order, limits) = (gate.reason, gate.order, gate.limits);
        let quantity = market_quantity(limits);
        // The print that releases is of an order that rested before the limits.
        check(&format!(
            "+ 1 buy {order} stop=10.00
             + 2 sell 30 @ 10.00 day
             > instrument 0 {limits}
             < instrument 0
             > 3 buy {quantity} market
             < 3 new leaves={quantity}
             < 3 trade {quantity} @ 10.00 resting=2 cumulative={quantity} leaves=0
             < 1 triggered refused={reason}
             < 1 canceled 20 refused
             = waiting"
        ));
    }
}

#[test]
fn new_limits_of_quantity_hold_a_released_market_stop_back() {
    for gate in LIMITS
        .iter()
        .filter(|gate| gate.reason.starts_with("Quantity"))
    {
        let (reason, limits) = (gate.reason, gate.limits);
        let quantity = market_quantity(limits);
        check(&format!(
            "+ 1 buy 20 stop=10.00
             + 2 sell 60 @ 10.00 day
             > instrument 0 {limits}
             < instrument 0
             > 3 buy {quantity} market
             < 3 new leaves={quantity}
             < 3 trade {quantity} @ 10.00 resting=2 cumulative={quantity} leaves=0
             < 1 triggered refused={reason}
             < 1 canceled 20 refused
             = waiting"
        ));
    }
}

/// Returns a quantity that passes every gate but those of the price.
fn market_quantity(limits: &str) -> u32 {
    match limits {
        "max=19" => 18,
        _ => 21,
    }
}

#[test]
fn tick_holds_back_on_every_path_that_can_name_a_price() {
    check(
        "+ 1 buy 20 @ 9.00 gtc
         + 2 buy 20 stop=12.00 @ 9.00
         + 3 buy 20 peg @ 9.00
         > 4 buy 20 @ 9.001 gtc
         < 4 rejected PriceOffTick
         > 4 buy 20 stop=12.00 @ 9.001
         < 4 rejected PriceOffTick
         > 4 buy 20 stop=12.001
         < 4 rejected PriceOffTick
         > 4 buy 20 peg @ 9.001
         < 4 rejected PriceOffTick
         > 1 replace 20 @ 9.001
         < 1 refused PriceOffTick
         > 2 replace 20 @ 9.001
         < 2 refused PriceOffTick
         > 2 replace 20 @ 9.00 stop=12.001
         < 2 refused PriceOffTick
         > 3 replace 20 @ 9.001
         < 3 refused PriceOffTick
         # A released stop order has the price that it was entered with: the tick is for good.
         > instrument 0 tick=0.05
         = waiting 2 3",
    );
}

#[test]
fn empty_side_holds_back_on_every_path() {
    check(
        "> 1 buy 20 market
         < 1 rejected NoLiquidity
         > 1 buy 20 mtl
         < 1 rejected NoLiquidity
         + 1 buy 20 stop=10.00
         + 2 buy 20 stop=12.00
         + 3 sell 1 @ 10.00 day
         > 4 buy 1 @ 10.00 ioc
         < 4 new leaves=1
         < 4 trade 1 @ 10.00 resting=3 cumulative=1 leaves=0
         < 1 triggered refused=NoLiquidity
         < 1 canceled 20 refused
         > 2 replace 20 stop=10.00
         < 2 replaced 20 @ 0.00 leaves=20 priority=lost
         < 2 terms stop=10.00 day
         < 2 triggered refused=NoLiquidity
         < 2 canceled 20 refused",
    );
}

#[test]
fn full_side_holds_back_on_every_path() {
    check(
        "+ 1 buy 10 @ 9.00 day
         + 2 buy 10 @ 8.00 day
         + 3 buy 10 @ 7.00 day
         + 5 buy 20 stop=10.00 @ 5.00
         + 6 buy 20 stop=12.00 @ 5.00
         + 7 buy 20 @ 9.00 day
         + 4 buy 10 @ 6.00 day
         > 8 buy 20 @ 5.00 day
         < 8 rejected LevelCapacity
         > 7 replace 20 @ 5.00
         < 7 refused LevelCapacity
         + 9 sell 1 @ 10.00 day
         > 8 buy 20 mtl
         < 8 rejected LevelCapacity
         > 10 buy 1 @ 10.00 ioc
         < 10 new leaves=1
         < 10 trade 1 @ 10.00 resting=9 cumulative=1 leaves=0
         < 5 triggered refused=LevelCapacity
         < 5 canceled 20 refused
         > 6 replace 20 @ 5.00 stop=10.00
         < 6 replaced 20 @ 5.00 leaves=20 priority=lost
         < 6 terms stop=10.00 day
         < 6 triggered refused=LevelCapacity
         < 6 canceled 20 refused
         = depth bid 30 @ 9.00, 10 @ 8.00, 10 @ 7.00, 10 @ 6.00 ask -",
    );
}

#[test]
fn halt_holds_back_on_every_path() {
    check(
        "+ 1 buy 20 @ 9.00 day
         + 2 buy 20 stop=10.00 @ 9.00
         + 3 sell 20 @ 10.00 day
         + 4 buy 20 peg
         > halt
         < phase Halt instrument=0
         > 5 buy 20 @ 10.00 ioc
         < 5 rejected Halted
         > 5 buy 20 market
         < 5 rejected Halted
         > 5 buy 20 stop=12.00
         < 5 rejected Halted
         > 5 buy 20 peg
         < 5 rejected Halted
         > 1 replace 20 @ 10.00
         < 1 refused Halted
         > 2 replace 20 @ 9.00 stop=9.50
         < 2 refused Halted
         > 4 replace 20 @ 9.00
         < 4 refused Halted
         = waiting 2 4",
    );
}

#[test]
fn post_only_holds_back_on_the_paths_that_know_it() {
    check(
        "+ 1 sell 20 @ 10.00 day
         + 2 buy 20 @ 9.00 day post
         > 3 buy 20 @ 10.00 day post
         < 3 rejected PostOnlyWouldTake
         > 2 replace 20 @ 10.00
         < 2 refused PostOnlyWouldTake
         # No stop order is post-only.
         > 3 buy 20 stop=12.00 @ 10.00 post
         < 3 rejected InvalidCombination",
    );
}

#[test]
fn sum_of_a_level_holds_back_on_every_path() {
    check(
        "> instrument 0 max=18446744073709551615
         < instrument 0
         + 1 buy 18446744073709551615 @ 9.00 day
         + 2 buy 10 stop=10.00 @ 9.00
         + 3 buy 10 @ 8.00 day
         > 4 buy 1 @ 9.00 day
         < 4 rejected LevelQuantity
         > 3 replace 10 @ 9.00
         < 3 refused LevelQuantity
         + 4 sell 1 @ 10.00 day
         > 5 buy 1 @ 10.00 ioc
         < 5 new leaves=1
         < 5 trade 1 @ 10.00 resting=4 cumulative=1 leaves=0
         < 2 triggered refused=LevelQuantity
         < 2 canceled 10 refused
         = bids 1 3 asks",
    );
}
