//! Checks: what the gateway looks at before a request goes to its shard; the first failure wins.
//!
//! Fields, rights and account, symbol, names, open orders, slots, room. They depend on what the
//! gateway knows at the moment, so a refusal is written into the log and never judged anew. What
//! depends on the book, the phase or the instrument's limits is the shard's to check.

use matchgate_core::domain::{
    Account, Durability, FirmId, Instrument, MassCancelScope, Name, OrderHandle, OrderId,
    OrderType, Price, RejectReason, SessionId, ShardId, Side, TimeInForce,
};
use matchgate_core::mirror::OrderRecord;
use matchgate_schema::message::{MassCancelRequest, NewOrderRequest, OrderTarget, ReplaceRequest};

use crate::bounds::{SELF_TRADE_FIRMS_MAX, SELF_TRADE_GROUPS_PER_FIRM, index};
use crate::gateway_core::{GatewayCore, ShardSide};
use crate::gateway_log::MassCancelFilter;
use crate::outlet::{Outlet, Priority};
use crate::resolver::Place;

/// A new order that may go to its shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPlan {
    pub(crate) account: Account,
    pub(crate) instrument: Instrument,
    pub(crate) handle: OrderHandle,
    /// Unique over the venue; 0 for none.
    pub(crate) self_trade_group: u32,
}

/// Shards that a mass cancel goes to, and what it takes there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MassCancelPlan {
    pub(crate) filter: MassCancelFilter,
    /// The only shard; `None` for all.
    pub(crate) shard: Option<ShardId>,
}

impl GatewayCore {
    /// Returns where a new order may go.
    pub(crate) fn check_new(
        &self,
        session: SessionId,
        request: &NewOrderRequest,
        outlet: &impl Outlet,
    ) -> Result<NewPlan, RejectReason> {
        check_combination(request)?;
        let account = self.account_for(session, request.account.as_ref())?;
        let instrument = self
            .directory
            .instrument_of(&request.symbol)
            .ok_or(RejectReason::UnknownSymbol)?;
        let id = request.client_order_id;
        if !id.is_empty() && self.resolver.client_id(account.firm, id).is_some() {
            return Err(RejectReason::DuplicateClientOrderId);
        }
        if self.open_orders(account.id) >= account.open_orders_max {
            return Err(RejectReason::OpenOrdersLimit);
        }
        let side = self
            .shards
            .get(usize::from(instrument.shard.0))
            .ok_or(RejectReason::UnknownSymbol)?;
        let handle = side
            .slots
            .next_handle()
            .filter(|_| self.resolver.has_room())
            .ok_or(RejectReason::OrderCapacity)?;
        if !side.in_flight.has_ordinary_room()
            || !outlet.has_room(instrument.shard, Priority::Ordinary)
        {
            return Err(RejectReason::Busy);
        }
        let state = self.session(session).ok_or(RejectReason::NotLoggedOn)?;
        self.check_held_room(instrument.shard.0, state.durability)?;
        Ok(NewPlan {
            account: *account,
            instrument: *instrument,
            handle,
            self_trade_group: venue_group(account.firm, request.self_trade_group)?,
        })
    }

    /// Returns the live order that a target names, within the session's firm.
    pub(crate) fn check_target(
        &self,
        session: SessionId,
        target: &OrderTarget,
    ) -> Result<(Place, OrderRecord), RejectReason> {
        let state = self.session(session).ok_or(RejectReason::NotLoggedOn)?;
        let place = match *target {
            OrderTarget::Request(request) => self.resolver.request(session, request),
            OrderTarget::ClientOrderId(id) if id.is_empty() => {
                return Err(RejectReason::InvalidTarget);
            }
            OrderTarget::ClientOrderId(id) => self.resolver.client_id(state.firm(), id),
            OrderTarget::OrderId(OrderId::NONE) => return Err(RejectReason::InvalidTarget),
            OrderTarget::OrderId(id) => self.resolver.order_id(id),
        };
        let place = place.ok_or(RejectReason::UnknownOrder)?;
        self.shards
            .get(usize::from(place.shard))
            .and_then(|side| side.slots.record(place.handle))
            .filter(|record| {
                let account = self.directory.account(record.account);
                account.is_some_and(|account| account.firm == state.firm())
            })
            .map(|record| (place, *record))
            .ok_or(RejectReason::UnknownOrder)
    }

    /// Says no where a replacement's client order id is in use, or its expire time says nothing.
    pub(crate) fn check_replacement(
        &self,
        session: SessionId,
        request: &ReplaceRequest,
    ) -> Result<(), RejectReason> {
        let is_gtd = request.time_in_force == Some(TimeInForce::Gtd);
        if request.expire_time_ns != 0 && !is_gtd {
            return Err(RejectReason::InvalidCombination);
        }
        let id = request.client_order_id;
        let state = self.session(session).ok_or(RejectReason::NotLoggedOn)?;
        if id.is_empty() {
            Ok(())
        } else if self.resolver.client_id(state.firm(), id).is_some() {
            Err(RejectReason::DuplicateClientOrderId)
        } else if self.resolver.has_room() {
            Ok(())
        } else {
            Err(RejectReason::Busy)
        }
    }

    /// Says no where a shard has no room for one more command.
    pub(crate) fn check_room(
        &self,
        shard: u8,
        priority: Priority,
        outlet: &impl Outlet,
    ) -> Result<(), RejectReason> {
        let side = self.shards.get(usize::from(shard));
        let room = side.is_some_and(|side| match priority {
            Priority::Ordinary => side.in_flight.has_ordinary_room(),
            Priority::Cancel => side.in_flight.has_cancel_room(),
        });
        if room && outlet.has_room(ShardId(shard), priority) {
            Ok(())
        } else {
            Err(RejectReason::Busy)
        }
    }

    /// Says no where the reports of one more order, or of one that is replaced, would have no room
    /// to wait for the disk. Nobody is refused for what another class of orders waits for.
    #[inline]
    pub(crate) fn check_held_room(
        &self,
        shard: u8,
        durability: Durability,
    ) -> Result<(), RejectReason> {
        let side = self.shards.get(usize::from(shard));
        let room =
            durability == Durability::Written || side.is_some_and(ShardSide::has_synced_order_room);
        if room {
            Ok(())
        } else {
            Err(RejectReason::Busy)
        }
    }

    /// Returns where a mass cancel may go: room in every shard, or in none.
    pub(crate) fn check_mass_cancel(
        &self,
        session: SessionId,
        request: &MassCancelRequest,
        outlet: &impl Outlet,
    ) -> Result<MassCancelPlan, RejectReason> {
        let state = self.session(session).ok_or(RejectReason::NotLoggedOn)?;
        let account = self.account_for(session, request.account.as_ref())?;
        let instrument = match &request.symbol {
            Some(symbol) => Some(
                self.directory
                    .instrument_of(symbol)
                    .ok_or(RejectReason::UnknownSymbol)?,
            ),
            None => None,
        };
        if !self.mass_cancels.has_room() {
            return Err(RejectReason::Busy);
        }
        let shard = instrument.map(|instrument| instrument.shard);
        for number in 0..self.options.shard_count {
            if shard.is_none_or(|shard| shard.0 == number) {
                self.check_room(number, Priority::Cancel, outlet)?;
            }
        }
        // Its answer must not overtake the cancels of orders that wait for the disk.
        let waits = match request.scope {
            // An operator's act.
            MassCancelScope::Instrument => return Err(RejectReason::InvalidScope),
            MassCancelScope::Session => state.synced_open_count > 0,
            MassCancelScope::Account => self
                .accounts
                .get(index(account.id.0))
                .is_some_and(|load| load.synced_open_count > 0),
        };
        Ok(MassCancelPlan {
            filter: MassCancelFilter {
                account: account.id,
                instrument: instrument.map(|found| found.id).unwrap_or_default(),
                scope: request.scope,
                instrument_given: u8::from(instrument.is_some()),
                side: request.side.map_or(0, side_number),
                durability: if waits {
                    Durability::Synced
                } else {
                    state.durability
                },
            },
            shard,
        })
    }

    fn account_for(
        &self,
        session: SessionId,
        name: Option<&Name>,
    ) -> Result<&Account, RejectReason> {
        let state = self.session(session).ok_or(RejectReason::NotLoggedOn)?;
        let account = match name {
            Some(name) => self.directory.account_of(name),
            None => self.directory.account(state.definition.default_account),
        };
        account
            .filter(|account| account.firm == state.firm())
            .ok_or(RejectReason::UnknownAccount)
    }
}

/// Says no where order type, time in force and conditions do not go together, as the shard does:
/// rule 4.4.6 of the rule book.
pub(crate) fn check_combination(request: &NewOrderRequest) -> Result<(), RejectReason> {
    let rests = request.time_in_force.rests();
    let is_limit = request.order_type == OrderType::Limit;
    let time_fits = match request.order_type {
        OrderType::Market => !rests,
        OrderType::Limit => true,
        OrderType::MarketToLimit | OrderType::Stop | OrderType::StopLimit | OrderType::MidPeg => {
            rests
        }
    };
    let may_display = rests && (is_limit || request.order_type == OrderType::StopLimit);
    let fits = time_fits
        && (!request.post_only || (is_limit && rests))
        && (request.display_quantity.is_zero() || may_display)
        && (request.minimum_quantity.is_zero() || request.time_in_force == TimeInForce::Ioc)
        && (request.stop_price == Price::default() || request.order_type.is_stop())
        && (request.expire_time_ns == 0 || request.time_in_force == TimeInForce::Gtd);
    if fits {
        Ok(())
    } else {
        Err(RejectReason::InvalidCombination)
    }
}

/// Returns the number over the venue of a firm's self-trade group; 0 for none.
pub(crate) fn venue_group(firm: FirmId, group: u16) -> Result<u32, RejectReason> {
    if group == 0 {
        Ok(0)
    } else if firm.0 < SELF_TRADE_FIRMS_MAX {
        Ok(firm.0 * SELF_TRADE_GROUPS_PER_FIRM + u32::from(group))
    } else {
        Err(RejectReason::InvalidCombination)
    }
}

fn side_number(side: Side) -> u8 {
    match side {
        Side::Buy => 1,
        Side::Sell => 2,
    }
}
