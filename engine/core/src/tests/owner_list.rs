//! Owner lists: order of entry, and nodes within their bound.

use std::collections::BTreeSet;

use crate::domain::OrderHandle;
use crate::owner_list::{Owner, OwnerLists};

fn handle(slot: u32, generation: u32) -> OrderHandle {
    OrderHandle { slot, generation }
}

/// Returns the handles of an owner, list by list.
fn walk(lists: &OwnerLists, owner: Owner) -> Vec<Vec<OrderHandle>> {
    let mut walked = Vec::new();
    let mut pair = lists.first_pair(owner);
    while let Some(mut cursor) = pair {
        let next = lists.next_pair(owner, cursor);
        walked.push(std::iter::from_fn(|| lists.advance(&mut cursor)).collect());
        pair = next;
    }
    walked
}

#[test]
fn handles_come_back_in_the_order_of_entry() {
    let mut lists = OwnerLists::new(3, 2, 16);
    for slot in 0..16 {
        lists.append((slot % 2, 1), handle(slot, 1), |_| true);
    }
    let even: Vec<_> = (0..8).map(|half| handle(2 * half, 1)).collect();
    assert_eq!(walk(&lists, Owner::Session(0)), [even]);
    assert_eq!(walk(&lists, Owner::Session(2)), Vec::<Vec<_>>::new());
    assert_eq!(walk(&lists, Owner::Account(1)).concat().len(), 16);
    assert_eq!(walk(&lists, Owner::Account(0)), Vec::<Vec<_>>::new());
    assert_eq!(walk(&lists, Owner::Account(9)), Vec::<Vec<_>>::new());
}

#[test]
fn session_with_two_accounts_and_account_with_two_sessions_have_two_lists() {
    let mut lists = OwnerLists::new(2, 2, 16);
    for (slot, owner) in (0..).zip([(0, 0), (0, 1), (1, 1), (0, 0), (0, 1)]) {
        lists.append(owner, handle(slot, 1), |_| true);
    }
    let slots = |owner| {
        let mut lists: Vec<Vec<u32>> = walk(&lists, owner)
            .into_iter()
            .map(|list| list.into_iter().map(|handle| handle.slot).collect())
            .collect();
        lists.sort_unstable();
        lists
    };
    assert_eq!(slots(Owner::Session(0)), [vec![0, 3], vec![1, 4]]);
    assert_eq!(slots(Owner::Session(1)), [vec![2]]);
    assert_eq!(slots(Owner::Account(1)), [vec![1, 4], vec![2]]);
}

#[test]
fn pairs_have_room_while_there_are_fewer_than_their_bound() {
    // Two sessions with two accounts each are all that there can be.
    let mut lists = OwnerLists::new(2, 2, 1);
    for owner in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        assert!(lists.has_room_for(owner.0, owner.1));
        lists.append(owner, handle(0, 1), |_| false);
        assert!(lists.has_room_for(owner.0, owner.1));
    }
    // Twelve pairs of the thirty-six that there could be, for one order.
    let mut lists = OwnerLists::new(6, 6, 1);
    for pair in 0..26 {
        let owner = (pair / 6, pair % 6);
        assert!(lists.has_room_for(owner.0, owner.1), "{pair}");
        lists.append(owner, handle(0, 1), |_| false);
    }
    assert!(!lists.has_room_for(5, 0));
    assert!(lists.has_room_for(0, 5), "a pair that is there");
}

#[test]
fn ended_orders_are_swept_and_the_live_keep_their_order() {
    let mut lists = OwnerLists::new(1, 1, 8);
    let is_live = |handle: OrderHandle| handle.slot == 0 || handle.generation >= 90;
    lists.append((0, 0), handle(0, 1), is_live);
    for generation in 1..100 {
        lists.append((0, 0), handle(1, generation), is_live);
    }
    let kept = walk(&lists, Owner::Session(0)).concat();
    assert_eq!(kept[0], handle(0, 1));
    assert!(kept.len() < 28, "ended orders pile up: {}", kept.len());
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
            let mut lists = OwnerLists::new(owners, 2, slots);
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
                    let owner = (owner, round % 2);
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
