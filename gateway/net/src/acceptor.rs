//! The acceptor: takes connections, hears their logon, and hands them to the session's home.
//!
//! For a cold core: it makes a system call or two a connection and turn. A connection that has
//! not logged on costs one slot of a bounded table and no buffer: its bytes are looked at where
//! they are, and only the logon frame is taken off the socket. It must not know what a session
//! may do, or what happens on a connection after its logon.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use matchgate_core::domain::RejectReason;
use matchgate_runtime::{Agent, Clock, Counter, Counters, Full};
use matchgate_schema::capnp::{Encoder, decode_client, encode_server, frame};
use matchgate_schema::message::{
    CLIENT_FRAME_BYTES_MAX, ClientMessage, Logon, PROTOCOL_VERSION, ServerMessage,
};

use crate::directory::Directory;
use crate::handover::{Handover, HandoverProducer};

/// Connections without a logon at one time, unless said otherwise.
pub const UNAUTHENTICATED_MAX: usize = 256;
/// Time from accept to complete logon, unless said otherwise.
pub const LOGON_TIMEOUT_NS: u64 = 5_000_000_000;
/// Time that a refused peer has to close its side before it is reset.
const LINGER_NS: u64 = 1_000_000_000;
/// Connections accepted in one turn at the most.
const ACCEPTS_PER_POLL_MAX: usize = 16;

/// Bounds of an acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptorOptions {
    /// Connections without a logon at one time; further ones are refused with `ConnectionLimit`.
    pub unauthenticated_max: usize,
    /// Nanoseconds from accept to complete logon.
    pub logon_timeout_ns: u64,
}

impl Default for AcceptorOptions {
    fn default() -> Self {
        Self {
            unauthenticated_max: UNAUTHENTICATED_MAX,
            logon_timeout_ns: LOGON_TIMEOUT_NS,
        }
    }
}

/// What an acceptor is connected to.
#[derive(Debug)]
pub struct AcceptorWiring {
    /// Bound to its address; any port.
    pub listener: TcpListener,
    /// The keys that open a session.
    pub directory: Directory,
    /// The way to each gateway, in the order of the gateway numbers.
    pub gateways: Vec<HandoverProducer>,
    /// Measures the time to logon.
    pub clock: Clock,
}

/// What a connection without a logon waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// For the rest of its logon.
    Logon,
    /// It was refused; for the peer to close, so that the refusal is read and not reset.
    PeerClose,
}

#[derive(Debug)]
struct Unauthenticated {
    socket: TcpStream,
    waiting: Waiting,
    deadline_ns: u64,
}

/// What a look at a connection said.
enum Step {
    Wait,
    Over,
    Refuse(RejectReason),
    LoggedOn(Handover, usize),
}

#[derive(Debug)]
struct AcceptorCounters {
    accepted: Counter,
    handed_over: Counter,
    refused: Counter,
    over_limit: Counter,
    accept_errors: Counter,
}

/// Accepts on one listener. See the module.
#[derive(Debug)]
pub struct Acceptor {
    name: String,
    wiring: AcceptorWiring,
    options: AcceptorOptions,
    waiting: Vec<Unauthenticated>,
    encoder: Encoder,
    counters: AcceptorCounters,
}

impl Acceptor {
    /// Returns the acceptor `name`, whose counters begin with `{name}_`.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error where the listener cannot be made non-blocking.
    pub fn new(
        name: &str,
        wiring: AcceptorWiring,
        options: AcceptorOptions,
        counters: &Counters,
    ) -> io::Result<Self> {
        wiring.listener.set_nonblocking(true)?;
        let counter = |what: &str| counters.counter(&format!("{name}_{what}"));
        Ok(Self {
            name: name.to_owned(),
            wiring,
            options,
            waiting: Vec::with_capacity(options.unauthenticated_max),
            encoder: Encoder::new(),
            counters: AcceptorCounters {
                accepted: counter("accepted"),
                handed_over: counter("handed_over"),
                refused: counter("refused"),
                over_limit: counter("over_limit"),
                accept_errors: counter("accept_errors"),
            },
        })
    }

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.wiring.listener.local_addr()
    }

    /// Returns how many connections have not logged on.
    #[must_use]
    pub fn unauthenticated(&self) -> usize {
        self.waiting.len()
    }

    fn accept(&mut self, now_ns: u64) -> usize {
        for accepted in 0..ACCEPTS_PER_POLL_MAX {
            match self.wiring.listener.accept() {
                Ok((socket, _)) => self.on_accepted(socket, now_ns),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return accepted,
                Err(_) => {
                    // The peer gave up, or descriptors have run out; the next turn tries again.
                    self.counters.accept_errors.increment();
                    return accepted;
                }
            }
        }
        ACCEPTS_PER_POLL_MAX
    }

    fn on_accepted(&mut self, socket: TcpStream, now_ns: u64) {
        self.counters.accepted.increment();
        // Where a socket cannot be set up it is of no use.
        if socket.set_nonblocking(true).is_err() {
            return;
        }
        if self.waiting.len() >= self.options.unauthenticated_max {
            self.counters.over_limit.increment();
            say_logout(&socket, &mut self.encoder, RejectReason::ConnectionLimit);
            return;
        }
        self.waiting.push(Unauthenticated {
            socket,
            waiting: Waiting::Logon,
            deadline_ns: now_ns.saturating_add(self.options.logon_timeout_ns),
        });
    }

    /// Looks at one connection; returns whether it still stands in the table.
    fn look_at(&mut self, place: usize, now_ns: u64) -> bool {
        let Some(connection) = self.waiting.get_mut(place) else {
            return false;
        };
        let is_late = now_ns >= connection.deadline_ns;
        let step = match connection.waiting {
            Waiting::Logon if is_late => Step::Refuse(RejectReason::LogonTimeout),
            Waiting::Logon => hear_logon(&connection.socket, &self.wiring.directory),
            Waiting::PeerClose if is_late => Step::Over,
            Waiting::PeerClose => drain(&connection.socket),
        };
        match step {
            Step::Wait => true,
            Step::Over => {
                self.waiting.swap_remove(place);
                false
            }
            Step::Refuse(reason) => {
                self.counters.refused.increment();
                say_logout(&connection.socket, &mut self.encoder, reason);
                connection.waiting = Waiting::PeerClose;
                connection.deadline_ns = now_ns.saturating_add(LINGER_NS);
                true
            }
            Step::LoggedOn(handover, gateway) => {
                let socket = self.waiting.swap_remove(place).socket;
                self.hand_over(socket, handover, gateway, now_ns);
                false
            }
        }
    }

    fn hand_over(&mut self, socket: TcpStream, handover: Handover, gateway: usize, now_ns: u64) {
        let pushed = match self.wiring.gateways.get_mut(gateway) {
            Some(producer) => producer.try_push(socket, handover),
            None => Err(Full((socket, handover))),
        };
        match pushed {
            Ok(()) => self.counters.handed_over.increment(),
            Err(Full((socket, _))) => {
                self.counters.refused.increment();
                say_logout(&socket, &mut self.encoder, RejectReason::Busy);
                self.waiting.push(Unauthenticated {
                    socket,
                    waiting: Waiting::PeerClose,
                    deadline_ns: now_ns.saturating_add(LINGER_NS),
                });
            }
        }
    }
}

impl Agent for Acceptor {
    fn name(&self) -> &str {
        &self.name
    }

    /// Accepts what waits and looks at every connection without a logon. Returns how many came
    /// and went.
    fn poll(&mut self) -> usize {
        let now_ns = self.wiring.clock.now_ns();
        let mut work = self.accept(now_ns);
        // Backwards, since the last one takes the place of one that leaves.
        for place in (0..self.waiting.len()).rev() {
            work += usize::from(!self.look_at(place, now_ns));
        }
        work
    }

    /// Tells every connection without a logon that the venue stops.
    fn close(&mut self) {
        for connection in self.waiting.drain(..) {
            if connection.waiting == Waiting::Logon {
                let reason = RejectReason::ShuttingDown;
                say_logout(&connection.socket, &mut self.encoder, reason);
            }
        }
    }
}

/// Looks whether the logon has come, and takes exactly that off the socket.
fn hear_logon(socket: &TcpStream, directory: &Directory) -> Step {
    let mut bytes = [0; CLIENT_FRAME_BYTES_MAX];
    let length = match socket.peek(&mut bytes) {
        Ok(0) => return Step::Over,
        Ok(length) => length,
        Err(error) => return wait_or_over(&error),
    };
    let frame = match frame::next(bytes.get(..length).unwrap_or_default()) {
        Ok(Some(frame)) => frame,
        Ok(None) => return Step::Wait,
        Err(reason) => return Step::Refuse(reason),
    };
    let logon = match decode_client(frame) {
        Ok(ClientMessage::Logon(logon)) => logon,
        Ok(_) => return Step::Refuse(RejectReason::NotLoggedOn),
        Err(error) => return Step::Refuse(error.reason),
    };
    let frame_bytes = frame.len();
    match check(&logon, directory) {
        Ok((handover, gateway)) => {
            let mut socket = socket;
            let taken = bytes
                .get_mut(..frame_bytes)
                .map(|frame| socket.read_exact(frame));
            match taken {
                Some(Ok(())) => Step::LoggedOn(handover, gateway),
                Some(Err(_)) | None => Step::Over,
            }
        }
        Err(reason) => Step::Refuse(reason),
    }
}

fn check(logon: &Logon, directory: &Directory) -> Result<(Handover, usize), RejectReason> {
    if logon.protocol_version != PROTOCOL_VERSION {
        return Err(RejectReason::ProtocolVersion);
    }
    let entry = directory.find(&logon.key).ok_or(RejectReason::UnknownKey)?;
    let handover = Handover {
        logon: *logon,
        session: entry.session,
    };
    Ok((handover, usize::from(entry.gateway.get())))
}

/// Throws away what a refused peer still sends, a bounded amount a turn.
fn drain(mut socket: &TcpStream) -> Step {
    let mut bytes = [0; CLIENT_FRAME_BYTES_MAX];
    match socket.read(&mut bytes) {
        Ok(0) => Step::Over,
        Ok(_) => Step::Wait,
        Err(error) => wait_or_over(&error),
    }
}

fn wait_or_over(error: &io::Error) -> Step {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => Step::Wait,
        _ => Step::Over,
    }
}

/// Says why a connection ends and shuts our side. The frame is the first that the socket is given,
/// so it fits; a peer that is gone misses nothing.
pub(crate) fn say_logout(mut socket: &TcpStream, encoder: &mut Encoder, reason: RejectReason) {
    let _written = socket.write(encode_server(&ServerMessage::Logout { reason }, encoder));
    let _shut = socket.shutdown(Shutdown::Write);
}
