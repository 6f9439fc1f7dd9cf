//! Restoring markets: instruments and what their books have counted, and what follows upon their
//! orders once those stand.
//!
//! It must not know how an order comes back.

use std::mem::offset_of;

use super::listing::Listing;
use super::restore::not_rising;
use super::restore_order::Placement;
use super::{Shard, index};
use crate::book::Reference;
use crate::domain::{Instrument, Phase, Price, Side};
use crate::snapshot::layout::MarketRecord;
use crate::snapshot::reader::{Reader, check_below, check_zero, decode, decode_flag, ensure};
use crate::snapshot::{SnapshotError, SnapshotProblem as Problem};
use crate::state_hash::instrument_word;

impl Shard {
    /// Takes over instruments and what their books have counted; orders come later.
    pub(super) fn restore_markets(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<(), SnapshotError> {
        let mut lowest = 0;
        for _ in 0..count {
            let (at, record) = reader.next::<MarketRecord>()?;
            let instrument = record.instrument;
            let id = instrument.id.get();
            let id_at = at + offset_of!(Instrument, id);
            check_below((id, self.capacity.instruments), "instrument", id_at)?;
            ensure(id >= lowest, not_rising("instruments"), id_at)?;
            // It is below the capacity.
            lowest = id + 1;
            let of_other = Problem::InstrumentShard(instrument.shard);
            let shard_at = at + offset_of!(Instrument, shard);
            ensure(instrument.shard == self.id, of_other, shard_at)?;
            ensure(instrument.is_well_formed(), Problem::Instrument, at)?;
            let phase_at = at + offset_of!(MarketRecord, phase);
            let phase: Phase = decode(record.phase, "phase", phase_at)?;
            check_zero(&record.reserved, at + offset_of!(MarketRecord, reserved))?;
            let mut listing = Listing::new(instrument, self.capacity.orders);
            listing.set_phase(phase);
            let last_trade = read_last_trade(at, &record)?;
            let market = &mut self.markets[index(instrument.id)];
            market.list(listing);
            market.orders_taken = record.orders_taken;
            market.book.prepare(instrument.tick.get());
            market.book.resume_last_trade(last_trade);
            self.definitions.insert(instrument_word(&instrument, phase));
        }
        Ok(())
    }

    /// Takes over what follows upon the orders of each market, and checks what is said of them all.
    pub(super) fn close_markets(
        &mut self,
        mut reader: Reader<'_>,
        count: u32,
        placements: &[Placement],
    ) -> Result<(), SnapshotError> {
        for _ in 0..count {
            let (at, record) = reader.next::<MarketRecord>()?;
            let number = index(record.instrument.id);
            self.check_levels(number, placements)?;
            let market = &mut self.markets[number];
            let given = record.stamps_given;
            let given_at = at + offset_of!(MarketRecord, stamps_given);
            let is_enough = given >= market.book.stamps_given();
            ensure(is_enough, Problem::StampsGiven(given), given_at)?;
            market.book.resume_stamps(given);
            let reference = read_reference(at, &record)?;
            let listing = market.listing.as_ref();
            let prices = market
                .book
                .reference_prices(listing.is_some_and(Listing::is_continuous));
            let fits = prices == reference.map(|reference| (reference.buy, reference.sell));
            let reference_at = at + offset_of!(MarketRecord, has_reference);
            ensure(fits, Problem::Reference, reference_at)?;
            market.book.resume_reference(reference);
            market.is_pegged = !market.book.pegs().is_empty();
            self.pegged_markets += u32::from(market.is_pegged);
        }
        Ok(())
    }

    /// Checks that what the orders of each level may come to display has a sum, where that is not
    /// known of all orders.
    fn check_levels(&self, number: usize, placements: &[Placement]) -> Result<(), SnapshotError> {
        let market = &self.markets[number];
        if market.listing.as_ref().is_some_and(Listing::sums_fit) {
            return Ok(());
        }
        for side in [Side::Buy, Side::Sell] {
            for (_, level) in market.book.side(side).levels() {
                let mut sum = 0_u64;
                for slot in level.slots(&self.slab) {
                    let Some(more) = sum.checked_add(self.shown_at_most(slot)) else {
                        let mut all = placements.iter();
                        let at = all.find(|placement| placement.slot == slot);
                        return Err(Problem::LevelQuantity.at(at.map_or(0, |at| at.offset)));
                    };
                    sum = more;
                }
            }
        }
        Ok(())
    }
}

fn read_last_trade(at: usize, record: &MarketRecord) -> Result<Option<Price>, SnapshotError> {
    let flag_at = at + offset_of!(MarketRecord, has_last_trade);
    if decode_flag(record.has_last_trade, "last trade", flag_at)? {
        return Ok(Some(Price::new(record.last_trade)));
    }
    check_zero(
        &record.last_trade,
        at + offset_of!(MarketRecord, last_trade),
    )?;
    Ok(None)
}

fn read_reference(at: usize, record: &MarketRecord) -> Result<Option<Reference>, SnapshotError> {
    let flag_at = at + offset_of!(MarketRecord, has_reference);
    let fell_at = at + offset_of!(MarketRecord, buy_fell);
    let rose_at = at + offset_of!(MarketRecord, sell_rose);
    let reference = Reference {
        buy: Price::new(record.reference_buy),
        sell: Price::new(record.reference_sell),
        buy_fell: decode_flag(record.buy_fell, "fall", fell_at)?,
        sell_rose: decode_flag(record.sell_rose, "rise", rose_at)?,
        buy_changed: record.buy_changed,
        sell_changed: record.sell_changed,
    };
    if decode_flag(record.has_reference, "reference", flag_at)? {
        let changed_last = record.buy_changed.max(record.sell_changed);
        let is_past = changed_last <= record.stamps_given;
        ensure(is_past, Problem::Reference, flag_at)?;
        return Ok(Some(reference));
    }
    check_zero(&record.buy_fell, fell_at)?;
    check_zero(&record.sell_rose, rose_at)?;
    check_zero(
        &record.reference_buy,
        at + offset_of!(MarketRecord, reference_buy),
    )?;
    check_zero(
        &record.reference_sell,
        at + offset_of!(MarketRecord, reference_sell),
    )?;
    check_zero(
        &record.buy_changed,
        at + offset_of!(MarketRecord, buy_changed),
    )?;
    check_zero(
        &record.sell_changed,
        at + offset_of!(MarketRecord, sell_changed),
    )?;
    Ok(None)
}
