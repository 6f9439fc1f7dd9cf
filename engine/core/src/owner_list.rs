//! Owner lists: for every pair of session and account the handles of its orders, in order of entry.
//!
//! A mass cancel walks those of a session, or of an account. The lists are append-only: an order
//! that ends leaves its handle behind, so a cancel touches no list. While there is room an append
//! costs a few stores; where more than half of the nodes are used each append also sweeps a few,
//! list after list, and frees those whose order has ended. So the work of an append is bounded,
//! and so are the nodes in use: with N orders and P pairs a round over T nodes takes (P + T) / 2
//! appends, hence at most N + (P + T) / 2 nodes are left after it, which settles at T <= 2N + P,
//! plus the (P + T) / 2 that the next round appends: 3N + 2P in all.
//!
//! It must not know an order: whether a handle is live is asked of the caller.

use crate::domain::OrderHandle;
use crate::order_index::OrderIndex;
use crate::state_hash::{HashSum, Mix, Tag};

/// No node, no pair.
const NONE: u32 = u32::MAX;
/// Pairs that have a list at the most: all that can be, or twice what all owners and orders are.
const fn pairs_max(sessions: u32, accounts: u32, orders: u32) -> u64 {
    let all = sessions as u64 * accounts as u64;
    let most = 2 * (sessions as u64 + accounts as u64 + orders as u64);
    if all < most { all } else { most }
}
/// Nodes that one append sweeps where it has to.
const SWEEP_PER_APPEND: u32 = 2;

#[derive(Clone, Copy, Debug)]
struct Node {
    handle: OrderHandle,
    next: u32,
}

/// The list of one session's orders for one account.
#[derive(Clone, Copy, Debug)]
struct Pair {
    first: u32,
    last: u32,
    session: u32,
    account: u32,
    /// Next pair of the session, and of the account.
    next_of_session: u32,
    next_of_account: u32,
}

/// A place in one pair's list, between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pair: u32,
    /// The node before the place; `NONE` at the front.
    previous: u32,
}

impl Cursor {
    const fn front(pair: u32) -> Self {
        Self {
            pair,
            previous: NONE,
        }
    }
}

/// Whose lists are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// All of a session.
    Session(u32),
    /// All of an account.
    Account(u32),
}

/// The lists over one pool of nodes.
#[derive(Debug)]
pub(crate) struct OwnerLists {
    /// The pair that each session used last; `NONE` before its first.
    session_pairs: Vec<u32>,
    /// The first pair of each session.
    session_first: Vec<u32>,
    /// The first pair of each account.
    account_first: Vec<u32>,
    pairs: Vec<Pair>,
    /// Pairs by session and account.
    index: OrderIndex,
    nodes: Vec<Node>,
    free: u32,
    used_count: u32,
    swept: Cursor,
    /// Words of the pairs.
    pairs_sum: HashSum,
}

impl OwnerLists {
    /// Returns empty lists for `sessions` sessions and `accounts` accounts of at most `orders` live
    /// orders together.
    pub(crate) fn new(sessions: u32, accounts: u32, orders: u32) -> Self {
        let pairs = pairs_max(sessions, accounts, orders);
        let pairs = u32::try_from(pairs).expect("see the assertion of the capacity");
        let count = 3 * u64::from(orders) + 2 * u64::from(pairs) + u64::from(SWEEP_PER_APPEND);
        let count = u32::try_from(count).expect("see the assertion of the capacity");
        let nodes = (1..=count)
            .map(|next| Node {
                handle: OrderHandle::default(),
                next: if next == count { NONE } else { next },
            })
            .collect();
        Self {
            session_pairs: vec![NONE; sessions as usize],
            session_first: vec![NONE; sessions as usize],
            account_first: vec![NONE; accounts as usize],
            pairs: Vec::with_capacity(pairs as usize),
            index: OrderIndex::new(pairs),
            nodes,
            free: 0,
            used_count: 0,
            swept: Cursor::front(0),
            pairs_sum: HashSum::default(),
        }
    }

    /// Returns how many sessions there are.
    #[inline]
    pub(crate) fn session_count(&self) -> usize {
        self.session_pairs.len()
    }

    /// Returns how many accounts there are.
    #[inline]
    pub(crate) fn account_count(&self) -> usize {
        self.account_first.len()
    }

    /// Returns whether a session and an account, which are below their counts, have a list or can
    /// get one.
    #[inline]
    pub(crate) fn has_room_for(&self, session: u32, account: u32) -> bool {
        self.pairs.len() < self.pairs.capacity()
            || self.last_pair(session, account) != NONE
            || self.pair(session, account) != NONE
    }

    /// Appends a handle to the list of a session and an account, for which there is room.
    #[inline]
    pub(crate) fn append(
        &mut self,
        (session, account): (u32, u32),
        handle: OrderHandle,
        is_live: impl Fn(OrderHandle) -> bool,
    ) {
        if self.used_count as usize > self.nodes.len() / 2 {
            self.sweep(&is_live);
        }
        let mut pair = self.last_pair(session, account);
        if pair == NONE {
            pair = self.find_pair(session, account);
        }
        let index = self.free;
        assert!(index != NONE, "sweeping keeps the nodes within their bound");
        let node = &mut self.nodes[index as usize];
        self.free = node.next;
        *node = Node { handle, next: NONE };
        // Bounded by the number of nodes.
        self.used_count = self.used_count.wrapping_add(1);
        let list = &mut self.pairs[pair as usize];
        let last = std::mem::replace(&mut list.last, index);
        if last == NONE {
            list.first = index;
        } else {
            self.nodes[last as usize].next = index;
        }
    }

    /// Returns the sum over pairs for the state hash.
    pub(crate) const fn pairs_sum(&self) -> u128 {
        self.pairs_sum.get()
    }

    /// Returns the first pair of an owner; `None` where it has none or is beyond the capacity.
    pub(crate) fn first_pair(&self, owner: Owner) -> Option<Cursor> {
        let first = match owner {
            Owner::Session(session) => self.session_first.get(session as usize),
            Owner::Account(account) => self.account_first.get(account as usize),
        };
        self.cursor(*first?)
    }

    /// Returns the pair of an owner after that of a cursor.
    pub(crate) fn next_pair(&self, owner: Owner, cursor: Cursor) -> Option<Cursor> {
        let pair = self.pairs.get(cursor.pair as usize)?;
        self.cursor(match owner {
            Owner::Session(_) => pair.next_of_session,
            Owner::Account(_) => pair.next_of_account,
        })
    }

    /// Returns the handle behind the cursor and moves past it; `None` at the end of the list.
    #[inline]
    pub(crate) fn advance(&self, cursor: &mut Cursor) -> Option<OrderHandle> {
        let index = self.behind(*cursor);
        let handle = self.nodes.get(index as usize)?.handle;
        cursor.previous = index;
        Some(handle)
    }

    fn cursor(&self, pair: u32) -> Option<Cursor> {
        ((pair as usize) < self.pairs.len()).then_some(Cursor::front(pair))
    }

    /// Returns the pair that a session used last where it is that of the account, else [`NONE`].
    #[inline]
    fn last_pair(&self, session: u32, account: u32) -> u32 {
        let pair = self.session_pairs[session as usize];
        match self.pairs.get(pair as usize) {
            Some(known) if known.account == account => pair,
            Some(_) | None => NONE,
        }
    }

    /// Returns the pair of a session and an account; [`NONE`] where they have none.
    #[inline(never)]
    fn pair(&self, session: u32, account: u32) -> u32 {
        let is_it = |pair: u32| {
            let known = &self.pairs[pair as usize];
            (known.session, known.account) == (session, account)
        };
        self.index
            .get(hash(session, account), is_it)
            .unwrap_or(NONE)
    }

    /// Finds or makes the pair of a session and an account, and notes it as the session's last.
    #[inline(never)]
    fn find_pair(&mut self, session: u32, account: u32) -> u32 {
        let known = self.pair(session, account);
        let pair = if known == NONE {
            self.make_pair(session, account)
        } else {
            known
        };
        self.session_pairs[session as usize] = pair;
        pair
    }

    fn make_pair(&mut self, session: u32, account: u32) -> u32 {
        let made = u32::try_from(self.pairs.len()).expect("pairs are counted in 32 bits");
        debug_assert!(self.pairs.len() < self.pairs.capacity());
        let of_session = &mut self.session_first[session as usize];
        let of_account = &mut self.account_first[account as usize];
        self.index.insert(hash(session, account), made);
        let (of, whose) = (u64::from(session), u64::from(account));
        let word = Mix::new(Tag::Pair).and(of, whose).and(whose, of);
        self.pairs_sum.insert(word.finish());
        self.pairs.push(Pair {
            first: NONE,
            last: NONE,
            session,
            account,
            next_of_session: std::mem::replace(of_session, made),
            next_of_account: std::mem::replace(of_account, made),
        });
        made
    }

    /// Takes as many steps of the round over all pairs as an append has to: each is one node, or
    /// on to the next pair.
    #[inline(never)]
    fn sweep(&mut self, is_live: &impl Fn(OrderHandle) -> bool) {
        let mut at = self.swept;
        let mut index = self.behind(at);
        for _ in 0..SWEEP_PER_APPEND {
            let Some(&Node { handle, next }) = self.nodes.get(index as usize) else {
                let pair = at.pair + 1;
                let wraps = pair as usize >= self.pairs.len();
                at = Cursor::front(if wraps { 0 } else { pair });
                index = self.behind(at);
                continue;
            };
            if is_live(handle) {
                at.previous = index;
            } else {
                self.unlink_between(at, index, next);
            }
            index = next;
        }
        self.swept = at;
    }

    #[inline]
    fn behind(&self, cursor: Cursor) -> u32 {
        match self.nodes.get(cursor.previous as usize) {
            Some(previous) => previous.next,
            None => self
                .pairs
                .get(cursor.pair as usize)
                .map_or(NONE, |pair| pair.first),
        }
    }

    /// Frees a node, which stands between a place and the node `next`.
    #[inline]
    fn unlink_between(&mut self, cursor: Cursor, index: u32, next: u32) {
        if cursor.previous == NONE {
            self.pairs[cursor.pair as usize].first = next;
        } else {
            self.nodes[cursor.previous as usize].next = next;
        }
        if next == NONE {
            self.pairs[cursor.pair as usize].last = cursor.previous;
        }
        self.nodes[index as usize].next = self.free;
        self.free = index;
        self.used_count = self.used_count.wrapping_sub(1);
    }
}

/// Spreads a pair over the index. Whoever defines sessions and accounts numbers them: nobody
/// chooses them so that they collide.
const fn hash(session: u32, account: u32) -> u32 {
    let both = (session as u64) << 32 | account as u64;
    let mixed = (both ^ both >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}
