//! The connection table: which slot is in which phase, and when it may be used again.
//!
//! A slot is used again only when its connection has ended, its owner has heard of that, and no
//! operation of it is with the kernel. It makes no system call.

use std::net::TcpStream;

/// Names one use of a connection slot. Never names another connection later on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The slot, dense from 0.
    pub slot: u32,
    /// Counts the uses of the slot.
    pub generation: u32,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCause {
    /// The peer closed its side.
    Peer,
    /// The connection failed with this error number of the operating system.
    Failed(i32),
    /// It was closed on our side.
    Local,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No connection.
    Free,
    /// Both ways.
    Open,
    /// Closing on our side: what is in the output leaves first; what comes is dropped.
    Flushing,
    /// Our side is shut; waits for the peer to end its own.
    Draining,
    /// Over; waits until nothing of it is in flight and its end was told.
    Ended,
}

/// One slot.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) generation: u32,
    pub(crate) phase: Phase,
    pub(crate) socket: Option<TcpStream>,
    /// A receive is with the kernel.
    pub(crate) receiving: bool,
    /// A send is with the kernel.
    pub(crate) sending: bool,
    /// A request to stop the receive is with the kernel.
    pub(crate) canceling: bool,
    /// Its owner takes no bytes for the time being.
    pub(crate) paused: bool,
    /// Stands in the list of slots that the next submission looks at.
    pub(crate) dirty: bool,
    /// Stands in the list of slots with an event to be taken.
    pub(crate) listed: bool,
    /// Why it ended, until its owner has taken that event.
    pub(crate) end_untold: Option<CloseCause>,
    /// Bytes of it still go to its owner.
    pub(crate) delivering: bool,
    /// The peer has closed its side, so nothing more is received.
    pub(crate) peer_ended: bool,
}

impl Connection {
    fn ready_to_free(&self) -> bool {
        let in_flight = self.receiving || self.sending || self.canceling;
        self.phase == Phase::Ended && self.end_untold.is_none() && !in_flight
    }
}

/// All slots.
#[derive(Debug)]
pub(crate) struct ConnectionTable {
    slots: Box<[Connection]>,
    free: Vec<u32>,
}

impl ConnectionTable {
    /// Makes `count` free slots.
    pub(crate) fn new(count: u32) -> Self {
        let slots = (0..count)
            .map(|_| Connection {
                generation: 0,
                phase: Phase::Free,
                socket: None,
                receiving: false,
                sending: false,
                canceling: false,
                paused: false,
                dirty: false,
                listed: false,
                end_untold: None,
                delivering: false,
                peer_ended: false,
            })
            .collect();
        Self {
            slots,
            free: (0..count).rev().collect(),
        }
    }

    /// Takes a free slot for `socket`; gives it back where there is none.
    pub(crate) fn open(&mut self, socket: TcpStream) -> Result<ConnectionId, TcpStream> {
        let Some(slot) = self.free.pop() else {
            return Err(socket);
        };
        let connection = self.slot_mut(slot);
        connection.generation = connection.generation.wrapping_add(1);
        connection.phase = Phase::Open;
        connection.socket = Some(socket);
        connection.delivering = true;
        connection.paused = false;
        connection.peer_ended = false;
        Ok(ConnectionId {
            slot,
            generation: connection.generation,
        })
    }

    /// Frees a slot if nothing holds it any more and returns its socket.
    pub(crate) fn free_if_ready(&mut self, slot: u32) -> Option<TcpStream> {
        let connection = self.slot_mut(slot);
        if !connection.ready_to_free() {
            return None;
        }
        connection.phase = Phase::Free;
        connection.delivering = false;
        let socket = connection.socket.take();
        self.free.push(slot);
        socket
    }

    /// Returns the connection of `id` unless it is no longer that one.
    #[inline]
    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        let index = usize::try_from(id.slot).ok()?;
        self.slots
            .get_mut(index)
            .filter(|connection| connection.generation == id.generation)
    }

    /// As [`ConnectionTable::get_mut`], to look only.
    #[inline]
    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        let index = usize::try_from(id.slot).ok()?;
        self.slots
            .get(index)
            .filter(|connection| connection.generation == id.generation)
    }

    /// Returns a slot whatever its generation.
    #[inline]
    pub(crate) fn slot_mut(&mut self, slot: u32) -> &mut Connection {
        let index = usize::try_from(slot).expect("a slot fits the address space");
        self.slots
            .get_mut(index)
            .expect("slots are bounded by the options")
    }

    /// Returns how many slots there are.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Returns how many slots are not free.
    pub(crate) fn used(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
