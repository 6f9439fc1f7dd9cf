//! A venue in one thread: a gateway core, real shards, and clients that remember everything.

use std::collections::{BTreeMap, VecDeque};

use matchgate_core::Shard;
use matchgate_core::domain::{
    AccountId, ClientOrderId, Command, ControlNumber, Durability, EndDay, Epoch, Event, EventBody,
    InstrumentId, MassCancelScope, NewOrder, OrderHandle, OrderTerms, OrderType, Origin, Price,
    Quantity, RejectReason, RequestNumber, RingNumber, SelfTradePrevention, SequenceNumber,
    SessionId, ShardId, Side, TimeAdvance, TimeInForce,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecutionReport, Logon, LogonAnswer, MassCancelRequest,
    NewOrderRequest, OrderTarget, PROTOCOL_VERSION, ReduceRequest, ReplaceRequest, Report,
    ServerMessage,
};

use super::disk::{Disk, FOREIGN, HOME, SHARDS, SLOTS, apply, client_id, key, symbol};
use crate::bounds::{LOG_BYTES_PER_CALL_MAX, OUTBOUND_BLOCKS_AHEAD};
use crate::gateway_core::{GatewayCore, GatewayOptions, Intake, SessionEnd};
use crate::gateway_log::GatewayRecord;
use crate::hash_seed::HashSeed;
use crate::outlet::{LogFailed, Outlet, Priority};
use crate::recovery::{RecoveredShard, RecoveryError, RecoveryInput, ShardHistory};

/// Outbound numbers of one block: few, so that every test crosses blocks.
pub(super) const BLOCK: u64 = 5;
/// Outbound numbers that the first reservation of a session covers.
pub(super) const FIRST_RESERVED: u64 = (OUTBOUND_BLOCKS_AHEAD + 1) * BLOCK;

/// Legs that may wait for one shard's disk, beside one for each slot.
pub(super) const HELD_MAX: u64 = 512;

/// Bytes of a journal's record beside its body.
const RECORD_HEADER_BYTES: usize = 32;

/// Disk and rings.
pub(super) struct Streams {
    pub(super) disk: Disk,
    pub(super) rings: Vec<VecDeque<Command>>,
    /// Commands that a ring takes, and how many of them only cancels may use.
    pub(super) ring_room: (usize, usize),
    /// During recovery: bytes logged since it last waited for room.
    recovery_bytes: Option<usize>,
}

impl Outlet for Streams {
    fn log(&mut self, record: &GatewayRecord) -> u64 {
        let sequence = self.disk.log_next;
        self.disk.log_next += 1;
        // Through the bytes, as a journal does it.
        let read = record.with_parts(|parts| {
            let body = parts.concat();
            if let Some(bytes) = &mut self.recovery_bytes {
                *bytes += RECORD_HEADER_BYTES + body.len().next_multiple_of(8);
                assert!(*bytes <= LOG_BYTES_PER_CALL_MAX, "nobody waited for room");
            }
            GatewayRecord::decode(record.kind_byte(), &body).unwrap()
        });
        assert_eq!(read, *record);
        self.disk.log.push((sequence, read));
        self.disk.growth.push(None);
        sequence
    }

    fn wait_for_room(&mut self) -> Result<(), LogFailed> {
        self.recovery_bytes = Some(0);
        Ok(())
    }

    fn has_room(&self, shard: ShardId, priority: Priority) -> bool {
        let (room, reserve) = self.ring_room;
        let used = self.rings[usize::from(shard.0)].len();
        match priority {
            Priority::Ordinary => used + reserve < room,
            Priority::Cancel => used < room,
        }
    }

    fn route(&mut self, shard: ShardId, command: &Command, _: Priority) {
        self.rings[usize::from(shard.0)].push_back(*command);
    }
}

/// A client of one session, over all its connections.
#[derive(Default)]
pub(super) struct Client {
    /// Every numbered message ever seen.
    pub(super) seen: BTreeMap<u64, Report>,
    /// Numbered messages of this connection, with the resend flag.
    pub(super) live: Vec<(u64, bool, Report)>,
    pub(super) answer: Option<LogonAnswer>,
    pub(super) repeated: Vec<u64>,
    pub(super) durable_through: u64,
    pub(super) heartbeats: usize,
    pub(super) ended: Option<RejectReason>,
    /// Everything ever heard.
    pub(super) heard: Vec<ServerMessage>,
}

/// A running process.
pub(super) struct Venue {
    pub(super) core: GatewayCore,
    pub(super) streams: Streams,
    pub(super) shards: Vec<Shard>,
    pub(super) events: Vec<VecDeque<Event>>,
    /// On disk of each shard's journal.
    pub(super) synced: Vec<u64>,
    pub(super) log_synced: u64,
    pub(super) clients: Vec<Client>,
    pub(super) now_ns: u64,
    foreign_ring: Vec<u64>,
    foreign_slot: u32,
    hash_seed: HashSeed,
}

impl Venue {
    /// A new venue whose sessions are logged on, with the class of each.
    pub(super) fn new(classes: &[Durability]) -> Self {
        let mut venue = Self::start(Disk::new(), no_clients()).unwrap();
        for (session, durability) in (0..).zip(classes) {
            venue.log_on(session, 1, *durability).unwrap();
        }
        venue.settle();
        venue
    }

    /// The next process on what is on the disk.
    pub(super) fn start(disk: Disk, clients: Vec<Client>) -> Result<Self, RecoveryError> {
        Self::start_with_seed(disk, clients, HashSeed::fixed(0))
    }

    /// As [`Self::start`], with the hash seed of this process and those after it.
    pub(super) fn start_with_seed(
        mut disk: Disk,
        clients: Vec<Client>,
        hash_seed: HashSeed,
    ) -> Result<Self, RecoveryError> {
        disk.epoch += 1;
        let made: Vec<Shard> = (0..usize::from(SHARDS))
            .map(|shard| disk.shard(shard))
            .collect();
        let mut streams = Streams {
            rings: vec![VecDeque::new(); usize::from(SHARDS)],
            ring_room: (64, 8),
            recovery_bytes: Some(LOG_BYTES_PER_CALL_MAX),
            disk,
        };
        // The log is read while the recovery writes to it.
        let old = streams.disk.clone();
        let mut histories: Vec<_> = (0..usize::from(SHARDS)).map(|of| old.history(of)).collect();
        let input = RecoveryInput {
            options: GatewayOptions {
                in_flight_max: 64,
                held_max: usize::try_from(HELD_MAX).unwrap(),
                outbound_block: BLOCK,
                hash_seed,
                ..GatewayOptions::new(HOME, Epoch(old.epoch), SHARDS)
            },
            controls: &mut old.controls.iter().copied(),
            log: &mut old.log.iter().map(|entry| Ok(*entry)),
            log_next: old.log_next,
            shards: made
                .iter()
                .zip(&mut histories)
                .map(|(shard, history)| RecoveredShard {
                    shard,
                    history: history as &mut dyn ShardHistory,
                })
                .collect(),
        };
        let core = GatewayCore::recover(input, &mut streams)?;
        streams.recovery_bytes = None;
        let last = |shard: &Shard| shard.last_sequence().0;
        Ok(Self {
            core,
            synced: made.iter().map(last).collect(),
            log_synced: streams.disk.log_next - 1,
            streams,
            foreign_ring: made
                .iter()
                .map(|shard| shard.last_ring(FOREIGN).0)
                .collect(),
            foreign_slot: made.iter().map(next_foreign_slot).max().unwrap(),
            shards: made,
            events: vec![VecDeque::new(); usize::from(SHARDS)],
            clients,
            now_ns: 0,
            hash_seed,
        })
    }

    /// Kills the process and starts the next one on what is left.
    pub(super) fn crash(self) -> Self {
        let mut clients = self.clients;
        clients.iter_mut().for_each(Client::forget_connection);
        Self::start_with_seed(self.streams.disk, clients, self.hash_seed).unwrap()
    }

    pub(super) fn log_on(
        &mut self,
        session: u32,
        next_expected: u64,
        durability: Durability,
    ) -> Result<SessionId, RejectReason> {
        let logon = Logon {
            protocol_version: PROTOCOL_VERSION,
            key: key(session),
            next_expected,
            durability,
        };
        self.clients[session as usize].forget_connection();
        self.core.logon(&logon, self.now_ns, &mut self.streams)
    }

    pub(super) fn disconnect(&mut self, session: u32) {
        self.core.disconnect(SessionId(session), &mut self.streams);
    }

    pub(super) fn send(
        &mut self,
        session: u32,
        message: ClientMessage,
    ) -> Result<Intake, SessionEnd> {
        let session = SessionId(session);
        self.core
            .on_message(session, &message, self.now_ns, &mut self.streams)
    }

    /// Sends a message that is taken.
    pub(super) fn tell(&mut self, session: u32, message: ClientMessage) {
        assert_eq!(
            self.send(session, message),
            Ok(Intake::Taken),
            "{message:?}"
        );
    }

    /// Sequences, journals and applies the next command of a ring. Returns whether there was one.
    pub(super) fn step_shard(&mut self, shard: usize) -> bool {
        let Some(command) = self.streams.rings[shard].pop_front() else {
            return false;
        };
        self.apply(shard, command);
        true
    }

    fn apply(&mut self, shard: usize, command: Command) {
        let sequenced = self.streams.disk.append(shard, command);
        let mut events = Vec::new();
        apply(&mut self.shards[shard], &sequenced, &mut events);
        let own = |handle: OrderHandle| handle.slot < SLOTS;
        let ours = command
            .origin()
            .is_some_and(|origin| origin.gateway == HOME);
        let told = events.iter().filter(|event| match event.body {
            EventBody::Accepted { handle, .. }
            | EventBody::Reduced { handle, .. }
            | EventBody::Replaced { handle, .. }
            | EventBody::Canceled { handle, .. }
            | EventBody::Expired { handle, .. }
            | EventBody::Triggered { handle, .. }
            | EventBody::Restated { handle, .. }
            | EventBody::TermsReplaced { handle, .. } => own(handle),
            EventBody::Traded {
                aggressor, resting, ..
            }
            | EventBody::SelfTradePrevented {
                aggressor, resting, ..
            } => own(aggressor) || own(resting),
            EventBody::Rejected { .. }
            | EventBody::CancelRejected { .. }
            | EventBody::MassCanceled { .. } => ours,
            _ => true,
        });
        // As the shard agent does it.
        self.events[shard].extend(told.map(|event| {
            let mut event = *event;
            if !ours {
                event.header.ring_tag = 0;
            }
            event
        }));
    }

    /// Ends the day of a shard's instrument, as the control journal says it.
    pub(super) fn end_day(&mut self, shard: usize) {
        let end = Command::EndDay(EndDay {
            control: ControlNumber(self.streams.disk.controls.len() as u64 + 1),
            instrument: InstrumentId(u32::try_from(shard).unwrap()),
            reserved: [0; 4],
        });
        self.streams.disk.controls.push(end);
        self.core.apply_control(&end).unwrap();
        self.apply(shard, end);
    }

    /// Moves a shard's time, as its agent does it where orders expire.
    pub(super) fn pass_time(&mut self, shard: usize, by_ns: u64) {
        let time_ns = self.streams.disk.time_ns + by_ns;
        self.streams.disk.time_ns = time_ns - 1;
        self.apply(shard, Command::Time(TimeAdvance { time_ns }));
    }

    /// An order of the other gateway, applied at once.
    pub(super) fn foreign(&mut self, shard: usize, side: Side, price: i64, quantity: u64) {
        self.foreign_ring[shard] += 1;
        self.foreign_slot += 1;
        let order = NewOrder {
            origin: Origin {
                ring: RingNumber(self.foreign_ring[shard]),
                request: RequestNumber(self.foreign_ring[shard]),
                session: SessionId(3),
                gateway: FOREIGN,
                durability: Durability::Written,
                reserved: [0; 2],
            },
            handle: OrderHandle {
                slot: SLOTS + self.foreign_slot % SLOTS,
                generation: self.foreign_slot / SLOTS + 1,
            },
            price: Price::new(price),
            quantity: Quantity::new(quantity),
            instrument: InstrumentId(u32::try_from(shard).unwrap()),
            account: AccountId(2),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Ioc,
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        self.apply(shard, Command::New(order, ClientOrderId::NONE));
    }

    /// Gives the core what shards and disks have, and takes what it has for the clients.
    pub(super) fn poll(&mut self) {
        self.poll_events(usize::MAX);
        self.deliver();
    }

    /// Gives the core up to `events` events of each shard.
    pub(super) fn poll_events(&mut self, events: usize) {
        for (shard, queue) in (0..).map(ShardId).zip(&mut self.events) {
            let count = self.core.event_room(shard).min(events).min(queue.len());
            for event in queue.drain(..count) {
                self.core
                    .on_event(shard, &event, &mut self.streams)
                    .unwrap();
            }
            let synced = SequenceNumber(self.synced[usize::from(shard.0)]);
            self.core
                .on_synced(shard, synced, &mut self.streams)
                .unwrap();
        }
        self.core.on_log_synced(self.log_synced);
        self.core.end_run(&mut self.streams);
    }

    /// Sends the clients what is ready for them.
    pub(super) fn deliver(&mut self) {
        while let Some((session, reason)) = self.core.pop_ended() {
            self.clients[session.0 as usize].ended = Some(reason);
            self.core.disconnect(session, &mut self.streams);
        }
        while let Some(session) = self.core.pop_ready() {
            while let Some(message) = self.core.next_outbound(session, self.now_ns) {
                self.clients[session.0 as usize].hear(message);
            }
        }
    }

    /// Puts everything on disk.
    pub(super) fn sync(&mut self) {
        for (synced, shard) in self.synced.iter_mut().zip(&self.shards) {
            *synced = shard.last_sequence().0;
        }
        self.log_synced = self.streams.disk.log_next - 1;
    }

    /// Runs until nothing moves: all commands applied, all on disk, everything sent.
    pub(super) fn settle(&mut self) {
        loop {
            let stepped = (0..usize::from(SHARDS)).any(|shard| self.step_shard(shard));
            self.sync();
            self.poll();
            let waits = self.events.iter().any(|queue| !queue.is_empty());
            if !stepped && !waits {
                break;
            }
        }
        self.sync();
        self.poll();
        self.assert_synced_counts();
    }

    /// What is held for orders of class synced is counted by the order.
    fn assert_synced_counts(&self) {
        for side in &self.core.shards {
            let live = side.slots.live();
            let synced = live.filter(|record| record.durability == Durability::Synced);
            assert_eq!(side.synced_open_count, synced.count());
        }
    }

    /// Returns the reports that a client has seen on its connection since the last call.
    pub(super) fn reports(&mut self, session: u32) -> Vec<Report> {
        let live = std::mem::take(&mut self.clients[session as usize].live);
        live.into_iter().map(|(_, _, report)| report).collect()
    }

    /// Returns them as one line each.
    pub(super) fn lines(&mut self, session: u32) -> Vec<String> {
        self.reports(session).iter().map(line).collect()
    }
}

impl Client {
    fn forget_connection(&mut self) {
        self.live.clear();
        self.answer = None;
        self.repeated.clear();
        self.ended = None;
    }

    fn hear(&mut self, message: ServerMessage) {
        self.heard.push(message);
        match message {
            ServerMessage::LogonAnswer(answer) => self.answer = Some(answer),
            ServerMessage::Report {
                sequence,
                resend,
                report,
            } => {
                if let Some((last, ..)) = self.live.last() {
                    let lost_from = self.answer.map_or(0, |answer| answer.lost_from);
                    let hole = lost_from != 0 && sequence > lost_from;
                    assert!(sequence == last + 1 || hole, "{sequence} after {last}");
                }
                if let Some(before) = self.seen.insert(sequence, report) {
                    assert_eq!(
                        before, report,
                        "number {sequence} came again as another one"
                    );
                    assert!(resend, "number {sequence} came again as a new one");
                }
                self.live.push((sequence, resend, report));
            }
            ServerMessage::RequestRepeated { request } => self.repeated.push(request.0),
            ServerMessage::Heartbeat {
                durable_through, ..
            } => {
                self.heartbeats += 1;
                self.durable_through = durable_through;
            }
            ServerMessage::Logout { .. } => {}
        }
    }

    /// Returns the number of the first message that it lacks.
    pub(super) fn next_expected(&self) -> u64 {
        self.seen.last_key_value().map_or(1, |(last, _)| last + 1)
    }
}

pub(super) fn no_clients() -> Vec<Client> {
    (0..3).map(|_| Client::default()).collect()
}

/// Foreign orders count their uses of slots up over all shards.
fn next_foreign_slot(shard: &Shard) -> u32 {
    (SLOTS..2 * SLOTS)
        .map(|slot| {
            let generation = shard.slot(slot).generation;
            generation.saturating_sub(1) * SLOTS + (slot - SLOTS)
        })
        .max()
        .unwrap()
}

/// Returns what a report says as one line.
pub(super) fn line(report: &Report) -> String {
    match report {
        Report::Execution(report) => execution_line(report),
        Report::CancelReject(reject) => {
            let id = reject.client_order_id;
            format!(
                "{} cancel-reject {:?} id={id}",
                reject.request, reject.reason
            )
        }
        Report::BusinessReject(reject) => {
            format!("{} business-reject {:?}", reject.request, reject.reason)
        }
        Report::MassCancel(report) => format!("{} mass-cancel {}", report.request, report.count),
    }
}

fn execution_line(report: &ExecutionReport) -> String {
    let mut line = format!(
        "{} {:?} {:?} order={} cumulative={} leaves={}",
        report.request,
        report.exec_type,
        report.order_status,
        report.order_request,
        report.cumulative.get(),
        report.leaves.get()
    );
    if !report.last_quantity.is_zero() {
        let last = (report.last_quantity.get(), report.last_price.get());
        line += &format!(" last={}@{} {:?}", last.0, last.1, report.liquidity);
    }
    if let Some(reason) = report.reject_reason {
        line += &format!(" {reason:?}");
    }
    if let Some(reason) = report.cancel_reason {
        line += &format!(" {reason:?}");
    }
    if let Some(reason) = report.restate_reason {
        line += &format!(" {reason:?}");
    }
    line
}

/// A day limit order for the first instrument without a client order id; it trades with those of
/// its account.
pub(super) fn order(request: u64, side: Side, price: i64, quantity: u64) -> NewOrderRequest {
    let (price, quantity) = (Price::new(price), Quantity::new(quantity));
    NewOrderRequest {
        request: RequestNumber(request),
        ..NewOrderRequest::limit(symbol(0), side, price, quantity)
            .with_self_trade(SelfTradePrevention::None)
    }
}

pub(super) fn buy(request: u64, price: i64, quantity: u64) -> ClientMessage {
    ClientMessage::NewOrder(order(request, Side::Buy, price, quantity))
}

pub(super) fn sell(request: u64, price: i64, quantity: u64) -> ClientMessage {
    ClientMessage::NewOrder(order(request, Side::Sell, price, quantity))
}

pub(super) fn named(id: &str, mut order: NewOrderRequest) -> ClientMessage {
    order.client_order_id = client_id(id);
    ClientMessage::NewOrder(order)
}

pub(super) fn by_request(request: u64) -> OrderTarget {
    OrderTarget::Request(RequestNumber(request))
}

pub(super) fn by_id(id: &str) -> OrderTarget {
    OrderTarget::ClientOrderId(client_id(id))
}

pub(super) fn cancel(request: u64, target: OrderTarget) -> ClientMessage {
    ClientMessage::Cancel(CancelRequest {
        request: RequestNumber(request),
        target,
    })
}

pub(super) fn reduce(request: u64, target: OrderTarget, quantity: u64) -> ClientMessage {
    ClientMessage::Reduce(ReduceRequest {
        request: RequestNumber(request),
        target,
        quantity: Quantity::new(quantity),
    })
}

pub(super) fn replace(
    request: u64,
    target: OrderTarget,
    id: &str,
    price: i64,
    quantity: u64,
) -> ClientMessage {
    let replace = ReplaceRequest::new(target, Price::new(price), Quantity::new(quantity));
    ClientMessage::Replace(ReplaceRequest {
        request: RequestNumber(request),
        ..replace.with_id(client_id(id))
    })
}

pub(super) fn mass_cancel(request: u64, scope: MassCancelScope) -> ClientMessage {
    ClientMessage::MassCancel(MassCancelRequest {
        request: RequestNumber(request),
        scope,
        account: None,
        symbol: None,
        side: None,
    })
}
