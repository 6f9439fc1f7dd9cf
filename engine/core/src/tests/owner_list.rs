//! Owner lists: order of entry, and nodes within their bound.

use std::collections::BTreeSet;

use crate::domain::OrderHandle;
use crate::owner_list::{Cursor, OwnerLists};

fn handle(slot: u32, generation: u32) -> OrderHandle {
    OrderHandle { slot, generation }
}

fn walk(lists: &OwnerLists, owner: u32) -> Vec<OrderHandle> {
    let mut cursor = Cursor::front(owner);
    std::iter::from_fn(|| lists.advance(&mut cursor)).collect()
}

#[test]
fn handles_come_back_in_the_order_of_entry() {
    let mut lists = OwnerLists::new(3, 16);
    for slot in 0..16 {
        lists.append(slot % 2, handle(slot, 1), |_| true);
    }
    let even: Vec<_> = (0..8).map(|half| handle(2 * half, 1)).collect();
    assert_eq!(walk(&lists, 0), even);
    assert_eq!(walk(&lists, 2), []);
}

#[test]
fn ended_orders_are_swept_and_the_live_keep_their_order() {
    let mut lists = OwnerLists::new(1, 8);
    let is_live = |handle: OrderHandle| handle.slot == 0 || handle.generation >= 90;
    lists.append(0, handle(0, 1), is_live);
    for generation in 1..100 {
        lists.append(0, handle(1, generation), is_live);
    }
    let kept = walk(&lists, 0);
    assert_eq!(kept[0], handle(0, 1));
    assert!(kept.len() < 24, "ended orders pile up: {}", kept.len());
    let live: Vec<_> = kept.into_iter().filter(|&handle| is_live(handle)).collect();
    let expected = (90..100).map(|generation| handle(1, generation));
    assert_eq!(live[1..], expected.collect::<Vec<_>>());
}

/// Orders come and go in the worst ways: all of one owner, one a owner, all live until all end.
#[test]
fn nodes_stay_within_their_bound_whatever_ends_when() {
    for owners in [1, 3, 40, 200] {
        for pattern in 0..4_u32 {
            let slots = 40;
            let mut lists = OwnerLists::new(owners, slots);
            let mut live = BTreeSet::new();
            for round in 1..400_u32 {
                for slot in 0..slots {
                    let owner = match pattern {
                        0 => 0,
                        1 => slot % owners,
                        2 => round % owners,
                        _ => (slot * 7 + round * 13) % owners,
                    };
                    let entered = handle(slot, round);
                    live.insert(entered);
                    lists.append(owner, entered, |handle| live.contains(&handle));
                    if pattern == 3 && (slot + round) % 3 != 0 {
                        live.remove(&entered);
                    }
                }
                live.clear();
            }
        }
    }
}
