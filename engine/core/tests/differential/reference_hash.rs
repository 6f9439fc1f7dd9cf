//! The reference's hashes: summed anew over everything it knows, by the published table.

use matchgate_core::domain::{InstrumentId, LendSlots};
use matchgate_core::state_hash::{Mix, Tag};
use zerocopy::IntoBytes;

use crate::reference::{Order, Reference};

impl Reference {
    /// Returns the hash of one book; `None` where the instrument is not known.
    pub(crate) fn book_hash(&self, instrument: InstrumentId) -> Option<u128> {
        self.listing(instrument)?;
        let words = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument)
            .map(|order| order_fields(Mix::new(Tag::BookOrder), order).finish());
        Some(sum(words))
    }

    /// Returns the hash of the whole state.
    pub(crate) fn state_hash(&self) -> u128 {
        let orders = self.orders.iter().map(state_word);
        let slots = (0_u64..)
            .zip(&self.generations)
            .filter(|&(_, &generation)| generation > 0)
            .map(|(slot, &generation)| {
                let word = (slot << 32) + u64::from(generation);
                Mix::new(Tag::Slot).and(word).finish()
            });
        let instruments = self.listings.iter().map(|listing| {
            Mix::new(Tag::Instrument)
                .and_bytes(listing.instrument.as_bytes())
                .and(listing.phase as u64)
                .finish()
        });
        let stamps = self.listings.iter().map(|listing| {
            let instrument = u64::from(listing.instrument.id.get());
            let word = Mix::new(Tag::Stamps).and(instrument).finish();
            word.wrapping_mul(u128::from(listing.stamps_given))
        });
        let accounts = self.accounts.iter().map(|account| {
            Mix::new(Tag::Account)
                .and_bytes(account.as_bytes())
                .finish()
        });
        let lent = self.lent.iter().map(lent_word);
        let rings = (0_u64..)
            .zip(&self.rings)
            .filter(|&(_, &ring)| ring > 0)
            .map(|(gateway, &ring)| Mix::new(Tag::Ring).and(gateway).and(ring).finish());
        let shard = Mix::new(Tag::Shard)
            .and(u64::from(self.shard.get()))
            .and(self.sequence)
            .and(self.time_ns)
            .and(self.control)
            .finish();
        sum(orders
            .chain(slots)
            .chain(instruments)
            .chain(stamps)
            .chain(accounts)
            .chain(lent)
            .chain(rings)
            .chain([shard]))
    }
}

fn sum(words: impl Iterator<Item = u128>) -> u128 {
    words.fold(0, u128::wrapping_add)
}

fn lent_word(lent: &LendSlots) -> u128 {
    let range = (u64::from(lent.slot_first) << 32) + u64::from(lent.slot_count);
    Mix::new(Tag::Lent)
        .and(range)
        .and(u64::from(lent.gateway.get()))
        .finish()
}

fn state_word(order: &Order) -> u128 {
    let handle = (u64::from(order.handle.slot) << 32) + u64::from(order.handle.generation);
    let owner = u64::from(order.session.get())
        + (u64::from(order.gateway.get()) << 32)
        + ((order.durability as u64) << 40);
    let mix = Mix::new(Tag::StateOrder)
        .and(u64::from(order.instrument.get()))
        .and(order.order_id.get())
        .and(handle)
        .and(order.request.get())
        .and(owner);
    order_fields(mix, order).finish()
}

fn order_fields(mix: Mix, order: &Order) -> Mix {
    let kind = u64::from(order.account.get())
        + ((order.side as u64) << 32)
        + ((order.order_type as u64) << 40)
        + ((order.time_in_force as u64) << 48)
        + (u64::from(order.post_only) << 56);
    let id = order.client_order_id.as_bytes();
    let mut mix = mix.and(kind).and(id.len() as u64);
    for chunk in id.chunks(8) {
        let word = chunk
            .iter()
            .rev()
            .fold(0, |word, &byte| (word << 8) + u64::from(byte));
        mix = mix.and(word);
    }
    mix.and(order.price.cast_unsigned())
        .and(order.total)
        .and(order.open())
        .and(order.stamp)
}
