//! Owner lists: for every session (or account) the handles of its orders, in order of entry.
//!
//! A mass cancel walks one. The lists are append-only: an order that ends leaves its handle
//! behind, so a cancel touches no list. Each append pays for that by sweeping a few nodes,
//! owner after owner, and freeing those whose order has ended. So the work an append does is
//! bounded, and so are the nodes in use: with N orders and O owners a round over T nodes takes
//! (O + T) / 2 appends, hence at most N + (O + T) / 2 nodes are left after it, which settles at
//! T <= 2N + O, plus the (O + T) / 2 that the next round appends: 3N + 2O in all.
//!
//! It must not know an order: whether a handle is live is asked of the caller.

use crate::domain::OrderHandle;

/// No node.
const NONE: u32 = u32::MAX;
/// Nodes that one append sweeps.
const SWEEP_PER_APPEND: u32 = 2;

#[derive(Clone, Copy, Debug)]
struct Node {
    handle: OrderHandle,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List {
    first: NONE,
    last: NONE,
};

/// A place in one owner's list, between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    owner: u32,
    /// The node before the place; `NONE` at the front.
    previous: u32,
}

impl Cursor {
    /// Returns the place before the first node of an owner.
    pub(crate) const fn front(owner: u32) -> Self {
        Self {
            owner,
            previous: NONE,
        }
    }
}

/// The lists of all owners over one pool of nodes.
#[derive(Debug)]
pub(crate) struct OwnerLists {
    lists: Vec<List>,
    nodes: Vec<Node>,
    free: u32,
    sweep: Cursor,
}

impl OwnerLists {
    /// Returns empty lists for `owners` owners of at most `orders` live orders together.
    pub(crate) fn new(owners: u32, orders: u32) -> Self {
        let count = 3 * orders + 2 * owners + SWEEP_PER_APPEND;
        let nodes = (1..=count)
            .map(|next| Node {
                handle: OrderHandle::default(),
                next: if next == count { NONE } else { next },
            })
            .collect();
        Self {
            lists: vec![EMPTY; owners as usize],
            nodes,
            free: 0,
            sweep: Cursor::front(0),
        }
    }

    /// Returns how many owners there are.
    #[inline]
    pub(crate) fn owner_count(&self) -> usize {
        self.lists.len()
    }

    /// Appends a handle to the list of `owner`, which is below the owner count, and sweeps.
    #[inline]
    pub(crate) fn append(
        &mut self,
        owner: u32,
        handle: OrderHandle,
        is_live: impl Fn(OrderHandle) -> bool,
    ) {
        for _ in 0..SWEEP_PER_APPEND {
            self.sweep_one(&is_live);
        }
        let index = self.free;
        assert!(index != NONE, "sweeping keeps the nodes within their bound");
        let node = &mut self.nodes[index as usize];
        self.free = node.next;
        *node = Node { handle, next: NONE };
        let list = &mut self.lists[owner as usize];
        if list.last == NONE {
            list.first = index;
        } else {
            self.nodes[list.last as usize].next = index;
        }
        list.last = index;
    }

    /// Returns the handle behind the cursor and moves past it; `None` at the end of the list.
    #[inline]
    pub(crate) fn advance(&self, cursor: &mut Cursor) -> Option<OrderHandle> {
        let index = self.behind(*cursor);
        let handle = self.nodes.get(index as usize)?.handle;
        cursor.previous = index;
        Some(handle)
    }

    /// Takes one step of the round over all owners: one node, or on to the next owner.
    #[inline]
    fn sweep_one(&mut self, is_live: &impl Fn(OrderHandle) -> bool) {
        let index = self.behind(self.sweep);
        if index == NONE {
            let owner = self.sweep.owner + 1;
            let wraps = owner as usize >= self.lists.len();
            self.sweep = Cursor::front(if wraps { 0 } else { owner });
        } else if is_live(self.nodes[index as usize].handle) {
            self.sweep.previous = index;
        } else {
            self.unlink_behind(self.sweep);
        }
    }

    #[inline]
    fn behind(&self, cursor: Cursor) -> u32 {
        match self.nodes.get(cursor.previous as usize) {
            Some(previous) => previous.next,
            None => self.lists[cursor.owner as usize].first,
        }
    }

    fn unlink_behind(&mut self, cursor: Cursor) {
        let index = self.behind(cursor);
        let next = self.nodes[index as usize].next;
        let list = &mut self.lists[cursor.owner as usize];
        if cursor.previous == NONE {
            list.first = next;
        } else {
            self.nodes[cursor.previous as usize].next = next;
        }
        if list.last == index {
            list.last = cursor.previous;
        }
        self.nodes[index as usize].next = self.free;
        self.free = index;
    }
}
