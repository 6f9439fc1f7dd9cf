//! The network of a gateway: its reactor, its lines, and what waits on either.
//!
//! Made on the agent's own thread. It must not know what a message causes.

use std::collections::VecDeque;

use matchgate_core::domain::{RejectReason, SessionId};
use matchgate_schema::capnp::{Encoder, encode_server};
use matchgate_schema::message::{SERVER_FRAME_BYTES_MAX, ServerMessage};
use matchgate_session::GatewayCore;

use crate::connection::ConnectionId;
use crate::line::Lines;
use crate::reactor::Reactor;
use crate::reactor_options::{ReactorError, ReactorOptions};

/// Turns that a stopping gateway gives its peers to take the last message and close.
const CLOSE_TURNS_MAX: u32 = 100_000;

/// Reactor and lines.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) reactor: Reactor,
    pub(crate) lines: Lines,
    pub(crate) encoder: Encoder,
    /// Connections whose next message could not be taken, as by the order of the events.
    pub(crate) paused: Vec<ConnectionId>,
    /// Sessions with something to say for which their output had no room.
    waiting: VecDeque<SessionId>,
    /// Bytes sent in all when the waiting ones were looked at last.
    bytes_sent_seen: u64,
}

impl Network {
    /// Makes the reactor on the calling thread, which alone may use it. All allocation is here.
    ///
    /// # Errors
    ///
    /// Returns that of [`Reactor::new`].
    pub(crate) fn new(options: &ReactorOptions, sessions_max: u32) -> Result<Self, ReactorError> {
        let reactor = Reactor::new(options)?;
        let connections = usize::try_from(options.connections).unwrap_or(usize::MAX);
        Ok(Self {
            reactor,
            lines: Lines::new(options.connections, sessions_max),
            encoder: Encoder::new(),
            paused: Vec::with_capacity(connections),
            waiting: VecDeque::with_capacity(connections),
            bytes_sent_seen: 0,
        })
    }

    /// Tells a peer why its connection ends, and ends it: in good order where the output has
    /// room, else at once.
    pub(crate) fn say_logout(&mut self, id: ConnectionId, reason: RejectReason) {
        let frame = encode_server(&ServerMessage::Logout { reason }, &mut self.encoder);
        if self.reactor.send(id, frame) {
            self.reactor.close_after_flush(id);
        } else {
            self.reactor.abort(id);
        }
    }

    /// Writes what every session has to say into its output, as far as there is room. Returns the
    /// number of messages.
    pub(crate) fn speak(&mut self, core: &mut GatewayCore, now_ns: u64) -> usize {
        let mut messages = 0;
        let bytes_sent = self.reactor.counts().bytes_sent;
        if self.bytes_sent_seen != bytes_sent {
            self.bytes_sent_seen = bytes_sent;
            for _ in 0..self.waiting.len() {
                let Some(session) = self.waiting.pop_front() else {
                    break;
                };
                if let Some(id) = self.lines.of_session(session)
                    && self.lines.wait_for_output(id, false)
                {
                    messages += self.speak_to(id, session, core, now_ns);
                }
            }
        }
        while let Some(session) = core.pop_ready() {
            if let Some(id) = self.lines.of_session(session) {
                messages += self.speak_to(id, session, core, now_ns);
            }
        }
        messages
    }

    #[inline]
    fn speak_to(
        &mut self,
        id: ConnectionId,
        session: SessionId,
        core: &mut GatewayCore,
        now_ns: u64,
    ) -> usize {
        let mut messages = 0;
        while self.reactor.output_space(id) >= SERVER_FRAME_BYTES_MAX {
            let Some(message) = core.next_outbound(session, now_ns) else {
                return messages;
            };
            let sent = self
                .reactor
                .send(id, encode_server(&message, &mut self.encoder));
            debug_assert!(sent, "a frame is within its bound");
            messages += 1;
        }
        if !self.lines.wait_for_output(id, true) {
            self.waiting.push_back(session);
        }
        messages
    }

    /// Waits a bounded number of turns for every connection to take its last bytes and be closed
    /// by its peer.
    pub(crate) fn finish(&mut self) {
        for _ in 0..CLOSE_TURNS_MAX {
            if self.reactor.submit().is_err() {
                return;
            }
            self.reactor.poll();
            while self.reactor.next_event().is_some() {}
            if self.reactor.connections() == 0 {
                return;
            }
        }
    }
}
