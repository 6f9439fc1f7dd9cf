//! Heartbeats: who is due to hear from us, and who has been silent for too long.

use matchgate_core::domain::{RejectReason, SessionId};

use crate::gateway_core::GatewayCore;

impl GatewayCore {
    /// Notes that for the last `elapsed_ns` the agent took from no connection, for want of room of
    /// its own: in that time no peer was silent.
    pub const fn on_unheard(&mut self, elapsed_ns: u64) {
        self.unheard_ns = self.unheard_ns.saturating_add(elapsed_ns);
    }

    /// Notes that a session has said something that has to wait. `now_ns` is the agent's monotonic
    /// clock.
    pub fn on_heard(&mut self, session: SessionId, now_ns: u64) {
        let heard_ns = self.hearing_ns(now_ns);
        if let Some(state) = self.session_mut(session) {
            state.connection.heard_ns = heard_ns;
        }
    }

    /// Returns the agent's clock less the time in which nobody could be heard: silence is measured
    /// on it.
    #[inline]
    pub(crate) const fn hearing_ns(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.unheard_ns)
    }

    /// Looks at every connection at `now_ns`, the agent's monotonic clock: lists those to which
    /// nothing was sent for a heartbeat interval as ready, and those from which nothing came for
    /// 2.5 intervals, [`Self::on_unheard`] left out, as ended. Calling late delays both, never skips them.
    pub fn on_tick(&mut self, now_ns: u64) {
        let interval_ns = self.options.heartbeat_interval_ns;
        let dead_ns = interval_ns.saturating_mul(5) / 2;
        let hearing_ns = self.hearing_ns(now_ns);
        for number in 0..self.sessions.len() {
            let session = SessionId(u32::try_from(number).unwrap_or(u32::MAX));
            let Some(state) = self.session_mut(session) else {
                continue;
            };
            if !state.connection.connected {
                continue;
            }
            let overtaken = state.overtaken();
            let silent = hearing_ns.saturating_sub(state.connection.heard_ns) >= dead_ns;
            let due = now_ns.saturating_sub(state.connection.sent_ns) >= interval_ns;
            state.connection.heartbeat_due |= due;
            if let Some(reason) = overtaken {
                self.end(session, reason);
            } else if silent {
                self.end(session, RejectReason::HeartbeatTimeout);
            } else if due {
                self.mark_ready(session);
            }
        }
    }
}
