//! The live outlet: the session core's way to its log and to the shards' rings.
//!
//! It keeps room back, so that what takes risk away goes on when what adds risk is refused: new
//! orders and replaces stop first, be it for want of room in the shard's ring, in the shard's
//! staging log or in the gateway log. As the gateway log fills further, they are not even refused
//! but wait, then the sockets do, and events of the shards last. It must not know sessions.

use std::time::Duration;

use matchgate_core::domain::bounds::COMMAND_BODY_MAX;
use matchgate_core::domain::{Command, ShardId};
use matchgate_journal::{Appender, Marks, record_bytes};
use matchgate_runtime::{EventClock, Producer};
use matchgate_session::bounds::LOG_BYTES_PER_CALL_MAX;
use matchgate_session::gateway_log::GATEWAY_RECORD_BODY_MAX;
use matchgate_session::{GatewayRecord, LogFailed, Outlet, Priority};

/// Bytes of log that one step of the agent may need: a call of the core, and the disconnection that
/// it may lead to.
const LOG_BYTES_NEEDED: usize = 2 * LOG_BYTES_PER_CALL_MAX;
/// Share of the log's capacity that only events of the shards may use: one in so many.
const LOG_EVENTS_SHARE: u64 = 16;
/// Share of the log's capacity that orders may not use, refused ones neither: one in so many.
const LOG_CANCELS_SHARE: u64 = 8;
/// Share of the log's capacity below which orders are refused: one in so many. What is between
/// this and the one before is for the records of the refusals.
const LOG_REFUSALS_SHARE: u64 = 4;
/// Share of a shard's staging log that orders may not use: one in so many.
const STAGING_CANCELS_SHARE: u64 = 8;
/// Share of each ring that only cancels may use: one slot in so many.
const RING_CANCELS_SHARE: usize = 8;
/// Bytes of a shard's staging log that one command may take.
const COMMAND_RECORD_BYTES_MAX: usize = record_bytes(COMMAND_BODY_MAX);
/// Time between two looks at whether the journal writer has made room, at a start.
const ROOM_LOOK_INTERVAL: Duration = Duration::from_micros(50);

const _: () = assert!(LOG_REFUSALS_SHARE < LOG_CANCELS_SHARE);
const _: () = assert!(LOG_CANCELS_SHARE < LOG_EVENTS_SHARE);

/// The way to one shard.
#[derive(Debug)]
struct ShardWay {
    ring: Producer<Command>,
    staging: Option<StagingWatch>,
    /// Orders that may go to the shard in this turn, as far as its staging log is concerned.
    orders_left: usize,
}

/// How full the staging log of a shard may be for what.
#[derive(Debug)]
struct StagingWatch {
    marks: Marks,
    /// Bytes that orders may not use.
    kept_for_cancels: u64,
    /// Free bytes with which the log cannot become too full in one turn.
    plenty: u64,
}

/// Gateway log and rings of a running gateway. Made first, since recovery writes through it; then
/// given to the agent.
#[derive(Debug)]
pub struct LiveOutlet {
    log: Appender,
    marks: Marks,
    shards: Vec<ShardWay>,
    clock: EventClock,
    /// Bytes of the log that must be free for each use, those of one step included.
    kept_for_events: u64,
    kept_for_cancels: u64,
    kept_for_refusals: u64,
    /// Whether orders are refused, as of the last look.
    above_high_water: bool,
    time_ns: u64,
}

impl LiveOutlet {
    /// Returns the outlet into `log` and the rings to the shards, in the order of their numbers.
    /// An eighth of each ring is kept for cancels here; the producers have no reserve of their
    /// own. `clock` gives the time of the log's records.
    #[must_use]
    pub fn new(log: Appender, shards: Vec<Producer<Command>>, clock: EventClock) -> Self {
        let needed = u64::try_from(LOG_BYTES_NEEDED).unwrap_or(u64::MAX);
        let kept = |share| log.capacity_bytes() / share + needed;
        let way = |ring| ShardWay {
            ring,
            staging: None,
            orders_left: usize::MAX,
        };
        Self {
            kept_for_events: kept(LOG_EVENTS_SHARE),
            kept_for_cancels: kept(LOG_CANCELS_SHARE),
            kept_for_refusals: kept(LOG_REFUSALS_SHARE),
            marks: log.marks(),
            log,
            shards: shards.into_iter().map(way).collect(),
            above_high_water: false,
            time_ns: clock.now_ns(),
            clock,
        }
    }

    /// Looks at the staging logs of the shards, of which `marks` are, from the next turn on.
    pub(crate) fn watch<'a>(&mut self, marks: impl Iterator<Item = &'a Marks>) {
        for (way, marks) in self.shards.iter_mut().zip(marks) {
            way.staging = Some(StagingWatch::new(marks.clone(), way.ring.capacity()));
        }
    }

    /// Returns the marks of the log.
    #[must_use]
    pub fn log_marks(&self) -> &Marks {
        &self.marks
    }

    /// Begins a turn of the agent: reads the time that its records get, and how full the shards'
    /// staging logs are.
    pub(crate) fn begin_turn(&mut self) {
        self.time_ns = self.clock.now_ns();
        for way in &mut self.shards {
            if let Some(staging) = &way.staging {
                way.orders_left = staging.orders_left(&way.ring);
            }
        }
    }

    /// Returns whether one call of the core that takes from a client has room in the log, and
    /// notes whether orders may go on.
    #[inline]
    pub(crate) fn has_room_for_client(&mut self) -> bool {
        self.above_high_water = !self.log.has_free(self.kept_for_refusals);
        self.has_room_for_events()
            && (!self.above_high_water || self.log.has_free(self.kept_for_events))
    }

    /// Returns whether an order has to wait, since its refusal would take the room of a cancel.
    /// Asked for behind [`Self::has_room_for_client`].
    #[inline]
    pub(crate) fn orders_wait(&mut self) -> bool {
        self.above_high_water && !self.log.has_free(self.kept_for_cancels)
    }

    /// Returns whether one call of the core that takes from a shard has room in the log.
    #[inline]
    pub(crate) fn has_room_for_events(&mut self) -> bool {
        self.log.has_room(LOG_BYTES_NEEDED)
    }
}

impl StagingWatch {
    fn new(marks: Marks, ring_commands: usize) -> Self {
        let kept_for_cancels = marks.capacity_bytes() / STAGING_CANCELS_SHARE;
        let ring_bytes = ring_commands.saturating_mul(COMMAND_RECORD_BYTES_MAX);
        let ring_bytes = u64::try_from(ring_bytes).unwrap_or(u64::MAX);
        Self {
            marks,
            kept_for_cancels,
            plenty: kept_for_cancels.saturating_add(ring_bytes),
        }
    }

    /// Returns how many orders the shard may be sent before its staging log is at high water, were
    /// each of the longest kind. The shard takes everything that is in its ring, so what is there
    /// counts.
    fn orders_left(&self, ring: &Producer<Command>) -> usize {
        let free = self.marks.free_bytes();
        if free >= self.plenty {
            // More than the ring holds.
            return usize::MAX;
        }
        let free = free.saturating_sub(self.kept_for_cancels);
        let commands = usize::try_from(free).unwrap_or(usize::MAX) / COMMAND_RECORD_BYTES_MAX;
        commands.saturating_sub(ring.capacity() - ring.free_slots())
    }
}

impl Outlet for LiveOutlet {
    fn log(&mut self, record: &GatewayRecord) -> u64 {
        let kind = record.kind_byte();
        let appended = record.with_parts(|parts| self.log.append(kind, self.time_ns, parts));
        let sequence = appended.expect("room was asked for before the call of the core");
        if matches!(record, GatewayRecord::Reserve(_)) {
            // A logon waits for it.
            self.marks.request_sync(sequence);
        }
        sequence
    }

    fn wait_for_room(&mut self) -> Result<(), LogFailed> {
        while !self.log.has_room(LOG_BYTES_PER_CALL_MAX) {
            if self.marks.failed() {
                return Err(LogFailed);
            }
            self.marks.request_sync(self.marks.written());
            std::thread::sleep(ROOM_LOOK_INTERVAL);
        }
        Ok(())
    }

    fn has_room(&self, shard: ShardId, priority: Priority) -> bool {
        let Some(way) = self.shards.get(usize::from(shard.get())) else {
            return false;
        };
        match priority {
            Priority::Ordinary => {
                let reserve = way.ring.capacity() / RING_CANCELS_SHARE;
                !self.above_high_water && way.orders_left > 0 && way.ring.has_room(1 + reserve)
            }
            Priority::Cancel => way.ring.has_room(1),
        }
    }

    fn route(&mut self, shard: ShardId, command: &Command, _priority: Priority) {
        let way = self
            .shards
            .get_mut(usize::from(shard.get()))
            .expect("has_room knows the shard");
        // A cancel takes of the staging log as an order does.
        way.orders_left = way.orders_left.saturating_sub(1);
        let pushed = way.ring.try_push(*command);
        pushed.expect("has_room was asked just before");
    }
}

const _: () = assert!(
    record_bytes(GATEWAY_RECORD_BODY_MAX) <= LOG_BYTES_PER_CALL_MAX,
    "the longest record fits the room of one call"
);
