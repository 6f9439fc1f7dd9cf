//! Heartbeats: who is due to hear from us, and who has been silent for too long.

use matchgate_core::domain::{RejectReason, SessionId};

use crate::gateway_core::GatewayCore;

impl GatewayCore {
    /// Looks at every connection at `now_ns`, the agent's monotonic clock: lists those to which
    /// nothing was sent for a heartbeat interval as ready, and those from which nothing came for
    /// 2.5 intervals as ended. Calling late delays both, never skips them.
    pub fn on_tick(&mut self, now_ns: u64) {
        let interval_ns = self.options.heartbeat_interval_ns;
        let dead_ns = interval_ns.saturating_mul(5) / 2;
        for number in 0..self.sessions.len() {
            let session = SessionId(u32::try_from(number).unwrap_or(u32::MAX));
            let Some(state) = self.session_mut(session) else {
                continue;
            };
            if !state.connection.connected {
                continue;
            }
            let overtaken = state.overtaken();
            let silent = now_ns.saturating_sub(state.connection.heard_ns) >= dead_ns;
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
