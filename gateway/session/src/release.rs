//! Release: from a shard's event to numbered reports.
//!
//! An event has up to two legs here. A leg of class written is released as it comes, one of
//! class synced once its command is on disk; each class keeps the shard's order, and an order has
//! one class for life, so what an order's reports say does not depend on the interleaving of the
//! classes. The interleaving itself is what the log's runs write down.

use matchgate_core::domain::{
    Durability, Event, EventBody, OrderHandle, SequenceNumber, SessionId, ShardId,
};
use matchgate_core::mirror::OrderRecord;
use matchgate_schema::message::{MassCancelReport, Report};

use crate::bounds::index;
use crate::gateway_core::{GatewayCore, ShardSide, StreamFault};
use crate::gateway_log::RunClass;
use crate::held::{Leg, Part, parts_of};
use crate::in_flight::Cause;
use crate::outlet::Outlet;
use crate::report_store::Basis;
use crate::reports;
use crate::resolver::Place;

/// The reports of one leg, before they are numbered.
struct Reports {
    first: Option<(SessionId, Report)>,
    second: Option<(SessionId, Report)>,
}

impl GatewayCore {
    /// Takes one event from a shard, in the shard's order; the caller asked for
    /// [`Self::event_room`]. Events that are about nothing of this gateway are passed over.
    ///
    /// # Errors
    ///
    /// Returns a [`StreamFault`] where log and journal disagree; the process must stop.
    pub fn on_event(
        &mut self,
        shard: ShardId,
        event: &Event,
        outlet: &mut impl Outlet,
    ) -> Result<(), StreamFault> {
        let Some(side) = self.shards.get_mut(usize::from(shard.0)) else {
            return Err(fault(shard, event));
        };
        let cause = cause_of(side, event);
        if let Some(cause) = cause
            && let Some(state) = crate::gateway_core::session_of(&mut self.sessions, cause.session)
        {
            state.requests.decide(cause.request);
        }
        for (part, durability) in parts_of(&event.body).into_iter().flatten() {
            let side = self.shards.get_mut(usize::from(shard.0));
            let Some(side) = side.filter(|side| is_own(side, part, cause)) else {
                continue;
            };
            let leg = Leg {
                event: *event,
                part,
                epoch: self.options.epoch,
                cause: cause.filter(|cause| cause.concerns(part, &event.body)),
            };
            // What the disk has already waits for nothing: older legs are gone from the queue.
            let on_disk = self.synced.holds_command(shard.0, event.header.sequence.0);
            match durability {
                Durability::Written => self.release(shard, RunClass::Written, &leg, outlet)?,
                Durability::Synced if on_disk => {
                    self.release(shard, RunClass::Synced, &leg, outlet)?;
                }
                Durability::Synced => side.held.push(leg),
            }
        }
        Ok(())
    }

    /// Notes that a shard's journal is on disk up to `through`, and releases what waited for it.
    ///
    /// # Errors
    ///
    /// Returns a [`StreamFault`] where log and journal disagree; the process must stop.
    pub fn on_synced(
        &mut self,
        shard: ShardId,
        through: SequenceNumber,
        outlet: &mut impl Outlet,
    ) -> Result<(), StreamFault> {
        self.synced.raise(shard.0, through.0);
        while let Some(leg) = self
            .shards
            .get_mut(usize::from(shard.0))
            .and_then(|side| side.held.pop_through(through))
        {
            self.release(shard, RunClass::Synced, &leg, outlet)?;
        }
        Ok(())
    }

    fn release(
        &mut self,
        shard: ShardId,
        class: RunClass,
        leg: &Leg,
        outlet: &mut impl Outlet,
    ) -> Result<(), StreamFault> {
        let header = leg.event.header;
        self.extend_run(shard, class, (header.sequence, header.index), outlet);
        // The run's record is the next one: nothing else is logged while a run is open.
        self.report(shard, leg, self.log_last + 1)?;
        self.settle(shard, leg);
        Ok(())
    }

    /// Tells the mirror what a leg says and numbers its reports.
    pub(crate) fn report(
        &mut self,
        shard: ShardId,
        leg: &Leg,
        log_sequence: u64,
    ) -> Result<(), StreamFault> {
        let sequence = leg.event.header.sequence.0;
        let mut basis = Basis::Command {
            shard: shard.0,
            sequence,
        };
        let reports = if let EventBody::MassCanceled { count, .. } = leg.event.body {
            basis = Basis::Horizon;
            self.mass_cancel_reports(shard, leg, count)?
        } else {
            self.order_reports(shard, leg)?
        };
        for (session, report) in [reports.first, reports.second].into_iter().flatten() {
            if !self.number(session, report, basis, log_sequence) {
                return Err(fault(shard, &leg.event));
            }
        }
        Ok(())
    }

    fn mass_cancel_reports(
        &mut self,
        shard: ShardId,
        leg: &Leg,
        count: u32,
    ) -> Result<Reports, StreamFault> {
        let cause = leg.cause.ok_or(fault(shard, &leg.event))?;
        let header = leg.event.header;
        if let Some(state) = self.session_mut(cause.session) {
            state.store.need(shard.0, header.sequence.0);
        }
        let request = (cause.session, cause.request);
        let completed = self
            .mass_cancels
            .part_done(request, shard, count, header.time_ns);
        let report = completed.map(|whole| {
            Report::MassCancel(MassCancelReport {
                request: cause.request,
                count: whole.count,
                transact_time_ns: whole.time_ns,
            })
        });
        Ok(Reports {
            first: report.map(|report| (cause.session, report)),
            second: None,
        })
    }

    fn order_reports(&mut self, shard: ShardId, leg: &Leg) -> Result<Reports, StreamFault> {
        let fault = fault(shard, &leg.event);
        let side = self.shards.get_mut(usize::from(shard.0)).ok_or(fault)?;
        let handle = handle_of(leg).ok_or(fault)?;
        let record = side.slots.record_mut(handle).ok_or(fault)?;
        if let EventBody::CancelRejected { reason, .. } = leg.event.body {
            let cause = leg.cause.ok_or(fault)?;
            let time_ns = leg.event.header.time_ns;
            let reject = reports::cancel_reject(record, cause.request, reason, time_ns);
            return Ok(Reports {
                first: Some((cause.session, Report::CancelReject(reject))),
                second: None,
            });
        }
        if !reports::update(record, shard, leg) {
            return Err(fault);
        }
        let execution = reports::execution(record, shard, leg, &self.directory);
        // Another session of the firm asked: it is answered too.
        let asked = leg
            .cause
            .filter(|cause| cause.session != record.session)
            .filter(|cause| cause.is_answered_by(&leg.event.body));
        Ok(Reports {
            first: Some((record.session, Report::Execution(execution))),
            second: asked.map(|cause| {
                let mut answer = execution;
                answer.request = cause.request;
                (cause.session, Report::Execution(answer))
            }),
        })
    }

    /// Brings names, counts and slots up to date with a leg that was released.
    fn settle(&mut self, shard: ShardId, leg: &Leg) {
        let Some(handle) = handle_of(leg) else {
            return;
        };
        let place = Place {
            shard: shard.0,
            handle,
        };
        let Some(side) = self.shards.get_mut(usize::from(shard.0)) else {
            return;
        };
        let Some(record) = side.slots.record(handle).copied() else {
            return;
        };
        let is_answer = |cause: Cause| cause.is_answered_by(&leg.event.body);
        if leg.cause.is_some_and(is_answer) {
            side.slots.command_answered(handle);
        }
        let account = self.directory.account(record.account);
        let firm = account.map(|account| account.firm).unwrap_or_default();
        let brought = leg
            .cause
            .map(|cause| cause.client_order_id)
            .unwrap_or_default();
        match leg.event.body {
            EventBody::Accepted { .. } => self.resolver.enter_order_id(record.order_id, place),
            EventBody::Replaced { .. } if !brought.is_empty() => {
                let before = record.original_client_order_id;
                self.resolver.remove_client_id(firm, before, place);
            }
            EventBody::CancelRejected { .. } => {
                self.resolver.remove_client_id(firm, brought, place);
            }
            _ => {}
        }
        if !record.live {
            if !matches!(leg.event.body, EventBody::CancelRejected { .. }) {
                self.resolver
                    .remove_client_id(firm, record.client_order_id, place);
                self.resolver
                    .remove(record.session, record.order_request, record.order_id);
                self.count_ended(shard, &record);
            }
            if let Some(side) = self.shards.get_mut(usize::from(shard.0)) {
                side.slots.free_if_ended(handle);
            }
        }
    }

    /// Counts a new order, live or on its way.
    pub(crate) fn count_opened(&mut self, shard: ShardId, record: &OrderRecord) {
        let is_synced = record.durability == Durability::Synced;
        if let Some(side) = self.shards.get_mut(usize::from(shard.0)) {
            side.synced_open_count += usize::from(is_synced);
        }
        let synced = u32::from(is_synced);
        if let Some(load) = self.accounts.get_mut(index(record.account.0)) {
            load.open_count += 1;
            load.synced_open_count += synced;
        }
        if let Some(state) = self.session_mut(record.session) {
            state.open_count += 1;
            state.synced_open_count += synced;
        }
    }

    fn count_ended(&mut self, shard: ShardId, record: &OrderRecord) {
        let is_synced = record.durability == Durability::Synced;
        if let Some(side) = self.shards.get_mut(usize::from(shard.0)) {
            let ended = usize::from(is_synced);
            side.synced_open_count = side.synced_open_count.saturating_sub(ended);
        }
        let synced = u32::from(is_synced);
        if let Some(load) = self.accounts.get_mut(index(record.account.0)) {
            load.open_count = load.open_count.saturating_sub(1);
            load.synced_open_count = load.synced_open_count.saturating_sub(synced);
        }
        if let Some(state) = self.session_mut(record.session) {
            state.open_count = state.open_count.saturating_sub(1);
            state.synced_open_count = state.synced_open_count.saturating_sub(synced);
        }
    }
}

/// Returns the order that a leg is about; a refused cancel names one too.
pub(crate) fn handle_of(leg: &Leg) -> Option<OrderHandle> {
    match leg.part {
        Part::Order(handle) | Part::Resting(handle) => Some(handle),
        Part::Request => match leg.event.body {
            EventBody::CancelRejected { handle, .. } => Some(handle),
            _ => None,
        },
    }
}

/// Returns whether a part of an event is for this gateway.
pub(crate) fn is_own(side: &ShardSide, part: Part, cause: Option<Cause>) -> bool {
    match part {
        Part::Order(handle) | Part::Resting(handle) => side.slots.owns(handle.slot),
        Part::Request => cause.is_some(),
    }
}

/// Returns the request behind an event. Events of commands that are not this gateway's have no tag
/// here: the shard agent takes it off, since an order may be released, or expire, by a command of
/// another gateway.
fn cause_of(side: &mut ShardSide, event: &Event) -> Option<Cause> {
    if event.header.ring_tag == 0 {
        return None;
    }
    side.in_flight.cause_of(event.header.ring_tag)
}

pub(crate) fn fault(shard: ShardId, event: &Event) -> StreamFault {
    StreamFault {
        shard,
        sequence: event.header.sequence,
        index: event.header.index,
    }
}
