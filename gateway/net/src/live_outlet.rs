//! The live outlet: the session core's way to its log and to the shards' rings.
//!
//! It keeps room back, so that what takes risk away goes on when what adds risk is refused: new
//! orders stop first, then the sockets, and events of the shards last. It must not know sessions.

use std::time::Duration;

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
const EVENTS_SHARE: u64 = 16;
/// Share of the log's capacity that new orders may not use: one in so many.
const CANCELS_SHARE: u64 = 8;
/// Share of each ring that only cancels may use: one slot in so many.
const RING_CANCELS_SHARE: usize = 8;
/// Time between two looks at whether the journal writer has made room, at a start.
const ROOM_LOOK_INTERVAL: Duration = Duration::from_micros(50);

const _: () = assert!(CANCELS_SHARE < EVENTS_SHARE);

/// Gateway log and rings of a running gateway. Made first, since recovery writes through it; then
/// given to the agent.
#[derive(Debug)]
pub struct LiveOutlet {
    log: Appender,
    marks: Marks,
    shards: Vec<Producer<Command>>,
    clock: EventClock,
    /// Bytes that must be free for each use, beside those of the call itself.
    kept_for_events: usize,
    kept_for_cancels: usize,
    /// Whether new orders are refused, as of the last look.
    above_high_water: bool,
    time_ns: u64,
}

impl LiveOutlet {
    /// Returns the outlet into `log` and the rings to the shards, in the order of their numbers.
    /// An eighth of each ring is kept for cancels here; the producers have no reserve of their
    /// own. `clock` gives the time of the log's records.
    #[must_use]
    pub fn new(log: Appender, shards: Vec<Producer<Command>>, clock: EventClock) -> Self {
        let share = |of: u64| usize::try_from(log.capacity_bytes() / of).unwrap_or(usize::MAX);
        Self {
            kept_for_events: share(EVENTS_SHARE),
            kept_for_cancels: share(CANCELS_SHARE),
            marks: log.marks(),
            log,
            shards,
            above_high_water: false,
            time_ns: clock.now_ns(),
            clock,
        }
    }

    /// Returns the marks of the log.
    #[must_use]
    pub fn log_marks(&self) -> &Marks {
        &self.marks
    }

    /// Begins a turn of the agent: reads the time that its records get.
    pub(crate) fn begin_turn(&mut self) {
        self.time_ns = self.clock.now_ns();
    }

    /// Returns whether one call of the core that takes from a client has room in the log, and
    /// notes whether new orders may go on.
    #[inline]
    pub(crate) fn has_room_for_client(&mut self) -> bool {
        self.above_high_water = !self.has_room_beside(self.kept_for_cancels);
        !self.above_high_water || self.has_room_beside(self.kept_for_events)
    }

    /// Returns whether one call of the core that takes from a shard has room in the log.
    #[inline]
    pub(crate) fn has_room_for_events(&mut self) -> bool {
        self.has_room_beside(0)
    }

    fn has_room_beside(&mut self, kept: usize) -> bool {
        self.log.has_room(LOG_BYTES_NEEDED + kept)
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
        let Some(ring) = self.shards.get(usize::from(shard.get())) else {
            return false;
        };
        match priority {
            Priority::Ordinary => {
                let reserve = ring.capacity() / RING_CANCELS_SHARE;
                !self.above_high_water && ring.has_room(1 + reserve)
            }
            Priority::Cancel => ring.has_room(1),
        }
    }

    fn route(&mut self, shard: ShardId, command: &Command, _priority: Priority) {
        let ring = self
            .shards
            .get_mut(usize::from(shard.get()))
            .expect("has_room knows the shard");
        let pushed = ring.try_push(*command);
        pushed.expect("has_room was asked just before");
    }
}

const _: () = assert!(
    record_bytes(GATEWAY_RECORD_BODY_MAX) <= LOG_BYTES_PER_CALL_MAX,
    "the longest record fits the room of one call"
);
