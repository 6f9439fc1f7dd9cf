//! Commands about many orders, and about instruments, accounts and slots.
//!
//! It must not know how orders match.

use matchgate_core::domain::{
    Account, CancelReason, EventBody, GatewayId, Instrument, InstrumentId, LendSlots, MassCancel,
    MassCancelScope, OrderHandle, Phase, Price, Quantity, SetPhase, TimeInForce,
};

use super::order::Order;
use super::{Listing, Reference};

impl Reference {
    pub(super) fn mass_cancel(&mut self, cancel: &MassCancel) {
        let is_meant = |order: &Order| {
            let in_instrument = order.instrument == cancel.instrument;
            let of_owner = match cancel.scope {
                MassCancelScope::Session => order.session == cancel.session,
                MassCancelScope::Account => order.account == cancel.account,
                MassCancelScope::Instrument => in_instrument,
            };
            of_owner
                && (cancel.instrument_given == 0 || in_instrument)
                && (cancel.side == 0 || cancel.side == order.side as u8)
        };
        let mut meant: Vec<&Order> = self.orders.iter().filter(|order| is_meant(order)).collect();
        // The sort is stable: within an instrument the order of entry stays.
        meant.sort_by_key(|order| order.instrument.get());
        let meant: Vec<OrderHandle> = meant.iter().map(|order| order.handle).collect();
        for &handle in &meant {
            self.cancel_order(handle, CancelReason::MassCancel);
        }
        self.told.push(EventBody::MassCanceled {
            count: u32::try_from(meant.len()).expect("slots are counted in 32 bits"),
            durability: cancel.origin.durability,
        });
    }

    /// Rule 4.4.5.
    pub(super) fn end_day(&mut self, instrument: InstrumentId) {
        self.expire(|order| {
            order.instrument == instrument && order.time_in_force == TimeInForce::Day
        });
    }

    /// Rule 4.4.5.
    pub(super) fn advance(&mut self, time_ns: u64) {
        self.expire(|order| {
            order.time_in_force == TimeInForce::Gtd && order.expire_time_ns <= time_ns
        });
    }

    fn expire(&mut self, is_meant: impl Fn(&Order) -> bool) {
        for handle in self.handles_of(is_meant) {
            let order = self.take_out(handle);
            self.told.push(EventBody::Expired {
                handle,
                quantity: Quantity::new(order.leaves()),
                durability: order.durability,
            });
        }
    }

    /// Returns the handles of live orders, in the order of their entry.
    fn handles_of(&self, is_meant: impl Fn(&Order) -> bool) -> Vec<OrderHandle> {
        self.orders
            .iter()
            .filter(|order| is_meant(order))
            .map(|order| order.handle)
            .collect()
    }

    pub(super) fn set_phase(&mut self, set: &SetPhase) {
        let Some(listing) = self.listing_mut(set.instrument) else {
            return;
        };
        listing.phase = set.phase;
        self.told.push(EventBody::PhaseChanged {
            instrument: set.instrument,
            phase: set.phase,
        });
    }

    pub(super) fn define_instrument(&mut self, instrument: Instrument) {
        let well_formed = instrument.tick.get() > 0
            && instrument.lot.get() > 0
            && instrument.price_min <= instrument.price_max
            && instrument.price_min > Price::MIN
            && instrument.price_max < Price::MAX
            && instrument.quantity_min <= instrument.quantity_max
            && instrument.notional_max.get() >= 0
            && instrument.protection.get() >= 0;
        let ours =
            instrument.shard == self.shard && instrument.id.get() < self.capacity.instruments;
        if !well_formed || !ours {
            return;
        }
        match self.listing_mut(instrument.id) {
            Some(known) if known.instrument.tick != instrument.tick => return,
            Some(known) => known.instrument = instrument,
            None => self.listings.push(Listing {
                instrument,
                phase: Phase::Continuous,
                orders_taken: 0,
                stamps_given: 0,
                last_trade: None,
                middle: None,
                turns_given: 0,
                released: [].into(),
            }),
        }
        self.listings
            .sort_by_key(|listing| listing.instrument.id.get());
        self.told.push(EventBody::InstrumentChanged {
            instrument: instrument.id,
        });
    }

    pub(super) fn define_account(&mut self, account: Account) {
        if account.id.get() >= self.capacity.accounts {
            return;
        }
        self.accounts.retain(|known| known.id != account.id);
        self.accounts.push(account);
        self.told.push(EventBody::AccountChanged {
            account: account.id,
        });
    }

    pub(super) fn lend(&mut self, lend: LendSlots) {
        let first = u64::from(lend.slot_first);
        let end = first + u64::from(lend.slot_count);
        let overlaps = self.lent.iter().any(|known| {
            let known_first = u64::from(known.slot_first);
            let known_end = known_first + u64::from(known.slot_count);
            first.max(known_first) < end.min(known_end)
        });
        let exists = end <= u64::from(self.capacity.orders);
        let ours = lend.shard == self.shard && lend.gateway != GatewayId::NONE;
        if ours && exists && !overlaps {
            self.lent.push(lend);
        }
    }
}
