//! The reactor on its own: order, bounds, back pressure, ends.

use matchgate_runtime::alloc_guard::count_allocations;

use super::peer::{Bench, Peer, SMALL, TURNS_MAX, pattern};
use crate::{AdoptError, CloseCause, Reactor, ReactorError, ReactorEvent, ReactorOptions};

/// Sends back everything that is there and fits.
fn echo(reactor: &mut Reactor) {
    reactor.poll();
    let mut bytes = [0; 4_096];
    while let Some(event) = reactor.next_event() {
        if let ReactorEvent::Received(id, received) = event {
            let length = received.len();
            bytes[..length].copy_from_slice(received);
            assert!(
                reactor.send(id, &bytes[..length]),
                "the test sends less than fits"
            );
        }
    }
    reactor.submit().unwrap();
}

#[test]
fn bytes_of_64_connections_come_back_each_to_its_own() {
    let mut bench = Bench::new(&ReactorOptions {
        connections: 64,
        ..ReactorOptions::default()
    });
    let mut peers: Vec<Peer> = (0..64).map(|_| Peer::connect(bench.address)).collect();
    let streams: Vec<Vec<u8>> = (0..64).map(|seed| pattern(seed, 40_000)).collect();
    let mut written = vec![0; peers.len()];
    for _ in 0..TURNS_MAX {
        for (index, peer) in peers.iter_mut().enumerate() {
            peer.read();
            // A window of 4 KiB: what is on its way always fits the output.
            let end = (peer.received.len() + 4_096).min(streams[index].len());
            written[index] += peer.write(&streams[index][written[index]..end]);
        }
        bench.accept();
        echo(&mut bench.reactor);
        if peers
            .iter()
            .zip(&streams)
            .all(|(peer, stream)| peer.received.len() == stream.len())
        {
            break;
        }
    }
    for (peer, stream) in peers.iter().zip(&streams) {
        assert!(&peer.received == stream);
    }
    assert_eq!(bench.reactor.counts().bytes_sent, 64 * 40_000);
}

#[test]
fn idle_turns_make_no_system_call() {
    let mut bench = Bench::new(&SMALL);
    for _ in 0..1_000 {
        bench.turn();
    }
    assert_eq!(bench.reactor.counts().enters, 0);
    let (_peer, _id) = bench.connect();
    bench.turn();
    bench.turn();
    let connected = bench.reactor.counts().enters;
    for _ in 0..1_000 {
        bench.turn();
    }
    assert_eq!(bench.reactor.counts().enters, connected);
}

#[test]
fn output_taken_in_parts_stays_in_order() {
    let options = ReactorOptions {
        output_bytes: 100_000,
        ..SMALL
    };
    let mut bench = Bench::new(&options);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(listener.local_addr().unwrap());
    let (socket, _) = listener.accept().unwrap();
    // The kernel takes a few KiB at a time.
    socket2::SockRef::from(&socket)
        .set_send_buffer_size(1)
        .unwrap();
    let id = bench.reactor.adopt(socket).unwrap();
    let stream = pattern(1, 4_000_000);
    let mut appended = 0;
    for _ in 0..TURNS_MAX {
        let end = stream.len().min(appended + bench.reactor.output_space(id));
        assert!(bench.reactor.send(id, &stream[appended..end]));
        appended = end;
        bench.turn();
        peer.read();
        if peer.received.len() == stream.len() {
            break;
        }
    }
    assert!(peer.received == stream);
    assert!(
        bench.reactor.counts().sends_partial > 0,
        "the send buffer was too wide for the test"
    );
}

#[test]
fn reader_that_stops_fills_its_own_output_only() {
    let mut bench = Bench::new(&SMALL);
    let (mut stopped, stopped_id) = bench.connect_narrow();
    let (mut reading, reading_id) = bench.connect();
    let mut appended = 0;
    // Until the kernel takes no more: no progress over many turns.
    let mut full_turns = 0;
    while full_turns < 1_000 {
        if bench.reactor.send(stopped_id, &pattern(appended, 512)) {
            appended += 1;
            full_turns = 0;
        } else {
            full_turns += 1;
        }
        bench.turn();
    }
    assert!(bench.reactor.output_space(stopped_id) < 512);
    assert!(bench.reactor.send(reading_id, b"others go on"));
    bench.until("the reader is served", |_| {
        reading.read();
        reading.received == b"others go on"
    });
    let mut expected = Vec::new();
    (0..appended).for_each(|seed| expected.extend(pattern(seed, 512)));
    bench.until("the stopped reader has caught up", |_| {
        stopped.read();
        stopped.received.len() == expected.len()
    });
    assert!(stopped.received == expected);
    assert_eq!(bench.reactor.output_space(stopped_id), SMALL.output_bytes);
}

#[test]
fn reset_in_the_middle_of_a_send_ends_only_that_connection() {
    let mut bench = Bench::new(&SMALL);
    let (peer, id) = bench.connect_narrow();
    let (mut other, other_id) = bench.connect();
    while bench.reactor.is_flushed(id) {
        assert!(bench.reactor.send(id, &pattern(3, 1_024)));
        for _ in 0..10 {
            bench.turn();
        }
    }
    peer.reset();
    bench.until("the reset is told", |bench| !bench.closed.is_empty());
    let (closed, cause) = bench.closed[0];
    assert_eq!(closed, id);
    assert!(
        matches!(cause, CloseCause::Failed(libc::ECONNRESET | libc::EPIPE)),
        "{cause:?}"
    );
    bench.until("the slot is free", |bench| bench.reactor.connections() == 1);
    assert!(!bench.reactor.send(id, b"late"));
    other.write_all(b"still here");
    bench.until("the other lives", |bench| {
        bench.received(other_id) == b"still here"
    });
}

#[test]
fn buffers_that_run_out_slow_the_peers_and_lose_nothing() {
    let options = ReactorOptions {
        receive_buffers: 2,
        receive_buffer_bytes: 16,
        ..SMALL
    };
    let mut bench = Bench::new(&options);
    let mut pairs: Vec<_> = (0..4).map(|_| bench.connect()).collect();
    for (seed, (peer, _)) in pairs.iter_mut().enumerate() {
        peer.write_all(&pattern(seed, 4_000));
    }
    // Nobody takes the events: both buffers are out, and every receive has to stop.
    for _ in 0..1_000 {
        bench.reactor.poll();
        bench.reactor.submit().unwrap();
    }
    assert_eq!(bench.reactor.counts().bytes_received, 32);
    bench.until("all bytes", |bench| {
        pairs
            .iter()
            .all(|(_, id)| bench.received(*id).len() == 4_000)
    });
    for (seed, (_, id)) in pairs.iter().enumerate() {
        assert!(bench.received(*id) == pattern(seed, 4_000));
    }
    assert!(bench.reactor.counts().receives_starved > 0);
}

#[test]
fn bytes_that_are_left_come_again_first() {
    let mut bench = Bench::new(&SMALL);
    let (mut peer, id) = bench.connect();
    peer.write_all(b"abcdef");
    let mut taken = Vec::new();
    for _ in 0..TURNS_MAX {
        bench.reactor.poll();
        while let Some(event) = bench.reactor.next_event() {
            let ReactorEvent::Received(of, bytes) = event else {
                panic!("{event:?} brings no bytes");
            };
            assert_eq!(of, id);
            taken.extend_from_slice(&bytes[..2]);
            let rest = bytes.len() - 2;
            if rest > 0 {
                bench.reactor.leave_rest(rest);
            }
        }
        bench.reactor.submit().unwrap();
        if taken.len() == 6 {
            break;
        }
    }
    assert_eq!(taken, b"abcdef");
}

#[test]
fn flood_of_one_peer_leaves_buffers_and_turns_to_the_others() {
    let mut bench = Bench::new(&ReactorOptions {
        receive_buffers: 64,
        ..SMALL
    });
    let (mut flooding, flooding_id) = bench.connect();
    let (mut other, other_id) = bench.connect();
    let stream = pattern(6, 200_000);
    let mut written = flooding.write(&stream);
    // Nobody takes the events.
    for _ in 0..1_000 {
        bench.reactor.poll();
        bench.reactor.submit().unwrap();
    }
    assert!(bench.reactor.counts().receives_stopped > 0);
    assert_eq!(bench.reactor.counts().receives_starved, 0);
    other.write_all(b"my turn");
    for _ in 0..1_000 {
        bench.reactor.poll();
        bench.reactor.submit().unwrap();
    }
    let mut events = Vec::new();
    while let Some(event) = bench.reactor.next_event() {
        if let ReactorEvent::Received(id, bytes) = event {
            bench
                .received
                .entry(id)
                .or_default()
                .extend_from_slice(bytes);
            events.push(id);
        }
    }
    assert_eq!(events[..2], [flooding_id, other_id]);
    bench.until("every byte", |bench| {
        written += flooding.write(&stream[written..]);
        bench.received(flooding_id).len() == stream.len()
    });
    assert!(bench.received(flooding_id) == stream);
}

#[test]
fn paused_connection_holds_nobody_up_and_loses_nothing() {
    let mut bench = Bench::new(&SMALL);
    let (mut paused, paused_id) = bench.connect();
    let (mut other, other_id) = bench.connect();
    bench.reactor.pause(paused_id);
    let stream = pattern(4, 60_000);
    let mut written = 0;
    for round in 0..100 {
        written += paused.write(&stream[written..]);
        other.write_all(&[round]);
        bench.until("the other is heard", |bench| {
            bench.received(other_id).len() == usize::from(round) + 1
        });
    }
    assert!(bench.received(paused_id).is_empty());
    for _ in 0..50 {
        bench.reactor.resume(paused_id);
        bench.turn();
        bench.reactor.pause(paused_id);
        bench.turn();
    }
    bench.reactor.resume(paused_id);
    bench.until("every byte", |bench| {
        written += paused.write(&stream[written..]);
        bench.received(paused_id).len() == stream.len()
    });
    assert!(bench.received(paused_id) == stream);
}

#[test]
fn paused_connection_that_ends_gives_its_buffers_back() {
    let mut bench = Bench::new(&ReactorOptions {
        receive_buffers: 2,
        ..SMALL
    });
    for round in 0..20 {
        let (mut peer, id) = bench.connect();
        peer.write_all(&pattern(round, 700));
        bench.reactor.pause(id);
        for _ in 0..20 {
            bench.turn();
        }
        if round % 2 == 0 {
            peer.reset();
            bench.reactor.resume(id);
        } else {
            bench.reactor.abort(id);
        }
        bench.until("free", |bench| bench.reactor.connections() == 0);
    }
    let (mut peer, id) = bench.connect();
    peer.write_all(b"buffers are there");
    bench.until("heard", |bench| bench.received(id) == b"buffers are there");
}

#[test]
fn bytes_before_the_peers_end_come_before_it() {
    let mut bench = Bench::new(&SMALL);
    let (mut peer, id) = bench.connect();
    peer.write_all(&pattern(9, 1_500));
    drop(peer);
    bench.until("closed", |bench| !bench.closed.is_empty());
    assert!(bench.received(id) == pattern(9, 1_500));
    assert_eq!(bench.closed, [(id, CloseCause::Peer)]);
    bench.until("free", |bench| bench.reactor.connections() == 0);
}

#[test]
fn close_after_flush_delivers_the_last_bytes_to_a_peer_that_still_writes() {
    let mut bench = Bench::new(&SMALL);
    let (mut peer, id) = bench.connect();
    peer.write_all(&[7; 20_000]);
    bench.until("some came", |bench| !bench.received(id).is_empty());
    assert!(bench.reactor.send(id, b"good bye"));
    bench.reactor.close_after_flush(id);
    assert!(
        !bench.reactor.send(id, b"more"),
        "nothing after the last bytes"
    );
    let before = bench.received(id).len();
    bench.until("peer has heard it", |_| {
        peer.read();
        peer.over
    });
    assert_eq!(peer.received, b"good bye");
    assert_eq!(
        bench.received(id).len(),
        before,
        "what comes late is dropped"
    );
    drop(peer);
    bench.until("over", |bench| bench.closed == [(id, CloseCause::Local)]);
    bench.until("free", |bench| bench.reactor.connections() == 0);
}

#[test]
fn close_after_flush_reaches_a_peer_that_only_stopped_sending() {
    let mut bench = Bench::new(&SMALL);
    let (mut peer, id) = bench.connect();
    assert!(bench.reactor.send(id, b"good bye"));
    bench.reactor.close_after_flush(id);
    peer.socket.shutdown(std::net::Shutdown::Write).unwrap();
    bench.until("over", |_| {
        peer.read();
        peer.over
    });
    assert_eq!(peer.received, b"good bye");
    bench.until("free", |bench| bench.reactor.connections() == 0);
    assert_eq!(bench.closed, [(id, CloseCause::Local)]);
}

#[test]
fn abort_ends_a_close_that_waits_for_a_reader() {
    let mut bench = Bench::new(&SMALL);
    let (mut peer, id) = bench.connect_narrow();
    let mut full_turns = 0;
    while full_turns < 1_000 {
        full_turns = if bench.reactor.send(id, &[1; 512]) {
            0
        } else {
            full_turns + 1
        };
        bench.turn();
    }
    bench.reactor.close_after_flush(id);
    for _ in 0..1_000 {
        bench.turn();
    }
    assert!(bench.closed.is_empty());
    bench.reactor.abort(id);
    bench.until("free", |bench| bench.reactor.connections() == 0);
    assert_eq!(bench.closed, [(id, CloseCause::Local)]);
    bench.until("peer is reset", |_| {
        peer.read();
        peer.over
    });
}

#[test]
fn connection_without_a_slot_is_given_back() {
    let mut bench = Bench::new(&ReactorOptions {
        connections: 1,
        ..SMALL
    });
    let (_peer, _id) = bench.connect();
    let second = std::net::TcpStream::connect(bench.address).unwrap();
    assert!(matches!(
        bench.reactor.adopt(second),
        Err(AdoptError::Full(_))
    ));
}

#[test]
fn reactor_dropped_with_operations_in_flight_ends_them() {
    let mut bench = Bench::new(&SMALL);
    let (mut idle, _) = bench.connect();
    let (_stopped, stopped_id) = bench.connect_narrow();
    for _ in 0..200 {
        let _full = bench.reactor.send(stopped_id, &[1; 1_024]);
        bench.turn();
    }
    let _full = bench.reactor.send(stopped_id, &[1; 16]);
    drop(bench);
    for _ in 0..TURNS_MAX {
        idle.read();
        if idle.over {
            return;
        }
    }
    panic!("the connection outlived the reactor");
}

#[test]
fn reactor_dropped_on_another_thread_leaves_its_memory_to_the_kernel() {
    let mut bench = Bench::new(&SMALL);
    let (_peer, _) = bench.connect();
    let reactor = bench.reactor;
    std::thread::spawn(move || drop(reactor)).join().unwrap();
}

#[test]
fn options_outside_their_range_are_named() {
    let wrong = [
        (
            "connections",
            ReactorOptions {
                connections: 0,
                ..SMALL
            },
        ),
        (
            "receive_buffers",
            ReactorOptions {
                receive_buffers: 3,
                ..SMALL
            },
        ),
        (
            "receive_buffer_bytes",
            ReactorOptions {
                receive_buffer_bytes: 0,
                ..SMALL
            },
        ),
        (
            "output_bytes",
            ReactorOptions {
                output_bytes: 0,
                ..SMALL
            },
        ),
    ];
    for (expected, options) in wrong {
        let error = Reactor::new(&options).unwrap_err();
        assert!(matches!(error, ReactorError::Option { name, .. } if name == expected));
    }
}

#[test]
fn echo_asks_for_no_memory() {
    let ((), counted) = count_allocations(|| drop(std::hint::black_box(Box::new(1_u8))));
    assert_eq!(counted, 1, "the guard counts");
    let mut bench = Bench::new(&SMALL);
    let (mut peer, _) = bench.connect();
    let mut sent = 0;
    let mut chunk = [0; 512];
    let ((), allocations) = count_allocations(|| {
        for _ in 0..1_000 {
            sent += peer.write(&[3; 200]);
            echo(&mut bench.reactor);
            while let Ok(length) = std::io::Read::read(&mut peer.socket, &mut chunk) {
                sent -= length;
            }
        }
    });
    assert_eq!(allocations, 0);
    assert!(sent < 1_000, "{sent} bytes are still on their way");
}
