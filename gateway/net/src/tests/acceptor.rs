//! The acceptor on its own: who is handed over, and what the others are told.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use matchgate_core::domain::{Durability, GatewayId, Name, RejectReason, RequestNumber, SessionId};
use matchgate_runtime::{Agent, Clock, Counters, ManualTime, Sampler};
use matchgate_schema::capnp::{Encoder, decode_server, encode_client, frame};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, Logon, OrderTarget, PROTOCOL_VERSION, ServerMessage,
};

use super::peer::{Peer, TURNS_MAX};
use crate::acceptor::{ACCEPT_AGAIN_NS, LOGON_TIMEOUT_NS};
use crate::{
    Acceptor, AcceptorOptions, AcceptorWiring, Directory, DirectoryEntry, Handover,
    HandoverConsumer, handover_ring,
};

struct Bench {
    acceptor: Acceptor,
    address: SocketAddr,
    gateways: Vec<HandoverConsumer>,
    time: ManualTime,
    sampler: Sampler,
}

fn logon(key: &str) -> Logon {
    Logon {
        protocol_version: PROTOCOL_VERSION,
        key: Name::new(key.as_bytes()).unwrap(),
        next_expected: 1,
        durability: Durability::Written,
    }
}

fn bytes(message: &ClientMessage) -> Vec<u8> {
    encode_client(message, &mut Encoder::new()).to_vec()
}

impl Bench {
    fn new(unauthenticated_max: usize, ring_slots: usize) -> Self {
        let entry = |key: &str, session, gateway| DirectoryEntry {
            key: Name::new(key.as_bytes()).unwrap(),
            session: SessionId(session),
            gateway: GatewayId(gateway),
        };
        let entries = vec![
            entry("alpha", 7, 0),
            entry("beta", 8, 1),
            entry("lost", 9, 2),
        ];
        let (clock, time) = Clock::manual();
        let (producers, consumers) = (0..2).map(|_| handover_ring(ring_slots)).unzip();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wiring = AcceptorWiring {
            listener,
            directory: Directory::new(entries).unwrap(),
            gateways: producers,
            clock,
        };
        let options = AcceptorOptions {
            unauthenticated_max,
            ..AcceptorOptions::default()
        };
        let counters = Counters::new();
        let acceptor = Acceptor::new("acceptor", wiring, options, &counters).unwrap();
        let address = acceptor.local_address().unwrap();
        Self {
            acceptor,
            address,
            gateways: consumers,
            time,
            sampler: counters.sampler(),
        }
    }

    fn handed_over(&mut self, gateway: usize) -> (TcpStream, Handover) {
        for _ in 0..TURNS_MAX {
            self.acceptor.poll();
            if let Some(handed_over) = self.gateways[gateway].pop() {
                return handed_over;
            }
        }
        panic!("never handed over");
    }

    /// Polls until the peer is told why it is refused and the connection is over.
    fn refusal(&mut self, peer: &mut Peer) -> RejectReason {
        for _ in 0..TURNS_MAX {
            self.acceptor.poll();
            peer.read();
            if peer.over {
                let frame = frame::next_from_server(&peer.received).unwrap().unwrap();
                assert_eq!(frame.len(), peer.received.len(), "one message and no more");
                match decode_server(frame).unwrap() {
                    ServerMessage::Logout { reason } => return reason,
                    other => panic!("{other:?} is no logout"),
                }
            }
        }
        panic!("never refused");
    }

    fn counted(&self, what: &str) -> u64 {
        self.sampler.get(&format!("acceptor_{what}")).unwrap()
    }

    fn turns(&mut self, count: u32) {
        for _ in 0..count {
            self.acceptor.poll();
        }
    }

    /// Polls until `done`.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..TURNS_MAX {
            self.acceptor.poll();
            if done(self) {
                return;
            }
        }
        panic!("never: {what}; {} wait", self.acceptor.unauthenticated());
    }
}

#[test]
fn logon_is_handed_to_the_home_of_its_session_with_nothing_read_behind_it() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    let next = bytes(&ClientMessage::Heartbeat);
    let first = bytes(&ClientMessage::Logon(logon("beta")));
    peer.write_all(&[first, next.clone()].concat());
    let (mut socket, handover) = bench.handed_over(1);
    let expected = Handover {
        logon: logon("beta"),
        session: SessionId(8),
    };
    assert_eq!(handover, expected);
    socket.set_nonblocking(false).unwrap();
    let mut behind = vec![0; next.len()];
    std::io::Read::read_exact(&mut socket, &mut behind).unwrap();
    assert_eq!(behind, next);
    assert_eq!(bench.acceptor.unauthenticated(), 0);
}

#[test]
fn logon_in_single_bytes_is_heard() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    for byte in bytes(&ClientMessage::Logon(logon("alpha"))) {
        peer.write_all(&[byte]);
        bench.acceptor.poll();
    }
    assert_eq!(bench.handed_over(0).1.session, SessionId(7));
}

#[test]
fn first_message_other_than_a_logon_is_refused() {
    let mut bench = Bench::new(4, 4);
    let messages = [
        ClientMessage::Heartbeat,
        ClientMessage::Cancel(CancelRequest {
            request: RequestNumber(1),
            target: OrderTarget::Request(RequestNumber(1)),
        }),
    ];
    for message in messages {
        let mut peer = Peer::connect(bench.address);
        peer.write_all(&bytes(&message));
        assert_eq!(bench.refusal(&mut peer), RejectReason::NotLoggedOn);
    }
}

#[test]
fn wrong_key_version_or_bytes_are_refused_by_their_reason() {
    let mut bench = Bench::new(16, 4);
    let other_version = Logon {
        protocol_version: PROTOCOL_VERSION + 1,
        ..logon("alpha")
    };
    let cases = [
        (
            bytes(&ClientMessage::Logon(logon("gamma"))),
            RejectReason::UnknownKey,
        ),
        (
            bytes(&ClientMessage::Logon(other_version)),
            RejectReason::ProtocolVersion,
        ),
        (vec![0xff; 64], RejectReason::MalformedFrame),
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            RejectReason::MalformedFrame,
        ),
        (
            [[0, 0, 0, 0], [0, 0, 1, 0]].concat(),
            RejectReason::FrameTooLarge,
        ),
    ];
    for (bytes, reason) in cases {
        let mut peer = Peer::connect(bench.address);
        peer.write_all(&bytes);
        assert_eq!(bench.refusal(&mut peer), reason);
    }
}

#[test]
fn logon_that_does_not_come_in_time_is_refused() {
    let mut bench = Bench::new(4, 4);
    let mut silent = Peer::connect(bench.address);
    let mut halting = Peer::connect(bench.address);
    let logon = bytes(&ClientMessage::Logon(logon("alpha")));
    halting.write_all(&logon[..logon.len() - 1]);
    bench.turns(1_000);
    bench.time.advance_ns(LOGON_TIMEOUT_NS - 1);
    bench.turns(1_000);
    silent.read();
    assert!(silent.received.is_empty() && !silent.over);
    bench.time.advance_ns(1);
    assert_eq!(bench.refusal(&mut silent), RejectReason::LogonTimeout);
    assert_eq!(bench.refusal(&mut halting), RejectReason::LogonTimeout);
}

#[test]
fn refused_peer_that_does_not_close_is_dropped_in_time() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    peer.write_all(&bytes(&ClientMessage::Heartbeat));
    assert_eq!(bench.refusal(&mut peer), RejectReason::NotLoggedOn);
    bench.turns(1_000);
    assert_eq!(
        bench.acceptor.unauthenticated(),
        1,
        "waits for the peer to close"
    );
    bench.time.advance_ns(1_000_000_000);
    bench.turns(1_000);
    assert_eq!(bench.acceptor.unauthenticated(), 0);
}

#[test]
fn peer_that_leaves_before_its_logon_frees_its_place() {
    let mut bench = Bench::new(4, 4);
    let closed = Peer::connect(bench.address);
    let reset = Peer::connect(bench.address);
    bench.turns(1_000);
    assert_eq!(bench.acceptor.unauthenticated(), 2);
    drop(closed);
    reset.reset();
    bench.turns(1_000);
    assert_eq!(bench.acceptor.unauthenticated(), 0);
}

#[test]
fn peer_that_leaves_within_its_logon_frees_its_place() {
    let logon = bytes(&ClientMessage::Logon(logon("alpha")));
    for sent in 1..logon.len() {
        let mut bench = Bench::new(4, 4);
        let mut closed = Peer::connect(bench.address);
        let mut reset = Peer::connect(bench.address);
        closed.write_all(&logon[..sent]);
        reset.write_all(&logon[..sent]);
        bench.turns(4);
        assert_eq!(bench.acceptor.unauthenticated(), 2);
        drop(closed);
        reset.reset();
        bench.until("both places are free", |bench| {
            bench.acceptor.unauthenticated() == 0
        });
    }
}

#[test]
fn peer_that_stops_sending_behind_its_logon_is_handed_over() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    peer.write_all(&bytes(&ClientMessage::Logon(logon("alpha"))));
    peer.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bench.handed_over(0).1.session, SessionId(7));
}

#[test]
fn one_peer_address_has_at_most_half_of_the_places() {
    let mut bench = Bench::new(4, 4);
    let greedy = [Peer::connect(bench.address), Peer::connect(bench.address)];
    bench.until("two wait", |bench| bench.acceptor.unauthenticated() == 2);
    let mut third = Peer::connect(bench.address);
    assert_eq!(bench.refusal(&mut third), RejectReason::ConnectionLimit);
    let others = [
        Peer::connect_from("127.0.0.2", bench.address),
        Peer::connect_from("127.0.0.3", bench.address),
    ];
    bench.until("four wait", |bench| bench.acceptor.unauthenticated() == 4);
    drop(others);
    let [first, _second] = greedy;
    drop(first);
    bench.until("places are free", |bench| {
        bench.acceptor.unauthenticated() == 1
    });
    let mut next = Peer::connect(bench.address);
    next.write_all(&bytes(&ClientMessage::Logon(logon("alpha"))));
    assert_eq!(bench.handed_over(0).1.session, SessionId(7));
}

#[test]
fn connection_above_the_bound_is_refused() {
    let mut bench = Bench::new(1, 4);
    let _first = Peer::connect(bench.address);
    bench.turns(1_000);
    let mut second = Peer::connect(bench.address);
    assert_eq!(bench.refusal(&mut second), RejectReason::ConnectionLimit);
}

#[test]
fn gateway_that_takes_no_more_makes_the_logon_busy() {
    let mut bench = Bench::new(4, 1);
    let logon = bytes(&ClientMessage::Logon(logon("alpha")));
    let mut first = Peer::connect(bench.address);
    first.write_all(&logon);
    bench.turns(1_000);
    let mut second = Peer::connect(bench.address);
    second.write_all(&logon);
    assert_eq!(bench.refusal(&mut second), RejectReason::Busy);
    assert_eq!(bench.handed_over(0).1.session, SessionId(7));
}

#[test]
fn session_without_a_gateway_is_busy() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    peer.write_all(&bytes(&ClientMessage::Logon(logon("lost"))));
    assert_eq!(bench.refusal(&mut peer), RejectReason::Busy);
}

#[test]
fn stop_tells_those_who_wait() {
    let mut bench = Bench::new(4, 4);
    let mut peer = Peer::connect(bench.address);
    bench.turns(1_000);
    bench.acceptor.close();
    assert_eq!(bench.refusal(&mut peer), RejectReason::ShuttingDown);
}

#[test]
fn acceptor_makes_no_system_call_to_accept_while_nobody_comes() {
    let mut bench = Bench::new(4, 4);
    bench.turns(4);
    let begun = bench.counted("enters");
    bench.turns(1_000);
    assert_eq!(bench.counted("enters"), begun);
    let _peers = [Peer::connect(bench.address), Peer::connect(bench.address)];
    bench.until("both wait", |bench| bench.acceptor.unauthenticated() == 2);
    assert!(bench.counted("enters") <= begun + 2);
}

#[test]
fn crowd_larger_than_the_ring_is_accepted_to_the_last() {
    let mut bench = Bench::new(256, 4);
    let peers: Vec<Peer> = (0..120).map(|_| Peer::connect(bench.address)).collect();
    bench.until("all wait", |bench| {
        bench.acceptor.unauthenticated() == peers.len()
    });
    assert_eq!(bench.counted("accepted"), 120);
    let _late = Peer::connect(bench.address);
    bench.until("one more", |bench| bench.acceptor.unauthenticated() == 121);
}

#[test]
fn acceptor_that_is_gone_leaves_its_address_free_and_its_peers_closed() {
    let mut bench = Bench::new(4, 4);
    bench.turns(4);
    let address = bench.address;
    let mut peer = Peer::connect(address);
    drop(bench);
    let _next = TcpListener::bind(address).unwrap();
    for _ in 0..TURNS_MAX {
        peer.read();
        if peer.over {
            return;
        }
    }
    panic!("never closed");
}

/// Set in the process in which a test runs itself, with few descriptors.
const FEW_DESCRIPTORS: &str = "MATCHGATE_TEST_FEW_DESCRIPTORS";

#[test]
fn accepting_resumes_once_descriptors_are_there_again() {
    if std::env::var_os(FEW_DESCRIPTORS).is_some() {
        run_out_of_descriptors();
        return;
    }
    let itself = "tests::acceptor::accepting_resumes_once_descriptors_are_there_again";
    let ran = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg(itself)
        .env(FEW_DESCRIPTORS, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}

fn run_out_of_descriptors() {
    let mut bench = Bench::new(4, 4);
    bench.turns(4);
    let open = || File::open("/dev/null");
    let mut held: Vec<File> = std::iter::from_fn(|| open().ok()).collect();
    held.pop();
    let mut peer = Peer::connect(bench.address);
    let out_of = open().unwrap_err().raw_os_error();
    assert_eq!(out_of, Some(libc::EMFILE), "the peer has the last one");
    let counter = "accepts_out_of_descriptors";
    bench.until("told", |bench| bench.counted(counter) == 1);
    bench.turns(1_000);
    assert_eq!(bench.counted(counter), 1, "not tried again at once");
    bench.time.advance_ns(ACCEPT_AGAIN_NS);
    bench.turns(1_000);
    assert_eq!(bench.counted(counter), 2, "tried again in vain");
    drop(held);
    bench.time.advance_ns(ACCEPT_AGAIN_NS);
    bench.until("accepted", |bench| bench.acceptor.unauthenticated() == 1);
    peer.write_all(&bytes(&ClientMessage::Logon(logon("alpha"))));
    assert_eq!(bench.handed_over(0).1.session, SessionId(7));
    assert_eq!(bench.counted(counter), 2);
}
