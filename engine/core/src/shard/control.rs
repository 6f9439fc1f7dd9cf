//! Control: definitions, lent slots and phases, as the control journal gives them.
//!
//! Whoever writes that journal has checked them. One that a shard cannot take (not well formed,
//! beyond its capacity, of another shard) leaves no event and no change, so that a stray record
//! can stop no market.

use super::listing::Listing;
use super::{Shard, index};
use crate::domain::event::EventBody;
use crate::domain::{DefineAccount, DefineInstrument, GatewayId, LendSlots, SetPhase};
use crate::event_buffer::EventBuffer;
use crate::state_hash::{Mix, Tag, account_word, instrument_word, packed};

impl Shard {
    /// Makes an instrument known, in the continuous phase, or gives a known one new limits, but not
    /// another tick. Live orders stay as they are.
    pub(super) fn define_instrument(
        &mut self,
        define: &DefineInstrument,
        events: &mut EventBuffer,
    ) {
        let instrument = define.instrument;
        if instrument.shard != self.id || !instrument.is_well_formed() {
            return;
        }
        let orders = self.slab.slot_count();
        let Some(market) = self.markets.get_mut(index(instrument.id)) else {
            return;
        };
        let mut listing = Listing::new(instrument, orders);
        if let Some(known) = &market.listing {
            // Orders stand at ticks: another tick would move their prices.
            if known.instrument.tick != instrument.tick {
                return;
            }
            let word = instrument_word(&known.instrument, known.phase());
            self.definitions.remove(word);
            listing.follow(known);
        }
        let word = instrument_word(&instrument, listing.phase());
        market.list(listing);
        market.book.prepare(instrument.tick.get());
        self.definitions.insert(word);
        let changed = EventBody::InstrumentChanged {
            instrument: instrument.id,
        };
        self.emit(changed, events);
    }

    /// Makes an account known, or gives a known one new limits.
    pub(super) fn define_account(&mut self, define: &DefineAccount, events: &mut EventBuffer) {
        let account = define.account;
        let Some(known) = self.accounts.get_mut(account.id.get() as usize) else {
            return;
        };
        if let Some(known) = known {
            self.definitions.remove(account_word(known));
        }
        *known = Some(account);
        self.definitions.insert(account_word(&account));
        let changed = EventBody::AccountChanged {
            account: account.id,
        };
        self.emit(changed, events);
    }

    /// Lends slots to a gateway, for good.
    pub(super) fn lend_slots(&mut self, lend: &LendSlots) {
        if lend.shard != self.id || lend.gateway == GatewayId::NONE {
            return;
        }
        let (first, count, gateway) = (lend.slot_first, lend.slot_count, lend.gateway);
        if self.ledger.lend(first, count, gateway) {
            let (range, gateway) = (packed(first, count), u64::from(gateway.get()));
            let mix = Mix::new(Tag::Lent).and(range, gateway).and(gateway, range);
            self.definitions.insert(mix.finish());
        }
    }

    /// Puts an instrument into a phase; in a halt mid-pegs are parked.
    pub(super) fn set_phase(&mut self, set: &SetPhase, events: &mut EventBuffer) {
        let number = index(set.instrument);
        let Some(market) = self.markets.get_mut(number) else {
            return;
        };
        let Some(mut listing) = market.listing else {
            return;
        };
        self.definitions
            .remove(instrument_word(&listing.instrument, listing.phase()));
        listing.set_phase(set.phase);
        self.definitions
            .insert(instrument_word(&listing.instrument, listing.phase()));
        market.list(listing);
        self.work = self.work_to_finish(number);
        let changed = EventBody::PhaseChanged {
            instrument: set.instrument,
            phase: set.phase,
        };
        self.emit(changed, events);
    }
}
