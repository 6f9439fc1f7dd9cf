//! The resolver: from any of an order's three names to its slot.
//!
//! Names of live orders, of orders on their way to the shard, and of replacements on their way.
//! It must not know what became of an order: the core enters and removes.

use matchgate_core::domain::{
    ClientOrderId, FirmId, OrderHandle, OrderId, RequestNumber, SessionId,
};

use crate::hash_seed::HashSeed;
use crate::table::{Table, TableKey};

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the shard.
    pub(crate) shard: u8,
    /// Its handle there.
    pub(crate) handle: OrderHandle,
}

/// A client order id within its firm.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ClientKey {
    firm: FirmId,
    id: ClientOrderId,
}

impl TableKey for ClientKey {
    fn hash(&self, seed: HashSeed) -> u64 {
        // An id has no zero byte, so what fills up its last word is not taken for a part of it.
        let id = self.id.as_bytes().chunks(8).map(|chunk| {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            u64::from_le_bytes(word)
        });
        seed.hash(std::iter::once(u64::from(self.firm.0)).chain(id))
    }
}

/// The request that entered an order.
#[derive(Clone, Copy, PartialEq, Eq)]
struct RequestKey {
    session: SessionId,
    request: RequestNumber,
}

impl TableKey for RequestKey {
    fn hash(&self, seed: HashSeed) -> u64 {
        seed.hash([u64::from(self.session.0), self.request.0].into_iter())
    }
}

impl TableKey for OrderId {
    fn hash(&self, seed: HashSeed) -> u64 {
        seed.hash(std::iter::once(self.get()))
    }
}

/// All names of the orders of one gateway.
pub(crate) struct Resolver {
    by_client_id: Table<ClientKey, Place>,
    by_request: Table<RequestKey, Place>,
    by_order_id: Table<OrderId, Place>,
}

impl Resolver {
    /// Returns a resolver for `orders_max` orders and `replaces_max` replaces on their way.
    pub(crate) fn new(orders_max: usize, replaces_max: usize, seed: HashSeed) -> Self {
        Self {
            by_client_id: Table::new(orders_max.saturating_add(replaces_max), seed),
            by_request: Table::new(orders_max, seed),
            by_order_id: Table::new(orders_max, seed),
        }
    }

    /// Returns the order of a client order id.
    pub(crate) fn client_id(&self, firm: FirmId, id: ClientOrderId) -> Option<Place> {
        self.by_client_id.get(&ClientKey { firm, id })
    }

    /// Returns the order that a request entered.
    pub(crate) fn request(&self, session: SessionId, request: RequestNumber) -> Option<Place> {
        self.by_request.get(&RequestKey { session, request })
    }

    /// Returns the order of a venue's id.
    pub(crate) fn order_id(&self, id: OrderId) -> Option<Place> {
        self.by_order_id.get(&id)
    }

    /// Returns whether names of one more order fit.
    pub(crate) const fn has_room(&self) -> bool {
        self.by_client_id.has_room() && self.by_request.has_room() && self.by_order_id.has_room()
    }

    /// Enters a client order id; an empty one is no name. One that is in use stays with the order
    /// that has it: checks see to it that this happens after a power loss only, where one shard
    /// may have lost the end of an order whose id an order of another shard has taken since.
    pub(crate) fn enter_client_id(&mut self, firm: FirmId, id: ClientOrderId, place: Place) {
        if !id.is_empty() {
            self.by_client_id.insert(ClientKey { firm, id }, place);
        }
    }

    /// Enters the request of a new order.
    pub(crate) fn enter_request(
        &mut self,
        session: SessionId,
        request: RequestNumber,
        place: Place,
    ) {
        let entered = self
            .by_request
            .insert(RequestKey { session, request }, place);
        debug_assert!(entered, "a request enters one order");
    }

    /// Enters the venue's id of an accepted order.
    pub(crate) fn enter_order_id(&mut self, id: OrderId, place: Place) {
        let entered = self.by_order_id.insert(id, place);
        debug_assert!(entered, "an order is accepted once");
    }

    /// Removes a client order id where it names the order at `place`.
    pub(crate) fn remove_client_id(&mut self, firm: FirmId, id: ClientOrderId, place: Place) {
        if !id.is_empty() && self.client_id(firm, id) == Some(place) {
            self.by_client_id.remove(&ClientKey { firm, id });
        }
    }

    /// Removes request and venue's id of an order.
    pub(crate) fn remove(&mut self, session: SessionId, request: RequestNumber, id: OrderId) {
        self.by_request.remove(&RequestKey { session, request });
        if id != OrderId::NONE {
            self.by_order_id.remove(&id);
        }
    }
}
