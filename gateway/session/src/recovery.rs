//! Recovery: the sessions of the last process, as they were, from control journal, gateway log
//! and shard journals.
//!
//! Every message that the log numbered is made again under its number; every request is decided
//! or not, as the journals say; what shards journaled and nobody released is released now. The
//! first record that a new process logs is [`GatewayRecord::Recovered`], so a crash at any point
//! of this leaves logs from which the next one comes to the same end.
//!
//! After a loss of power the log may lack its end while a journal has it, or say that a message
//! was numbered whose command is gone. What the log numbered from there on cannot be made again:
//! every session goes on behind the numbers that it had reserved on disk, what is known is
//! released anew under new numbers, and the next logon answer says from where messages are lost.

use std::error::Error;

use matchgate_core::Shard;
use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_core::domain::{
    Command, Event, RingNumber, SequenceNumber, Sequenced, SessionId, ShardId,
};

use crate::directory::ControlError;
use crate::gateway_core::{GatewayCore, GatewayOptions, StreamFault};
use crate::gateway_log::{GatewayRecord, Recovered, Refused, Released, RoutedAll, RunClass};
use crate::outlet::{LogFailed, Outlet};
use crate::recovery_requests::RequestHistory;
use crate::recovery_shard::ShardReplay;
use crate::report_store::Basis;
use crate::reports;
use crate::resolver::{Place, Resolver};

/// Whatever a source of records could not do.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// What a shard did, from its first command on: its journal, applied.
pub trait ShardHistory {
    /// Puts the events of the next command into `events`, which is emptied first, and returns
    /// the command; `None` after the last.
    ///
    /// # Errors
    ///
    /// Returns what kept it from reading or applying the journal.
    fn next(&mut self, events: &mut Vec<Event>) -> Result<Option<Sequenced<Command>>, SourceError>;
}

/// A shard as it stands after recovery, and how it came there.
pub struct RecoveredShard<'a> {
    /// After the last command of its journal.
    pub shard: &'a Shard,
    /// From the first.
    pub history: &'a mut dyn ShardHistory,
}

/// What a gateway is recovered from.
pub struct RecoveryInput<'a> {
    /// What the core is made with.
    pub options: GatewayOptions,
    /// The control journal, in its order.
    pub controls: &'a mut dyn Iterator<Item = Command>,
    /// The gateway log with its sequences, in its order.
    pub log: &'a mut dyn Iterator<Item = Result<(u64, GatewayRecord), SourceError>>,
    /// Sequence of the record that the log takes next. Where it is not one above the last
    /// record's, power was lost since that was written.
    pub log_next: u64,
    /// The shards, in the order of their numbers.
    pub shards: Vec<RecoveredShard<'a>>,
}

/// A gateway cannot be recovered; nothing may be sent to clients.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A control record does not follow from those before.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The gateway log cannot be read.
    #[error("the gateway log cannot be read: {0}")]
    Log(#[source] SourceError),
    /// The gateway log cannot be written: the disk is at fault, not what is on it.
    #[error(transparent)]
    LogFailed(#[from] LogFailed),
    /// A shard's journal cannot be read.
    #[error("the journal of shard {shard} cannot be read: {source}")]
    History {
        /// The shard.
        shard: ShardId,
        /// Why.
        source: SourceError,
    },
    /// A shard's journal has an order that the gateway cannot have sent.
    #[error(transparent)]
    Stream(#[from] StreamFault),
    /// The input has another number of shards than the options.
    #[error("{given} shards where the venue has {expected}")]
    ShardCount {
        /// Shards of the input.
        given: usize,
        /// Shards of the options.
        expected: u8,
    },
    /// The log says that events were released which the shard's journal does not have, or has
    /// more of.
    #[error(
        "gateway log record {log_sequence}: {recorded} reports of shard {shard} were released, \
         its journal has {counted}"
    )]
    Run {
        /// Sequence of the record.
        log_sequence: u64,
        /// The shard, or one that the venue does not have.
        shard: ShardId,
        /// Legs by the record.
        recorded: u32,
        /// Legs in the journal.
        counted: u32,
    },
    /// The log gives a refusal another number than the stream so far.
    #[error(
        "gateway log record {log_sequence}: session {session} refused under number {recorded}, \
         which should be {expected}"
    )]
    Number {
        /// Sequence of the record.
        log_sequence: u64,
        /// The session.
        session: SessionId,
        /// Number by the record.
        recorded: u64,
        /// The session's next number.
        expected: u64,
    },
    /// The log is about a session that is not defined, or not of this gateway.
    #[error("gateway log record {log_sequence} is about session {session}, which is not here")]
    UnknownSession {
        /// Sequence of the record.
        log_sequence: u64,
        /// The session.
        session: SessionId,
    },
    /// After all, a slot holds a live order here and not in the shard, or the other way round.
    #[error("slot {slot} of shard {shard}: gateway and shard disagree about its order")]
    Slot {
        /// The shard.
        shard: ShardId,
        /// The slot.
        slot: u32,
    },
}

/// A recovery on its way.
struct Replay<'a> {
    core: GatewayCore,
    shards: Vec<ShardReplay<'a>>,
    requests: RequestHistory,
    /// The run whose legs a journal lacks, from which on the log's numbers are void until the
    /// record of the process that recovered from it.
    void: Option<RecoveryError>,
    /// Refusals whose numbers are void, and that have no new ones yet.
    void_refusals: Vec<Refused>,
    log_last: u64,
}

impl GatewayCore {
    /// Returns the core of a gateway as its logs leave it, and makes the logs ready for it to go
    /// on: see the module's text. Called at each start, also on a new data directory. All large
    /// allocation happens here.
    ///
    /// The rings behind `outlet` are empty and take whatever it sends. The journal writer runs:
    /// where the log has no room, this waits until it has made some.
    ///
    /// # Errors
    ///
    /// Returns a [`RecoveryError`] where the logs cannot be read or do not belong together, or
    /// the gateway log cannot be written.
    pub fn recover(
        input: RecoveryInput<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Self, RecoveryError> {
        let mut core = Self::empty(input.options);
        if input.shards.len() != usize::from(input.options.shard_count) {
            return Err(RecoveryError::ShardCount {
                given: input.shards.len(),
                expected: input.options.shard_count,
            });
        }
        for command in input.controls {
            core.apply_control(&command)?;
        }
        let gateway = input.options.gateway;
        let shards = (0..).map(ShardId).zip(input.shards);
        let mut replay = Replay {
            core,
            shards: shards
                .map(|(shard, source)| ShardReplay::new(shard, gateway, source))
                .collect(),
            requests: RequestHistory::default(),
            void: None,
            void_refusals: Vec::new(),
            log_last: 0,
        };
        for record in input.log {
            let (log_sequence, record) = record.map_err(RecoveryError::Log)?;
            replay.take(log_sequence, &record)?;
            replay.log_last = log_sequence;
        }
        replay.finish(input.log_next, outlet)
    }
}

impl Replay<'_> {
    fn take(&mut self, log_sequence: u64, record: &GatewayRecord) -> Result<(), RecoveryError> {
        match record {
            GatewayRecord::Logon(logon) => {
                self.core
                    .session_mut(logon.session)
                    .ok_or(unknown(log_sequence, logon.session))?
                    .durability = logon.durability;
            }
            GatewayRecord::Disconnected(_) => {}
            GatewayRecord::Reserve(reserve) => {
                let state = self.core.session_mut(reserve.session);
                let state = state.ok_or(unknown(log_sequence, reserve.session))?;
                state.reserved.through = reserve.through.max(state.reserved.through);
                state.reserved.synced_through = state.reserved.through;
            }
            GatewayRecord::Routed(routed) => {
                self.requests.routed(routed.session, routed.request);
                if let Some(shard) = self.shards.get_mut(usize::from(routed.shard.0)) {
                    shard.routed(routed.ring, routed.session, routed.request);
                }
            }
            GatewayRecord::RoutedAll(routed) => self.take_routed_all(routed),
            GatewayRecord::Refused(refused) => self.take_refused(log_sequence, refused)?,
            GatewayRecord::Released(released) => self.take_released(log_sequence, released)?,
            GatewayRecord::Recovered(recovered) => self.take_recovered(recovered)?,
        }
        Ok(())
    }

    fn take_routed_all(&mut self, routed: &RoutedAll) {
        if !self.core.mass_cancels.knows(routed.session, routed.request) {
            self.requests.routed(routed.session, routed.request);
        }
        self.core.mass_cancels.routed(routed);
        for entry in routed.shards.iter().take(usize::from(routed.shard_count)) {
            if let Some(shard) = self.shards.get_mut(usize::from(entry.shard.0)) {
                shard.routed(entry.ring, routed.session, routed.request);
            }
        }
    }

    fn take_refused(&mut self, log_sequence: u64, refused: &Refused) -> Result<(), RecoveryError> {
        self.requests.decided(refused.session, refused.request);
        if self.void.is_some() {
            self.void_refusals.push(*refused);
            return Ok(());
        }
        self.void_refusals
            .retain(|void| (void.session, void.request) != (refused.session, refused.request));
        let state = self.core.session(refused.session);
        let expected = state
            .ok_or(unknown(log_sequence, refused.session))?
            .next_sequence;
        if refused.outbound != expected {
            return Err(RecoveryError::Number {
                log_sequence,
                session: refused.session,
                recorded: refused.outbound,
                expected,
            });
        }
        let report = reports::refusal(refused);
        self.core
            .number(refused.session, report, Basis::Log, log_sequence);
        Ok(())
    }

    fn take_released(
        &mut self,
        log_sequence: u64,
        released: &Released,
    ) -> Result<(), RecoveryError> {
        if self.void.is_some() {
            return Ok(());
        }
        let mismatch = |counted| RecoveryError::Run {
            log_sequence,
            shard: released.shard,
            recorded: released.leg_count,
            counted,
        };
        let shard = self.shards.get_mut(usize::from(released.shard.0));
        let shard = shard.ok_or(mismatch(0))?;
        let last = (released.sequence, released.index);
        shard.read_through(released.sequence, &self.core, &mut self.requests)?;
        let counted = shard.count_through(released.class, last);
        if counted > released.leg_count {
            return Err(mismatch(counted));
        }
        if counted < released.leg_count {
            self.void = Some(mismatch(counted));
            return Ok(());
        }
        while let Some(leg) = shard.pop_through(released.class, last) {
            leg.open(released.shard, &mut self.core);
            self.core.report(released.shard, &leg.leg, log_sequence)?;
        }
        Ok(())
    }

    fn take_recovered(&mut self, recovered: &Recovered) -> Result<(), RecoveryError> {
        if recovered.power_lost {
            self.void = None;
            for state in self.core.sessions.iter_mut().flatten() {
                state.skip_reserved();
            }
        }
        if let Some(error) = self.void.take() {
            return Err(error);
        }
        for (shard, ring) in self.shards.iter_mut().zip(&recovered.rings) {
            shard.journaled_through(*ring, &mut self.requests);
        }
        let rings = &recovered.rings;
        self.core
            .mass_cancels
            .recovered(|shard| rings.get(shard).copied().unwrap_or_default());
        Ok(())
    }

    /// Takes what is in no record yet, and writes the records.
    fn finish(
        mut self,
        log_next: u64,
        outlet: &mut impl Outlet,
    ) -> Result<GatewayCore, RecoveryError> {
        let mut recovered = Recovered {
            epoch: self.core.options.epoch,
            power_lost: log_next != self.log_last + 1,
            shard_count: self.core.options.shard_count,
            rings: [RingNumber(0); SHARDS_MAX],
        };
        for (ring, shard) in recovered.rings.iter_mut().zip(&self.shards) {
            *ring = shard.last_ring();
        }
        self.take_recovered(&recovered)?;
        self.core.forget_reservations_due();
        self.core.synced.log = log_next.saturating_sub(1);
        outlet.wait_for_room()?;
        self.core.log(&GatewayRecord::Recovered(recovered), outlet);
        for mut refused in std::mem::take(&mut self.void_refusals) {
            if let Some(state) = self.core.session(refused.session) {
                refused.outbound = state.next_sequence;
                outlet.wait_for_room()?;
                self.core.log_refused(&refused, outlet);
            }
        }
        for shard in &mut self.shards {
            let number = shard.shard();
            shard.read_through(SequenceNumber(u64::MAX), &self.core, &mut self.requests)?;
            while let Some(leg) =
                shard.pop_through(RunClass::Both, (SequenceNumber(u64::MAX), u32::MAX))
            {
                let position = leg.position();
                leg.open(number, &mut self.core);
                outlet.wait_for_room()?;
                self.core
                    .extend_run(number, RunClass::Both, position, outlet);
                let log_sequence = self.core.log_last + 1;
                self.core.report(number, &leg.leg, log_sequence)?;
            }
            self.core.synced.raise(number.0, shard.last_sequence().0);
        }
        outlet.wait_for_room()?;
        self.core.end_run(outlet);
        self.rebuild()?;
        self.complete(outlet)?;
        Ok(self.core)
    }

    /// Makes windows, names, counts, free slots and ring numbers from what is live.
    fn rebuild(&mut self) -> Result<(), RecoveryError> {
        let core = &mut self.core;
        for state in core.sessions.iter_mut().flatten() {
            state.requests = self.requests.window(state.definition.id);
        }
        let slots = core.shards.iter().map(|side| side.slots.count()).sum();
        let in_flight = core.options.in_flight_max * core.shards.len();
        core.resolver = Resolver::new(slots, in_flight.min(slots), core.options.hash_seed);
        let mut live = Vec::new();
        for (side, replay) in core.shards.iter_mut().zip(&self.shards) {
            for (slot, record) in side.slots.all() {
                let view = replay.slot(slot);
                let agrees = record.live == view.live
                    && (!view.live || record.handle.generation == view.generation);
                if !agrees {
                    let shard = replay.shard();
                    return Err(RecoveryError::Slot { shard, slot });
                }
            }
            side.slots.rebuild_free(|slot| replay.slot(slot).generation);
            side.in_flight.continue_after(replay.highest_ring());
            let shard = replay.shard().0;
            live.extend(side.slots.live().map(|record| (shard, *record)));
        }
        for (shard, record) in live {
            let handle = record.handle;
            let place = Place { shard, handle };
            let account = core.directory.account(record.account);
            let firm = account.map(|account| account.firm).unwrap_or_default();
            core.resolver
                .enter_client_id(firm, record.client_order_id, place);
            core.resolver
                .enter_request(record.session, record.order_request, place);
            core.resolver.enter_order_id(record.order_id, place);
            core.count_opened(ShardId(shard), &record);
        }
        Ok(())
    }

    /// Reserves numbers for sessions that are short of them, and sends the missing parts of mass
    /// cancels.
    fn complete(&mut self, outlet: &mut impl Outlet) -> Result<(), LogFailed> {
        let block = self.core.options.outbound_block;
        let short: Vec<SessionId> = self
            .core
            .sessions
            .iter()
            .flatten()
            .filter(|state| state.reserved.through > 0 && state.needs_reservation(block))
            .map(|state| state.definition.id)
            .collect();
        for session in short {
            outlet.wait_for_room()?;
            self.core.reserve(session, outlet);
        }
        while let Some(incomplete) = self.core.mass_cancels.incomplete() {
            outlet.wait_for_room()?;
            let request = (incomplete.session, incomplete.request);
            self.core
                .fan_out(request, &incomplete.filter, &incomplete.missing, outlet);
        }
        Ok(())
    }
}

fn unknown(log_sequence: u64, session: SessionId) -> RecoveryError {
    RecoveryError::UnknownSession {
        log_sequence,
        session,
    }
}
