//! Ladders against a sorted map: levels far apart, cells and windows that are too small for them.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use crate::book::{Ladder, NONE, Order, OrderSlab, Place};
use crate::domain::Side;

const SLOTS: u32 = 24;
const LEVELS: u32 = 24;

/// A ladder, its orders, and the same as plainly as can be.
struct Pair {
    ladder: Ladder,
    slab: OrderSlab,
    /// Slots by tick, in the order of their coming.
    naive: BTreeMap<i64, Vec<u32>>,
    side: Side,
}

impl Pair {
    fn new(side: Side, cells_per_level: usize) -> Self {
        let mut ladder = Ladder::new(side, LEVELS, cells_per_level);
        ladder.prepare();
        Self {
            ladder,
            slab: OrderSlab::new(SLOTS),
            naive: BTreeMap::new(),
            side,
        }
    }

    /// Lets the order of a slot come to a tick, or go where it is there.
    fn turn(&mut self, slot: u32, tick: i64) {
        let order = *self.slab.order(slot);
        if order.is_live() {
            self.ladder.unlink(&mut self.slab, slot);
            self.slab.close(slot);
            self.naive.retain(|_, slots| {
                slots.retain(|&other| other != slot);
                !slots.is_empty()
            });
            return;
        }
        let displayed = u64::from(slot) + 1;
        let coming = Order {
            tick,
            leaves: displayed,
            displayed,
            place: Place::Displayed,
            ..Order::VACANT
        };
        self.slab.open(slot, coming);
        self.ladder.append(&mut self.slab, slot);
        self.naive.entry(tick).or_default().push(slot);
    }

    fn assert_equal(&self) {
        let mut levels: Vec<(i64, &Vec<u32>)> = self.naive.iter().map(|(&t, s)| (t, s)).collect();
        if self.side == Side::Buy {
            levels.reverse();
        }
        assert_eq!(self.ladder.level_count() as usize, levels.len());
        assert_eq!(self.ladder.best_tick(), levels.first().map(|level| level.0));
        let first = levels.first().map_or(NONE, |level| level.1[0]);
        assert_eq!(self.ladder.first(), first);
        let actual: Vec<_> = self.ladder.levels().collect();
        assert_eq!(actual.len(), levels.len());
        for ((tick, level), (naive_tick, slots)) in actual.into_iter().zip(levels) {
            assert_eq!(tick, naive_tick);
            assert_eq!(level.slots(&self.slab).collect::<Vec<_>>(), *slots);
            let displayed: u64 = slots.iter().map(|&slot| u64::from(slot) + 1).sum();
            assert_eq!(level.displayed, displayed);
            assert_eq!(self.ladder.displayed_at(tick), displayed);
            for reached in [tick.saturating_sub(1), tick, tick.saturating_add(1)] {
                let best = self.ladder.best_tick().expect("there is a level");
                let is_better = match self.side {
                    Side::Buy => best >= reached,
                    Side::Sell => best <= reached,
                };
                let is_price = reached > i64::MIN && reached < i64::MAX;
                assert!(!is_price || self.ladder.reaches(reached) == is_better);
            }
        }
    }
}

/// Near each other, a table apart, a window apart, and at the ends of all numbers.
fn tick() -> impl Strategy<Value = i64> {
    prop_oneof![
        -20..20_i64,
        (-3..3_i64, 0..4_i64).prop_map(|(table, near)| table * 32 + near),
        (-3..3_i64, 0..4_i64).prop_map(|(window, near)| window * 65_536 + near),
        (0..6_i64).prop_map(|near| i64::MAX - 1 - near),
        (0..6_i64).prop_map(|near| i64::MIN + 1 + near),
        any::<i32>().prop_map(|any| i64::from(any) << 20),
    ]
}

proptest! {
    #[test]
    fn ladder_holds_what_a_sorted_map_holds(
        turns in vec((0..SLOTS, tick()), 1..200),
        is_buy in any::<bool>(),
        cells_per_level in 1..3_usize,
    ) {
        let side = if is_buy { Side::Buy } else { Side::Sell };
        let mut pair = Pair::new(side, cells_per_level);
        for (slot, tick) in turns {
            pair.turn(slot, tick);
            pair.assert_equal();
        }
    }
}

#[test]
fn refreshed_order_goes_to_the_back_of_its_own_level() {
    let mut pair = Pair::new(Side::Sell, 1);
    for slot in 0..3 {
        pair.turn(slot, 7);
    }
    pair.ladder.refresh(&mut pair.slab, 0, 10);
    let (_, level) = pair.ladder.levels().next().expect("there is one");
    assert_eq!(level.slots(&pair.slab).collect::<Vec<_>>(), [1, 2, 0]);
    assert_eq!(level.displayed, 2 + 3 + 10);
    let mut alone = Pair::new(Side::Sell, 1);
    alone.turn(5, 7);
    alone.ladder.refresh(&mut alone.slab, 5, 2);
    let (_, level) = alone.ladder.levels().next().expect("there is one");
    assert_eq!((level.first, level.last, level.displayed), (5, 5, 2));
}
