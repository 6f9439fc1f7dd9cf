//! Owner lists: for every pair of session and account its live orders, in the order of entry.
//!
//! A mass cancel walks those of a session, or of an account. Each list is a ring of links, eight
//! bytes an order, closed by a link of the pair's own: an order comes to its end, and leaves it from
//! anywhere, with a few writes and no question. A cancel touches three links for that; a list that
//! kept ended orders spared it them, and had to be swept instead: two looks at orders for each that
//! came. It must not know an order.

use crate::order_index::OrderIndex;
use crate::state_hash::{HashSum, Mix, Tag};

/// No pair.
const NONE: u32 = u32::MAX;

/// Pairs that have a list at the most: all that can be, or twice what all owners and orders are.
const fn pairs_max(sessions: u32, accounts: u32, orders: u32) -> u64 {
    let all = sessions as u64 * accounts as u64;
    let most = 2 * (sessions as u64 + accounts as u64 + orders as u64);
    if all < most { all } else { most }
}

/// Neighbours in a ring, each by the number of its link.
#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
}

/// Whose a list is.
#[derive(Clone, Copy, Debug)]
struct Pair {
    session: u32,
    account: u32,
    /// Next pair of the session, and of the account.
    next_of_session: u32,
    next_of_account: u32,
}

/// A place in one pair's list: what is walked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pair: u32,
    link: u32,
}

/// Whose lists are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// All of a session.
    Session(u32),
    /// All of an account.
    Account(u32),
}

/// The lists.
#[derive(Debug)]
pub(crate) struct OwnerLists {
    /// The pair that each session used last; `NONE` before its first.
    session_pairs: Vec<u32>,
    /// The first pair of each session.
    session_first: Vec<u32>,
    /// The first pair of each account.
    account_first: Vec<u32>,
    pairs: Vec<Pair>,
    pair_count_max: u32,
    /// Pairs by session and account.
    index: OrderIndex,
    /// One for each slot, then one for each pair.
    links: Vec<Link>,
    /// Slots: the number of the first pair's link.
    slots: u32,
    /// Words of the pairs.
    pairs_sum: HashSum,
}

impl OwnerLists {
    /// Returns empty lists for `sessions` sessions and `accounts` accounts, of orders in `slots`
    /// slots.
    pub(crate) fn new(sessions: u32, accounts: u32, slots: u32) -> Self {
        let pairs = pairs_max(sessions, accounts, slots);
        let pairs = u32::try_from(pairs).expect("see the assertion of the capacity");
        let links = slots.checked_add(pairs);
        let links = links.expect("see the assertion of the capacity");
        let alone = |link| Link {
            previous: link,
            next: link,
        };
        Self {
            session_pairs: vec![NONE; sessions as usize],
            session_first: vec![NONE; sessions as usize],
            account_first: vec![NONE; accounts as usize],
            pairs: Vec::with_capacity(pairs as usize),
            pair_count_max: pairs,
            index: OrderIndex::new(pairs),
            links: (0..links).map(alone).collect(),
            slots,
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
    pub(crate) fn has_room_for(&self, session: u32, account: u32) -> bool {
        self.pairs.len() < self.pair_count_max as usize
            || self.known_pair(session, account).is_some()
    }

    /// Returns the pair that a session used last, where it is that of the account: no question is
    /// left then whether both are known and have a list. `None` says nothing.
    #[inline(always)]
    pub(crate) fn last_pair(&self, session: u32, account: u32) -> Option<u32> {
        let &pair = self.session_pairs.get(session as usize)?;
        let known = self.pairs.get(pair as usize)?;
        (known.account == account).then_some(pair)
    }

    /// Returns the pair of a session and an account, which may be made: there is room. It is the
    /// session's last from now on.
    pub(crate) fn pair(&mut self, session: u32, account: u32) -> u32 {
        let known = self.known_pair(session, account);
        let pair = known.unwrap_or_else(|| self.make_pair(session, account));
        self.session_pairs[session as usize] = pair;
        pair
    }

    /// Appends the order in a slot, which is in no list, to that of a pair.
    #[inline(always)]
    pub(crate) fn append(&mut self, pair: u32, slot: u32) {
        // Both fit, as was checked when the lists were made.
        let end = self.slots.wrapping_add(pair);
        let last = std::mem::replace(&mut self.links[end as usize].previous, slot);
        self.links[last as usize].next = slot;
        self.links[slot as usize] = Link {
            previous: last,
            next: end,
        };
    }

    /// Takes the order in a slot out of its list.
    #[inline(always)]
    pub(crate) fn remove(&mut self, slot: u32) {
        let Link { previous, next } = self.links[slot as usize];
        self.links[previous as usize].next = next;
        self.links[next as usize].previous = previous;
    }

    /// Returns session and account of each pair, in no order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        self.pairs.iter().map(|pair| (pair.session, pair.account))
    }

    /// Returns how many pairs there may be.
    pub(crate) const fn pair_count_max(&self) -> u32 {
        self.pair_count_max
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
        self.front(*first?)
    }

    /// Returns the pair of an owner after that of a cursor.
    pub(crate) fn next_pair(&self, owner: Owner, cursor: Cursor) -> Option<Cursor> {
        let pair = self.pairs.get(cursor.pair as usize)?;
        self.front(match owner {
            Owner::Session(_) => pair.next_of_session,
            Owner::Account(_) => pair.next_of_account,
        })
    }

    /// Returns the slot of the order at the cursor and moves past it; `None` at the end of the list.
    /// That order may leave the list then; no other may before the next call.
    #[inline]
    pub(crate) fn advance(&self, cursor: &mut Cursor) -> Option<u32> {
        let slot = cursor.link;
        if slot >= self.slots {
            return None;
        }
        cursor.link = self.links[slot as usize].next;
        Some(slot)
    }

    fn front(&self, pair: u32) -> Option<Cursor> {
        self.pairs.get(pair as usize)?;
        let end = self.slots.wrapping_add(pair);
        let link = self.links[end as usize].next;
        Some(Cursor { pair, link })
    }

    /// Returns the pair of a session and an account, if they have one.
    pub(crate) fn known_pair(&self, session: u32, account: u32) -> Option<u32> {
        let is_it = |pair: u32| {
            let known = &self.pairs[pair as usize];
            (known.session, known.account) == (session, account)
        };
        self.index.get(hash(session, account), is_it)
    }

    fn make_pair(&mut self, session: u32, account: u32) -> u32 {
        let made = u32::try_from(self.pairs.len()).expect("pairs are counted in 32 bits");
        debug_assert!(made < self.pair_count_max);
        let of_session = &mut self.session_first[session as usize];
        let of_account = &mut self.account_first[account as usize];
        self.index.insert(hash(session, account), made);
        let (of, whose) = (u64::from(session), u64::from(account));
        let word = Mix::new(Tag::Pair).and(of, whose).and(whose, of);
        self.pairs_sum.insert(word.finish());
        self.pairs.push(Pair {
            session,
            account,
            next_of_session: std::mem::replace(of_session, made),
            next_of_account: std::mem::replace(of_account, made),
        });
        made
    }
}

/// Spreads a pair over the index. Whoever defines sessions and accounts numbers them: nobody
/// chooses them so that they collide.
const fn hash(session: u32, account: u32) -> u32 {
    let both = (session as u64) << 32 | account as u64;
    let mixed = (both ^ both >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}
