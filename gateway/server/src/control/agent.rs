//! The control agent: the one writer of the control journal. An operator's act is synced first
//! and only then fanned out, with its number, to every shard and gateway.
//!
//! It must not know sockets or what an act means to a book.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use matchgate_core::domain::{Command, ControlNumber};
use matchgate_journal::{Appender, Marks};
use matchgate_runtime::{Agent, EventClock, Producer};

use super::state::{Act, ControlState};

/// Acts that may wait for the agent.
const REQUESTS_MAX: usize = 64;
/// How long an operator waits for an act to be synced and fanned out.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why an act was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlRefusal {
    /// The act makes no sense to the venue as it is.
    #[error("{0}")]
    Refused(String),
    /// Too many acts wait.
    #[error("busy: too many acts wait for the control journal")]
    Busy,
    /// The venue stopped, or the journal did not sync in time; the act may still come into force.
    #[error("no answer from the control journal; ask for the status before you repeat it")]
    NoAnswer,
}

struct Request {
    symbol: String,
    act: Act,
    answer: SyncSender<Result<ControlNumber, ControlRefusal>>,
}

struct Pending {
    command: Command,
    number: ControlNumber,
    /// Rings that have it already.
    delivered: usize,
    answer: SyncSender<Result<ControlNumber, ControlRefusal>>,
}

/// How other threads ask the control agent for acts and for its state.
#[derive(Clone)]
pub struct ControlHandle {
    requests: SyncSender<Request>,
    state: Arc<Mutex<ControlState>>,
}

impl std::fmt::Debug for ControlHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ControlHandle")
            .finish_non_exhaustive()
    }
}

impl ControlHandle {
    /// Lets an act on `symbol` come into force and waits until that is synced and every shard and
    /// gateway has it in its ring. Returns its place in the control journal.
    ///
    /// # Errors
    ///
    /// Returns a [`ControlRefusal`].
    pub fn act(&self, symbol: &str, act: Act) -> Result<ControlNumber, ControlRefusal> {
        let (answer, answered) = sync_channel(1);
        let request = Request {
            symbol: symbol.to_owned(),
            act,
            answer,
        };
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                TrySendError::Full(_) => ControlRefusal::Busy,
                TrySendError::Disconnected(_) => ControlRefusal::NoAnswer,
            })?;
        answered
            .recv_timeout(ANSWER_TIMEOUT)
            .unwrap_or(Err(ControlRefusal::NoAnswer))
    }

    /// Returns the state as of now.
    #[must_use]
    pub fn state(&self) -> ControlState {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The agent.
pub struct ControlAgent {
    state: Arc<Mutex<ControlState>>,
    requests: Receiver<Request>,
    appender: Appender,
    marks: Marks,
    clock: EventClock,
    rings: Vec<Producer<Command>>,
    pending: VecDeque<Pending>,
}

impl std::fmt::Debug for ControlAgent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ControlAgent")
            .field("rings", &self.rings.len())
            .finish_non_exhaustive()
    }
}

impl ControlAgent {
    /// Name in a topology.
    pub const NAME: &'static str = "control";

    /// Returns the agent and the handle by which it is asked. `state` is what the journal behind
    /// `appender` adds up to; `rings` lead to every shard and every gateway.
    #[must_use]
    pub fn new(
        state: ControlState,
        appender: Appender,
        marks: Marks,
        clock: EventClock,
        rings: Vec<Producer<Command>>,
    ) -> (Self, ControlHandle) {
        let (sender, requests) = sync_channel(REQUESTS_MAX);
        let state = Arc::new(Mutex::new(state));
        let handle = ControlHandle {
            requests: sender,
            state: Arc::clone(&state),
        };
        (
            Self {
                state,
                requests,
                appender,
                marks,
                clock,
                rings,
                pending: VecDeque::new(),
            },
            handle,
        )
    }

    /// Appends what is asked for. Its number is that of its record.
    fn take(&mut self, request: Request) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ControlNumber(self.appender.next_sequence());
        let appended = state
            .act(&request.symbol, request.act, next)
            .map_err(|error| ControlRefusal::Refused(error.to_string()))
            .and_then(|command| {
                let number = append(&mut self.appender, &command, self.clock.now_ns())?;
                Ok((command, number))
            });
        match appended {
            Ok((command, number)) => {
                state.apply(&command);
                self.marks.request_sync(number.get());
                let answer = request.answer;
                self.pending.push_back(Pending {
                    command,
                    number,
                    delivered: 0,
                    answer,
                });
            }
            Err(refusal) => drop(request.answer.try_send(Err(refusal))),
        }
    }

    /// Fans out what is synced, in order. Returns whether anything moved.
    fn deliver(&mut self) -> bool {
        let Some(first) = self.pending.front_mut() else {
            return false;
        };
        if self.marks.synced() < first.number.get() {
            return false;
        }
        while let Some(ring) = self.rings.get_mut(first.delivered) {
            if ring.try_push(first.command).is_err() {
                return false;
            }
            first.delivered += 1;
        }
        if let Some(done) = self.pending.pop_front() {
            drop(done.answer.try_send(Ok(done.number)));
        }
        true
    }
}

/// Appends a control command at the journal's next place and returns that place.
///
/// # Errors
///
/// Returns [`ControlRefusal::Busy`] where the staging log is full.
pub fn append(
    appender: &mut Appender,
    command: &Command,
    time_ns: u64,
) -> Result<ControlNumber, ControlRefusal> {
    let (kind, parts) = command.parts();
    let sequence = appender
        .append(kind as u8, time_ns, &parts)
        .map_err(|_| ControlRefusal::Busy)?;
    Ok(ControlNumber(sequence))
}

impl Agent for ControlAgent {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn poll(&mut self) -> usize {
        let mut work = 0;
        if self.pending.len() < REQUESTS_MAX
            && let Ok(request) = self.requests.try_recv()
        {
            self.take(request);
            work += 1;
        }
        while self.deliver() {
            work += 1;
        }
        work
    }
}
