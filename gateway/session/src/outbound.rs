//! Outbound: what to send next on a connection.
//!
//! There is one mechanism for live messages and for those that are sent again: a position in the
//! session's store. A peer that reads slowly falls behind in its own store and nowhere else.

use matchgate_core::domain::{RejectReason, SessionId};
use matchgate_schema::message::ServerMessage;

use crate::gateway_core::{GatewayCore, session_of};

impl GatewayCore {
    /// Returns a session with something to send, once; it is listed anew when there is more. Who
    /// runs out of room for a connection comes back to it without being told. There is none while
    /// releases wait for [`Self::end_run`].
    pub fn pop_ready(&mut self) -> Option<SessionId> {
        if self.run.is_some() {
            return None;
        }
        let session = self.ready.pop_front()?;
        if let Some(state) = session_of(&mut self.sessions, session) {
            state.connection.listed = false;
        }
        Some(session)
    }

    /// Returns a connection that must end, and the reason for its Logout message; once.
    pub fn pop_ended(&mut self) -> Option<(SessionId, RejectReason)> {
        self.ended.pop_front()
    }

    /// Returns the next message to send to a session, if there is one. What it returns counts as
    /// sent. `now_ns` is the agent's monotonic clock.
    ///
    /// A numbered message is held back while its release is not in the log, which
    /// [`Self::end_run`] sees to, and while its number is not within what the log has reserved
    /// on disk: no client ever sees a number that could come again with other content.
    pub fn next_outbound(&mut self, session: SessionId, now_ns: u64) -> Option<ServerMessage> {
        let state = session_of(&mut self.sessions, session)?;
        if !state.connection.connected || state.connection.ending.is_some() {
            return None;
        }
        if let Some(reason) = state.overtaken() {
            self.end(session, reason);
            return None;
        }
        let Some(message) = self.take_outbound(session) else {
            if self.run.is_some() {
                // What the run released is there to send as soon as it has ended.
                self.mark_ready(session);
            }
            return None;
        };
        if let Some(state) = self.session_mut(session) {
            state.connection.sent_ns = now_ns;
        }
        Some(message)
    }

    fn take_outbound(&mut self, session: SessionId) -> Option<ServerMessage> {
        let run_open = self.run.is_some();
        let state = session_of(&mut self.sessions, session)?;
        let connection = &mut state.connection;
        if let Some(answer) = connection.answer.take() {
            return Some(ServerMessage::LogonAnswer(answer));
        }
        if !run_open
            && let Some(stored) = state.store.get(connection.cursor)
            && stored.sequence <= state.reserved.synced_through
        {
            connection.cursor += 1;
            return Some(ServerMessage::Report {
                sequence: stored.sequence,
                resend: stored.sequence < connection.resent_below,
                report: stored.report,
            });
        }
        if let Some(request) = connection.repeats.pop_front() {
            return Some(ServerMessage::RequestRepeated { request });
        }
        if !connection.heartbeat_due {
            return None;
        }
        connection.heartbeat_due = false;
        let next_sequence = state.next_sequence;
        Some(ServerMessage::Heartbeat {
            next_sequence,
            durable_through: self.durable_through(session),
        })
    }
}
