//! Requests of the last processes: which were taken, and which of them are not decided.
//!
//! Unbounded, since it lives during recovery only. It must not know what decides a request.

use std::collections::{BTreeMap, BTreeSet};

use matchgate_core::domain::{RequestNumber, SessionId};

use crate::request_window::RequestWindow;

/// Requests of all sessions.
#[derive(Default)]
pub(crate) struct RequestHistory {
    sessions: BTreeMap<SessionId, Requests>,
}

#[derive(Default)]
struct Requests {
    highest: u64,
    undecided: BTreeSet<u64>,
}

impl RequestHistory {
    /// Notes that a request was sent to a shard.
    pub(crate) fn routed(&mut self, session: SessionId, request: RequestNumber) {
        let requests = self.sessions.entry(session).or_default();
        requests.reach(request.0);
        requests.undecided.insert(request.0);
    }

    /// Notes that a request is decided, be it one that no record says was sent.
    pub(crate) fn decided(&mut self, session: SessionId, request: RequestNumber) {
        let requests = self.sessions.entry(session).or_default();
        requests.reach(request.0);
        requests.undecided.remove(&request.0);
    }

    /// Returns the window of a session.
    pub(crate) fn window(&self, session: SessionId) -> RequestWindow {
        self.sessions
            .get(&session)
            .map_or_else(RequestWindow::new, |requests| {
                RequestWindow::recovered(requests.highest, requests.undecided.iter().copied())
            })
    }
}

impl Requests {
    /// Those that are left out on the way, after a power loss, were lost with their records.
    fn reach(&mut self, request: u64) {
        self.undecided.extend(self.highest + 1..request);
        self.highest = self.highest.max(request);
    }
}
