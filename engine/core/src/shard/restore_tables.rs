//! Restoring tables: accounts, lent slots, pairs of owners, and slots that were used.
//!
//! Each is a list by rising number, so nothing stands in it twice. It must not know an order.

use std::mem::offset_of;

use super::Shard;
use super::restore::not_rising;
use crate::domain::{Account, GatewayId, OrderHandle};
use crate::snapshot::head::check_count;
use crate::snapshot::layout::{Head, PairRecord, RangeRecord, VacantRecord};
use crate::snapshot::reader::{Reader, check_below, check_zero, ensure};
use crate::snapshot::{SnapshotError, SnapshotProblem as Problem};
use crate::state_hash::account_word;

impl Shard {
    /// Takes over the accounts.
    pub(super) fn restore_accounts(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<(), SnapshotError> {
        let mut lowest = 0;
        for _ in 0..count {
            let (at, account) = reader.next::<Account>()?;
            let id = account.id.get();
            check_below((id, self.capacity.accounts), "account", at)?;
            ensure(id >= lowest, not_rising("accounts"), at)?;
            // It is below the capacity.
            lowest = id + 1;
            self.accounts[id as usize] = Some(account);
            self.definitions.insert(account_word(&account));
        }
        Ok(())
    }

    /// Takes over which slots are lent to whom.
    pub(super) fn restore_ranges(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<(), SnapshotError> {
        // Where the last range ends, and whose it is.
        let mut last = (0, GatewayId::NONE);
        for _ in 0..count {
            let (at, record) = reader.next::<RangeRecord>()?;
            check_zero(&record.reserved, at + offset_of!(RangeRecord, reserved))?;
            let (first, gateway) = (record.first, GatewayId(record.gateway));
            // Two of one gateway that meet would be one.
            let is_apart = first > last.0 || (first == last.0 && gateway != last.1);
            let is_range = is_apart && record.count != 0 && gateway != GatewayId::NONE;
            let is_lent = is_range && self.ledger.lend(first, record.count, gateway);
            ensure(is_lent, Problem::LentRange, at)?;
            // The range exists.
            last = (first + record.count, gateway);
        }
        Ok(())
    }

    /// Takes over who has entered orders for whom.
    pub(super) fn restore_pairs(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<(), SnapshotError> {
        let most = self.owners.pair_count_max();
        check_count("pairs", (count, most), offset_of!(Head, pair_count))?;
        let mut last = None;
        for _ in 0..count {
            let (at, record) = reader.next::<PairRecord>()?;
            let (session, account) = (record.session, record.account);
            let account_at = at + offset_of!(PairRecord, account);
            check_below((session, self.capacity.sessions), "session", at)?;
            check_below((account, self.capacity.accounts), "account", account_at)?;
            ensure(last < Some((session, account)), not_rising("pairs"), at)?;
            last = Some((session, account));
            self.owners.pair(session, account);
        }
        Ok(())
    }

    /// Takes over the generations of slots without a live order.
    pub(super) fn restore_vacant(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
    ) -> Result<(), SnapshotError> {
        let mut lowest = 0;
        for _ in 0..count {
            let (at, record) = reader.next::<VacantRecord>()?;
            let VacantRecord { slot, generation } = record;
            check_below((slot, self.capacity.orders), "slot", at)?;
            ensure(slot >= lowest, not_rising("vacant slots"), at)?;
            // It is below the capacity.
            lowest = slot + 1;
            let is_lent = self.ledger.lent_to(slot).is_some();
            ensure(is_lent, Problem::SlotNotLent(slot), at)?;
            let generation_at = at + offset_of!(VacantRecord, generation);
            ensure(generation != 0, Problem::Generation, generation_at)?;
            self.slab.use_up(OrderHandle { slot, generation });
        }
        Ok(())
    }
}
