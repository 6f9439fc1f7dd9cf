//! The reference's hashes: summed anew over everything it knows, by the published table.

use matchgate_core::domain::{InstrumentId, LendSlots};
use matchgate_core::state_hash::{Mix, Tag};
use zerocopy::IntoBytes;

use super::order::{Order, Place};
use super::{Listing, Middle, Reference};

impl Reference {
    /// Returns the hash of one book; `None` where the instrument is not known.
    #[must_use]
    pub fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.listing(instrument)?;
        let orders = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument);
        Some(sum(orders.map(book_order)))
    }

    /// Returns the hash of the whole state.
    #[must_use]
    pub fn state_hash(&self) -> u128 {
        let orders = self.orders.iter().map(state_order);
        let instruments = self.listings.iter().map(|listing| {
            Mix::new(Tag::Instrument)
                .and_bytes(listing.instrument.as_bytes())
                .and(listing.phase as u64, 0)
                .finish()
        });
        let accounts = self.accounts.iter().map(|account| {
            Mix::new(Tag::Account)
                .and_bytes(account.as_bytes())
                .finish()
        });
        let rings = (0_u64..)
            .zip(&self.rings)
            .filter(|&(_, &ring)| ring > 0)
            .map(|(gateway, &ring)| {
                Mix::new(Tag::Ring)
                    .and(gateway, ring)
                    .and(ring, gateway)
                    .finish()
            });
        let pairs = self.pairs.iter().map(|(session, account)| {
            let (session, account) = (u64::from(session.get()), u64::from(account.get()));
            Mix::new(Tag::Pair)
                .and(session, account)
                .and(account, session)
                .finish()
        });
        let shard = Mix::new(Tag::Shard)
            .and(u64::from(self.shard.get()), self.sequence)
            .and(self.time_ns, self.control)
            .finish();
        let middles = self
            .listings
            .iter()
            .filter_map(|listing| Some(middle(listing.instrument.id, listing.middle.as_ref()?)));
        sum(orders
            .chain([self.taken])
            .chain(instruments)
            .chain(self.listings.iter().map(|listing| self.book_word(listing)))
            .chain(middles)
            .chain(accounts)
            .chain(self.lent.iter().map(lent))
            .chain(rings)
            .chain(pairs)
            .chain([shard]))
    }

    fn book_word(&self, listing: &Listing) -> u128 {
        let id = listing.instrument.id;
        let [low, high] = halves(self.book_hash(id).expect("it is listed"));
        Mix::new(Tag::Book)
            .and(u64::from(id.get()), listing.orders_taken)
            .and(low, high)
            .and(
                listing.stamps_given,
                u64::from(listing.last_trade.is_some()),
            )
            .and(listing.last_trade.unwrap_or(0).cast_unsigned(), 0)
            .finish()
    }
}

/// Returns the low and the high half of a hash.
pub(super) fn halves(hash: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("it was masked");
    [half(hash), half(hash >> 64)]
}

fn sum(words: impl Iterator<Item = u128>) -> u128 {
    words.fold(0, u128::wrapping_add)
}

fn book_order(order: &Order) -> u128 {
    let id = order.client_order_id.as_bytes();
    let traits = order.side as u64
        + ((order.order_type as u64) << 8)
        + ((order.time_in_force as u64) << 16)
        + (u64::from(order.post_only) << 24)
        + ((order.self_trade as u64) << 32)
        + (u64::from(order.has_terms) << 40)
        + (u64::from(order.triggered) << 48)
        + ((id.len() as u64) << 56);
    let number = order.number + (u64::from(order.account.get()) << 40);
    let mut mix = Mix::new(Tag::BookOrder).and(traits, number).and_bytes(id);
    if order.has_terms {
        mix = mix
            .and(order.stop_price.cast_unsigned(), order.display_quantity)
            .and(order.expire_time_ns, u64::from(order.self_trade_group));
    }
    let displayed = match order.place {
        Place::Displayed => order.displayed,
        _ => 0,
    };
    mix = mix
        .and(order.price.unwrap_or(0).cast_unsigned(), order.stamp)
        .and(order.total, order.leaves());
    if order.has_terms {
        mix = mix.and(displayed, 0);
    }
    mix.finish()
}

/// Returns the word of an order in the state hash.
pub(super) fn state_order(order: &Order) -> u128 {
    let handle = (u64::from(order.handle.slot) << 32) + u64::from(order.handle.generation);
    let owner = u64::from(order.session.get())
        + (u64::from(order.gateway.get()) << 32)
        + ((order.durability as u64) << 40)
        + (u64::from(order.instrument.get()) << 42);
    Mix::new(Tag::StateOrder)
        .and(order.order_id.get(), handle)
        .and(order.request.get(), owner)
        .finish()
}

fn middle(instrument: InstrumentId, middle: &Middle) -> u128 {
    let flags = u64::from(middle.buy_fell) + 2 * u64::from(middle.sell_rose);
    Mix::new(Tag::Reference)
        .and(u64::from(instrument.get()), middle.buy.cast_unsigned())
        .and(middle.sell.cast_unsigned(), flags)
        .and(middle.buy_stamps, middle.sell_stamps)
        .finish()
}

fn lent(lent: &LendSlots) -> u128 {
    let range = (u64::from(lent.slot_first) << 32) + u64::from(lent.slot_count);
    let gateway = u64::from(lent.gateway.get());
    Mix::new(Tag::Lent)
        .and(range, gateway)
        .and(gateway, range)
        .finish()
}
