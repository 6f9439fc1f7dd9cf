//! The acceptor: takes connections, hears their logon, and hands them to the session's home.
//!
//! For a cold core: connections come from a multishot accept, which costs no system call while none
//! comes; one that has not logged on costs a system call or two a turn. A connection that has
//! not logged on costs one slot of a bounded table, of which one peer has half at the most. Its
//! bytes are looked at before they are taken, so that nothing behind the logon frame is taken off
//! the socket. It must not know what a session may do, or what happens on a connection after its
//! logon.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use matchgate_core::domain::RejectReason;
use matchgate_runtime::{Agent, Clock, Counter, Counters, Full};
use matchgate_schema::capnp::{Encoder, decode_client, encode_server, frame};
use matchgate_schema::message::{
    CLIENT_FRAME_BYTES_MAX, ClientMessage, Logon, PROTOCOL_VERSION, ServerMessage,
};

use crate::directory::Directory;
use crate::handover::{Handover, HandoverProducer};
use crate::ring::AcceptRing;

/// Connections without a logon at one time, unless said otherwise.
pub const UNAUTHENTICATED_MAX: usize = 256;
/// Time from accept to complete logon, unless said otherwise.
pub const LOGON_TIMEOUT_NS: u64 = 5_000_000_000;
/// Time that a refused peer has to close its side before it is reset.
const LINGER_NS: u64 = 1_000_000_000;
/// Connections taken over in one turn at the most.
const ACCEPTS_PER_POLL_MAX: usize = 16;
/// Time until accepting is tried again where descriptors or memory have run out.
pub(crate) const ACCEPT_AGAIN_NS: u64 = 10_000_000;

/// Bounds of an acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptorOptions {
    /// Connections without a logon at one time; further ones are refused with `ConnectionLimit`,
    /// and so are those of one peer address above half of them.
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
#[derive(Debug)]
enum Waiting {
    /// For the rest of its logon.
    Logon(PartialLogon),
    /// It was refused; for the peer to close, so that the refusal is read and not reset.
    PeerClose,
}

/// The beginning of a logon frame, taken off the socket: the end of a peer shows only behind the
/// last byte that is left there.
struct PartialLogon {
    bytes: Box<[u8; CLIENT_FRAME_BYTES_MAX]>,
    length: usize,
}

#[derive(Debug)]
struct Unauthenticated {
    socket: TcpStream,
    peer: IpAddr,
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
    over_peer_limit: Counter,
    /// Connections that were gone before they were accepted.
    accepts_aborted: Counter,
    /// Accepting has stopped for a while, because of the process's or the machine's bound.
    accepts_out_of_descriptors: Counter,
    /// The same, for want of memory.
    accepts_out_of_memory: Counter,
    /// The same, for any other reason.
    accepts_failed: Counter,
    enters: Counter,
}

/// Accepts on one listener. See the module.
#[derive(Debug)]
pub struct Acceptor {
    name: String,
    wiring: AcceptorWiring,
    options: AcceptorOptions,
    ring: AcceptRing,
    /// When accepting may begin again, on the agent's clock.
    accept_again_ns: u64,
    waiting: Vec<Unauthenticated>,
    encoder: Encoder,
    counters: AcceptorCounters,
}

impl Acceptor {
    /// Returns the acceptor `name`, whose counters begin with `{name}_`.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error where it gives no io_uring instance (Linux 6.6 or
    /// later, not disabled), or the listener cannot be set up.
    pub fn new(
        name: &str,
        wiring: AcceptorWiring,
        options: AcceptorOptions,
        counters: &Counters,
    ) -> io::Result<Self> {
        // A non-blocking listener would make the kernel answer at once instead of waiting for us.
        wiring.listener.set_nonblocking(false)?;
        let counter = |what: &str| counters.counter(&format!("{name}_{what}"));
        Ok(Self {
            name: name.to_owned(),
            wiring,
            options,
            ring: AcceptRing::new()?,
            accept_again_ns: 0,
            waiting: Vec::with_capacity(options.unauthenticated_max),
            encoder: Encoder::new(),
            counters: AcceptorCounters {
                accepted: counter("accepted"),
                handed_over: counter("handed_over"),
                refused: counter("refused"),
                over_limit: counter("over_limit"),
                over_peer_limit: counter("over_peer_limit"),
                accepts_aborted: counter("accepts_aborted"),
                accepts_out_of_descriptors: counter("accepts_out_of_descriptors"),
                accepts_out_of_memory: counter("accepts_out_of_memory"),
                accepts_failed: counter("accepts_failed"),
                enters: counter("enters"),
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

    /// Takes over what was accepted since the last turn. Beyond what one turn takes and a few
    /// dozen more, connections wait in the listener's queue.
    fn accept(&mut self, now_ns: u64) -> usize {
        if !self.ring.is_accepting() && now_ns >= self.accept_again_ns {
            self.ring.begin(self.wiring.listener.as_fd());
        }
        if self.ring.run().is_err() {
            self.counters.accepts_failed.increment();
        }
        self.counters.enters.set(self.ring.enters());
        for accepted in 0..ACCEPTS_PER_POLL_MAX {
            match self.ring.next() {
                Some(Ok(socket)) => self.on_accepted(socket, now_ns),
                Some(Err(error)) => self.on_accept_ended(error, now_ns),
                None => return accepted,
            }
        }
        ACCEPTS_PER_POLL_MAX
    }

    /// Counts why accepting has ended; it begins again with the next turn, or a while later where
    /// it would end at once.
    fn on_accept_ended(&mut self, error: i32, now_ns: u64) {
        let counters = &self.counters;
        let (counter, again_ns) = match error {
            libc::EINTR => return,
            // What the network says of the connection, in the place of the connection.
            libc::ECONNABORTED
            | libc::EPROTO
            | libc::ENOPROTOOPT
            | libc::ENETDOWN
            | libc::ENETUNREACH
            | libc::EHOSTDOWN
            | libc::EHOSTUNREACH
            | libc::ETIMEDOUT => (&counters.accepts_aborted, now_ns),
            libc::EMFILE | libc::ENFILE => (
                &counters.accepts_out_of_descriptors,
                now_ns.saturating_add(ACCEPT_AGAIN_NS),
            ),
            libc::ENOBUFS | libc::ENOMEM => (
                &counters.accepts_out_of_memory,
                now_ns.saturating_add(ACCEPT_AGAIN_NS),
            ),
            _ => (
                &counters.accepts_failed,
                now_ns.saturating_add(ACCEPT_AGAIN_NS),
            ),
        };
        counter.increment();
        self.accept_again_ns = again_ns;
    }

    fn on_accepted(&mut self, socket: TcpStream, now_ns: u64) {
        self.counters.accepted.increment();
        let Ok(peer) = socket.peer_addr() else {
            // It is gone already.
            self.counters.accepts_aborted.increment();
            return;
        };
        let peer = peer.ip().to_canonical();
        let is_over_limit = self.waiting.len() >= self.options.unauthenticated_max;
        if is_over_limit || self.of_peer(peer) >= self.options.of_peer_max() {
            let counter = if is_over_limit {
                &self.counters.over_limit
            } else {
                &self.counters.over_peer_limit
            };
            counter.increment();
            say_logout(&socket, &mut self.encoder, RejectReason::ConnectionLimit);
            return;
        }
        self.waiting.push(Unauthenticated {
            socket,
            peer,
            waiting: Waiting::Logon(PartialLogon::new()),
            deadline_ns: now_ns.saturating_add(self.options.logon_timeout_ns),
        });
    }

    /// Returns how many places a peer has, those of its refused connections included.
    fn of_peer(&self, peer: IpAddr) -> usize {
        let waiting = self.waiting.iter();
        waiting.filter(|one| one.peer == peer).count()
    }

    /// Looks at one connection; returns whether it still stands in the table.
    fn look_at(&mut self, place: usize, now_ns: u64) -> bool {
        let Some(connection) = self.waiting.get_mut(place) else {
            return false;
        };
        let is_late = now_ns >= connection.deadline_ns;
        let step = match &mut connection.waiting {
            Waiting::Logon(_) if is_late => Step::Refuse(RejectReason::LogonTimeout),
            Waiting::Logon(heard) => heard.hear(&connection.socket, &self.wiring.directory),
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
                let Unauthenticated { socket, peer, .. } = self.waiting.swap_remove(place);
                if let Err(socket) = self.hand_over(socket, handover, gateway) {
                    self.counters.refused.increment();
                    say_logout(&socket, &mut self.encoder, RejectReason::Busy);
                    self.waiting.push(Unauthenticated {
                        socket,
                        peer,
                        waiting: Waiting::PeerClose,
                        deadline_ns: now_ns.saturating_add(LINGER_NS),
                    });
                }
                false
            }
        }
    }

    /// Gives a connection to its session's home, or back where that takes no more.
    fn hand_over(
        &mut self,
        socket: TcpStream,
        handover: Handover,
        gateway: usize,
    ) -> Result<(), TcpStream> {
        let Some(producer) = self.wiring.gateways.get_mut(gateway) else {
            return Err(socket);
        };
        let pushed = producer.try_push(socket, handover);
        pushed.map_err(|Full((socket, _))| socket)?;
        self.counters.handed_over.increment();
        Ok(())
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

    /// Tells every connection without a logon that the venue stops, and takes no more.
    fn close(&mut self) {
        let reason = RejectReason::ShuttingDown;
        let encoder = &mut self.encoder;
        self.ring
            .stop(|socket| say_logout(&socket, encoder, reason));
        for connection in self.waiting.drain(..) {
            if matches!(connection.waiting, Waiting::Logon(_)) {
                say_logout(&connection.socket, &mut self.encoder, reason);
            }
        }
    }
}

impl AcceptorOptions {
    /// Returns how many places one peer address has at the most: half of them, so that it cannot
    /// keep the others out.
    const fn of_peer_max(&self) -> usize {
        self.unauthenticated_max.div_ceil(2)
    }
}

/// A key does not belong into a log.
impl fmt::Debug for PartialLogon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PartialLogon")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl PartialLogon {
    fn new() -> Self {
        Self {
            bytes: Box::new([0; CLIENT_FRAME_BYTES_MAX]),
            length: 0,
        }
    }

    /// Looks whether the logon has come, and takes exactly that off the socket, or what has come
    /// of it.
    fn hear(&mut self, socket: &TcpStream, directory: &Directory) -> Step {
        let rest = self.bytes.get_mut(self.length..).unwrap_or_default();
        let fresh = match socket.peek(rest) {
            Ok(0) => return Step::Over,
            Ok(fresh) => fresh,
            Err(error) => return wait_or_over(&error),
        };
        let heard = self.bytes.get(..self.length + fresh).unwrap_or_default();
        let (step, taken) = match frame::next(heard) {
            Ok(Some(frame)) => (answer(frame, directory), frame.len() - self.length),
            Ok(None) => (Step::Wait, fresh),
            Err(reason) => return Step::Refuse(reason),
        };
        if matches!(step, Step::Refuse(_)) {
            return step;
        }
        if self.take(socket, taken).is_err() {
            return Step::Over;
        }
        step
    }

    /// Takes bytes off the socket that were seen there.
    fn take(&mut self, mut socket: &TcpStream, count: usize) -> io::Result<()> {
        let end = self.length + count;
        let room = self.bytes.get_mut(self.length..end).unwrap_or_default();
        socket.read_exact(room)?;
        self.length = end;
        Ok(())
    }
}

/// Returns what becomes of a connection whose first frame is this one.
fn answer(frame: &[u8], directory: &Directory) -> Step {
    let logon = match decode_client(frame) {
        Ok(ClientMessage::Logon(logon)) => logon,
        Ok(_) => return Step::Refuse(RejectReason::NotLoggedOn),
        Err(error) => return Step::Refuse(error.reason),
    };
    match check(&logon, directory) {
        Ok((handover, gateway)) => Step::LoggedOn(handover, gateway),
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
