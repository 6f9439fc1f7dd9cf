//! Saving: a shard between two commands as bytes, see [`crate::snapshot`].
//!
//! What is written is canonical: every list is in the order of its numbers, and what can be computed
//! from the rest is left out. It must not know where the bytes go.

use zerocopy::IntoBytes;

use super::listing::Listing;
use super::market::Market;
use super::{Shard, Work};
use crate::domain::bounds::CLIENT_ORDER_ID_LENGTH_MAX;
use crate::domain::{Account, Price};
use crate::snapshot::FORMAT;
use crate::snapshot::layout::{
    Head, MarketRecord, OrderRecord, PairRecord, RangeRecord, VacantRecord,
};
use crate::state_hash::{account_word, high_half, instrument_word, low_half};

/// What does not stand in the tables in the order in which it is written.
struct Sorted {
    /// Live orders by their ids, that is in the order of entry.
    orders: Vec<(u64, u32)>,
    /// Session and account.
    pairs: Vec<(u32, u32)>,
}

impl Shard {
    /// Appends the shard to `out`, as the snapshot that [`Self::restore`] reads: `schema/docs/snapshot.md`
    /// says where every byte stands. Shards that were told the same have the same bytes, and a
    /// restored shard those that it was restored from.
    ///
    /// It asks for memory, and looks at every slot: it is for a follower, not for the hot path.
    ///
    /// # Panics
    ///
    /// Panics if the last step said [`super::Progress::More`]: there is no snapshot of half a
    /// command.
    pub fn save(&self, out: &mut Vec<u8>) {
        assert!(
            matches!(self.work, Work::Nothing),
            "the last command is not complete"
        );
        let sorted = self.sorted();
        let head = self.head(&sorted);
        out.reserve(usize::try_from(head.length()).expect("it is as large as the shard"));
        out.extend_from_slice(head.as_bytes());
        for ring in &self.last_ring {
            out.extend_from_slice(ring.as_bytes());
        }
        for (listing, market) in self.listed() {
            out.extend_from_slice(market_record(listing, market).as_bytes());
        }
        for account in self.defined_accounts() {
            out.extend_from_slice(account.as_bytes());
        }
        for (first, count, gateway) in self.ledger.lent_ranges() {
            let range = RangeRecord {
                first,
                count,
                gateway: gateway.get(),
                reserved: [0; 3],
            };
            out.extend_from_slice(range.as_bytes());
        }
        for &(session, account) in &sorted.pairs {
            out.extend_from_slice(PairRecord { session, account }.as_bytes());
        }
        for (slot, generation) in self.vacant() {
            out.extend_from_slice(VacantRecord { slot, generation }.as_bytes());
        }
        for &(_, slot) in &sorted.orders {
            out.extend_from_slice(self.order_record(slot).as_bytes());
        }
    }

    fn sorted(&self) -> Sorted {
        let live = self.slab.used().filter(|(_, order)| order.is_live());
        let mut orders: Vec<_> = live
            .map(|(slot, _)| (self.ledger.details(slot).order_id.get(), slot))
            .collect();
        orders.sort_unstable();
        let mut pairs: Vec<_> = self.owners.pairs().collect();
        pairs.sort_unstable();
        Sorted { orders, pairs }
    }

    fn head(&self, sorted: &Sorted) -> Head {
        let length =
            |count: usize| u32::try_from(count).expect("see the assertion of the capacity");
        let capacity = &self.capacity;
        Head {
            format: FORMAT,
            shard: self.id,
            gateways: capacity.gateways,
            reserved: [0; 2],
            orders: capacity.orders,
            levels: capacity.levels,
            instruments: capacity.instruments,
            accounts: capacity.accounts,
            sessions: capacity.sessions,
            market_count: length(self.listed().count()),
            account_count: length(self.defined_accounts().count()),
            range_count: length(self.ledger.lent_ranges().count()),
            pair_count: length(sorted.pairs.len()),
            vacant_count: length(self.vacant().count()),
            order_count: length(sorted.orders.len()),
            reserved_too: [0; 4],
            sequence: self.last_sequence().get(),
            time_ns: self.last_time_ns(),
            control: self.last_control.get(),
            state_hash: halves(self.state_hash()),
            taken_sum: halves(self.ledger.taken_sum()),
            lent_sum: halves(self.lent_sum()),
        }
    }

    /// Returns the sum over lent ranges for the state hash. Ranges that meet are not told apart any
    /// more, so it cannot be made anew.
    fn lent_sum(&self) -> u128 {
        let mut sum = self.definitions;
        for (instrument, phase) in self.instruments() {
            sum.remove(instrument_word(instrument, phase));
        }
        for account in self.defined_accounts() {
            sum.remove(account_word(account));
        }
        sum.get()
    }

    fn listed(&self) -> impl Iterator<Item = (&Listing, &Market)> {
        let listed = self.markets.iter();
        listed.filter_map(|market| Some((market.listing.as_ref()?, market)))
    }

    fn defined_accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().flatten()
    }

    fn vacant(&self) -> impl Iterator<Item = (u32, u32)> {
        let vacant = self.slab.used().filter(|(_, order)| !order.is_live());
        vacant.map(|(slot, order)| (slot, order.generation))
    }

    fn order_record(&self, slot: u32) -> OrderRecord {
        let view = self.view(slot);
        let details = self.ledger.details(slot);
        let client_order_id = view.client_order_id.as_bytes();
        let mut id = [0; CLIENT_ORDER_ID_LENGTH_MAX];
        id[..client_order_id.len()].copy_from_slice(client_order_id);
        OrderRecord {
            order_id: view.order_id.get(),
            slot,
            generation: view.handle.generation,
            request: view.request.get(),
            number: details.number(),
            stamp: view.priority_stamp,
            price: view.price.get(),
            order_quantity: view.order_quantity.get(),
            leaves: view.leaves.get(),
            displayed: view.displayed.get(),
            stop_price: view.terms.stop_price.get(),
            display_quantity: view.terms.display_quantity.get(),
            expire_time_ns: view.terms.expire_time_ns,
            self_trade_group: view.terms.self_trade_group,
            instrument: view.instrument.get(),
            session: view.session.get(),
            account: view.account.get(),
            side: view.side as u8,
            order_type: view.order_type as u8,
            time_in_force: view.time_in_force as u8,
            post_only: u8::from(view.post_only),
            self_trade: view.self_trade as u8,
            has_terms: u8::from(details.traits.has_terms()),
            triggered: u8::from(view.triggered),
            durability: view.durability as u8,
            id_length: u8::try_from(client_order_id.len()).expect("it has 36 bytes at the most"),
            id,
            reserved: [0; 3],
        }
    }
}

fn market_record(listing: &Listing, market: &Market) -> MarketRecord {
    let last_trade = market.book.last_trade();
    let reference = market.book.pegs().reference();
    let or_zero = |price: Option<Price>| price.unwrap_or_default().get();
    MarketRecord {
        instrument: listing.instrument,
        phase: listing.phase() as u8,
        has_last_trade: u8::from(last_trade.is_some()),
        has_reference: u8::from(reference.is_some()),
        buy_fell: reference.map_or(0, |reference| u8::from(reference.buy_fell)),
        sell_rose: reference.map_or(0, |reference| u8::from(reference.sell_rose)),
        reserved: [0; 3],
        orders_taken: market.orders_taken,
        stamps_given: market.book.stamps_given(),
        last_trade: or_zero(last_trade),
        reference_buy: or_zero(reference.map(|reference| reference.buy)),
        reference_sell: or_zero(reference.map(|reference| reference.sell)),
        buy_changed: reference.map_or(0, |reference| reference.buy_changed),
        sell_changed: reference.map_or(0, |reference| reference.sell_changed),
    }
}

/// Returns low and high half.
const fn halves(hash: u128) -> [u64; 2] {
    [low_half(hash), high_half(hash)]
}
