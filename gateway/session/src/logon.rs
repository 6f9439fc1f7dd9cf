//! Logon: from a key and a wish to the first answer of a connection.

use matchgate_core::domain::{RejectReason, SessionId};
use matchgate_schema::message::{Logon, LogonAnswer, PROTOCOL_VERSION};

use crate::gateway_core::{GatewayCore, session_of};
use crate::gateway_log::{self, GatewayRecord};
use crate::outlet::Outlet;

impl GatewayCore {
    /// Logs a session on over a new connection. Its answer, and every message from the one that
    /// the client lacks on, are then there for [`Self::next_outbound`]. `now_ns` is the agent's
    /// monotonic clock.
    ///
    /// # Errors
    ///
    /// Returns the reason for the Logout message: an unknown version or key, a session that has
    /// a connection, or messages that do not exist yet or are no longer kept.
    pub fn logon(
        &mut self,
        logon: &Logon,
        now_ns: u64,
        outlet: &mut impl Outlet,
    ) -> Result<SessionId, RejectReason> {
        if logon.protocol_version != PROTOCOL_VERSION {
            return Err(RejectReason::ProtocolVersion);
        }
        let definition = self.directory.session_of(&logon.key);
        let session = definition.ok_or(RejectReason::UnknownKey)?.id;
        let state = self.session(session).ok_or(RejectReason::UnknownKey)?;
        if state.connection.connected {
            return Err(RejectReason::SessionInUse);
        }
        let wanted = match logon.next_expected {
            0 => state.next_sequence,
            sequence if sequence > state.next_sequence => return Err(RejectReason::SequenceAhead),
            sequence => sequence,
        };
        let cursor = state
            .store
            .position_of(wanted)
            .ok_or(RejectReason::ResendUnavailable)?;
        self.log(
            &GatewayRecord::Logon(gateway_log::Logon {
                next_expected: logon.next_expected,
                session,
                durability: logon.durability,
                reserved: [0; 3],
            }),
            outlet,
        );
        let block = self.options.outbound_block;
        let short = self.session(session);
        if short.is_some_and(|state| state.needs_reservation(block)) {
            self.reserve(session, outlet);
        }
        self.connect(session, logon, (wanted, cursor), now_ns);
        self.mark_ready(session);
        Ok(session)
    }

    fn connect(
        &mut self,
        session: SessionId,
        logon: &Logon,
        (wanted, cursor): (u64, u64),
        now_ns: u64,
    ) {
        let open_orders_max = self
            .directory
            .session(session)
            .and_then(|definition| self.directory.account(definition.default_account))
            .map_or(0, |account| account.open_orders_max);
        let heard_ns = self.hearing_ns(now_ns);
        let heartbeat_interval_ms = self.options.heartbeat_interval_ns / 1_000_000;
        let Some(state) = session_of(&mut self.sessions, session) else {
            return;
        };
        state.durability = logon.durability;
        let replay_from = state.store.get(cursor).map(|stored| stored.sequence);
        let answer = LogonAnswer {
            epoch: self.options.epoch.0,
            replay_from: replay_from.unwrap_or(state.next_sequence),
            next_sequence: state.next_sequence,
            decided_through: state.requests.decided_through(),
            request_highest: state.requests.highest(),
            decided_above: state.requests.decided_above(),
            durability: logon.durability,
            heartbeat_interval_ms: u32::try_from(heartbeat_interval_ms).unwrap_or(u32::MAX),
            open_orders_max,
            lost_from: state.lost_from(wanted),
        };
        let resent_below = state.next_sequence;
        let connection = &mut state.connection;
        connection.connected = true;
        connection.ending = None;
        connection.answer = Some(answer);
        connection.cursor = cursor;
        connection.resent_below = resent_below;
        connection.repeats.clear();
        connection.heartbeat_due = false;
        connection.heard_ns = heard_ns;
        connection.sent_ns = now_ns;
    }
}
