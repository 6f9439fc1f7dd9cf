//! The reactor: connections as a bounded table with bytes in and bytes out.
//!
//! One duty cycle is [`Reactor::poll`], then [`Reactor::next_event`] until there is none, then
//! [`Reactor::submit`]. Only `submit` makes a system call, one at most, and none when there is
//! nothing to do; nothing ever waits, and nothing is allocated after [`Reactor::new`]. It must not
//! know frames, sessions or time.

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use crate::connection::{CloseCause, ConnectionId, ConnectionTable, Phase};
use crate::reactor_options::{AdoptError, ReactorCounts, ReactorError, ReactorOptions};
use crate::receive_queues::ReceiveQueues;
use crate::ring::{Completion, Filled, Received, Uring, UringOptions, raise_open_files};

/// Receive buffers of one connection that may wait to be taken before its receive is stopped, so
/// that one peer cannot have them all.
const QUEUED_MAX: u16 = 8;
/// Receive buffers that may still wait when the receive begins again.
const QUEUED_RESUME: u16 = QUEUED_MAX / 2;
const REUSED: &str = "a slot is not used again while an operation of it is in flight";

/// What happened to a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum ReactorEvent<'a> {
    /// Bytes came, in order, cut anywhere.
    Received(ConnectionId, &'a [u8]),
    /// The connection is over; told once for each connection. Its id means nothing from now on.
    Closed(ConnectionId, CloseCause),
}

/// Connections on one io_uring instance. See the module.
#[derive(Debug)]
pub struct Reactor {
    uring: Uring,
    table: ConnectionTable,
    queues: ReceiveQueues,
    /// Slots with an event to be taken, each once, in turn.
    ready: VecDeque<u32>,
    /// The buffer of the event that was taken last.
    taken: Option<(ConnectionId, Filled)>,
    /// Slots that the next submission looks at.
    dirty: VecDeque<u32>,
    counts: ReactorCounts,
}

impl Reactor {
    /// Makes a reactor that the calling thread alone may use, and raises the process's soft bound
    /// of open files to the hard one.
    ///
    /// # Errors
    ///
    /// Returns [`ReactorError::Option`], [`ReactorError::OpenFiles`] or [`ReactorError::Setup`].
    pub fn new(options: &ReactorOptions) -> Result<Self, ReactorError> {
        options.check()?;
        let open_files = raise_open_files().map_err(ReactorError::Setup)?;
        if open_files < u64::from(options.connections) {
            return Err(ReactorError::OpenFiles {
                connections: options.connections,
                open_files,
            });
        }
        let uring = Uring::new(&UringOptions {
            slots: options.connections,
            receive_buffers: options.receive_buffers,
            receive_buffer_bytes: options.receive_buffer_bytes,
            output_bytes: options.output_bytes,
        })
        .map_err(ReactorError::Setup)?;
        let table = ConnectionTable::new(options.connections);
        let slots = table.capacity();
        Ok(Self {
            uring,
            table,
            queues: ReceiveQueues::new(slots, options.receive_buffers),
            ready: VecDeque::with_capacity(slots),
            taken: None,
            dirty: VecDeque::with_capacity(slots),
            counts: ReactorCounts::default(),
        })
    }

    /// Takes a connected socket over; bytes come from the next submission on.
    ///
    /// # Errors
    ///
    /// Returns an [`AdoptError`].
    pub fn adopt(&mut self, socket: TcpStream) -> Result<ConnectionId, AdoptError> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(false)?;
        let id = self.table.open(socket).map_err(AdoptError::Full)?;
        let connection = self.table.slot_mut(id.slot);
        let file = connection.socket.as_ref().map(AsFd::as_fd);
        if let Err(error) = self.uring.set_file(id.slot, file) {
            connection.phase = Phase::Ended;
            drop(self.table.free_if_ready(id.slot));
            return Err(error.into());
        }
        self.counts.connections_opened += 1;
        self.mark(id.slot);
        Ok(id)
    }

    /// Takes what the kernel has done since the last submission. No system call.
    ///
    /// Returns the number of completions.
    pub fn poll(&mut self) -> usize {
        let mut completions = 0;
        while let Some(completion) = self.uring.next_completion() {
            completions += 1;
            match completion {
                Completion::Received {
                    slot,
                    generation,
                    what,
                    more,
                } => {
                    self.on_received(ConnectionId { slot, generation }, what, more);
                }
                Completion::Sent {
                    slot,
                    generation,
                    outcome,
                    whole,
                } => {
                    self.counts.sends_partial += u64::from(outcome.is_ok() && !whole);
                    self.on_sent(ConnectionId { slot, generation }, outcome);
                }
                Completion::CancelEnded { slot, generation } => {
                    let connection = self.table.slot_mut(slot);
                    debug_assert!(connection.generation == generation, "{REUSED}");
                    connection.canceling = false;
                    self.mark(slot);
                }
            }
        }
        completions
    }

    /// Returns the next event. Connections come in turn; each one's events in their order, its
    /// end last. Bytes of a connection that was closed on our side are
    /// left out, and so are those of a paused one that has ended.
    ///
    /// Events may be left for later: bytes then stay in the receive buffers, and when a few of
    /// those wait for one connection, in the kernel, which slows that peer.
    pub fn next_event(&mut self) -> Option<ReactorEvent<'_>> {
        if let Some((_, filled)) = self.taken.take() {
            self.uring.give_back(filled);
        }
        loop {
            let slot = self.ready.pop_front()?;
            let connection = self.table.slot_mut(slot);
            connection.listed = false;
            let id = ConnectionId {
                slot,
                generation: connection.generation,
            };
            if connection.paused {
                if connection.end_untold.is_none() {
                    continue;
                }
                self.drop_queued(slot);
            }
            if let Some(filled) = self.queues.pop(slot) {
                self.list(slot);
                self.mark_if_receivable(slot);
                let (_, filled) = self.taken.insert((id, filled));
                return Some(ReactorEvent::Received(id, self.uring.bytes(filled)));
            }
            if let Some(cause) = self.table.slot_mut(slot).end_untold.take() {
                self.free_if_ready(slot);
                return Some(ReactorEvent::Closed(id, cause));
            }
        }
    }

    /// Makes the last `rest` bytes of the event taken last the connection's next event, for an
    /// owner who could not use them all; other connections come first. Nothing where that event
    /// brought no bytes.
    pub fn leave_rest(&mut self, rest: usize) {
        if let Some((id, mut filled)) = self.taken.take() {
            filled.keep_last(rest);
            if self
                .table
                .get(id)
                .is_some_and(|connection| connection.delivering)
            {
                self.queues.push_front(id.slot, filled);
                self.list(id.slot);
            } else {
                self.uring.give_back(filled);
            }
        }
    }

    /// Keeps the bytes of a connection back, and soon stops to receive on it, until
    /// [`Reactor::resume`]. Other connections go on.
    pub fn pause(&mut self, id: ConnectionId) {
        if let Some(connection) = self.table.get_mut(id) {
            connection.paused = true;
            self.mark(id.slot);
        }
    }

    /// Brings the bytes of a paused connection again, those kept back first.
    pub fn resume(&mut self, id: ConnectionId) {
        if let Some(connection) = self.table.get_mut(id)
            && connection.paused
        {
            connection.paused = false;
            self.list(id.slot);
            self.mark(id.slot);
        }
    }

    /// Returns how many bytes can be appended to a connection's output now; 0 for one that is
    /// over or closing.
    #[inline]
    #[must_use]
    pub fn output_space(&self, id: ConnectionId) -> usize {
        if self.is_open(id) {
            self.uring.output_space(id.slot)
        } else {
            0
        }
    }

    /// Returns the room of a connection's output; what is written there counts once it is
    /// committed. Empty for a connection that is over or closing.
    #[inline]
    pub fn output_room(&mut self, id: ConnectionId) -> &mut [u8] {
        if self.is_open(id) {
            self.uring.output_room(id.slot)
        } else {
            &mut []
        }
    }

    /// Appends the first `length` bytes of the room to a connection's output.
    ///
    /// # Panics
    ///
    /// Panics where the room of an open connection is smaller than that.
    #[inline]
    pub fn output_commit(&mut self, id: ConnectionId, length: usize) {
        if self.is_open(id) {
            self.uring.output_commit(id.slot, length);
            self.mark(id.slot);
        }
    }

    /// Appends all of `bytes` to a connection's output, or nothing and returns false where they
    /// do not fit or the connection is over or closing.
    #[inline]
    #[must_use]
    pub fn send(&mut self, id: ConnectionId, bytes: &[u8]) -> bool {
        let taken = self.is_open(id) && self.uring.output_append(id.slot, bytes);
        if taken {
            self.mark(id.slot);
        }
        taken
    }

    /// Closes a connection once its output has left and the peer has closed its side. Nothing
    /// more is received or can be sent. A peer that does not read holds the slot until
    /// [`Reactor::abort`].
    pub fn close_after_flush(&mut self, id: ConnectionId) {
        let Some(connection) = self.table.get_mut(id) else {
            return;
        };
        if connection.phase == Phase::Open {
            connection.phase = Phase::Flushing;
            connection.delivering = false;
            connection.paused = false;
            self.drop_queued(id.slot);
            self.mark(id.slot);
        }
    }

    /// Closes a connection now; output that has not left is dropped.
    pub fn abort(&mut self, id: ConnectionId) {
        let Some(connection) = self.table.get_mut(id) else {
            return;
        };
        if matches!(
            connection.phase,
            Phase::Open | Phase::Flushing | Phase::Draining
        ) {
            connection.delivering = false;
            if let Some(socket) = &connection.socket {
                // A reset tells the peer at once, and the kernel keeps nothing for it. Where it
                // cannot be asked for, an ordinary close follows.
                let _asked = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
            }
            self.drop_queued(id.slot);
            self.end(id, CloseCause::Local);
        }
    }

    /// Submits what the cycle has brought about and lets the kernel run what it deferred: at most
    /// one system call, none when there is neither.
    ///
    /// # Errors
    ///
    /// Returns [`ReactorError::Enter`]; the reactor is of no more use then.
    pub fn submit(&mut self) -> Result<(), ReactorError> {
        for _ in 0..self.dirty.len() {
            let Some(slot) = self.dirty.pop_front() else {
                break;
            };
            self.table.slot_mut(slot).dirty = false;
            self.begin_operations(slot);
        }
        let entered = self.uring.enter().map_err(ReactorError::Enter)?;
        self.counts.enters += u64::from(entered);
        Ok(())
    }

    /// Returns whether a connection is open both ways.
    #[inline]
    #[must_use]
    pub fn is_open(&self, id: ConnectionId) -> bool {
        self.table
            .get(id)
            .is_some_and(|connection| connection.phase == Phase::Open)
    }

    /// Returns whether every byte appended to a connection is with the kernel, or the connection
    /// is over.
    #[must_use]
    pub fn is_flushed(&self, id: ConnectionId) -> bool {
        match self.table.get(id).map(|connection| connection.phase) {
            Some(Phase::Open | Phase::Flushing) => self.uring.output_is_empty(id.slot),
            Some(Phase::Draining | Phase::Ended | Phase::Free) | None => true,
        }
    }

    /// Returns how many slots are in use, those of ended connections included until nothing of
    /// them is in flight and their end was told.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.table.used()
    }

    /// Returns how often what happened.
    #[must_use]
    pub fn counts(&self) -> ReactorCounts {
        self.counts
    }

    fn on_received(&mut self, id: ConnectionId, what: Received, more: bool) {
        let connection = self.table.slot_mut(id.slot);
        debug_assert!(connection.generation == id.generation, "{REUSED}");
        connection.receiving = more;
        let delivering = connection.delivering;
        match what {
            Received::Bytes(filled) => {
                self.counts.bytes_received += u64::from(filled.length());
                if delivering {
                    self.queues.push_back(id.slot, filled);
                    self.list(id.slot);
                    if self.queues.count(id.slot) == QUEUED_MAX {
                        self.mark(id.slot);
                    }
                } else {
                    self.uring.give_back(filled);
                }
            }
            Received::End => {
                connection.peer_ended = true;
                // What is flushed for a peer that only stopped sending still reaches it.
                if connection.phase != Phase::Flushing {
                    self.end(id, CloseCause::Peer);
                }
            }
            Received::NoBuffer => self.counts.receives_starved += 1,
            Received::Canceled => {}
            Received::Failed(error) => self.end(id, CloseCause::Failed(error)),
        }
        if !more {
            self.mark(id.slot);
        }
    }

    fn on_sent(&mut self, id: ConnectionId, outcome: Result<u32, i32>) {
        let connection = self.table.slot_mut(id.slot);
        debug_assert!(connection.generation == id.generation, "{REUSED}");
        connection.sending = false;
        match outcome {
            Ok(length) => self.counts.bytes_sent += u64::from(length),
            Err(error) => self.end(id, CloseCause::Failed(error)),
        }
        // More may have been appended, or the kernel took a part only.
        self.mark(id.slot);
    }

    /// Ends a connection, once, and lets what is in flight end too.
    fn end(&mut self, id: ConnectionId, cause: CloseCause) {
        let Some(connection) = self.table.get_mut(id) else {
            return;
        };
        let cause = match connection.phase {
            Phase::Open => cause,
            Phase::Flushing | Phase::Draining => CloseCause::Local,
            Phase::Ended | Phase::Free => return,
        };
        connection.phase = Phase::Ended;
        if let Some(socket) = &connection.socket {
            // Makes the kernel end the receive and the send that may be in flight. It fails where
            // the connection is reset already, and then they end by themselves.
            let _shut = socket.shutdown(Shutdown::Both);
        }
        self.counts.connections_closed += 1;
        connection.end_untold = Some(cause);
        self.list(id.slot);
        self.mark(id.slot);
    }

    /// Begins what a slot's phase asks for and is not in flight.
    fn begin_operations(&mut self, slot: u32) {
        let connection = self.table.slot_mut(slot);
        let generation = connection.generation;
        let mut again = false;
        match connection.phase {
            Phase::Free => return,
            Phase::Ended => {
                self.free_if_ready(slot);
                return;
            }
            Phase::Open | Phase::Flushing => {
                if !connection.sending && !self.uring.output_is_empty(slot) {
                    connection.sending = self.uring.send(slot, generation).is_ok();
                    again |= !connection.sending;
                } else if !connection.sending && connection.phase == Phase::Flushing {
                    if connection.peer_ended {
                        self.end(ConnectionId { slot, generation }, CloseCause::Local);
                        return;
                    }
                    connection.phase = Phase::Draining;
                    if let Some(socket) = &connection.socket {
                        // It fails where the connection is reset already, which the receive tells.
                        let _shut = socket.shutdown(Shutdown::Write);
                    }
                }
            }
            Phase::Draining => {}
        }
        let queued = self.queues.count(slot);
        let connection = self.table.slot_mut(slot);
        // What ends or drains takes what comes and drops it.
        let is_open = connection.phase == Phase::Open;
        if connection.receiving {
            if is_open && !connection.canceling && (connection.paused || queued >= QUEUED_MAX) {
                connection.canceling = self.uring.cancel_receive(slot, generation).is_ok();
                again |= !connection.canceling;
                self.counts.receives_stopped += 1;
            }
        } else if !connection.peer_ended
            && (!is_open || (!connection.paused && queued <= QUEUED_RESUME))
        {
            connection.receiving =
                self.uring.has_buffer() && self.uring.receive(slot, generation).is_ok();
            again |= !connection.receiving;
        }
        if again {
            self.mark(slot);
        }
    }

    /// Gives back the buffers that wait for a connection.
    fn drop_queued(&mut self, slot: u32) {
        while let Some(filled) = self.queues.pop(slot) {
            self.uring.give_back(filled);
        }
    }

    /// Lists a slot as one with an event to be taken.
    fn list(&mut self, slot: u32) {
        let connection = self.table.slot_mut(slot);
        if !connection.listed {
            connection.listed = true;
            self.ready.push_back(slot);
        }
    }

    /// Lets the next submission begin to receive again where few enough buffers wait.
    fn mark_if_receivable(&mut self, slot: u32) {
        if !self.table.slot_mut(slot).receiving && self.queues.count(slot) <= QUEUED_RESUME {
            self.mark(slot);
        }
    }

    fn free_if_ready(&mut self, slot: u32) {
        if let Some(socket) = self.table.free_if_ready(slot) {
            self.uring.output_clear(slot);
            // The next use sets the file anew; where this fails it closes the socket that late.
            let _cleared = self.uring.set_file(slot, None);
            drop(socket);
        }
    }

    fn mark(&mut self, slot: u32) {
        let connection = self.table.slot_mut(slot);
        if !connection.dirty {
            connection.dirty = true;
            self.dirty.push_back(slot);
        }
    }
}
