//! The audit: what clients must have seen, worked out from the journals alone.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    CancelReason, Command, Event, EventBody, EventId, OrderHandle, RequestNumber, Sequenced,
    SessionId, ShardId,
};
use matchgate_schema::message::{ExecType, Liquidity, Report};

use super::disk::{Disk, HOME, SHARDS, SLOTS};
use crate::recovery::ShardHistory;

/// What a journal owes a client: one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owed {
    /// Of an execution: its id, type and whether the order was resting.
    Execution(EventId, u8, bool),
    /// Of a refused cancel, reduce or replace: its request.
    CancelReject(RequestNumber),
    /// Of a mass cancel: its request.
    MassCancel(RequestNumber),
}

/// Every report that the journals owe, by session and report; each is owed once.
pub(super) fn owed(disk: &Disk) -> BTreeMap<(SessionId, Owed), usize> {
    let mut owed = BTreeMap::new();
    for shard in 0..SHARDS {
        let mut owners: BTreeMap<OrderHandle, SessionId> = BTreeMap::new();
        let mut history = disk.history(usize::from(shard));
        let mut events = Vec::new();
        while let Some(command) = history.next(&mut events).unwrap() {
            if let Command::New(order, _) = command.body {
                owners.insert(order.handle, order.origin.session);
            }
            for event in &events {
                owe(&mut owed, ShardId(shard), &command, event, &owners);
            }
        }
    }
    // A mass cancel is answered once, whatever the number of shards.
    for ((_, owed), count) in &mut owed {
        if matches!(owed, Owed::MassCancel(_)) {
            *count = 1;
        }
    }
    owed
}

fn owe(
    owed: &mut BTreeMap<(SessionId, Owed), usize>,
    shard: ShardId,
    command: &Sequenced<Command>,
    event: &Event,
    owners: &BTreeMap<OrderHandle, SessionId>,
) {
    let asking = command
        .body
        .origin()
        .filter(|origin| origin.gateway == HOME);
    let id = EventId {
        epoch: command.epoch,
        shard,
        sequence: command.sequence,
        index: event.header.index,
    };
    let mut add = |session, report| *owed.entry((session, report)).or_insert(0) += 1;
    let own = |handle: &OrderHandle| handle.slot < SLOTS;
    let mut order = |handle: OrderHandle, exec_type: ExecType, resting: bool, answers: bool| {
        if !own(&handle) {
            return;
        }
        let report = Owed::Execution(id, exec_type as u8, resting);
        add(owners[&handle], report);
        if let Some(origin) = asking.filter(|_| answers)
            && origin.session != owners[&handle]
        {
            add(origin.session, report);
        }
    };
    let reduces =
        |of: OrderHandle| matches!(command.body, Command::Reduce(reduce) if reduce.handle == of);
    match event.body {
        EventBody::Accepted { handle, .. } => order(handle, ExecType::New, false, false),
        EventBody::Rejected { handle, .. } => order(handle, ExecType::Rejected, false, false),
        EventBody::Reduced { handle, .. } => {
            order(handle, ExecType::Reduced, false, reduces(handle));
        }
        EventBody::Replaced { handle, .. } => order(handle, ExecType::Replaced, false, true),
        EventBody::Canceled { handle, reason, .. } => {
            let answers = reason == CancelReason::Requested;
            order(handle, ExecType::Canceled, false, answers);
        }
        EventBody::Traded {
            aggressor, resting, ..
        } => {
            order(aggressor, ExecType::Trade, false, false);
            order(resting, ExecType::Trade, true, false);
        }
        EventBody::Expired { handle, .. } => order(handle, ExecType::Expired, false, false),
        EventBody::Triggered { handle, .. } => order(handle, ExecType::Triggered, false, false),
        EventBody::Restated { handle, .. } | EventBody::TermsReplaced { handle, .. } => {
            order(handle, ExecType::Restated, false, false);
        }
        EventBody::SelfTradePrevented {
            aggressor, resting, ..
        } => {
            order(aggressor, ExecType::TradePrevented, false, false);
            order(resting, ExecType::TradePrevented, true, false);
        }
        EventBody::CancelRejected { .. } => {
            if let Some(origin) = asking {
                add(origin.session, Owed::CancelReject(origin.request));
            }
        }
        EventBody::MassCanceled { .. } => {
            if let Some(origin) = asking {
                add(origin.session, Owed::MassCancel(origin.request));
            }
        }
        EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => {}
    }
}

/// Returns what a report answers for, where a journal owed it; `None` for the gateway's refusals.
pub(super) fn paid(report: &Report) -> Option<Owed> {
    match report {
        Report::Execution(report) => {
            let id = report.execution_id;
            let resting = report.liquidity == Liquidity::Added;
            (id != EventId::default()).then_some(Owed::Execution(
                id,
                report.exec_type as u8,
                resting,
            ))
        }
        Report::CancelReject(reject) => {
            (reject.transact_time_ns != 0).then_some(Owed::CancelReject(reject.request))
        }
        Report::MassCancel(report) => Some(Owed::MassCancel(report.request)),
        Report::BusinessReject(_) => None,
    }
}

/// Returns the request that a report decides, if any.
pub(super) fn decides(report: &Report) -> Option<RequestNumber> {
    match report {
        Report::Execution(report) => {
            let decides = match report.exec_type {
                ExecType::New | ExecType::Rejected | ExecType::Replaced | ExecType::Reduced => true,
                ExecType::Canceled => report.cancel_reason == Some(CancelReason::Requested),
                ExecType::Trade
                | ExecType::Expired
                | ExecType::Triggered
                | ExecType::Restated
                | ExecType::TradePrevented => false,
            };
            (decides && report.request.0 != 0).then_some(report.request)
        }
        Report::CancelReject(reject) => Some(reject.request),
        Report::BusinessReject(reject) => Some(reject.request),
        Report::MassCancel(report) => Some(report.request),
    }
}

/// Every client saw every report that the journals owe it once, under numbers without gaps, and
/// every request up to `requests` of its session was decided once.
pub(super) fn exactly_once(venue: &super::venue::Venue, requests: &[u64]) {
    let owed = owed(&venue.streams.disk);
    let mut paid_counts = BTreeMap::new();
    for (session, client) in (0..).map(SessionId).zip(&venue.clients) {
        let mut decided = BTreeMap::new();
        for (expected, (sequence, report)) in (1..).zip(&client.seen) {
            assert_eq!(*sequence, expected, "session {session} has a gap");
            if let Some(paid) = paid(report) {
                *paid_counts.entry((session, paid)).or_insert(0) += 1;
            }
            if let Some(request) = decides(report) {
                *decided.entry(request.0).or_insert(0) += 1;
            }
        }
        let once: BTreeMap<u64, i32> = (1..=requests[session.0 as usize])
            .map(|request| (request, 1))
            .collect();
        assert_eq!(decided, once, "decisions of session {session}");
    }
    assert_eq!(owed, paid_counts);
}
