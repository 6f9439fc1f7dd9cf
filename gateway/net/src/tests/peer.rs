//! The other end of a connection, and a server that is only the reactor.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::{CloseCause, ConnectionId, Reactor, ReactorEvent, ReactorOptions};

/// Turns after which a test gives up; far more than any test takes.
pub(super) const TURNS_MAX: u32 = 5_000_000;

/// Small sizes, so that their bounds are met.
pub(super) const SMALL: ReactorOptions = ReactorOptions {
    connections: 8,
    receive_buffers: 8,
    receive_buffer_bytes: 256,
    output_bytes: 1_024,
};

/// A client socket that never waits.
pub(super) struct Peer {
    pub(super) socket: TcpStream,
    pub(super) received: Vec<u8>,
    pub(super) over: bool,
}

impl Peer {
    pub(super) fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).unwrap())
    }

    /// Connects with the smallest receive window that the kernel gives.
    pub(super) fn connect_narrow(address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )
        .unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::of(socket.into())
    }

    /// Connects from an address of this machine.
    pub(super) fn connect_from(own: &str, address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )
        .unwrap();
        let own = SocketAddr::new(own.parse().unwrap(), 0);
        socket.bind(&own.into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::of(socket.into())
    }

    fn of(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self {
            socket,
            received: Vec::new(),
            over: false,
        }
    }

    /// Writes what the kernel takes now and returns how much that was.
    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        match self.socket.write(bytes) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => panic!("peer cannot write: {error}"),
        }
    }

    /// Writes all of a message that is known to fit the kernel's buffers.
    pub(super) fn write_all(&mut self, bytes: &[u8]) {
        assert_eq!(self.write(bytes), bytes.len());
    }

    /// Reads what is there; notes the end, in good order or by a reset.
    pub(super) fn read(&mut self) {
        let mut chunk = [0; 4_096];
        loop {
            match self.socket.read(&mut chunk) {
                Ok(0) => self.over = true,
                Ok(length) => {
                    self.received.extend_from_slice(&chunk[..length]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.over = true,
            }
            return;
        }
    }

    /// Closes so that the other end sees a reset.
    pub(super) fn reset(self) {
        socket2::SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// A reactor that takes over whatever a listener accepts, and what it was told.
pub(super) struct Bench {
    pub(super) reactor: Reactor,
    listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) accepted: Vec<ConnectionId>,
    pub(super) received: HashMap<ConnectionId, Vec<u8>>,
    pub(super) closed: Vec<(ConnectionId, CloseCause)>,
}

impl Bench {
    pub(super) fn new(options: &ReactorOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            reactor: Reactor::new(options).unwrap(),
            listener,
            address,
            accepted: Vec::new(),
            received: HashMap::new(),
            closed: Vec::new(),
        }
    }

    /// One duty cycle.
    pub(super) fn turn(&mut self) {
        self.accept();
        self.reactor.poll();
        while let Some(event) = self.reactor.next_event() {
            match event {
                ReactorEvent::Received(id, bytes) => {
                    self.received
                        .entry(id)
                        .or_default()
                        .extend_from_slice(bytes);
                }
                ReactorEvent::Closed(id, cause) => self.closed.push((id, cause)),
            }
        }
        self.reactor.submit().unwrap();
    }

    /// Takes over what waits. What there is no slot for is closed.
    pub(super) fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            self.accepted.extend(self.reactor.adopt(socket).ok());
        }
    }

    /// Turns until `done`.
    pub(super) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        for _ in 0..TURNS_MAX {
            self.turn();
            if done(self) {
                return;
            }
        }
        panic!(
            "never: {what}; closed {:?}, {:?}",
            self.closed, self.reactor
        );
    }

    /// Connects a peer and returns it with its connection.
    pub(super) fn connect(&mut self) -> (Peer, ConnectionId) {
        let peer = Peer::connect(self.address);
        (peer, self.wait_accepted())
    }

    /// As [`Bench::connect`], with a small receive window.
    pub(super) fn connect_narrow(&mut self) -> (Peer, ConnectionId) {
        let peer = Peer::connect_narrow(self.address);
        (peer, self.wait_accepted())
    }

    fn wait_accepted(&mut self) -> ConnectionId {
        let before = self.accepted.len();
        self.until("accepted", |bench| bench.accepted.len() > before);
        *self.accepted.last().unwrap()
    }

    pub(super) fn received(&self, id: ConnectionId) -> &[u8] {
        self.received.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// Bytes that differ by position and by `seed`.
pub(super) fn pattern(seed: usize, length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (index * 31 + index / 251 + seed * 7) % 256)
        .map(|value| u8::try_from(value).unwrap())
        .collect()
}
