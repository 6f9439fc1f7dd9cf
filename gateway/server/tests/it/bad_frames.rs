//! Bytes and numbers that cannot be end their own connection, with the reason, and no other.

use std::io::ErrorKind;

use matchgate_core::domain::{
    ClientOrderId, Durability, RejectReason, RequestNumber, Side, Symbol,
};
use matchgate_schema::message::{
    CLIENT_FRAME_BYTES_MAX, ClientMessage, ExecType, Logon, NewOrderRequest, Report, ServerMessage,
};

use crate::local_venue::{LocalVenue, SMALL};
use crate::peer::{Peer, frame_of, logon};
use crate::trader::{Neighbor, cents, order, refusal};

/// One symbol for those who err, one for the neighbor.
const MARKET: &str = "[venue]\norders_per_shard_max = 1024\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"100\"\n\
     [[instrument]]\nsymbol = \"B\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"100\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"bad\"\nfirm = \"F\"\naccount = \"F-1\"\nresend_messages_max = 1024\n\
     [[session]]\nkey = \"good\"\nfirm = \"F\"\naccount = \"F-1\"\n";
/// Requests that a peer sends at the most before its connection must be gone.
const REQUESTS_MAX: u64 = 20_000_000;

fn market() -> (LocalVenue, Neighbor) {
    let venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let neighbor = Neighbor::start(venue.address(), "good", order("B", Side::Buy, 1000, 5));
    (venue, neighbor)
}

fn entry(request: u64) -> ClientMessage {
    ClientMessage::NewOrder(NewOrderRequest {
        request: RequestNumber(request),
        ..order("A", Side::Buy, 1000, 5)
    })
}

/// A frame of one segment.
fn frame(words: &[u64]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend_from_slice(&u32::try_from(words.len()).unwrap().to_le_bytes());
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes
}

/// A pointer to a struct `offset` words behind it.
fn struct_pointer(offset: i32, data_words: u16, pointers: u16) -> u64 {
    let offset = u64::from(u32::from_ne_bytes((offset << 2).to_ne_bytes()));
    offset | u64::from(data_words) << 32 | u64::from(pointers) << 48
}

/// A pointer to the landing pad in word 0 of segment 0: to where it stands itself.
const FAR_POINTER_TO_ITSELF: u64 = 2;

/// Bytes that are no message, and the reason that ends the connection.
fn bad_bytes() -> Vec<(&'static str, Vec<u8>, RejectReason)> {
    let oversize = u32::try_from(CLIENT_FRAME_BYTES_MAX / 8).unwrap();
    let oversize = [[0; 4], oversize.to_le_bytes()].concat();
    let mut largest = frame(&[u64::MAX; CLIENT_FRAME_BYTES_MAX / 8 - 1]);
    largest.truncate(CLIENT_FRAME_BYTES_MAX);
    // The text of a new order with a blank in it.
    let mut blank = frame_of(&ClientMessage::NewOrder(NewOrderRequest {
        symbol: Symbol::new(b"BLANK-TO-COME").unwrap(),
        ..order("A", Side::Buy, 1000, 5)
    }));
    let at = blank
        .windows(5)
        .position(|bytes| bytes == b"BLANK")
        .unwrap();
    blank[at + 2] = b' ';
    let malformed = RejectReason::MalformedFrame;
    vec![
        ("no table", vec![0xff; 64], malformed),
        ("text", b"GET / HTTP/1.1\r\n\r\n".to_vec(), malformed),
        ("no words", vec![0; 8], malformed),
        ("oversize", oversize, RejectReason::FrameTooLarge),
        ("noise", largest, malformed),
        ("far cycle", frame(&[FAR_POINTER_TO_ITSELF]), malformed),
        // The root's pointer leads back to the root, as the cancel that it holds: of no order.
        (
            "struct cycle",
            frame(&[struct_pointer(0, 1, 1), 5, struct_pointer(-2, 1, 1)]),
            RejectReason::InvalidTarget,
        ),
        (
            "pointer out of the frame",
            frame(&[struct_pointer(99, 1, 1)]),
            malformed,
        ),
        (
            "unknown message",
            frame(&[struct_pointer(0, 1, 1), 99, 0]),
            RejectReason::UnknownMessage,
        ),
        (
            "no message",
            frame(&[struct_pointer(0, 1, 1), 0, 0]),
            RejectReason::UnknownMessage,
        ),
        ("blank in a symbol", blank, RejectReason::InvalidSymbol),
    ]
}

#[test]
fn bytes_that_are_no_message_end_a_session_and_no_other() {
    let (venue, neighbor) = market();
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    peer.say(&entry(1));
    assert_eq!(refusal(&peer.report()), None);
    peer.close();
    let before = venue.book_hashes();
    for (what, bytes, reason) in bad_bytes() {
        let (mut peer, answer) = Peer::log_on(venue.address(), logon("bad", 0));
        assert_eq!(answer.request_highest, RequestNumber(1), "{what}");
        peer.write(&bytes);
        peer.hears_logout(reason);
        neighbor.trades();
    }
    assert_eq!(venue.book_hashes(), before);
    neighbor.stop();
}

#[test]
fn bytes_that_are_no_logon_are_refused_at_the_door() {
    let (venue, neighbor) = market();
    let address = venue.address();
    for (what, bytes, reason) in bad_bytes() {
        println!("{what}");
        let mut peer = Peer::connect(address);
        peer.write(&bytes);
        peer.hears_logout(reason);
        neighbor.trades();
    }
    for message in [entry(1), ClientMessage::Heartbeat, ClientMessage::Logout] {
        let mut peer = Peer::connect(address);
        peer.say(&message);
        peer.hears_logout(RejectReason::NotLoggedOn);
    }
    let bad = logon("bad", 0);
    let refused = [
        (logon("nobody", 0), RejectReason::UnknownKey),
        (
            Logon {
                protocol_version: 2,
                ..bad
            },
            RejectReason::ProtocolVersion,
        ),
        (
            Logon {
                next_expected: 2,
                ..bad
            },
            RejectReason::SequenceAhead,
        ),
        (logon("good", 0), RejectReason::SessionInUse),
    ];
    for (logon, reason) in refused {
        let mut peer = Peer::connect(address);
        peer.say(&ClientMessage::Logon(logon));
        peer.hears_logout(reason);
        neighbor.trades();
    }
    neighbor.stop();
}

#[test]
fn message_in_pieces_is_taken_whole() {
    let (venue, neighbor) = market();
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    for byte in frame_of(&entry(1)) {
        peer.write(&[byte]);
    }
    assert_eq!(refusal(&peer.report()), None);
    // Two and a half in one write, then the rest.
    let all = [2, 3, 4].map(|request| frame_of(&entry(request))).concat();
    let (most, rest) = all.split_at(all.len() - 9);
    peer.write(most);
    assert_eq!(refusal(&peer.report()), None);
    assert_eq!(refusal(&peer.report()), None);
    neighbor.trades();
    peer.write(rest);
    assert_eq!(peer.report().request(), RequestNumber(4));
    peer.close();
    neighbor.stop();
}

#[test]
fn frame_that_is_cut_off_has_no_effect() {
    let (venue, neighbor) = market();
    let before = venue.book_hashes();
    let whole = frame_of(&entry(1));
    let logon_frame = frame_of(&ClientMessage::Logon(logon("bad", 0)));
    for cut in [1, 8, 30] {
        let (mut peer, answer) = Peer::log_on(venue.address(), logon("bad", 0));
        assert_eq!(answer.request_highest, RequestNumber(0));
        peer.write(&whole[..whole.len() - cut]);
        peer.close();
        neighbor.trades();
        // The same before the logon.
        let mut peer = Peer::connect(venue.address());
        peer.write(&logon_frame[..logon_frame.len() - cut]);
        drop(peer);
        neighbor.trades();
    }
    assert_eq!(venue.book_hashes(), before);
    neighbor.stop();
}

#[test]
fn numbers_that_cannot_be_end_a_session_and_are_not_used_up() {
    let (venue, neighbor) = market();
    let before = venue.book_hashes();
    let wrong = [
        (entry(0), RejectReason::RequestZero),
        (entry(2), RejectReason::RequestGap),
        (entry(u64::MAX), RejectReason::RequestGap),
        (
            ClientMessage::Logon(logon("bad", 0)),
            RejectReason::AlreadyLoggedOn,
        ),
        (ClientMessage::Logout, RejectReason::LoggedOut),
    ];
    for (message, reason) in wrong {
        let (mut peer, answer) = Peer::log_on(venue.address(), logon("bad", 0));
        assert_eq!(answer.request_highest, RequestNumber(0), "{message:?}");
        peer.say(&message);
        // What stands behind it is not taken.
        peer.write(&frame_of(&entry(1)));
        peer.hears_logout(reason);
        neighbor.trades();
    }
    assert_eq!(venue.book_hashes(), before);
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    peer.say(&entry(1));
    assert_eq!(refusal(&peer.report()), None);
    peer.close();
    neighbor.stop();
}

#[test]
fn repeated_request_is_answered_and_changes_nothing() {
    let (venue, neighbor) = market();
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    let unknown = |request| {
        ClientMessage::NewOrder(NewOrderRequest {
            request: RequestNumber(request),
            ..order("NONE", Side::Buy, 1000, 5)
        })
    };
    peer.say(&entry(1));
    assert_eq!(refusal(&peer.report()), None);
    peer.say(&unknown(2));
    assert_eq!(refusal(&peer.report()), Some(RejectReason::UnknownSymbol));
    let before = venue.book_hashes();
    // As it was, with other content, and one that was refused.
    let other = ClientMessage::NewOrder(NewOrderRequest {
        request: RequestNumber(1),
        client_order_id: ClientOrderId::new(b"NEW").unwrap(),
        ..order("A", Side::Sell, 1000, 5)
    });
    for again in [entry(1), other, unknown(2), entry(2)] {
        peer.say(&again);
        let request = again.request().unwrap();
        assert_eq!(
            peer.hear(),
            Some(ServerMessage::RequestRepeated { request })
        );
    }
    assert_eq!(venue.book_hashes(), before);
    neighbor.trades();
    peer.say(&entry(3));
    assert_eq!(peer.report().request(), RequestNumber(3));
    peer.close();
    // The same over another connection.
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    let request = RequestNumber(3);
    peer.say(&entry(3));
    assert_eq!(
        peer.hear(),
        Some(ServerMessage::RequestRepeated { request })
    );
    peer.close();
    neighbor.stop();
}

#[test]
fn session_in_use_trades_on_when_another_connection_asks_for_it() {
    let (venue, neighbor) = market();
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    for request in 1..=3 {
        let mut intruder = Peer::connect(venue.address());
        intruder.say(&ClientMessage::Logon(Logon {
            durability: Durability::Synced,
            ..logon("bad", 1)
        }));
        intruder.hears_logout(RejectReason::SessionInUse);
        peer.say(&entry(request));
        let Report::Execution(report) = peer.report() else {
            panic!("an order is answered by an execution report");
        };
        assert_eq!(
            (report.exec_type, report.price),
            (ExecType::New, cents(1000))
        );
    }
    peer.close();
    neighbor.stop();
}

#[test]
fn peer_that_does_not_read_is_closed_and_others_go_on() {
    let (venue, neighbor) = market();
    let (mut peer, _) = Peer::log_on(venue.address(), logon("bad", 0));
    let mut sent = 0;
    let error = loop {
        assert!(sent < REQUESTS_MAX, "the peer is served without reading");
        let mut burst = Vec::new();
        for _ in 0..1000 {
            sent += 1;
            burst.extend_from_slice(&frame_of(&ClientMessage::NewOrder(NewOrderRequest {
                request: RequestNumber(sent),
                ..order("NONE", Side::Buy, 1000, 5)
            })));
        }
        if let Err(error) = peer.try_write(&burst) {
            break error;
        }
        neighbor.trades();
    };
    assert!(
        matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
        "{error}"
    );
    println!("closed after {sent} requests");
    drop(peer);
    neighbor.trades();
    // What it missed is no longer kept; the session itself is well.
    let mut again = Peer::connect(venue.address());
    again.say(&ClientMessage::Logon(logon("bad", 1)));
    again.hears_logout(RejectReason::ResendUnavailable);
    let (mut peer, answer) = Peer::log_on(venue.address(), logon("bad", 0));
    assert_eq!(answer.decided_through, answer.request_highest);
    assert!(answer.request_highest.get() <= sent);
    peer.say(&entry(answer.request_highest.get() + 1));
    assert_eq!(refusal(&peer.report()), None);
    peer.close();
    neighbor.stop();
}
