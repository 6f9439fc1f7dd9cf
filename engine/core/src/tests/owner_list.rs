//! Owner lists: order of entry, and room for pairs.

use proptest::collection::vec;
use proptest::prelude::{any, proptest};

use crate::owner_list::{Owner, OwnerLists};

/// Appends an order as a shard does.
fn append(lists: &mut OwnerLists, (session, account): (u32, u32), slot: u32) {
    let pair = match lists.last_pair(session, account) {
        Some(pair) => pair,
        None => lists.pair(session, account),
    };
    lists.append(pair, slot);
}

/// Returns the slots of an owner, list by list.
fn walk(lists: &OwnerLists, owner: Owner) -> Vec<Vec<u32>> {
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
fn orders_come_back_in_the_order_of_entry() {
    let mut lists = OwnerLists::new(3, 2, 16);
    for slot in 0..16 {
        append(&mut lists, (slot % 2, 1), slot);
    }
    let even: Vec<_> = (0..8).map(|half| 2 * half).collect();
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
        append(&mut lists, owner, slot);
    }
    let slots = |owner| {
        let mut walked = walk(&lists, owner);
        walked.sort_unstable();
        walked
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
        append(&mut lists, owner, 0);
        lists.remove(0);
        assert!(lists.has_room_for(owner.0, owner.1));
    }
    // Twenty-six pairs of the thirty-six that there could be, for one order.
    let mut lists = OwnerLists::new(6, 6, 1);
    for pair in 0..26 {
        let owner = (pair / 6, pair % 6);
        assert!(lists.has_room_for(owner.0, owner.1), "{pair}");
        append(&mut lists, owner, 0);
        lists.remove(0);
    }
    assert!(!lists.has_room_for(5, 0));
    assert!(lists.has_room_for(0, 5), "a pair that is there");
    assert_eq!(lists.last_pair(5, 0), None);
    assert_eq!(lists.last_pair(6, 0), None, "no such session");
}

#[test]
fn order_may_leave_while_its_list_is_walked() {
    let mut lists = OwnerLists::new(1, 1, 8);
    for slot in [5, 2, 7] {
        append(&mut lists, (0, 0), slot);
    }
    let mut cursor = lists.first_pair(Owner::Account(0)).unwrap();
    let mut walked = Vec::new();
    while let Some(slot) = lists.advance(&mut cursor) {
        lists.remove(slot);
        walked.push(slot);
    }
    assert_eq!(walked, [5, 2, 7]);
    assert_eq!(walk(&lists, Owner::Account(0)), [vec![]]);
}

proptest! {
    /// Orders of three sessions and two accounts come and go in any order.
    #[test]
    fn lists_are_those_of_plain_vectors(
        acts in vec((0_u32..12, 0_u32..3, 0_u32..2, any::<bool>()), 1..200),
    ) {
        let mut lists = OwnerLists::new(3, 2, 12);
        let mut naive: Vec<(u32, u32, u32)> = Vec::new();
        for (slot, session, account, comes) in acts {
            let known = naive.iter().position(|one| one.0 == slot);
            match known {
                None if comes => {
                    append(&mut lists, (session, account), slot);
                    naive.push((slot, session, account));
                }
                Some(at) if !comes => {
                    lists.remove(slot);
                    naive.remove(at);
                }
                _ => {}
            }
            for session in 0..3 {
                for account in 0..2 {
                    let wanted: Vec<u32> = naive
                        .iter()
                        .filter(|one| (one.1, one.2) == (session, account))
                        .map(|one| one.0)
                        .collect();
                    let both = walk(&lists, Owner::Session(session));
                    let of_account = walk(&lists, Owner::Account(account));
                    assert!(wanted.is_empty() || both.contains(&wanted));
                    assert!(wanted.is_empty() || of_account.contains(&wanted));
                }
                let of_session = naive.iter().filter(|one| one.1 == session).count();
                assert_eq!(walk(&lists, Owner::Session(session)).concat().len(), of_session);
            }
        }
    }
}
