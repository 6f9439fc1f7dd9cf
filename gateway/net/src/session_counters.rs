//! What an operator sees of each session, for samplers on other threads. Set now and then, off the
//! path of any order.

use matchgate_core::domain::SessionId;
use matchgate_runtime::{Counter, Counters};
use matchgate_session::GatewayCore;

/// Counters of one session: `session_{number}_...`.
#[derive(Debug)]
struct SessionCounter {
    session: SessionId,
    connected: Counter,
    next_sequence: Counter,
    request_highest: Counter,
    open_orders: Counter,
}

/// Counters of all sessions of a gateway.
#[derive(Debug)]
pub(crate) struct SessionCounters {
    all: Vec<SessionCounter>,
}

impl SessionCounters {
    /// Returns the counters of the sessions that `core` has now.
    pub(crate) fn new(core: &GatewayCore, counters: &Counters) -> Self {
        let all = core.sessions().map(|view| {
            let session = view.session;
            let counter = |what: &str| counters.counter(&format!("session_{session}_{what}"));
            SessionCounter {
                session,
                connected: counter("connected"),
                next_sequence: counter("next_sequence"),
                request_highest: counter("request_highest"),
                open_orders: counter("open_orders"),
            }
        });
        let counters = Self { all: all.collect() };
        counters.set(core);
        counters
    }

    /// Sets every counter to what `core` says.
    pub(crate) fn set(&self, core: &GatewayCore) {
        for (view, counter) in core.sessions().zip(&self.all) {
            if view.session == counter.session {
                counter.connected.set(u64::from(view.connected));
                counter.next_sequence.set(view.next_sequence);
                counter.request_highest.set(view.request_highest.get());
                counter.open_orders.set(u64::from(view.open_orders));
            }
        }
    }
}
