//! Which orders are whose: a list of handles an account, for a cancel of all of them.
//!
//! An order that ends leaves its handle behind; a full list first drops those.

use matchgate_core::book::OrderSlab;
use matchgate_core::domain::OrderHandle;

/// A list for each account, in the order of entry.
#[derive(Debug)]
pub(super) struct Accounts {
    lists: Vec<Vec<OrderHandle>>,
}

impl Accounts {
    /// Returns empty lists of `accounts` accounts, each with room for twice `orders` handles.
    pub(super) fn new(accounts: u32, orders: u32) -> Self {
        let room = 2 * orders as usize;
        let lists = (0..accounts).map(|_| Vec::with_capacity(room)).collect();
        Self { lists }
    }

    /// Notes an order of an account; where there are no lists it does nothing.
    #[inline]
    pub(super) fn note(&mut self, slab: &OrderSlab, account: u32, handle: OrderHandle) {
        let Some(list) = self.lists.get_mut(account as usize) else {
            return;
        };
        if list.len() == list.capacity() {
            list.retain(|&one| slab.live(one).is_some());
        }
        list.push(handle);
    }

    /// Returns the account's handles, those of ended orders too.
    pub(super) fn list(&self, account: u32) -> &[OrderHandle] {
        self.lists.get(account as usize).map_or(&[], Vec::as_slice)
    }

    /// Forgets the account's orders.
    pub(super) fn clear(&mut self, account: u32) {
        if let Some(list) = self.lists.get_mut(account as usize) {
            list.clear();
        }
    }
}
