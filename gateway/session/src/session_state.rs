//! The state of one session: its numbers in each direction, its stored messages, its connection.
//!
//! It must not know orders, rings or the log.

use std::collections::VecDeque;

use matchgate_core::domain::{Durability, FirmId, RejectReason, RequestNumber, SessionDefinition};
use matchgate_schema::message::LogonAnswer;

use crate::bounds::{OUTBOUND_BLOCKS_AHEAD, REPEATS_MAX, index};
use crate::report_store::ReportStore;
use crate::request_window::RequestWindow;

/// What a session is beyond the process.
pub(crate) struct SessionState {
    /// As defined last.
    pub(crate) definition: SessionDefinition,
    /// Class of the orders that it enters.
    pub(crate) durability: Durability,
    /// Requests taken and decided.
    pub(crate) requests: RequestWindow,
    /// Number of the next message.
    pub(crate) next_sequence: u64,
    /// Reserved numbers.
    pub(crate) reserved: Reserved,
    /// Numbered messages.
    pub(crate) store: ReportStore,
    /// Holes in its numbers, one a power loss at the most, the first one first.
    pub(crate) lost: Vec<Lost>,
    /// Live orders entered over it.
    pub(crate) open_count: u32,
    /// Those of class synced.
    pub(crate) synced_open_count: u32,
    /// The connection.
    pub(crate) connection: Connection,
}

/// A hole in a session's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// First number of the hole.
    pub(crate) from: u64,
    /// First number behind it.
    pub(crate) resumed_at: u64,
}

/// Outbound numbers that a client may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reserved {
    /// Last number that a record of the gateway log reserves.
    pub(crate) through: u64,
    /// Last number that a record on disk reserves.
    pub(crate) synced_through: u64,
    /// Whether a reservation is about to be logged.
    pub(crate) due: bool,
}

/// The connection of a session.
pub(crate) struct Connection {
    /// Whether there is one.
    pub(crate) connected: bool,
    /// Why it must end, where it must and the agent has not closed it yet.
    pub(crate) ending: Option<RejectReason>,
    /// Whether the session is in the list of those with something to send.
    pub(crate) listed: bool,
    /// Answer to the logon that is to be sent.
    pub(crate) answer: Option<LogonAnswer>,
    /// Position in the store of the next message to send.
    pub(crate) cursor: u64,
    /// Messages below this number were numbered before the logon.
    pub(crate) resent_below: u64,
    /// Repeated requests to be answered.
    pub(crate) repeats: VecDeque<RequestNumber>,
    /// Whether a heartbeat is to be sent.
    pub(crate) heartbeat_due: bool,
    /// When a message came last, on the agent's clock less the time in which none could be heard.
    pub(crate) heard_ns: u64,
    /// When a message was sent last, on the agent's clock.
    pub(crate) sent_ns: u64,
}

impl SessionState {
    /// Returns the state of a session that never logged on.
    pub(crate) fn new(definition: SessionDefinition, shard_count: u8) -> Self {
        Self {
            definition,
            durability: Durability::Written,
            requests: RequestWindow::new(),
            next_sequence: 1,
            reserved: Reserved::default(),
            store: ReportStore::new(index(definition.resend_messages_max), shard_count),
            lost: Vec::new(),
            open_count: 0,
            synced_open_count: 0,
            connection: Connection {
                connected: false,
                ending: None,
                listed: false,
                answer: None,
                cursor: 0,
                resent_below: 0,
                repeats: VecDeque::with_capacity(REPEATS_MAX),
                heartbeat_due: false,
                heard_ns: 0,
                sent_ns: 0,
            },
        }
    }

    /// Returns its firm.
    pub(crate) const fn firm(&self) -> FirmId {
        self.definition.firm
    }

    /// Returns whether no more than the blocks ahead of `block` numbers each are left of those
    /// reserved, and no reservation is about to be logged or on its way to the disk.
    pub(crate) const fn needs_reservation(&self, block: u64) -> bool {
        let ahead = block.saturating_mul(OUTBOUND_BLOCKS_AHEAD);
        let pending = self.reserved.due || self.reserved.synced_through < self.reserved.through;
        !pending && self.reserved.through <= self.used().saturating_add(ahead)
    }

    /// Returns the last number to be reserved next: a block beyond those ahead, which is used
    /// while the next reservation is on its way.
    pub(crate) const fn reserve_through(&self, block: u64) -> u64 {
        self.used()
            .saturating_add(block.saturating_mul(OUTBOUND_BLOCKS_AHEAD + 1))
    }

    /// Returns the last number given.
    const fn used(&self) -> u64 {
        self.next_sequence.saturating_sub(1)
    }

    /// Goes on behind the reserved numbers: those up to there may have been seen.
    pub(crate) fn skip_reserved(&mut self) {
        if self.next_sequence <= self.reserved.through {
            let resumed_at = self.reserved.through + 1;
            self.lost.push(Lost {
                from: self.next_sequence,
                resumed_at,
            });
            self.next_sequence = resumed_at;
        }
    }

    /// Returns where the first hole begins that a client may not know of that lacks message
    /// `next_expected`; 0 where there is none.
    pub(crate) fn lost_from(&self, next_expected: u64) -> u64 {
        self.lost
            .iter()
            .find(|lost| lost.resumed_at >= next_expected)
            .map_or(0, |lost| lost.from)
    }

    /// Returns why the connection must end, where its client has fallen behind the store.
    pub(crate) fn overtaken(&self) -> Option<RejectReason> {
        (self.connection.connected && self.connection.cursor < self.store.start())
            .then_some(RejectReason::SlowReader)
    }
}
