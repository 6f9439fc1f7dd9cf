//! The gateway core: everything that one gateway agent knows, and the order in which to call it.
//!
//! - Inputs: [`GatewayCore::apply_control`], [`GatewayCore::logon`], [`GatewayCore::on_message`],
//!   [`GatewayCore::disconnect`]; [`GatewayCore::on_event`] for each event that a shard sent,
//!   [`GatewayCore::on_synced`] and [`GatewayCore::on_log_synced`] for the marks,
//!   [`GatewayCore::on_tick`] for the time.
//! - Outputs: log records and commands go to the [`Outlet`] at once. Messages are asked for:
//!   after the inputs, [`GatewayCore::end_run`], then [`GatewayCore::pop_ended`] until it has no
//!   more, then for each [`GatewayCore::pop_ready`] as many [`GatewayCore::next_outbound`] as the
//!   connection has room for.
//!
//! This file holds the state and the small inputs; each larger one has a file of its own.

use std::collections::VecDeque;

use matchgate_core::domain::{
    AccountId, Command, Durability, Epoch, GatewayId, Name, RejectReason, RequestNumber,
    SequenceNumber, SessionId, ShardId,
};
use matchgate_schema::message::Report;

use crate::bounds::{self, DURABLE_STEP, RESERVES_PER_RUN, index};
use crate::directory::{ControlError, Directory};
use crate::gateway_log::{Disconnected, GatewayRecord, Released, Reserve, RunClass};
use crate::hash_seed::HashSeed;
use crate::held::Held;
use crate::in_flight::InFlight;
use crate::mass_cancel::MassCancels;
use crate::outlet::Outlet;
use crate::report_store::{Basis, Horizon, Stored};
use crate::resolver::Resolver;
use crate::session_state::SessionState;
use crate::slots::Slots;

/// What a gateway core is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayOptions {
    /// Its number.
    pub gateway: GatewayId,
    /// Epoch of this process.
    pub epoch: Epoch,
    /// Shards of the venue.
    pub shard_count: u8,
    /// New orders and replaces to one shard that may be without an answer; cancels have an
    /// eighth more.
    pub in_flight_max: usize,
    /// Legs of events that may wait for one shard's disk, beside one for each order slot. Orders of
    /// class synced are refused while more than three quarters of them are used or expected.
    pub held_max: usize,
    /// Outbound numbers of one block; [`bounds::OUTBOUND_BLOCKS_AHEAD`] of them are reserved ahead.
    pub outbound_block: u64,
    /// Nanoseconds between heartbeats; the peer is dead after 2.5 of them.
    pub heartbeat_interval_ns: u64,
    /// Seed of the hash of orders' names; no output depends on it.
    pub hash_seed: HashSeed,
}

impl GatewayOptions {
    /// Returns the usual options, with a hash seed of this process's own.
    #[must_use]
    pub fn new(gateway: GatewayId, epoch: Epoch, shard_count: u8) -> Self {
        Self {
            gateway,
            epoch,
            shard_count,
            in_flight_max: bounds::IN_FLIGHT_MAX,
            held_max: bounds::HELD_MAX,
            outbound_block: bounds::OUTBOUND_BLOCK,
            heartbeat_interval_ns: bounds::HEARTBEAT_INTERVAL_NS,
            hash_seed: HashSeed::of_process(),
        }
    }
}

/// Whether a message was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Intake {
    /// It was.
    Taken,
    /// It was not: too many answers to the session are on their way. Give it again later, and
    /// read nothing more from the connection until then.
    Later,
}

/// A connection must end: tell the peer why, close it, then call
/// [`GatewayCore::disconnect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection must end: {}", reason.text())]
pub struct SessionEnd {
    /// For the Logout message.
    pub reason: RejectReason,
}

/// An event is about an order that this gateway does not know: its log and the shard's journal
/// disagree, and the process must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {sequence}.{index} of shard {shard} is about an order that the gateway lacks")]
pub struct StreamFault {
    /// The shard.
    pub shard: ShardId,
    /// Sequence of the event's command.
    pub sequence: SequenceNumber,
    /// Index of the event.
    pub index: u32,
}

/// What an operator sees of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its number.
    pub session: SessionId,
    /// Its key.
    pub key: Name,
    /// Whether it has a connection.
    pub connected: bool,
    /// Class of the orders that it enters.
    pub durability: Durability,
    /// Number of its next message.
    pub next_sequence: u64,
    /// Highest request number taken.
    pub request_highest: RequestNumber,
    /// Number up to which every request is decided.
    pub decided_through: RequestNumber,
    /// Live orders entered over it, those on their way included.
    pub open_orders: u32,
}

/// One shard as this gateway sees it.
pub(crate) struct ShardSide {
    pub(crate) slots: Slots,
    pub(crate) in_flight: InFlight,
    pub(crate) held: Held,
    /// Live orders of class synced, those on their way included.
    pub(crate) synced_open_count: usize,
}

impl ShardSide {
    /// Returns whether the reports of one more order of class synced find room to wait for the
    /// disk: beside the answers that are on their way, and the end of each live order.
    #[inline]
    pub(crate) fn has_synced_order_room(&self) -> bool {
        let expected = self.in_flight.synced_count() + self.synced_open_count;
        self.held.has_order_room(expected)
    }
}

/// Live orders of an account, those on their way included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountLoad {
    pub(crate) open_count: u32,
    pub(crate) synced_open_count: u32,
}

/// Releases that are not in the log yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    shard: ShardId,
    class: RunClass,
    sequence: SequenceNumber,
    index: u32,
    leg_count: u32,
}

/// A reservation that is not on disk yet.
struct PendingReserve {
    log_sequence: u64,
    session: SessionId,
    through: u64,
}

/// The home of the sessions of one gateway agent.
pub struct GatewayCore {
    pub(crate) options: GatewayOptions,
    pub(crate) directory: Directory,
    pub(crate) shards: Vec<ShardSide>,
    pub(crate) sessions: Vec<Option<Box<SessionState>>>,
    pub(crate) accounts: Vec<AccountLoad>,
    pub(crate) resolver: Resolver,
    pub(crate) mass_cancels: MassCancels,
    /// What is on disk.
    pub(crate) synced: Horizon,
    /// Sequence of the last record of the gateway log.
    pub(crate) log_last: u64,
    /// Time in which no peer could be heard: [`GatewayCore::on_unheard`].
    pub(crate) unheard_ns: u64,
    pub(crate) run: Option<Run>,
    /// Sessions that need a reservation, each once.
    reserves_due: VecDeque<SessionId>,
    /// At most one a session.
    reserves: VecDeque<PendingReserve>,
    pub(crate) ready: VecDeque<SessionId>,
    pub(crate) ended: VecDeque<(SessionId, RejectReason)>,
}

impl std::fmt::Debug for GatewayCore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GatewayCore")
            .field("options", &self.options)
            .field("log_last", &self.log_last)
            .finish_non_exhaustive()
    }
}

impl GatewayCore {
    /// Returns a core that knows nothing yet. A process calls [`GatewayCore::recover`], also on a
    /// new data directory.
    pub(crate) fn empty(options: GatewayOptions) -> Self {
        let shards = (0..options.shard_count).map(|_| ShardSide {
            slots: Slots::new(),
            in_flight: InFlight::new(options.in_flight_max),
            held: Held::new(options.held_max),
            synced_open_count: 0,
        });
        Self {
            options,
            directory: Directory::new(options.shard_count),
            shards: shards.collect(),
            sessions: Vec::new(),
            accounts: Vec::new(),
            resolver: Resolver::new(0, 0, options.hash_seed),
            mass_cancels: MassCancels::new(),
            synced: Horizon::new(options.shard_count),
            log_last: 0,
            unheard_ns: 0,
            run: None,
            reserves_due: VecDeque::new(),
            reserves: VecDeque::new(),
            ready: VecDeque::new(),
            ended: VecDeque::new(),
        }
    }

    /// Applies a record of the control journal; repeats change nothing. Allocates for what it
    /// defines.
    ///
    /// # Errors
    ///
    /// Returns a [`ControlError`] where the record does not follow from those before; nothing is
    /// changed then.
    pub fn apply_control(&mut self, command: &Command) -> Result<(), ControlError> {
        if !self.directory.apply(command)? {
            return Ok(());
        }
        match command {
            Command::DefineAccount(_) => self
                .accounts
                .resize(self.directory.account_count(), AccountLoad::default()),
            Command::DefineSession(define) => self.define_session(define.session.id),
            Command::LendSlots(lend) if lend.gateway == self.options.gateway => {
                if let Some(side) = self.shards.get_mut(usize::from(lend.shard.0)) {
                    side.slots.lend(lend.slot_first, lend.slot_count);
                    side.held.lend(index(lend.slot_count));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn define_session(&mut self, id: SessionId) {
        let Some(definition) = self.directory.session(id).copied() else {
            return;
        };
        let home = self
            .directory
            .firm(definition.firm)
            .is_some_and(|firm| firm.gateway == self.options.gateway);
        if self.sessions.len() <= index(id.0) {
            self.sessions.resize_with(index(id.0) + 1, || None);
        }
        match self.sessions.get_mut(index(id.0)) {
            Some(Some(state)) => state.definition = definition,
            Some(vacant) if home => {
                let state = SessionState::new(definition, self.options.shard_count);
                *vacant = Some(Box::new(state));
            }
            _ => {}
        }
        let count = self.sessions.len();
        self.ready.reserve(count);
        self.ended.reserve(count);
        self.reserves_due.reserve(count);
        self.reserves.reserve(count);
    }

    /// Notes that the connection of a session is gone. The session and its orders stay.
    pub fn disconnect(&mut self, session: SessionId, outlet: &mut impl Outlet) {
        // Cancel on disconnect has its place here, as a mass cancel of the session.
        let Some(state) = self.session_mut(session) else {
            return;
        };
        if !state.connection.connected {
            return;
        }
        state.connection.connected = false;
        let reason = state.connection.ending.take();
        state.connection.answer = None;
        state.connection.repeats.clear();
        state.connection.heartbeat_due = false;
        self.log(
            &GatewayRecord::Disconnected(Disconnected {
                session,
                reason: reason.map_or(0, RejectReason::code),
                reserved: [0; 2],
            }),
            outlet,
        );
    }

    /// Notes that the gateway log is on disk up to record `sequence`.
    pub fn on_log_synced(&mut self, sequence: u64) {
        self.synced.log = sequence.max(self.synced.log);
        while let Some(reserve) = self
            .reserves
            .pop_front_if(|reserve| reserve.log_sequence <= sequence)
        {
            if let Some(state) = self.session_mut(reserve.session) {
                let synced_through = &mut state.reserved.synced_through;
                *synced_through = reserve.through.max(*synced_through);
            }
            // Where the disk was slow, what it brought may be used up already.
            self.reserve_if_needed(reserve.session);
            self.mark_ready(reserve.session);
        }
    }

    /// Returns how many events of a shard may be given to [`Self::on_event`] before the next
    /// [`Self::on_synced`].
    #[must_use]
    pub fn event_room(&self, shard: ShardId) -> usize {
        self.shards
            .get(usize::from(shard.0))
            .map_or(0, |side| side.held.event_room())
    }

    /// Returns the number of the last control record applied.
    #[must_use]
    pub const fn last_control(&self) -> matchgate_core::domain::ControlNumber {
        self.directory.last_control()
    }

    /// Returns what an operator sees, by session.
    pub fn sessions(&self) -> impl Iterator<Item = SessionView> {
        self.sessions.iter().flatten().map(|state| SessionView {
            session: state.definition.id,
            key: state.definition.key,
            connected: state.connection.connected,
            durability: state.durability,
            next_sequence: state.next_sequence,
            request_highest: state.requests.highest(),
            decided_through: state.requests.decided_through(),
            open_orders: state.open_count,
        })
    }

    /// Returns the live orders of an account, those on their way included.
    #[must_use]
    pub fn open_orders(&self, account: AccountId) -> u32 {
        self.accounts
            .get(index(account.0))
            .map_or(0, |load| load.open_count)
    }

    /// Writes the releases since the last call into the log, so that their messages may leave,
    /// and the reservations that they made necessary. Call it after the last
    /// [`Self::on_event`] of a duty cycle; a core that has released nothing does nothing.
    pub fn end_run(&mut self, outlet: &mut impl Outlet) {
        if let Some(run) = self.run.take() {
            let record = GatewayRecord::Released(Released {
                sequence: run.sequence,
                index: run.index,
                leg_count: run.leg_count,
                shard: run.shard,
                class: run.class,
                reserved: [0; 6],
            });
            self.log_last = outlet.log(&record);
        }
        for _ in 0..RESERVES_PER_RUN {
            let Some(session) = self.reserves_due.pop_front() else {
                break;
            };
            self.reserve(session, outlet);
        }
    }

    /// Appends a record behind the releases that came before it; returns its sequence.
    pub(crate) fn log(&mut self, record: &GatewayRecord, outlet: &mut impl Outlet) -> u64 {
        self.end_run(outlet);
        self.log_last = outlet.log(record);
        self.log_last
    }

    /// Counts one released leg to the run of its shard and class.
    pub(crate) fn extend_run(
        &mut self,
        shard: ShardId,
        class: RunClass,
        (sequence, index): (SequenceNumber, u32),
        outlet: &mut impl Outlet,
    ) {
        if self
            .run
            .is_some_and(|run| run.shard != shard || run.class != class)
        {
            self.end_run(outlet);
        }
        let run = self.run.get_or_insert(Run {
            shard,
            class,
            sequence,
            index,
            leg_count: 0,
        });
        run.sequence = sequence;
        run.index = index;
        run.leg_count += 1;
    }

    /// Gives a report the next number of its session and stores it. Returns false where there is
    /// no such session.
    pub(crate) fn number(
        &mut self,
        session: SessionId,
        report: Report,
        basis: Basis,
        log_sequence: u64,
    ) -> bool {
        let synced = &self.synced;
        let Some(state) = session_of(&mut self.sessions, session) else {
            return false;
        };
        state.store.push(Stored {
            sequence: state.next_sequence,
            report,
            basis,
            log_sequence,
        });
        state.next_sequence += 1;
        // Two steps a message keep up with the stream whatever its length.
        state.store.durable_through(synced, 2);
        self.reserve_if_needed(session);
        self.mark_ready(session);
        true
    }

    /// Lets [`Self::end_run`] reserve outbound numbers where too few are left.
    fn reserve_if_needed(&mut self, session: SessionId) {
        if let Some(state) = session_of(&mut self.sessions, session)
            && state.needs_reservation(self.options.outbound_block)
        {
            state.reserved.due = true;
            self.reserves_due.push_back(session);
        }
    }

    /// Reserves outbound numbers. No reservation of the session is on its way to the disk.
    pub(crate) fn reserve(&mut self, session: SessionId, outlet: &mut impl Outlet) {
        let Some(state) = session_of(&mut self.sessions, session) else {
            return;
        };
        let through = state.reserve_through(self.options.outbound_block);
        state.reserved.through = through;
        state.reserved.due = false;
        self.log_last = outlet.log(&GatewayRecord::Reserve(Reserve {
            through,
            session,
            reserved: [0; 4],
        }));
        self.reserves.push_back(PendingReserve {
            log_sequence: self.log_last,
            session,
            through,
        });
    }

    /// Forgets the reservations that old messages asked for: the log has them.
    pub(crate) fn forget_reservations_due(&mut self) {
        self.reserves_due.clear();
        for state in self.sessions.iter_mut().flatten() {
            state.reserved.due = false;
        }
    }

    /// Lists a session as one with something to send.
    pub(crate) fn mark_ready(&mut self, session: SessionId) {
        if let Some(state) = session_of(&mut self.sessions, session)
            && state.connection.connected
            && !state.connection.listed
        {
            state.connection.listed = true;
            self.ready.push_back(session);
        }
    }

    /// Lists a connection as one that must end.
    pub(crate) fn end(&mut self, session: SessionId, reason: RejectReason) {
        if let Some(state) = session_of(&mut self.sessions, session)
            && state.connection.connected
            && state.connection.ending.is_none()
        {
            state.connection.ending = Some(reason);
            self.ended.push_back((session, reason));
        }
    }

    /// Returns up to which of its messages a session would survive a power loss.
    pub(crate) fn durable_through(&mut self, session: SessionId) -> u64 {
        let synced = &self.synced;
        session_of(&mut self.sessions, session)
            .map_or(0, |state| state.store.durable_through(synced, DURABLE_STEP))
    }

    pub(crate) fn session(&self, session: SessionId) -> Option<&SessionState> {
        self.sessions.get(index(session.0))?.as_deref()
    }

    pub(crate) fn session_mut(&mut self, session: SessionId) -> Option<&mut SessionState> {
        session_of(&mut self.sessions, session)
    }
}

/// Finds a session while other fields of the core are borrowed.
pub(crate) fn session_of(
    sessions: &mut [Option<Box<SessionState>>],
    session: SessionId,
) -> Option<&mut SessionState> {
    sessions.get_mut(index(session.0))?.as_deref_mut()
}
