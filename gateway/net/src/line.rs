//! The lines of a gateway: which session speaks on which connection, and how much of its last
//! frame has come.
//!
//! It must not know what a session may say, or the reactor's memory.

use matchgate_core::domain::SessionId;

use crate::connection::ConnectionId;
use crate::frame_buffer::FrameBuffer;

/// Time that a connection has to take its last bytes and to be closed by the peer.
pub(crate) const CLOSE_TIMEOUT_NS: u64 = 1_000_000_000;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing.
    Free,
    /// It carries this session.
    Session(SessionId),
    /// It was told to end, and is reset at this time of the agent's clock.
    Closing { deadline_ns: u64 },
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Line {
    id: Option<ConnectionId>,
    usage: Use,
    /// Its session has something to say for which the output had no room.
    waits_for_output: bool,
    /// The beginning of a frame whose rest has not come.
    pub(crate) frames: FrameBuffer,
}

/// All connections of a gateway, by slot, and by session.
#[derive(Debug)]
pub(crate) struct Lines {
    slots: Box<[Line]>,
    by_session: Box<[Option<ConnectionId>]>,
}

impl Lines {
    /// Makes room for `connections` connections of `sessions` sessions. All allocation is here.
    pub(crate) fn new(connections: u32, sessions: u32) -> Self {
        let line = |_| Line {
            id: None,
            usage: Use::Free,
            waits_for_output: false,
            frames: FrameBuffer::new(),
        };
        Self {
            slots: (0..connections).map(line).collect(),
            by_session: (0..sessions).map(|_| None).collect(),
        }
    }

    /// Puts a connection to use.
    pub(crate) fn open(&mut self, id: ConnectionId, usage: Use) {
        if let Use::Session(session) = usage
            && let Some(place) = self.by_session.get_mut(index(session.get()))
        {
            *place = Some(id);
        }
        if let Some(line) = self.slots.get_mut(index(id.slot)) {
            line.id = Some(id);
            line.usage = usage;
            line.waits_for_output = false;
            line.frames.clear();
        }
    }

    /// Returns whether a session number is within the bound.
    pub(crate) fn knows(&self, session: SessionId) -> bool {
        index(session.get()) < self.by_session.len()
    }

    /// Returns the connection of a session, if it has one.
    #[inline]
    pub(crate) fn of_session(&self, session: SessionId) -> Option<ConnectionId> {
        self.by_session.get(index(session.get())).copied().flatten()
    }

    /// Returns the session that a connection carries and the frame that is on its way.
    #[inline]
    pub(crate) fn session_of(&mut self, id: ConnectionId) -> Option<(SessionId, &mut FrameBuffer)> {
        let line = self.slots.get_mut(index(id.slot))?;
        match line.usage {
            Use::Session(session) if line.id == Some(id) => Some((session, &mut line.frames)),
            Use::Session(_) | Use::Closing { .. } | Use::Free => None,
        }
    }

    /// Notes that a connection's session waits for room in its output, or no longer does; returns
    /// whether it waited before.
    pub(crate) fn wait_for_output(&mut self, id: ConnectionId, waits: bool) -> bool {
        match self.slots.get_mut(index(id.slot)) {
            Some(line) if line.id == Some(id) => {
                std::mem::replace(&mut line.waits_for_output, waits)
            }
            Some(_) | None => false,
        }
    }

    /// Notes that a connection was told to end, and returns the session that it carried, if it
    /// did: that one has no connection any more.
    pub(crate) fn begin_close(&mut self, id: ConnectionId, deadline_ns: u64) -> Option<SessionId> {
        let session = self.forget_session(id);
        self.open(id, Use::Closing { deadline_ns });
        session
    }

    /// Notes that a connection is over and returns the session that it carried, if it did.
    pub(crate) fn close(&mut self, id: ConnectionId) -> Option<SessionId> {
        let session = self.forget_session(id);
        if let Some(line) = self.slots.get_mut(index(id.slot))
            && line.id == Some(id)
        {
            line.id = None;
            line.usage = Use::Free;
        }
        session
    }

    fn forget_session(&mut self, id: ConnectionId) -> Option<SessionId> {
        let (session, _) = self.session_of(id)?;
        if let Some(place) = self.by_session.get_mut(index(session.get()))
            && *place == Some(id)
        {
            *place = None;
        }
        Some(session)
    }

    /// Returns a connection that carries a session, if there is one.
    pub(crate) fn any_in_session(&self) -> Option<ConnectionId> {
        self.by_session.iter().copied().flatten().next()
    }

    /// Returns the connections that were told to end and are past their time.
    pub(crate) fn closing_late(&self, now_ns: u64) -> impl Iterator<Item = ConnectionId> {
        self.slots.iter().filter_map(move |line| match line.usage {
            Use::Closing { deadline_ns } if now_ns >= deadline_ns => line.id,
            Use::Closing { .. } | Use::Session(_) | Use::Free => None,
        })
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
